#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/floating_point.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/scalar.hpp"

// Conversion between floating-point formats, and between floating point and the general registers (C4.1.97 of the Arm
// Architecture Reference Manual). Every function ending in _half is its neighbour above for half precision.
namespace armillion::isa::semantics {

// Between precisions.

namespace scalar {

template <class To, class From, class M>
ARMILLION_INLINE void convert(M& m, V a, V d) {
  write<To>(m, d, fp::convert<To>(m, read<From>(m, a)));
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void fcvt_single_to_double(M& m, V a, V d) {
  scalar::convert<std::uint64_t, std::uint32_t>(m, a, d);
}

template <class M>
ARMILLION_INLINE void fcvt_single_to_half(M& m, V a, V d) {
  scalar::convert<std::uint16_t, std::uint32_t>(m, a, d);
}

template <class M>
ARMILLION_INLINE void fcvt_double_to_single(M& m, V a, V d) {
  scalar::convert<std::uint32_t, std::uint64_t>(m, a, d);
}

template <class M>
ARMILLION_INLINE void fcvt_double_to_half(M& m, V a, V d) {
  scalar::convert<std::uint16_t, std::uint64_t>(m, a, d);
}

template <class M>
ARMILLION_INLINE void fcvt_half_to_single(M& m, V a, V d) {
  scalar::convert<std::uint32_t, std::uint16_t>(m, a, d);
}

template <class M>
ARMILLION_INLINE void fcvt_half_to_double(M& m, V a, V d) {
  scalar::convert<std::uint64_t, std::uint16_t>(m, a, d);
}

template <class M>
ARMILLION_INLINE void bfcvt(M& m, V a, V d) {
  scalar::write(m, d, fp::to_bfloat16(m, scalar::read<std::uint32_t>(m, a)));
}

// To integers and to fixed point.

namespace scalar {

enum class Signedness : std::uint8_t { SIGNED, UNSIGNED };

/// The general register type R as the integer type that an instruction takes it for.
template <class R, Signedness SIGNEDNESS>
using Integer = std::conditional_t<SIGNEDNESS == Signedness::SIGNED, std::make_signed_t<R>, R>;

template <Signedness SIGNEDNESS, class T, class M>
ARMILLION_INLINE void to_fixed(M& m, Flag sf, V a, XDestination d, int fraction_bits, fp::Rounding rounding) {
  by_width(sf, [&]<class R> {
    m.write(d, static_cast<R>(fp::to_fixed<Integer<R, SIGNEDNESS>>(m, read<T>(m, a), fraction_bits, rounding)));
  });
}

template <Signedness SIGNEDNESS, class M>
ARMILLION_INLINE void to_integer(M& m, Flag sf, Flag type, V a, XDestination d, fp::Rounding rounding) {
  by_precision(type, [&]<class T> { to_fixed<SIGNEDNESS, T>(m, sf, a, d, 0, rounding); });
}

template <Signedness SIGNEDNESS, class M>
ARMILLION_INLINE void to_integer_half(M& m, Flag sf, V a, XDestination d, fp::Rounding rounding) {
  to_fixed<SIGNEDNESS, std::uint16_t>(m, sf, a, d, 0, rounding);
}

template <Signedness SIGNEDNESS, class T, class M>
ARMILLION_INLINE void from_fixed(M& m, Flag sf, X a, V d, int fraction_bits) {
  by_width(sf, [&]<class R> {
    const auto value = static_cast<Integer<R, SIGNEDNESS>>(m.template read<R>(a));
    write<T>(m, d, fp::from_fixed<T>(m, value, fraction_bits));
  });
}

/// The number of fraction bits that the scale field of the fixed-point conversions stands for.
ARMILLION_INLINE int fraction_bits(Unsigned<6> scale) { return 64 - static_cast<int>(scale.value); }

}  // namespace scalar

template <class M>
ARMILLION_INLINE void fcvtns_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::SIGNED>(m, sf, type, a, d, fp::Rounding::TIES_EVEN);
}

template <class M>
ARMILLION_INLINE void fcvtns_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::SIGNED>(m, sf, a, d, fp::Rounding::TIES_EVEN);
}

template <class M>
ARMILLION_INLINE void fcvtps_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::SIGNED>(m, sf, type, a, d, fp::Rounding::PLUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtps_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::SIGNED>(m, sf, a, d, fp::Rounding::PLUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtms_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::SIGNED>(m, sf, type, a, d, fp::Rounding::MINUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtms_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::SIGNED>(m, sf, a, d, fp::Rounding::MINUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtzs_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::SIGNED>(m, sf, type, a, d, fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void fcvtzs_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::SIGNED>(m, sf, a, d, fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void fcvtas_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::SIGNED>(m, sf, type, a, d, fp::Rounding::TIES_AWAY);
}

template <class M>
ARMILLION_INLINE void fcvtas_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::SIGNED>(m, sf, a, d, fp::Rounding::TIES_AWAY);
}

template <class M>
ARMILLION_INLINE void fcvtnu_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::UNSIGNED>(m, sf, type, a, d, fp::Rounding::TIES_EVEN);
}

template <class M>
ARMILLION_INLINE void fcvtnu_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::UNSIGNED>(m, sf, a, d, fp::Rounding::TIES_EVEN);
}

template <class M>
ARMILLION_INLINE void fcvtpu_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::UNSIGNED>(m, sf, type, a, d, fp::Rounding::PLUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtpu_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::UNSIGNED>(m, sf, a, d, fp::Rounding::PLUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtmu_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::UNSIGNED>(m, sf, type, a, d, fp::Rounding::MINUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtmu_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::UNSIGNED>(m, sf, a, d, fp::Rounding::MINUS_INFINITY);
}

template <class M>
ARMILLION_INLINE void fcvtzu_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::UNSIGNED>(m, sf, type, a, d, fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void fcvtzu_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::UNSIGNED>(m, sf, a, d, fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void fcvtau_general(M& m, Flag sf, Flag type, V a, XDestination d) {
  scalar::to_integer<scalar::Signedness::UNSIGNED>(m, sf, type, a, d, fp::Rounding::TIES_AWAY);
}

template <class M>
ARMILLION_INLINE void fcvtau_general_half(M& m, Flag sf, V a, XDestination d) {
  scalar::to_integer_half<scalar::Signedness::UNSIGNED>(m, sf, a, d, fp::Rounding::TIES_AWAY);
}

// The conversion of JavaScript's ToInt32; Z says whether it was exact.
template <class M>
ARMILLION_INLINE void fjcvtzs(M& m, V a, XDestination d) {
  const auto [value, exact] = fp::to_javascript_integer(m, scalar::read<std::uint64_t>(m, a));
  m.set_flags({0, static_cast<std::uint8_t>(exact), 0, 0});
  m.write(d, value);
}

// From integers.

template <class M>
ARMILLION_INLINE void scvtf_general(M& m, Flag sf, Flag type, X a, V d) {
  scalar::by_precision(type, [&]<class T> { scalar::from_fixed<scalar::Signedness::SIGNED, T>(m, sf, a, d, 0); });
}

template <class M>
ARMILLION_INLINE void scvtf_general_half(M& m, Flag sf, X a, V d) {
  scalar::from_fixed<scalar::Signedness::SIGNED, std::uint16_t>(m, sf, a, d, 0);
}

template <class M>
ARMILLION_INLINE void ucvtf_general(M& m, Flag sf, Flag type, X a, V d) {
  scalar::by_precision(type, [&]<class T> { scalar::from_fixed<scalar::Signedness::UNSIGNED, T>(m, sf, a, d, 0); });
}

template <class M>
ARMILLION_INLINE void ucvtf_general_half(M& m, Flag sf, X a, V d) {
  scalar::from_fixed<scalar::Signedness::UNSIGNED, std::uint16_t>(m, sf, a, d, 0);
}

// Fixed point.

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_general(M& m, Flag sf, Flag type, Unsigned<6> scale, V a, XDestination d) {
  scalar::by_precision(type, [&]<class T> {
    scalar::to_fixed<scalar::Signedness::SIGNED, T>(m, sf, a, d, scalar::fraction_bits(scale), fp::Rounding::ZERO);
  });
}

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_general_half(M& m, Flag sf, Unsigned<6> scale, V a, XDestination d) {
  scalar::to_fixed<scalar::Signedness::SIGNED, std::uint16_t>(m, sf, a, d, scalar::fraction_bits(scale),
                                                              fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_general(M& m, Flag sf, Flag type, Unsigned<6> scale, V a, XDestination d) {
  scalar::by_precision(type, [&]<class T> {
    scalar::to_fixed<scalar::Signedness::UNSIGNED, T>(m, sf, a, d, scalar::fraction_bits(scale), fp::Rounding::ZERO);
  });
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_general_half(M& m, Flag sf, Unsigned<6> scale, V a, XDestination d) {
  scalar::to_fixed<scalar::Signedness::UNSIGNED, std::uint16_t>(m, sf, a, d, scalar::fraction_bits(scale),
                                                                fp::Rounding::ZERO);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_general(M& m, Flag sf, Flag type, Unsigned<6> scale, X a, V d) {
  scalar::by_precision(type, [&]<class T> {
    scalar::from_fixed<scalar::Signedness::SIGNED, T>(m, sf, a, d, scalar::fraction_bits(scale));
  });
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_general_half(M& m, Flag sf, Unsigned<6> scale, X a, V d) {
  scalar::from_fixed<scalar::Signedness::SIGNED, std::uint16_t>(m, sf, a, d, scalar::fraction_bits(scale));
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_general(M& m, Flag sf, Flag type, Unsigned<6> scale, X a, V d) {
  scalar::by_precision(type, [&]<class T> {
    scalar::from_fixed<scalar::Signedness::UNSIGNED, T>(m, sf, a, d, scalar::fraction_bits(scale));
  });
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_general_half(M& m, Flag sf, Unsigned<6> scale, X a, V d) {
  scalar::from_fixed<scalar::Signedness::UNSIGNED, std::uint16_t>(m, sf, a, d, scalar::fraction_bits(scale));
}

// Moves between general and floating-point registers, bit for bit.

template <class M>
ARMILLION_INLINE void fmov_single_to_general(M& m, V a, XDestination d) {
  m.write(d, scalar::read<std::uint32_t>(m, a));
}

template <class M>
ARMILLION_INLINE void fmov_double_to_general(M& m, V a, XDestination d) {
  m.write(d, scalar::read<std::uint64_t>(m, a));
}

template <class M>
ARMILLION_INLINE void fmov_top_to_general(M& m, V a, XDestination d) {
  m.write(d, m.read(a).high());
}

template <class M>
ARMILLION_INLINE void fmov_half_to_general(M& m, Flag, V a, XDestination d) {
  m.write(d, std::uint32_t{scalar::read<std::uint16_t>(m, a)});
}

template <class M>
ARMILLION_INLINE void fmov_single_from_general(M& m, X a, V d) {
  scalar::write<std::uint32_t>(m, d, m.template read<std::uint32_t>(a));
}

template <class M>
ARMILLION_INLINE void fmov_double_from_general(M& m, X a, V d) {
  scalar::write<std::uint64_t>(m, d, m.template read<std::uint64_t>(a));
}

template <class M>
ARMILLION_INLINE void fmov_top_from_general(M& m, X a, V d) {
  m.write(d, Vector::from_parts(m.read(d).low(), m.template read<std::uint64_t>(a)));
}

template <class M>
ARMILLION_INLINE void fmov_half_from_general(M& m, Flag, X a, V d) {
  scalar::write(m, d, static_cast<std::uint16_t>(m.template read<std::uint32_t>(a)));
}

}  // namespace armillion::isa::semantics
