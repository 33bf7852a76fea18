#pragma once

#include <cstdint>

#include "isa/floating_point/rounding.hpp"
#include "isa/macros.hpp"

// Arithmetic in integers only: exact in every rounding mode, for every operand, with all exceptions. Each function
// follows the shared pseudocode of the same purpose. They exist once per format, called only where the fast paths of
// `floating_point.hpp` cannot answer.
namespace armillion::isa::fp::exact {

using Wide = __uint128_t;

/// A finite, non-zero magnitude with its sign: significand * 2^(exponent - 126). The significand lies in
/// [2^125, 2^127), so that the sum of two of them fits.
struct Term {
  bool negative;
  int exponent;
  Wide significand;
};

constexpr Term term_of(const Unpacked& x) { return {x.negative, x.exponent, static_cast<Wide>(x.significand) << 63}; }

constexpr Term product_of(const Unpacked& x, const Unpacked& y) {
  // At least ten low bits of either significand are zero: halving the product loses nothing.
  return {x.negative != y.negative, x.exponent + y.exponent + 1, static_cast<Wide>(x.significand) * y.significand >> 1};
}

/// x + y, scaled by 2^scale and then rounded once. What is shifted out is more than 2^19 times smaller than the other
/// term, so a sticky bit stands in for it even after cancellation.
template <class T>
constexpr T round_sum(Term x, Term y, int scale, Environment& environment) {
  if (x.exponent < y.exponent) {
    const Term larger = y;
    y = x;
    x = larger;
  }
  y.significand = shift_right_sticky(y.significand, x.exponent - y.exponent);
  Term sum{x.negative, x.exponent, 0};
  if (x.negative == y.negative) {
    sum.significand = x.significand + y.significand;
  } else if (x.significand >= y.significand) {
    sum.significand = x.significand - y.significand;
  } else {
    sum.negative = y.negative;
    sum.significand = y.significand - x.significand;
  }
  if (sum.significand == 0) return exact_zero_sum<T>(environment);
  return normalise_and_round<T>(sum.negative, sum.exponent + 1 + scale, sum.significand, environment.rounding(),
                                environment);
}

/// The sum of two operands that are no NaNs, one of which may have had its sign changed.
template <class T>
constexpr T sum_of(const Unpacked& x, const Unpacked& y, Environment& environment) {
  using F = Format<T>;
  if (x.is_infinite() && y.is_infinite() && x.negative != y.negative) return invalid_operation<T>(environment);
  if (x.is_infinite() || y.is_infinite()) {
    return static_cast<T>(F::PLUS_INFINITY | F::sign_bit(x.is_infinite() ? x.negative : y.negative));
  }
  if (x.is_zero() && y.is_zero()) {
    return x.negative == y.negative ? F::sign_bit(x.negative) : exact_zero_sum<T>(environment);
  }
  if (x.is_zero() || y.is_zero()) {
    const Unpacked& term = x.is_zero() ? y : x;
    return round<F>(term.negative, term.exponent, term.significand, environment.rounding(), environment);
  }
  return round_sum<T>(term_of(x), term_of(y), 0, environment);
}

/// An operation on two operands: NaNs are propagated, everything else is for `body`.
template <class T, class Body>
ARMILLION_INLINE constexpr Outcome<T> binary(T a, T b, std::uint32_t fpcr, Body body) {
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked x = unpack(a, environment);
  const Unpacked y = unpack(b, environment);
  const bool nan = x.is_nan() || y.is_nan();
  return environment.outcome(nan ? propagate_nans(x, y, a, b, environment) : body(x, y, environment));
}

/// The same for one operand.
template <class T, class Body>
ARMILLION_INLINE constexpr Outcome<T> unary(T a, std::uint32_t fpcr, Body body) {
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked x = unpack(a, environment);
  return environment.outcome(x.is_nan() ? propagate_nan(x.kind, a, environment) : body(x, environment));
}

/// FPAdd.
template <class T>
ARMILLION_COLD constexpr Outcome<T> add(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [](const Unpacked& x, const Unpacked& y, Environment& environment) {
    return sum_of<T>(x, y, environment);
  });
}

/// FPSub. Unlike the sign of a negated operand, that of a NaN stays as it is.
template <class T>
ARMILLION_COLD constexpr Outcome<T> subtract(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [](const Unpacked& x, Unpacked y, Environment& environment) {
    y.negative = !y.negative;
    return sum_of<T>(x, y, environment);
  });
}

/// The product of two operands that are neither NaNs nor zero times infinity.
template <class T>
constexpr T product(const Unpacked& x, const Unpacked& y, Environment& environment) {
  using F = Format<T>;
  const bool negative = x.negative != y.negative;
  if (x.is_infinite() || y.is_infinite()) return static_cast<T>(F::PLUS_INFINITY | F::sign_bit(negative));
  if (x.is_zero() || y.is_zero()) return F::sign_bit(negative);
  return normalise_and_round<T>(negative, x.exponent + y.exponent + 1, static_cast<Wide>(x.significand) * y.significand,
                                environment.rounding(), environment);
}

constexpr bool is_zero_times_infinity(const Unpacked& x, const Unpacked& y) {
  return (x.is_zero() && y.is_infinite()) || (x.is_infinite() && y.is_zero());
}

/// FPMul.
template <class T>
ARMILLION_COLD constexpr Outcome<T> multiply(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [](const Unpacked& x, const Unpacked& y, Environment& environment) {
    return is_zero_times_infinity(x, y) ? invalid_operation<T>(environment) : product<T>(x, y, environment);
  });
}

/// FPMulX: zero times infinity is two.
template <class T>
ARMILLION_COLD constexpr Outcome<T> multiply_extended(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [](const Unpacked& x, const Unpacked& y, Environment& environment) {
    using F = Format<T>;
    return is_zero_times_infinity(x, y) ? static_cast<T>(F::power_of_two(1) | F::sign_bit(x.negative != y.negative))
                                        : product<T>(x, y, environment);
  });
}

/// The quotient of two finite numbers, in steps of ten bits so that 64-bit division does.
template <class T>
constexpr T quotient(const Unpacked& x, const Unpacked& y, Environment& environment) {
  constexpr int STEP = 10;
  constexpr int STEPS = 6;
  const std::uint64_t divisor = y.significand >> 10;
  std::uint64_t remainder = x.significand >> 10;
  std::uint64_t result = remainder / divisor;
  remainder %= divisor;
  for (int i = 0; i < STEPS; ++i) {
    remainder <<= STEP;
    result = result << STEP | remainder / divisor;
    remainder %= divisor;
  }
  // The result, between one half and two, has STEP * STEPS bits behind the point: bit 0 is free to be sticky.
  result |= remainder != 0 ? 1 : 0;
  return normalise_and_round<T>(x.negative != y.negative, x.exponent - y.exponent + 63 - STEP * STEPS, result,
                                environment.rounding(), environment);
}

/// FPDiv.
template <class T>
ARMILLION_COLD constexpr Outcome<T> divide(T a, T b, std::uint32_t fpcr) {
  return binary(a, b, fpcr, [](const Unpacked& x, const Unpacked& y, Environment& environment) {
    using F = Format<T>;
    const T sign = F::sign_bit(x.negative != y.negative);
    if ((x.is_infinite() && y.is_infinite()) || (x.is_zero() && y.is_zero())) return invalid_operation<T>(environment);
    if (x.is_infinite()) return static_cast<T>(F::PLUS_INFINITY | sign);
    if (y.is_zero()) {
      environment.raise(DIVISION_BY_ZERO);
      return static_cast<T>(F::PLUS_INFINITY | sign);
    }
    if (x.is_zero() || y.is_infinite()) return sign;
    return quotient<T>(x, y, environment);
  });
}

/// FPSqrt.
template <class T>
ARMILLION_COLD constexpr Outcome<T> square_root(T a, std::uint32_t fpcr) {
  return unary(a, fpcr, [](const Unpacked& x, Environment& environment) {
    using F = Format<T>;
    if (x.is_zero()) return F::sign_bit(x.negative);
    if (x.negative) return invalid_operation<T>(environment);
    if (x.is_infinite()) return F::PLUS_INFINITY;

    // With an even exponent the radicand is a fixed-point number in [1, 4) and its root one in [1, 2), which is found
    // bit by bit: the remainder is the radicand so far less the square of the root so far.
    constexpr int ROOT_BITS = 58;
    const bool odd = (x.exponent & 1) != 0;
    std::uint64_t radicand = x.significand >> (odd ? 0 : 1);
    std::uint64_t remainder = 0;
    std::uint64_t root = 0;
    for (int i = 0; i < ROOT_BITS; ++i) {
      remainder = remainder << 2 | radicand >> 62;
      radicand <<= 2;
      const std::uint64_t candidate = root << 2 | 1;
      root <<= 1;
      if (remainder >= candidate) {
        remainder -= candidate;
        root |= 1;
      }
    }
    const std::uint64_t significand = root << (64 - ROOT_BITS) | (remainder != 0 ? 1 : 0);
    return round<F>(false, (x.exponent - odd) / 2, significand, environment.rounding(), environment);
  });
}

/// FPMulAdd: addend + a * b, rounded once.
template <class T>
ARMILLION_COLD constexpr Outcome<T> multiply_add(T addend, T a, T b, std::uint32_t fpcr) {
  using F = Format<T>;
  auto environment = Environment::for_arithmetic(fpcr);
  const Unpacked z = unpack(addend, environment);
  const Unpacked x = unpack(a, environment);
  const Unpacked y = unpack(b, environment);
  const bool negative = x.negative != y.negative;
  const bool infinite_product = x.is_infinite() || y.is_infinite();
  const bool invalid_product = is_zero_times_infinity(x, y);

  // Zero times infinity is an invalid operation even where the addend is a quiet NaN.
  if (invalid_product && z.kind == Kind::QUIET_NAN) return environment.outcome(invalid_operation<T>(environment));
  if (z.kind == Kind::SIGNALLING_NAN) return environment.outcome(propagate_nan(z.kind, addend, environment));
  if (x.kind == Kind::SIGNALLING_NAN || y.kind == Kind::SIGNALLING_NAN) {
    return environment.outcome(propagate_nans(x, y, a, b, environment));
  }
  if (z.is_nan()) return environment.outcome(propagate_nan(z.kind, addend, environment));
  if (x.is_nan() || y.is_nan()) return environment.outcome(propagate_nans(x, y, a, b, environment));

  if (invalid_product || (z.is_infinite() && infinite_product && z.negative != negative)) {
    return environment.outcome(invalid_operation<T>(environment));
  }
  if (z.is_infinite() || infinite_product) {
    return environment.outcome(static_cast<T>(F::PLUS_INFINITY | F::sign_bit(z.is_infinite() ? z.negative : negative)));
  }
  if (x.is_zero() || y.is_zero()) {
    return environment.outcome(sum_of<T>({Kind::ZERO, negative, 0, 0}, z, environment));
  }
  if (z.is_zero()) return environment.outcome(product<T>(x, y, environment));
  return environment.outcome(round_sum<T>(product_of(x, y), term_of(z), 0, environment));
}

/// FPRecipStepFused and FPRSqrtStepFused: (constant - a * b) * 2^scale, where zero times infinity counts as zero.
template <class T>
constexpr Outcome<T> fused_step(T a, T b, T constant, int scale, std::uint32_t fpcr) {
  return binary(negate(a), b, fpcr, [&](const Unpacked& x, const Unpacked& y, Environment& environment) {
    const Unpacked z = unpack(constant, environment);
    if (is_zero_times_infinity(x, y) || x.is_zero() || y.is_zero()) {
      return round<Format<T>>(false, z.exponent + scale, z.significand, environment.rounding(), environment);
    }
    if (x.is_infinite() || y.is_infinite()) return product<T>(x, y, environment);
    return round_sum<T>(product_of(x, y), term_of(z), scale, environment);
  });
}

/// FPRecipStepFused: 2 - a * b.
template <class T>
ARMILLION_COLD constexpr Outcome<T> reciprocal_step(T a, T b, std::uint32_t fpcr) {
  return fused_step(a, b, Format<T>::power_of_two(1), 0, fpcr);
}

/// FPRSqrtStepFused: (3 - a * b) / 2.
template <class T>
ARMILLION_COLD constexpr Outcome<T> reciprocal_square_root_step(T a, T b, std::uint32_t fpcr) {
  constexpr T THREE = static_cast<T>(Format<T>::power_of_two(1) | Format<T>::QUIET);
  return fused_step(a, b, THREE, -1, fpcr);
}

}  // namespace armillion::isa::fp::exact
