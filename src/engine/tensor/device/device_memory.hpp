#pragma once

#include <cstdint>

#include "engine/tensor/device/layout.hpp"
#include "engine/tensor/device/shared.hpp"

namespace armillion::engine::tensor {

ARMILLION_INLINE constexpr bool overlaps(const AccessRecord& a, const AccessRecord& b) {
  return a.address < b.address + b.size && b.address < a.address + a.size;
}

/// The guest's memory on a device. Accesses that are not within one region are not done: the lane's instruction is
/// executed singly then, by the host.
class DeviceMemory {
 public:
  ARMILLION_INLINE DeviceMemory(const DeviceRun* run, BatchShared* shared) : run_(run), shared_(shared) {}

  /// The region that holds all of [address, address + size) and allows `wanted`; nullptr where there is none.
  ARMILLION_INLINE const DeviceRegion* find(std::uint64_t address, std::uint64_t size, std::uint32_t wanted) const {
    std::uint32_t low = 0;
    std::uint32_t high = run_->region_count;
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      if (run_->regions[middle].end <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == run_->region_count) return nullptr;
    const DeviceRegion* region = &run_->regions[low];
    const bool is_inside = address >= region->start && size <= region->end - address;
    return is_inside && (region->permissions & wanted) == wanted ? region : nullptr;
  }

  ARMILLION_INLINE bool load(Lanes<DeviceMemory>& lanes, std::uint32_t lane, void* destination, std::uint32_t size) {
    const AccessRecord& access = lanes.accesses[lane];
    const DeviceRegion* region = find(access.address, size, READ);
    if (region == nullptr) return false;
    auto* bytes = static_cast<std::uint8_t*>(destination);
    const std::uint8_t* source = region->bytes + (access.address - region->start);
    for (std::uint32_t i = 0; i < size; ++i) bytes[i] = source[i];
    if (!shared_->ordered.has(lane)) return true;
    shared_->stores.visit_before(lane, [&](std::uint32_t earlier) {
      copy_overlap(lanes.accesses[earlier], access, bytes);
      return true;
    });
    return true;
  }

  ARMILLION_INLINE bool may_store(std::uint64_t address, std::uint32_t size) const {
    return find(address, size, WRITE) != nullptr;
  }

  /// Stores what may be stored.
  ARMILLION_INLINE void store(const AccessRecord& access) {
    const DeviceRegion* region = find(access.address, access.size, WRITE);
    const std::uint64_t first = access.address - region->start;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(access.data);
    for (std::uint32_t i = 0; i < access.size; ++i) region->bytes[first + i] = bytes[i];
    region->dirty[first / PAGE_BYTES] = 1;
    region->dirty[(first + access.size - 1) / PAGE_BYTES] = 1;
  }

  static constexpr std::uint64_t PAGE_BYTES = 4096;
  // Of `Permissions`.
  static constexpr std::uint32_t READ = 1;
  static constexpr std::uint32_t WRITE = 2;
  static constexpr std::uint32_t EXECUTE = 4;

 private:
  ARMILLION_INLINE static void copy_overlap(const AccessRecord& store, const AccessRecord& load, std::uint8_t* bytes) {
    if (!overlaps(store, load)) return;
    const auto* data = reinterpret_cast<const std::uint8_t*>(store.data);
    for (std::uint32_t i = 0; i < load.size; ++i) {
      const std::uint64_t at = load.address + i - store.address;
      if (at < store.size) bytes[i] = data[at];
    }
  }

  const DeviceRun* run_;
  BatchShared* shared_;
};

}  // namespace armillion::engine::tensor
