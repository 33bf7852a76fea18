#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "isa/macros.hpp"

// The elementary functions for one number at a time, with the same operations and so the same bits as on vectors that
// have a fused multiplication: what elementary-inl.hpp uses of Highway, for vectors of one lane. Freestanding. A source
// file includes this or Highway.
#define ARMILLION_OPS_VECTORS_ARE_NUMBERS
#define HWY_NAMESPACE one_lane
#define HWY_INLINE inline __attribute__((always_inline))
#define HWY_ATTR
#define HWY_ARCH_X86 0
#define HWY_BEFORE_NAMESPACE() static_assert(true)
#define HWY_AFTER_NAMESPACE() static_assert(true)

// NOLINTBEGIN(readability-identifier-naming): names are Highway's.
namespace hwy::one_lane {

/// What a vector's kind is called by: here, a number's.
template <class T>
struct Number {
  using Type = T;
};

template <class D>
using TFromD = typename D::Type;

template <class T>
struct Integers;
template <>
struct Integers<float> {
  using Signed = std::int32_t;
  using Unsigned = std::uint32_t;
};
template <>
struct Integers<double> {
  using Signed = std::int64_t;
  using Unsigned = std::uint64_t;
};
template <>
struct Integers<std::int32_t> : Integers<float> {};
template <>
struct Integers<std::uint32_t> : Integers<float> {};
template <>
struct Integers<std::int64_t> : Integers<double> {};
template <>
struct Integers<std::uint64_t> : Integers<double> {};
template <class T>
using Unsigned = typename Integers<T>::Unsigned;
template <class D>
using RebindToSigned = Number<typename Integers<TFromD<D>>::Signed>;
template <class D>
using RebindToUnsigned = Number<Unsigned<TFromD<D>>>;

template <class T>
constexpr Unsigned<T> SIGN = Unsigned<T>{1} << (8 * sizeof(T) - 1);
template <class T>
ARMILLION_INLINE Unsigned<T> bits(T x) {
  return std::bit_cast<Unsigned<T>>(x);
}
template <class T>
ARMILLION_INLINE T from_bits(Unsigned<T> x) {
  return std::bit_cast<T>(x);
}

template <class T, class U>
ARMILLION_INLINE T Set(Number<T>, U x) {
  return static_cast<T>(x);
}
template <class T>
ARMILLION_INLINE T Zero(Number<T>) {
  return 0;
}
template <class T>
ARMILLION_INLINE T Inf(Number<T>) {
  return std::numeric_limits<T>::infinity();
}
template <class T>
ARMILLION_INLINE T NaN(Number<T>) {
  return std::numeric_limits<T>::quiet_NaN();
}

template <class T>
ARMILLION_INLINE T Add(T a, T b) {
  return a + b;
}
/// Integers wrap.
template <class T>
ARMILLION_INLINE T Sub(T a, T b) {
  if constexpr (std::numeric_limits<T>::is_integer) {
    return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
  } else {
    return a - b;
  }
}
template <class T>
ARMILLION_INLINE T Mul(T a, T b) {
  return a * b;
}
template <class T>
ARMILLION_INLINE T Div(T a, T b) {
  return a / b;
}
ARMILLION_INLINE float MulAdd(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
ARMILLION_INLINE double MulAdd(double a, double b, double c) { return __builtin_fma(a, b, c); }
template <class T>
ARMILLION_INLINE T NegMulAdd(T a, T b, T c) {
  return MulAdd(-a, b, c);
}
template <class T>
ARMILLION_INLINE T NegMulSub(T a, T b, T c) {
  return MulAdd(-a, b, -c);
}

template <class T>
ARMILLION_INLINE T And(T a, T b) {
  return from_bits<T>(bits(a) & bits(b));
}
template <class T>
ARMILLION_INLINE T Abs(T x) {
  return from_bits<T>(bits(x) & ~SIGN<T>);
}
template <class T>
ARMILLION_INLINE T Neg(T x) {
  return from_bits<T>(bits(x) ^ SIGN<T>);
}
template <class T>
ARMILLION_INLINE T CopySign(T magnitude, T sign) {
  return from_bits<T>((bits(magnitude) & ~SIGN<T>) | (bits(sign) & SIGN<T>));
}

template <class T>
ARMILLION_INLINE bool Lt(T a, T b) {
  return a < b;
}
template <class T>
ARMILLION_INLINE bool Gt(T a, T b) {
  return a > b;
}
template <class T>
ARMILLION_INLINE bool Eq(T a, T b) {
  return a == b;
}
template <class T>
ARMILLION_INLINE T IfThenElse(bool condition, T yes, T no) {
  return condition ? yes : no;
}
template <class T>
ARMILLION_INLINE T IfThenElseZero(bool condition, T yes) {
  return condition ? yes : T{0};
}
template <class T>
ARMILLION_INLINE T IfNegativeThenElse(T x, T yes, T no) {
  return (bits(x) & SIGN<T>) != 0 ? yes : no;
}

template <class T, class U>
ARMILLION_INLINE T BitCast(Number<T>, U x) {
  return std::bit_cast<T>(x);
}
template <int COUNT, class T>
ARMILLION_INLINE T ShiftLeft(T x) {
  return static_cast<T>(static_cast<Unsigned<T>>(x) << COUNT);
}
template <int COUNT, class T>
ARMILLION_INLINE T ShiftRight(T x) {
  return x >> COUNT;
}
template <class T, class U>
ARMILLION_INLINE T ConvertTo(Number<T>, U x) {
  return static_cast<T>(x);
}

}  // namespace hwy::one_lane
// NOLINTEND(readability-identifier-naming)

#include "ops/kernels/elementary-inl.hpp"
