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
  shared->running = 0;
  shared->warp = warp;
  shared->region_list = NOT_COMPARED;
}

/// All lanes of the warp come here together and tell whether they run.
ARMILLION_INLINE void set_running(const LaneMemory& memory, bool runs) {
  const std::uint32_t mask = target::whole_warp(memory.lane, 1u << memory.cell_shift);
  const std::uint32_t running = target::ballot(mask, runs);
  if (memory.lane == 0) memory.shared->running = running;
  target::fence_warp();
  target::synchronize(mask);
}

ARMILLION_INLINE void run_kernel(const ARMILLION_GLOBAL Launch* launch, ARMILLION_SHARED WarpShared* shared,
                                 Thread thread) {
  const LaneMemory memory = lane_memory(launch, shared, thread.lane);
  const std::uint32_t warp_lanes = 1u << memory.cell_shift;
  if (thread.lane >= warp_lanes) return;
  const bool runs = memory.lane_index() < launch->lane_count &&
                    memory.control().stop == static_cast<std::uint8_t>(StopReason::RUNNING);
  set_running(memory, runs);
  if (!runs) return;
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  Lane lane{};
  lane.memory = memory;
  lane.registers = &shared->registers[0][thread.lane];
  lane.state = target::global<std::uint64_t>(launch->states) +
               (std::uint64_t{thread.warp} * STATE_CELLS << memory.cell_shift) + thread.lane;
  load_state(lane);
  std::uint64_t left = launch->launch_instructions;
  if (control.instructions_left < left) left = control.instructions_left;
  if (control.run_left < left) left = control.run_left;
  control.launch_left = left;
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

/// The first cell of lane `i`'s state; the others follow at a distance of `1 << cell_shift`.
ARMILLION_INLINE ARMILLION_GLOBAL std::uint64_t* state_cells(const ARMILLION_GLOBAL Launch* launch, std::uint64_t i) {
  const std::uint32_t shift = launch->store.cell_shift;
  const std::uint64_t lane = i & ((1u << shift) - 1);
  return target::global<std::uint64_t>(launch->states) + ((i >> shift) * STATE_CELLS << shift) + lane;
}

ARMILLION_INLINE void reset_lane_state(const ARMILLION_GLOBAL Launch* launch, std::uint64_t i) {
  const auto* initial = target::global<const std::uint64_t>(launch->image.state);
  auto* cells = state_cells(launch, i);
  const std::uint32_t shift = launch->store.cell_shift;
  // Several at once: a load could otherwise not pass the store before it.
  constexpr std::uint32_t AT_ONCE = 6;
  static_assert(STATE_CELLS % AT_ONCE == 0);
  for (std::uint32_t first = 0; first < STATE_CELLS; first += AT_ONCE) {
    std::uint64_t some[AT_ONCE];
#pragma clang loop unroll(full)
    for (std::uint32_t k = 0; k < AT_ONCE; ++k) some[k] = initial[first + k];
#pragma clang loop unroll(full)
    for (std::uint32_t k = 0; k < AT_ONCE; ++k) cells[std::uint64_t{first + k} << shift] = some[k];
  }
  ARMILLION_GLOBAL LaneControl& control = target::global<LaneControl>(launch->controls)[i];
  control.instructions_left = launch->initial_limit;
  control.run_left = NO_LIMIT;
  control.retired = launch->initial_retired;
  control.stop =
      static_cast<std::uint8_t>(launch->initial_limit == 0 ? StopReason::INSTRUCTION_LIMIT : StopReason::RUNNING);
  control.passes_breakpoint = 0;
  control.finality = NOT_FINAL;
  if (launch->processes == 0) return;
  const auto* initial_words = reinterpret_cast<const ARMILLION_GLOBAL std::uint64_t*>(&launch->initial_process);
  auto* words = target::global<std::uint64_t>(launch->processes + i * sizeof(LaneProcess));
  for (std::uint32_t word = 0; word < sizeof(LaneProcess) / sizeof(std::uint64_t); ++word) {
    words[word] = initial_words[word];
  }
}

ARMILLION_INLINE void reset_state_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  for (std::uint64_t i = thread.index; i < launch->lane_count; i += thread.count) reset_lane_state(launch, i);
}

/// Frames stay with their warps: a lane that is reset gets the image's bytes into its part of them.
ARMILLION_INLINE void reset_lanes_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  const ARMILLION_GLOBAL FrameStore& store = launch->store;
  const std::uint32_t shift = store.cell_shift;
  const auto* masks = target::global<const std::uint32_t>(launch->lane_masks);
  const std::uint32_t used = *target::global<const std::uint32_t>(launch->frames_used);
  const std::uint64_t frames = used < store.capacity ? used : store.capacity;
  for (std::uint64_t i = thread.index; i < frames << shift; i += thread.count) {
    const std::uint64_t frame = i >> shift;
    const std::uint64_t lane = i & ((1u << shift) - 1);
    const std::uint32_t slot = target::global<const std::uint32_t>(store.slots)[frame];
    const std::uint64_t key = target::global<const std::uint64_t>(store.keys)[slot];
    if ((masks[key >> 36] >> lane & 1) == 0) continue;
    const std::uint32_t unit = image_unit(launch->image, key & FRAME_KEY_PAGE);
    const auto* source = target::global<const std::uint64_t>(launch->frame_memory + std::uint64_t{unit} * PAGE_BYTES);
    const std::uint32_t own = frame_unit(store, static_cast<std::uint32_t>(frame));
    auto* cells = target::global<std::uint64_t>(launch->frame_memory + std::uint64_t{own} * PAGE_BYTES) + lane;
    for (std::uint64_t cell = 0; cell < PAGE_CELLS; ++cell) cells[cell << shift] = source[cell];
  }
  for (std::uint64_t i = thread.index; i < launch->lane_count; i += thread.count) {
    if ((masks[i >> shift] >> (i & ((1u << shift) - 1)) & 1) != 0) reset_lane_state(launch, i);
  }
}

/// Finds a page for the host. All lanes of the warp come here together, those that want none too. Lanes that were in
/// each other's way come one after the other.
ARMILLION_INLINE PageUnit translate_for_host(const LaneMemory& memory, bool wants, std::uint64_t address, Reach reach) {
  const std::uint32_t lanes = 1u << memory.cell_shift;
  const std::uint32_t mask = target::whole_warp(memory.lane, lanes);
  set_running(memory, wants);
  PageUnit unit = wants ? translate(memory, address, 1, reach) : NO_UNIT;
  target::synchronize(mask);
  while (target::ballot(mask, unit == BUSY_UNIT) != 0) {
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      if (lane == memory.lane && unit == BUSY_UNIT) unit = translate(memory, address, 1, reach);
      target::synchronize(mask);
    }
  }
  return unit;
}

ARMILLION_INLINE void write_pages_kernel(const ARMILLION_GLOBAL Launch* launch, ARMILLION_SHARED WarpShared* shared,
                                         Thread thread) {
  const LaneMemory memory = lane_memory(launch, shared, thread.lane);
  if (thread.lane >= 1u << memory.cell_shift) return;
  const std::uint32_t mask = target::whole_warp(memory.lane, 1u << memory.cell_shift);
  const auto* starts = target::global<const std::uint32_t>(launch->page_starts) + memory.lane_index();
  const bool exists = memory.lane_index() < launch->lane_count;
  std::uint32_t page = exists ? starts[0] : 0;
  const std::uint32_t end = exists ? starts[1] : 0;
  while (target::ballot(mask, page < end) != 0) {
    const bool writes = page < end;
    const std::uint64_t address = writes ? target::global<const std::uint64_t>(launch->page_addresses)[page] : 0;
    const PageUnit unit = translate_for_host(memory, writes, address, Reach::HOST_WRITE);
    if (!writes) continue;
    target::global<std::uint8_t>(launch->pages_written)[page] = unit != NO_UNIT ? 1 : 0;
    const auto* source = target::global<const std::uint64_t>(launch->page_bytes) + std::uint64_t{page} * PAGE_CELLS;
    for (std::uint32_t cell = 0; cell < PAGE_CELLS && unit != NO_UNIT; ++cell) {
      *target::global<std::uint64_t>(memory.locate(unit, address + std::uint64_t{cell} * CELL_BYTES)) = source[cell];
    }
    ++page;
  }
}

ARMILLION_INLINE void compare_cell(const ARMILLION_GLOBAL Launch* launch, std::uint64_t lane, std::uint64_t buffered,
                                   std::uint64_t now) {
  if (((buffered ^ now) & launch->cell_mask) == 0) return;
  auto* differences = target::global<CellDifferences>(launch->cell_differences);
  const std::uint64_t place = target::fetch_add(&differences->count, std::uint64_t{1});
  if (place >= MOST_CELL_DIFFERENCES) return;
  ARMILLION_GLOBAL CellDifference& difference = differences->list[place];
  difference.lane = lane;
  difference.buffered = buffered;
  difference.now = now;
}

ARMILLION_INLINE void copy_cells_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  auto* buffer = target::global<std::uint64_t>(launch->copy_buffer);
  for (std::uint64_t i = thread.index; i < launch->copy_lanes; i += thread.count) {
    ARMILLION_GLOBAL std::uint64_t& cell =
        state_cells(launch, launch->copy_first_lane + i)[std::uint64_t{launch->cell} << launch->store.cell_shift];
    switch (launch->cell_copy) {
      case CellCopy::SET: cell = buffer[i]; break;
      case CellCopy::GET: buffer[i] = cell; break;
      case CellCopy::COUNT: cell = launch->cell_first + i * launch->cell_step; break;
      case CellCopy::COMPARE: compare_cell(launch, launch->copy_first_lane + i, buffer[i], cell); break;
    }
  }
}

ARMILLION_INLINE void resume_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  for (std::uint64_t i = thread.index; i < launch->lane_count; i += thread.count) {
    ARMILLION_GLOBAL LaneControl& control = target::global<LaneControl>(launch->controls)[i];
    if ((launch->resumable >> control.stop & 1) == 0) continue;
    control.run_left = launch->run_limit;
    control.finality = NOT_FINAL;
    control.passes_breakpoint = launch->image.breakpoint_count != 0 ? 1 : 0;
    const bool may_run = control.instructions_left != 0 && launch->run_limit != 0;
    control.stop = static_cast<std::uint8_t>(may_run ? StopReason::RUNNING : StopReason::INSTRUCTION_LIMIT);
  }
}

ARMILLION_INLINE void stop_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  for (std::uint64_t i = thread.index; i < launch->lane_count; i += thread.count) {
    ARMILLION_GLOBAL LaneControl& control = target::global<LaneControl>(launch->controls)[i];
    if (control.stop == static_cast<std::uint8_t>(StopReason::RUNNING)) {
      control.stop = static_cast<std::uint8_t>(launch->stop);
    }
  }
}

ARMILLION_INLINE void summarize_kernel(const ARMILLION_GLOBAL Launch* launch, Thread thread) {
  auto* summary = target::global<Summary>(launch->summary);
  std::uint64_t retired = 0;
  // Most lanes stop for the same reason: those that follow one another are counted before they are added.
  std::uint32_t reason = 0;
  std::uint64_t count = 0;
  for (std::uint64_t i = thread.index; i < launch->lane_count; i += thread.count) {
    const ARMILLION_GLOBAL LaneControl& control = target::global<const LaneControl>(launch->controls)[i];
    if (control.stop != reason) {
      if (count != 0) target::fetch_add(&summary->stops[reason], count);
      reason = control.stop;
      count = 0;
    }
    ++count;
    retired += control.retired;
  }
  if (count != 0) target::fetch_add(&summary->stops[reason], count);
  if (retired != 0) target::fetch_add(&summary->retired, retired);
}

ARMILLION_INLINE void copy_guest_memory_kernel(const ARMILLION_GLOBAL Launch* launch,
                                               ARMILLION_SHARED WarpShared* shared, Thread thread) {
  const LaneMemory memory = lane_memory(launch, shared, thread.lane);
  if (thread.lane >= 1u << memory.cell_shift) return;
  const std::uint64_t number = memory.lane_index() - launch->copy_first_lane;
  const bool copies = memory.lane_index() >= launch->copy_first_lane && number < launch->copy_lanes;
  auto* buffer = target::global<unsigned char>(launch->copy_buffer + number * launch->copy_bytes);
  const Reach reach = launch->copy_to_guest != 0 ? Reach::HOST_WRITE : Reach::HOST_READ;
  bool is_done = copies;
  for (std::uint64_t i = 0; i < launch->copy_bytes;) {
    const std::uint64_t address = launch->copy_address + i;
    const PageUnit unit = translate_for_host(memory, is_done, address, reach);
    is_done &= unit != NO_UNIT;
    const std::uint64_t left_in_page = PAGE_BYTES - address % PAGE_BYTES;
    const std::uint64_t left = launch->copy_bytes - i;
    const std::uint64_t end = i + (left < left_in_page ? left : left_in_page);
    for (; i < end; ++i) {
      if (!is_done) continue;
      auto* place = target::global<unsigned char>(memory.locate(unit, launch->copy_address + i));
      if (launch->copy_to_guest != 0) {
        *place = buffer[i];
      } else {
        buffer[i] = *place;
      }
    }
  }
  if (copies) target::global<std::uint8_t>(launch->copy_done)[number] = is_done ? 1 : 0;
}

}  // namespace armillion::engine::gpu
