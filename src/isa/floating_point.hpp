#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "isa/flags.hpp"
#include "isa/floating_point/estimates.hpp"
#include "isa/floating_point/exact_arithmetic.hpp"
#include "isa/floating_point/exact_comparison.hpp"
#include "isa/floating_point/exact_conversion.hpp"
#include "isa/floating_point/format.hpp"
#include "isa/floating_point/nearest.hpp"
#include "isa/host_arithmetic.hpp"
#include "isa/macros.hpp"

// Floating point as the semantic functions use it. A value travels as the unsigned integer T that holds its bits:
// std::uint16_t for half, std::uint32_t for single, std::uint64_t for double precision. The machine `m` supplies FPCR
// and collects what is raised in FPSR.
//
// Every operation answers in the cheapest of three ways:
//  1. inline, by the host's own instruction, where it is plain from the result that it raises nothing new. For most
//     arithmetic that needs Inexact to have been raised before, which is soon true of any program that can raise it;
//  2. `nearest.hpp`: by the host's instruction and a proof of whether it was exact;
//  3. `exact_arithmetic.hpp` and its neighbours: in integers, for every mode, operand and exception.
// No way looks at the host's own flags or modes, so all of them work on every device.
namespace armillion::isa::fp {

#pragma STDC FP_CONTRACT OFF

namespace detail {

/// The value of an operation whose exceptions the machine still has to learn of.
template <class M, class T>
ARMILLION_INLINE T settle(M& m, const Outcome<T>& outcome) {
  if (outcome.exceptions != 0) m.raise(outcome.exceptions);
  return outcome.value;
}

/// Whether denormals are numbers like any other. Half precision has no fast paths that would ask.
template <class M>
ARMILLION_INLINE bool keeps_denormals(M& m) {
  return (m.fpcr() & FLUSH) == 0;
}

/// Whether results round to nearest and denormals stay, as on the host.
template <class M>
ARMILLION_INLINE bool rounds_like_host(M& m) {
  return (m.fpcr() & (ROUNDING_MODE | FLUSH)) == 0;
}

/// The same, and a result that is not exact raises nothing new.
template <class M>
ARMILLION_INLINE bool needs_no_proof(M& m) {
  return ((m.fpcr() & (ROUNDING_MODE | FLUSH)) | (~m.fpsr() & INEXACT)) == 0;
}

}  // namespace detail

// Arithmetic.

/// FADD. A finite sum cannot underflow: if it is tiny, it is exact.
template <class T, class M>
ARMILLION_INLINE T add(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    const T result = host::bits(host::number(a) + host::number(b));
    if (is_finite(result) && detail::needs_no_proof(m)) [[likely]]
      return result;
    return detail::settle(m, nearest::add(a, b, m.fpcr()));
  } else {
    return detail::settle(m, exact::add(a, b, m.fpcr()));
  }
}

/// FSUB.
template <class T, class M>
ARMILLION_INLINE T subtract(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    const T result = host::bits(host::number(a) - host::number(b));
    if (is_finite(result) && detail::needs_no_proof(m)) [[likely]]
      return result;
    return detail::settle(m, nearest::subtract(a, b, m.fpcr()));
  } else {
    return detail::settle(m, exact::subtract(a, b, m.fpcr()));
  }
}

/// FMUL.
template <class T, class M>
ARMILLION_INLINE T multiply(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    const T result = host::bits(host::number(a) * host::number(b));
    if (nearest::is_safely_normal(result) && detail::needs_no_proof(m)) [[likely]]
      return result;
    return detail::settle(m, nearest::multiply(a, b, m.fpcr()));
  } else {
    return detail::settle(m, exact::multiply(a, b, m.fpcr()));
  }
}

/// FMULX: like FMUL, but zero times infinity is two.
template <class T, class M>
ARMILLION_INLINE T multiply_extended(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    const T result = host::bits(host::number(a) * host::number(b));
    if (nearest::is_safely_normal(result) && detail::needs_no_proof(m)) [[likely]]
      return result;
  }
  return detail::settle(m, exact::multiply_extended(a, b, m.fpcr()));
}

/// FDIV.
template <class T, class M>
ARMILLION_INLINE T divide(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    const T result = host::bits(host::number(a) / host::number(b));
    if (nearest::is_safely_normal(result) && detail::needs_no_proof(m)) [[likely]]
      return result;
    return detail::settle(m, nearest::divide(a, b, m.fpcr()));
  } else {
    return detail::settle(m, exact::divide(a, b, m.fpcr()));
  }
}

/// FSQRT. A root is never tiny.
template <class T, class M>
ARMILLION_INLINE T square_root(M& m, T a) {
  if constexpr (host::Format<T>) {
    const T result = host::bits(host::square_root(host::number(a)));
    if (is_finite(result) && detail::needs_no_proof(m)) [[likely]]
      return result;
    return detail::settle(m, nearest::square_root(a, m.fpcr()));
  } else {
    return detail::settle(m, exact::square_root(a, m.fpcr()));
  }
}

/// FMADD, FMLA: addend + a * b, rounded once.
template <class T, class M>
ARMILLION_INLINE T multiply_add(M& m, T addend, T a, T b) {
  if constexpr (host::Format<T>) {
    if constexpr (nearest::HAS_FAST_MULTIPLY_ADD<T>) {
      const T result = nearest::fused_multiply_add(addend, a, b);
      if (nearest::is_safely_normal(result) && detail::needs_no_proof(m)) [[likely]]
        return result;
    }
    return detail::settle(m, nearest::multiply_add(addend, a, b, m.fpcr()));
  } else {
    return detail::settle(m, exact::multiply_add(addend, a, b, m.fpcr()));
  }
}

// Minimum and maximum.

namespace detail {

/// Whether the host orders the operands as the guest does: no NaNs, no denormals that count as zeros.
template <class T, class M>
ARMILLION_INLINE bool compares_like_host(M& m, T a, T b) {
  return !__builtin_isunordered(host::number(a), host::number(b)) && keeps_denormals(m);
}

/// The larger of two ordered operands; of two zeros plus zero unless both are minus zero.
template <host::Format T>
ARMILLION_INLINE T larger(T a, T b) {
  const auto x = host::number(a);
  const auto y = host::number(b);
  return x > y ? a : x < y ? b : a & b;
}

/// The smaller of two ordered operands; of two zeros minus zero unless both are plus zero.
template <host::Format T>
ARMILLION_INLINE T smaller(T a, T b) {
  const auto x = host::number(a);
  const auto y = host::number(b);
  return x < y ? a : x > y ? b : a | b;
}

}  // namespace detail

/// FMAX.
template <class T, class M>
ARMILLION_INLINE T maximum(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return detail::larger(a, b);
  }
  return detail::settle(m, exact::maximum(a, b, m.fpcr()));
}

/// FMIN.
template <class T, class M>
ARMILLION_INLINE T minimum(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return detail::smaller(a, b);
  }
  return detail::settle(m, exact::minimum(a, b, m.fpcr()));
}

/// FMAXNM: a number wins against a quiet NaN.
template <class T, class M>
ARMILLION_INLINE T maximum_number(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return detail::larger(a, b);
  }
  return detail::settle(m, exact::maximum_number(a, b, m.fpcr()));
}

/// FMINNM.
template <class T, class M>
ARMILLION_INLINE T minimum_number(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return detail::smaller(a, b);
  }
  return detail::settle(m, exact::minimum_number(a, b, m.fpcr()));
}

// Comparison.

/// FCMEQ: only a signalling NaN is an invalid operation.
template <class T, class M>
ARMILLION_INLINE bool compare_equal(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return host::number(a) == host::number(b);
  }
  const auto outcome = exact::compare(a, b, exact::SignalOn::SIGNALLING_NANS, m.fpcr());
  return detail::settle(m, outcome) == exact::Relation::EQUAL;
}

/// FCMGT: any NaN is an invalid operation.
template <class T, class M>
ARMILLION_INLINE bool compare_greater(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return host::number(a) > host::number(b);
  }
  const auto outcome = exact::compare(a, b, exact::SignalOn::ALL_NANS, m.fpcr());
  return detail::settle(m, outcome) == exact::Relation::GREATER;
}

/// FCMGE: any NaN is an invalid operation.
template <class T, class M>
ARMILLION_INLINE bool compare_greater_equal(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]]
      return host::number(a) >= host::number(b);
  }
  const auto relation = detail::settle(m, exact::compare(a, b, exact::SignalOn::ALL_NANS, m.fpcr()));
  return relation == exact::Relation::GREATER || relation == exact::Relation::EQUAL;
}

/// FCMP (`signal_all_nans` false) and FCMPE (true): the condition flags.
template <class T, class M>
ARMILLION_INLINE Flags compare(M& m, T a, T b, bool signal_all_nans) {
  if constexpr (host::Format<T>) {
    if (detail::compares_like_host(m, a, b)) [[likely]] {
      const auto x = host::number(a);
      const auto y = host::number(b);
      return {static_cast<std::uint8_t>(x < y), static_cast<std::uint8_t>(x == y), static_cast<std::uint8_t>(x >= y),
              0};
    }
  }
  const auto signal_on = signal_all_nans ? exact::SignalOn::ALL_NANS : exact::SignalOn::SIGNALLING_NANS;
  return exact::flags_of(detail::settle(m, exact::compare(a, b, signal_on, m.fpcr())));
}

// Estimates and steps of Newton's iteration.

/// FRECPE.
template <class T, class M>
ARMILLION_INLINE T reciprocal_estimate(M& m, T a) {
  return detail::settle(m, exact::reciprocal_estimate(a, m.fpcr()));
}

/// FRSQRTE.
template <class T, class M>
ARMILLION_INLINE T reciprocal_square_root_estimate(M& m, T a) {
  return detail::settle(m, exact::reciprocal_square_root_estimate(a, m.fpcr()));
}

/// FRECPX.
template <class T, class M>
ARMILLION_INLINE T reciprocal_exponent(M& m, T a) {
  return detail::settle(m, exact::reciprocal_exponent(a, m.fpcr()));
}

/// FRECPS: 2 - a * b, rounded once.
template <class T, class M>
ARMILLION_INLINE T reciprocal_step(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if constexpr (nearest::HAS_FAST_MULTIPLY_ADD<T>) {
      const T result = nearest::fused_multiply_add(Format<T>::power_of_two(1), negate(a), b);
      if (nearest::is_safely_normal(result) && detail::needs_no_proof(m)) [[likely]]
        return result;
    }
  }
  return detail::settle(m, exact::reciprocal_step(a, b, m.fpcr()));
}

/// FRSQRTS: (3 - a * b) / 2, rounded once. Halving a number is exact while the result is normal.
template <class T, class M>
ARMILLION_INLINE T reciprocal_square_root_step(M& m, T a, T b) {
  if constexpr (host::Format<T>) {
    if constexpr (nearest::HAS_FAST_MULTIPLY_ADD<T>) {
      constexpr T THREE = Format<T>::power_of_two(1) | Format<T>::QUIET;
      const T twice = nearest::fused_multiply_add(THREE, negate(a), b);
      const T result = twice - Format<T>::SMALLEST_NORMAL;
      if (nearest::is_safely_normal(twice) && nearest::is_safely_normal(result) && detail::needs_no_proof(m)) [[likely]]
        return result;
    }
  }
  return detail::settle(m, exact::reciprocal_square_root_step(a, b, m.fpcr()));
}

// Rounding to integers and fixed point.

namespace detail {

/// A number of a magnitude below 2^63 as an integer.
template <class T>
struct Whole {
  std::int64_t value;
  bool inexact;
};

template <host::Format T>
ARMILLION_INLINE Whole<T> round_to_whole(T a, Rounding rounding) {
  const auto x = host::number(a);
  const auto truncated = static_cast<std::int64_t>(x);
  // A number that is no integer is so small that this difference is exact.
  const auto rest = x - static_cast<host::Number<T>>(truncated);
  if (rest == 0) return {truncated, false};
  const auto distance = rest < 0 ? -rest : rest;
  bool away = false;
  switch (rounding) {
    case Rounding::TIES_EVEN: away = distance > 0.5f || (distance == 0.5f && (truncated & 1)); break;
    case Rounding::TIES_AWAY: away = distance >= 0.5f; break;
    case Rounding::PLUS_INFINITY: away = rest > 0; break;
    case Rounding::MINUS_INFINITY: away = rest < 0; break;
    case Rounding::ZERO:
    case Rounding::ODD: break;
  }
  return {truncated + (away ? (rest < 0 ? -1 : 1) : 0), true};
}

}  // namespace detail

/// FRINT*: an integer in the same format. `report_inexact` makes a change of the value raise Inexact
/// (FRINTX).
template <class T, class M>
ARMILLION_INLINE T round_to_integral(M& m, T a, Rounding rounding, bool report_inexact) {
  if constexpr (host::Format<T>) {
    using F = Format<T>;
    if (absolute(a) < F::power_of_two(F::FRACTION_BITS) && detail::keeps_denormals(m)) [[likely]] {
      const auto whole = detail::round_to_whole(a, rounding);
      if (report_inexact && whole.inexact) m.raise(INEXACT);
      return host::bits(static_cast<host::Number<T>>(whole.value)) | (a & F::SIGN);
    }
  }
  const auto report = report_inexact ? exact::ReportInexact::YES : exact::ReportInexact::NO;
  return detail::settle(m, exact::round_to_integral(a, rounding, report, m.fpcr()));
}

/// FRINT32*, FRINT64*: what does not fit a signed integer of `bits` bits becomes the most negative one.
template <class T, class M>
ARMILLION_INLINE T round_to_integral_sized(M& m, T a, Rounding rounding, int bits) {
  return detail::settle(m, exact::round_to_integral_sized(a, rounding, bits, m.fpcr()));
}

/// FCVT*S, FCVT*U: a * 2^fraction_bits as an integer of type Int, saturating.
template <class Int, class T, class M>
ARMILLION_INLINE Int to_fixed(M& m, T a, int fraction_bits, Rounding rounding) {
  if constexpr (host::Format<T>) {
    if (fraction_bits == 0 && absolute(a) < Format<T>::power_of_two(63) && detail::keeps_denormals(m)) [[likely]] {
      const auto whole = detail::round_to_whole(a, rounding);
      const auto result = static_cast<Int>(whole.value);
      const bool fits = std::is_unsigned_v<Int> && sizeof(Int) == 8 ? whole.value >= 0
                                                                    : whole.value == static_cast<std::int64_t>(result);
      if (fits && (!whole.inexact || (m.fpsr() & INEXACT))) [[likely]]
        return result;
    }
  }
  return detail::settle(m, exact::to_fixed<Int>(a, fraction_bits, rounding, m.fpcr()));
}

/// SCVTF, UCVTF: value / 2^fraction_bits, rounded as FPCR says.
template <class T, class Int, class M>
ARMILLION_INLINE T from_fixed(M& m, Int value, int fraction_bits) {
  if constexpr (host::Format<T>) {
    if (fraction_bits == 0) {
      const T result = host::bits(static_cast<host::Number<T>>(value));
      constexpr int PRECISION = Format<T>::FRACTION_BITS + 1;
      if constexpr (std::numeric_limits<Int>::digits <= PRECISION) {
        return result;
      } else {
        constexpr std::uint64_t LIMIT = 1ull << PRECISION;
        const std::uint64_t shifted = static_cast<std::uint64_t>(value) + (std::is_signed_v<Int> ? LIMIT : 0);
        const bool is_exact = shifted <= (std::is_signed_v<Int> ? 2 * LIMIT : LIMIT);
        if (is_exact || detail::needs_no_proof(m)) [[likely]]
          return result;
      }
    }
  }
  return detail::settle(m, exact::from_fixed<T>(value, fraction_bits, m.fpcr()));
}

// Conversion between formats.

/// FCVT, rounded as FPCR says. Half precision is the alternative format where FPCR says so.
template <class To, class From, class M>
ARMILLION_INLINE To convert(M& m, From value) {
  if constexpr (host::Format<To> && host::Format<From>) {
    const To result = host::bits(static_cast<host::Number<To>>(host::number(value)));
    if constexpr (sizeof(To) > sizeof(From)) {
      if (is_finite(result) && detail::keeps_denormals(m)) [[likely]]
        return result;
    } else {
      const bool is_exact = host::number(value) == static_cast<host::Number<From>>(host::number(result));
      if (nearest::is_safely_normal(result) && detail::rounds_like_host(m) && (is_exact || (m.fpsr() & INEXACT)))
          [[likely]]
        return result;
    }
  }
  return detail::settle(m, exact::convert<To>(value, rounding_of(m.fpcr()), m.fpcr()));
}

/// FCVTXN: double to single precision, rounded to odd, so that rounding again to a shorter format is right.
template <class M>
ARMILLION_INLINE std::uint32_t convert_round_odd(M& m, std::uint64_t value) {
  return detail::settle(m, exact::convert<std::uint32_t>(value, Rounding::ODD, m.fpcr()));
}

/// BFCVT: single precision to bfloat16.
template <class M>
ARMILLION_INLINE std::uint16_t to_bfloat16(M& m, std::uint32_t value) {
  return detail::settle(m, exact::to_bfloat16(value, m.fpcr()));
}

/// FJCVTZS: double precision to a 32-bit integer as JavaScript's ToInt32 does it.
template <class M>
ARMILLION_INLINE exact::JavaScriptInteger to_javascript_integer(M& m, std::uint64_t value) {
  return detail::settle(m, exact::to_javascript_integer(value, m.fpcr()));
}

}  // namespace armillion::isa::fp
