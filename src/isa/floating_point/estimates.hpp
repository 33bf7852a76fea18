#pragma once

#include <cstdint>

#include "isa/floating_point/exact_arithmetic.hpp"
#include "isa/floating_point/rounding.hpp"
#include "isa/macros.hpp"

// The estimates that Newton's iteration starts from: eight bits, the same on every implementation. Without FEAT_RPRES.
namespace armillion::isa::fp::exact {

/// RecipEstimate: 2^18 / (a + 1/2) rounded, for a in [256, 512); the result lies there too.
constexpr std::uint32_t reciprocal_estimate_of(std::uint32_t a) { return ((1u << 19) / (a * 2 + 1) + 1) / 2; }

/// RecipSqrtEstimate: for a in [128, 512), of which [256, 512) stands for numbers of twice the weight; the result lies
/// in [256, 512). It is half of the largest b with a * b^2 < 2^28 after a has been centred in its interval.
constexpr std::uint32_t reciprocal_square_root_estimate_of(std::uint32_t a) {
  const std::uint32_t centre = a < 256 ? a * 2 + 1 : ((a & ~1u) + 1) * 2;
  std::uint32_t b = 512;
  while (centre * (b + 1) * (b + 1) < 1u << 28) ++b;
  return (b + 1) / 2;
}

/// FPRecipEstimate.
template <class T>
ARMILLION_COLD constexpr Outcome<T> reciprocal_estimate(T a, std::uint32_t fpcr) {
  return unary(a, fpcr, [](const Unpacked& x, Environment& environment) {
    using F = Format<T>;
    const T sign = F::sign_bit(x.negative);
    if (x.is_infinite()) return sign;
    if (x.is_zero()) {
      environment.raise(DIVISION_BY_ZERO);
      return static_cast<T>(F::PLUS_INFINITY | sign);
    }
    // The reciprocal of less than this cannot be represented.
    if (x.exponent < -F::BIAS - 1) {
      environment.raise(OVERFLOW | INEXACT);
      const bool to_infinity = overflows_to_infinity(environment.rounding(), x.negative);
      return static_cast<T>((to_infinity ? F::PLUS_INFINITY : F::LARGEST) | sign);
    }
    // The reciprocal of this and more is a denormal.
    if (x.exponent >= F::BIAS - 1 && environment.has(F::FLUSH_CONTROL)) {
      environment.raise(UNDERFLOW);
      return sign;
    }
    // The operand is 1.f * 2^e, the result 1.g * 2^(-e - 1), whatever the operand's top nine bits are.
    const std::uint64_t significand = reciprocal_estimate_of(static_cast<std::uint32_t>(x.significand >> 55));
    const int exponent = -x.exponent - 1;
    const std::uint64_t aligned = significand << (F::FRACTION_BITS - 8);
    if (exponent >= F::MINIMUM_EXPONENT) {
      const auto field = static_cast<std::uint64_t>(exponent - F::MINIMUM_EXPONENT);
      return static_cast<T>(sign | static_cast<T>((field << F::FRACTION_BITS) + aligned));
    }
    return static_cast<T>(sign | static_cast<T>(aligned >> (F::MINIMUM_EXPONENT - exponent)));
  });
}

/// FPRSqrtEstimate.
template <class T>
ARMILLION_COLD constexpr Outcome<T> reciprocal_square_root_estimate(T a, std::uint32_t fpcr) {
  return unary(a, fpcr, [](const Unpacked& x, Environment& environment) {
    using F = Format<T>;
    if (x.is_zero()) {
      environment.raise(DIVISION_BY_ZERO);
      return static_cast<T>(F::PLUS_INFINITY | F::sign_bit(x.negative));
    }
    if (x.negative) return invalid_operation<T>(environment);
    if (x.is_infinite()) return T{0};
    // Nine bits of the significand where the exponent is odd, eight where it is even: 1.f * 2^e with e = 2h - 1 or 2h.
    const bool odd = (x.exponent & 1) != 0;
    const auto scaled = static_cast<std::uint32_t>(x.significand >> (odd ? 55 : 56));
    const std::uint64_t significand = reciprocal_square_root_estimate_of(scaled);
    const int exponent = -((x.exponent + (odd ? 1 : 0)) / 2) - (odd ? 0 : 1);
    const auto field = static_cast<std::uint64_t>(exponent - F::MINIMUM_EXPONENT);
    return static_cast<T>((field << F::FRACTION_BITS) + (significand << (F::FRACTION_BITS - 8)));
  });
}

/// FPRecpX: a power of two of about the reciprocal's magnitude, from the exponent field alone.
template <class T>
ARMILLION_COLD constexpr Outcome<T> reciprocal_exponent(T a, std::uint32_t fpcr) {
  return unary(a, fpcr, [a](const Unpacked& x, Environment&) {
    using F = Format<T>;
    const T field = static_cast<T>(a & F::PLUS_INFINITY);
    constexpr T LARGEST_FIELD = static_cast<T>(F::PLUS_INFINITY - F::SMALLEST_NORMAL);
    return static_cast<T>(F::sign_bit(x.negative) | (field == 0 ? LARGEST_FIELD : field ^ F::PLUS_INFINITY));
  });
}

}  // namespace armillion::isa::fp::exact
