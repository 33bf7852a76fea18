#pragma once

#include "isa/semantics/common.hpp"

// Branches (C4.1, "Branches, Exception Generating and System instructions", of the Arm Architecture Reference Manual).
namespace armillion::isa::semantics {

/// Leaves the address of the next instruction in X30, for the branches with link.
template <class M>
ARMILLION_INLINE void write_link(M& m) {
  m.write(XDestination::from_field(30), m.pc() + 4);
}

// Immediate.

template <class M>
ARMILLION_INLINE void b(M& m, BranchOffset<26> offset) {
  m.branch_relative(offset);
}

template <class M>
ARMILLION_INLINE void bl(M& m, BranchOffset<26> offset) {
  write_link(m);
  m.branch_relative(offset);
}

template <class M>
ARMILLION_INLINE void b_conditional(M& m, BranchOffset<19> offset, Condition condition) {
  if (condition_holds(condition, m.flags())) m.branch_relative(offset);
}

template <class M>
ARMILLION_INLINE void cbz(M& m, Flag sf, BranchOffset<19> offset, X tested) {
  by_width(sf, [&]<class T> {
    if (m.template read<T>(tested) == 0) m.branch_relative(offset);
  });
}

template <class M>
ARMILLION_INLINE void cbnz(M& m, Flag sf, BranchOffset<19> offset, X tested) {
  by_width(sf, [&]<class T> {
    if (m.template read<T>(tested) != 0) m.branch_relative(offset);
  });
}

template <class M>
ARMILLION_INLINE void tbz(M& m, Unsigned<6> bit, BranchOffset<14> offset, X tested) {
  if ((m.template read<std::uint64_t>(tested) >> bit & 1) == 0) m.branch_relative(offset);
}

template <class M>
ARMILLION_INLINE void tbnz(M& m, Unsigned<6> bit, BranchOffset<14> offset, X tested) {
  if ((m.template read<std::uint64_t>(tested) >> bit & 1) != 0) m.branch_relative(offset);
}

// Register.

template <class M>
ARMILLION_INLINE void br(M& m, X target) {
  m.branch(m.template read<std::uint64_t>(target));
}

template <class M>
ARMILLION_INLINE void blr(M& m, X target) {
  // Read first: the target may stand in X30 itself.
  const std::uint64_t address = m.template read<std::uint64_t>(target);
  write_link(m);
  m.branch(address);
}

template <class M>
ARMILLION_INLINE void ret(M& m, X target) {
  m.branch(m.template read<std::uint64_t>(target));
}

}  // namespace armillion::isa::semantics
