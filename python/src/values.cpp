#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "armillion/fleet.hpp"
#include "armillion/machine.hpp"
#include "armillion/permissions.hpp"
#include "armillion/process.hpp"
#include "armillion/stop_reason.hpp"
#include "armillion/tensor.hpp"
#include "bindings.hpp"
#include "text.hpp"

namespace armillion::python {

namespace {

const char* name_of(Access access) {
  switch (access) {
    case Access::READ: return "read";
    case Access::WRITE: return "write";
    case Access::EXECUTE: return "execute";
  }
  return "unknown";
}

const char* name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::UNMAPPED: return "unmapped";
    case FaultKind::PERMISSION: return "permission";
    case FaultKind::ALIGNMENT: return "alignment";
  }
  return "unknown";
}

std::string describe(const MemoryFault& fault) {
  return std::string(name_of(fault.access)) + " of " + std::to_string(fault.size) + " bytes at " +
         hexadecimal(fault.address) + ", " + name_of(fault.kind);
}

std::optional<MemoryFault> fault_of(const RunResult& result) {
  const bool has_fault = result.stop_reason == StopReason::MEMORY_FAULT || result.stop_reason == StopReason::WATCHPOINT;
  return has_fault ? std::optional(result.fault) : std::nullopt;
}

std::string describe_run(const RunResult& result) {
  std::string text = std::string(armillion::name_of(result.stop_reason)) + " at pc " + hexadecimal(result.pc) +
                     ", instructions=" + std::to_string(result.instructions);
  if (const auto fault = fault_of(result)) text += ", " + describe(*fault);
  return text;
}

void bind_enumerations(nb::module_& module) {
  nb::enum_<StopReason>(module, "StopReason", nb::is_arithmetic(), "Why a machine stopped.")
      .value("RUNNING", StopReason::RUNNING, "Not stopped, or never run.")
      .value("HALT", StopReason::HALT, "HLT was executed on a bare machine; pc is its address.")
      .value("SYSCALL", StopReason::SYSCALL, "SVC was executed on a bare machine; pc is the address after it.")
      .value("INSTRUCTION_LIMIT", StopReason::INSTRUCTION_LIMIT, "The limit was reached, to the instruction.")
      .value("BREAKPOINT", StopReason::BREAKPOINT, "A breakpoint was reached, or BRK executed.")
      .value("WATCHPOINT", StopReason::WATCHPOINT, "An access touched a watched range.")
      .value("UNDEFINED_INSTRUCTION", StopReason::UNDEFINED_INSTRUCTION, "The word at pc is no instruction.")
      .value("MEMORY_FAULT", StopReason::MEMORY_FAULT, "The instruction at pc made an access that is not allowed.")
      .value("EXITED", StopReason::EXITED, "The guest process ended, by exit or by a signal.")
      .value("TIMEOUT", StopReason::TIMEOUT, "The time limit was reached.")
      .value("CANCELLED", StopReason::CANCELLED, "The host asked the run to stop.")
      .value("DEADLOCK", StopReason::DEADLOCK, "Every thread of the process waits for another.")
      .value("OUT_OF_MEMORY", StopReason::OUT_OF_MEMORY, "A device has no memory left for what the lane writes.")
      .value("RETURNED", StopReason::RETURNED, "The function that the host called has returned.");
  nb::enum_<Access>(module, "Access", nb::is_arithmetic(), "What an access does.")
      .value("READ", Access::READ)
      .value("WRITE", Access::WRITE)
      .value("EXECUTE", Access::EXECUTE);
  nb::enum_<FaultKind>(module, "FaultKind", nb::is_arithmetic(), "Why an access faulted.")
      .value("UNMAPPED", FaultKind::UNMAPPED, "Nothing is mapped at the address.")
      .value("PERMISSION", FaultKind::PERMISSION, "The page's permissions forbid the access.")
      .value("ALIGNMENT", FaultKind::ALIGNMENT, "The address is not aligned as the access demands.");
  nb::enum_<Permissions>(module, "Permissions", nb::is_flag(), nb::is_arithmetic(), "What a guest may do with a page.")
      .value("NONE", Permissions::NONE)
      .value("READ", Permissions::READ)
      .value("WRITE", Permissions::WRITE)
      .value("EXECUTE", Permissions::EXECUTE)
      .value("READ_WRITE", Permissions::READ_WRITE)
      .value("READ_EXECUTE", Permissions::READ_EXECUTE)
      .value("WRITE_EXECUTE", Permissions::WRITE_EXECUTE)
      .value("ALL", Permissions::ALL);
}

void bind_tensor_statistics(nb::module_& module) {
  nb::class_<TensorStatistics>(module, "TensorStatistics", "What the tensor engine of a machine has done.")
      .def_ro("batches", &TensorStatistics::batches, "Batches of which at least one instruction was committed.")
      .def_ro("waves", &TensorStatistics::waves,
              "Waves of those batches: instructions of one wave do not depend on each other.")
      .def_ro("gathered", &TensorStatistics::gathered, "Instructions gathered for batches, committed or not.")
      .def_ro("instructions_in_batches", &TensorStatistics::instructions_in_batches, "Retired by batches.")
      .def_ro("instructions_single", &TensorStatistics::instructions_single,
              "Retired by the interpreter, one at a time, as a batch cannot hold them.")
      .def_ro("instructions_accelerated", &TensorStatistics::instructions_accelerated,
              "Retired without having been executed one by one.")
      .def_ro("wrong_guesses", &TensorStatistics::wrong_guesses,
              "Batches cut behind a branch that went elsewhere than expected.")
      .def_ro("branches_both_ways", &TensorStatistics::branches_both_ways,
              "Branches that needed no guess, as both of their sides were in the batch, and one of them was selected.")
      .def_ro("conflicts", &TensorStatistics::conflicts,
              "Batches cut before a load that had to see what an earlier instruction of the batch stores.")
      .def("__repr__", [](const TensorStatistics& statistics) {
        const auto field = [](const char* name, std::uint64_t count) {
          return std::string(name) + "=" + std::to_string(count);
        };
        return "TensorStatistics(" + field("batches", statistics.batches) + ", " + field("waves", statistics.waves) +
               ", " + field("instructions_in_batches", statistics.instructions_in_batches) + ", " +
               field("instructions_single", statistics.instructions_single) + ", " +
               field("instructions_accelerated", statistics.instructions_accelerated) + ")";
      });
}

}  // namespace

void bind_values(nb::module_& module) {
  bind_enumerations(module);
  bind_tensor_statistics(module);

  nb::class_<MemoryFault>(module, "MemoryFault", "The access that made a run stop.")
      .def_ro("address", &MemoryFault::address, "First byte that is not allowed.")
      .def_ro("size", &MemoryFault::size, "Size of the whole access in bytes.")
      .def_ro("access", &MemoryFault::access)
      .def_ro("kind", &MemoryFault::kind)
      .def("__repr__", [](const MemoryFault& fault) { return "MemoryFault(" + describe(fault) + ")"; });

  nb::class_<MemoryAccess>(module, "MemoryAccess", "A guest access as a memory hook sees it, before it takes effect.")
      .def_ro("pc", &MemoryAccess::pc)
      .def_ro("address", &MemoryAccess::address)
      .def_ro("size", &MemoryAccess::size, "In bytes, up to 64.")
      .def_ro("access", &MemoryAccess::access);

  nb::class_<RunResult>(module, "RunResult", "What a run did and why it stopped.")
      .def_ro("instructions", &RunResult::instructions, "Instructions retired by this run.")
      .def_ro("elapsed_seconds", &RunResult::elapsed_seconds, "Wall time of the run.")
      .def_ro("stop_reason", &RunResult::stop_reason)
      .def_ro("pc", &RunResult::pc, "Where the machine would go on.")
      .def_ro("immediate", &RunResult::immediate, "Of the SVC, HLT or BRK that stopped the run; else 0.")
      .def_prop_ro("fault", &fault_of,
                   "What was not allowed (memory_fault), or what touched a watchpoint; None for other stop reasons.")
      .def_prop_ro("ips", &RunResult::ips, "Instructions per second.")
      .def("__repr__", [](const RunResult& result) { return "RunResult(" + describe_run(result) + ")"; });

  nb::class_<ProcessResult, RunResult>(module, "ProcessResult", "What a run of a process did and why it stopped.")
      .def_ro("exit_code", &ProcessResult::exit_code,
              "0 to 255, or 128 + signal where one ended the process. Counts only where it has exited.")
      .def_ro("signal", &ProcessResult::signal, "Number of the signal that ended the process; 0 for none.")
      .def("__repr__", [](const ProcessResult& result) {
        std::string text = "ProcessResult(" + describe_run(result);
        if (result.stop_reason == StopReason::EXITED) text += ", exit_code=" + std::to_string(result.exit_code);
        if (result.signal != 0) text += ", signal=" + std::to_string(result.signal);
        return text + ")";
      });

  nb::class_<Progress>(module, "Progress", "How far a run in the background is.")
      .def_ro("is_running", &Progress::is_running)
      .def_ro("instructions", &Progress::instructions, "Retired by that run; exact once it is over.")
      .def("__repr__", [](const Progress& progress) {
        return "Progress(is_running=" + std::string(progress.is_running ? "True" : "False") +
               ", instructions=" + std::to_string(progress.instructions) + ")";
      });

  nb::class_<FleetProgress>(module, "FleetProgress", "How far a run of a fleet has come.")
      .def_ro("lanes", &FleetProgress::lanes)
      .def_ro("stopped_lanes", &FleetProgress::stopped_lanes)
      .def_ro("instructions", &FleetProgress::instructions, "Of all lanes, in this run.")
      .def_ro("elapsed_seconds", &FleetProgress::elapsed_seconds);

  nb::class_<Symbol> symbol(module, "Symbol", "A named address of a program.");
  symbol.def_ro("name", &Symbol::name)
      .def_ro("address", &Symbol::address)
      .def_ro("size", &Symbol::size, "In bytes; 0 where the file does not say.")
      .def_prop_ro("is_function", [](const Symbol& self) { return self.kind == Symbol::Kind::FUNCTION; })
      .def("__repr__", [](const Symbol& self) {
        return "Symbol(" + self.name + " at " + hexadecimal(self.address) + ", " + std::to_string(self.size) +
               " bytes)";
      });
}

}  // namespace armillion::python
