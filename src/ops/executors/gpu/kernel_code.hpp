#pragma once

#include "engine/gpu/cuda_context.hpp"

namespace armillion::ops::gpu {

/// The kernels as PTX, compiled when Armillion was built and kept in the library.
engine::gpu::DeviceProgram kernels_program();

}  // namespace armillion::ops::gpu
