#pragma once

#include <cstdint>

#include "isa/semantics/common.hpp"

// How scalar floating-point instructions see the vector registers: they read the low bits and clear the rest. T is the
// unsigned integer as wide as the format.
namespace armillion::isa::semantics::scalar {

template <class T, class M>
ARMILLION_INLINE T read(M& m, V source) {
  return m.read(source).template get<T>(0);
}

template <class T, class M>
ARMILLION_INLINE void write(M& m, V d, T value) {
  m.write(d, Vector::from_parts(value, 0));
}

/// Calls `body.template operator()<T>()` with T for the low bit of a type field: set for double precision, clear for
/// single.
template <class Body>
ARMILLION_INLINE auto by_precision(Flag type, Body&& body) {
  [[clang::always_inline]] return by_width(type, body);
}

/// d = operation(m, a), in the format T.
template <class T, class M, class Operation>
ARMILLION_INLINE void unary(M& m, V a, V d, Operation operation) {
  [[clang::always_inline]] write<T>(m, d, operation(m, read<T>(m, a)));
}

/// d = operation(m, a), in the format that `type` selects.
template <class M, class Operation>
ARMILLION_INLINE void unary(M& m, Flag type, V a, V d, Operation operation) {
  by_precision(type, [&]<class T> { unary<T>(m, a, d, operation); });
}

/// d = operation(m, a, b), in the format T.
template <class T, class M, class Operation>
ARMILLION_INLINE void binary(M& m, V b, V a, V d, Operation operation) {
  [[clang::always_inline]] write<T>(m, d, operation(m, read<T>(m, a), read<T>(m, b)));
}

/// d = operation(m, a, b), in the format that `type` selects.
template <class M, class Operation>
ARMILLION_INLINE void binary(M& m, Flag type, V b, V a, V d, Operation operation) {
  by_precision(type, [&]<class T> { binary<T>(m, b, a, d, operation); });
}

}  // namespace armillion::isa::semantics::scalar
