#pragma once

#include <memory>

#include "fleet/lane_engine.hpp"
#include "fleet/lane_host.hpp"

namespace armillion::fleet {

/// Lanes that the CPU's interpreter runs, on several threads.
std::unique_ptr<LaneEngine> make_cpu_lanes(LaneSource source, const FleetOptions& options);

}  // namespace armillion::fleet
