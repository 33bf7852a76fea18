#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace armillion::ops {

/// The instruction sets that this library has kernels for and this CPU can run, the widest first, by Highway's names:
/// "AVX3" (AVX-512), "AVX2", "SSE4", "NEON". The last is "scalar", one element at a time by the C library's functions.
std::vector<std::string> targets();

/// The target that calls use: the first of `targets` until `set_target` names another.
std::string target();

/// Makes all later calls of the process use a target of `targets`, for the same bits on CPUs that differ.
/// Error(UNAVAILABLE) where it is not among them.
void set_target(std::string_view name);

}  // namespace armillion::ops
