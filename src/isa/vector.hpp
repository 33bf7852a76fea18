#pragma once

#include <cstdint>

#include "isa/macros.hpp"

// 128-bit vectors as the semantic functions see them. Element functions are written for one element and mapped over
// the lanes; the compiler turns them into the host's vector instructions.
namespace armillion::isa {

/// Sixteen bytes as lanes of T; lane 0 holds the least significant bits.
template <class T>
using Lanes = T __attribute__((vector_size(16)));

template <class T>
inline constexpr unsigned LANES = 16 / sizeof(T);

/// The value of one 128-bit register.
struct Vector {
  Lanes<std::uint64_t> bits;

  template <class T>
  ARMILLION_INLINE constexpr Lanes<T> lanes() const {
    return (Lanes<T>)bits;
  }
  template <class T>
  ARMILLION_INLINE constexpr T get(unsigned index) const {
    return ((Lanes<T>)bits)[index];
  }
  template <class T>
  ARMILLION_INLINE constexpr void set(unsigned index, T value) {
    auto all = (Lanes<T>)bits;
    all[index] = value;
    bits = (Lanes<std::uint64_t>)all;
  }
  template <class T>
  ARMILLION_INLINE static constexpr Vector from(Lanes<T> lanes) {
    return {(Lanes<std::uint64_t>)lanes};
  }
  ARMILLION_INLINE static constexpr Vector zero() { return {Lanes<std::uint64_t>{0, 0}}; }
  ARMILLION_INLINE static constexpr Vector from_parts(std::uint64_t low, std::uint64_t high) {
    return {Lanes<std::uint64_t>{low, high}};
  }
  ARMILLION_INLINE constexpr std::uint64_t low() const { return bits[0]; }
  ARMILLION_INLINE constexpr std::uint64_t high() const { return bits[1]; }
};

static_assert(sizeof(Vector) == 16);

/// The vector with its upper half cleared where `quad` is false: what a 64-bit vector operation leaves in a register.
ARMILLION_INLINE constexpr Vector clip(Vector value, bool quad) {
  return quad ? value : Vector::from_parts(value.low(), 0);
}

/// A vector whose every lane is `value`.
template <class T>
ARMILLION_INLINE constexpr Vector broadcast(T value) {
  Lanes<T> result;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; ++i) result[i] = value;
  return Vector::from<T>(result);
}

/// Lane i of the result is `function(lane i of a)`, both of type T.
template <class T, class Function>
ARMILLION_INLINE constexpr Vector map(Vector a, Function function) {
  const auto x = a.lanes<T>();
  Lanes<T> result;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; ++i) result[i] = static_cast<T>(function(T(x[i])));
  return Vector::from<T>(result);
}

template <class T, class Function>
ARMILLION_INLINE constexpr Vector map(Vector a, Vector b, Function function) {
  const auto x = a.lanes<T>();
  const auto y = b.lanes<T>();
  Lanes<T> result;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; ++i) result[i] = static_cast<T>(function(T(x[i]), T(y[i])));
  return Vector::from<T>(result);
}

template <class T, class Function>
ARMILLION_INLINE constexpr Vector map(Vector a, Vector b, Vector c, Function function) {
  const auto x = a.lanes<T>();
  const auto y = b.lanes<T>();
  const auto z = c.lanes<T>();
  Lanes<T> result;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; ++i) result[i] = static_cast<T>(function(T(x[i]), T(y[i]), T(z[i])));
  return Vector::from<T>(result);
}

/// Calls `body.template operator()<T>()` with T the unsigned integer of 8 << size bits (size 0 to 3). The body becomes
/// part of the caller, so that what is constant there is constant in it.
template <class Body>
ARMILLION_INLINE constexpr auto by_size(std::uint32_t size, Body&& body) {
  switch (size & 3) {
    case 0: [[clang::always_inline]] return body.template operator()<std::uint8_t>();
    case 1: [[clang::always_inline]] return body.template operator()<std::uint16_t>();
    case 2: [[clang::always_inline]] return body.template operator()<std::uint32_t>();
    default: [[clang::always_inline]] return body.template operator()<std::uint64_t>();
  }
}

/// The same with signed integers.
template <class Body>
ARMILLION_INLINE constexpr auto by_signed_size(std::uint32_t size, Body&& body) {
  switch (size & 3) {
    case 0: [[clang::always_inline]] return body.template operator()<std::int8_t>();
    case 1: [[clang::always_inline]] return body.template operator()<std::int16_t>();
    case 2: [[clang::always_inline]] return body.template operator()<std::int32_t>();
    default: [[clang::always_inline]] return body.template operator()<std::int64_t>();
  }
}

/// The same with the two sizes of general registers: `sf` selects 64 bits.
template <class Body>
ARMILLION_INLINE constexpr auto by_width(bool sf, Body&& body) {
  if (sf) [[clang::always_inline]]
    return body.template operator()<std::uint64_t>();
  [[clang::always_inline]] return body.template operator()<std::uint32_t>();
}

}  // namespace armillion::isa
