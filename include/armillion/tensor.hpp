#pragma once

#include <cstdint>

namespace armillion {

/// Most instructions of a batch of the tensor engine.
inline constexpr std::uint32_t LARGEST_BATCH = 65'536;

/// Whether the tensor engine executes many iterations of a loop at once where it can prove the outcome.
enum class LoopAcceleration : std::uint8_t {
  OFF,
  /// Counted loops that only add constants to registers are solved in closed form; those over arrays, where
  /// no iteration is in another one's way, are executed one instruction after the other, each for many iterations. Such
  /// instructions count as retired, and as accelerated (`TensorStatistics::instructions_accelerated`). Results are the
  /// same.
  ON,
};

/// What the tensor engine of a machine has done since the machine was made.
struct TensorStatistics {
  /// Batches of which at least one instruction was committed.
  std::uint64_t batches = 0;
  /// Waves of those batches: instructions of one wave do not depend on each other.
  std::uint64_t waves = 0;
  /// Instructions that were gathered for batches, whether they were committed or not.
  std::uint64_t gathered = 0;
  /// Instructions that were retired by batches.
  std::uint64_t instructions_in_batches = 0;
  /// Instructions that were retired by the interpreter, one at a time, as a batch cannot hold them.
  std::uint64_t instructions_single = 0;
  /// Instructions that were retired without having been executed one by one.
  std::uint64_t instructions_accelerated = 0;
  /// Batches that were cut behind a branch that went elsewhere than expected.
  std::uint64_t wrong_guesses = 0;
  /// Branches that needed no guess, as both of their sides were in the batch, and one of them was selected.
  std::uint64_t branches_both_ways = 0;
  /// Batches that were cut before a load that had to see what an earlier instruction of the batch stores.
  std::uint64_t conflicts = 0;
};

}  // namespace armillion
