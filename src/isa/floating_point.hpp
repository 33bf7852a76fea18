#pragma once

#include <cstdint>

#include "isa/flags.hpp"
#include "isa/floating_point/estimates.hpp"
#include "isa/floating_point/exact_arithmetic.hpp"
#include "isa/floating_point/exact_comparison.hpp"
#include "isa/floating_point/exact_conversion.hpp"
#include "isa/floating_point/format.hpp"
#include "isa/macros.hpp"

namespace armillion::isa::fp {

namespace detail {
template <class M, class T>
ARMILLION_INLINE T settle(M& m, Outcome<T> outcome) {
  if (outcome.exceptions != 0) m.raise(outcome.exceptions);
  return outcome.value;
}
}  // namespace detail

template <class T, class M>
ARMILLION_INLINE T add(M& m, T a, T b) {
  return detail::settle(m, exact::add(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T subtract(M& m, T a, T b) {
  return detail::settle(m, exact::subtract(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T multiply(M& m, T a, T b) {
  return detail::settle(m, exact::multiply(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T multiply_extended(M& m, T a, T b) {
  return detail::settle(m, exact::multiply_extended(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T divide(M& m, T a, T b) {
  return detail::settle(m, exact::divide(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T maximum(M& m, T a, T b) {
  return detail::settle(m, exact::maximum(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T minimum(M& m, T a, T b) {
  return detail::settle(m, exact::minimum(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T maximum_number(M& m, T a, T b) {
  return detail::settle(m, exact::maximum_number(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T minimum_number(M& m, T a, T b) {
  return detail::settle(m, exact::minimum_number(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T multiply_add(M& m, T addend, T a, T b) {
  return detail::settle(m, exact::multiply_add(addend, a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T square_root(M& m, T a) {
  return detail::settle(m, exact::square_root(a, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T reciprocal_estimate(M& m, T a) {
  return detail::settle(m, exact::reciprocal_estimate(a, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T reciprocal_square_root_estimate(M& m, T a) {
  return detail::settle(m, exact::reciprocal_square_root_estimate(a, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T reciprocal_exponent(M& m, T a) {
  return detail::settle(m, exact::reciprocal_exponent(a, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T reciprocal_step(M& m, T a, T b) {
  return detail::settle(m, exact::reciprocal_step(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T reciprocal_square_root_step(M& m, T a, T b) {
  return detail::settle(m, exact::reciprocal_square_root_step(a, b, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE bool compare_equal(M& m, T a, T b) {
  return detail::settle(m, exact::compare(a, b, exact::SignalOn::SIGNALLING_NANS, m.fpcr())) == exact::Relation::EQUAL;
}
template <class T, class M>
ARMILLION_INLINE bool compare_greater(M& m, T a, T b) {
  return detail::settle(m, exact::compare(a, b, exact::SignalOn::ALL_NANS, m.fpcr())) == exact::Relation::GREATER;
}
template <class T, class M>
ARMILLION_INLINE bool compare_greater_equal(M& m, T a, T b) {
  const auto relation = detail::settle(m, exact::compare(a, b, exact::SignalOn::ALL_NANS, m.fpcr()));
  return relation == exact::Relation::GREATER || relation == exact::Relation::EQUAL;
}
template <class T, class M>
ARMILLION_INLINE Flags compare(M& m, T a, T b, bool signal_all_nans) {
  const auto signal_on = signal_all_nans ? exact::SignalOn::ALL_NANS : exact::SignalOn::SIGNALLING_NANS;
  return exact::flags_of(detail::settle(m, exact::compare(a, b, signal_on, m.fpcr())));
}
template <class T, class M>
ARMILLION_INLINE T round_to_integral(M& m, T a, Rounding rounding, bool exact) {
  const auto report = exact ? exact::ReportInexact::YES : exact::ReportInexact::NO;
  return detail::settle(m, exact::round_to_integral(a, rounding, report, m.fpcr()));
}
template <class T, class M>
ARMILLION_INLINE T round_to_integral_sized(M& m, T a, Rounding rounding, int bits) {
  return detail::settle(m, exact::round_to_integral_sized(a, rounding, bits, m.fpcr()));
}
template <class Int, class T, class M>
ARMILLION_INLINE Int to_fixed(M& m, T a, int fraction_bits, Rounding rounding) {
  return detail::settle(m, exact::to_fixed<Int>(a, fraction_bits, rounding, m.fpcr()));
}
template <class T, class Int, class M>
ARMILLION_INLINE T from_fixed(M& m, Int value, int fraction_bits) {
  return detail::settle(m, exact::from_fixed<T>(value, fraction_bits, m.fpcr()));
}
template <class To, class From, class M>
ARMILLION_INLINE To convert(M& m, From value) {
  return detail::settle(m, exact::convert<To>(value, rounding_of(m.fpcr()), m.fpcr()));
}
template <class M>
ARMILLION_INLINE std::uint32_t convert_round_odd(M& m, std::uint64_t value) {
  return detail::settle(m, exact::convert<std::uint32_t>(value, Rounding::ODD, m.fpcr()));
}
template <class M>
ARMILLION_INLINE std::uint16_t to_bfloat16(M& m, std::uint32_t value) {
  return detail::settle(m, exact::to_bfloat16(value, m.fpcr()));
}
template <class M>
ARMILLION_INLINE exact::JavaScriptInteger to_javascript_integer(M& m, std::uint64_t value) {
  return detail::settle(m, exact::to_javascript_integer(value, m.fpcr()));
}

}  // namespace armillion::isa::fp
