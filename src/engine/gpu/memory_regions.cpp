#include "engine/gpu/memory_regions.hpp"

#include <algorithm>
#include <iterator>

namespace armillion::engine::gpu {

std::vector<MemoryRegion> device_regions(const guest::AddressSpace& memory) {
  std::vector<MemoryRegion> regions;
  for (const auto& [start, region] : memory.regions()) {
    regions.push_back({start, region.end, static_cast<std::uint32_t>(region.permissions), 0});
  }
  return regions;
}

bool are_equal(std::span<const MemoryRegion> a, std::span<const MemoryRegion> b) {
  return std::ranges::equal(a, b, [](const MemoryRegion& x, const MemoryRegion& y) {
    return x.start == y.start && x.end == y.end && x.permissions == y.permissions;
  });
}

std::vector<MemoryRegion> regions_that_allow(Permissions permissions, std::span<const MemoryRegion> regions) {
  std::vector<MemoryRegion> result;
  std::ranges::copy_if(regions, std::back_inserter(result), [permissions](const MemoryRegion& region) {
    return allows(static_cast<Permissions>(region.permissions), permissions);
  });
  return result;
}

const MemoryRegion* find_region(std::span<const MemoryRegion> regions, std::uint64_t address) {
  const auto behind = std::ranges::upper_bound(regions, address, {}, &MemoryRegion::start);
  if (behind == regions.begin() || address >= std::prev(behind)->end) return nullptr;
  return &*std::prev(behind);
}

bool contain_all_of(std::span<const MemoryRegion> regions, std::span<const MemoryRegion> others) {
  return std::ranges::all_of(others, [regions](const MemoryRegion& other) {
    for (std::uint64_t address = other.start; address < other.end;) {
      const MemoryRegion* found = find_region(regions, address);
      if (found == nullptr) return false;
      address = found->end;
    }
    return true;
  });
}

std::vector<MemoryRegion> with_region(std::span<const MemoryRegion> regions, const MemoryRegion& added) {
  std::vector<MemoryRegion> result;
  const auto append = [&result](const MemoryRegion& region) {
    if (!result.empty() && result.back().end == region.start && result.back().permissions == region.permissions) {
      result.back().end = region.end;
    } else {
      result.push_back(region);
    }
  };
  const auto behind = std::ranges::upper_bound(regions, added.start, {}, &MemoryRegion::start);
  std::for_each(regions.begin(), behind, append);
  append(added);
  std::for_each(behind, regions.end(), append);
  return result;
}

}  // namespace armillion::engine::gpu
