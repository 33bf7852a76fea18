#include "fleet/lane_engine.hpp"

#include <utility>

namespace armillion::fleet {

std::vector<CallDifference> differences_between(const CallOutcomes& first, const CallOutcomes& second,
                                                std::uint64_t mask) {
  std::vector<CallDifference> differences;
  for (std::uint64_t lane = 0; lane < first.values.size(); ++lane) {
    const CallOutcome one = first[lane];
    const CallOutcome other = second[lane];
    const bool is_same = one.stop_reason == other.stop_reason &&
                         (one.stop_reason != StopReason::RETURNED || ((one.value ^ other.value) & mask) == 0);
    if (!is_same) differences.push_back({lane, one, other});
  }
  return differences;
}

FleetRunOptions options_after(const FleetRunOptions& options, const FleetResult& first) {
  FleetRunOptions after = options;
  if (!options.on_progress) return after;
  std::uint64_t stopped = 0;
  for (const std::uint64_t lanes : first.stops) stopped += lanes;
  after.on_progress = [&options, first, stopped](FleetProgress progress) {
    progress.stopped_lanes += stopped;
    progress.instructions += first.instructions;
    progress.elapsed_seconds += first.elapsed_seconds;
    options.on_progress(progress);
  };
  return after;
}

CallComparison LaneEngine::compare(const Call& first, std::uint64_t second_address, std::uint64_t mask,
                                   const FleetRunOptions& options, std::atomic<bool>& cancelled) {
  CallComparison comparison;
  const auto make = [&](std::uint64_t address, const FleetRunOptions& call_options, FleetResult& result) {
    CallResult outcome = call({address, first.arguments, first.result}, call_options, cancelled);
    result = outcome;
    CallOutcomes outcomes;
    if (!outcome.all_returned()) outcomes.results = results();
    outcomes.values = std::move(outcome.values);
    return outcomes;
  };
  const CallOutcomes one = make(first.address, options, comparison.first);
  const CallOutcomes other = make(second_address, options_after(options, comparison.first), comparison.second);
  comparison.differences = differences_between(one, other, mask);
  return comparison;
}

}  // namespace armillion::fleet
