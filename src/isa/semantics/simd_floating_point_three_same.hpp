#pragma once

#include <cstdint>

#include "isa/floating_point_vector.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/scalar.hpp"
#include "isa/semantics/vector.hpp"

// SIMD floating point, three registers of the same type. Every function ending in _half is its neighbour above for half
// precision; every one with _scalar in its name works on the lowest lane only.
namespace armillion::isa::semantics {

// Arithmetic.

template <class M>
ARMILLION_INLINE void fadd_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::Add{});
}

template <class M>
ARMILLION_INLINE void fadd_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::Add{});
}

template <class M>
ARMILLION_INLINE void fsub_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::Subtract{});
}

template <class M>
ARMILLION_INLINE void fsub_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::Subtract{});
}

template <class M>
ARMILLION_INLINE void fmul_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::Multiply{});
}

template <class M>
ARMILLION_INLINE void fmul_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::Multiply{});
}

template <class M>
ARMILLION_INLINE void fdiv_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::Divide{});
}

template <class M>
ARMILLION_INLINE void fdiv_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::Divide{});
}

template <class M>
ARMILLION_INLINE void fmla_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::multiply_add<vector::Sign::KEEP>(m, q, size, b, a, d);
}

template <class M>
ARMILLION_INLINE void fmla_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::multiply_add<std::uint16_t, vector::Sign::KEEP>(m, q, m.read(b), a, d);
}

template <class M>
ARMILLION_INLINE void fmls_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::multiply_add<vector::Sign::NEGATE>(m, q, size, b, a, d);
}

template <class M>
ARMILLION_INLINE void fmls_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::multiply_add<std::uint16_t, vector::Sign::NEGATE>(m, q, m.read(b), a, d);
}

template <class M>
ARMILLION_INLINE void fmulx_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::MultiplyExtended{});
}

template <class M>
ARMILLION_INLINE void fmulx_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::MultiplyExtended{});
}

template <class M>
ARMILLION_INLINE void fmulx_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::MultiplyExtended{});
}

template <class M>
ARMILLION_INLINE void fmulx_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::MultiplyExtended{});
}

template <class M>
ARMILLION_INLINE void fabd_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::AbsoluteDifference{});
}

template <class M>
ARMILLION_INLINE void fabd_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::AbsoluteDifference{});
}

template <class M>
ARMILLION_INLINE void fabd_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::AbsoluteDifference{});
}

template <class M>
ARMILLION_INLINE void fabd_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::AbsoluteDifference{});
}

// Maximum and minimum.

template <class M>
ARMILLION_INLINE void fmax_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fmax_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fmin_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fmin_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fmaxnm_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fmaxnm_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnm_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::MinimumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnm_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::MinimumNumber{});
}

// Comparison, of values and of magnitudes.

template <class M>
ARMILLION_INLINE void fcmeq_register_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmeq_register_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmeq_register_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmeq_register_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::CompareEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_register_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_register_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_register_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmge_register_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::CompareGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void fcmgt_register_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmgt_register_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmgt_register_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void fcmgt_register_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::CompareGreater{});
}

template <class M>
ARMILLION_INLINE void facge_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::CompareMagnitudeGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void facge_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::CompareMagnitudeGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void facge_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::CompareMagnitudeGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void facge_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::CompareMagnitudeGreaterEqual{});
}

template <class M>
ARMILLION_INLINE void facgt_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::CompareMagnitudeGreater{});
}

template <class M>
ARMILLION_INLINE void facgt_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::CompareMagnitudeGreater{});
}

template <class M>
ARMILLION_INLINE void facgt_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::CompareMagnitudeGreater{});
}

template <class M>
ARMILLION_INLINE void facgt_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::CompareMagnitudeGreater{});
}

// Steps of Newton's iteration.

template <class M>
ARMILLION_INLINE void frecps_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::ReciprocalStep{});
}

template <class M>
ARMILLION_INLINE void frecps_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::ReciprocalStep{});
}

template <class M>
ARMILLION_INLINE void frecps_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::ReciprocalStep{});
}

template <class M>
ARMILLION_INLINE void frecps_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::ReciprocalStep{});
}

template <class M>
ARMILLION_INLINE void frsqrts_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::binary(m, q, size, b, a, d, fp::vector::ReciprocalSquareRootStep{});
}

template <class M>
ARMILLION_INLINE void frsqrts_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::binary<std::uint16_t>(m, q, b, a, d, fp::vector::ReciprocalSquareRootStep{});
}

template <class M>
ARMILLION_INLINE void frsqrts_scalar(M& m, Flag size, V b, V a, V d) {
  scalar::binary(m, size, b, a, d, fp::vector::ReciprocalSquareRootStep{});
}

template <class M>
ARMILLION_INLINE void frsqrts_scalar_half(M& m, V b, V a, V d) {
  scalar::binary<std::uint16_t>(m, b, a, d, fp::vector::ReciprocalSquareRootStep{});
}

// Of neighbouring lanes: two vectors side by side, or the two lanes of one.

template <class M>
ARMILLION_INLINE void faddp_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::pairwise(m, q, size, b, a, d, fp::vector::Add{});
}

template <class M>
ARMILLION_INLINE void faddp_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::pairwise<std::uint16_t>(m, q, b, a, d, fp::vector::Add{});
}

template <class M>
ARMILLION_INLINE void faddp_scalar(M& m, Flag size, V a, V d) {
  vector::scalar_pairwise(m, size, a, d, fp::vector::Add{});
}

template <class M>
ARMILLION_INLINE void faddp_scalar_half(M& m, V a, V d) {
  vector::scalar_pairwise<std::uint16_t>(m, a, d, fp::vector::Add{});
}

template <class M>
ARMILLION_INLINE void fmaxp_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::pairwise(m, q, size, b, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fmaxp_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::pairwise<std::uint16_t>(m, q, b, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fmaxp_scalar(M& m, Flag size, V a, V d) {
  vector::scalar_pairwise(m, size, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fmaxp_scalar_half(M& m, V a, V d) {
  vector::scalar_pairwise<std::uint16_t>(m, a, d, fp::vector::Maximum{});
}

template <class M>
ARMILLION_INLINE void fminp_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::pairwise(m, q, size, b, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fminp_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::pairwise<std::uint16_t>(m, q, b, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fminp_scalar(M& m, Flag size, V a, V d) {
  vector::scalar_pairwise(m, size, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fminp_scalar_half(M& m, V a, V d) {
  vector::scalar_pairwise<std::uint16_t>(m, a, d, fp::vector::Minimum{});
}

template <class M>
ARMILLION_INLINE void fmaxnmp_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::pairwise(m, q, size, b, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fmaxnmp_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::pairwise<std::uint16_t>(m, q, b, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fmaxnmp_scalar(M& m, Flag size, V a, V d) {
  vector::scalar_pairwise(m, size, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fmaxnmp_scalar_half(M& m, V a, V d) {
  vector::scalar_pairwise<std::uint16_t>(m, a, d, fp::vector::MaximumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnmp_vector(M& m, Flag q, Flag size, V b, V a, V d) {
  vector::pairwise(m, q, size, b, a, d, fp::vector::MinimumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnmp_vector_half(M& m, Flag q, V b, V a, V d) {
  vector::pairwise<std::uint16_t>(m, q, b, a, d, fp::vector::MinimumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnmp_scalar(M& m, Flag size, V a, V d) {
  vector::scalar_pairwise(m, size, a, d, fp::vector::MinimumNumber{});
}

template <class M>
ARMILLION_INLINE void fminnmp_scalar_half(M& m, V a, V d) {
  vector::scalar_pairwise<std::uint16_t>(m, a, d, fp::vector::MinimumNumber{});
}

// Complex numbers.

namespace vector {

/// Calls `body.template operator()<T>()` for a size field of 1 (half), 2 (single) or 3 (double precision).
template <class Body>
ARMILLION_INLINE void by_format(std::uint32_t size, Body&& body) {
  switch (size) {
    case 1: return body.template operator()<std::uint16_t>();
    case 2: return body.template operator()<std::uint32_t>();
    default: return body.template operator()<std::uint64_t>();
  }
}

/// d = d + a * b as far as the part of a that `rotation` selects contributes.
template <class T, class M>
ARMILLION_INLINE void complex_multiply_add(M& m, Flag q, std::uint32_t rotation, Vector b, V a, V d) {
  using namespace fp::vector;
  m.write(d, settle(m, fp::vector::complex_multiply_add<T>(Status::of(m), rotation, lane_count<T>(q), m.read(d),
                                                           m.read(a), b)));
}

}  // namespace vector

template <class M>
ARMILLION_INLINE void fcmla_vector(M& m, Flag q, Unsigned<2> size, V b, Unsigned<2> rotation, V a, V d) {
  vector::by_format(size, [&]<class T> { vector::complex_multiply_add<T>(m, q, rotation, m.read(b), a, d); });
}

/// The rotation is by one quarter turn, or with its bit set by three.
template <class M>
ARMILLION_INLINE void fcadd_vector(M& m, Flag q, Unsigned<2> size, V b, Flag rotation, V a, V d) {
  vector::by_format(size, [&]<class T> {
    const Vector rotated = fp::vector::rotate<T>(m.read(b), rotation ? 3 : 1);
    m.write(d, fp::vector::apply<T>(m, q, fp::vector::Add{}, m.read(a), rotated));
  });
}

}  // namespace armillion::isa::semantics
