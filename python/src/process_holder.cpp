#include "process_holder.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <utility>

namespace armillion::python {

namespace {

nb::bytes to_python(std::string_view bytes) { return nb::bytes(bytes.data(), bytes.size()); }

}  // namespace

ProcessHolder::ProcessHolder(ProcessOptions options, ProcessCallbacks callbacks) : callbacks_(std::move(callbacks)) {
  if (callbacks_.standard_output.is_valid()) {
    options.standard_output = OutputStream::to_callback([this](std::string_view bytes) {
      const nb::gil_scoped_acquire acquired;
      tell(&ProcessCallbacks::standard_output, to_python(bytes));
    });
  }
  if (callbacks_.standard_error.is_valid()) {
    options.standard_error = OutputStream::to_callback([this](std::string_view bytes) {
      const nb::gil_scoped_acquire acquired;
      tell(&ProcessCallbacks::standard_error, to_python(bytes));
    });
  }
  if (callbacks_.system_call.is_valid()) {
    options.on_system_call = [this](std::string_view line) {
      const nb::gil_scoped_acquire acquired;
      tell(&ProcessCallbacks::system_call, nb::str(line.data(), line.size()));
    };
  }
  if (callbacks_.unsupported_system_call.is_valid()) {
    options.on_unsupported_system_call = [this](unsigned number, std::string_view name) {
      const nb::gil_scoped_acquire acquired;
      tell(&ProcessCallbacks::unsupported_system_call, number, nb::str(name.data(), name.size()));
    };
  }
  const nb::gil_scoped_release released;
  shared_->process = std::make_unique<Process>(options);
}

ProcessHolder::~ProcessHolder() {
  clear_callbacks();
  machine_.reset();
  // The machine may outlive this object; its process then has nobody to tell.
  const nb::gil_scoped_release released;
  shared_.reset();
}

template <class... Arguments>
void ProcessHolder::tell(nb::object ProcessCallbacks::* callback, const Arguments&... arguments) {
  const nb::object called = callbacks_.*callback;
  if (!called.is_valid() || raised_) return;
  try {
    called(arguments...);
  } catch (nb::python_error& error) {
    raised_.emplace(std::move(error));
    shared_->process->cancel();
  }
}

Process& ProcessHolder::idle() const {
  shared_->occupancy.check("process");
  return get();
}

void ProcessHolder::close() {
  shared_->occupancy.check("process");
  if (is_occupied()) throw Error(ErrorCode::INVALID_ARGUMENT, "a process cannot be closed while it runs");
  clear_callbacks();
  // Nobody finds it any more once the GIL is given back.
  std::unique_ptr<Process> closed = std::move(shared_->process);
  const nb::gil_scoped_release released;
  closed.reset();
}

nb::object ProcessHolder::machine() {
  static_cast<void>(get());
  if (!machine_.is_valid()) machine_ = nb::cast(std::make_unique<MachineHolder>(shared_));
  return machine_;
}

ProcessResult ProcessHolder::run(const RunOptions& options) {
  Process& process = idle();
  const Occupancy::Scope scope(shared_->occupancy);
  raised_.reset();
  const auto run = [&] {
    return run_in_slices(
        options, [&](const RunOptions& slice) { return process.run(slice); },
        [&](std::uint64_t pc) { return process.machine().has_breakpoint(pc); });
  };
  ProcessResult result;
  try {
    result = run();
  } catch (const HookRaised&) {
    nb::cast<MachineHolder&>(machine_).raise_from_hook();
  }
  if (raised_) {
    nb::python_error raised = std::move(*raised_);
    raised_.reset();
    throw raised;
  }
  return result;
}

int ProcessHolder::traverse(visitproc visit, void* arg) const {
  for (const nb::object* object : {&callbacks_.standard_output, &callbacks_.standard_error, &callbacks_.system_call,
                                   &callbacks_.unsupported_system_call, &machine_}) {
    Py_VISIT(object->ptr());
  }
  return 0;
}

void ProcessHolder::clear_callbacks() { callbacks_ = ProcessCallbacks(); }

}  // namespace armillion::python
