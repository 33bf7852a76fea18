#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/floating_point/format.hpp"
#include "isa/macros.hpp"

// The exact arithmetic's foundation: values taken apart, results rounded, NaNs propagated, as the shared pseudocode
// of the Arm Architecture Reference Manual has it (FPUnpack, FPRound, FPProcessNaNs). Without FEAT_AFP: no trapped
// exceptions, no alternate handling.
namespace armillion::isa::fp {

/// A result and the exceptions (FPSR bits) that computing it raised.
template <class T>
struct Outcome {
  T value;
  std::uint32_t exceptions;
};

/// What an exact operation runs under: FPCR as it applies to the operation, and the exceptions raised so far.
struct Environment {
  std::uint32_t fpcr;
  std::uint32_t exceptions = 0;

  /// Arithmetic never sees the alternative half-precision format (FPUnpack and FPRound clear FPCR.AHP).
  static constexpr Environment for_arithmetic(std::uint32_t fpcr) { return {fpcr & ~ALTERNATIVE_HALF}; }
  /// Conversions between formats never flush half-precision denormals (FPUnpackCV and FPRoundCV clear FPCR.FZ16).
  static constexpr Environment for_conversion(std::uint32_t fpcr) { return {fpcr & ~FLUSH_HALF}; }

  constexpr void raise(std::uint32_t bits) { exceptions |= bits; }
  constexpr bool has(std::uint32_t control) const { return (fpcr & control) != 0; }
  constexpr Rounding rounding() const { return rounding_of(fpcr); }

  template <class T>
  constexpr Outcome<T> outcome(T value) const {
    return {value, exceptions};
  }
};

enum class Kind : std::uint8_t { ZERO, FINITE, INFINITE, QUIET_NAN, SIGNALLING_NAN };

/// A value taken apart. A FINITE one is significand * 2^(exponent - 63) with bit 63 of the significand set.
struct Unpacked {
  Kind kind;
  bool negative;
  int exponent;
  std::uint64_t significand;

  constexpr bool is_zero() const { return kind == Kind::ZERO; }
  constexpr bool is_infinite() const { return kind == Kind::INFINITE; }
  constexpr bool is_nan() const { return kind >= Kind::QUIET_NAN; }
};

/// FPUnpackBase. Flushing an input raises Input Denormal, except for half precision.
template <class T>
constexpr Unpacked unpack(T value, Environment& environment) {
  using F = Format<T>;
  const bool negative = (value & F::SIGN) != 0;
  const std::uint64_t fraction = value & F::FRACTION;
  const int field = static_cast<int>((value & F::MAGNITUDE) >> F::FRACTION_BITS);
  const bool alternative = F::WIDTH == 16 && environment.has(ALTERNATIVE_HALF);

  if (field == F::MAXIMUM_EXPONENT_FIELD && !alternative) {
    if (fraction == 0) return {Kind::INFINITE, negative, 0, 0};
    return {fraction & F::QUIET ? Kind::QUIET_NAN : Kind::SIGNALLING_NAN, negative, 0, 0};
  }
  if (field == 0) {
    if (fraction == 0) return {Kind::ZERO, negative, 0, 0};
    if (environment.has(F::FLUSH_CONTROL)) {
      if (F::WIDTH != 16) environment.raise(INPUT_DENORMAL);
      return {Kind::ZERO, negative, 0, 0};
    }
    const int shift = __builtin_clzll(fraction);
    return {Kind::FINITE, negative, F::MINIMUM_EXPONENT - F::FRACTION_BITS + 63 - shift, fraction << shift};
  }
  return {Kind::FINITE, negative, field - F::BIAS, 1ull << 63 | fraction << (63 - F::FRACTION_BITS)};
}

/// `value >> distance` with every bit that falls off collected in bit 0. For distances of 0 and more.
template <class Integer>
constexpr Integer shift_right_sticky(Integer value, int distance) {
  constexpr int WIDTH = sizeof(Integer) * 8;
  if (distance == 0) return value;
  if (distance >= WIDTH) return value != 0 ? 1 : 0;
  const Integer lost = value << (WIDTH - distance);
  return value >> distance | (lost != 0 ? 1 : 0);
}

/// Whether a magnitude rounds away from zero, given the last bit that is kept and what follows it: the fraction of a
/// unit in the last place, scaled so that bit 63 is a half.
constexpr bool rounds_up(Rounding rounding, bool negative, bool last_bit, std::uint64_t remainder) {
  constexpr std::uint64_t HALF_UNIT = 1ull << 63;
  switch (rounding) {
    case Rounding::TIES_EVEN: return remainder > HALF_UNIT || (remainder == HALF_UNIT && last_bit);
    case Rounding::TIES_AWAY: return remainder >= HALF_UNIT;
    case Rounding::PLUS_INFINITY: return remainder != 0 && !negative;
    case Rounding::MINUS_INFINITY: return remainder != 0 && negative;
    case Rounding::ODD: return remainder != 0 && !last_bit;
    case Rounding::ZERO: return false;
  }
  return false;
}

/// Whether a magnitude beyond the largest finite one becomes an infinity.
constexpr bool overflows_to_infinity(Rounding rounding, bool negative) {
  switch (rounding) {
    case Rounding::TIES_EVEN:
    case Rounding::TIES_AWAY: return true;
    case Rounding::PLUS_INFINITY: return !negative;
    case Rounding::MINUS_INFINITY: return negative;
    case Rounding::ZERO:
    case Rounding::ODD: return false;
  }
  return false;
}

/// FPRoundBase: significand * 2^(exponent - 63) in the format F. Bit 63 of the significand is set; bit 0 may stand for
/// anything that is not zero below it.
template <class F>
constexpr typename F::Bits round(bool negative, int exponent, std::uint64_t significand, Rounding rounding,
                                 Environment& environment) {
  using Bits = typename F::Bits;
  constexpr int DISCARDED_BITS = 63 - F::FRACTION_BITS;

  // Underflow is detected before rounding. A flushed result is not reported as inexact.
  const bool tiny = exponent < F::MINIMUM_EXPONENT;
  if (tiny && environment.has(F::FLUSH_CONTROL)) {
    environment.raise(UNDERFLOW);
    return F::sign_bit(negative);
  }
  if (tiny) significand = shift_right_sticky(significand, F::MINIMUM_EXPONENT - exponent);

  const std::uint64_t kept = significand >> DISCARDED_BITS;
  const std::uint64_t remainder = significand << (64 - DISCARDED_BITS);
  if (tiny && remainder != 0) environment.raise(UNDERFLOW);

  // Adding the kept bits to the exponent field lets the leading bit, and the carry of rounding up, count in the field.
  const std::uint64_t field = tiny ? 0 : static_cast<std::uint64_t>(exponent - F::MINIMUM_EXPONENT);
  const std::uint64_t magnitude =
      (field << F::FRACTION_BITS) + kept + rounds_up(rounding, negative, kept & 1, remainder);

  if (std::is_same_v<F, Half> && environment.has(ALTERNATIVE_HALF)) {
    if (magnitude > F::MAGNITUDE) {
      environment.raise(INVALID_OPERATION);
      return static_cast<Bits>(F::sign_bit(negative) | F::MAGNITUDE);
    }
  } else if (magnitude >= F::PLUS_INFINITY) {
    environment.raise(OVERFLOW | INEXACT);
    const Bits limit = overflows_to_infinity(rounding, negative) ? F::PLUS_INFINITY : F::LARGEST;
    return static_cast<Bits>(F::sign_bit(negative) | limit);
  }
  if (remainder != 0) environment.raise(INEXACT);
  return static_cast<Bits>(F::sign_bit(negative) | static_cast<Bits>(magnitude));
}

/// The same with FPCR's rounding mode, for a significand of any width that is not zero: significand *
/// 2^(exponent - WIDTH + 1), not necessarily normalised.
template <class T, class Integer>
constexpr T normalise_and_round(bool negative, int exponent, Integer significand, Rounding rounding,
                                Environment& environment) {
  if constexpr (sizeof(Integer) == 16) {
    const auto high = static_cast<std::uint64_t>(significand >> 64);
    const int shift = high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll(static_cast<std::uint64_t>(significand));
    significand <<= shift;
    const std::uint64_t sticky = static_cast<std::uint64_t>(significand) != 0 ? 1 : 0;
    const auto top = static_cast<std::uint64_t>(significand >> 64);
    return round<Format<T>>(negative, exponent - shift, top | sticky, rounding, environment);
  } else {
    const int shift = __builtin_clzll(significand);
    return round<Format<T>>(negative, exponent - shift, significand << shift, rounding, environment);
  }
}

/// The default NaN of an invalid operation.
template <class T>
constexpr T invalid_operation(Environment& environment) {
  environment.raise(INVALID_OPERATION);
  return Format<T>::DEFAULT_NAN_VALUE;
}

/// FPProcessNaN: `operand` is a NaN of the given kind.
template <class T>
constexpr T propagate_nan(Kind kind, T operand, Environment& environment) {
  if (kind == Kind::SIGNALLING_NAN) environment.raise(INVALID_OPERATION);
  if (environment.has(DEFAULT_NAN)) return Format<T>::DEFAULT_NAN_VALUE;
  return static_cast<T>(operand | Format<T>::QUIET);
}

/// FPProcessNaNs for two operands of which at least one is a NaN: the first signalling one wins, then the first quiet.
template <class T>
constexpr T propagate_nans(const Unpacked& x, const Unpacked& y, T a, T b, Environment& environment) {
  if (x.kind == Kind::SIGNALLING_NAN) return propagate_nan(x.kind, a, environment);
  if (y.kind == Kind::SIGNALLING_NAN) return propagate_nan(y.kind, b, environment);
  if (x.kind == Kind::QUIET_NAN) return propagate_nan(x.kind, a, environment);
  return propagate_nan(y.kind, b, environment);
}

/// The sign of a sum that is exactly zero though its terms are not: minus only when rounding towards minus infinity.
template <class T>
constexpr T exact_zero_sum(const Environment& environment) {
  return Format<T>::sign_bit(environment.rounding() == Rounding::MINUS_INFINITY);
}

}  // namespace armillion::isa::fp
