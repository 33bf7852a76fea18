#pragma once

#include <cstdint>
#include <vector>

#include "armillion/state.hpp"
#include "engine/tensor/batch_memory.hpp"
#include "engine/tensor/lanes.hpp"

namespace armillion::engine::tensor {

/// Finds where the operands of a batch's lanes come from, and so in which wave each lane can execute: the first in
/// which all that it reads is there.
///
/// Where a lane writes a register as another plus a constant, whoever reads it reads the other and adds the constant
/// itself: a chain of such additions has no depth at all (the prefix sum of its constants).
class Renamer {
 public:
  /// For batches of at most `most_lanes`.
  explicit Renamer(std::uint32_t most_lanes) : waves_(most_lanes) {}

  /// Fills the operands of the first `count` lanes, and the values and flags of the batch's start.
  void rename(Lanes<BatchMemory>& lanes, std::uint32_t count, const State& state);

  /// By lane; the first wave is 1.
  const std::vector<std::uint32_t>& waves() const { return waves_; }
  std::uint32_t last_wave() const { return last_wave_; }

  /// Writes registers and flags as they are after the first `done` of the `count` lanes that were renamed.
  void write_back(const Lanes<BatchMemory>& lanes, std::uint32_t count, std::uint32_t done, State& state) const;

 private:
  void rename_writes(Lanes<BatchMemory>& lanes, std::uint32_t lane, std::uint32_t wave);

  /// What a register holds after the lanes so far, by slot.
  Operand registers_[SLOT_COUNT];
  std::uint32_t flags_source_ = 0;
  std::uint32_t flags_wave_ = 0;
  std::vector<std::uint32_t> waves_;
  std::uint32_t last_wave_ = 0;
};

}  // namespace armillion::engine::tensor
