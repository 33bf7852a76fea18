// Elementary functions of vectors, for the target that this is compiled for. See foreach_target.h of Highway. Vectors
// are Highway's, or what stands in for them (one_lane.hpp, emitted_vectors.hpp).
#if defined(ARMILLION_OPS_ELEMENTARY_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ARMILLION_OPS_ELEMENTARY_INL_HPP
#undef ARMILLION_OPS_ELEMENTARY_INL_HPP
#else
#define ARMILLION_OPS_ELEMENTARY_INL_HPP
#endif

#if !defined(ARMILLION_OPS_VECTORS_ARE_NUMBERS) && !defined(ARMILLION_OPS_VECTORS_ARE_EMITTED)
#include <hwy/highway.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>

#include "ops/kernels/coefficients.hpp"

// NOLINTBEGIN(performance-unnecessary-value-param): a vector is a register.
HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The layout of a floating-point type, and the bounds of exponentials.
template <class T>
struct Format;

template <>
struct Format<float> {
  static constexpr int MANTISSA_BITS = 23;
  static constexpr int BIAS = 127;
  /// 1.5 * 2^23: added to a small number, it leaves the nearest integer in the low bits of the sum.
  static constexpr float ROUNDER = 12582912.0F;
  /// e^x is 0 below, infinity above.
  static constexpr float EXP_LOWEST = -104;
  static constexpr float EXP_HIGHEST = 89;
  /// Keeps every power of 2 between 2^-150 and 1 normal, as a factor 2^SHIFT.
  static constexpr int SHIFT = 64;
  static constexpr float TWO_TO_SHIFT = 0x1p64F;
  static constexpr float TWO_TO_MINUS_SHIFT = 0x1p-64F;
  static constexpr float SMALLEST_NORMAL = 0x1p-126F;
  static constexpr std::uint32_t ROOT_OF_HALF = 0x3f3504f3;
  /// Clears as many low bits that the square of the rest is exact.
  static constexpr std::uint32_t UPPER_HALF = 0xfffff000;
  static constexpr float TANH_IS_ONE = 10;
};

template <>
struct Format<double> {
  static constexpr int MANTISSA_BITS = 52;
  static constexpr int BIAS = 1023;
  static constexpr double ROUNDER = 6755399441055744.0;
  static constexpr double EXP_LOWEST = -746;
  static constexpr double EXP_HIGHEST = 710;
  static constexpr int SHIFT = 512;
  static constexpr double TWO_TO_SHIFT = 0x1p512;
  static constexpr double TWO_TO_MINUS_SHIFT = 0x1p-512;
  static constexpr double SMALLEST_NORMAL = 0x1p-1022;
  static constexpr std::uint64_t ROOT_OF_HALF = 0x3fe6a09e667f3bcd;
  static constexpr std::uint64_t UPPER_HALF = 0xfffffffff8000000;
  static constexpr double TANH_IS_ONE = 20;
};

/// p(x), for coefficients with the lowest first: two and two of them, then Horner's rule in x^2, which waits half as
/// long.
template <class D, class V, std::size_t COUNT>
HWY_INLINE V polynomial(D d, V x, V square, const std::array<hn::TFromD<D>, COUNT>& coefficients) {
  const auto pair = [&](std::size_t i) HWY_ATTR {
    return hn::MulAdd(hn::Set(d, coefficients[i + 1]), x, hn::Set(d, coefficients[i]));
  };
  constexpr std::size_t LAST = (COUNT - 1) / 2 * 2;
  V sum = COUNT % 2 == 0 ? pair(LAST) : hn::Set(d, coefficients[LAST]);
  for (std::size_t i = LAST; i > 0; i -= 2) sum = hn::MulAdd(sum, square, pair(i - 2));
  return sum;
}

// Bounds that leave NaNs as they are. The instructions of x86 do where the number comes second; others do not say.

template <class V>
HWY_INLINE V at_least(V x, V bound) {
#if HWY_ARCH_X86
  return hn::Max(bound, x);
#else
  return hn::IfThenElse(hn::Lt(x, bound), bound, x);
#endif
}

template <class V>
HWY_INLINE V at_most(V x, V bound) {
#if HWY_ARCH_X86
  return hn::Min(bound, x);
#else
  return hn::IfThenElse(hn::Gt(x, bound), bound, x);
#endif
}

/// An exponential as (1 + expm1) 2^n, with |expm1| < 0.42.
template <class V>
struct ExpParts {
  V expm1;
  /// 2^(n + offset), where the rounder said which offset.
  V power;
};

/// Adding `rounder<T>(offset)` leaves n + offset in the bits of an exponent's place, if those are shifted there.
template <class T>
constexpr T rounder(int offset) {
  return Format<T>::ROUNDER + static_cast<T>(Format<T>::BIAS + offset);
}

enum class Sign { PLUS, MINUS };

/// e^t, or e^-t: cuts the exponent in a multiple of ln 2 and a remainder, from which `correction` is taken.
template <Sign SIGN, class D, class V>
HWY_INLINE ExpParts<V> exp_parts(D d, V t, V rounder, V correction) {
  using T = hn::TFromD<D>;
  using C = Coefficients<T>;
  const hn::RebindToUnsigned<D> du;
  const V log2_e = hn::Set(d, C::LOG2_E);
  const V rounded = SIGN == Sign::PLUS ? hn::MulAdd(t, log2_e, rounder) : hn::NegMulAdd(t, log2_e, rounder);
  const V n = hn::Sub(rounded, rounder);
  const V ln2 = hn::Set(d, C::LN2_HIGH);
  V r = SIGN == Sign::PLUS ? hn::NegMulAdd(n, ln2, t) : hn::NegMulSub(n, ln2, t);
  r = hn::Sub(hn::NegMulAdd(n, hn::Set(d, C::LN2_LOW), r), correction);
  const V square = hn::Mul(r, r);
  const V expm1 = hn::MulAdd(square, polynomial(d, r, square, C::EXP), r);
  return {expm1, hn::BitCast(d, hn::ShiftLeft<Format<T>::MANTISSA_BITS>(hn::BitCast(du, rounded)))};
}

/// e^-(t + correction) 2^SHIFT for t >= 0 up to a little more than -EXP_LOWEST: never subnormal, so that one rounding
/// is left for what is made of it.
template <class D, class V>
HWY_INLINE V shifted_exp_of_minus(D d, V t, V correction) {
  using T = hn::TFromD<D>;
  const ExpParts<V> parts = exp_parts<Sign::MINUS>(d, t, hn::Set(d, rounder<T>(Format<T>::SHIFT)), correction);
  return hn::MulAdd(parts.expm1, parts.power, parts.power);
}

/// e^-t for t >= 0.
template <class D, class V>
HWY_INLINE V exp_of_minus(D d, V t) {
  using F = Format<hn::TFromD<D>>;
  const V shifted = shifted_exp_of_minus(d, at_most(t, hn::Set(d, -F::EXP_LOWEST)), hn::Zero(d));
  return hn::Mul(shifted, hn::Set(d, F::TWO_TO_MINUS_SHIFT));
}

struct Exp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    using F = Format<T>;
    x = at_most(at_least(x, hn::Set(d, F::EXP_LOWEST)), hn::Set(d, F::EXP_HIGHEST));
    // No one offset keeps all powers normal.
    const V offset = hn::IfNegativeThenElse(x, hn::Set(d, rounder<T>(F::SHIFT)), hn::Set(d, rounder<T>(-F::SHIFT)));
    const V rest = hn::IfNegativeThenElse(x, hn::Set(d, F::TWO_TO_MINUS_SHIFT), hn::Set(d, F::TWO_TO_SHIFT));
    const ExpParts<V> parts = exp_parts<Sign::PLUS>(d, x, offset, hn::Zero(d));
    return hn::Mul(hn::MulAdd(parts.expm1, parts.power, parts.power), rest);
  }
};

/// With e = e^-|x|, 1 / (1 + e) or e / (1 + e).
struct Sigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V one = hn::Set(d, 1);
    const V e = exp_of_minus(d, hn::Abs(x));
    return hn::Div(hn::IfNegativeThenElse(x, e, one), hn::Add(one, e));
  }
};

/// With t = e^2|x| - 1, t / (t + 2).
struct Tanh {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    const V bounded = at_most(hn::Abs(x), hn::Set(d, Format<T>::TANH_IS_ONE));
    const ExpParts<V> parts =
        exp_parts<Sign::PLUS>(d, hn::Add(bounded, bounded), hn::Set(d, rounder<T>(0)), hn::Zero(d));
    const V t = hn::MulAdd(parts.expm1, parts.power, hn::Sub(parts.power, hn::Set(d, 1)));
    return hn::CopySign(hn::Div(t, hn::Add(t, hn::Set(d, 2))), x);
  }
};

/// With x = 2^k m, where m is between the roots of 1/2 and 2, f = m - 1 and s = f / (2 + f): k ln 2 + ln((1 + s) / (1 -
/// s)). The order of the sum is that of fdlibm's log.
struct Log {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    using F = Format<T>;
    using C = Coefficients<T>;
    const hn::RebindToSigned<D> di;
    using I = hn::TFromD<decltype(di)>;
    const auto is_subnormal = hn::Lt(x, hn::Set(d, F::SMALLEST_NORMAL));
    const V scaled = hn::IfThenElse(is_subnormal, hn::Mul(x, hn::Set(d, F::TWO_TO_SHIFT)), x);
    const V scale = hn::IfThenElseZero(is_subnormal, hn::Set(d, T{F::SHIFT}));
    const auto root_of_half = hn::Set(di, static_cast<I>(F::ROOT_OF_HALF));
    const auto above_root = hn::Sub(hn::BitCast(di, scaled), root_of_half);
    const auto exponent = hn::ShiftRight<F::MANTISSA_BITS>(above_root);
    const V k = hn::Sub(hn::ConvertTo(d, exponent), scale);
    const auto m = hn::Sub(hn::BitCast(di, scaled), hn::ShiftLeft<F::MANTISSA_BITS>(exponent));
    const V f = hn::Sub(hn::BitCast(d, m), hn::Set(d, 1));
    const V s = hn::Div(f, hn::Add(f, hn::Set(d, 2)));
    const V z = hn::Mul(s, s);
    const V half_square = hn::Mul(hn::Mul(f, f), hn::Set(d, T{0.5}));
    const V tail = hn::MulAdd(z, polynomial(d, z, hn::Mul(z, z), C::LOG), half_square);
    V sum = hn::MulAdd(s, tail, hn::Mul(k, hn::Set(d, C::LN2_LOW)));
    sum = hn::Add(hn::Sub(sum, half_square), f);
    sum = hn::MulAdd(k, hn::Set(d, C::LN2_HIGH), sum);
    return special(d, x, sum);
  }

 private:
  /// The logarithms of zeros, infinity, negative numbers and NaNs.
  template <class D, class V>
  static HWY_INLINE V special(D d, V x, V otherwise) {
    const V zero = hn::Zero(d);
    const V positive = hn::IfThenElse(hn::Lt(x, hn::Inf(d)), otherwise, x);  // infinity and NaNs stay
    const V not_negative = hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), positive);
    return hn::IfThenElse(hn::Eq(x, zero), hn::Neg(hn::Inf(d)), not_negative);
  }
};

/// x Phi(x), where Phi is the standard normal distribution. With t = |x|, Phi(-t) is e^(-t^2 / 2) times a smooth
/// function. The square needs twice the precision: t = h + (t - h), where h^2 is exact, and t^2 - h^2 = (t - h) (t +
/// h).
struct Gelu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    using F = Format<T>;
    using C = Coefficients<T>;
    const hn::RebindToUnsigned<D> du;
    const V half = hn::Set(d, T{0.5});
    const V t = at_most(hn::Abs(x), hn::Set(d, C::TAIL_END));
    const V h = hn::And(t, hn::BitCast(d, hn::Set(du, F::UPPER_HALF)));
    const V rest_of_square = hn::Mul(hn::Sub(t, h), hn::Add(t, h));
    const V e = shifted_exp_of_minus(d, hn::Mul(hn::Mul(h, h), half), hn::Mul(rest_of_square, half));
    const V scale = hn::Set(d, C::TAIL_SCALE);
    const V inverse = hn::Div(hn::Set(d, 1), hn::Add(t, scale));
    const V v = hn::Mul(hn::Sub(t, scale), inverse);
    const V smooth = hn::Mul(polynomial(d, v, hn::Mul(v, v), C::TAIL), inverse);
    // t Phi(-t): what is missing to x where x > 0, and all there is, but for the sign, where it is not.
    const V tail = hn::Mul(hn::Mul(hn::Mul(e, smooth), t), hn::Set(d, F::TWO_TO_MINUS_SHIFT));
    return hn::IfNegativeThenElse(x, hn::Neg(tail), hn::Sub(x, tail));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();
// NOLINTEND(performance-unnecessary-value-param)

#endif
