#pragma once

#include <cstdint>

#include "isa/operands.hpp"

// An instruction as the tensor engine sees it: which places of its own it reads and writes, so that a batch of them can
// be renamed. All of it is a pure function of the instruction's word, and made from the row and its semantic function.
namespace armillion::engine::tensor {

/// An instruction's register operands have places 0 to 3, in the order of a micro-operation's registers; the flags
/// have place 4, memory 5.
inline constexpr unsigned REGISTER_PLACES = 4;
inline constexpr unsigned FLAGS_PLACE = 4;
inline constexpr unsigned MEMORY_PLACE = 5;
/// The place of X30 where an instruction writes it without naming it (BL, BLR); such have at most one register operand.
inline constexpr unsigned LINK_PLACE = 3;
inline constexpr isa::Slot LINK_SLOT = 30;

/// Those of `isa::Slot`.
inline constexpr unsigned SLOT_COUNT = isa::SINK_SLOT + 1;

constexpr std::uint8_t place_bit(unsigned place) { return static_cast<std::uint8_t>(1u << place); }

/// Where execution goes after an instruction.
enum class Flow : std::uint8_t {
  NEXT,
  /// B and BL: always to PC + offset.
  JUMP,
  /// To PC + offset, or on.
  CONDITIONAL,
  /// BR and BLR: to an address that a register holds.
  INDIRECT,
  /// RET.
  RETURN,
};

struct BatchOp {
  /// Operands that are not registers; see `isa::MicroOp`.
  std::uint64_t immediate = 0;
  /// What the sum below adds; the distance in bytes of a direct branch.
  std::uint64_t delta = 0;
  /// Number of the kernel that executes it; see `kernels.hpp`.
  std::uint16_t kernel = 0;
  isa::Slot slots[REGISTER_PLACES] = {};
  /// Places, as bits.
  std::uint8_t reads = 0;
  std::uint8_t writes = 0;
  Flow flow = Flow::NEXT;
  /// Whether a batch may hold it. All others are executed singly.
  bool is_batchable = false;
  bool is_call = false;
  /// Where it writes `sum_place` as the register at `sum_source` (or zero, where that is NO_PLACE) plus `delta`,
  /// whatever else it does. NO_PLACE for all others.
  std::uint8_t sum_place = NO_PLACE;
  std::uint8_t sum_source = NO_PLACE;
  /// Whether that sum has 32 bits.
  bool is_word_sum = false;
  /// On a side of a branch of which both sides are in the batch: how many lanes before this one the branch is, and
  /// whether this is the side that it branches to. 0 for all others.
  std::uint8_t guard = 0;

  static constexpr std::uint8_t NO_PLACE = 0xff;
  static constexpr std::uint8_t IS_TAKEN_SIDE = 0x80;

  constexpr std::uint32_t guard_distance() const { return guard & ~std::uint32_t{IS_TAKEN_SIDE}; }

  constexpr bool is_load() const { return (reads & place_bit(MEMORY_PLACE)) != 0; }
  constexpr bool is_store() const { return (writes & place_bit(MEMORY_PLACE)) != 0; }
};

static_assert(sizeof(BatchOp) == 32);

}  // namespace armillion::engine::tensor
