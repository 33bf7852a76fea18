#pragma once

#include <cstdint>

#include "engine/gpu/lane_code.hpp"
#include "isa/all_operations.hpp"

// The interpreter that every lane runs: one loop, for all devices and dispatch modes.
namespace armillion::engine::gpu {

/// Instructions between two looks at the limit and the clock.
inline constexpr std::uint32_t SLICE_INSTRUCTIONS = 1024;
/// How often a lane executes an instruction again in one slice before it leaves the launch. Where the lanes of a warp
/// meet after each instruction, it is never in the way of more than all others.
inline constexpr std::uint32_t MOST_WAITS = 1 << 14;
/// How often a lane looks at the mailbox, for all: a look crosses the bus to the host,
/// which the looks of all lanes would fill.
inline constexpr std::uint64_t LOOK_NANOSECONDS = 1'000'000;

/// A lane's registers, flags and PC, from where its state is kept.
ARMILLION_INLINE void load_state(Lane& lane) {
  for (std::uint32_t i = 0; i < REGISTER_CELLS; ++i) lane.registers[i * WARP_LANES] = lane.cell(i);
  const std::uint64_t flags = lane.cell(FLAGS_AND_FPCR_CELL);
  lane.flags = static_cast<std::uint32_t>(flags);
  lane.fpcr = static_cast<std::uint32_t>(flags >> 32);
  lane.fpsr = static_cast<std::uint32_t>(lane.cell(FPSR_AND_EXCLUSIVE_SIZE_CELL));
  // What cannot be fetched is found out on the ordinary way.
  const std::uint64_t pc = lane.cell(PC_CELL);
  const bool fetches =
      lane.memory.control().passes_breakpoint != 0 && pc % 4 == 0 && pc != lane.memory.launch->return_address;
  const std::uint32_t index = fetches ? FETCH_INDEX : FIND_INDEX;
  lane.enter(pc, index, index, 0);
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

/// The 16 bytes of an operation, in one load.
struct PackedOp {
  std::uint64_t low;
  std::uint64_t high;
};

ARMILLION_INLINE PackedOp read_op(std::uint64_t ops, std::uint32_t index) {
  using Halves = std::uint64_t __attribute__((vector_size(16)));
  const Halves halves = target::global<const Halves>(ops)[index];
  return {halves[0], halves[1]};
}

ARMILLION_INLINE MicroOp unpack(PackedOp packed) {
  MicroOp op;
  __builtin_memcpy(&op, &packed, sizeof op);
  return op;
}

/// The same operation, to be executed by another case of the loop.
ARMILLION_INLINE PackedOp with_case(PackedOp packed, std::uint16_t which) {
  static_assert(offsetof(MicroOp, extra) == 6);
  return {(packed.low & 0xffff'ffff'ffffull) | std::uint64_t{make_extra(which)} << 48, packed.high};
}

/// Whether an instruction may branch by an offset.
template <class... P>
consteval bool has_branch_offset(isa::ParameterList<P...>) {
  return ((std::is_same_v<P, isa::BranchOffset<26>> || std::is_same_v<P, isa::BranchOffset<19>> ||
           std::is_same_v<P, isa::BranchOffset<14>>) ||
          ...);
}

/// Whether the host wants lanes to stop. Where a look at the mailbox is due, this lane has it for all of them, unless
/// another one was quicker.
ARMILLION_INLINE bool is_cancelled(const LaneMemory& memory) {
  auto* launch = const_cast<ARMILLION_GLOBAL Launch*>(memory.launch);
  const std::uint64_t due = target::load_shared_word(&launch->next_look);
  const std::uint64_t now = target::nanoseconds();
  if (now >= due && target::compare_exchange(&launch->next_look, due, now + LOOK_NANOSECONDS)) {
    if (due == 0) target::store_shared_word(&launch->first_look, now);
    auto* mailbox = target::global<Mailbox>(launch->mailbox);
    target::store_shared_word(&mailbox->stopped_lanes, target::load_shared_word(&launch->stopped_lanes));
    if (target::load_shared_word(&mailbox->cancel) != 0) target::store_shared_word(&launch->is_cancelled, 1u);
  }
  return target::load_shared_word(&launch->is_cancelled) != 0;
}

/// Takes note of what the lane has retired of its slice.
ARMILLION_INLINE void settle_slice(ARMILLION_GLOBAL LaneControl& control, std::uint32_t remaining) {
  const std::uint32_t used = control.slice - remaining;
  control.retired += used;
  control.instructions_left -= used;
  control.run_left -= used;
  control.slice = 0;
}

/// Before an instruction is executed again, since other lanes of the warp were in this one's way. Nothing promises that
/// they go on while this one asks, so that it asks so often and then leaves the launch: false.
ARMILLION_COLD inline bool may_ask_again(LaneMemory memory) { return ++memory.control().waits < MOST_WAITS; }

/// Grants a lane that has used up its slice the next one; 0 where it has to come back to the host, and runs no more.
ARMILLION_COLD inline std::uint32_t grant_slice(LaneMemory memory) {
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  settle_slice(control, 0);
  if (control.launch_left != 0 && memory.lane_index() == 0) {
    target::store_shared_word(&target::global<Mailbox>(memory.launch->mailbox)->progress, control.retired);
  }
  if (control.launch_left == 0 || is_cancelled(memory)) {
    target::fetch_and(&memory.shared->running, ~(1u << memory.lane));
    return 0;
  }
  control.slice =
      control.launch_left < SLICE_INSTRUCTIONS ? static_cast<std::uint32_t>(control.launch_left) : SLICE_INSTRUCTIONS;
  control.launch_left -= control.slice;
  control.waits = 0;
  return control.slice;
}

/// Ends a lane's slice, of which `remaining` instructions are left, and its part in the launch.
ARMILLION_COLD inline void end_slice(LaneMemory memory, std::uint32_t remaining) {
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  settle_slice(control, remaining);
  control.launch_left = 0;
}

/// Runs a lane until it stops, has retired what its control allows, or the host calls. Its state and control are
/// stored.
///
/// The loop has one exit and decides nothing between two instructions: where a slice is used up, the case that grants
/// the next one takes the place of the instruction's, and a lane that stops leaves the loop there too. Atomic
/// operations are left to functions: with one in the loop, ptxas yields in each round and has lanes meet twice.
ARMILLION_INLINE void run_lane(Lane& lane) {
  const std::uint64_t ops = lane.memory.launch->image.ops;
  lane.remaining = 0;
  PackedOp current = read_op(ops, lane.index);

  while (true) {
    target::keep_whole(current.low);
    target::keep_whole(current.high);
    const MicroOp op = unpack(current);
    const std::uint32_t which = lane.remaining == 0 ? SLICE_CASE : case_of(op.extra);
    // The operation that is likely next is on its way while this one is executed. What calls functions does not keep
    // it: it would have to wait for it, and put it aside.
    const std::int32_t distance = distance_to_next(op.extra);
    const PackedOp following = read_op(ops, lane.index + static_cast<std::uint32_t>(distance));
    // Of a branch by an offset: how many operations on it goes. No target is kept from one instruction to the next.
    std::int32_t step;
    lane.target = 0;
    Next next;
#include "engine/gpu/lane_dispatch.inc"

// Where the outcome is plain, which it is for most, the handler goes on without asking.
#define ARMILLION_HOT(NAME, VARIANT)                                                                    \
  hot_##NAME##_##VARIANT : {                                                                            \
    using Binding = isa::Binding<isa::operations::NAME>;                                                \
    LaneMachine<Place::LOOP> machine(lane);                                                             \
    Binding::execute<VARIANT>(machine, op);                                                             \
    if constexpr (has_branch_offset(Binding::Parameters{})) {                                           \
      step = machine.next() == Next::BRANCH_RELATIVE ? static_cast<std::int32_t>(lane.target) >> 2 : 1; \
      if (machine.next() == Next::SEQUENTIAL || machine.next() == Next::BRANCH_RELATIVE) {              \
        if (step == distance) goto as_expected;                                                         \
        goto branch_relative;                                                                           \
      }                                                                                                 \
    }                                                                                                   \
    if (machine.next() == Next::SEQUENTIAL) goto as_expected;                                           \
    if (machine.next() == Next::COLD) goto as_cold_case;                                                \
    if (machine.next() == Next::SEQUENTIAL_ANEW) goto sequential_anew;                                  \
    if (machine.next() == Next::BRANCH) goto branch;                                                    \
    next = machine.next();                                                                              \
    goto end_of_instruction;                                                                            \
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
    if (!found) goto stop;
    goto moved;
  }
  fetch_case: {
    Lane copy = lane;
    next = run_fetched(&copy);
    lane = copy;
    if (next == Next::SEQUENTIAL || next == Next::SEQUENTIAL_ANEW) next = Next::FIND;
    goto end_of_instruction;
  }
  undefined_case:
    lane.memory.control().stop = static_cast<std::uint8_t>(StopReason::UNDEFINED_INSTRUCTION);
    goto stop;
  breakpoint_case:
    lane.memory.control().stop = static_cast<std::uint8_t>(StopReason::BREAKPOINT);
    goto stop;
  slice_case:
    lane.remaining = grant_slice(lane.memory);
    if (lane.remaining == 0) break;
    continue;

  end_of_instruction:
    if (next == Next::SEQUENTIAL || next == Next::SEQUENTIAL_ANEW) goto sequential_anew;
    if (next == Next::STOP_BEFORE) goto stop;
    if (next == Next::AGAIN) goto again;
    if (next == Next::BRANCH_RELATIVE) {
      step = static_cast<std::int32_t>(lane.target) >> 2;
      goto branch_relative;
    }
    if (next == Next::BRANCH) goto branch;
    --lane.remaining;
    if (next == Next::STOP_AT) goto stop;
    lane.move_to(lane.pc() + 4);
    if (next == Next::STOP_AFTER) goto stop;
    goto moved;

  again:
    if (may_ask_again(lane.memory)) goto moved;
  stop:
    end_slice(lane.memory, lane.remaining);
    lane.remaining = 0;
    continue;

  leave_region:
    lane.move_to(lane.pc() + static_cast<std::uint64_t>(std::int64_t{step} * 4));
    goto moved;

  as_cold_case:
    current = with_case(current, COLD_CASE);
    continue;

  branch: {
    const std::uint64_t offset = lane.target - lane.code_start;
    --lane.remaining;
    if (offset < std::uint64_t{lane.index_count} * 4 && offset % 4 == 0) [[likely]] {
      lane.index = lane.first_index + static_cast<std::uint32_t>(offset / 4);
    } else {
      lane.move_to(lane.target);
    }
    goto moved;
  }

  sequential_anew:
    ++lane.index;
    --lane.remaining;
    goto moved;

  branch_relative: {
    const std::uint32_t target = lane.index + static_cast<std::uint32_t>(step);
    --lane.remaining;
    if (target - lane.first_index >= lane.index_count) [[unlikely]]
      goto leave_region;
    lane.index = target;
  }
  moved:
    current = read_op(ops, lane.index);
    continue;

  as_expected:
    lane.index += static_cast<std::uint32_t>(distance);
    --lane.remaining;
    current = following;
  }

  ARMILLION_GLOBAL LaneControl& control = lane.memory.control();
  if ((control.instructions_left == 0 || control.run_left == 0) &&
      control.stop == static_cast<std::uint8_t>(StopReason::RUNNING)) {
    control.stop = static_cast<std::uint8_t>(StopReason::INSTRUCTION_LIMIT);
  }
  if (control.stop != static_cast<std::uint8_t>(StopReason::RUNNING)) {
    target::fetch_add(&const_cast<ARMILLION_GLOBAL Launch*>(lane.memory.launch)->stopped_lanes, std::uint64_t{1});
  }
  store_state(lane);
}

}  // namespace armillion::engine::gpu
