#pragma once

#include <cstdint>

#include "engine/address_tag.hpp"
#include "engine/tensor/lanes.hpp"
#include "engine/tensor/unbatchable_part.hpp"
#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"

namespace armillion::engine::tensor {

/// The machine that the semantic functions see where they execute one lane of a batch. Its registers are the operand's
/// places: a micro-operation for it has the register numbers 0, 1, 2, 3, whatever registers the instruction names.
///
/// It is the last word on what a batch may hold: a lane that reads or writes anything but what its `BatchOp` says, that
/// asks for anything not renamed (vectors, FPCR, the exclusive monitor, a stop), or whose access is not allowed, has
/// not been executed, and `is_done` is false.
template <class Memory>
class LaneMachine : public UnbatchablePart {
 public:
  using UnbatchablePart::read;
  using UnbatchablePart::write;

  ARMILLION_INLINE LaneMachine(Lanes<Memory>& lanes, std::uint32_t lane)
      : lanes_(lanes), lane_(lane), next_pc_(lanes.pc[lane] + 4) {}

  /// Writes what remains: where execution goes on. False where the lane could not be executed here.
  ARMILLION_INLINE bool finish() {
    lanes_.next_pc[lane_] = next_pc_;
    const BatchOp& op = lanes_.ops[lane_];
    return is_possible && (reads_ & ~op.reads) == 0 && writes_ == op.writes;
  }

  template <class T>
  ARMILLION_INLINE T read(isa::X source) {
    return read_place<T>(source.slot);
  }
  template <class T>
  ARMILLION_INLINE T read(isa::XOrSp source) {
    return read_place<T>(source.slot);
  }
  ARMILLION_INLINE void write(isa::XDestination destination, std::uint64_t value) {
    write_place(destination.slot == LINK_SLOT ? LINK_PLACE : destination.slot, value);
  }
  ARMILLION_INLINE void write(isa::XOrSp destination, std::uint64_t value) { write_place(destination.slot, value); }

  ARMILLION_INLINE isa::Flags flags() {
    reads_ |= place_bit(FLAGS_PLACE);
    const std::uint32_t packed = lanes_.flags[lanes_.flags_source[lane_]];
    return {static_cast<std::uint8_t>(packed), static_cast<std::uint8_t>(packed >> 8),
            static_cast<std::uint8_t>(packed >> 16), static_cast<std::uint8_t>(packed >> 24)};
  }
  ARMILLION_INLINE void set_flags(isa::Flags flags) {
    writes_ |= place_bit(FLAGS_PLACE);
    lanes_.flags[lane_ + 1] = pack_flags(flags.n, flags.z, flags.c, flags.v);
  }

  template <class T>
  ARMILLION_INLINE isa::Loaded<T> load(std::uint64_t address) {
    isa::Loaded<T> loaded{};
    reads_ |= place_bit(MEMORY_PLACE);
    AccessRecord& access = lanes_.accesses[lane_];
    if constexpr (sizeof(T) <= sizeof access.data) {
      access.address = without_tag(address);
      access.size = sizeof(T);
      loaded.ok = lanes_.memory->load(lanes_, lane_, &loaded.value, sizeof(T));
    }
    is_possible &= loaded.ok;
    return loaded;
  }
  template <class T>
  ARMILLION_INLINE bool store(std::uint64_t address, T value) {
    writes_ |= place_bit(MEMORY_PLACE);
    AccessRecord& access = lanes_.accesses[lane_];
    bool ok = false;
    if constexpr (sizeof(T) <= sizeof access.data) {
      access.address = without_tag(address);
      access.size = sizeof(T);
      __builtin_memcpy(access.data, &value, sizeof value);
      ok = lanes_.memory->may_store(access.address, sizeof(T));
    }
    is_possible &= ok;
    return ok;
  }
  ARMILLION_INLINE void alignment_fault(std::uint64_t, std::uint32_t, Access) { is_possible = false; }

  ARMILLION_INLINE std::uint64_t pc() const { return lanes_.pc[lane_]; }
  ARMILLION_INLINE void branch(std::uint64_t target) { next_pc_ = without_tag(target); }
  ARMILLION_INLINE void branch_relative(std::int64_t offset) {
    next_pc_ = without_tag(pc() + static_cast<std::uint64_t>(offset));
  }

  ARMILLION_INLINE std::uint64_t tpidr_el0() const { return lanes_.tpidr_el0; }
  /// Code is fetched anew for each batch, and a batch ends behind a store to its own code.
  ARMILLION_INLINE void invalidate_instructions(std::uint64_t) {}

 private:
  template <class T>
  ARMILLION_INLINE T read_place(unsigned place) {
    if (place >= REGISTER_PLACES) return impossible(T{});
    reads_ |= place_bit(place);
    return static_cast<T>(value_of_operand(lanes_, lanes_.operands[lane_ * REGISTER_PLACES + place]));
  }
  ARMILLION_INLINE void write_place(unsigned place, std::uint64_t value) {
    if (place >= REGISTER_PLACES) {
      is_possible = false;
      return;
    }
    writes_ |= place_bit(place);
    lanes_.values[value_of(lane_, place)] = value;
  }

  Lanes<Memory>& lanes_;
  std::uint32_t lane_;
  std::uint64_t next_pc_;
  std::uint8_t reads_ = 0;
  std::uint8_t writes_ = 0;
};

}  // namespace armillion::engine::tensor
