#pragma once

#include <cstdint>

#include "isa/floating_point_vector.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/scalar.hpp"
#include "isa/semantics/vector.hpp"

// SIMD floating-point conversions. Every function ending in _half is its neighbour above for half precision; every one
// with _scalar in its name works on the lowest lane only.
namespace armillion::isa::semantics {

// To integers, rounded as the name says.

template <class M>
ARMILLION_INLINE void fcvtns_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToSigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtns_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToSigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtns_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToSigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtns_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToSigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtnu_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtnu_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtnu_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtnu_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_EVEN});
}

template <class M>
ARMILLION_INLINE void fcvtps_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToSigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtps_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToSigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtps_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToSigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtps_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToSigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtpu_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToUnsigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtpu_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToUnsigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtpu_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToUnsigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtpu_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToUnsigned{fp::Rounding::PLUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtms_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToSigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtms_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToSigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtms_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToSigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtms_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToSigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtmu_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToUnsigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtmu_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToUnsigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtmu_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToUnsigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtmu_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToUnsigned{fp::Rounding::MINUS_INFINITY});
}

template <class M>
ARMILLION_INLINE void fcvtzs_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::TruncateToSigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzs_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::TruncateToSigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzs_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::TruncateToSigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzs_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::TruncateToSigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzu_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::TruncateToUnsigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzu_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::TruncateToUnsigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzu_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::TruncateToUnsigned{});
}

template <class M>
ARMILLION_INLINE void fcvtzu_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::TruncateToUnsigned{});
}

template <class M>
ARMILLION_INLINE void fcvtas_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToSigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtas_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToSigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtas_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToSigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtas_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToSigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtau_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtau_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtau_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_AWAY});
}

template <class M>
ARMILLION_INLINE void fcvtau_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::ToUnsigned{fp::Rounding::TIES_AWAY});
}

// From integers.

template <class M>
ARMILLION_INLINE void scvtf_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::FromSignedInteger{});
}

template <class M>
ARMILLION_INLINE void scvtf_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::FromSignedInteger{});
}

template <class M>
ARMILLION_INLINE void scvtf_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::FromSignedInteger{});
}

template <class M>
ARMILLION_INLINE void scvtf_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::FromSignedInteger{});
}

template <class M>
ARMILLION_INLINE void ucvtf_vector(M& m, Flag q, Flag size, V a, V d) {
  vector::unary(m, q, size, a, d, fp::vector::FromUnsignedInteger{});
}

template <class M>
ARMILLION_INLINE void ucvtf_vector_half(M& m, Flag q, V a, V d) {
  vector::unary<std::uint16_t>(m, q, a, d, fp::vector::FromUnsignedInteger{});
}

template <class M>
ARMILLION_INLINE void ucvtf_scalar(M& m, Flag size, V a, V d) {
  scalar::unary(m, size, a, d, fp::vector::FromUnsignedInteger{});
}

template <class M>
ARMILLION_INLINE void ucvtf_scalar_half(M& m, V a, V d) {
  scalar::unary<std::uint16_t>(m, a, d, fp::vector::FromUnsignedInteger{});
}

// Fixed point. The immediate is the width of the format less the number of fraction bits.

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_vector_half(M& m, Flag q, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::ToSigned{fp::Rounding::ZERO, 16 - static_cast<int>(immediate)};
  vector::unary<std::uint16_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_vector_single(M& m, Flag q, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::ToSigned{fp::Rounding::ZERO, 32 - static_cast<int>(immediate)};
  vector::unary<std::uint32_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_vector_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::ToSigned{fp::Rounding::ZERO, 64 - static_cast<int>(immediate)};
  vector::unary<std::uint64_t>(m, Flag{1}, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_scalar_half(M& m, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::ToSigned{fp::Rounding::ZERO, 16 - static_cast<int>(immediate)};
  scalar::unary<std::uint16_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_scalar_single(M& m, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::ToSigned{fp::Rounding::ZERO, 32 - static_cast<int>(immediate)};
  scalar::unary<std::uint32_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzs_fixed_scalar_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::ToSigned{fp::Rounding::ZERO, 64 - static_cast<int>(immediate)};
  scalar::unary<std::uint64_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_vector_half(M& m, Flag q, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::ToUnsigned{fp::Rounding::ZERO, 16 - static_cast<int>(immediate)};
  vector::unary<std::uint16_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_vector_single(M& m, Flag q, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::ToUnsigned{fp::Rounding::ZERO, 32 - static_cast<int>(immediate)};
  vector::unary<std::uint32_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_vector_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::ToUnsigned{fp::Rounding::ZERO, 64 - static_cast<int>(immediate)};
  vector::unary<std::uint64_t>(m, Flag{1}, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_scalar_half(M& m, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::ToUnsigned{fp::Rounding::ZERO, 16 - static_cast<int>(immediate)};
  scalar::unary<std::uint16_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_scalar_single(M& m, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::ToUnsigned{fp::Rounding::ZERO, 32 - static_cast<int>(immediate)};
  scalar::unary<std::uint32_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void fcvtzu_fixed_scalar_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::ToUnsigned{fp::Rounding::ZERO, 64 - static_cast<int>(immediate)};
  scalar::unary<std::uint64_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_vector_half(M& m, Flag q, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::FromSigned{16 - static_cast<int>(immediate)};
  vector::unary<std::uint16_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_vector_single(M& m, Flag q, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::FromSigned{32 - static_cast<int>(immediate)};
  vector::unary<std::uint32_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_vector_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::FromSigned{64 - static_cast<int>(immediate)};
  vector::unary<std::uint64_t>(m, Flag{1}, a, d, operation);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_scalar_half(M& m, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::FromSigned{16 - static_cast<int>(immediate)};
  scalar::unary<std::uint16_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_scalar_single(M& m, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::FromSigned{32 - static_cast<int>(immediate)};
  scalar::unary<std::uint32_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void scvtf_fixed_scalar_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::FromSigned{64 - static_cast<int>(immediate)};
  scalar::unary<std::uint64_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_vector_half(M& m, Flag q, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::FromUnsigned{16 - static_cast<int>(immediate)};
  vector::unary<std::uint16_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_vector_single(M& m, Flag q, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::FromUnsigned{32 - static_cast<int>(immediate)};
  vector::unary<std::uint32_t>(m, q, a, d, operation);
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_vector_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::FromUnsigned{64 - static_cast<int>(immediate)};
  vector::unary<std::uint64_t>(m, Flag{1}, a, d, operation);
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_scalar_half(M& m, Unsigned<4> immediate, V a, V d) {
  const auto operation = fp::vector::FromUnsigned{16 - static_cast<int>(immediate)};
  scalar::unary<std::uint16_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_scalar_single(M& m, Unsigned<5> immediate, V a, V d) {
  const auto operation = fp::vector::FromUnsigned{32 - static_cast<int>(immediate)};
  scalar::unary<std::uint32_t>(m, a, d, operation);
}

template <class M>
ARMILLION_INLINE void ucvtf_fixed_scalar_double(M& m, Unsigned<6> immediate, V a, V d) {
  const auto operation = fp::vector::FromUnsigned{64 - static_cast<int>(immediate)};
  scalar::unary<std::uint64_t>(m, a, d, operation);
}

// Between precisions.

template <class M>
ARMILLION_INLINE void fcvtl_vector(M& m, Flag q, Flag size, V a, V d) {
  const Vector source = vector::read_half(m, q, a);
  m.write(d, size ? fp::vector::widen<std::uint64_t, std::uint32_t>(m, source)
                  : fp::vector::widen<std::uint32_t, std::uint16_t>(m, source));
}

template <class M>
ARMILLION_INLINE void fcvtn_vector(M& m, Flag q, Flag size, V a, V d) {
  const Vector source = m.read(a);
  vector::write_half(m, q, d,
                     size ? fp::vector::narrow<std::uint32_t, std::uint64_t>(m, source)
                          : fp::vector::narrow<std::uint16_t, std::uint32_t>(m, source));
}

template <class M>
ARMILLION_INLINE void fcvtxn_vector(M& m, Flag q, V a, V d) {
  vector::write_half(m, q, d, fp::vector::narrow_round_odd(m, m.read(a)));
}

template <class M>
ARMILLION_INLINE void fcvtxn_scalar(M& m, V a, V d) {
  scalar::write(m, d, fp::convert_round_odd(m, scalar::read<std::uint64_t>(m, a)));
}

}  // namespace armillion::isa::semantics
