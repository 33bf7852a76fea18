#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/lanes.hpp"
#include "engine/tensor/unbatchable_part.hpp"
#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"

namespace armillion::engine::tensor {

/// What one instruction of a loop works on for many iterations: an element of each array is an iteration's. All arrays
/// are there, whether the instruction uses them or not. What is written does not overlap what is read, but for a
/// recurrence, where a result stands one element behind the operand that it becomes.
struct ArrayOperands {
  const std::uint64_t* inputs[REGISTER_PLACES];
  std::uint64_t* outputs[REGISTER_PLACES];
  /// As `pack_flags` makes them.
  const std::uint32_t* flags_input;
  std::uint32_t* flags_output;
  /// What is loaded and where it is stored: elements of the size of the access.
  const std::byte* loaded;
  std::byte* stored;
  std::uint64_t immediate;
  std::uint64_t pc;
  std::uint64_t tpidr_el0;
};

/// What an instruction has done.
struct ArrayUse {
  /// Places, as bits: what it has read in any of the iterations, and written in all of them.
  std::uint8_t reads = 0;
  std::uint8_t writes = 0;
  /// False where it has done something that no batch may hold.
  bool is_possible = true;
};

/// The machine that the semantic functions see where they execute one instruction for one of many iterations of a loop.
/// As in `LaneMachine`, registers are the operand's places, and it is the last word on what such a loop may hold.
class ArrayMachine : public UnbatchablePart {
 public:
  using UnbatchablePart::read;
  using UnbatchablePart::write;

  ARMILLION_INLINE ArrayMachine(const ArrayOperands& operands, std::uint64_t iteration)
      : operands_(operands), iteration_(iteration) {}

  /// In bytes.
  static constexpr std::size_t LARGEST_ACCESS = 16;

  ARMILLION_INLINE ArrayUse use() const { return {reads_, writes_, is_possible}; }

  template <class T>
  ARMILLION_INLINE T read(isa::X source) {
    return read_place<T>(source.slot);
  }
  template <class T>
  ARMILLION_INLINE T read(isa::XOrSp source) {
    return read_place<T>(source.slot);
  }
  ARMILLION_INLINE void write(isa::XDestination destination, std::uint64_t value) {
    write_place(destination.slot, value);
  }
  ARMILLION_INLINE void write(isa::XOrSp destination, std::uint64_t value) { write_place(destination.slot, value); }

  ARMILLION_INLINE isa::Flags flags() {
    reads_ |= place_bit(FLAGS_PLACE);
    const std::uint32_t packed = operands_.flags_input[iteration_];
    return {static_cast<std::uint8_t>(packed), static_cast<std::uint8_t>(packed >> 8),
            static_cast<std::uint8_t>(packed >> 16), static_cast<std::uint8_t>(packed >> 24)};
  }
  ARMILLION_INLINE void set_flags(isa::Flags flags) {
    writes_ |= place_bit(FLAGS_PLACE);
    operands_.flags_output[iteration_] = pack_flags(flags.n, flags.z, flags.c, flags.v);
  }

  /// Where it is has been worked out for all iterations before.
  template <class T>
  ARMILLION_INLINE isa::Loaded<T> load(std::uint64_t) {
    reads_ |= place_bit(MEMORY_PLACE);
    isa::Loaded<T> result{};
    if constexpr (sizeof(T) <= LARGEST_ACCESS) {
      __builtin_memcpy(&result.value, operands_.loaded + iteration_ * sizeof(T), sizeof(T));
    } else {
      is_possible = false;
    }
    result.ok = true;
    return result;
  }
  template <class T>
  ARMILLION_INLINE bool store(std::uint64_t, T value) {
    writes_ |= place_bit(MEMORY_PLACE);
    if constexpr (sizeof(T) <= LARGEST_ACCESS) {
      __builtin_memcpy(operands_.stored + iteration_ * sizeof(T), &value, sizeof value);
    } else {
      is_possible = false;
    }
    return true;
  }
  ARMILLION_INLINE void alignment_fault(std::uint64_t, std::uint32_t, Access) { is_possible = false; }

  ARMILLION_INLINE std::uint64_t pc() const { return operands_.pc; }
  ARMILLION_INLINE void branch(std::uint64_t) { is_possible = false; }
  ARMILLION_INLINE void branch_relative(std::int64_t) { is_possible = false; }

  ARMILLION_INLINE std::uint64_t tpidr_el0() const { return operands_.tpidr_el0; }
  /// A loop that stores to its own code is not executed so.
  ARMILLION_INLINE void invalidate_instructions(std::uint64_t) {}

 private:
  template <class T>
  ARMILLION_INLINE T read_place(unsigned place) {
    if (place >= REGISTER_PLACES) return impossible(T{});
    reads_ |= place_bit(place);
    return static_cast<T>(operands_.inputs[place][iteration_]);
  }
  ARMILLION_INLINE void write_place(unsigned place, std::uint64_t value) {
    if (place >= REGISTER_PLACES) {
      is_possible = false;
      return;
    }
    writes_ |= place_bit(place);
    operands_.outputs[place][iteration_] = value;
  }

  const ArrayOperands& operands_;
  std::uint64_t iteration_;
  std::uint8_t reads_ = 0;
  std::uint8_t writes_ = 0;
};

static_assert(isa::Machine<ArrayMachine>);

}  // namespace armillion::engine::tensor
