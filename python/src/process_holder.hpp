#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string_view>

#include "armillion/process.hpp"
#include "machine_holder.hpp"

namespace armillion::python {

/// What a process tells Python code while it runs: callables, or nothing where nobody wants to hear.
struct ProcessCallbacks {
  nb::object standard_output;
  nb::object standard_error;
  nb::object system_call;
  nb::object unsupported_system_call;
};

/// A process as Python holds it. It is never moved, as its callbacks refer to it.
class ProcessHolder {
 public:
  /// Takes the callbacks' places in `options`.
  ProcessHolder(ProcessOptions options, ProcessCallbacks callbacks);
  ~ProcessHolder();
  ProcessHolder(const ProcessHolder&) = delete;
  ProcessHolder& operator=(const ProcessHolder&) = delete;

  /// See MachineHolder.
  Process& get() const { return shared_->get(); }
  Process& idle() const;
  bool is_closed() const { return shared_->process == nullptr; }
  Occupancy& occupancy() const { return shared_->occupancy; }
  bool is_occupied() const { return shared_->occupancy.is_occupied(); }
  void close();

  /// The same object each time.
  nb::object machine();
  /// What a callback raised in the run, KeyboardInterrupt too, is raised once the run has stopped.
  ProcessResult run(const RunOptions& options);

  int traverse(visitproc visit, void* argument) const;
  void clear_callbacks();

 private:
  /// Calls from the run's thread, without the GIL. What `callback` raises cancels the run.
  template <class... Arguments>
  void tell(nb::object ProcessCallbacks::* callback, const Arguments&... arguments);

  std::shared_ptr<SharedProcess> shared_ = std::make_shared<SharedProcess>();
  ProcessCallbacks callbacks_;
  std::optional<nb::python_error> raised_;
  nb::object machine_;
};

}  // namespace armillion::python
