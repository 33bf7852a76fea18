#pragma once

#include <cstdint>
#include <cstring>

#include "engine/tensor/batch_op.hpp"
#include "engine/tensor/unbatchable_part.hpp"
#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"

namespace armillion::engine::tensor {

/// A machine for one instruction whose operands are places, as in `LaneMachine`. It notes what the semantic function
/// does: what a batch may hold, and which places are read and written, is learnt from the function itself.
class ProbeMachine : public UnbatchablePart {
 public:
  using UnbatchablePart::read;
  using UnbatchablePart::write;

  // What the instruction finds.
  std::uint64_t inputs[REGISTER_PLACES] = {};
  std::uint32_t flags_bits = 0;
  std::uint64_t instruction_address = 0;
  /// What a load finds in its first bytes.
  std::uint64_t loaded[2] = {};

  // What it has done.
  std::uint64_t outputs[REGISTER_PLACES] = {};
  std::uint8_t reads = 0;
  std::uint8_t writes = 0;
  bool has_branched = false;
  bool writes_link = false;
  std::int64_t offset = 0;
  /// Of a load or store, and whether it does not accept every address.
  std::uint64_t accessed_address = 0;
  std::uint32_t accessed_bytes = 0;
  bool has_alignment_fault = false;

  template <class T>
  ARMILLION_INLINE T read(isa::X source) {
    return read_place<T>(source.slot);
  }
  template <class T>
  ARMILLION_INLINE T read(isa::XOrSp source) {
    return read_place<T>(source.slot);
  }
  ARMILLION_INLINE void write(isa::XDestination destination, std::uint64_t value) {
    const bool is_link = destination.slot == LINK_SLOT;
    writes_link |= is_link;
    write_place(is_link ? LINK_PLACE : destination.slot, value);
  }
  ARMILLION_INLINE void write(isa::XOrSp destination, std::uint64_t value) { write_place(destination.slot, value); }

  ARMILLION_INLINE isa::Flags flags() {
    reads |= place_bit(FLAGS_PLACE);
    return isa::flags_from_field(flags_bits);
  }
  ARMILLION_INLINE void set_flags(isa::Flags) { writes |= place_bit(FLAGS_PLACE); }

  template <class T>
  ARMILLION_INLINE isa::Loaded<T> load(std::uint64_t address) {
    reads |= place_bit(MEMORY_PLACE);
    accessed_address = address;
    accessed_bytes = sizeof(T);
    isa::Loaded<T> result{};
    if constexpr (sizeof(T) <= sizeof loaded) {
      std::memcpy(&result.value, loaded, sizeof(T));
    } else {
      is_possible = false;
    }
    result.ok = true;
    return result;
  }
  template <class T>
  ARMILLION_INLINE bool store(std::uint64_t address, T) {
    writes |= place_bit(MEMORY_PLACE);
    accessed_address = address;
    accessed_bytes = sizeof(T);
    if (sizeof(T) > sizeof loaded) is_possible = false;
    return true;
  }
  /// Whether an address is aligned is not the instruction's doing.
  ARMILLION_INLINE void alignment_fault(std::uint64_t, std::uint32_t, Access) { has_alignment_fault = true; }

  ARMILLION_INLINE std::uint64_t pc() const { return instruction_address; }
  ARMILLION_INLINE void branch(std::uint64_t) { has_branched = true; }
  ARMILLION_INLINE void branch_relative(std::int64_t distance) {
    has_branched = true;
    offset = distance;
  }

  ARMILLION_INLINE std::uint64_t tpidr_el0() const { return 0; }
  ARMILLION_INLINE void invalidate_instructions(std::uint64_t) {}

 private:
  template <class T>
  ARMILLION_INLINE T read_place(unsigned place) {
    if (place >= REGISTER_PLACES) return impossible(T{});
    reads |= place_bit(place);
    return static_cast<T>(inputs[place]);
  }
  ARMILLION_INLINE void write_place(unsigned place, std::uint64_t value) {
    if (place >= REGISTER_PLACES) {
      is_possible = false;
      return;
    }
    writes |= place_bit(place);
    outputs[place] = value;
  }
};

static_assert(isa::Machine<ProbeMachine>);

}  // namespace armillion::engine::tensor
