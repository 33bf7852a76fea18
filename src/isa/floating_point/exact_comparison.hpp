#pragma once

#include <cstdint>

#include "isa/flags.hpp"
#include "isa/floating_point/exact_arithmetic.hpp"
#include "isa/floating_point/rounding.hpp"
#include "isa/macros.hpp"

// Minimum, maximum and comparison in integers only; see `exact_arithmetic.hpp`.
namespace armillion::isa::fp::exact {

/// The value of a number, flushed if FPCR says so, as an integer that orders like the numbers do; both zeros are 0.
template <class T>
constexpr std::int64_t order_of(T value, const Unpacked& x) {
  if (x.is_zero()) return 0;
  const auto magnitude = static_cast<std::int64_t>(absolute(value));
  return x.negative ? -magnitude : magnitude;
}

/// What the operand is after unpacking: itself, or the zero that it was flushed to.
template <class T>
constexpr T flushed(T value, const Unpacked& x) {
  return x.is_zero() ? Format<T>::sign_bit(x.negative) : value;
}

/// FPMax: of two zeros, plus zero unless both are minus zero.
template <class T>
ARMILLION_COLD constexpr Outcome<T> maximum(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [&](const Unpacked& x, const Unpacked& y, Environment&) {
    if (x.is_zero() && y.is_zero()) return Format<T>::sign_bit(x.negative && y.negative);
    return order_of(a, x) > order_of(b, y) ? flushed(a, x) : flushed(b, y);
  });
}

/// FPMin: of two zeros, minus zero unless both are plus zero.
template <class T>
ARMILLION_COLD constexpr Outcome<T> minimum(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [&](const Unpacked& x, const Unpacked& y, Environment&) {
    if (x.is_zero() && y.is_zero()) return Format<T>::sign_bit(x.negative || y.negative);
    return order_of(a, x) < order_of(b, y) ? flushed(a, x) : flushed(b, y);
  });
}

template <class T>
constexpr bool is_quiet_nan(T value) {
  return is_nan(value) && !is_signalling_nan(value);
}

/// FPMaxNum: a quiet NaN loses against anything else.
template <class T>
ARMILLION_COLD constexpr Outcome<T> maximum_number(T a, T b, std::uint32_t fpcr) {
  constexpr T LOSER = static_cast<T>(Format<T>::PLUS_INFINITY | Format<T>::SIGN);
  if (is_quiet_nan(a) && !is_quiet_nan(b)) return maximum(LOSER, b, fpcr);
  if (is_quiet_nan(b) && !is_quiet_nan(a)) return maximum(a, LOSER, fpcr);
  return maximum(a, b, fpcr);
}

/// FPMinNum.
template <class T>
ARMILLION_COLD constexpr Outcome<T> minimum_number(T a, T b, std::uint32_t fpcr) {
  constexpr T LOSER = Format<T>::PLUS_INFINITY;
  if (is_quiet_nan(a) && !is_quiet_nan(b)) return minimum(LOSER, b, fpcr);
  if (is_quiet_nan(b) && !is_quiet_nan(a)) return minimum(a, LOSER, fpcr);
  return minimum(a, b, fpcr);
}

enum class Relation : std::uint8_t { LESS, EQUAL, GREATER, UNORDERED };

/// Which NaNs make a comparison an invalid operation.
enum class SignalOn : std::uint8_t { SIGNALLING_NANS, ALL_NANS };

/// The common core of FPCompare, FPCompareEQ, FPCompareGE and FPCompareGT.
template <class T>
ARMILLION_COLD constexpr Outcome<Relation> compare(T a, T b, SignalOn signal_on, std::uint32_t fpcr) {
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked x = unpack(a, environment);
  const Unpacked y = unpack(b, environment);
  if (x.is_nan() || y.is_nan()) {
    const bool signalling = x.kind == Kind::SIGNALLING_NAN || y.kind == Kind::SIGNALLING_NAN;
    if (signalling || signal_on == SignalOn::ALL_NANS) environment.raise(INVALID_OPERATION);
    return environment.outcome(Relation::UNORDERED);
  }
  const std::int64_t left = order_of(a, x);
  const std::int64_t right = order_of(b, y);
  return environment.outcome(left < right ? Relation::LESS : left > right ? Relation::GREATER : Relation::EQUAL);
}

/// The condition flags that FCMP sets (FPCompare).
ARMILLION_INLINE constexpr Flags flags_of(Relation relation) {
  return {relation == Relation::LESS, relation == Relation::EQUAL, relation != Relation::LESS,
          relation == Relation::UNORDERED};
}

}  // namespace armillion::isa::fp::exact
