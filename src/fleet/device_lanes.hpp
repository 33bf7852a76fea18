#pragma once

#include <memory>

#include "engine/gpu/backend.hpp"
#include "fleet/lane_engine.hpp"
#include "fleet/lane_host.hpp"

namespace armillion::fleet {

/// Lanes that a GPU runs, or the host in its place.
std::unique_ptr<LaneEngine> make_device_lanes(std::unique_ptr<engine::gpu::Backend> backend, LaneSource source,
                                              const FleetOptions& options);

}  // namespace armillion::fleet
