#pragma once

#include <array>
#include <cstdint>

#include "isa/semantics/memory.hpp"

// Loads and stores of SIMD structures (C4.1.94 of the Arm Architecture Reference Manual). Registers are numbered
// modulo 32 from t.
namespace armillion::isa::semantics {

/// What COUNT registers hold at one place each: a structure as it lies in memory.
template <class T, unsigned COUNT>
using Structure = std::array<T, COUNT>;

/// Moves the base register on after an access of `bytes`: by them where the increment is register 31, otherwise by it.
template <class M>
ARMILLION_INLINE void post_index(M& m, Flag post, X increment, XOrSp n, std::uint64_t bytes) {
  if (!post) return;
  const bool by_immediate = increment.slot == ZERO_SLOT;
  const std::uint64_t distance = by_immediate ? bytes : m.template read<std::uint64_t>(increment);
  m.write(n, m.template read<std::uint64_t>(n) + distance);
}

// Whole registers. Memory is little-endian like the registers, so that their elements need no rearranging.

template <unsigned COUNT, class M>
ARMILLION_INLINE void store_registers(M& m, Flag quad, Flag post, X increment, XOrSp n, V t) {
  by_vector_register_size(quad ? 4 : 3, [&]<class Register> {
    Structure<Register, COUNT> registers;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) registers[i] = low_part<Register>(m.read(next(t, i)));
    if (!m.template store<Structure<Register, COUNT>>(address_at(m, n, 0), registers)) return;
    post_index(m, post, increment, n, sizeof registers);
  });
}

template <unsigned COUNT, class M>
ARMILLION_INLINE void load_registers(M& m, Flag quad, Flag post, X increment, XOrSp n, V t) {
  by_vector_register_size(quad ? 4 : 3, [&]<class Register> {
    const auto registers = m.template load<Structure<Register, COUNT>>(address_at(m, n, 0));
    if (!registers) return;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) m.write(next(t, i), zero_extended((*registers)[i]));
    post_index(m, post, increment, n, sizeof *registers);
  });
}

template <class M>
ARMILLION_INLINE void st1_one_register(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  store_registers<1>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void st1_two_registers(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  store_registers<2>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void st1_three_registers(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  store_registers<3>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void st1_four_registers(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  store_registers<4>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void ld1_one_register(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  load_registers<1>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void ld1_two_registers(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  load_registers<2>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void ld1_three_registers(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  load_registers<3>(m, quad, post, increment, n, t);
}

template <class M>
ARMILLION_INLINE void ld1_four_registers(M& m, Flag quad, Flag post, X increment, Unsigned<2>, XOrSp n, V t) {
  load_registers<4>(m, quad, post, increment, n, t);
}

// Multiple structures.

/// Calls `body.template operator()<T, LENGTH>()` with T the element type of the size and LENGTH how many elements a
/// register of 128 (`quad`) or 64 bits has.
template <class Body>
ARMILLION_INLINE void by_arrangement(Flag quad, Unsigned<2> size, Body&& body) {
  by_size(size, [&]<class T> {
    if (quad) {
      [[clang::always_inline]] body.template operator()<T, LANES<T>>();
    } else {
      [[clang::always_inline]] body.template operator()<T, LANES<T> / 2>();
    }
  });
}

template <unsigned COUNT, class M>
ARMILLION_INLINE void store_interleaved(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  by_arrangement(quad, size, [&]<class T, unsigned LENGTH> {
    std::array<Structure<T, COUNT>, LENGTH> structures;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) {
      const Vector source = m.read(next(t, i));
#pragma clang loop unroll(full)
      for (unsigned lane = 0; lane < LENGTH; ++lane) structures[lane][i] = source.get<T>(lane);
    }
    if (!m.template store<decltype(structures)>(address_at(m, n, 0), structures)) return;
    post_index(m, post, increment, n, sizeof structures);
  });
}

template <unsigned COUNT, class M>
ARMILLION_INLINE void load_interleaved(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  by_arrangement(quad, size, [&]<class T, unsigned LENGTH> {
    const auto structures = m.template load<std::array<Structure<T, COUNT>, LENGTH>>(address_at(m, n, 0));
    if (!structures) return;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) {
      Lanes<T> result{};
#pragma clang loop unroll(full)
      for (unsigned lane = 0; lane < LENGTH; ++lane) result[lane] = (*structures)[lane][i];
      m.write(next(t, i), Vector::from<T>(result));
    }
    post_index(m, post, increment, n, sizeof *structures);
  });
}

template <class M>
ARMILLION_INLINE void st2_multiple(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  store_interleaved<2>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void st3_multiple(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  store_interleaved<3>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void st4_multiple(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  store_interleaved<4>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void ld2_multiple(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_interleaved<2>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void ld3_multiple(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_interleaved<3>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void ld4_multiple(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_interleaved<4>(m, quad, post, increment, size, n, t);
}

// Single structures.

template <unsigned COUNT, class M>
ARMILLION_INLINE void store_lane(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  by_size(lane_size(scale, first_byte), [&]<class T> {
    Structure<T, COUNT> structure;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) structure[i] = m.read(next(t, i)).template get<T>(first_byte / sizeof(T));
    if (!m.template store<Structure<T, COUNT>>(address_at(m, n, 0), structure)) return;
    post_index(m, post, increment, n, sizeof structure);
  });
}

template <unsigned COUNT, class M>
ARMILLION_INLINE void load_lane(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n, V t) {
  by_size(lane_size(scale, first_byte), [&]<class T> {
    const auto structure = m.template load<Structure<T, COUNT>>(address_at(m, n, 0));
    if (!structure) return;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) {
      Vector result = m.read(next(t, i));
      result.set<T>(first_byte / sizeof(T), (*structure)[i]);
      m.write(next(t, i), result);
    }
    post_index(m, post, increment, n, sizeof *structure);
  });
}

template <unsigned COUNT, class M>
ARMILLION_INLINE void load_replicated(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  by_size(size, [&]<class T> {
    const auto structure = m.template load<Structure<T, COUNT>>(address_at(m, n, 0));
    if (!structure) return;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < COUNT; ++i) m.write(next(t, i), clip(broadcast<T>((*structure)[i]), quad));
    post_index(m, post, increment, n, sizeof *structure);
  });
}

template <class M>
ARMILLION_INLINE void st1_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  store_lane<1>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void st2_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  store_lane<2>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void st3_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  store_lane<3>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void st4_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  store_lane<4>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void ld1_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  load_lane<1>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void ld2_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  load_lane<2>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void ld3_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  load_lane<3>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void ld4_single(M& m, Unsigned<4> first_byte, Flag post, X increment, Unsigned<2> scale, XOrSp n,
                                 V t) {
  load_lane<4>(m, first_byte, post, increment, scale, n, t);
}

template <class M>
ARMILLION_INLINE void ld1r(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_replicated<1>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void ld2r(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_replicated<2>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void ld3r(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_replicated<3>(m, quad, post, increment, size, n, t);
}

template <class M>
ARMILLION_INLINE void ld4r(M& m, Flag quad, Flag post, X increment, Unsigned<2> size, XOrSp n, V t) {
  load_replicated<4>(m, quad, post, increment, size, n, t);
}

}  // namespace armillion::isa::semantics
