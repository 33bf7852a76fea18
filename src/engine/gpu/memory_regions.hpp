#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/gpu/lane_layout.hpp"
#include "guest/address_space.hpp"

// Mappings as a device sees them: maximal regions in ascending order.
namespace armillion::engine::gpu {

std::vector<MemoryRegion> device_regions(const guest::AddressSpace& memory);

bool are_equal(std::span<const MemoryRegion> a, std::span<const MemoryRegion> b);
std::vector<MemoryRegion> regions_that_allow(Permissions permissions, std::span<const MemoryRegion> regions);
/// The region that contains `address`, or nullptr.
const MemoryRegion* find_region(std::span<const MemoryRegion> regions, std::uint64_t address);
/// Whether everything in `others` is in `regions` too, with whatever permissions.
bool contain_all_of(std::span<const MemoryRegion> regions, std::span<const MemoryRegion> others);
/// The regions with another one, which may touch them but lies in none, merged with those it touches where it can be.
std::vector<MemoryRegion> with_region(std::span<const MemoryRegion> regions, const MemoryRegion& added);

}  // namespace armillion::engine::gpu
