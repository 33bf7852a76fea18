#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "armillion/fleet.hpp"
#include "armillion/process.hpp"
#include "cli/fleet_options.hpp"
#include "cli/fleet_totals.hpp"
#include "cli/progress.hpp"

namespace armillion::cli {

/// How many lanes a fleet has where the command line names no number.
struct DefaultLanes {
  std::uint64_t cpu = 0;
  std::uint64_t gpu = 0;
  std::uint64_t host_lanes = 0;

  std::uint64_t on(const std::string& device) const {
    return device == "cpu" ? cpu : device == "host-lanes" ? host_lanes : gpu;
  }
};

/// Goes through inputs round by round, as many at a time as the fleet has lanes, until they or the time have run out.
/// Shows on a terminal how far it has come.
class FleetRounds {
 public:
  /// Each input is run `runs_per_input` times. Makes the first round's fleet, so that what is wrong with the device is
  /// known. Process and options must outlive this.
  FleetRounds(Process& process, const FleetCommandOptions& options, std::uint64_t inputs, const DefaultLanes& lanes,
              unsigned runs_per_input = 1);

  /// Goes on to the next round. False where there is none.
  bool next();
  /// The round's fleet: a lane for each of its inputs. Lanes may be as the last round left them.
  Fleet& fleet() { return *fleet_; }
  /// The number of the round's first input.
  std::uint64_t first() const { return first_; }
  /// How the round is to be run.
  FleetRunOptions run_options();
  /// Counts a run of the round.
  void add(const FleetResult& result);

  std::string device() const { return fleet_->device(); }
  std::uint64_t most_lanes() const { return most_lanes_; }
  std::uint64_t inputs() const { return inputs_; }
  /// Inputs of this round and those before.
  std::uint64_t inputs_begun() const { return is_started_ ? first_ + fleet_->lanes() : 0; }
  /// Since the first round began.
  double elapsed_seconds() const;
  const FleetTotals& totals() const { return totals_; }

 private:
  void make_fleet(std::uint64_t lanes);

  Process& process_;
  const FleetCommandOptions& options_;
  std::uint64_t inputs_;
  std::uint64_t most_lanes_;
  unsigned runs_per_input_;
  std::optional<Fleet> fleet_;
  bool is_started_ = false;
  std::uint64_t first_ = 0;
  std::chrono::steady_clock::time_point start_;
  FleetTotals totals_;
  // Of all runs.
  std::uint64_t lanes_run_ = 0;
  ProgressLine progress_line_;
};

}  // namespace armillion::cli
