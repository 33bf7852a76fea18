#pragma once

#include <cstdint>

#include "isa/floating_point_vector.hpp"
#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// How vector floating-point instructions see the registers: all lanes, or with `q` clear those of the lower half, which
// leaves the upper half of the result zero. T is the unsigned integer as wide as the format; the functions without it
// take it from `size`, the bit that is clear for single and set for double precision. The operations are those of
// `floating_point/vector_operations.hpp`.
namespace armillion::isa::semantics::vector {

template <class Body>
ARMILLION_INLINE auto by_precision(Flag size, Body&& body) {
  return by_width(size, body);
}

/// d = operation(a), lane by lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void unary(M& m, Flag q, V a, V d, Operation operation) {
  m.write(d, fp::vector::apply<T>(m, q, operation, m.read(a)));
}

template <class M, class Operation>
ARMILLION_INLINE void unary(M& m, Flag q, Flag size, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { unary<T>(m, q, a, d, operation); });
}

/// d = operation(a, b), lane by lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void binary(M& m, Flag q, V b, V a, V d, Operation operation) {
  m.write(d, fp::vector::apply<T>(m, q, operation, m.read(a), m.read(b)));
}

template <class M, class Operation>
ARMILLION_INLINE void binary(M& m, Flag q, Flag size, V b, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { binary<T>(m, q, b, a, d, operation); });
}

/// d = operation(a, 0), lane by lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void with_zero(M& m, Flag q, V a, V d, Operation operation) {
  m.write(d, fp::vector::apply<T>(m, q, operation, m.read(a), Vector::zero()));
}

template <class M, class Operation>
ARMILLION_INLINE void with_zero(M& m, Flag q, Flag size, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { with_zero<T>(m, q, a, d, operation); });
}

/// d = operation(0, a), lane by lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void zero_with(M& m, Flag q, V a, V d, Operation operation) {
  m.write(d, fp::vector::apply<T>(m, q, operation, Vector::zero(), m.read(a)));
}

template <class M, class Operation>
ARMILLION_INLINE void zero_with(M& m, Flag q, Flag size, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { zero_with<T>(m, q, a, d, operation); });
}

/// d = operation(lanes 0, 2, ..., lanes 1, 3, ...) of b:a.
template <class T, class M, class Operation>
ARMILLION_INLINE void pairwise(M& m, Flag q, V b, V a, V d, Operation operation) {
  const auto [even, odd] = integer::pairs<T>(m.read(a), m.read(b), q);
  m.write(d, fp::vector::apply<T>(m, q, operation, even, odd));
}

template <class M, class Operation>
ARMILLION_INLINE void pairwise(M& m, Flag q, Flag size, V b, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { pairwise<T>(m, q, b, a, d, operation); });
}

/// Of an operand that is multiplied.
enum class Sign : std::uint8_t { KEEP, NEGATE };

/// d = d + a * b or d - a * b, rounded once.
template <class T, Sign SIGN, class M>
ARMILLION_INLINE void multiply_add(M& m, Flag q, Vector b, V a, V d) {
  const Vector factor = SIGN == Sign::NEGATE ? fp::vector::negate<T>(m.read(a)) : m.read(a);
  m.write(d, fp::vector::apply<T>(m, q, fp::vector::MultiplyAdd{}, m.read(d), factor, b));
}

template <Sign SIGN, class M>
ARMILLION_INLINE void multiply_add(M& m, Flag q, Flag size, V b, V a, V d) {
  by_precision(size, [&]<class T> { multiply_add<T, SIGN>(m, q, m.read(b), a, d); });
}

/// d = operation(lane 0 of a, lane 1 of a).
template <class T, class M, class Operation>
ARMILLION_INLINE void scalar_pairwise(M& m, V a, V d, Operation operation) {
  const Vector pair = m.read(a);
  m.write(d, Vector::from_parts(operation(m, pair.template get<T>(0), pair.template get<T>(1)), 0));
}

template <class M, class Operation>
ARMILLION_INLINE void scalar_pairwise(M& m, Flag size, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { scalar_pairwise<T>(m, a, d, operation); });
}

/// d = all lanes of a brought together by `operation`.
template <class T, class M, class Operation>
ARMILLION_INLINE void across_lanes(M& m, Flag q, V a, V d, Operation operation) {
  using fp::vector::Status;
  const unsigned count = fp::vector::lane_count<T>(q);
  m.write(d, fp::vector::settle(m, fp::vector::reduce<T>(Status::of(m), operation, count, m.read(a))));
}

/// Writes the lower half of `value` to one half of d: the upper one where `q` is set, and else the lower one, which
/// clears the upper one.
template <class M>
ARMILLION_INLINE void write_half(M& m, Flag q, V d, Vector value) {
  m.write(d, q ? Vector::from_parts(m.read(d).low(), value.low()) : Vector::from_parts(value.low(), 0));
}

/// The half of a register that `write_half` writes, as the lower half of a vector.
template <class M>
ARMILLION_INLINE Vector read_half(M& m, Flag q, V a) {
  return Vector::from_parts(q ? m.read(a).high() : m.read(a).low(), 0);
}

}  // namespace armillion::isa::semantics::vector
