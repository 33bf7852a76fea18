#pragma once

#include <cstdint>

#include "engine/tensor/batch_op.hpp"
#include "engine/tensor/lanes.hpp"
#include "isa/macros.hpp"

// Conditional branches of which a batch has both sides, as it could not be guessed which one the program executes. All
// of their instructions execute; those of the other side are then given what they would have overwritten. Freestanding.
namespace armillion::engine::tensor {

/// Most instructions of one side of a branch of which both are in a batch; the branch over the other one counts.
inline constexpr std::uint32_t MOST_SIDE_INSTRUCTIONS = 8;
static_assert(2 * MOST_SIDE_INSTRUCTIONS < BatchOp::IS_TAKEN_SIDE);

/// Whether it may stand on such a side: it does nothing but write registers and flags.
constexpr bool may_be_skipped(const BatchOp& op) {
  return op.is_batchable && op.flow == Flow::NEXT && !op.is_load() && !op.is_store();
}

/// `op` on a side of the branch that is `distance` lanes before it. It reads what it writes, too, as that stays where
/// the other side is executed; and so it writes no sum.
constexpr BatchOp on_side(BatchOp op, std::uint32_t distance, bool is_taken_side) {
  op.guard = static_cast<std::uint8_t>(distance | (is_taken_side ? BatchOp::IS_TAKEN_SIDE : 0u));
  op.sum_place = BatchOp::NO_PLACE;
  op.reads |= op.writes & place_bit(FLAGS_PLACE);
  for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
    if (op.slots[place] < isa::ZERO_SLOT) op.reads |= op.writes & place_bit(place);
  }
  return op;
}

/// The sides of a conditional branch that come together again behind them.
struct BranchSides {
  /// Instructions of the side behind the branch, with the branch over the other one where it ends in one.
  std::uint32_t next = 0;
  /// Of the side that is branched to, which follows.
  std::uint32_t taken = 0;

  constexpr std::uint32_t instructions() const { return next + taken; }
};

/// Finds the sides of the conditional branch `branch` at `pc`: `op_at(address)` gives a pointer to an instruction, or
/// nullptr where there is none. `instructions()` is 0 where they are too long or do more than may be skipped.
template <class OpAt>
constexpr BranchSides find_sides(std::uint64_t pc, const BatchOp& branch, const OpAt& op_at) {
  const std::uint64_t target = pc + branch.delta;
  const std::uint64_t next = branch.delta / 4 - 1;
  if (branch.delta < 8 || next > MOST_SIDE_INSTRUCTIONS) return {};
  for (std::uint64_t address = pc + 4; address < target - 4; address += 4) {
    const BatchOp* op = op_at(address);
    if (op == nullptr || !may_be_skipped(*op)) return {};
  }
  const BatchOp* last = op_at(target - 4);
  if (last == nullptr) return {};
  if (may_be_skipped(*last)) return {static_cast<std::uint32_t>(next), 0};
  if (!last->is_batchable || last->flow != Flow::JUMP || last->is_call) return {};
  const std::uint64_t taken = last->delta / 4 - 1;
  if (last->delta < 8 || taken > MOST_SIDE_INSTRUCTIONS) return {};
  for (std::uint64_t address = target; address < target + taken * 4; address += 4) {
    const BatchOp* op = op_at(address);
    if (op == nullptr || !may_be_skipped(*op)) return {};
  }
  return {static_cast<std::uint32_t>(next), static_cast<std::uint32_t>(taken)};
}

/// Whether both sides of the branch in `lane` are in the batch, which has `count` lanes, or as much of them as it has
/// room for: the next lane is on a side of it.
template <class Memory>
ARMILLION_INLINE bool goes_both_ways(const Lanes<Memory>& lanes, std::uint32_t lane, std::uint32_t count) {
  return lane + 1 < count && lanes.ops[lane + 1].guard_distance() == 1;
}

/// Whether the program executes the lane: it is on no side of a branch, or on the one that the branch, which has
/// executed, goes to.
template <class Memory>
ARMILLION_INLINE bool is_on_path(const Lanes<Memory>& lanes, std::uint32_t lane) {
  const BatchOp& op = lanes.ops[lane];
  if (op.guard == 0) return true;
  const std::uint32_t branch = lane - op.guard_distance();
  const bool is_taken = lanes.next_pc[branch] != lanes.pc[branch] + 4;
  return is_taken == ((op.guard & BatchOp::IS_TAKEN_SIDE) != 0);
}

/// Where execution goes on behind the first `done` lanes. Lane 0 is on the path always.
template <class Memory>
ARMILLION_INLINE std::uint64_t next_pc_behind(const Lanes<Memory>& lanes, std::uint32_t done) {
  std::uint32_t last = done - 1;
  while (!is_on_path(lanes, last)) --last;
  return lanes.next_pc[last];
}

/// Of a lane that has executed: selects what it has written where the program executes it, and what was there before
/// where not.
template <class Memory>
ARMILLION_INLINE void select_side(Lanes<Memory>& lanes, std::uint32_t lane) {
  if (is_on_path(lanes, lane)) return;
  const BatchOp& op = lanes.ops[lane];
  for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
    if ((op.writes & op.reads & place_bit(place)) == 0) continue;
    lanes.values[value_of(lane, place)] = value_of_operand(lanes, lanes.operands[lane * REGISTER_PLACES + place]);
  }
  if ((op.writes & place_bit(FLAGS_PLACE)) != 0) lanes.flags[lane + 1] = lanes.flags[lanes.flags_source[lane]];
}

}  // namespace armillion::engine::tensor
