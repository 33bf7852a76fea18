#pragma once

#include <cstdint>

#include "engine/tensor/device/layout.hpp"
#include "engine/tensor/device/team.hpp"

namespace armillion::engine::tensor {

inline constexpr std::uint32_t LANE_WORDS = LARGEST_DEVICE_BATCH / 32;
/// The slot of the flags, behind those of registers.
inline constexpr unsigned FLAGS_SLOT = SLOT_COUNT;

/// A set of lanes.
struct LaneSet {
  std::uint32_t words[LANE_WORDS];

  ARMILLION_INLINE bool has(std::uint32_t lane) const { return (words[lane / 32] >> lane % 32 & 1) != 0; }
  ARMILLION_INLINE void add(std::uint32_t lane) { set_bits(&words[lane / 32], 1u << lane % 32); }

  /// The highest lane of the set below `end`; NO_LANE where there is none.
  static constexpr std::uint32_t NO_LANE = ~0u;
  ARMILLION_INLINE std::uint32_t last_before(std::uint32_t end) const {
    std::uint32_t index = end / 32;
    std::uint32_t word = index < LANE_WORDS ? words[index] & ((1u << end % 32) - 1) : 0;
    while (word == 0) {
      if (index == 0) return NO_LANE;
      word = words[--index];
    }
    return index * 32 + 31 - static_cast<std::uint32_t>(__builtin_clz(word));
  }

  /// Calls `body(lane)` for all lanes of the set below `end`, in their order, while it returns true.
  template <class Body>
  ARMILLION_INLINE void visit_before(std::uint32_t end, Body body) const {
    for (std::uint32_t index = 0; index * 32 < end; ++index) {
      std::uint32_t word = words[index];
      if (end - index * 32 < 32) word &= (1u << end % 32) - 1;
      for (; word != 0; word &= word - 1) {
        if (!body(index * 32 + static_cast<std::uint32_t>(__builtin_ctz(word)))) return;
      }
    }
  }
};

/// What the threads of a team share while they work on a batch; in a GPU's shared memory.
struct BatchShared {
  /// By slot: the lanes that write it.
  LaneSet writers[SLOT_COUNT + 1];
  /// Lanes that access memory, that store, and that are ordered loads.
  LaneSet accesses;
  LaneSet stores;
  LaneSet ordered;
  LaneSet done[2];

  // Gathering.
  std::uint64_t pc;
  std::uint32_t count;
  std::uint32_t first_end;
  std::uint32_t segment_count;
  std::uint32_t repeated_lane;
  std::uint32_t is_gathered;
  DeviceStop stop_reason;

  std::uint32_t sums_changed;
  std::uint32_t done_count;

  /// The first load that should have seen an earlier store of its batch, the first branch that went elsewhere, and the
  /// first store into the batch's own code.
  std::uint32_t conflict;
  std::uint32_t wrong_branch;
  std::uint32_t code_write;
  std::uint32_t stores_overlap;
  std::uint32_t is_over;
};

}  // namespace armillion::engine::tensor
