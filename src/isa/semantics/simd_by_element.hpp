#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD, vector by indexed element, integer (Advanced SIMD vector x indexed element, and scalar x indexed element).
namespace armillion::isa::semantics {

// Multiplication.

template <class M>
ARMILLION_INLINE void mul_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    m.write(rd, clip(integer::multiply<T>(m.read(rn), element), q));
  });
}

template <class M>
ARMILLION_INLINE void mla_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    m.write(rd, clip(integer::add<T>(m.read(rd), integer::multiply<T>(m.read(rn), element)), q));
  });
}

template <class M>
ARMILLION_INLINE void mls_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    m.write(rd, clip(integer::subtract<T>(m.read(rd), integer::multiply<T>(m.read(rn), element)), q));
  });
}

// Long multiplication.

template <class M>
ARMILLION_INLINE void smull_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    m.write(rd, integer::long_multiply<T>(m.read(rn), element, integer::half_of(q)));
  });
}

template <class M>
ARMILLION_INLINE void umull_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    m.write(rd, integer::long_multiply<T>(m.read(rn), element, integer::half_of(q)));
  });
}

template <class M>
ARMILLION_INLINE void smlal_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector product = integer::long_multiply<T>(m.read(rn), element, integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void umlal_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector product = integer::long_multiply<T>(m.read(rn), element, integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void smlsl_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector product = integer::long_multiply<T>(m.read(rn), element, integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void umlsl_by_element(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_size_16_or_32(size, [&]<class T> {
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector product = integer::long_multiply<T>(m.read(rn), element, integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(m.read(rd), product));
  });
}

// Saturating doubling long multiplication.

template <class M>
ARMILLION_INLINE void sqdmull_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply<Wide>;
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector element = broadcast<Wide>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<Wide, OPERATION>(m, rd, operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqdmull_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply<Wide>;
    const Vector operand1 = integer::scalar<Wide>(m.read(rn).template get<T>(0));
    const Vector element = integer::scalar<Wide>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<Wide, OPERATION>(m, rd, operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlal_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_add<Wide>;
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector element = broadcast<Wide>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<Wide, OPERATION>(m, rd, m.read(rd), operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlal_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_add<Wide>;
    const Vector operand1 = integer::scalar<Wide>(m.read(rn).template get<T>(0));
    const Vector element = integer::scalar<Wide>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<Wide, OPERATION>(m, rd, integer::first_lane<Wide>(m.read(rd)), operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlsl_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_subtract<Wide>;
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector element = broadcast<Wide>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<Wide, OPERATION>(m, rd, m.read(rd), operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlsl_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_subtract<Wide>;
    const Vector operand1 = integer::scalar<Wide>(m.read(rn).template get<T>(0));
    const Vector element = integer::scalar<Wide>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<Wide, OPERATION>(m, rd, integer::first_lane<Wide>(m.read(rd)), operand1, element);
  });
}

// The upper half of a saturating doubling multiplication.

template <class M>
ARMILLION_INLINE void sqdmulh_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_high<T>;
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(element, q));
  });
}

template <class M>
ARMILLION_INLINE void sqdmulh_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_high<T>;
    const Vector element = integer::scalar<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector operand1 = integer::first_lane<T>(m.read(rn));
    integer::saturate<T, OPERATION>(m, rd, operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqrdmulh_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_high<T>;
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(element, q));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmulh_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_high<T>;
    const Vector element = integer::scalar<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector operand1 = integer::first_lane<T>(m.read(rn));
    integer::saturate<T, OPERATION>(m, rd, operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlah_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_add_high<T>;
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rd), q), clip(m.read(rn), q), clip(element, q));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlah_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_add_high<T>;
    const Vector element = integer::scalar<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector operand1 = integer::first_lane<T>(m.read(rn));
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rd)), operand1, element);
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlsh_by_element_vector(M& m, Flag q, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_subtract_high<T>;
    const Vector element = broadcast<T>(integer::indexed_element<T>(m, l, rm, h));
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rd), q), clip(m.read(rn), q), clip(element, q));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlsh_by_element_scalar(M& m, Unsigned<2> size, Flag l, V rm, Flag h, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_subtract_high<T>;
    const Vector element = integer::scalar<T>(integer::indexed_element<T>(m, l, rm, h));
    const Vector operand1 = integer::first_lane<T>(m.read(rn));
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rd)), operand1, element);
  });
}

// Dot products of groups of four bytes.

template <class M>
ARMILLION_INLINE void sdot_by_element(M& m, Flag q, Flag l, V rm, Flag h, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::int8_t, std::int8_t>;
  const Vector group = broadcast<std::uint32_t>(integer::indexed_element<std::uint32_t>(m, l, rm, h));
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), group, OPERATION), q));
}

template <class M>
ARMILLION_INLINE void udot_by_element(M& m, Flag q, Flag l, V rm, Flag h, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::uint8_t, std::uint8_t>;
  const Vector group = broadcast<std::uint32_t>(integer::indexed_element<std::uint32_t>(m, l, rm, h));
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), group, OPERATION), q));
}

template <class M>
ARMILLION_INLINE void sudot_by_element(M& m, Flag q, Flag l, V rm, Flag h, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::int8_t, std::uint8_t>;
  const Vector group = broadcast<std::uint32_t>(integer::indexed_element<std::uint32_t>(m, l, rm, h));
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), group, OPERATION), q));
}

template <class M>
ARMILLION_INLINE void usdot_by_element(M& m, Flag q, Flag l, V rm, Flag h, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::uint8_t, std::int8_t>;
  const Vector group = broadcast<std::uint32_t>(integer::indexed_element<std::uint32_t>(m, l, rm, h));
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), group, OPERATION), q));
}

}  // namespace armillion::isa::semantics
