#include "armillion/process.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "buffers.hpp"
#include "process_holder.hpp"
#include "text.hpp"

namespace armillion::python {

namespace {

// A host's folder, the guest's name of it, and whether the guest may write there.
using Directory = std::tuple<std::string, std::string, bool>;

// What Python gives for an output stream: None to inherit the host's, True to capture, or whom to tell.
OutputStream output_stream(nb::handle wanted, std::uint64_t capture_limit_bytes, nb::object& callback) {
  OutputStream stream;
  if (wanted.is_none()) return stream;
  if (PyCallable_Check(wanted.ptr())) {
    callback = nb::borrow(wanted);
    return stream;
  }
  stream = OutputStream::capture();
  stream.capture_limit_bytes = capture_limit_bytes;
  return stream;
}

nb::object none_to_nothing(nb::object callback) { return callback.is_none() ? nb::object() : std::move(callback); }

void bind_constructor(nb::class_<ProcessHolder>& type) {
  type.def(
      "__init__",
      [](ProcessHolder* self, std::string program, std::vector<std::string> arguments,
         std::vector<std::string> environment, nb::handle program_bytes, std::string program_name, std::string sysroot,
         const std::vector<Directory>& directories, std::string working_directory, bool virtual_clock,
         bool host_randomness, std::uint64_t seed, std::string device, std::string engine, std::uint32_t tensor_batch,
         bool accelerate_loops, std::uint64_t memory_limit_bytes, std::uint64_t stack_bytes,
         std::optional<nb::bytes> standard_input, nb::handle standard_output, nb::handle standard_error,
         std::uint64_t capture_limit_bytes, bool stop_at_fault, nb::object on_system_call,
         nb::object on_unsupported_system_call) {
        ProcessOptions options;
        options.program = std::move(program);
        options.arguments = std::move(arguments);
        options.environment = std::move(environment);
        if (!program_bytes.is_none()) {
          const Buffer buffer(program_bytes, Buffer::Use::READ);
          options.program_bytes.assign(buffer.bytes().begin(), buffer.bytes().end());
        }
        options.program_name = std::move(program_name);
        options.sysroot = std::move(sysroot);
        for (const auto& [host, guest, is_writable] : directories) {
          const auto access = is_writable ? DirectoryAccess::READ_WRITE : DirectoryAccess::READ_ONLY;
          options.directories.push_back({.host = host, .guest = guest, .access = access});
        }
        options.working_directory = std::move(working_directory);
        options.clock = virtual_clock ? ClockSource::VIRTUAL : ClockSource::REAL;
        options.random = host_randomness ? RandomSource::HOST : RandomSource::SEEDED;
        options.seed = seed;
        options.device = std::move(device);
        options.engine = std::move(engine);
        options.tensor_batch = tensor_batch;
        options.tensor_loops = accelerate_loops ? LoopAcceleration::ON : LoopAcceleration::OFF;
        options.memory_limit_bytes = memory_limit_bytes;
        options.stack_bytes = stack_bytes;
        if (standard_input) {
          options.standard_input =
              InputStream::from_bytes(std::string(standard_input->c_str(), standard_input->size()));
        }
        options.fatal_fault = stop_at_fault ? FatalFault::STOP : FatalFault::TERMINATE;
        ProcessCallbacks callbacks;
        options.standard_output = output_stream(standard_output, capture_limit_bytes, callbacks.standard_output);
        options.standard_error = output_stream(standard_error, capture_limit_bytes, callbacks.standard_error);
        callbacks.system_call = none_to_nothing(std::move(on_system_call));
        callbacks.unsupported_system_call = none_to_nothing(std::move(on_unsupported_system_call));
        new (self) ProcessHolder(std::move(options), std::move(callbacks));
      },
      nb::arg("program"), nb::kw_only(), nb::arg("arguments"), nb::arg("environment"), nb::arg("program_bytes").none(),
      nb::arg("program_name"), nb::arg("sysroot"), nb::arg("directories"), nb::arg("working_directory"),
      nb::arg("virtual_clock"), nb::arg("host_randomness"), nb::arg("seed"), nb::arg("device"), nb::arg("engine"),
      nb::arg("tensor_batch"), nb::arg("accelerate_loops"), nb::arg("memory_limit_bytes"), nb::arg("stack_bytes"),
      nb::arg("standard_input").none(), nb::arg("standard_output").none(), nb::arg("standard_error").none(),
      nb::arg("capture_limit_bytes"), nb::arg("stop_at_fault"), nb::arg("on_system_call").none(),
      nb::arg("on_unsupported_system_call").none(), "See armillion.Process, which gives all of these.");
}

nb::bytes captured_output(const ProcessHolder& holder, int descriptor) {
  const std::string& text = holder.idle().captured_output(descriptor);
  return nb::bytes(text.data(), text.size());
}

void bind_symbols(nb::class_<ProcessHolder>& type) {
  type.def_prop_ro(
      "symbols", [](const ProcessHolder& holder) { return holder.idle().symbols().symbols(); },
      "The program's symbols in the order of their addresses.");
  type.def(
      "find_symbol",
      [](const ProcessHolder& holder, const std::string& name) -> std::optional<Symbol> {
        const Symbol* symbol = holder.idle().symbols().find(name);
        return symbol == nullptr ? std::nullopt : std::optional(*symbol);
      },
      nb::arg("name"), "The program's symbol of this name, or None.");
  type.def(
      "location",
      [](const ProcessHolder& holder, std::uint64_t address) -> std::optional<std::string> {
        const auto location = holder.idle().symbols().find(address);
        return location ? std::optional(location->to_string()) : std::nullopt;
      },
      nb::arg("address"), "\"name\" or \"name+0x1c\" of the symbol that covers an address, or None.");
}

PyType_Slot process_slots[] = {
    {Py_tp_traverse, reinterpret_cast<void*>(+[](PyObject* self, visitproc visit, void* arg) {
       Py_VISIT(Py_TYPE(self));
       if (!nb::inst_ready(self)) return 0;
       return nb::inst_ptr<ProcessHolder>(self)->traverse(visit, arg);
     })},
    {Py_tp_clear, reinterpret_cast<void*>(+[](PyObject* self) {
       nb::inst_ptr<ProcessHolder>(self)->clear_callbacks();
       return 0;
     })},
    {0, nullptr}};

std::string describe(const ProcessHolder& holder) {
  if (holder.is_closed()) return "<armillion.Process, closed>";
  if (holder.is_occupied()) return "<armillion.Process, running>";
  const Process& process = holder.get();
  return "<armillion.Process on " + process.machine().device() + ", pc=" + hexadecimal(process.machine().pc()) + ", " +
         std::to_string(process.retired_instructions()) + " instructions retired>";
}

}  // namespace

void bind_process(nb::module_& module) {
  const nb::class_<ProcessSnapshot> snapshot(module, "ProcessSnapshot",
                                             "A whole process at one moment; see Process.snapshot.");

  nb::class_<ProcessHolder> type(module, "Process", nb::type_slots(process_slots), nb::is_weak_referenceable(),
                                 "See armillion.Process.");
  bind_constructor(type);
  type.def(
      "run",
      [](ProcessHolder& holder, std::optional<std::uint64_t> instruction_limit, std::optional<double> timeout_seconds) {
        if (timeout_seconds && !(*timeout_seconds > 0)) {
          throw Error(ErrorCode::INVALID_ARGUMENT, "timeout_seconds must be more than 0, or None for no limit");
        }
        return holder.run({.instruction_limit = instruction_limit.value_or(UNLIMITED),
                           .timeout_seconds = timeout_seconds.value_or(0)});
      },
      nb::arg("instruction_limit") = nb::none(), nb::arg("timeout_seconds") = nb::none(),
      "Runs until the process ends or stops for another reason. Other Python threads go on meanwhile, and Ctrl-C "
      "raises KeyboardInterrupt and leaves a process that goes on from there when it is run again.");
  type.def(
      "step", [](ProcessHolder& holder) { return holder.run({.instruction_limit = 1}); },
      "One instruction of the current thread.");
  type.def(
      "cancel", [](const ProcessHolder& holder) { holder.get().cancel(); },
      "Makes the current run, or the next, stop with StopReason.CANCELLED soon. May be called on any thread.");
  type.def_prop_ro("machine", &ProcessHolder::machine, nb::sig("def machine(self) -> Machine"),
                   "The machine with the state of the current thread.");
  type.def_prop_ro(
      "entry_point", [](const ProcessHolder& holder) { return holder.idle().entry_point(); },
      "Where the program starts.");
  type.def_prop_ro(
      "retired_instructions", [](const ProcessHolder& holder) { return holder.idle().retired_instructions(); },
      "Instructions retired by all threads since the process was made.");
  type.def_prop_ro(
      "threads",
      [](const ProcessHolder& holder) {
        std::vector<std::pair<int, State>> threads;
        for (const auto& [id, state] : holder.idle().threads()) threads.emplace_back(id, state);
        return threads;
      },
      "The number and the state of each thread, in ascending order of numbers.");
  type.def_prop_ro(
      "current_thread", [](const ProcessHolder& holder) { return holder.idle().current_thread(); },
      "The number of the thread whose state is on the machine.");
  type.def("captured_output", &captured_output, nb::arg("descriptor") = 1,
           "What was written so far to standard output (1) or error (2) where it is captured.");
  bind_symbols(type);
  type.def(
      "snapshot", [](const ProcessHolder& holder) { return holder.idle().snapshot(); },
      "The process at this moment. What lies in files is not part of it.");
  type.def(
      "restore", [](const ProcessHolder& holder, const ProcessSnapshot& snapshot) { holder.idle().restore(snapshot); },
      nb::arg("snapshot"), "Back to that moment of this process; captured output goes back with it.");
  type.def(
      "state_hash", [](const ProcessHolder& holder) { return holder.idle().state_hash().to_string(); },
      "32 hexadecimal digits: memory and the state of all threads.");
  type.def("close", &ProcessHolder::close, "Frees what the process holds. It is of no use afterwards.");
  type.def("__repr__", &describe);
}

}  // namespace armillion::python
