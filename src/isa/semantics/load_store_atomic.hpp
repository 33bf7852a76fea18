#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/semantics/memory.hpp"

// Atomic memory operations (C4.1.94 of the Arm Architecture Reference Manual). Nothing runs between the load and the
// store, so that a plain load and store are atomic; acquire and release have nothing to do.
namespace armillion::isa::semantics {

/// Replaces the value at address n by `combine(it, register s)` and gives the old value to t.
template <class M, class Combine>
ARMILLION_INLINE void atomic_update(M& m, Unsigned<2> size, X s, XOrSp n, XDestination t, Combine combine) {
  by_size(size, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (!require_alignment(m, address, sizeof(T), Access::READ)) return;
    const Loaded<T> old = m.template load<T>(address);
    if (!old) return;
    const T value = static_cast<T>(combine(*old, m.template read<T>(s)));
    if (m.template store<T>(address, value)) m.write(t, static_cast<std::uint64_t>(*old));
  });
}

template <class M>
ARMILLION_INLINE void ldadd(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) { return old + operand; });
}

template <class M>
ARMILLION_INLINE void ldclr(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) { return old & ~operand; });
}

template <class M>
ARMILLION_INLINE void ldeor(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) { return old ^ operand; });
}

template <class M>
ARMILLION_INLINE void ldset(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) { return old | operand; });
}

template <class M>
ARMILLION_INLINE void ldsmax(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) {
    using SignedT = std::make_signed_t<T>;
    return static_cast<SignedT>(old) > static_cast<SignedT>(operand) ? old : operand;
  });
}

template <class M>
ARMILLION_INLINE void ldsmin(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) {
    using SignedT = std::make_signed_t<T>;
    return static_cast<SignedT>(old) < static_cast<SignedT>(operand) ? old : operand;
  });
}

template <class M>
ARMILLION_INLINE void ldumax(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) { return old > operand ? old : operand; });
}

template <class M>
ARMILLION_INLINE void ldumin(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T old, T operand) { return old < operand ? old : operand; });
}

template <class M>
ARMILLION_INLINE void swp(M& m, Unsigned<2> size, Flag, Flag, X s, XOrSp n, XDestination t) {
  atomic_update(m, size, s, n, t, []<class T>(T, T operand) { return operand; });
}

}  // namespace armillion::isa::semantics
