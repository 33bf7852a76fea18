#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD, across lanes, integer (Advanced SIMD across lanes, and scalar pairwise).
namespace armillion::isa::semantics {

/// function(... function(function(lane 0, lane 1), lane 2) ..., last lane).
template <class T, class Function>
ARMILLION_INLINE constexpr T reduce(Vector vector, Function function) {
  T result = vector.get<T>(0);
#pragma clang loop unroll(full)
  for (unsigned i = 1; i < LANES<T>; ++i) result = static_cast<T>(function(result, vector.get<T>(i)));
  return result;
}

// Sums.

template <class M>
ARMILLION_INLINE void addv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    m.write(rd, integer::scalar(reduce<T>(clip(m.read(rn), q), [](T x, T y) { return x + y; })));
  });
}

/// The sum of all lanes, as a number with twice the bits of T.
template <class T>
ARMILLION_INLINE constexpr integer::Widened<T> add_long_lanes(Vector vector) {
  using Wide = integer::Widened<T>;
  const Vector lower = integer::widen<T>(vector, integer::Half::LOWER);
  const Vector upper = integer::widen<T>(vector, integer::Half::UPPER);
  return reduce<Wide>(integer::add<Wide>(lower, upper), [](Wide x, Wide y) { return x + y; });
}

template <class M>
ARMILLION_INLINE void saddlv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(
      size, [&]<class T> { m.write(rd, integer::scalar(add_long_lanes<T>(clip(m.read(rn), q)))); });
}

template <class M>
ARMILLION_INLINE void uaddlv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size,
                            [&]<class T> { m.write(rd, integer::scalar(add_long_lanes<T>(clip(m.read(rn), q)))); });
}

template <class M>
ARMILLION_INLINE void addp_scalar(M& m, V rn, V rd) {
  const Vector operand = m.read(rn);
  m.write(rd, integer::scalar(operand.low() + operand.high()));
}

// Maximum and minimum.

/// The vector, or its lower half twice where `quad` is false: that has the same maximum and minimum as the half.
ARMILLION_INLINE constexpr Vector repeat_half(Vector vector, bool quad) {
  return quad ? vector : Vector::from_parts(vector.low(), vector.low());
}

template <class M>
ARMILLION_INLINE void smaxv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    m.write(rd, integer::scalar(reduce<T>(repeat_half(m.read(rn), q), [](T x, T y) { return x > y ? x : y; })));
  });
}

template <class M>
ARMILLION_INLINE void umaxv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    m.write(rd, integer::scalar(reduce<T>(repeat_half(m.read(rn), q), [](T x, T y) { return x > y ? x : y; })));
  });
}

template <class M>
ARMILLION_INLINE void sminv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    m.write(rd, integer::scalar(reduce<T>(repeat_half(m.read(rn), q), [](T x, T y) { return x < y ? x : y; })));
  });
}

template <class M>
ARMILLION_INLINE void uminv(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    m.write(rd, integer::scalar(reduce<T>(repeat_half(m.read(rn), q), [](T x, T y) { return x < y ? x : y; })));
  });
}

}  // namespace armillion::isa::semantics
