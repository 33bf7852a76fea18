#include "armillion/machine.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "bindings.hpp"
#include "buffers.hpp"
#include "integers.hpp"
#include "machine_holder.hpp"
#include "registers.hpp"
#include "text.hpp"

namespace armillion::python {

namespace {

using OptionalCount = std::optional<std::uint64_t>;
using OptionalSeconds = std::optional<double>;

// An unlimited run that Python was not asked to limit.
RunOptions run_options(OptionalCount instruction_limit, OptionalSeconds timeout_seconds) {
  if (timeout_seconds && !(*timeout_seconds > 0)) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "timeout_seconds must be more than 0, or None for no limit");
  }
  return {.instruction_limit = instruction_limit.value_or(UNLIMITED), .timeout_seconds = timeout_seconds.value_or(0)};
}

nb::bytes read_memory(const MachineHolder& holder, std::uint64_t address, std::uint64_t size_bytes) {
  const Machine& machine = holder.idle();
  if (size_bytes > PTRDIFF_MAX) throw Error(ErrorCode::INVALID_ARGUMENT, "so many bytes cannot be read at once");
  const nb::object bytes = nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size_bytes)));
  if (!bytes.is_valid()) nb::raise_python_error();
  // New bytes that nobody else has seen may be written to.
  char* data = PyBytes_AsString(bytes.ptr());
  machine.read_memory(address, std::as_writable_bytes(std::span(data, size_bytes)));
  return nb::bytes(bytes);
}

void bind_running(nb::class_<MachineHolder>& type) {
  type.def(
      "execute",
      [](MachineHolder& holder, OptionalCount instruction_limit, OptionalSeconds timeout_seconds) {
        return holder.execute(run_options(instruction_limit, timeout_seconds));
      },
      nb::arg("instruction_limit") = nb::none(), nb::arg("timeout_seconds") = nb::none(),
      "Runs until a stop, exactly so many instructions at most. Other Python threads go on meanwhile, and Ctrl-C "
      "raises KeyboardInterrupt and leaves a machine that goes on from there when it is run again.");
  type.def(
      "execute_continuous",
      [](MachineHolder& holder, std::uint64_t batch_instructions, OptionalCount max_batches,
         OptionalSeconds timeout_seconds, bool device_dispatch) {
        const RunOptions limits = run_options(std::nullopt, timeout_seconds);
        return holder.execute_continuous({.batch_instructions = batch_instructions,
                                          .max_batches = max_batches.value_or(UNLIMITED),
                                          .timeout_seconds = limits.timeout_seconds,
                                          .dispatch = device_dispatch ? Dispatch::DEVICE : Dispatch::HOST});
      },
      nb::kw_only(), nb::arg("batch_instructions") = 1'000'000, nb::arg("max_batches") = nb::none(),
      nb::arg("timeout_seconds") = nb::none(), nb::arg("device_dispatch") = false,
      "Runs batch after batch, which on a GPU are launches, until a stop, the last batch or the timeout. With "
      "device_dispatch the device begins the next batch itself.");
  type.def(
      "execute_mega",
      [](MachineHolder& holder, std::uint64_t total_instructions) {
        return holder.execute({.instruction_limit = total_instructions});
      },
      nb::arg("total_instructions"), "Runs until a stop or until all of these instructions have retired.");
  type.def("step", &MachineHolder::step, "One instruction; a breakpoint at pc is passed over.");
  type.def(
      "start",
      [](MachineHolder& holder, OptionalCount instruction_limit, OptionalSeconds timeout_seconds) {
        holder.idle().start(run_options(instruction_limit, timeout_seconds));
      },
      nb::arg("instruction_limit") = nb::none(), nb::arg("timeout_seconds") = nb::none(),
      "Begins what execute() does and returns at once. Until it is over only poll(), is_running, wait(), cancel() and "
      "device may be used.");
  type.def(
      "poll", [](const MachineHolder& holder) { return holder.get().poll(); },
      "How far the run is that start() began.");
  type.def_prop_ro(
      "is_running", [](const MachineHolder& holder) { return holder.get().is_running(); },
      "Whether the run that start() began is still going on.");
  type.def(
      "wait",
      [](MachineHolder& holder, OptionalSeconds timeout_seconds) {
        if (!holder.wait_for_end(timeout_seconds.value_or(-1))) {
          PyErr_SetString(PyExc_TimeoutError, "the run is not over yet");
          nb::raise_python_error();
        }
        return holder.result_of_background_run();
      },
      nb::arg("timeout_seconds") = nb::none(),
      "Waits for the end of the run that start() began. TimeoutError where it takes longer than that; it then goes "
      "on. Ctrl-C cancels the run and raises KeyboardInterrupt.");
  type.def(
      "cancel", [](const MachineHolder& holder) { holder.get().cancel(); },
      "Makes the current run, or the next, stop with StopReason.CANCELLED soon. May be called on any thread.");
  type.def_prop_ro(
      "retired_instructions", [](const MachineHolder& holder) { return holder.idle().retired_instructions(); },
      "Instructions retired by all runs of this machine; restored with a snapshot.");
}

void bind_memory(nb::class_<MachineHolder>& type) {
  type.def(
      "load_program",
      [](MachineHolder& holder, nb::handle program, std::uint64_t address) {
        const ProgramBytes bytes(program);
        holder.idle().load_program(bytes.bytes(), address);
      },
      nb::arg("program"), nb::arg("address") = 0,
      nb::sig("def load_program(self, program: BytesLike | Iterable[typing.SupportsIndex]"
              ", address: int = 0) -> None"),
      "Writes a program to memory and sets pc to it: bytes, an array of 32-bit words, or a list of words.");
  type.def("read_memory", &read_memory, nb::arg("address"), nb::arg("size_bytes"),
           "The bytes at an address; permissions do not count.");
  type.def(
      "read_into",
      [](const MachineHolder& holder, std::uint64_t address, nb::handle buffer) {
        const Buffer destination(buffer, Buffer::Use::WRITE);
        holder.idle().read_memory(address, destination.bytes());
      },
      nb::arg("address"), nb::arg("buffer"), nb::sig("def read_into(self, address: int, buffer: BytesLike) -> None"),
      "Fills a writable buffer, an array for instance, from memory; nothing is copied in between.");
  type.def(
      "write_memory",
      [](MachineHolder& holder, std::uint64_t address, nb::handle data) {
        const Buffer source(data, Buffer::Use::READ);
        holder.idle().write_memory(address, source.bytes());
      },
      nb::arg("address"), nb::arg("data"), nb::sig("def write_memory(self, address: int, data: BytesLike) -> None"),
      "Writes the bytes of a buffer (bytes, memoryview, array) to memory; permissions do not count.");
  type.def(
      "map_memory",
      [](MachineHolder& holder, std::uint64_t address, std::uint64_t size_bytes, Permissions permissions) {
        holder.idle().map_memory(address, size_bytes, permissions);
      },
      nb::arg("address"), nb::arg("size_bytes"), nb::arg("permissions").sig("Permissions.ALL") = Permissions::ALL,
      "Maps zero pages; address and size are multiples of 4096.");
  type.def(
      "unmap_memory",
      [](MachineHolder& holder, std::uint64_t address, std::uint64_t size_bytes) {
        holder.idle().unmap_memory(address, size_bytes);
      },
      nb::arg("address"), nb::arg("size_bytes"));
  type.def(
      "protect_memory",
      [](MachineHolder& holder, std::uint64_t address, std::uint64_t size_bytes, Permissions permissions) {
        holder.idle().protect_memory(address, size_bytes, permissions);
      },
      nb::arg("address"), nb::arg("size_bytes"), nb::arg("permissions"), "Changes the permissions of mapped pages.");
}

template <class File>
void add_register_file(nb::class_<MachineHolder>& type, const char* name, const char* documentation) {
  type.def_prop_ro(name, [](nb::handle self) { return RegisterFile<File>(nb::borrow(self)); }, documentation);
}

void bind_machine_state(nb::class_<MachineHolder>& type) {
  add_register_file<GeneralFile>(type, "x", "X0 to X30 as ints without a sign.");
  add_register_file<VectorFile>(type, "v", "V0 to V31 as ints of 128 bits.");
  add_register_file<DoubleFile>(type, "d", "D0 to D31 as floats; assigning one makes the rest of the vector 0.");
  add_register_file<SingleFile>(type, "s", "S0 to S31 as floats; assigning one makes the rest of the vector 0.");
  type.def_prop_rw(
      "pc", [](const MachineHolder& holder) { return holder.idle().pc(); },
      [](MachineHolder& holder, const RegisterValue& value) { holder.idle().set_pc(value.bits()); },
      "The program counter.");
  type.def_prop_rw(
      "sp", [](const MachineHolder& holder) { return holder.idle().x(31); },
      [](MachineHolder& holder, const RegisterValue& value) { holder.idle().set_x(31, value.bits()); },
      "The stack pointer.");
  type.def_prop_rw(
      "nzcv", [](const MachineHolder& holder) { return holder.idle().nzcv(); },
      [](MachineHolder& holder, std::uint32_t value) { holder.idle().set_nzcv(value); },
      "The condition flags N, Z, C and V in bits 31 to 28.");
  type.def_prop_rw(
      "state", [](const MachineHolder& holder) { return State(holder.idle().state()); },
      [](MachineHolder& holder, const State& state) { holder.idle().state() = state; },
      "A copy of all registers. Assign a state to have its registers.");
  type.def(
      "snapshot", [](MachineHolder& holder) { return holder.idle().snapshot(); },
      "The whole machine at this moment; costs nothing until memory is written.");
  type.def(
      "restore", [](MachineHolder& holder, const Snapshot& snapshot) { holder.idle().restore(snapshot); },
      nb::arg("snapshot"), "Back to that moment; costs in proportion to the memory written since.");
  type.def(
      "state_hash", [](const MachineHolder& holder) { return holder.idle().state_hash().to_string(); },
      "32 hexadecimal digits that are the same for the same state and memory on every device.");
}

void bind_debugging(nb::class_<MachineHolder>& type) {
  type.def(
      "add_breakpoint", [](MachineHolder& holder, std::uint64_t address) { holder.idle().add_breakpoint(address); },
      nb::arg("address"), "Stops before the instruction at this address, except where a run starts there.");
  type.def(
      "remove_breakpoint",
      [](MachineHolder& holder, std::uint64_t address) { holder.idle().remove_breakpoint(address); },
      nb::arg("address"));
  type.def_prop_ro(
      "breakpoints", [](const MachineHolder& holder) { return holder.idle().breakpoints(); },
      "The addresses of all breakpoints, in ascending order.");
  type.def(
      "add_watchpoint",
      [](MachineHolder& holder, std::uint64_t address, std::uint64_t size_bytes, Access access) {
        holder.idle().add_watchpoint(address, size_bytes, access);
      },
      nb::arg("address"), nb::arg("size_bytes"), nb::arg("access").sig("Access.WRITE") = Access::WRITE,
      "Stops after an instruction that accesses these bytes in this way. On the device \"cpu\" only.");
  type.def(
      "remove_watchpoint",
      [](MachineHolder& holder, std::uint64_t address, std::uint64_t size_bytes, Access access) {
        holder.idle().remove_watchpoint(address, size_bytes, access);
      },
      nb::arg("address"), nb::arg("size_bytes"), nb::arg("access").sig("Access.WRITE") = Access::WRITE);
  type.def("set_syscall_hook", &MachineHolder::set_syscall_hook, nb::arg("hook").none(),
           nb::sig("def set_syscall_hook(self, hook: Callable[[Machine, int], object] | None) -> None"),
           "Called at every SVC with the machine and the immediate. Where it returns true the run goes on, else it "
           "stops with StopReason.SYSCALL. What a hook raises ends the run and is raised there. None removes it.");
  type.def("set_memory_hook", &MachineHolder::set_memory_hook, nb::arg("hook").none(),
           nb::sig("def set_memory_hook(self, hook: Callable[[MemoryAccess], object] | None) -> None"),
           "Called before every load and store. On the device \"cpu\" only, as the two below.");
  type.def("set_block_hook", &MachineHolder::set_block_hook, nb::arg("hook").none(),
           nb::sig("def set_block_hook(self, hook: Callable[[int], object] | None) -> None"),
           "Called with the address of every basic block as it is entered.");
  type.def("set_instruction_hook", &MachineHolder::set_instruction_hook, nb::arg("hook").none(),
           nb::sig("def set_instruction_hook(self, hook: Callable[[int], object] | None) -> None"),
           "Called with pc before every instruction; slow.");
}

std::string describe(const MachineHolder& holder) {
  if (holder.is_closed()) return "<armillion.Machine, closed>";
  const Machine& machine = holder.get();
  const std::string start = "<armillion.Machine on " + machine.device();
  if (machine.is_running()) {
    return start + ", running, " + std::to_string(machine.poll().instructions) + " instructions so far>";
  }
  if (holder.occupancy().is_occupied()) return start + ", running>";
  const std::string engine = machine.engine() == "tensor" ? ", tensor engine" : "";
  return start + engine + ", pc=" + hexadecimal(machine.pc()) + ", " + std::to_string(machine.retired_instructions()) +
         " instructions retired>";
}

PyType_Slot machine_slots[] = {
    {Py_tp_traverse, reinterpret_cast<void*>(+[](PyObject* self, visitproc visit, void* arg) {
       Py_VISIT(Py_TYPE(self));
       if (!nb::inst_ready(self)) return 0;
       return nb::inst_ptr<MachineHolder>(self)->traverse(visit, arg);
     })},
    {Py_tp_clear, reinterpret_cast<void*>(+[](PyObject* self) {
       nb::inst_ptr<MachineHolder>(self)->clear_hooks();
       return 0;
     })},
    {0, nullptr}};

}  // namespace

void bind_machine(nb::module_& module) {
  const nb::class_<Snapshot> snapshot(module, "Snapshot",
                                      "A machine's whole state at one moment; see Machine.snapshot.");
  bind_register_file<GeneralFile>(module);
  bind_register_file<VectorFile>(module);
  bind_register_file<DoubleFile>(module);
  bind_register_file<SingleFile>(module);

  nb::class_<MachineHolder> type(
      module, "Machine", nb::type_slots(machine_slots), nb::is_weak_referenceable(),
      "One bare AArch64 machine: registers and a flat memory from address 0, on the CPU or on a GPU.");
  type.def(
      "__init__",
      [](MachineHolder* self, std::uint64_t memory_bytes, std::uint64_t memory_limit_bytes, std::string device,
         std::string engine, std::uint32_t tensor_batch, bool accelerate_loops) {
        const MachineOptions options{.memory_bytes = memory_bytes,
                                     .memory_limit_bytes = memory_limit_bytes,
                                     .device = std::move(device),
                                     .engine = std::move(engine),
                                     .tensor_batch = tensor_batch,
                                     .tensor_loops = accelerate_loops ? LoopAcceleration::ON : LoopAcceleration::OFF};
        new (self) MachineHolder(options);
      },
      nb::arg("memory_bytes") = MachineOptions().memory_bytes, nb::kw_only(),
      nb::arg("memory_limit_bytes") = MachineOptions().memory_limit_bytes, nb::arg("device") = "cpu",
      nb::arg("engine") = "interpreter", nb::arg("tensor_batch") = MachineOptions().tensor_batch,
      nb::arg("accelerate_loops") = false,
      "Memory in bytes, rounded up to pages of 4 KiB; what the machine may map at most; where it runs: \"cpu\", "
      "\"cuda\" for the first GPU, \"cuda:N\" for another, or \"host-lanes\", a GPU's code on the CPU; and how: by "
      "the \"interpreter\", or by the \"tensor\" engine, which executes up to tensor_batch instructions as arrays and, "
      "with accelerate_loops, skips iterations of loops that it can prove the outcome of. Results are the same.");
  type.def_prop_ro("device", [](const MachineHolder& holder) { return holder.get().device(); }, "Where it runs.");
  type.def_prop_ro(
      "engine", [](const MachineHolder& holder) { return holder.idle().engine(); },
      "How it executes instructions: \"interpreter\" or \"tensor\".");
  type.def_prop_ro(
      "tensor_statistics", [](const MachineHolder& holder) { return holder.idle().tensor_statistics(); },
      "What the tensor engine has done since the machine was made; all zero for the interpreter.");
  bind_memory(type);
  bind_machine_state(type);
  bind_running(type);
  bind_debugging(type);
  type.def("close", &MachineHolder::close,
           "Frees what the machine holds, on a device too. It is of no use afterwards.");
  type.def("__enter__", [](nb::handle self) { return nb::borrow(self); }, nb::sig("def __enter__(self) -> Machine"));
  type.def(
      "__exit__", [](MachineHolder& holder, const nb::args&) { holder.close(); },
      nb::sig("def __exit__(self, *exception: object) -> None"));
  type.def("__repr__", &describe);
  type.def("_repr_html_", [](nb::handle self) -> nb::str {
    return nb::str(nb::module_::import_("armillion._display").attr("machine")(self));
  });
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(&MachineHolder::stop_all_background_runs));
}

}  // namespace armillion::python
