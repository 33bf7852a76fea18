#pragma once

#include <cstdint>

#include "engine/tensor/batch_op.hpp"
#include "isa/macros.hpp"

// The arrays that a batch is executed in. An element is a lane: one instruction of the batch. Freestanding: nothing
// here allocates or throws.
namespace armillion::engine::tensor {

/// Where a value stands: a register at the batch's start (its slot), or what a lane has written.
using ValueId = std::uint32_t;
/// Set in a ValueId where only the value's low 32 bits count, zero-extended.
inline constexpr ValueId LOW_WORD = 0x8000'0000;
/// Values of the batch's start; a lane's four follow behind.
inline constexpr ValueId FIRST_LANE_VALUE = 64;

constexpr ValueId value_of(std::uint32_t lane, unsigned place) {
  return FIRST_LANE_VALUE + lane * REGISTER_PLACES + place;
}

/// An operand after renaming: the value at `id`, plus `addend`, cut to 32 bits where `id` says so.
struct Operand {
  ValueId id = 0;
  /// Number of the wave in which the value is there; 0 at the batch's start.
  std::uint32_t wave = 0;
  std::uint64_t addend = 0;
};

/// A load, a store, or both at one address, as a lane has asked for it.
struct AccessRecord {
  std::uint64_t address = 0;
  /// What a store writes.
  std::uint64_t data[2] = {};
  /// In bytes; 0 while the lane has not executed.
  std::uint8_t size = 0;
};

/// The flags as one word: N, Z, C, V in bytes 0 to 3.
constexpr std::uint32_t pack_flags(std::uint8_t n, std::uint8_t z, std::uint8_t c, std::uint8_t v) {
  return n | std::uint32_t{z} << 8 | std::uint32_t{c} << 16 | std::uint32_t{v} << 24;
}

template <class Memory>
struct Lanes {
  // Filled by gathering and decoding.
  std::uint64_t* pc;
  BatchOp* ops;
  // Filled by renaming: operands by lane and place, and which lane's flags one sees (0 for the batch's start, else
  // the lane's number plus 1).
  Operand* operands;
  std::uint32_t* flags_source;
  // Filled by executing.
  std::uint64_t* values;
  /// By lane plus 1.
  std::uint32_t* flags;
  std::uint64_t* next_pc;
  AccessRecord* accesses;

  std::uint64_t tpidr_el0;
  /// The first lane that cannot be executed in this batch, or that saw what it must not have seen. All that lanes from
  /// here on have computed is dropped.
  std::uint32_t stop;
  Memory* memory;
};

/// The value of an operand of 64 bits.
template <class Memory>
ARMILLION_INLINE std::uint64_t value_of_operand(const Lanes<Memory>& lanes, const Operand& operand) {
  const std::uint64_t value = lanes.values[operand.id & ~LOW_WORD] + operand.addend;
  return (operand.id & LOW_WORD) != 0 ? static_cast<std::uint32_t>(value) : value;
}

}  // namespace armillion::engine::tensor
