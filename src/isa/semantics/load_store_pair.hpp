#pragma once

#include <cstdint>

#include "isa/semantics/memory.hpp"

// Loads and stores of register pairs (C4.1.94 of the Arm Architecture Reference Manual). Parameters stand in the order
// of the encoding, where the second register comes before the first. The manual leaves open what a load of two values
// into one register does; as in qemu, a general register keeps the first and a vector register the second.
namespace armillion::isa::semantics {

template <class T, class M>
ARMILLION_INLINE bool store_pair(M& m, std::uint64_t address, X t, X t2) {
  return m.template store<Pair<T>>(address, {m.template read<T>(t), m.template read<T>(t2)});
}

/// A T narrower than 64 bits is extended, with its sign where it is signed.
template <class T, class M>
ARMILLION_INLINE bool load_pair(M& m, std::uint64_t address, XDestination t, XDestination t2) {
  const Loaded<Pair<T>> loaded = m.template load<Pair<T>>(address);
  if (!loaded) return false;
  m.write(t2, static_cast<std::uint64_t>((*loaded).second));
  m.write(t, static_cast<std::uint64_t>((*loaded).first));
  return true;
}

/// T as `by_vector_register_size` gives it.
template <class T, class M>
ARMILLION_INLINE bool store_vector_pair(M& m, std::uint64_t address, V t, V t2) {
  return m.template store<Pair<T>>(address, {low_part<T>(m.read(t)), low_part<T>(m.read(t2))});
}

template <class T, class M>
ARMILLION_INLINE bool load_vector_pair(M& m, std::uint64_t address, V t, V t2) {
  const Loaded<Pair<T>> loaded = m.template load<Pair<T>>(address);
  if (!loaded) return false;
  m.write(t, zero_extended((*loaded).first));
  m.write(t2, zero_extended((*loaded).second));
  return true;
}

/// An offset in units of T, in bytes.
template <class T>
ARMILLION_INLINE constexpr std::int64_t in_bytes(Signed<7> offset) {
  return offset.value * std::int64_t{sizeof(T)};
}

// Signed offset.

template <class M>
ARMILLION_INLINE void stp_offset(M& m, Flag is_doubleword, Signed<7> offset, X t2, XOrSp n, X t) {
  by_width(is_doubleword, [&]<class T> { store_pair<T>(m, address_at(m, n, in_bytes<T>(offset)), t, t2); });
}

template <class M>
ARMILLION_INLINE void ldp_offset(M& m, Flag is_doubleword, Signed<7> offset, XDestination t2, XOrSp n, XDestination t) {
  by_width(is_doubleword, [&]<class T> { load_pair<T>(m, address_at(m, n, in_bytes<T>(offset)), t, t2); });
}

template <class M>
ARMILLION_INLINE void ldpsw_offset(M& m, Signed<7> offset, XDestination t2, XOrSp n, XDestination t) {
  load_pair<std::int32_t>(m, address_at(m, n, in_bytes<std::int32_t>(offset)), t, t2);
}

template <class M>
ARMILLION_INLINE void stp_simd_offset(M& m, Unsigned<2> size, Signed<7> offset, V t2, XOrSp n, V t) {
  by_vector_register_size(2 + size,
                          [&]<class T> { store_vector_pair<T>(m, address_at(m, n, in_bytes<T>(offset)), t, t2); });
}

template <class M>
ARMILLION_INLINE void ldp_simd_offset(M& m, Unsigned<2> size, Signed<7> offset, V t2, XOrSp n, V t) {
  by_vector_register_size(2 + size,
                          [&]<class T> { load_vector_pair<T>(m, address_at(m, n, in_bytes<T>(offset)), t, t2); });
}

// Pre- and post-index.

template <class M>
ARMILLION_INLINE void stp_indexed(M& m, Flag is_doubleword, Flag pre_index, Signed<7> offset, X t2, XOrSp n, X t) {
  by_width(is_doubleword, [&]<class T> {
    indexed(m, pre_index, n, in_bytes<T>(offset),
            [&](std::uint64_t address) { return store_pair<T>(m, address, t, t2); });
  });
}

template <class M>
ARMILLION_INLINE void ldp_indexed(M& m, Flag is_doubleword, Flag pre_index, Signed<7> offset, XDestination t2, XOrSp n,
                                  XDestination t) {
  by_width(is_doubleword, [&]<class T> {
    indexed(m, pre_index, n, in_bytes<T>(offset),
            [&](std::uint64_t address) { return load_pair<T>(m, address, t, t2); });
  });
}

template <class M>
ARMILLION_INLINE void ldpsw_indexed(M& m, Flag pre_index, Signed<7> offset, XDestination t2, XOrSp n, XDestination t) {
  indexed(m, pre_index, n, in_bytes<std::int32_t>(offset),
          [&](std::uint64_t address) { return load_pair<std::int32_t>(m, address, t, t2); });
}

template <class M>
ARMILLION_INLINE void stp_simd_indexed(M& m, Unsigned<2> size, Flag pre_index, Signed<7> offset, V t2, XOrSp n, V t) {
  by_vector_register_size(2 + size, [&]<class T> {
    indexed(m, pre_index, n, in_bytes<T>(offset),
            [&](std::uint64_t address) { return store_vector_pair<T>(m, address, t, t2); });
  });
}

template <class M>
ARMILLION_INLINE void ldp_simd_indexed(M& m, Unsigned<2> size, Flag pre_index, Signed<7> offset, V t2, XOrSp n, V t) {
  by_vector_register_size(2 + size, [&]<class T> {
    indexed(m, pre_index, n, in_bytes<T>(offset),
            [&](std::uint64_t address) { return load_vector_pair<T>(m, address, t, t2); });
  });
}

// Non-temporal: a hint to a cache.

template <class M>
ARMILLION_INLINE void stnp(M& m, Flag is_doubleword, Signed<7> offset, X t2, XOrSp n, X t) {
  stp_offset(m, is_doubleword, offset, t2, n, t);
}

template <class M>
ARMILLION_INLINE void ldnp(M& m, Flag is_doubleword, Signed<7> offset, XDestination t2, XOrSp n, XDestination t) {
  ldp_offset(m, is_doubleword, offset, t2, n, t);
}

template <class M>
ARMILLION_INLINE void stnp_simd(M& m, Unsigned<2> size, Signed<7> offset, V t2, XOrSp n, V t) {
  stp_simd_offset(m, size, offset, t2, n, t);
}

template <class M>
ARMILLION_INLINE void ldnp_simd(M& m, Unsigned<2> size, Signed<7> offset, V t2, XOrSp n, V t) {
  ldp_simd_offset(m, size, offset, t2, n, t);
}

}  // namespace armillion::isa::semantics
