#pragma once

#include <cstdint>

#include "engine/gpu/lane_code.hpp"
#include "isa/all_operations.hpp"

// The interpreter that every lane runs: one loop, for all devices and dispatch modes.
namespace armillion::engine::gpu {

/// Instructions between two looks at the limit and the clock.
inline constexpr std::uint32_t SLICE_INSTRUCTIONS = 1024;
/// A look at the mailbox crosses the bus to the host, so it is made only this often.
inline constexpr std::uint64_t MAILBOX_NANOSECONDS = 2'000'000;

/// A lane's registers, flags and PC, from where its state is kept.
ARMILLION_INLINE void load_state(Lane& lane) {
  for (std::uint32_t i = 0; i < REGISTER_CELLS; ++i) lane.registers[i * WARP_LANES] = lane.cell(i);
  const std::uint64_t flags = lane.cell(FLAGS_AND_FPCR_CELL);
  lane.flags = static_cast<std::uint32_t>(flags);
  lane.fpcr = static_cast<std::uint32_t>(flags >> 32);
  lane.fpsr = static_cast<std::uint32_t>(lane.cell(FPSR_AND_EXCLUSIVE_SIZE_CELL));
  const std::uint32_t index = lane.memory.control().passes_breakpoint != 0 ? FETCH_INDEX : FIND_INDEX;
  lane.enter(lane.cell(PC_CELL), index, index, 0);
}

/// And back.
ARMILLION_INLINE void store_state(const Lane& lane) {
  for (std::uint32_t i = 0; i < PC_CELL; ++i) lane.cell(i) = lane.registers[i * WARP_LANES];
  lane.cell(PC_CELL) = lane.pc();
  lane.cell(FLAGS_AND_FPCR_CELL) = std::uint64_t{lane.flags} | std::uint64_t{lane.fpcr} << 32;
  // The high half, the exclusive monitor's size, is kept there.
  ARMILLION_GLOBAL std::uint64_t& status = lane.cell(FPSR_AND_EXCLUSIVE_SIZE_CELL);
  status = status >> 32 << 32 | lane.fpsr;
}

/// The 16 bytes of an operation, as two loads at most.
ARMILLION_INLINE MicroOp read_op(std::uint64_t ops, std::uint32_t index) {
  using Halves = std::uint64_t __attribute__((vector_size(16)));
  const Halves halves = target::global<const Halves>(ops)[index];
  MicroOp op;
  __builtin_memcpy(&op, &halves, sizeof op);
  return op;
}

/// Whether the host wants lanes to stop. Tells it how far lane 0 has come.
ARMILLION_COLD inline bool look_at_mailbox(LaneMemory memory, std::uint64_t retired) {
  auto* mailbox = target::global<Mailbox>(memory.launch->mailbox);
  if (memory.lane_index() == 0) {
    *const_cast<volatile ARMILLION_GLOBAL std::uint64_t*>(&mailbox->progress) = retired;
    target::fence_system();
  }
  return target::load_shared_word(&mailbox->cancel) != 0;
}

/// Takes note of what the lane has retired of its slice.
ARMILLION_INLINE void settle_slice(ARMILLION_GLOBAL LaneControl& control, std::uint32_t remaining) {
  const std::uint32_t used = control.slice - remaining;
  control.retired += used;
  control.instructions_left -= used;
  control.slice = 0;
}

/// Grants a lane that has used up its slice the next one; 0 where it has to come back to the host.
ARMILLION_COLD inline std::uint32_t grant_slice(LaneMemory memory) {
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  settle_slice(control, 0);
  if (control.launch_left == 0) return 0;
  const std::uint64_t now = target::nanoseconds();
  if (now >= control.next_look) {
    control.next_look = now + MAILBOX_NANOSECONDS;
    if (look_at_mailbox(memory, control.retired)) return 0;
  }
  control.slice =
      control.launch_left < SLICE_INSTRUCTIONS ? static_cast<std::uint32_t>(control.launch_left) : SLICE_INSTRUCTIONS;
  control.launch_left -= control.slice;
  return control.slice;
}

/// Runs a lane until it stops, has retired what its control allows, or the host calls. Its state and control are
/// stored.
ARMILLION_INLINE void run_lane(Lane& lane) {
  ARMILLION_GLOBAL LaneControl& control = lane.memory.control();
  const std::uint64_t ops = lane.memory.launch->image.ops;
  lane.remaining = 0;

  while (true) {
    if (lane.remaining == 0) [[unlikely]] {
      lane.remaining = grant_slice(lane.memory);
      if (lane.remaining == 0) break;
    }

    const MicroOp op = read_op(ops, lane.index);
    const std::uint32_t which = op.extra;
    Next next;
#include "engine/gpu/lane_dispatch.inc"

// Where the outcome is plain, which it is for most, the handler goes on without asking.
#define ARMILLION_HOT(NAME, VARIANT)                                    \
  hot_##NAME##_##VARIANT : {                                            \
    LaneMachine<Place::LOOP> machine(lane);                             \
    isa::Binding<isa::operations::NAME>::execute<VARIANT>(machine, op); \
    if (machine.next() == Next::SEQUENTIAL) goto sequential;            \
    if (machine.next() == Next::BRANCH_RELATIVE) goto branch_relative;  \
    if (machine.next() == Next::BRANCH) goto branch;                    \
    next = machine.next();                                              \
    goto end_of_instruction;                                            \
  }
#include "engine/gpu/hot_handlers.inc"
#undef ARMILLION_HOT

  cold_case: {
    // Copies, so that the originals need not be in memory.
    Lane copy = lane;
    const MicroOp op_copy = op;
    next = cold_handler(op.handler)(&copy, &op_copy);
    lane = copy;
    goto end_of_instruction;
  }
  find_case: {
    Lane copy = lane;
    const bool found = find_code(&copy);
    lane = copy;
    if (!found) break;
    continue;
  }
  fetch_case: {
    Lane copy = lane;
    next = run_fetched(&copy);
    lane = copy;
    if (next == Next::SEQUENTIAL) next = Next::FIND;
    goto end_of_instruction;
  }
  undefined_case:
    control.stop = static_cast<std::uint8_t>(StopReason::UNDEFINED_INSTRUCTION);
    break;
  breakpoint_case:
    control.stop = static_cast<std::uint8_t>(StopReason::BREAKPOINT);
    break;

  end_of_instruction:
    if (next == Next::SEQUENTIAL) goto sequential;
    if (next == Next::STOP_BEFORE) break;
    if (next == Next::BRANCH_RELATIVE) goto branch_relative;
    if (next == Next::BRANCH) goto branch;
    --lane.remaining;
    if (next == Next::STOP_AT) break;
    lane.move_to(lane.pc() + 4);
    if (next == Next::STOP_AFTER) break;
    continue;

  sequential:
    ++lane.index;
    --lane.remaining;
    continue;

  branch_relative: {
    const std::uint32_t target = lane.index + static_cast<std::uint32_t>(lane.target >> 2);
    --lane.remaining;
    if (target - lane.first_index < lane.index_count) [[likely]] {
      lane.index = target;
    } else {
      lane.move_to(lane.pc() + lane.target);
    }
    continue;
  }

  branch: {
    const std::uint64_t offset = lane.target - lane.code_start;
    --lane.remaining;
    if (offset < std::uint64_t{lane.index_count} * 4 && offset % 4 == 0) [[likely]] {
      lane.index = lane.first_index + static_cast<std::uint32_t>(offset / 4);
    } else {
      lane.move_to(lane.target);
    }
    continue;
  }
  }

  settle_slice(control, lane.remaining);
  if (control.instructions_left == 0 && control.stop == static_cast<std::uint8_t>(StopReason::RUNNING)) {
    control.stop = static_cast<std::uint8_t>(StopReason::INSTRUCTION_LIMIT);
  }
  store_state(lane);
}

}  // namespace armillion::engine::gpu
