#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD permute, extract and table look-up.
namespace armillion::isa::semantics {

// Two vectors interleaved, or taken apart.

template <class M>
ARMILLION_INLINE void uzp1(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, integer::pairs<T>(m.read(rn), m.read(rm), q).even); });
}

template <class M>
ARMILLION_INLINE void uzp2(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, integer::pairs<T>(m.read(rn), m.read(rm), q).odd); });
}

/// Lanes `part`, `part` + 2, `part` + 4, ... of the operands by turns. `part` is 0 or 1.
template <class T>
ARMILLION_INLINE constexpr Vector transpose(Vector operand1, Vector operand2, unsigned part) {
  Lanes<T> result{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; i += 2) {
    result[i] = operand1.get<T>(i + part);
    result[i + 1] = operand2.get<T>(i + part);
  }
  return Vector::from<T>(result);
}

template <class M>
ARMILLION_INLINE void trn1(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, clip(transpose<T>(m.read(rn), m.read(rm), 0), q)); });
}

template <class M>
ARMILLION_INLINE void trn2(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, clip(transpose<T>(m.read(rn), m.read(rm), 1), q)); });
}

/// The lanes of the lower halves of the operands, or of their upper halves, by turns.
template <class T>
ARMILLION_INLINE constexpr Vector interleave(Vector operand1, Vector operand2, integer::Half half) {
  const unsigned first = half == integer::Half::UPPER ? LANES<T> / 2 : 0;
  Lanes<T> result{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T> / 2; ++i) {
    result[2 * i] = operand1.get<T>(first + i);
    result[2 * i + 1] = operand2.get<T>(first + i);
  }
  return Vector::from<T>(result);
}

template <class M>
ARMILLION_INLINE void zip1(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, clip(interleave<T>(m.read(rn), m.read(rm), integer::Half::LOWER), q)); });
}

template <class M>
ARMILLION_INLINE void zip2(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    if (q) {
      m.write(rd, interleave<T>(m.read(rn), m.read(rm), integer::Half::UPPER));
    } else {
      // The upper halves of vectors of 64 bits.
      m.write(rd, Vector::from_parts(interleave<T>(m.read(rn), m.read(rm), integer::Half::LOWER).high(), 0));
    }
  });
}

// Consecutive bytes of two vectors.

/// 64 bits of high:low from bit `distance` on. `distance` is at most 63.
ARMILLION_INLINE constexpr std::uint64_t funnel_right(std::uint64_t low, std::uint64_t high, unsigned distance) {
  // The left shift is one by 64 - distance, which may be 64.
  return low >> distance | high << 1 << (63 - distance);
}

template <class M>
ARMILLION_INLINE void ext(M& m, Flag q, V rm, Flag beyond_low, Unsigned<3> byte, V rn, V rd) {
  const Vector operand1 = m.read(rn);
  const Vector operand2 = m.read(rm);
  const unsigned distance = byte * 8;
  if (!q) {
    m.write(rd, Vector::from_parts(funnel_right(operand1.low(), operand2.low(), distance), 0));
  } else if (!beyond_low) {
    m.write(rd, Vector::from_parts(funnel_right(operand1.low(), operand1.high(), distance),
                                   funnel_right(operand1.high(), operand2.low(), distance)));
  } else {
    m.write(rd, Vector::from_parts(funnel_right(operand1.high(), operand2.low(), distance),
                                   funnel_right(operand2.low(), operand2.high(), distance)));
  }
}

// Bytes chosen from a table of one to four registers.

/// Byte i of the result is the byte of the table, `count` registers from `first` on, that byte i of `indices` selects,
/// or byte i of `otherwise` where the table has no such byte.
template <class M>
ARMILLION_INLINE Vector look_up(M& m, V first, unsigned count, Vector indices, Vector otherwise) {
  using Bytes = Lanes<std::uint8_t>;
  Bytes result = otherwise.lanes<std::uint8_t>();
#pragma clang loop unroll(full)
  for (unsigned part = 0; part < count; ++part) {
    const Bytes table = m.read(next(first, part)).template lanes<std::uint8_t>();
    const Bytes index = indices.lanes<std::uint8_t>() - static_cast<std::uint8_t>(part * 16);
    // A limit keeps the other indices in range as well as a mask would, and clang makes one byte shuffle of this.
    const Bytes limited = __builtin_elementwise_min(index, Bytes{} + 15);
    Bytes found{};
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < 16; ++i) found[i] = table[limited[i]];
    result = index == limited ? found : result;
  }
  return Vector::from<std::uint8_t>(result);
}

template <class M>
ARMILLION_INLINE void tbl(M& m, Flag q, V rm, Unsigned<2> count_minus_1, V rn, V rd) {
  m.write(rd, clip(look_up(m, rn, count_minus_1 + 1, m.read(rm), Vector::zero()), q));
}

template <class M>
ARMILLION_INLINE void tbx(M& m, Flag q, V rm, Unsigned<2> count_minus_1, V rn, V rd) {
  m.write(rd, clip(look_up(m, rn, count_minus_1 + 1, m.read(rm), m.read(rd)), q));
}

}  // namespace armillion::isa::semantics
