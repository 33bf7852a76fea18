#include "cli/lane_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace armillion::cli {

namespace {

constexpr std::size_t MOST_EXAMPLES = 5;
constexpr std::size_t MOST_SLOWEST = 10;
constexpr std::size_t MOST_CELLS = 1 << 16;

}  // namespace

LaneOutcome LaneOutcome::of(const LaneResult& result) {
  LaneOutcome outcome{.stop_reason = result.stop_reason};
  if (result.stop_reason != StopReason::EXITED) return outcome;
  outcome.signal = result.signal;
  if (result.signal == 0) outcome.exit_code = result.exit_code;
  return outcome;
}

std::string LaneOutcome::describe() const {
  if (stop_reason != StopReason::EXITED) return name_of(stop_reason);
  if (signal != 0) return fmt::format("ended by signal {} ({})", signal, strsignal(signal));
  return fmt::format("exited with {}", exit_code);
}

bool LaneOutcome::is_good() const {
  return stop_reason == StopReason::RETURNED || (stop_reason == StopReason::EXITED && exit_code == 0 && signal == 0);
}

void LaneStatistics::add(const LaneResult& result, const std::function<std::string()>& input) {
  const LaneOutcome outcome = LaneOutcome::of(result);
  const std::uint32_t number = group_of(outcome);
  Group& group = groups_[number];
  ++group.count;
  const bool is_example = group.examples.size() < MOST_EXAMPLES;
  const bool is_slow = slowest_.size() < MOST_SLOWEST || result.instructions > slowest_.back().result.instructions;
  if (is_example || is_slow) {
    NotedLane noted{.lane = lanes_, .input = input(), .outcome = outcome, .result = result};
    if (is_slow) {
      const auto place = std::ranges::upper_bound(slowest_, result.instructions, std::greater(),
                                                  [](const NotedLane& lane) { return lane.result.instructions; });
      slowest_.insert(place, noted);
      if (slowest_.size() > MOST_SLOWEST) slowest_.pop_back();
    }
    if (is_example) group.examples.push_back(std::move(noted));
  }
  instructions_.add(result.instructions);
  add_to_map(number);
  ++lanes_;
}

std::uint32_t LaneStatistics::group_of(const LaneOutcome& outcome) {
  const auto [known, is_new] = group_numbers_.try_emplace(outcome, static_cast<std::uint32_t>(groups_.size()));
  if (is_new) groups_.emplace_back().outcome = outcome;
  return known->second;
}

std::uint32_t LaneStatistics::rarer(std::uint32_t a, std::uint32_t b) const {
  return groups_[b].count < groups_[a].count ? b : a;
}

void LaneStatistics::add_to_map(std::uint32_t group) {
  if (lanes_ % lanes_per_cell_ != 0) {
    map_.back() = rarer(map_.back(), group);
    return;
  }
  if (map_.size() == MOST_CELLS) {
    for (std::size_t i = 0; i < MOST_CELLS / 2; ++i) map_[i] = rarer(map_[2 * i], map_[2 * i + 1]);
    map_.resize(MOST_CELLS / 2);
    lanes_per_cell_ *= 2;
  }
  map_.push_back(group);
}

}  // namespace armillion::cli
