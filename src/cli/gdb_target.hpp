#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"

namespace armillion::cli {

/// What the GDB server debugs: a process, or a bare machine.
class GdbTarget {
 public:
  virtual ~GdbTarget() = default;

  virtual Machine& machine() = 0;
  virtual ProcessResult run(const RunOptions& options) = 0;
  /// In ascending order; never empty.
  virtual std::vector<int> threads() const = 0;
  /// The thread whose state is on the machine.
  virtual int current_thread() const = 0;
  /// The state of any thread.
  virtual State thread_state(int thread) const = 0;
  /// The bytes of the auxiliary vector that the program started with, by which debuggers find out where it was loaded;
  /// empty for a bare machine.
  virtual const std::string& auxiliary_vector() const = 0;
};

std::unique_ptr<GdbTarget> make_gdb_target(Process& process);
std::unique_ptr<GdbTarget> make_gdb_target(Machine& machine);

}  // namespace armillion::cli
