#pragma once

#include <memory>

#include "armillion/machine.hpp"
#include "engine/gpu/backend.hpp"
#include "fleet/lane_engine.hpp"

namespace armillion::fleet {

/// Lanes that a GPU runs, or the host in its place.
std::unique_ptr<LaneEngine> make_device_lanes(std::unique_ptr<engine::gpu::Backend> backend, Machine& machine,
                                              const FleetOptions& options);

}  // namespace armillion::fleet
