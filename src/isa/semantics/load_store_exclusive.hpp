#pragma once

#include <cstdint>

#include "isa/semantics/memory.hpp"

// Exclusive and ordered loads and stores, and compare and swap (C4.1.94 of the Arm Architecture Reference Manual). The
// guest's accesses happen in its program's order, so that acquire and release have nothing to do.
namespace armillion::isa::semantics {

/// Stores a T if the exclusive monitor still holds its address and opens the monitor. `status` becomes 0 where the
/// value was stored, 1 where not.
template <class T, class M>
ARMILLION_INLINE void store_exclusive(M& m, XDestination status, std::uint64_t address, T value) {
  if (!require_alignment(m, address, sizeof(T), Access::WRITE)) return;
  const bool passed = m.exclusive_matches(address, sizeof(T));
  if (passed && !m.template store<T>(address, value)) return;
  m.set_exclusive(0, 0);
  m.write(status, std::uint32_t{!passed});
}

// Exclusive.

template <class M>
ARMILLION_INLINE void stxr(M& m, Unsigned<2> size, XDestination status, XOrSp n, X t) {
  by_size(size, [&]<class T> { store_exclusive<T>(m, status, address_at(m, n, 0), m.template read<T>(t)); });
}

template <class M>
ARMILLION_INLINE void stlxr(M& m, Unsigned<2> size, XDestination status, XOrSp n, X t) {
  stxr(m, size, status, n, t);
}

template <class M>
ARMILLION_INLINE void ldxr(M& m, Unsigned<2> size, XOrSp n, XDestination t) {
  by_size(size, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (!require_alignment(m, address, sizeof(T), Access::READ)) return;
    if (load_zero_extended<T>(m, address, t)) m.set_exclusive(address, sizeof(T));
  });
}

template <class M>
ARMILLION_INLINE void ldaxr(M& m, Unsigned<2> size, XOrSp n, XDestination t) {
  ldxr(m, size, n, t);
}

template <class M>
ARMILLION_INLINE void stxp(M& m, Flag is_doubleword, XDestination status, X t2, XOrSp n, X t) {
  by_width(is_doubleword, [&]<class T> {
    store_exclusive<Pair<T>>(m, status, address_at(m, n, 0), {m.template read<T>(t), m.template read<T>(t2)});
  });
}

template <class M>
ARMILLION_INLINE void stlxp(M& m, Flag is_doubleword, XDestination status, X t2, XOrSp n, X t) {
  stxp(m, is_doubleword, status, t2, n, t);
}

/// Where both registers are one, which the manual leaves open, it keeps the second value, as in qemu.
template <class M>
ARMILLION_INLINE void ldxp(M& m, Flag is_doubleword, XDestination t2, XOrSp n, XDestination t) {
  by_width(is_doubleword, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (!require_alignment(m, address, sizeof(Pair<T>), Access::READ)) return;
    const Loaded<Pair<T>> loaded = m.template load<Pair<T>>(address);
    if (!loaded) return;
    m.write(t, (*loaded).first);
    m.write(t2, (*loaded).second);
    m.set_exclusive(address, sizeof(Pair<T>));
  });
}

template <class M>
ARMILLION_INLINE void ldaxp(M& m, Flag is_doubleword, XDestination t2, XOrSp n, XDestination t) {
  ldxp(m, is_doubleword, t2, n, t);
}

// Ordered. LoadLOAcquire and StoreLORelease order no more than the others.

template <class M>
ARMILLION_INLINE void stlr(M& m, Unsigned<2> size, XOrSp n, X t) {
  by_size(size, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (require_alignment(m, address, sizeof(T), Access::WRITE)) store_low_bits<T>(m, address, t);
  });
}

template <class M>
ARMILLION_INLINE void ldar(M& m, Unsigned<2> size, XOrSp n, XDestination t) {
  by_size(size, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (require_alignment(m, address, sizeof(T), Access::READ)) load_zero_extended<T>(m, address, t);
  });
}

template <class M>
ARMILLION_INLINE void stllr(M& m, Unsigned<2> size, XOrSp n, X t) {
  stlr(m, size, n, t);
}

template <class M>
ARMILLION_INLINE void ldlar(M& m, Unsigned<2> size, XOrSp n, XDestination t) {
  ldar(m, size, n, t);
}

template <class M>
ARMILLION_INLINE void ldapr(M& m, Unsigned<2> size, XOrSp n, XDestination t) {
  ldar(m, size, n, t);
}

// Compare and swap. Where the comparison fails, the old value is written back: memory must be writable in any case.

template <class M>
ARMILLION_INLINE void cas(M& m, Unsigned<2> size, Flag, X s, Flag, XOrSp n, X t) {
  by_size(size, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (!require_alignment(m, address, sizeof(T), Access::READ)) return;
    const Loaded<T> old = m.template load<T>(address);
    if (!old) return;
    const T value = *old == m.template read<T>(s) ? m.template read<T>(t) : *old;
    if (m.template store<T>(address, value)) m.write(destination(s), static_cast<std::uint64_t>(*old));
  });
}

template <class M>
ARMILLION_INLINE void casp(M& m, Flag is_doubleword, Flag, X s, Flag, XOrSp n, X t) {
  by_width(is_doubleword, [&]<class T> {
    const std::uint64_t address = address_at(m, n, 0);
    if (!require_alignment(m, address, sizeof(Pair<T>), Access::READ)) return;
    const Loaded<Pair<T>> loaded = m.template load<Pair<T>>(address);
    if (!loaded) return;
    const Pair<T> old = *loaded;
    const bool equal = old.first == m.template read<T>(s) && old.second == m.template read<T>(next(s));
    const Pair<T> value = equal ? Pair<T>{m.template read<T>(t), m.template read<T>(next(t))} : old;
    if (!m.template store<Pair<T>>(address, value)) return;
    m.write(destination(s), old.first);
    m.write(destination(next(s)), old.second);
  });
}

}  // namespace armillion::isa::semantics
