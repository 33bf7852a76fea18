#pragma once

#include <bit>
#include <cstdint>

#include "isa/floating_point/exact_arithmetic.hpp"
#include "isa/floating_point/format.hpp"
#include "isa/floating_point/rounding.hpp"
#include "isa/host_arithmetic.hpp"
#include "isa/macros.hpp"

// Arithmetic by the host's instructions together with the proof of what it raises. This is the step between the fast
// paths of `floating_point.hpp`, which need no proof because Inexact has been raised before, and the exact arithmetic,
// which needs no host. It serves programs that compute with integers, and those that flush denormals.
namespace armillion::isa::fp::nearest {

/// A finite result that cannot have underflowed. The smallest normal number can: underflow is detected before rounding.
template <class T>
ARMILLION_INLINE constexpr bool is_safely_normal(T value) {
  using F = Format<T>;
  const T distance = static_cast<T>(absolute(value) - (F::SMALLEST_NORMAL + 1));
  return distance < static_cast<T>(F::PLUS_INFINITY - (F::SMALLEST_NORMAL + 1));
}

template <class T>
constexpr bool is_denormal(T value) {
  return static_cast<T>(absolute(value) - 1) < Format<T>::SMALLEST_NORMAL - 1;
}

/// Whether the host's arithmetic is FPCR's for these operands (and results): flushing must not concern any of them.
template <class... T>
constexpr bool applies(std::uint32_t fpcr, T... values) {
  if (fpcr & ROUNDING_MODE) return false;
  return !(fpcr & FLUSH) || !(is_denormal(values) || ...);
}

/// The significand of a finite number that is not zero, without its trailing zeros.
template <class T>
constexpr std::uint64_t odd_significand(T value) {
  using F = Format<T>;
  const bool normal = absolute(value) >= F::SMALLEST_NORMAL;
  const std::uint64_t significand = (value & F::FRACTION) | (normal ? std::uint64_t{F::SMALLEST_NORMAL} : 0);
  return significand >> std::countr_zero(significand);
}

template <class T>
constexpr Outcome<T> outcome(T value, bool exact) {
  return {value, exact ? 0 : INEXACT};
}

template <host::Format T>
ARMILLION_COLD constexpr Outcome<T> add(T a, T b, std::uint32_t fpcr) {
  const auto x = host::number(a);
  const auto y = host::number(b);
  const T result = host::bits(x + y);
  if (is_finite(result) && applies(fpcr, a, b, result)) {
    const auto error = host::error_of_sum(x, y, x + y);
    if (!__builtin_isnan(error)) return outcome(result, error == 0);
  }
  return exact::add(a, b, fpcr);
}

template <host::Format T>
ARMILLION_COLD constexpr Outcome<T> subtract(T a, T b, std::uint32_t fpcr) {
  const auto x = host::number(a);
  const auto y = host::number(b);
  const T result = host::bits(x - y);
  if (is_finite(result) && applies(fpcr, a, b, result)) {
    const auto error = host::error_of_sum(x, -y, x - y);
    if (!__builtin_isnan(error)) return outcome(result, error == 0);
  }
  return exact::subtract(a, b, fpcr);
}

/// Whether the product of two finite numbers that are not zero has no more bits than their format.
template <class T>
constexpr bool is_product_exact(T a, T b) {
  std::uint64_t product = 0;
  const bool overflow = __builtin_mul_overflow(odd_significand(a), odd_significand(b), &product);
  return !overflow && product >> Format<T>::FRACTION_BITS < 2;
}

template <host::Format T>
ARMILLION_COLD constexpr Outcome<T> multiply(T a, T b, std::uint32_t fpcr) {
  const T result = host::bits(host::number(a) * host::number(b));
  if (applies(fpcr, a, b)) {
    if (is_safely_normal(result)) return outcome(result, is_product_exact(a, b));
    if ((is_zero(a) || is_zero(b)) && is_finite(result)) return outcome(result, true);
  }
  return exact::multiply(a, b, fpcr);
}

template <host::Format T>
ARMILLION_COLD constexpr Outcome<T> divide(T a, T b, std::uint32_t fpcr) {
  const T result = host::bits(host::number(a) / host::number(b));
  if (applies(fpcr, a, b)) {
    if (is_safely_normal(result)) {
      std::uint64_t product = 0;
      const bool overflow = __builtin_mul_overflow(odd_significand(result), odd_significand(b), &product);
      return outcome(result, !overflow && product == odd_significand(a));
    }
    if (is_zero(a) && is_finite(result)) return outcome(result, true);
  }
  return exact::divide(a, b, fpcr);
}

template <host::Format T>
ARMILLION_COLD Outcome<T> square_root(T a, std::uint32_t fpcr) {
  const T result = host::bits(host::square_root(host::number(a)));
  if (is_finite(result) && applies(fpcr, a)) {
    if (is_zero(a)) return outcome(a, true);
    std::uint64_t square = 0;
    const std::uint64_t root = odd_significand(result);
    const bool overflow = __builtin_mul_overflow(root, root, &square);
    return outcome(result, !overflow && square == odd_significand(a));
  }
  return exact::square_root(a, fpcr);
}

/// The fused multiply-add of single precision in double precision: the product is exact there, and the sum, rounded to
/// odd, keeps what the last rounding must know. For a result that is safely normal.
ARMILLION_INLINE constexpr std::uint32_t multiply_add_by_double(std::uint32_t addend, std::uint32_t a,
                                                                std::uint32_t b) {
  const double product = static_cast<double>(host::number(a)) * static_cast<double>(host::number(b));
  const double term = static_cast<double>(host::number(addend));
  const double sum = product + term;
  const double error = host::error_of_sum(product, term, sum);
  std::uint64_t odd = host::bits(sum);
  if (error != 0 && (odd & 1) == 0) odd = (error > 0) == (sum > 0) ? odd + 1 : odd - 1;
  return host::bits(static_cast<float>(host::number(odd)));
}

template <host::Format T>
inline constexpr bool HAS_FAST_MULTIPLY_ADD = host::HAS_FUSED_MULTIPLY_ADD || sizeof(T) == 4;

/// addend + a * b, rounded once. Right for results that are safely normal; only where HAS_FAST_MULTIPLY_ADD.
template <host::Format T>
ARMILLION_INLINE T fused_multiply_add(T addend, T a, T b) {
  if constexpr (host::HAS_FUSED_MULTIPLY_ADD) {
    return host::bits(host::multiply_add(host::number(addend), host::number(a), host::number(b)));
  } else {
    return multiply_add_by_double(addend, a, b);
  }
}

/// Whether `result`, the fused multiply-add of these operands, is exact. Only for products whose own rounding error the
/// format holds, and results that are not close to overflow.
template <host::Format T>
ARMILLION_INLINE bool is_multiply_add_exact(T addend, T a, T b, T result) {
  if constexpr (sizeof(T) == 4) {
    const double product = static_cast<double>(host::number(a)) * static_cast<double>(host::number(b));
    const double term = static_cast<double>(host::number(addend));
    const double sum = product + term;
    return host::error_of_sum(product, term, sum) == 0 && static_cast<double>(host::number(result)) == sum;
  } else {
    // The product and its error, then the sum of both with the addend as three numbers that do not overlap; what is
    // left of them after the result has been taken away is the error (Boldo and Muller, "Exact and approximated error
    // of the FMA", 2011).
    const auto x = host::number(a);
    const auto y = host::number(b);
    const auto z = host::number(addend);
    const auto product = x * y;
    const auto product_error = host::multiply_add(-product, x, y);
    const auto low = z + product_error;
    const auto low_error = host::error_of_sum(z, product_error, low);
    const auto high = product + low;
    const auto high_error = host::error_of_sum(product, low, high);
    return (high - host::number(result)) + high_error + low_error == 0;
  }
}

template <host::Format T>
ARMILLION_COLD Outcome<T> multiply_add(T addend, T a, T b, std::uint32_t fpcr) {
  using F = Format<T>;
  if constexpr (HAS_FAST_MULTIPLY_ADD<T>) {
    if (applies(fpcr, addend, a, b)) {
      const T result = fused_multiply_add(addend, a, b);
      if ((is_zero(a) || is_zero(b)) && is_finite(result)) return outcome(result, true);
      constexpr int SMALLEST_WITH_ERROR = F::MINIMUM_EXPONENT + 2 * (F::FRACTION_BITS + 1);
      const T product = host::bits(host::number(a) * host::number(b));
      const bool has_error = is_finite(product) && absolute(product) > F::power_of_two(SMALLEST_WITH_ERROR);
      const bool is_moderate = is_safely_normal(result) && absolute(result) < F::power_of_two(F::BIAS);
      if (has_error && (is_moderate || is_zero(result))) {
        return outcome(result, is_multiply_add_exact(addend, a, b, result));
      }
    }
  }
  return exact::multiply_add(addend, a, b, fpcr);
}

}  // namespace armillion::isa::fp::nearest
