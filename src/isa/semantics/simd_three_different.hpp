#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD, three registers of different types, integer (Advanced SIMD three different, and scalar three different).
// T is the type of a narrow element.
namespace armillion::isa::semantics {

// Long and wide addition and subtraction.

template <class M>
ARMILLION_INLINE void saddl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(operand1, operand2));
  });
}

template <class M>
ARMILLION_INLINE void uaddl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(operand1, operand2));
  });
}

template <class M>
ARMILLION_INLINE void saddw_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rn), operand2));
  });
}

template <class M>
ARMILLION_INLINE void uaddw_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rn), operand2));
  });
}

template <class M>
ARMILLION_INLINE void ssubl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(operand1, operand2));
  });
}

template <class M>
ARMILLION_INLINE void usubl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(operand1, operand2));
  });
}

template <class M>
ARMILLION_INLINE void ssubw_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(m.read(rn), operand2));
  });
}

template <class M>
ARMILLION_INLINE void usubw_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(m.read(rn), operand2));
  });
}

// The upper half of a sum or difference.

template <class M>
ARMILLION_INLINE void addhn_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    const Vector sum = integer::add<Wide>(m.read(rn), m.read(rm));
    integer::write_half(m, rd, integer::half_of(q), integer::narrow_high<T>(sum));
  });
}

template <class M>
ARMILLION_INLINE void raddhn_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    const Vector sum = integer::add<Wide>(m.read(rn), m.read(rm));
    const Vector rounded = integer::add<Wide>(sum, broadcast<Wide>(Wide{1} << (integer::BITS<T> - 1)));
    integer::write_half(m, rd, integer::half_of(q), integer::narrow_high<T>(rounded));
  });
}

template <class M>
ARMILLION_INLINE void subhn_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    const Vector difference = integer::subtract<Wide>(m.read(rn), m.read(rm));
    integer::write_half(m, rd, integer::half_of(q), integer::narrow_high<T>(difference));
  });
}

template <class M>
ARMILLION_INLINE void rsubhn_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    const Vector difference = integer::subtract<Wide>(m.read(rn), m.read(rm));
    const Vector rounded = integer::add<Wide>(difference, broadcast<Wide>(Wide{1} << (integer::BITS<T> - 1)));
    integer::write_half(m, rd, integer::half_of(q), integer::narrow_high<T>(rounded));
  });
}

// Long absolute difference.

template <class M>
ARMILLION_INLINE void sabdl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector difference = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    m.write(rd, integer::widen<std::make_unsigned_t<T>>(difference, integer::half_of(q)));
  });
}

template <class M>
ARMILLION_INLINE void uabdl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector difference = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    m.write(rd, integer::widen<std::make_unsigned_t<T>>(difference, integer::half_of(q)));
  });
}

template <class M>
ARMILLION_INLINE void sabal_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector difference = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    const Vector widened = integer::widen<std::make_unsigned_t<T>>(difference, integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rd), widened));
  });
}

template <class M>
ARMILLION_INLINE void uabal_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector difference = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    const Vector widened = integer::widen<std::make_unsigned_t<T>>(difference, integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rd), widened));
  });
}

// Long multiplication.

template <class M>
ARMILLION_INLINE void smull_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = integer::long_multiply<T>(m.read(rn), m.read(rm), integer::half_of(q));
    m.write(rd, result);
  });
}

template <class M>
ARMILLION_INLINE void umull_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = integer::long_multiply<T>(m.read(rn), m.read(rm), integer::half_of(q));
    m.write(rd, result);
  });
}

template <class M>
ARMILLION_INLINE void smlal_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector product = integer::long_multiply<T>(m.read(rn), m.read(rm), integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void umlal_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector product = integer::long_multiply<T>(m.read(rn), m.read(rm), integer::half_of(q));
    m.write(rd, integer::add<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void smlsl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector product = integer::long_multiply<T>(m.read(rn), m.read(rm), integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void umlsl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector product = integer::long_multiply<T>(m.read(rn), m.read(rm), integer::half_of(q));
    m.write(rd, integer::subtract<integer::Widened<T>>(m.read(rd), product));
  });
}

template <class M>
ARMILLION_INLINE void pmull_bytes(M& m, Flag q, V rm, V rn, V rd) {
  const Vector operand1 = integer::widen<std::uint8_t>(m.read(rn), integer::half_of(q));
  const Vector operand2 = integer::widen<std::uint8_t>(m.read(rm), integer::half_of(q));
  m.write(rd, map<std::uint16_t>(operand1, operand2, integer::polynomial_multiply<std::uint16_t>));
}

template <class M>
ARMILLION_INLINE void pmull_doublewords(M& m, Flag q, V rm, V rn, V rd) {
  const std::uint64_t x = m.read(rn).template get<std::uint64_t>(q);
  const std::uint64_t y = m.read(rm).template get<std::uint64_t>(q);
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  for (unsigned i = 0; i < 64; ++i) {
    const std::uint64_t selected = x & -(y >> i & 1);
    low ^= selected << i;
    // selected >> (64 - i), without a shift by 64.
    high ^= selected >> 1 >> (63 - i);
  }
  m.write(rd, Vector::from_parts(low, high));
}

// Saturating doubling long multiplication.

template <class M>
ARMILLION_INLINE void sqdmull_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply<Wide>;
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    integer::saturate<Wide, OPERATION>(m, rd, operand1, operand2);
  });
}

template <class M>
ARMILLION_INLINE void sqdmull_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply<Wide>;
    const Vector operand1 = integer::scalar<Wide>(m.read(rn).template get<T>(0));
    const Vector operand2 = integer::scalar<Wide>(m.read(rm).template get<T>(0));
    integer::saturate<Wide, OPERATION>(m, rd, operand1, operand2);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlal_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_add<Wide>;
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    integer::saturate<Wide, OPERATION>(m, rd, m.read(rd), operand1, operand2);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlal_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_add<Wide>;
    const Vector operand1 = integer::scalar<Wide>(m.read(rn).template get<T>(0));
    const Vector operand2 = integer::scalar<Wide>(m.read(rm).template get<T>(0));
    integer::saturate<Wide, OPERATION>(m, rd, integer::first_lane<Wide>(m.read(rd)), operand1, operand2);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlsl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_subtract<Wide>;
    const Vector operand1 = integer::widen<T>(m.read(rn), integer::half_of(q));
    const Vector operand2 = integer::widen<T>(m.read(rm), integer::half_of(q));
    integer::saturate<Wide, OPERATION>(m, rd, m.read(rd), operand1, operand2);
  });
}

template <class M>
ARMILLION_INLINE void sqdmlsl_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_subtract<Wide>;
    const Vector operand1 = integer::scalar<Wide>(m.read(rn).template get<T>(0));
    const Vector operand2 = integer::scalar<Wide>(m.read(rm).template get<T>(0));
    integer::saturate<Wide, OPERATION>(m, rd, integer::first_lane<Wide>(m.read(rd)), operand1, operand2);
  });
}

}  // namespace armillion::isa::semantics
