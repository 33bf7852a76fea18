#pragma once

#include <cstdint>

#include "engine/tensor/device/device_memory.hpp"
#include "engine/tensor/lanes.hpp"

namespace armillion::engine::tensor {

/// Executes one lane by its operation. False where it could not be executed in a batch. Defined in lane_functions.cpp.
bool execute_lane(Lanes<DeviceMemory>& lanes, std::uint32_t lane);

}  // namespace armillion::engine::tensor
