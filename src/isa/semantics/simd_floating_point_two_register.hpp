#pragma once

#include <cstdint>

#include "isa/floating_point_vector.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/scalar.hpp"
#include "isa/semantics/vector.hpp"

// SIMD floating point, two registers and across lanes. Every function ending in _half is its neighbour above for half
// precision; every one with _scalar in its name works on the lowest lane only.
namespace armillion::isa::semantics {

// Arithmetic. Changing the sign is no arithmetic: it raises nothing.

template <class M>
ARMILLION_INLINE void fabs_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::by_precision(size, [&]<class T> { m.write(d, clip(fp::vector::absolute<T>(m.read(a)), q)); });
}

template <class M>
ARMILLION_INLINE void fabs_vector_half(M& m, Flag q, V a, V d) {
  m.write(d, clip(fp::vector::absolute<std::uint16_t>(m.read(a)), q));
}

template <class M>
ARMILLION_INLINE void fneg_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::by_precision(size, [&]<class T> { m.write(d, clip(fp::vector::negate<T>(m.read(a)), q)); });
}

template <class M>
ARMILLION_INLINE void fneg_vector_half(M& m, Flag q, V a, V d) {
  m.write(d, clip(fp::vector::negate<std::uint16_t>(m.read(a)), q));
}

template <class M>
ARMILLION_INLINE void fsqrt_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::SquareRoot{});
}

template <class M>
ARMILLION_INLINE void fsqrt_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::SquareRoot{});
}

// Comparison with zero.

namespace scalar {

/// d = operation(a, 0), in the lowest lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void with_zero(M& m, V a, V d, Operation operation) {
  write<T>(m, d, operation(m, read<T>(m, a), T{0}));
}

template <class M, class Operation>
ARMILLION_INLINE void with_zero(M& m, Flag size, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { with_zero<T>(m, a, d, operation); });
}

/// d = operation(0, a), in the lowest lane.
template <class T, class M, class Operation>
ARMILLION_INLINE void zero_with(M& m, V a, V d, Operation operation) {
  write<T>(m, d, operation(m, T{0}, read<T>(m, a)));
}

template <class M, class Operation>
ARMILLION_INLINE void zero_with(M& m, Flag size, V a, V d, Operation operation) {
  by_precision(size, [&]<class T> { zero_with<T>(m, a, d, operation); });
}

}  // namespace scalar

template <class M>
ARMILLION_INLINE void fcmeq_zero_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::with_zero(m, q, size, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmeq_zero_vector_half(M& m, Flag q, V a, V d) {
  vector::with_zero<std::uint16_t>(m, q, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmeq_zero_scalar(M& m, Flag size, V a, V d) {
  scalar::with_zero(m, size, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmeq_zero_scalar_half(M& m, V a, V d) {
  scalar::with_zero<std::uint16_t>(m, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_zero_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::with_zero(m, q, size, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_zero_vector_half(M& m, Flag q, V a, V d) {
  vector::with_zero<std::uint16_t>(m, q, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_zero_scalar(M& m, Flag size, V a, V d) {
  scalar::with_zero(m, size, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_zero_scalar_half(M& m, V a, V d) {
  scalar::with_zero<std::uint16_t>(m, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmgt_zero_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::with_zero(m, q, size, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmgt_zero_vector_half(M& m, Flag q, V a, V d) {
  vector::with_zero<std::uint16_t>(m, q, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmgt_zero_scalar(M& m, Flag size, V a, V d) {
  scalar::with_zero(m, size, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmgt_zero_scalar_half(M& m, V a, V d) {
  scalar::with_zero<std::uint16_t>(m, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmle_zero_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::zero_with(m, q, size, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmle_zero_vector_half(M& m, Flag q, V a, V d) {
  vector::zero_with<std::uint16_t>(m, q, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmle_zero_scalar(M& m, Flag size, V a, V d) {
  scalar::zero_with(m, size, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmle_zero_scalar_half(M& m, V a, V d) {
  scalar::zero_with<std::uint16_t>(m, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmlt_zero_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::zero_with(m, q, size, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmlt_zero_vector_half(M& m, Flag q, V a, V d) {
  vector::zero_with<std::uint16_t>(m, q, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmlt_zero_scalar(M& m, Flag size, V a, V d) {
  scalar::zero_with(m, size, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmlt_zero_scalar_half(M& m, V a, V d) {
  scalar::zero_with<std::uint16_t>(m, a, d, fp::vector::CompareGreater{});
}

// Rounding to integral values.

template <class M>
ARMILLION_INLINE void frintn_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegral<fp::Rounding::TIES_EVEN>{});
}

template <class M>
ARMILLION_INLINE void frintn_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegral<fp::Rounding::TIES_EVEN>{});
}

template <class M>
ARMILLION_INLINE void frintp_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegral<fp::Rounding::PLUS_INFINITY>{});
}

template <class M>
ARMILLION_INLINE void frintp_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegral<fp::Rounding::PLUS_INFINITY>{});
}

template <class M>
ARMILLION_INLINE void frintm_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegral<fp::Rounding::MINUS_INFINITY>{});
}

template <class M>
ARMILLION_INLINE void frintm_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegral<fp::Rounding::MINUS_INFINITY>{});
}

template <class M>
ARMILLION_INLINE void frintz_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegral<fp::Rounding::ZERO>{});
}

template <class M>
ARMILLION_INLINE void frintz_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegral<fp::Rounding::ZERO>{});
}

template <class M>
ARMILLION_INLINE void frinta_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegral<fp::Rounding::TIES_AWAY>{});
}

template <class M>
ARMILLION_INLINE void frinta_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegral<fp::Rounding::TIES_AWAY>{});
}

template <class M>
ARMILLION_INLINE void frintx_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegralExact{});
}

template <class M>
ARMILLION_INLINE void frintx_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegralExact{});
}

template <class M>
ARMILLION_INLINE void frinti_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToIntegralAsControlled{});
}

template <class M>
ARMILLION_INLINE void frinti_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::RoundToIntegralAsControlled{});
}

template <class M>
ARMILLION_INLINE void frint32z_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToSizedTowardsZero<32>{});
}

template <class M>
ARMILLION_INLINE void frint32x_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToSizedAsControlled<32>{});
}

template <class M>
ARMILLION_INLINE void frint64z_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToSizedTowardsZero<64>{});
}

template <class M>
ARMILLION_INLINE void frint64x_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::RoundToSizedAsControlled<64>{});
}

// Estimates.

template <class M>
ARMILLION_INLINE void frecpe_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ReciprocalEstimate{});
}

template <class M>
ARMILLION_INLINE void frecpe_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ReciprocalEstimate{});
}

template <class M>
ARMILLION_INLINE void frecpe_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ReciprocalEstimate{});
}

template <class M>
ARMILLION_INLINE void frecpe_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ReciprocalEstimate{});
}

template <class M>
ARMILLION_INLINE void frsqrte_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ReciprocalSquareRootEstimate{});
}

template <class M>
ARMILLION_INLINE void frsqrte_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ReciprocalSquareRootEstimate{});
}

template <class M>
ARMILLION_INLINE void frsqrte_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ReciprocalSquareRootEstimate{});
}

template <class M>
ARMILLION_INLINE void frsqrte_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ReciprocalSquareRootEstimate{});
}

template <class M>
ARMILLION_INLINE void frecpx_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, [](M& m, auto x) { return fp::reciprocal_exponent(m, x); });
}

template <class M>
ARMILLION_INLINE void frecpx_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, [](M& m, auto x) { return fp::reciprocal_exponent(m, x); });
}

/// UnsignedRecipEstimate: of fixed-point numbers from one half up to one; what is less saturates.
template <class M>
ARMILLION_INLINE void urecpe_vector(M& m, Flag q, V a, V d) {
  const Vector result = map<std::uint32_t>(
      m.read(a), [](std::uint32_t x) { return x >> 31 == 0 ? ~0u : fp::exact::reciprocal_estimate_of(x >> 23) << 23; });
  m.write(d, clip(result, q));
}

/// UnsignedRSqrtEstimate: of fixed-point numbers from one quarter up to one; what is less saturates.
template <class M>
ARMILLION_INLINE void ursqrte_vector(M& m, Flag q, V a, V d) {
  const Vector result = map<std::uint32_t>(m.read(a), [](std::uint32_t x) {
    return x >> 30 == 0 ? ~0u : fp::exact::reciprocal_square_root_estimate_of(x >> 23) << 23;
  });
  m.write(d, clip(result, q));
}

// Across lanes. There are four lanes in single precision.

template <class M>
ARMILLION_INLINE void fmaxv(M& m, V a, V d) {
  vector::across_lanes<std::uint32_t>(m, Flag{1}, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fmaxv_half(M& m, Flag q, V a, V d) {
  vector::across_lanes<std::uint16_t>(m, q, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fminv(M& m, V a, V d) {
  vector::across_lanes<std::uint32_t>(m, Flag{1}, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fminv_half(M& m, Flag q, V a, V d) {
  vector::across_lanes<std::uint16_t>(m, q, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fmaxnmv(M& m, V a, V d) {
  vector::across_lanes<std::uint32_t>(m, Flag{1}, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fmaxnmv_half(M& m, Flag q, V a, V d) {
  vector::across_lanes<std::uint16_t>(m, q, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnmv(M& m, V a, V d) {
  vector::across_lanes<std::uint32_t>(m, Flag{1}, a, d, fp::vector::MinimumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnmv_half(M& m, Flag q, V a, V d) {
  vector::across_lanes<std::uint16_t>(m, q, a, d, fp::vector::MinimumNumber{});
}

}  // namespace armillion::isa::semantics
