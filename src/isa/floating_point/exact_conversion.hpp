#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/floating_point/exact_arithmetic.hpp"
#include "isa/floating_point/rounding.hpp"
#include "isa/macros.hpp"

// Rounding to integers and conversion between formats in integers only; see `exact_arithmetic.hpp`.
namespace armillion::isa::fp::exact {

/// A magnitude rounded to an integer, and whether that changed it.
struct RoundedInteger {
  std::uint64_t magnitude;
  /// The magnitude is 2^64 or more, and an integer anyway.
  bool huge;
  bool inexact;
};

/// The magnitude of x * 2^scale as an integer. Rounding is by the sign of x.
constexpr RoundedInteger round_to_integer(const Unpacked& x, int scale, Rounding rounding) {
  if (x.is_zero()) return {0, false, false};
  const int exponent = x.exponent + scale;
  if (exponent > 63) return {0, true, false};
  if (exponent == 63) return {x.significand, false, false};
  // Below one half, where the exponent stands no longer matters.
  const std::uint64_t whole = exponent < 0 ? 0 : x.significand >> (63 - exponent);
  const std::uint64_t remainder = exponent < -1 ? 1 : x.significand << (exponent + 1);
  return {whole + rounds_up(rounding, x.negative, whole & 1, remainder), false, remainder != 0};
}

/// The number of the format T that is an integer with this magnitude, which T holds exactly.
template <class T>
constexpr T integral_value(bool negative, std::uint64_t magnitude, Environment& environment) {
  if (magnitude == 0) return Format<T>::sign_bit(negative);
  return normalise_and_round<T>(negative, 63, magnitude, Rounding::ZERO, environment);
}

/// Whether rounding to an integer reports that it changed the value (FRINTX) or not (the other FRINT).
enum class ReportInexact : std::uint8_t { NO, YES };

/// FPRoundInt.
template <class T>
ARMILLION_COLD constexpr Outcome<T> round_to_integral(T a, Rounding rounding, ReportInexact report,
                                                      std::uint32_t fpcr) {
  return unary(a, fpcr, [=](const Unpacked& x, Environment& environment) {
    using F = Format<T>;
    if (x.is_infinite()) return a;
    // From here on every number is an integer. No other needs more than the 64 bits of the magnitude.
    if (x.exponent >= F::FRACTION_BITS && !x.is_zero()) return a;
    const RoundedInteger result = round_to_integer(x, 0, rounding);
    if (result.inexact && report == ReportInexact::YES) environment.raise(INEXACT);
    return integral_value<T>(x.negative, result.magnitude, environment);
  });
}

/// FPRoundIntN: what does not fit a signed integer of `bits` bits becomes the most negative one.
template <class T>
ARMILLION_COLD constexpr Outcome<T> round_to_integral_sized(T a, Rounding rounding, int bits, std::uint32_t fpcr) {
  using F = Format<T>;
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked x = unpack(a, environment);
  if (x.is_zero()) return environment.outcome(F::sign_bit(x.negative));
  const std::uint64_t limit = 1ull << (bits - 1);
  const RoundedInteger result = round_to_integer(x, 0, rounding);
  const bool fits = !x.is_nan() && !x.is_infinite() && !result.huge &&
                    (result.magnitude < limit || (result.magnitude == limit && x.negative));
  if (!fits) {
    environment.raise(INVALID_OPERATION);
    return environment.outcome(static_cast<T>(F::SIGN | F::power_of_two(bits - 1)));
  }
  if (result.inexact) environment.raise(INEXACT);
  return environment.outcome(integral_value<T>(x.negative, result.magnitude, environment));
}

/// FPToFixed: a * 2^fraction_bits as an integer, saturating. Invalid Operation takes the place of Inexact.
template <class Int, class T>
ARMILLION_COLD constexpr Outcome<Int> to_fixed(T a, int fraction_bits, Rounding rounding, std::uint32_t fpcr) {
  using Unsigned = std::make_unsigned_t<Int>;
  constexpr auto MAXIMUM = static_cast<std::uint64_t>(static_cast<Unsigned>(~Unsigned{0}) >> std::is_signed_v<Int>);
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked x = unpack(a, environment);
  if (x.is_nan()) {
    environment.raise(INVALID_OPERATION);
    return environment.outcome(Int{0});
  }
  const std::uint64_t limit = x.negative ? (std::is_signed_v<Int> ? MAXIMUM + 1 : 0) : MAXIMUM;
  const RoundedInteger result = round_to_integer(x, fraction_bits, rounding);
  const bool saturates = x.is_infinite() || result.huge || result.magnitude > limit;
  if (saturates) {
    environment.raise(INVALID_OPERATION);
  } else if (result.inexact) {
    environment.raise(INEXACT);
  }
  const auto magnitude = static_cast<Unsigned>(saturates ? limit : result.magnitude);
  return environment.outcome(static_cast<Int>(x.negative ? static_cast<Unsigned>(-magnitude) : magnitude));
}

/// FixedToFP: value / 2^fraction_bits.
template <class T, class Int>
ARMILLION_COLD constexpr Outcome<T> from_fixed(Int value, int fraction_bits, std::uint32_t fpcr) {
  auto environment = Environment::for_arithmetic(fpcr);
  if (value == 0) return environment.outcome(T{0});
  const bool negative = value < 0;
  const auto bits = static_cast<std::uint64_t>(value);
  return environment.outcome(normalise_and_round<T>(negative, 63 - fraction_bits, negative ? 0 - bits : bits,
                                                    environment.rounding(), environment));
}

/// FPConvertNaN: the sign and the top bits of the payload survive, and the NaN becomes quiet.
template <class To, class From>
constexpr To convert_nan(From value) {
  using Source = Format<From>;
  using Target = Format<To>;
  const std::uint64_t payload = static_cast<std::uint64_t>(value & Source::FRACTION) << (63 - Source::FRACTION_BITS);
  return static_cast<To>(Target::sign_bit((value & Source::SIGN) != 0) | Target::PLUS_INFINITY | Target::QUIET |
                         static_cast<To>(payload >> (63 - Target::FRACTION_BITS)));
}

/// FPConvert. The alternative half-precision format has neither NaNs nor infinities.
template <class To, class From>
ARMILLION_COLD constexpr Outcome<To> convert(From a, Rounding rounding, std::uint32_t fpcr) {
  using F = Format<To>;
  auto environment = Environment::for_conversion(fpcr);
  const Unpacked x = unpack(a, environment);
  const To sign = F::sign_bit(x.negative);
  const bool alternative = F::WIDTH == 16 && environment.has(ALTERNATIVE_HALF);
  switch (x.kind) {
    case Kind::ZERO: return environment.outcome(sign);
    case Kind::FINITE:
      return environment.outcome(round<F>(x.negative, x.exponent, x.significand, rounding, environment));
    case Kind::INFINITE:
      if (alternative) environment.raise(INVALID_OPERATION);
      return environment.outcome(static_cast<To>(sign | (alternative ? F::MAGNITUDE : F::PLUS_INFINITY)));
    case Kind::QUIET_NAN:
    case Kind::SIGNALLING_NAN: break;
  }
  if (alternative || x.kind == Kind::SIGNALLING_NAN) environment.raise(INVALID_OPERATION);
  if (alternative) return environment.outcome(sign);
  if (environment.has(DEFAULT_NAN)) return environment.outcome(F::DEFAULT_NAN_VALUE);
  return environment.outcome(convert_nan<To>(a));
}

/// FPConvertBF: single precision to bfloat16, which is its upper half.
ARMILLION_COLD constexpr Outcome<std::uint16_t> to_bfloat16(std::uint32_t a, std::uint32_t fpcr) {
  using F = BFloat16;
  auto environment = Environment::for_conversion(fpcr);
  const Unpacked x = unpack(a, environment);
  switch (x.kind) {
    case Kind::ZERO: return environment.outcome(F::sign_bit(x.negative));
    case Kind::INFINITE: return environment.outcome(static_cast<std::uint16_t>(a >> 16));
    case Kind::FINITE:
      return environment.outcome(round<F>(x.negative, x.exponent, x.significand, environment.rounding(), environment));
    case Kind::QUIET_NAN:
    case Kind::SIGNALLING_NAN: break;
  }
  return environment.outcome(static_cast<std::uint16_t>(propagate_nan(x.kind, a, environment) >> 16));
}

/// A 32-bit integer and whether it is exactly the number that was converted.
struct JavaScriptInteger {
  std::uint32_t value;
  bool exact;
};

/// FPToFixedJS: towards zero, modulo 2^32. Minus zero does not count as exact.
ARMILLION_COLD constexpr Outcome<JavaScriptInteger> to_javascript_integer(std::uint64_t a, std::uint32_t fpcr) {
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked x = unpack(a, environment);
  if (x.is_nan() || x.is_infinite()) {
    environment.raise(INVALID_OPERATION);
    return environment.outcome(JavaScriptInteger{0, false});
  }
  if (x.is_zero()) return environment.outcome(JavaScriptInteger{0, a == 0});

  const RoundedInteger result = round_to_integer(x, 0, Rounding::ZERO);
  // Of a huge magnitude only the bits below 2^32 count: the significand's multiple of 2^(exponent - 63).
  const int left_shift = x.exponent - 63;
  const std::uint64_t magnitude = !result.huge ? result.magnitude : left_shift < 32 ? x.significand << left_shift : 0;
  const auto value = static_cast<std::uint32_t>(x.negative ? 0 - magnitude : magnitude);
  const std::uint64_t limit = x.negative ? 1ull << 31 : (1ull << 31) - 1;
  const bool fits = !result.huge && result.magnitude <= limit;
  if (!fits) {
    environment.raise(INVALID_OPERATION);
  } else if (result.inexact) {
    environment.raise(INEXACT);
  }
  return environment.outcome(JavaScriptInteger{value, fits && !result.inexact});
}

}  // namespace armillion::isa::fp::exact
