#pragma once

#include <cstdint>

#include "isa/floating_point_vector.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/scalar.hpp"
#include "isa/semantics/simd_floating_point_three_same.hpp"
#include "isa/semantics/vector.hpp"

// SIMD floating point, by indexed element. Every function ending in _half is its neighbour above for half precision;
// every one with _scalar in its name works on the lowest lane only.
namespace armillion::isa::semantics {

namespace vector {

/// The element of a half-precision instruction: index h:l:k of a register that only four bits name.
template <class M>
ARMILLION_INLINE std::uint16_t half_element(M& m, Flag l, Flag k, Unsigned<4> b, Flag h) {
  return m.read(V::from_field(b)).template get<std::uint16_t>(h.value << 2 | l.value << 1 | k.value);
}

/// The element of a single-precision instruction, index h:l, or of a double-precision one, index h.
template <class T, class M>
ARMILLION_INLINE T element(M& m, Flag l, V b, Flag h) {
  return m.read(b).template get<T>(sizeof(T) == 4 ? h.value << 1 | l.value : h.value);
}

/// d = operation(a, element), lane by lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void with_element(M& m, Flag q, T element, V a, V d, Operation operation) {
  m.write(d, fp::vector::apply<T>(m, q, operation, m.read(a), broadcast<T>(element)));
}

}  // namespace vector

namespace scalar {

/// d = operation(a, element), in the lowest lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void with_element(M& m, T element, V a, V d, Operation operation) {
  write<T>(m, d, operation(m, read<T>(m, a), element));
}

/// d = d + a * element or d - a * element in the lowest lane, rounded once.
template <class T, vector::Sign SIGN, class M>
ARMILLION_INLINE void multiply_add_element(M& m, T element, V a, V d) {
  const T factor = SIGN == vector::Sign::NEGATE ? fp::negate(read<T>(m, a)) : read<T>(m, a);
  write<T>(m, d, fp::multiply_add(m, read<T>(m, d), factor, element));
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void fmul_by_element_vector(M& m, Flag q, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    vector::with_element<T>(m, q, vector::element<T>(m, l, b, h), a, d, fp::vector::Multiply{});
  });
}

template <class M>
ARMILLION_INLINE void fmul_by_element_vector_half(M& m, Flag q, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  vector::with_element<std::uint16_t>(m, q, vector::half_element(m, l, k, b, h), a, d, fp::vector::Multiply{});
}

template <class M>
ARMILLION_INLINE void fmul_by_element_scalar(M& m, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(
      size, [&]<class T> { scalar::with_element<T>(m, vector::element<T>(m, l, b, h), a, d, fp::vector::Multiply{}); });
}

template <class M>
ARMILLION_INLINE void fmul_by_element_scalar_half(M& m, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  scalar::with_element<std::uint16_t>(m, vector::half_element(m, l, k, b, h), a, d, fp::vector::Multiply{});
}

template <class M>
ARMILLION_INLINE void fmla_by_element_vector(M& m, Flag q, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    vector::multiply_add<T, vector::Sign::KEEP>(m, q, broadcast<T>(vector::element<T>(m, l, b, h)), a, d);
  });
}

template <class M>
ARMILLION_INLINE void fmla_by_element_vector_half(M& m, Flag q, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  const Vector factor = broadcast<std::uint16_t>(vector::half_element(m, l, k, b, h));
  vector::multiply_add<std::uint16_t, vector::Sign::KEEP>(m, q, factor, a, d);
}

template <class M>
ARMILLION_INLINE void fmla_by_element_scalar(M& m, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    scalar::multiply_add_element<T, vector::Sign::KEEP>(m, vector::element<T>(m, l, b, h), a, d);
  });
}

template <class M>
ARMILLION_INLINE void fmla_by_element_scalar_half(M& m, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  scalar::multiply_add_element<std::uint16_t, vector::Sign::KEEP>(m, vector::half_element(m, l, k, b, h), a, d);
}

template <class M>
ARMILLION_INLINE void fmls_by_element_vector(M& m, Flag q, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    vector::multiply_add<T, vector::Sign::NEGATE>(m, q, broadcast<T>(vector::element<T>(m, l, b, h)), a, d);
  });
}

template <class M>
ARMILLION_INLINE void fmls_by_element_vector_half(M& m, Flag q, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  const Vector factor = broadcast<std::uint16_t>(vector::half_element(m, l, k, b, h));
  vector::multiply_add<std::uint16_t, vector::Sign::NEGATE>(m, q, factor, a, d);
}

template <class M>
ARMILLION_INLINE void fmls_by_element_scalar(M& m, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    scalar::multiply_add_element<T, vector::Sign::NEGATE>(m, vector::element<T>(m, l, b, h), a, d);
  });
}

template <class M>
ARMILLION_INLINE void fmls_by_element_scalar_half(M& m, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  scalar::multiply_add_element<std::uint16_t, vector::Sign::NEGATE>(m, vector::half_element(m, l, k, b, h), a, d);
}

template <class M>
ARMILLION_INLINE void fmulx_by_element_vector(M& m, Flag q, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    vector::with_element<T>(m, q, vector::element<T>(m, l, b, h), a, d, fp::vector::MultiplyExtended{});
  });
}

template <class M>
ARMILLION_INLINE void fmulx_by_element_vector_half(M& m, Flag q, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  vector::with_element<std::uint16_t>(m, q, vector::half_element(m, l, k, b, h), a, d, fp::vector::MultiplyExtended{});
}

template <class M>
ARMILLION_INLINE void fmulx_by_element_scalar(M& m, Flag size, Flag l, V b, Flag h, V a, V d) {
  vector::by_precision(size, [&]<class T> {
    scalar::with_element<T>(m, vector::element<T>(m, l, b, h), a, d, fp::vector::MultiplyExtended{});
  });
}

template <class M>
ARMILLION_INLINE void fmulx_by_element_scalar_half(M& m, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  scalar::with_element<std::uint16_t>(m, vector::half_element(m, l, k, b, h), a, d, fp::vector::MultiplyExtended{});
}

// Complex numbers: the element is a pair of lanes, which is broadcast like a lane of twice the size.

template <class M>
ARMILLION_INLINE void fcmla_by_element_half(M& m, Flag q, Flag l, V b, Unsigned<2> rotation, Flag h, V a, V d) {
  const auto pair = m.read(b).template get<std::uint32_t>(h.value << 1 | l.value);
  vector::complex_multiply_add<std::uint16_t>(m, q, rotation, broadcast<std::uint32_t>(pair), a, d);
}

template <class M>
ARMILLION_INLINE void fcmla_by_element_single(M& m, V b, Unsigned<2> rotation, Flag h, V a, V d) {
  const auto pair = m.read(b).template get<std::uint64_t>(h.value);
  vector::complex_multiply_add<std::uint32_t>(m, Flag{1}, rotation, broadcast<std::uint64_t>(pair), a, d);
}

}  // namespace armillion::isa::semantics
