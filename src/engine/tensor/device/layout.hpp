#pragma once

#include <cstdint>

#include "engine/tensor/device/stored_bytes.hpp"
#include "engine/tensor/lanes.hpp"

// What the host and the device agree on: plain structs. Pointers are addresses of the device's memory.
namespace armillion::engine::tensor {

class DeviceMemory;

/// A maximal range of guest pages with the same permissions. Its pages stand one behind the other.
struct DeviceRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint8_t* bytes;
  /// A byte a page, which becomes 1 where a page is written.
  std::uint8_t* dirty;
  /// Bits of `Permissions`.
  std::uint32_t permissions;
  std::uint32_t unused;
};

/// Decoded words: a hash table with open addressing by `place_of`.
struct DecodedWord {
  BatchOp op;
  std::uint32_t word;
  std::uint32_t is_there;
};

constexpr std::uint32_t place_of(std::uint32_t word, std::uint32_t mask) { return (word * 0x9e37'79b1u >> 7) & mask; }

/// Why the device gave the machine back.
enum class DeviceStop : std::uint32_t {
  /// It has not run: what the host writes before.
  NONE,
  /// As many instructions as wanted have retired, or the host has called.
  DONE,
  /// The instruction at PC must be executed singly.
  SINGLE,
  /// The word at PC is not in the table of decoded words.
  UNKNOWN_WORD,
};

/// A stretch of code that a batch was gathered from: lanes `first` and up are the instructions from `start` on. `first`
/// is NO_LANE for the sides of a branch, where no path goes on.
struct Segment {
  std::uint64_t start;
  std::uint32_t first;
  std::uint32_t count;
};

/// A lane that has not executed yet, or has in the round before.
struct alignas(8) PendingLane {
  static constexpr std::uint32_t IS_ACCESS = 0x8000'0000;
  static constexpr std::uint32_t IS_ORDERED = 0x4000'0000;

  /// A lane that it waits for; NO_LANE where none is known.
  std::uint32_t source;
  /// Its number, and these bits.
  std::uint32_t lane_and_kind;

  constexpr std::uint32_t lane() const { return lane_and_kind & ~(IS_ACCESS | IS_ORDERED); }
  constexpr bool is_access() const { return (lane_and_kind & IS_ACCESS) != 0; }
  constexpr bool is_ordered() const { return (lane_and_kind & IS_ORDERED) != 0; }
};

inline constexpr std::uint32_t DEVICE_PREDICTIONS = 4096;

/// What the engine has learnt about the program. It changes how fast batches are, and nothing else.
struct DevicePredictions {
  /// Two-bit counters of conditional branches, by address.
  std::uint8_t directions[DEVICE_PREDICTIONS];
  /// How often in short succession a conditional branch was guessed wrongly, and how many batches there had been at the
  /// last time. A branch that is in doubt stays so.
  std::uint8_t doubts[DEVICE_PREDICTIONS];
  std::uint64_t wrong_at[DEVICE_PREDICTIONS];
  /// Where an indirect branch or return last went to.
  std::uint64_t target_pc[DEVICE_PREDICTIONS];
  std::uint64_t targets[DEVICE_PREDICTIONS];
  /// Loads that have to see what their batch stores.
  std::uint8_t ordered[DEVICE_PREDICTIONS];
};

constexpr std::uint32_t prediction_of(std::uint64_t pc) {
  return static_cast<std::uint32_t>(pc / 4 % DEVICE_PREDICTIONS);
}

/// One run: what it works on, and how it ended.
struct DeviceRun {
  // The machine: X0 to X30, SP and ZR, by slot.
  std::uint64_t registers[isa::ZERO_SLOT + 1];
  std::uint64_t pc;
  std::uint64_t tpidr_el0;
  /// As `pack_flags` makes them.
  std::uint32_t flags;

  std::uint32_t batch;
  /// Most lanes of the next batch.
  std::uint32_t window;
  DeviceStop stop;
  std::uint64_t limit;
  std::uint64_t retired;

  // What it has done.
  std::uint64_t batches;
  std::uint64_t waves;
  std::uint64_t gathered;
  std::uint64_t wrong_guesses;
  std::uint64_t branches_both_ways;
  std::uint64_t conflicts;

  // The guest's memory and its decoded code.
  const DeviceRegion* regions;
  std::uint32_t region_count;
  std::uint32_t decoded_mask;
  const DecodedWord* decoded;
  /// The host sets it to have the device come back; in the host's memory.
  const std::uint32_t* call;

  // The arrays of batches. `lanes.memory` points to room for what the device puts there.
  Lanes<DeviceMemory> lanes;
  Segment* segments;
  DevicePredictions* predictions;
  /// For chains of sums, by lane: what the sum is of, in two copies.
  ValueId* sum_ids[2];
  std::uint64_t* sum_addends[2];
  /// The words of the sets of writers, where they are too many for what threads share; else nullptr.
  std::uint32_t* writer_words;
  /// By lane: whether it is a load that waits for all earlier accesses of its batch.
  bool* is_ordered;
  /// What each thread has still to execute: the threads' lists take turns.
  PendingLane* pending;
  /// What the batch stores, in `stored_granules(batch)` places, and the table's epoch between runs.
  StoredGranule* granules;
  std::uint32_t stored_epoch;
};

}  // namespace armillion::engine::tensor
