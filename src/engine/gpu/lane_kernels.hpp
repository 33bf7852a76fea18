#pragma once

#include <cstdint>

#include "engine/gpu/lane_loop.hpp"

// What each kernel does for one lane.
namespace armillion::engine::gpu {

/// Which lane a thread is, among those that were launched.
struct Thread {
  std::uint32_t warp;
  std::uint32_t lane;
  std::uint64_t index;
  std::uint64_t count;
};

ARMILLION_INLINE LaneMemory lane_memory(const ARMILLION_GLOBAL Launch* launch, ARMILLION_SHARED WarpShared* shared,
                                        std::uint32_t lane) {
  return {launch, shared, launch->frame_memory, launch->store.cell_shift, lane};
}

/// The warp's part comes first, by all of its threads: they share the work.
ARMILLION_INLINE void prepare_warp(ARMILLION_SHARED WarpShared* shared, std::uint32_t warp, std::uint32_t lane,
                                   std::uint32_t lanes) {
  for (std::uint32_t i = lane; i < TLB_ENTRIES; i += lanes) {
    shared->tlb[i].read_tag = NO_TAG;
    shared->tlb[i].write_tag = NO_TAG;
  }
  if (lane != 0) return;
  shared->lock = 0;
  shared->warp = warp;
}

ARMILLION_INLINE void run_kernel(const ARMILLION_GLOBAL Launch* launch, ARMILLION_SHARED WarpShared* shared,
                                 Thread thread) {
  const LaneMemory memory = lane_memory(launch, shared, thread.lane);
  const std::uint32_t warp_lanes = 1u << memory.cell_shift;
  if (thread.lane >= warp_lanes || memory.lane_index() >= launch->lane_count) return;
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  if (control.stop != static_cast<std::uint8_t>(StopReason::RUNNING)) return;
  Lane lane{};
  lane.memory = memory;
  lane.registers = &shared->registers[0][thread.lane];
  lane.state = target::global<std::uint64_t>(launch->states) +
               (std::uint64_t{thread.warp} * STATE_CELLS << memory.cell_shift) + thread.lane;
  load_state(lane);
  const std::uint64_t left = control.instructions_left;
  control.launch_left = left < launch->launch_instructions ? left : launch->launch_instructions;
  control.slice = 0;
  run_lane(lane);
}

ARMILLION_INLINE void reset_memory_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  const ARMILLION_GLOBAL FrameStore& store = launch->store;
  const std::uint32_t used = *target::global<const std::uint32_t>(launch->frames_used);
  const std::uint64_t count = used < store.capacity ? used : store.capacity;
  for (std::uint64_t i = thread.index; i < count; i += thread.count) {
    target::global<std::uint64_t>(store.keys)[target::global<const std::uint32_t>(store.slots)[i]] = EMPTY_KEY;
  }
}

ARMILLION_INLINE void clean_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  const ARMILLION_GLOBAL FrameStore& store = launch->store;
  const std::uint64_t count = *target::global<const std::uint32_t>(store.dirty_count);
  for (std::uint64_t i = thread.index; i < count; i += thread.count) {
    const std::uint32_t frame = target::global<const std::uint32_t>(store.dirty_frames)[i];
    target::global<std::uint32_t>(store.frames)[target::global<const std::uint32_t>(store.slots)[frame]] = frame;
  }
}

ARMILLION_INLINE void reset_state_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  const std::uint32_t shift = launch->store.cell_shift;
  const auto* initial = target::global<const std::uint64_t>(launch->image.state);
  for (std::uint64_t i = thread.index; i < launch->lane_count; i += thread.count) {
    const std::uint64_t warp = i >> shift;
    const std::uint64_t lane = i & ((1u << shift) - 1);
    auto* cells = target::global<std::uint64_t>(launch->states) + (warp * STATE_CELLS << shift) + lane;
    for (std::uint64_t cell = 0; cell < STATE_CELLS; ++cell) cells[cell << shift] = initial[cell];
    ARMILLION_GLOBAL LaneControl& control = target::global<LaneControl>(launch->controls)[i];
    control.instructions_left = launch->initial_limit;
    control.retired = launch->initial_retired;
    control.stop =
        static_cast<std::uint8_t>(launch->initial_limit == 0 ? StopReason::INSTRUCTION_LIMIT : StopReason::RUNNING);
    control.passes_breakpoint = 0;
  }
}

ARMILLION_INLINE void copy_guest_memory_kernel(const ARMILLION_GLOBAL Launch* launch,
                                               ARMILLION_SHARED WarpShared* shared, Thread thread) {
  const LaneMemory memory = lane_memory(launch, shared, thread.lane);
  if (thread.lane >= 1u << memory.cell_shift) return;
  const std::uint64_t number = memory.lane_index() - launch->copy_first_lane;
  if (memory.lane_index() < launch->copy_first_lane || number >= launch->copy_lanes) return;
  auto* buffer = target::global<unsigned char>(launch->copy_buffer) + number * launch->copy_bytes;
  const Reach reach = launch->copy_to_guest != 0 ? Reach::HOST_WRITE : Reach::HOST_READ;
  bool is_done = true;
  PageUnit unit = NO_UNIT;
  for (std::uint64_t i = 0; i < launch->copy_bytes && is_done; ++i) {
    const std::uint64_t address = launch->copy_address + i;
    if (i == 0 || address % PAGE_BYTES == 0) unit = translate(memory, address, 1, reach);
    if (unit == NO_UNIT) {
      is_done = false;
      break;
    }
    auto* place = target::global<unsigned char>(memory.locate(unit, address));
    if (launch->copy_to_guest != 0) {
      *place = buffer[i];
    } else {
      buffer[i] = *place;
    }
  }
  target::global<std::uint8_t>(launch->copy_done)[number] = is_done ? 1 : 0;
}

}  // namespace armillion::engine::gpu
