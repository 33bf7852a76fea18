#pragma once

#include <cstdint>

#include "engine/gpu/cold_handlers.hpp"
#include "engine/gpu/lane.hpp"

// Where a lane's operations come from: the image's, decoded once for all lanes, or, where a lane may have changed the
// code, its own memory, word by word.
namespace armillion::engine::gpu {

/// Defined beside `cold_handler`: decodes a word on the device, with the tables of the image.
MicroOp decode_word(const ARMILLION_GLOBAL Image& image, std::uint32_t word);

ARMILLION_INLINE const ARMILLION_GLOBAL CodeRegion* find_code_region(const ARMILLION_GLOBAL Image& image,
                                                                     std::uint64_t pc) {
  const auto* code = target::global<const CodeRegion>(image.code_regions);
  std::uint32_t low = 0;
  std::uint32_t high = image.code_region_count;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (pc < code[middle].start) {
      high = middle;
    } else if (pc >= code[middle].end) {
      low = middle + 1;
    } else {
      return &code[middle];
    }
  }
  return nullptr;
}

/// Whether a lane of the warp may have changed the code there: a page that may be written holds the image's code until
/// one writes to it. This lane's own stores into the region that it is in lead to `find_code`.
ARMILLION_INLINE bool has_changed(const LaneMemory& memory, const ARMILLION_GLOBAL CodeRegion& code, std::uint64_t pc) {
  if (code.is_writable == 0) return false;
  const ARMILLION_GLOBAL FrameStore& store = memory.launch->store;
  const std::uint32_t slot = find_slot(store, frame_key(memory.warp(), pc / PAGE_BYTES));
  if (slot == NO_SLOT) return false;
  return (target::load_shared_word(&target::global<const std::uint32_t>(store.frames)[slot]) & FRAME_DIRTY) != 0;
}

/// Puts the lane at the operation of its PC. False where PC cannot be executed; the lane's control says why.
ARMILLION_COLD inline bool find_code(Lane* lane) {
  const LaneMemory memory = lane->memory;
  const ARMILLION_GLOBAL Image& image = memory.launch->image;
  const std::uint64_t pc = lane->pc();
  if (pc % 4 == 0 && pc == memory.launch->return_address) {
    memory.control().stop = static_cast<std::uint8_t>(StopReason::RETURNED);
    return false;
  }
  const std::uint32_t mapped = pc % 4 != 0 ? NOT_MAPPED : mapped_for(memory.launch, memory.lane_index(), pc);
  if (mapped == NOT_MAPPED || !allows(static_cast<Permissions>(mapped), Permissions::EXECUTE)) {
    ARMILLION_GLOBAL LaneControl& control = memory.control();
    control.stop = static_cast<std::uint8_t>(StopReason::MEMORY_FAULT);
    control.fault.address = pc;
    control.fault.size = 4;
    control.fault.access = Access::EXECUTE;
    control.fault.kind = pc % 4 != 0            ? FaultKind::ALIGNMENT
                         : mapped == NOT_MAPPED ? FaultKind::UNMAPPED
                                                : FaultKind::PERMISSION;
    return false;
  }
  const ARMILLION_GLOBAL CodeRegion* code = find_code_region(image, pc);
  if (code == nullptr || has_changed(memory, *code, pc)) {
    lane->enter(pc, FETCH_INDEX, FETCH_INDEX, 0);
    return true;
  }
  const auto offset = static_cast<std::uint32_t>((pc - code->start) / 4);
  lane->enter(code->start, code->first_index + offset, code->first_index,
              static_cast<std::uint32_t>((code->end - code->start) / 4));
  return true;
}

ARMILLION_COLD inline bool has_breakpoint(const ARMILLION_GLOBAL Image& image, std::uint64_t pc) {
  const auto* breakpoints = target::global<const std::uint64_t>(image.breakpoints);
  for (std::uint32_t i = 0; i < image.breakpoint_count; ++i) {
    if (breakpoints[i] == pc) return true;
  }
  return false;
}

/// Runs the instruction at the lane's PC as it stands in its own memory.
ARMILLION_COLD inline Next run_fetched(Lane* lane) {
  const LaneMemory memory = lane->memory;
  const std::uint64_t pc = lane->pc();
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  const PageUnit unit = translate(memory, pc, 4, Reach::EXECUTE);
  if (unit == BUSY_UNIT) return Next::AGAIN;
  if (unit == NO_UNIT) return Next::STOP_BEFORE;
  if (control.passes_breakpoint == 0 && has_breakpoint(memory.launch->image, pc)) {
    control.stop = static_cast<std::uint8_t>(StopReason::BREAKPOINT);
    return Next::STOP_BEFORE;
  }
  control.passes_breakpoint = 0;
  const auto word = *target::global<const std::uint32_t>(memory.locate(unit, pc));
  const MicroOp op = decode_word(memory.launch->image, word);
  if (op.handler == isa::UNDEFINED_HANDLER) {
    control.stop = static_cast<std::uint8_t>(StopReason::UNDEFINED_INSTRUCTION);
    return Next::STOP_BEFORE;
  }
  return cold_handler(op.handler)(lane, &op);
}

}  // namespace armillion::engine::gpu
