#include "cli/fleet_rounds.hpp"

#include <algorithm>

namespace armillion::cli {

namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

FleetRounds::FleetRounds(Process& process, const FleetCommandOptions& options, std::uint64_t inputs,
                         const DefaultLanes& lanes, unsigned runs_per_input)
    : process_(process),
      options_(options),
      inputs_(inputs),
      most_lanes_(std::min(inputs, options.lanes != 0 ? options.lanes : lanes.on(options.device))),
      runs_per_input_(runs_per_input),
      progress_line_(options.quiet ? ProgressLine::Shown::NEVER : ProgressLine::Shown::ON_TERMINALS) {
  make_fleet(most_lanes_);
}

void FleetRounds::make_fleet(std::uint64_t lanes) {
  if (fleet_ && fleet_->lanes() == lanes) return;
  fleet_.reset();  // the next one may need its memory
  fleet_.emplace(process_, FleetOptions{.lanes = lanes,
                                        .device = options_.device,
                                        .memory_limit_bytes = options_.device_memory_bytes,
                                        .threads = options_.threads});
}

double FleetRounds::elapsed_seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

bool FleetRounds::next() {
  if (is_started_) {
    if (inputs_begun() == inputs_) return false;
    if (options_.timeout_seconds > 0 && elapsed_seconds() >= options_.timeout_seconds) return false;
    first_ += fleet_->lanes();
    make_fleet(std::min(most_lanes_, inputs_ - first_));
  } else {
    is_started_ = true;
    start_ = Clock::now();
  }
  return true;
}

FleetRunOptions FleetRounds::run_options() {
  FleetRunOptions run_options;
  run_options.instruction_limit = options_.instruction_limit;
  if (options_.timeout_seconds > 0) {
    run_options.timeout_seconds = std::max(options_.timeout_seconds - elapsed_seconds(), 1e-9);
  }
  run_options.on_progress = [this](const FleetProgress& run) {
    progress_line_.update({inputs_ * runs_per_input_, lanes_run_ + run.stopped_lanes,
                           totals_.instructions + run.instructions, totals_.running_seconds + run.elapsed_seconds});
  };
  return run_options;
}

void FleetRounds::add(const FleetResult& result) {
  totals_.add(result);
  lanes_run_ += fleet_->lanes();
  progress_line_.update({inputs_ * runs_per_input_, lanes_run_, totals_.instructions, totals_.running_seconds});
}

}  // namespace armillion::cli
