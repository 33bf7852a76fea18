#pragma once

#include <string>
#include <string_view>
#include <vector>

// The device's program, compiled to PTX when Armillion was built and kept in the library.
namespace armillion::engine::gpu {

/// The compute capability that the PTX is made for: older GPUs cannot run it, newer ones can.
inline constexpr int DEVICE_CODE_COMPUTE_MAJOR = 7;
inline constexpr int DEVICE_CODE_COMPUTE_MINOR = 0;

/// The parts of the program, to be linked by the driver. It has the entry points of `Kernel` (backend.hpp) under the
/// names that cuda_backend.cpp lists. Made anew by each call: 13 MB of text.
std::vector<std::string> device_code_ptx();

/// Tells one build's program from another's.
std::string_view device_code_version();

/// The same two of the tensor engine's program, whose entry point is `armillion_tensor_run`.
std::vector<std::string> tensor_code_ptx();
std::string_view tensor_code_version();

}  // namespace armillion::engine::gpu
