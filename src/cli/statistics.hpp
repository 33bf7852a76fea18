#pragma once

#include <string>

#include "armillion/hash.hpp"
#include "armillion/machine.hpp"
#include "cli/output_file.hpp"

namespace armillion::cli {

/// What `--stats` reports of a run.
struct Statistics {
  std::string program;
  std::string device;
  std::string engine;
  RunResult result;
  /// Of the command.
  int exit_code = 0;
  Hash128 state_hash;
  /// Reported where `engine` is "tensor".
  TensorStatistics tensor;
};

/// As one JSON object with a final newline.
std::string to_json(const Statistics& statistics);

/// Where statistics go: to a file, or to standard error where `path` is "-"; nowhere where it is empty.
class StatisticsOutput {
 public:
  /// Error where the file cannot be written.
  explicit StatisticsOutput(const std::string& path);

  bool is_wanted() const { return is_standard_error_ || file_.is_wanted(); }
  /// Error where they cannot be written.
  void write(const Statistics& statistics);

 private:
  bool is_standard_error_;
  OutputFile file_;
};

}  // namespace armillion::cli
