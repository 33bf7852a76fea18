#include "cli/fleet_totals.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <vector>

namespace armillion::cli {

void FleetTotals::add(const FleetResult& result) {
  instructions += result.instructions;
  running_seconds += result.elapsed_seconds;
  for (std::size_t i = 0; i < stops.size(); ++i) stops[i] += result.stops[i];
}

std::string FleetTotals::describe_stops() const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (stops[i] > 0) parts.push_back(fmt::format("{} {}", stops[i], name_of(static_cast<StopReason>(i))));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace armillion::cli
