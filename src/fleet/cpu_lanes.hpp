#pragma once

#include <memory>
#include <vector>

#include "armillion/machine.hpp"
#include "fleet/lane_engine.hpp"

namespace armillion::fleet {

/// Lanes that the CPU's interpreter runs, on several threads.
std::unique_ptr<LaneEngine> make_cpu_lanes(Machine& machine, const FleetOptions& options);

}  // namespace armillion::fleet
