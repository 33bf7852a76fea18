#pragma once

#include <array>
#include <cstdint>
#include <utility>

/// What the authors of an earlier emulator of AArch64 published of it, in instructions per second on an Apple M4 Pro.
namespace armillion::bench::published {

/// A loop of ADD and B, and one with a STR in between, in one kernel written in Metal.
inline constexpr double METAL_ADD_LOOP = 2.1e6;
inline constexpr double METAL_ADD_STORE_LOOP = 1.9e6;
/// The same with a kernel that the host does not wait for.
inline constexpr double ASYNCHRONOUS_ADD_LOOP = 3.49e6;
inline constexpr double ASYNCHRONOUS_ADD_STORE_LOOP = 3.05e6;

/// Instructions executed as arrays in PyTorch: ADDs in a line, by the instructions of a batch; a batch of 1 is one
/// instruction at a time.
inline constexpr std::array<std::pair<std::uint32_t, double>, 5> PYTORCH_STRAIGHT_LINE{
    {{1, 48}, {64, 26'690}, {128, 53'353}, {256, 95'523}, {512, 118'676}}};
/// A loop with branches, in batches of 64.
inline constexpr std::pair<std::uint32_t, double> PYTORCH_BRANCHY_LOOP{64, 422};

}  // namespace armillion::bench::published
