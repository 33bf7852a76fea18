#pragma once

#include <string>

#include "armillion/hash.hpp"
#include "armillion/machine.hpp"

namespace armillion::cli {

/// What `--stats` reports of a run.
struct Statistics {
  std::string program;
  std::string device;
  std::string engine;
  RunResult result;
  int exit_code = 0;
  Hash128 state_hash;
  /// Reported where `engine` is "tensor".
  TensorStatistics tensor;
};

/// As one JSON object with a final newline.
std::string to_json(const Statistics& statistics);

/// Writes JSON to a file, or to standard error where `path` is "-".
void write_statistics(const Statistics& statistics, const std::string& path);

}  // namespace armillion::cli
