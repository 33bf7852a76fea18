#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"
#include "running.hpp"

namespace armillion::python {

namespace nb = nanobind;

/// A process that a Python process and its machine hold together.
struct SharedProcess {
  std::unique_ptr<Process> process;
  Occupancy occupancy;

  /// Error(INVALID_ARGUMENT) where it was closed.
  Process& get() const;
};

/// Ends a run in which a hook has raised something, which the machine's holder keeps.
struct HookRaised {};

/// A machine as Python holds it: one of its own, or a process's. Hooks are Python callables, which it owns, so that
/// Python's collector can find cycles through them. It is never moved, as hooks refer to it.
class MachineHolder {
 public:
  explicit MachineHolder(const MachineOptions& options);
  explicit MachineHolder(std::shared_ptr<SharedProcess> process);
  ~MachineHolder();
  MachineHolder(const MachineHolder&) = delete;
  MachineHolder& operator=(const MachineHolder&) = delete;

  /// The machine, for what any thread may do while it runs. Error(INVALID_ARGUMENT) where it was closed.
  Machine& get() const;
  /// The machine, for everything else. Error(INVALID_ARGUMENT) where another thread runs it.
  Machine& idle() const;
  Occupancy& occupancy() const { return process_ ? process_->occupancy : own_occupancy_; }
  bool is_closed() const { return own_ == nullptr && (process_ == nullptr || process_->process == nullptr); }
  /// Frees what the machine holds, on a device too.
  void close();

  RunResult execute(const RunOptions& options);
  RunResult execute_continuous(const ContinuousOptions& options);
  RunResult step();
  /// Waits for a run in the background, at most so many seconds (below 0: as long as it takes). False where it goes on.
  /// A signal whose handler raises cancels the run.
  bool wait_for_end(double timeout_seconds);
  /// What the run came to, once it is over. What a hook raised in it is raised at each call.
  RunResult result_of_background_run() const;

  // None removes a hook.
  void set_syscall_hook(nb::object hook);
  void set_memory_hook(nb::object hook);
  void set_block_hook(nb::object hook);
  void set_instruction_hook(nb::object hook);

  /// Stops the runs of all machines in the background, for the end of the interpreter: their hooks could not be called
  /// any more.
  static void stop_all_background_runs();

  /// Raises what a hook raised, for runs that ended with HookRaised.
  [[noreturn]] void raise_from_hook();

  /// For Python's collector of cycles: everything of Python's that this has.
  int traverse(visitproc visit, void* argument) const;
  void clear_hooks();

 private:
  struct Hooks {
    nb::object syscall;
    nb::object memory;
    nb::object block;
    nb::object instruction;
  };

  /// Cancels the run in the background and waits for its end.
  void stop_background_run();

  bool is_syscall_served(std::uint32_t immediate);
  /// Calls Python code in a run. What it raises is kept here, where Python's collector sees it, and ends the run.
  template <class Call>
  auto call_in_run(const Call& call);
  /// Runs, and raises here what a hook raised in it.
  template <class Run>
  auto run_with_hooks(const Run& run);

  std::unique_ptr<Machine> own_;
  std::shared_ptr<SharedProcess> process_;
  mutable Occupancy own_occupancy_;
  Hooks hooks_;
  /// What a hook raised last.
  nb::object raised_;
};

}  // namespace armillion::python
