#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "ops/executors/kinds.hpp"
#include "ops/kernels/one_lane.hpp"

// What kernels do with one element of each operand. Freestanding.
namespace armillion::ops::gpu {

/// Integers wrap: arithmetic on them is unsigned.
template <class T>
using Arithmetic = std::conditional_t<std::is_integral_v<T>, std::uint32_t, T>;

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

template <class T>
constexpr BitsOf<T> SIGN_BIT = BitsOf<T>{1} << (8 * sizeof(T) - 1);

template <class T>
ARMILLION_INLINE bool is_nan(T x) {
  return x != x;  // NOLINT(misc-redundant-expression)
}

template <class T>
ARMILLION_INLINE bool is_negative(T x) {
  return (std::bit_cast<BitsOf<T>>(x) & SIGN_BIT<T>) != 0;
}

template <class T>
ARMILLION_INLINE T smaller(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return is_negative(a) ? a : b;
  }
  return a < b ? a : b;
}

template <class T>
ARMILLION_INLINE T larger(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return is_negative(a) ? b : a;
  }
  return a > b ? a : b;
}

ARMILLION_INLINE float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
ARMILLION_INLINE double multiply_add(double a, double b, double c) { return __builtin_fma(a, b, c); }

/// Signs are bits here, so that NaNs keep theirs.
template <class T>
ARMILLION_INLINE T absolute(T x) {
  if constexpr (std::is_integral_v<T>) {
    return x < 0 ? static_cast<T>(0 - static_cast<Arithmetic<T>>(x)) : x;
  } else {
    return std::bit_cast<T>(std::bit_cast<BitsOf<T>>(x) & ~SIGN_BIT<T>);
  }
}

template <class T>
ARMILLION_INLINE T negated(T x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(0 - static_cast<Arithmetic<T>>(x));
  } else {
    return std::bit_cast<T>(std::bit_cast<BitsOf<T>>(x) ^ SIGN_BIT<T>);
  }
}

/// One element of a result. Operands that the operation has not are not looked at.
template <ElementwiseKind KIND, class T>
ARMILLION_INLINE T element_of(T a, T b, T c) {
  using enum ElementwiseKind;
  namespace functions = one_lane;
  constexpr hwy::one_lane::Number<T> NUMBER;
  const auto x = static_cast<Arithmetic<T>>(a);
  const auto y = static_cast<Arithmetic<T>>(b);
  if constexpr (KIND == COPY) return a;
  if constexpr (KIND == ABS) return absolute(a);
  if constexpr (KIND == NEG) return negated(a);
  if constexpr (KIND == RELU) return a > 0 || is_nan(a) ? a : T{0};
  if constexpr (KIND == EXP) return functions::Exp{}(NUMBER, a);
  if constexpr (KIND == LOG) return functions::Log{}(NUMBER, a);
  if constexpr (KIND == SIGMOID) return functions::Sigmoid{}(NUMBER, a);
  if constexpr (KIND == TANH) return functions::Tanh{}(NUMBER, a);
  if constexpr (KIND == GELU) return functions::Gelu{}(NUMBER, a);
  if constexpr (KIND == ADD) return static_cast<T>(x + y);
  if constexpr (KIND == SUB) return static_cast<T>(x - y);
  if constexpr (KIND == MUL) return static_cast<T>(x * y);
  if constexpr (KIND == DIV) return a / b;
  if constexpr (KIND == MINIMUM) return smaller(a, b);
  if constexpr (KIND == MAXIMUM) return larger(a, b);
  if constexpr (KIND == FMA) return multiply_add(a, b, c);
  if constexpr (KIND == CLIP) return a < b ? b : a > c ? c : a;
}

}  // namespace armillion::ops::gpu
