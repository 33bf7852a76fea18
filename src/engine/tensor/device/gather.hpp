#pragma once

#include <cstdint>

#include "engine/tensor/branch_sides.hpp"
#include "engine/tensor/device/device_memory.hpp"
#include "engine/tensor/device/shared.hpp"

namespace armillion::engine::tensor {

/// Gathers a batch along the expected path, as `CodeWalk` does, but a stretch of code at a time: all threads look at as
/// many instructions from PC on, and the stretch ends with the first branch, behind which its sides may follow. What is
/// expected of a branch does not change while a batch is gathered, so that the path goes round for ever once it comes
/// to an instruction that it has been at; the rest of the batch is then copied.
class Gather {
 public:
  ARMILLION_INLINE Gather(DeviceRun* run, BatchShared* shared, Team team, DeviceMemory memory)
      : run_(run), shared_(shared), team_(team), memory_(memory) {}

  /// Fills `pc` and `ops` of at most `most` lanes; how many is in `BatchShared::count`.
  ARMILLION_INLINE void gather(std::uint32_t most) {
    if (team_.is_first()) {
      shared_->pc = run_->pc;
      shared_->count = 0;
      shared_->segment_count = 0;
      shared_->is_gathered = 0;
      shared_->stop_reason = DeviceStop::SINGLE;
      shared_->code_start = ~std::uint64_t{0};
      shared_->code_end = 0;
    }
    team_.barrier();
    while (true) {
      if (team_.is_first()) shared_->first_end = most - shared_->count;
      team_.barrier();
      gather_stretch(most);
      team_.barrier();
      if (team_.is_first()) end_stretch(most);
      team_.barrier();
      if (shared_->is_gathered != 0) break;
      find_repetition();
      team_.barrier();
      if (shared_->repeated_lane != NO_LANE) {
        repeat(most);
        break;
      }
    }
    team_.barrier();
  }

  /// Where the branch is expected to go; 0, which is no instruction's successor in a batch, where nothing is.
  ARMILLION_INLINE std::uint64_t expected(std::uint64_t pc, const BatchOp& op) const {
    const std::uint32_t index = prediction_of(pc);
    switch (op.flow) {
      case Flow::NEXT: return pc + 4;
      case Flow::JUMP: return pc + op.delta;
      case Flow::CONDITIONAL: return run_->predictions->directions[index] >= WEAKLY_TAKEN ? pc + op.delta : pc + 4;
      case Flow::INDIRECT:
      case Flow::RETURN: break;
    }
    return run_->predictions->target_pc[index] == pc ? run_->predictions->targets[index] : NOWHERE;
  }

  static constexpr std::uint64_t NOWHERE = ~std::uint64_t{0};
  static constexpr std::uint8_t WEAKLY_TAKEN = 2;
  static constexpr std::uint8_t IN_DOUBT = 4;

 private:
  struct Found {
    const DecodedWord* decoded;
    bool is_executable;
  };

  ARMILLION_INLINE Found find(std::uint64_t pc) const {
    const DeviceRegion* region = memory_.find(pc, 4, DeviceMemory::EXECUTE);
    if (region == nullptr || pc % 4 != 0) return {nullptr, false};
    const std::uint32_t word = *reinterpret_cast<const std::uint32_t*>(region->bytes + (pc - region->start));
    std::uint32_t place = place_of(word, run_->decoded_mask);
    while (run_->decoded[place].is_there != 0) {
      if (run_->decoded[place].word == word) return {&run_->decoded[place], true};
      place = (place + 1) & run_->decoded_mask;
    }
    return {nullptr, true};
  }

  // Lanes from `count` on, through the first branch and up to the first instruction that no batch holds: that one's
  // distance is then in `first_end`.
  ARMILLION_INLINE void gather_stretch(std::uint32_t most) {
    const std::uint32_t count = shared_->count;
    for (std::uint32_t i = team_.index; i < most - count && i <= load_relaxed(&shared_->first_end); i += team_.size) {
      const std::uint64_t pc = shared_->pc + std::uint64_t{i} * 4;
      const Found found = find(pc);
      if (found.decoded == nullptr || !found.decoded->op.is_batchable) {
        lower_to(&shared_->first_end, i);
        break;
      }
      run_->lanes.pc[count + i] = pc;
      run_->lanes.ops[count + i] = found.decoded->op;
      if (found.decoded->op.flow != Flow::NEXT) lower_to(&shared_->first_end, i + 1);
    }
  }

  // By one thread: takes the stretch into the batch, and finds where the path goes on.
  ARMILLION_INLINE void end_stretch(std::uint32_t most) {
    const std::uint32_t length = shared_->first_end;
    const std::uint32_t first = shared_->count;
    shared_->repeated_lane = NO_LANE;
    const std::uint64_t end = shared_->pc + std::uint64_t{length} * 4;
    if (length > 0) {
      run_->segments[shared_->segment_count++] = {shared_->pc, first, length};
      if (shared_->pc < shared_->code_start) shared_->code_start = shared_->pc;
      if (end > shared_->code_end) shared_->code_end = end;
    }
    shared_->count += length;
    const BatchOp* last = length > 0 ? &run_->lanes.ops[first + length - 1] : nullptr;
    shared_->pc = end;
    if (last != nullptr && last->flow != Flow::NEXT) {
      const std::uint64_t branch = shared_->pc - 4;
      if (gather_sides(branch, most)) return;
      shared_->pc = expected(branch, *last);
      if (shared_->pc == NOWHERE || shared_->count == most) shared_->is_gathered = 1;
      return;
    }
    shared_->is_gathered = 1;
    if (shared_->count < most) {
      const Found found = find(shared_->pc);
      if (found.is_executable && found.decoded == nullptr) shared_->stop_reason = DeviceStop::UNKNOWN_WORD;
    }
  }

  // By one thread: takes both sides of the branch at `pc`, which is in the last lane, into the batch, where it is in
  // doubt and they are short.
  ARMILLION_INLINE bool gather_sides(std::uint64_t pc, std::uint32_t most) {
    const std::uint32_t first = shared_->count;
    const BatchOp& branch = run_->lanes.ops[first - 1];
    if (branch.flow != Flow::CONDITIONAL || first == most) return false;
    if (run_->predictions->doubts[prediction_of(pc)] < IN_DOUBT) return false;
    const auto op_at = [&](std::uint64_t address) {
      const Found found = find(address);
      return found.decoded == nullptr ? nullptr : &found.decoded->op;
    };
    const BranchSides sides = find_sides(pc, branch, op_at);
    if (sides.instructions() == 0) return false;
    const std::uint32_t count = sides.instructions() < most - first ? sides.instructions() : most - first;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t address = pc + 4 + std::uint64_t{i} * 4;
      run_->lanes.pc[first + i] = address;
      run_->lanes.ops[first + i] = on_side(*op_at(address), i + 1, i >= sides.next);
    }
    shared_->count += count;
    shared_->pc = pc + 4 + std::uint64_t{count} * 4;
    run_->segments[shared_->segment_count++] = {pc + 4, NO_LANE, count};
    if (shared_->pc > shared_->code_end) shared_->code_end = shared_->pc;
    if (shared_->count == most) shared_->is_gathered = 1;
    return true;
  }

  // Whether the path has been where it goes on.
  ARMILLION_INLINE void find_repetition() {
    const std::uint64_t pc = shared_->pc;
    team_.for_each(shared_->segment_count, [&](std::uint32_t i) {
      const Segment& segment = run_->segments[i];
      const std::uint64_t distance = pc - segment.start;
      if (segment.first == NO_LANE) return;
      if (distance < std::uint64_t{segment.count} * 4 && distance % 4 == 0) {
        lower_to(&shared_->repeated_lane, segment.first + static_cast<std::uint32_t>(distance / 4));
      }
    });
  }

  ARMILLION_INLINE void repeat(std::uint32_t most) {
    const std::uint32_t count = shared_->count;
    const std::uint32_t period = count - shared_->repeated_lane;
    team_.for_each(most - count, [&](std::uint32_t i) {
      const std::uint32_t source = shared_->repeated_lane + i % period;
      run_->lanes.pc[count + i] = run_->lanes.pc[source];
      run_->lanes.ops[count + i] = run_->lanes.ops[source];
    });
    team_.barrier();
    if (team_.is_first()) shared_->count = most;
  }

  DeviceRun* run_;
  BatchShared* shared_;
  Team team_;
  DeviceMemory memory_;
};

}  // namespace armillion::engine::tensor
