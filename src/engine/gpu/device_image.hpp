#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "armillion/state.hpp"
#include "engine/gpu/lane_layout.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::gpu {

/// The operations of all executable memory that holds something, and where they are.
struct DecodedCode {
  std::vector<CodeRegion> regions;
  std::vector<MicroOp> ops;
};

/// Decodes what `memory` allows to execute. Instructions at `breakpoints`, which are in ascending order, become stops.
/// Error(OUT_OF_MEMORY) for more code than an index can name.
DecodedCode decode_code(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints);

/// The operations of one page of them. `page` is its address, `bytes` has all of it.
std::array<MicroOp, PAGE_WORDS> decode_page(std::uint64_t page, const std::byte* bytes,
                                            std::span<const std::uint64_t> breakpoints);

/// The pages of a snapshot that are not zero, and the hash that finds them. Frame 0 is zero.
struct DevicePages {
  std::vector<std::byte> frames;
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> numbers;
};

DevicePages device_pages(const guest::AddressSpace& memory);

}  // namespace armillion::engine::gpu
