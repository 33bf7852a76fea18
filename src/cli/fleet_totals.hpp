#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "armillion/fleet.hpp"

namespace armillion::cli {

/// What several runs of fleets came to.
struct FleetTotals {
  std::uint64_t instructions = 0;
  /// Time in which lanes ran.
  double running_seconds = 0;
  std::array<std::uint64_t, STOP_REASON_COUNT> stops{};

  void add(const FleetResult& result);
  std::uint64_t stopped_by(StopReason reason) const { return stops[static_cast<std::size_t>(reason)]; }
  /// For instance "12 exited, 1 timeout".
  std::string describe_stops() const;
};

}  // namespace armillion::cli
