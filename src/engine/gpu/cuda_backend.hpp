#pragma once

#include <memory>

#include "engine/gpu/backend.hpp"

namespace armillion::engine::gpu {

/// The NVIDIA GPU with the driver's number `device_index`, "cuda:0" and up. Any number of backends may use a GPU, each
/// on one thread at a time. Error(UNAVAILABLE) where there is no such GPU, its driver is too old or too broken to run
/// the device code, or the GPU itself is too old. The first use of a GPU compiles the device code for it and keeps the
/// result in a cache (binary_cache.hpp).
std::unique_ptr<Backend> make_cuda_backend(int device_index);

}  // namespace armillion::engine::gpu
