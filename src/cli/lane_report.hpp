#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"
#include "armillion/process.hpp"

namespace armillion::cli {

/// What is told of single lanes: how the first few that did not end well stopped.
class LaneReport {
 public:
  /// The process must outlive this.
  explicit LaneReport(const Process& process) : process_(process) {}

  bool is_full() const { return lines_.size() == MOST_LINES; }
  /// Notes a lane, by what its input is called, unless there are enough.
  void add(std::uint64_t lane, const std::string& input, const LaneResult& result);
  /// Prints a line for each on standard output, as part of a summary.
  void print() const;

 private:
  static constexpr std::size_t MOST_LINES = 10;

  const Process& process_;
  std::vector<std::string> lines_;
};

}  // namespace armillion::cli
