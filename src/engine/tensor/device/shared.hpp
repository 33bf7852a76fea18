#pragma once

#include <cstdint>

#include "engine/tensor/device/lane_set.hpp"
#include "engine/tensor/device/layout.hpp"
#include "engine/tensor/device/team.hpp"

namespace armillion::engine::tensor {

/// Batches of at most this many lanes have all of their sets in shared memory.
inline constexpr std::uint32_t LARGEST_SHARED_BATCH = 1024;

/// A bit a lane.
struct LaneBits {
  std::uint32_t words[lane_words(LARGEST_BATCH)];

  ARMILLION_INLINE bool has(std::uint32_t lane) const { return (words[lane / 32] >> lane % 32 & 1) != 0; }
  ARMILLION_INLINE void add(std::uint32_t lane) { set_bits(&words[lane / 32], 1u << lane % 32); }
};

/// What a round of executing has left for the next one.
struct RoundEnd {
  /// The first lane that accesses memory and has not executed. Kept only where there are ordered loads.
  std::uint32_t first_access;
  /// Whether any lane has not executed.
  std::uint32_t has_pending;
};

/// What the threads of a team share while they work on a batch; in a GPU's shared memory, which holds anything at
/// first.
struct BatchShared {
  std::uint32_t writer_words[lane_words(LARGEST_SHARED_BATCH) * WRITER_SETS];
  std::uint32_t writer_summaries[summary_words(LARGEST_BATCH) * WRITER_SETS];

  // Gathering.
  std::uint64_t pc;
  std::uint32_t count;
  std::uint32_t first_end;
  std::uint32_t segment_count;
  std::uint32_t repeated_lane;
  std::uint32_t is_gathered;
  DeviceStop stop_reason;
  /// All of the batch's code is between these addresses.
  std::uint64_t code_start;
  std::uint64_t code_end;

  // Renaming.
  std::uint32_t sums_changed;
  std::uint32_t store_count;
  std::uint32_t ordered_count;
  /// Lanes on sides of branches.
  std::uint32_t side_count;

  /// Executing. Lanes that were done when a round began, for even and odd rounds; what a round finds, adds to, and
  /// makes ready for the one behind the next, in turns.
  LaneBits done[2];
  RoundEnd rounds[3];

  StoredBytesState stored;

  /// The first load that should have seen an earlier store of its batch, the first branch that went elsewhere, the
  /// first store into the batch's own code, and the first store that overlaps an earlier one.
  std::uint32_t conflict;
  std::uint32_t wrong_branch;
  std::uint32_t code_write;
  std::uint32_t overlap;
  /// Of the lanes that stand: those that the program does not execute, and branches with both sides in the batch.
  std::uint32_t skipped;
  std::uint32_t both_ways;
  /// Batches, or thousands of lanes, since the host's word was looked at.
  std::uint32_t unlooked;
  std::uint32_t is_over;
};

// What a block may have without being asked about it.
static_assert(sizeof(BatchShared) <= 48 * 1024);

}  // namespace armillion::engine::tensor
