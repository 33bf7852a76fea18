#pragma once

#include <cstdint>

#include "isa/floating_point.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/scalar.hpp"

// Scalar floating point: arithmetic, comparison, moves between its registers (C4.1.97 of the Arm Architecture
// Reference Manual). Every function ending in _half is its neighbour above for half precision.
namespace armillion::isa::semantics {

// Two sources: d = a op b.

template <class M>
ARMILLION_INLINE void fmul_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::multiply(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmul_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::multiply(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fdiv_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::divide(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fdiv_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::divide(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fadd_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::add(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fadd_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::add(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fsub_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::subtract(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fsub_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::subtract(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmax_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::maximum(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmax_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::maximum(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmin_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::minimum(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmin_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::minimum(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmaxnm_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::maximum_number(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fmaxnm_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::maximum_number(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fminnm_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::minimum_number(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fminnm_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::minimum_number(m, x, y); });
}

template <class M>
ARMILLION_INLINE void fnmul_scalar(M& m, Flag type, V b, V a, V d) {
  scalar::binary(m, type, b, a, d, [](M& m, auto x, auto y) { return fp::negate(fp::multiply(m, x, y)); });
}

template <class M>
ARMILLION_INLINE void fnmul_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, [](M& m, auto x, auto y) { return fp::negate(fp::multiply(m, x, y)); });
}

// Three sources: d = z + x * y with the signs of z and x as the instruction has them.

namespace scalar {

/// How a fused multiply-add takes an operand.
enum class Sign : std::uint8_t { KEEP, NEGATE };

template <Sign ADDEND, Sign PRODUCT, class T, class M>
ARMILLION_INLINE void multiply_add(M& m, V b, V addend, V a, V d) {
  T z = read<T>(m, addend);
  T x = read<T>(m, a);
  const T y = read<T>(m, b);
  if constexpr (ADDEND == Sign::NEGATE) z = fp::negate(z);
  if constexpr (PRODUCT == Sign::NEGATE) x = fp::negate(x);
  write<T>(m, d, fp::multiply_add(m, z, x, y));
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void fmadd_scalar(M& m, Flag type, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::by_precision(type, [&]<class T> { scalar::multiply_add<KEEP, KEEP, T>(m, b, addend, a, d); });
}

template <class M>
ARMILLION_INLINE void fmadd_scalar_half(M& m, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::multiply_add<KEEP, KEEP, std::uint16_t>(m, b, addend, a, d);
}

template <class M>
ARMILLION_INLINE void fmsub_scalar(M& m, Flag type, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::by_precision(type, [&]<class T> { scalar::multiply_add<KEEP, NEGATE, T>(m, b, addend, a, d); });
}

template <class M>
ARMILLION_INLINE void fmsub_scalar_half(M& m, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::multiply_add<KEEP, NEGATE, std::uint16_t>(m, b, addend, a, d);
}

template <class M>
ARMILLION_INLINE void fnmadd_scalar(M& m, Flag type, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::by_precision(type, [&]<class T> { scalar::multiply_add<NEGATE, NEGATE, T>(m, b, addend, a, d); });
}

template <class M>
ARMILLION_INLINE void fnmadd_scalar_half(M& m, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::multiply_add<NEGATE, NEGATE, std::uint16_t>(m, b, addend, a, d);
}

template <class M>
ARMILLION_INLINE void fnmsub_scalar(M& m, Flag type, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::by_precision(type, [&]<class T> { scalar::multiply_add<NEGATE, KEEP, T>(m, b, addend, a, d); });
}

template <class M>
ARMILLION_INLINE void fnmsub_scalar_half(M& m, V b, V addend, V a, V d) {
  using enum scalar::Sign;
  scalar::multiply_add<NEGATE, KEEP, std::uint16_t>(m, b, addend, a, d);
}

// One source.

template <class M>
ARMILLION_INLINE void fmov_register(M& m, Flag type, V a, V d) {
  scalar::unary(m, type, a, d, [](M&, auto x) { return x; });
}

template <class M>
ARMILLION_INLINE void fmov_register_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, [](M&, auto x) { return x; });
}

template <class M>
ARMILLION_INLINE void fabs_scalar(M& m, Flag type, V a, V d) {
  scalar::unary(m, type, a, d, [](M&, auto x) { return fp::absolute(x); });
}

template <class M>
ARMILLION_INLINE void fabs_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, [](M&, auto x) { return fp::absolute(x); });
}

template <class M>
ARMILLION_INLINE void fneg_scalar(M& m, Flag type, V a, V d) {
  scalar::unary(m, type, a, d, [](M&, auto x) { return fp::negate(x); });
}

template <class M>
ARMILLION_INLINE void fneg_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, [](M&, auto x) { return fp::negate(x); });
}

template <class M>
ARMILLION_INLINE void fsqrt_scalar(M& m, Flag type, V a, V d) {
  scalar::unary(m, type, a, d, [](M& m, auto x) { return fp::square_root(m, x); });
}

template <class M>
ARMILLION_INLINE void fsqrt_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, [](M& m, auto x) { return fp::square_root(m, x); });
}

// Rounding to integral values. Of these only FRINTX and the sized ones report that they changed the value.

namespace scalar {

template <class T, class M>
ARMILLION_INLINE void round_to_integral(M& m, V a, V d, fp::Rounding rounding) {
  unary<T>(m, a, d, [=](M& machine, T x) { return fp::round_to_integral(machine, x, rounding, false); });
}

template <class M>
ARMILLION_INLINE void round_to_integral(M& m, Flag type, V a, V d, fp::Rounding rounding) {
  by_precision(type, [&]<class T> { round_to_integral<T>(m, a, d, rounding); });
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void frintn_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral(m, type, a, d, fp::Rounding::TIES_EVEN);
}

template <class M>
ARMILLION_INLINE void frintn_scalar_half(M& m, V a, V d) {
  scalar::round_to_integral<std::uint16_t>(m, a, d, fp::Rounding::TIES_EVEN);
}

template <class M>
ARMILLION_INLINE void frintp_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral(m, type, a, d, fp::Rounding::PLUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void frintp_scalar_half(M& m, V a, V d) {
  scalar::round_to_integral<std::uint16_t>(m, a, d, fp::Rounding::PLUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void frintm_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral(m, type, a, d, fp::Rounding::MINUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void frintm_scalar_half(M& m, V a, V d) {
  scalar::round_to_integral<std::uint16_t>(m, a, d, fp::Rounding::MINUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void frintz_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral(m, type, a, d, fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void frintz_scalar_half(M& m, V a, V d) {
  scalar::round_to_integral<std::uint16_t>(m, a, d, fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void frinta_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral(m, type, a, d, fp::Rounding::TIES_AWAY);
}

template <class M>
ARMILLION_INLINE void frinta_scalar_half(M& m, V a, V d) {
  scalar::round_to_integral<std::uint16_t>(m, a, d, fp::Rounding::TIES_AWAY);
}

template <class M>
ARMILLION_INLINE void frintx_scalar(M& m, Flag type, V a, V d) {
  scalar::unary(m, type, a, d, [](M& machine, auto x) {
    return fp::round_to_integral(machine, x, fp::rounding_of(machine.fpcr()), true);
  });
}

template <class M>
ARMILLION_INLINE void frintx_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, [](M& machine, auto x) {
    return fp::round_to_integral(machine, x, fp::rounding_of(machine.fpcr()), true);
  });
}

template <class M>
ARMILLION_INLINE void frinti_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral(m, type, a, d, fp::rounding_of(m.fpcr()));
}

template <class M>
ARMILLION_INLINE void frinti_scalar_half(M& m, V a, V d) {
  scalar::round_to_integral<std::uint16_t>(m, a, d, fp::rounding_of(m.fpcr()));
}

namespace scalar {

template <class M>
ARMILLION_INLINE void round_to_integral_sized(M& m, Flag type, V a, V d, fp::Rounding rounding, int bits) {
  unary(m, type, a, d, [=](M& machine, auto x) { return fp::round_to_integral_sized(machine, x, rounding, bits); });
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void frint32z_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral_sized(m, type, a, d, fp::Rounding::ZERO, 32);
}

template <class M>
ARMILLION_INLINE void frint32x_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral_sized(m, type, a, d, fp::rounding_of(m.fpcr()), 32);
}

template <class M>
ARMILLION_INLINE void frint64z_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral_sized(m, type, a, d, fp::Rounding::ZERO, 64);
}

template <class M>
ARMILLION_INLINE void frint64x_scalar(M& m, Flag type, V a, V d) {
  scalar::round_to_integral_sized(m, type, a, d, fp::rounding_of(m.fpcr()), 64);
}

// Comparison. The E forms make any NaN an invalid operation, the others only a signalling one.

namespace scalar {

template <class T, class M>
ARMILLION_INLINE void compare(M& m, V b, V a, bool signal_all_nans) {
  m.set_flags(fp::compare(m, read<T>(m, a), read<T>(m, b), signal_all_nans));
}

template <class T, class M>
ARMILLION_INLINE void compare_with_zero(M& m, V a, bool signal_all_nans) {
  m.set_flags(fp::compare(m, read<T>(m, a), T{0}, signal_all_nans));
}

template <class T, class M>
ARMILLION_INLINE void conditional_compare(M& m, V b, Condition condition, V a, Unsigned<4> nzcv, bool signal_all_nans) {
  if (condition_holds(condition, m.flags())) {
    compare<T>(m, b, a, signal_all_nans);
  } else {
    m.set_flags(flags_from_field(nzcv));
  }
}

template <class T, class M>
ARMILLION_INLINE void select(M& m, V b, Condition condition, V a, V d) {
  write<T>(m, d, isa::select(condition_holds(condition, m.flags()), read<T>(m, a), read<T>(m, b)));
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void fcmp_scalar(M& m, Flag type, V b, V a) {
  scalar::by_precision(type, [&]<class T> { scalar::compare<T>(m, b, a, false); });
}

template <class M>
ARMILLION_INLINE void fcmp_scalar_half(M& m, V b, V a) {
  scalar::compare<std::uint16_t>(m, b, a, false);
}

template <class M>
ARMILLION_INLINE void fcmp_zero_scalar(M& m, Flag type, V a) {
  scalar::by_precision(type, [&]<class T> { scalar::compare_with_zero<T>(m, a, false); });
}

template <class M>
ARMILLION_INLINE void fcmp_zero_scalar_half(M& m, V a) {
  scalar::compare_with_zero<std::uint16_t>(m, a, false);
}

template <class M>
ARMILLION_INLINE void fcmpe_scalar(M& m, Flag type, V b, V a) {
  scalar::by_precision(type, [&]<class T> { scalar::compare<T>(m, b, a, true); });
}

template <class M>
ARMILLION_INLINE void fcmpe_scalar_half(M& m, V b, V a) {
  scalar::compare<std::uint16_t>(m, b, a, true);
}

template <class M>
ARMILLION_INLINE void fcmpe_zero_scalar(M& m, Flag type, V a) {
  scalar::by_precision(type, [&]<class T> { scalar::compare_with_zero<T>(m, a, true); });
}

template <class M>
ARMILLION_INLINE void fcmpe_zero_scalar_half(M& m, V a) {
  scalar::compare_with_zero<std::uint16_t>(m, a, true);
}

template <class M>
ARMILLION_INLINE void fccmp_scalar(M& m, Flag type, V b, Condition condition, V a, Unsigned<4> nzcv) {
  scalar::by_precision(type, [&]<class T> { scalar::conditional_compare<T>(m, b, condition, a, nzcv, false); });
}

template <class M>
ARMILLION_INLINE void fccmp_scalar_half(M& m, V b, Condition condition, V a, Unsigned<4> nzcv) {
  scalar::conditional_compare<std::uint16_t>(m, b, condition, a, nzcv, false);
}

template <class M>
ARMILLION_INLINE void fccmpe_scalar(M& m, Flag type, V b, Condition condition, V a, Unsigned<4> nzcv) {
  scalar::by_precision(type, [&]<class T> { scalar::conditional_compare<T>(m, b, condition, a, nzcv, true); });
}

template <class M>
ARMILLION_INLINE void fccmpe_scalar_half(M& m, V b, Condition condition, V a, Unsigned<4> nzcv) {
  scalar::conditional_compare<std::uint16_t>(m, b, condition, a, nzcv, true);
}

template <class M>
ARMILLION_INLINE void fcsel(M& m, Flag type, V b, Condition condition, V a, V d) {
  scalar::by_precision(type, [&]<class T> { scalar::select<T>(m, b, condition, a, d); });
}

template <class M>
ARMILLION_INLINE void fcsel_half(M& m, V b, Condition condition, V a, V d) {
  scalar::select<std::uint16_t>(m, b, condition, a, d);
}

/// The eight bits of a floating-point immediate as a number of the format T (VFPExpandImm): a sign, three bits of
/// exponent, of which the first is spread, and four of fraction.
template <class T>
struct FloatingPointImmediate {
  static constexpr int WIDTH = 8;
  static constexpr int STORED_BITS = sizeof(T) * 8;
  static constexpr bool SIGN_EXTENDED = false;
  T value;
  static constexpr FloatingPointImmediate from_field(std::uint32_t field) {
    using F = fp::Format<T>;
    const int exponent = static_cast<int>(field >> 4 & 3) + (field & 0x40 ? -3 : 1);
    const T fraction = static_cast<T>(static_cast<T>(field & 15) << (F::FRACTION_BITS - 4));
    return {static_cast<T>(F::sign_bit((field & 0x80) != 0) | F::power_of_two(exponent) | fraction)};
  }
};

template <class M>
ARMILLION_INLINE void fmov_immediate_single(M& m, FloatingPointImmediate<std::uint32_t> immediate, V d) {
  scalar::write<std::uint32_t>(m, d, immediate.value);
}

template <class M>
ARMILLION_INLINE void fmov_immediate_double(M& m, FloatingPointImmediate<std::uint64_t> immediate, V d) {
  scalar::write<std::uint64_t>(m, d, immediate.value);
}

template <class M>
ARMILLION_INLINE void fmov_immediate_half(M& m, FloatingPointImmediate<std::uint16_t> immediate, V d) {
  scalar::write<std::uint16_t>(m, d, immediate.value);
}

}  // namespace armillion::isa::semantics
