#pragma once

#include <cstdint>

#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"

namespace armillion::engine::tensor {

/// The part of a machine that no batch holds: vectors, the floating-point environment, the exclusive monitor, stops. A
/// semantic function that asks for any of it clears `is_possible`, and what it has computed counts for nothing.
struct UnbatchablePart {
  bool is_possible = true;

  ARMILLION_INLINE isa::Vector read(isa::V) { return impossible(isa::Vector::zero()); }
  ARMILLION_INLINE void write(isa::V, isa::Vector) { is_possible = false; }
  ARMILLION_INLINE std::uint32_t fpcr() { return impossible(0u); }
  ARMILLION_INLINE std::uint32_t fpsr() { return impossible(0u); }
  ARMILLION_INLINE void set_fpcr(std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE void set_fpsr(std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE void raise(std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE void set_exclusive(std::uint64_t, std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE bool exclusive_matches(std::uint64_t, std::uint32_t) { return impossible(false); }
  ARMILLION_INLINE void supervisor_call(std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE void halt(std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE void breakpoint(std::uint32_t) { is_possible = false; }
  ARMILLION_INLINE void undefined() { is_possible = false; }
  ARMILLION_INLINE void set_tpidr_el0(std::uint64_t) { is_possible = false; }
  ARMILLION_INLINE std::uint64_t virtual_counter() { return impossible(std::uint64_t{0}); }

 protected:
  template <class T>
  ARMILLION_INLINE T impossible(T value) {
    is_possible = false;
    return value;
  }
};

}  // namespace armillion::engine::tensor
