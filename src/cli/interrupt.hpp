#pragma once

#include <csignal>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"

namespace armillion::cli {

/// While it lives, Ctrl-C (SIGINT) cancels runs of one machine or process, so that what is known of the run can still
/// be written; a second one ends the command at once. Nothing changes where SIGINT is ignored. One at a time.
class InterruptHandler {
 public:
  explicit InterruptHandler(Machine& machine);
  explicit InterruptHandler(Process& process);
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;

  /// Ends the command as SIGINT would have done, if it came.
  static void end_if_interrupted();

 private:
  void install();

  struct sigaction previous_{};
  bool is_installed_ = false;
};

}  // namespace armillion::cli
