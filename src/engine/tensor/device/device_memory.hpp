#pragma once

#include <cstdint>

#include "engine/tensor/device/layout.hpp"
#include "engine/tensor/device/stored_bytes.hpp"

namespace armillion::engine::tensor {

/// The guest's memory on a device. Accesses that are not within one region are not done: the lane's instruction is
/// executed singly then, by the host.
class DeviceMemory {
 public:
  /// `stored` has what stores ordered loads see.
  ARMILLION_INLINE DeviceMemory(const DeviceRun* run, StoredBytes stored) : run_(run), stored_(stored) {}

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

  ARMILLION_INLINE bool load(const Lanes<DeviceMemory>& lanes, std::uint32_t lane, void* destination,
                             std::uint32_t size) const {
    const AccessRecord& access = lanes.accesses[lane];
    const DeviceRegion* region = find(access.address, size, READ);
    if (region == nullptr) return false;
    auto* bytes = static_cast<std::uint8_t*>(destination);
    const std::uint8_t* source = region->bytes + (access.address - region->start);
    for (std::uint32_t i = 0; i < size; ++i) bytes[i] = source[i];
    if (!run_->is_ordered[lane]) return true;
    for (std::uint32_t i = 0; i < size; ++i) bytes[i] = latest(lanes, access.address + i, bytes[i]);
    return true;
  }

  ARMILLION_INLINE bool may_store(std::uint64_t address, std::uint32_t size) const {
    return find(address, size, WRITE) != nullptr;
  }

  /// Stores what may be stored: those bytes for whose addresses `is_wanted` is true.
  template <class IsWanted>
  ARMILLION_INLINE void store(const AccessRecord& access, IsWanted is_wanted) const {
    const DeviceRegion* region = find(access.address, access.size, WRITE);
    const std::uint64_t first = access.address - region->start;
    for (std::uint32_t i = 0; i < access.size; ++i) {
      if (is_wanted(access.address + i)) region->bytes[first + i] = byte_of(access, i);
    }
    // By others, too.
    store_relaxed(&region->dirty[first / PAGE_BYTES], std::uint8_t{1});
    store_relaxed(&region->dirty[(first + access.size - 1) / PAGE_BYTES], std::uint8_t{1});
  }

  static constexpr std::uint64_t PAGE_BYTES = 4096;
  // Of `Permissions`.
  static constexpr std::uint32_t READ = 1;
  static constexpr std::uint32_t WRITE = 2;
  static constexpr std::uint32_t EXECUTE = 4;

 private:
  ARMILLION_INLINE static std::uint8_t byte_of(const AccessRecord& store, std::uint64_t i) {
    return reinterpret_cast<const std::uint8_t*>(store.data)[i];
  }

  // The byte at `address` as the batch's last store has it; `byte` where there is none.
  ARMILLION_COLD std::uint8_t latest(const Lanes<DeviceMemory>& lanes, std::uint64_t address, std::uint8_t byte) const {
    const std::uint32_t store = stored_.last_store(address);
    if (store == 0) return byte;
    const AccessRecord& access = lanes.accesses[store - 1];
    return byte_of(access, address - access.address);
  }

  const DeviceRun* run_;
  StoredBytes stored_;
};

}  // namespace armillion::engine::tensor
