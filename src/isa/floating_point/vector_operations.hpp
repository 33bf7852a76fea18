#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/floating_point.hpp"
#include "isa/host_arithmetic.hpp"
#include "isa/macros.hpp"
#include "isa/vector.hpp"

// The operations that vector instructions do on each lane, as objects. The call operator is the operation on one lane,
// by the functions of `floating_point.hpp`. Those that matter for speed also have `host`: the host's own operation on
// all lanes at once, with a statement of which of its results are what the architecture asks for. `applies` says
// whether FPCR and FPSR let that be.
namespace armillion::isa::fp::vector {

// a * b + c must stay two operations.
#pragma STDC FP_CONTRACT OFF

// The host's lanes.

/// Lanes as the host's numbers.
template <host::Format T>
using Numbers = Lanes<host::Number<T>>;

/// What comparing lanes gives: -1 for true, 0 for false.
template <host::Format T>
using Truth = Lanes<std::make_signed_t<T>>;

template <host::Format T>
ARMILLION_INLINE Numbers<T> numbers(Lanes<T> bits) {
  return (Numbers<T>)bits;
}

/// Results of the host, and which of them are bit for bit the architecture's and raise nothing new.
template <host::Format T>
struct HostResult {
  Lanes<T> value;
  Truth<T> trusted;
};

/// Whether a truth holds for every lane.
template <host::Format T>
ARMILLION_INLINE bool all(Truth<T> truth) {
  return __builtin_reduce_and(truth) != 0;
}

// Questions to each lane.

template <host::Format T>
ARMILLION_INLINE Truth<T> are_zeros(Lanes<T> bits) {
  return (Truth<T>)(numbers<T>(bits) == Numbers<T>{});
}

template <host::Format T>
ARMILLION_INLINE Truth<T> are_finite(Lanes<T> bits) {
  return (Truth<T>)((Truth<T>)(bits & Format<T>::MAGNITUDE) < (std::make_signed_t<T>)Format<T>::PLUS_INFINITY);
}

/// Anything but NaNs.
template <host::Format T>
ARMILLION_INLINE Truth<T> are_numbers(Lanes<T> bits) {
  return (Truth<T>)(numbers<T>(bits) == numbers<T>(bits));
}

/// Normal numbers but for the smallest: rounding to one of them can have been inexact and nothing else. The smallest
/// may come from a number below it, which is an underflow.
template <host::Format T>
ARMILLION_INLINE Truth<T> are_safely_normal(Lanes<T> bits) {
  using F = Format<T>;
  const auto magnitude = (Truth<T>)(bits & F::MAGNITUDE);
  constexpr auto LOWEST = static_cast<std::make_signed_t<T>>(F::SMALLEST_NORMAL);
  constexpr auto INFINITE = static_cast<std::make_signed_t<T>>(F::PLUS_INFINITY);
  return (magnitude > LOWEST) & (magnitude < INFINITE);
}

// What an operation asks of FPCR and FPSR before it lets the host try.

/// Operations that round. The host agrees when rounding to nearest and not flushing denormals, and its results tell all
/// exceptions but Inexact; that one has to be there already, as it soon is where there is floating point at all.
struct Rounds {
  template <class M>
  ARMILLION_INLINE static bool applies(M& m) {
    return fp::detail::needs_no_proof(m);
  }
};

/// Operations that never round; only NaNs, and denormals that are flushed, need care.
struct Selects {
  template <class M>
  ARMILLION_INLINE static bool applies(M& m) {
    return fp::detail::keeps_denormals(m);
  }
};

/// All ones for true, all zeros for false: what a comparison leaves in a lane.
template <class T>
ARMILLION_INLINE constexpr T mask_of(bool condition) {
  return static_cast<T>(-static_cast<T>(condition));
}

// Arithmetic.

struct Add : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::add(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    // A finite sum cannot underflow: if it is tiny, it is exact.
    const auto sum = (Lanes<T>)(numbers<T>(a) + numbers<T>(b));
    return {sum, are_finite<T>(sum)};
  }
};

struct Subtract : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::subtract(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    const auto difference = (Lanes<T>)(numbers<T>(a) - numbers<T>(b));
    return {difference, are_finite<T>(difference)};
  }
};

struct AbsoluteDifference : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::absolute(fp::subtract(m, a, b));
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    const HostResult<T> difference = Subtract::host<T>(a, b);
    return {difference.value & Format<T>::MAGNITUDE, difference.trusted};
  }
};

struct Multiply : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::multiply(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    const auto product = (Lanes<T>)(numbers<T>(a) * numbers<T>(b));
    const Truth<T> exact_zero = are_zeros<T>(product) & (are_zeros<T>(a) | are_zeros<T>(b));
    return {product, are_safely_normal<T>(product) | exact_zero};
  }
};

/// FMULX differs from FMUL only where the host's result is a NaN.
struct MultiplyExtended : Multiply {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::multiply_extended(m, a, b);
  }
};

struct Divide : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::divide(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    const auto quotient = (Lanes<T>)(numbers<T>(a) / numbers<T>(b));
    return {quotient, are_safely_normal<T>(quotient) | (are_zeros<T>(quotient) & are_zeros<T>(a))};
  }
};

struct SquareRoot : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::square_root(m, a);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a) {
    // A root is never tiny.
    const auto root = (Lanes<T>)__builtin_elementwise_sqrt(numbers<T>(a));
    return {root, are_finite<T>(root)};
  }
};

/// addend + a * b, rounded once.
struct MultiplyAdd : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T addend, T a, T b) const {
    return fp::multiply_add(m, addend, a, b);
  }
  template <host::Format T>
    requires host::HAS_FUSED_MULTIPLY_ADD
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> addend, Lanes<T> a, Lanes<T> b) {
    const auto sum = (Lanes<T>)__builtin_elementwise_fma(numbers<T>(a), numbers<T>(b), numbers<T>(addend));
    // A sum that is zero may have lost a tiny product, unless the product is exactly zero too.
    const Truth<T> exact_zero = are_zeros<T>(sum) & (are_zeros<T>(a) | are_zeros<T>(b));
    return {sum, are_safely_normal<T>(sum) | exact_zero};
  }
};

/// FRECPS: 2 - a * b. Where the host's result is not a NaN, it is the architecture's.
struct ReciprocalStep : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::reciprocal_step(m, a, b);
  }
  template <host::Format T>
    requires host::HAS_FUSED_MULTIPLY_ADD
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    const auto step = (Lanes<T>)__builtin_elementwise_fma(-numbers<T>(a), numbers<T>(b), Numbers<T>{} + 2);
    return {step, are_safely_normal<T>(step)};
  }
};

/// FRSQRTS: (3 - a * b) / 2. Halving is exact where it does not leave the normal numbers.
struct ReciprocalSquareRootStep : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::reciprocal_square_root_step(m, a, b);
  }
  template <host::Format T>
    requires host::HAS_FUSED_MULTIPLY_ADD
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    const auto doubled = __builtin_elementwise_fma(-numbers<T>(a), numbers<T>(b), Numbers<T>{} + 3);
    const auto step = (Lanes<T>)(doubled / 2);
    return {step, are_safely_normal<T>(step)};
  }
};

struct ReciprocalEstimate {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::reciprocal_estimate(m, a);
  }
};

struct ReciprocalSquareRootEstimate {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::reciprocal_square_root_estimate(m, a);
  }
};

// Maximum and minimum. Of numbers that compare equal only the zeros can have different bits.

namespace detail {
template <host::Format T>
ARMILLION_INLINE HostResult<T> host_maximum(Lanes<T> a, Lanes<T> b) {
  const auto greater = (Lanes<T>)(numbers<T>(a) > numbers<T>(b));
  const auto equal = (Lanes<T>)(numbers<T>(a) == numbers<T>(b));
  return {(equal & a & b) | (greater & a) | (~(equal | greater) & b), are_numbers<T>(a) & are_numbers<T>(b)};
}

template <host::Format T>
ARMILLION_INLINE HostResult<T> host_minimum(Lanes<T> a, Lanes<T> b) {
  const auto less = (Lanes<T>)(numbers<T>(a) < numbers<T>(b));
  const auto equal = (Lanes<T>)(numbers<T>(a) == numbers<T>(b));
  return {(equal & (a | b)) | (less & a) | (~(equal | less) & b), are_numbers<T>(a) & are_numbers<T>(b)};
}
}  // namespace detail

struct Maximum : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::maximum(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return detail::host_maximum<T>(a, b);
  }
};

struct Minimum : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::minimum(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return detail::host_minimum<T>(a, b);
  }
};

struct MaximumNumber : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::maximum_number(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return detail::host_maximum<T>(a, b);
  }
};

struct MinimumNumber : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return fp::minimum_number(m, a, b);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return detail::host_minimum<T>(a, b);
  }
};

// Comparison. The less-than forms are the greater-than ones with their operands exchanged.

struct CompareEqual : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return mask_of<T>(fp::compare_equal(m, a, b));
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return {(Lanes<T>)(numbers<T>(a) == numbers<T>(b)), are_numbers<T>(a) & are_numbers<T>(b)};
  }
};

struct CompareGreater : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return mask_of<T>(fp::compare_greater(m, a, b));
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return {(Lanes<T>)(numbers<T>(a) > numbers<T>(b)), are_numbers<T>(a) & are_numbers<T>(b)};
  }
};

struct CompareGreaterEqual : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return mask_of<T>(fp::compare_greater_equal(m, a, b));
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return {(Lanes<T>)(numbers<T>(a) >= numbers<T>(b)), are_numbers<T>(a) & are_numbers<T>(b)};
  }
};

/// FACGE and FACGT compare magnitudes.
template <class Comparison>
struct OfMagnitudes : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a, T b) const {
    return Comparison{}(m, fp::absolute(a), fp::absolute(b));
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a, Lanes<T> b) {
    return Comparison::template host<T>(a & Format<T>::MAGNITUDE, b & Format<T>::MAGNITUDE);
  }
};

using CompareMagnitudeGreater = OfMagnitudes<CompareGreater>;
using CompareMagnitudeGreaterEqual = OfMagnitudes<CompareGreaterEqual>;

// Rounding to integral values.

/// In a direction that the instruction names, without reporting Inexact.
template <Rounding ROUNDING>
struct RoundToIntegral : Selects {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::round_to_integral(m, a, ROUNDING, false);
  }
  template <host::Format T>
    requires(host::HAS_ROUNDING_TO_INTEGRAL && ROUNDING != Rounding::TIES_AWAY)
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a) {
    return {(Lanes<T>)rounded(numbers<T>(a)), are_numbers<T>(a)};
  }

 private:
  template <class Numbers>
  ARMILLION_INLINE static Numbers rounded(Numbers a) {
    if constexpr (ROUNDING == Rounding::TIES_EVEN) return __builtin_elementwise_roundeven(a);
    if constexpr (ROUNDING == Rounding::PLUS_INFINITY) return __builtin_elementwise_ceil(a);
    if constexpr (ROUNDING == Rounding::MINUS_INFINITY) return __builtin_elementwise_floor(a);
    if constexpr (ROUNDING == Rounding::ZERO) return __builtin_elementwise_trunc(a);
  }
};

/// FRINTI: in the direction that FPCR names.
struct RoundToIntegralAsControlled {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::round_to_integral(m, a, rounding_of(m.fpcr()), false);
  }
};

/// FRINTX: the same, and Inexact is reported.
struct RoundToIntegralExact {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::round_to_integral(m, a, rounding_of(m.fpcr()), true);
  }
};

/// FRINT32Z and FRINT64Z: towards zero, for signed integers of BITS bits.
template <int BITS>
struct RoundToSizedTowardsZero {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::round_to_integral_sized(m, a, Rounding::ZERO, BITS);
  }
};

/// FRINT32X and FRINT64X: in the direction that FPCR names.
template <int BITS>
struct RoundToSizedAsControlled {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::round_to_integral_sized(m, a, rounding_of(m.fpcr()), BITS);
  }
};

// Conversion to and from integers as wide as the format.

enum class Signedness : std::uint8_t { SIGNED, UNSIGNED };

template <class T, Signedness SIGNEDNESS>
using Integer = std::conditional_t<SIGNEDNESS == Signedness::SIGNED, std::make_signed_t<T>, T>;

/// To fixed point with so many fraction bits, rounded in a direction that the instruction names.
template <Signedness SIGNEDNESS>
struct ToFixed {
  Rounding rounding;
  int fraction_bits = 0;

  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return static_cast<T>(fp::to_fixed<Integer<T, SIGNEDNESS>>(m, a, fraction_bits, rounding));
  }
};

/// From fixed point with so many fraction bits.
template <Signedness SIGNEDNESS>
struct FromFixed {
  int fraction_bits;

  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return fp::from_fixed<T>(m, static_cast<Integer<T, SIGNEDNESS>>(a), fraction_bits);
  }
};

/// FCVTZS and FCVTZU without fraction bits.
template <Signedness SIGNEDNESS>
struct TruncateToInteger {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return ToFixed<SIGNEDNESS>{Rounding::ZERO}(m, a);
  }

  /// As with `Rounds`, except that the rounding mode does not matter.
  template <class M>
  ARMILLION_INLINE static bool applies(M& m) {
    return fp::detail::keeps_denormals(m) && (m.fpsr() & INEXACT) != 0;
  }

  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a) {
    const auto x = numbers<T>(a);
    const auto integers = __builtin_convertvector(x, Lanes<Integer<T, SIGNEDNESS>>);
    // The first powers of two that are too large. Minus 2^(n - 1) itself would do but costs another comparison.
    constexpr int BITS = sizeof(T) * 8;
    if constexpr (SIGNEDNESS == Signedness::SIGNED) {
      const auto magnitude = numbers<T>(a & Format<T>::MAGNITUDE);
      return {(Lanes<T>)integers, magnitude < numbers<T>(Lanes<T>{} + Format<T>::power_of_two(BITS - 1))};
    } else {
      return {(Lanes<T>)integers, (x > -1) & (x < numbers<T>(Lanes<T>{} + Format<T>::power_of_two(BITS)))};
    }
  }
};

/// SCVTF and UCVTF without fraction bits.
template <Signedness SIGNEDNESS>
struct FromInteger : Rounds {
  template <class M, class T>
  ARMILLION_INLINE T operator()(M& m, T a) const {
    return FromFixed<SIGNEDNESS>{0}(m, a);
  }
  template <host::Format T>
  ARMILLION_INLINE static HostResult<T> host(Lanes<T> a) {
    const auto result = __builtin_convertvector((Lanes<Integer<T, SIGNEDNESS>>)a, Numbers<T>);
    return {(Lanes<T>)result, ~Truth<T>{}};
  }
};

using ToSigned = ToFixed<Signedness::SIGNED>;
using ToUnsigned = ToFixed<Signedness::UNSIGNED>;
using FromSigned = FromFixed<Signedness::SIGNED>;
using FromUnsigned = FromFixed<Signedness::UNSIGNED>;
using TruncateToSigned = TruncateToInteger<Signedness::SIGNED>;
using TruncateToUnsigned = TruncateToInteger<Signedness::UNSIGNED>;
using FromSignedInteger = FromInteger<Signedness::SIGNED>;
using FromUnsignedInteger = FromInteger<Signedness::UNSIGNED>;

}  // namespace armillion::isa::fp::vector
