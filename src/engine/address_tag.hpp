#pragma once

#include <cstdint>

namespace armillion::engine {

/// The address without its tag: bits 63:56 are ignored where bit 55 is clear (TBI0; D8.8 and AArch64.BranchAddr). With
/// bit 55 set it is the kernel's half, which is not mapped; such an address stays as it is.
constexpr std::uint64_t without_tag(std::uint64_t address) {
  return (address >> 55 & 1) == 0 ? address & 0x00ff'ffff'ffff'ffffull : address;
}

}  // namespace armillion::engine
