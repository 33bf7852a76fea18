#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"
#include "armillion/stop_reason.hpp"
#include "cli/count_histogram.hpp"

namespace armillion::cli {

/// How a lane ended, as a reader tells ends apart.
struct LaneOutcome {
  StopReason stop_reason = StopReason::RUNNING;
  /// Of an exit; 0 where a signal ended the lane.
  int exit_code = 0;
  int signal = 0;

  static LaneOutcome of(const LaneResult& result);
  /// "exited with 0", "ended by signal 11", "memory_fault" and so on.
  std::string describe() const;
  /// Whether that is what a lane is expected to come to: it returned, or exited with 0.
  bool is_good() const;

  friend auto operator<=>(const LaneOutcome&, const LaneOutcome&) = default;
};

/// What is told of single lanes.
struct NotedLane {
  std::uint64_t lane = 0;
  std::string input;
  LaneOutcome outcome;
  LaneResult result;
};

/// What all lanes of a fleet came to, in little memory however many they are.
class LaneStatistics {
 public:
  /// Takes the next lane, in ascending order from 0. `input` says what its input is called, and is only asked for lanes
  /// that are told of.
  void add(const LaneResult& result, const std::function<std::string()>& input);

  struct Group {
    LaneOutcome outcome;
    std::uint64_t count = 0;
    /// The first few.
    std::vector<NotedLane> examples;
  };

  std::uint64_t lanes() const { return lanes_; }
  /// A group for each outcome, in the order in which they came.
  const std::vector<Group>& groups() const { return groups_; }
  const CountHistogram& instructions() const { return instructions_; }
  /// The lanes with the most instructions, the slowest first, and among equal ones the first.
  const std::vector<NotedLane>& slowest() const { return slowest_; }
  /// A group's number for each so many lanes. Where lanes have different ones, that of the outcome that is rarer.
  const std::vector<std::uint32_t>& map() const { return map_; }
  std::uint64_t lanes_per_cell() const { return lanes_per_cell_; }

 private:
  std::uint32_t group_of(const LaneOutcome& outcome);
  void add_to_map(std::uint32_t group);
  std::uint32_t rarer(std::uint32_t a, std::uint32_t b) const;

  std::uint64_t lanes_ = 0;
  std::vector<Group> groups_;
  std::map<LaneOutcome, std::uint32_t> group_numbers_;
  CountHistogram instructions_;
  std::vector<NotedLane> slowest_;
  std::vector<std::uint32_t> map_;
  std::uint64_t lanes_per_cell_ = 1;
};

}  // namespace armillion::cli
