#pragma once

#include <bit>
#include <concepts>
#include <cstdint>

#include "isa/macros.hpp"

// The floating-point arithmetic of the processor that this code is compiled for, and the one place that asks which one
// that is. All of them round to nearest, ties to even, and keep denormals, which is what FPCR asks for after a reset.
// What else they do, with NaNs above all, differs: callers look at results before they use them.
namespace armillion::isa::host {

// a * b + c must stay two operations.
#pragma STDC FP_CONTRACT OFF

/// The formats that every host computes in.
template <class T>
concept Format = std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t>;

namespace detail {
template <class T>
struct NumberOf;
template <>
struct NumberOf<std::uint32_t> {
  using Type = float;
};
template <>
struct NumberOf<std::uint64_t> {
  using Type = double;
};
}  // namespace detail

/// The host's type for the format whose bits are a T.
template <Format T>
using Number = typename detail::NumberOf<T>::Type;

template <Format T>
ARMILLION_INLINE constexpr Number<T> number(T bits) {
  return std::bit_cast<Number<T>>(bits);
}

ARMILLION_INLINE constexpr std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }
ARMILLION_INLINE constexpr std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

/// Whether a fused multiply-add is one instruction, and not a call of a mathematical library that this code must do
/// without. Who compiles for a processor that is known later, like a translator, may say so by the macro.
#if defined(ARMILLION_HOST_HAS_FMA) || defined(__FMA__) || defined(__aarch64__) || defined(__NVPTX__)
inline constexpr bool HAS_FUSED_MULTIPLY_ADD = true;
#else
inline constexpr bool HAS_FUSED_MULTIPLY_ADD = false;
#endif

/// The same of rounding to an integral value. Whoever has the one has the other.
#if defined(__SSE4_1__)
inline constexpr bool HAS_ROUNDING_TO_INTEGRAL = true;
#else
inline constexpr bool HAS_ROUNDING_TO_INTEGRAL = HAS_FUSED_MULTIPLY_ADD;
#endif

/// a * b + addend, rounded once. Only where HAS_FUSED_MULTIPLY_ADD.
template <std::floating_point F>
ARMILLION_INLINE F multiply_add(F addend, F a, F b) {
  return __builtin_elementwise_fma(a, b, addend);
}

/// The builtin is an instruction on every host; that of the C library would set errno.
template <std::floating_point F>
ARMILLION_INLINE F square_root(F value) {
  return __builtin_elementwise_sqrt(value);
}

/// The rounding error of `sum`, which must be x + y as the host rounded it (Knuth's TwoSum). It is exact, or NaN where
/// a step of it overflowed.
template <std::floating_point F>
ARMILLION_INLINE constexpr F error_of_sum(F x, F y, F sum) {
  const F rounded_y = sum - x;
  const F rounded_x = sum - rounded_y;
  return (x - rounded_x) + (y - rounded_y);
}

}  // namespace armillion::isa::host
