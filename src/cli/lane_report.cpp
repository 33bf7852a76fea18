#include "cli/lane_report.hpp"

#include <fmt/format.h>

#include "cli/fleet_summary.hpp"
#include "cli/stop_description.hpp"

namespace armillion::cli {

void LaneReport::add(std::uint64_t lane, const std::string& input, const LaneResult& result) {
  if (is_full()) return;
  std::string line = fmt::format("lane {}", lane);
  if (!input.empty()) line += fmt::format(" ({})", input);
  if (result.stop_reason == StopReason::EXITED) {
    line += result.signal != 0 ? fmt::format(": ended by signal {}", result.signal)
                               : fmt::format(": exited with {}", result.exit_code);
  } else {
    line += fmt::format(": {}", name_of(result.stop_reason));
  }
  line += " at pc " + describe_location(process_, result.pc);
  if (result.stop_reason == StopReason::MEMORY_FAULT) line += ", " + describe_fault(result.fault);
  lines_.push_back(line);
}

void LaneReport::print() const {
  for (std::size_t i = 0; i < lines_.size(); ++i) print_fact(i == 0 ? "stopped early" : "", lines_[i]);
}

}  // namespace armillion::cli
