#pragma once

#include <cstdint>

#include "isa/floating_point/format.hpp"
#include "isa/floating_point/rounding.hpp"
#include "isa/macros.hpp"

// The arithmetic of BFDOT and BFMMLA without FEAT_EBF16. It does not look at FPCR and raises nothing: denormals are
// zeros, as operands and as results, every NaN is the default one, and sums are rounded to odd.
namespace armillion::isa::fp::exact {

namespace detail {

/// FPCR as it would have to be for the treatment of denormals and NaNs. What is raised is forgotten.
constexpr Environment bfloat16_environment() { return {FLUSH | DEFAULT_NAN}; }

/// Rounds to odd, but for a number that is too large, which becomes an infinity (BFRound).
constexpr std::uint32_t round_bfloat16_sum(bool negative, int exponent, std::uint64_t significand) {
  auto environment = bfloat16_environment();
  const int shift = __builtin_clzll(significand);
  const std::uint32_t result =
      round<Single>(negative, exponent - shift, significand << shift, Rounding::ODD, environment);
  return environment.exceptions & OVERFLOW ? Single::PLUS_INFINITY | Single::sign_bit(negative) : result;
}

/// BFMulH: a product of two bfloat16 numbers, which single precision holds exactly unless it is too large or too small.
constexpr std::uint32_t multiply_bfloat16(std::uint32_t a, std::uint32_t b) {
  auto environment = bfloat16_environment();
  const Unpacked x = unpack(a << 16, environment);
  const Unpacked y = unpack(b << 16, environment);
  const std::uint32_t sign = Single::sign_bit(x.negative != y.negative);
  if (x.is_nan() || y.is_nan()) return Single::DEFAULT_NAN_VALUE;
  if (x.is_infinite() || y.is_infinite()) {
    return x.is_zero() || y.is_zero() ? Single::DEFAULT_NAN_VALUE : Single::PLUS_INFINITY | sign;
  }
  if (x.is_zero() || y.is_zero()) return sign;
  return round_bfloat16_sum(x.negative != y.negative, x.exponent + y.exponent + 1,
                            (x.significand >> 32) * (y.significand >> 32));
}

/// BFAdd: a sum of two single-precision numbers.
constexpr std::uint32_t add_bfloat16(std::uint32_t a, std::uint32_t b) {
  auto environment = bfloat16_environment();
  Unpacked x = unpack(a, environment);
  Unpacked y = unpack(b, environment);
  if (x.is_nan() || y.is_nan()) return Single::DEFAULT_NAN_VALUE;
  if (x.is_infinite() || y.is_infinite()) {
    if (x.is_infinite() && y.is_infinite() && x.negative != y.negative) return Single::DEFAULT_NAN_VALUE;
    return Single::PLUS_INFINITY | Single::sign_bit(x.is_infinite() ? x.negative : y.negative);
  }
  if (x.is_zero() && y.is_zero()) return Single::sign_bit(x.negative && y.negative);
  if (x.is_zero() || y.is_zero()) return x.is_zero() ? b : a;

  if (x.exponent < y.exponent) {
    const Unpacked larger = y;
    y = x;
    x = larger;
  }
  // Half of each, so that there is room for the carry; only 24 of the bits are used.
  const std::uint64_t larger = x.significand >> 1;
  const std::uint64_t smaller = shift_right_sticky(y.significand >> 1, x.exponent - y.exponent);
  if (x.negative == y.negative) return round_bfloat16_sum(x.negative, x.exponent + 1, larger + smaller);
  if (larger == smaller) return 0;
  return larger > smaller ? round_bfloat16_sum(x.negative, x.exponent + 1, larger - smaller)
                          : round_bfloat16_sum(y.negative, x.exponent + 1, smaller - larger);
}

}  // namespace detail

/// BFDotAdd: addend + (the products of the lower and of the upper bfloat16 numbers of a and b).
ARMILLION_COLD constexpr std::uint32_t bfloat16_dot_add(std::uint32_t addend, std::uint32_t a, std::uint32_t b) {
  const std::uint32_t lower = detail::multiply_bfloat16(a & 0xffff, b & 0xffff);
  const std::uint32_t upper = detail::multiply_bfloat16(a >> 16, b >> 16);
  return detail::add_bfloat16(addend, detail::add_bfloat16(lower, upper));
}

}  // namespace armillion::isa::fp::exact
