#pragma once

#include <string>
#include <vector>

namespace armillion::bench {

/// A program that runs beside this one, with its standard output read by it.
class ChildProcess {
 public:
  /// Starts `command`: a path or a name to be looked for, and arguments. Error(FILE_UNREADABLE) where it cannot.
  explicit ChildProcess(const std::vector<std::string>& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Waits for its end and returns what it printed. Error(INVALID_ARGUMENT) where it did not end with exit code 0.
  std::string finish();

 private:
  std::string name_;
  int process_ = -1;
  int output_ = -1;
};

/// Runs a program to its end and returns what it printed.
inline std::string output_of(const std::vector<std::string>& command) { return ChildProcess(command).finish(); }

}  // namespace armillion::bench
