#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "armillion/error.hpp"
#include "armillion/machine.hpp"

namespace armillion::python {

/// How long a run goes on before Python hears of signals, in seconds.
inline constexpr double SLICE_SECONDS = 0.05;

/// Which thread works on an object while it runs without the GIL. The library's objects are for one thread at a time;
/// with this a second one gets an error. All of it happens with the GIL held.
class Occupancy {
 public:
  /// Error(INVALID_ARGUMENT) where another thread is at work.
  void check(const char* what) const {
    if (depth_ > 0 && thread_ != std::this_thread::get_id()) {
      throw Error(ErrorCode::INVALID_ARGUMENT, std::string("the ") + what + " is in use on another thread");
    }
  }

  bool is_occupied() const { return depth_ > 0; }

  /// The calling thread is at work as long as this lives.
  class Scope {
   public:
    explicit Scope(Occupancy& occupancy) : occupancy_(occupancy) {
      occupancy.thread_ = std::this_thread::get_id();
      ++occupancy.depth_;
    }
    ~Scope() { --occupancy_.depth_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Occupancy& occupancy_;
  };

 private:
  std::thread::id thread_;
  int depth_ = 0;
};

/// Raises what a signal's handler raised, KeyboardInterrupt for instance.
inline void raise_signals() {
  if (PyErr_CheckSignals() != 0) nanobind::raise_python_error();
}

/// Runs without the GIL, slice by slice, so that Ctrl-C ends it; the object can then go on. `run(RunOptions)` is a
/// Machine's or a Process's way to run; `has_breakpoint(pc)` tells where a slice must not begin again, as a run passes
/// a breakpoint that it starts at.
template <class Run, class HasBreakpoint>
auto run_in_slices(const RunOptions& options, const Run& run, const HasBreakpoint& has_breakpoint) {
  std::uint64_t instructions = 0;
  double elapsed_seconds = 0;
  while (true) {
    RunOptions slice = options;
    if (options.instruction_limit != UNLIMITED) slice.instruction_limit -= instructions;
    slice.timeout_seconds = SLICE_SECONDS;
    if (options.timeout_seconds > 0) {
      slice.timeout_seconds = std::clamp(options.timeout_seconds - elapsed_seconds, 1e-9, SLICE_SECONDS);
    }
    auto result = [&] {
      const nanobind::gil_scoped_release released;
      return run(slice);
    }();
    instructions += result.instructions;
    elapsed_seconds += result.elapsed_seconds;
    const bool is_late = options.timeout_seconds > 0 && elapsed_seconds >= options.timeout_seconds;
    if (result.stop_reason == StopReason::TIMEOUT && instructions > 0 && has_breakpoint(result.pc)) {
      result.stop_reason = StopReason::BREAKPOINT;
    }
    if (result.stop_reason != StopReason::TIMEOUT || is_late) {
      result.instructions = instructions;
      result.elapsed_seconds = elapsed_seconds;
      return result;
    }
    raise_signals();
  }
}

}  // namespace armillion::python
