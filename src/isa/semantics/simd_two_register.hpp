#pragma once

#include <bit>

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD, two registers, integer (Advanced SIMD two-register miscellaneous, and scalar two-register miscellaneous).
namespace armillion::isa::semantics {

// The order of elements, and of bits.

/// The vector with the order of the elements reversed in each group of GROUP_BYTES bytes.
template <class T, unsigned GROUP_BYTES>
ARMILLION_INLINE constexpr Vector reverse_groups(Vector operand) {
  constexpr unsigned LAST = GROUP_BYTES / sizeof(T) - 1;
  Lanes<T> result{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; ++i) result[i] = operand.get<T>(i ^ LAST);
  return Vector::from<T>(result);
}

template <class M>
ARMILLION_INLINE void rev64_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> { m.write(rd, clip(reverse_groups<T, 8>(m.read(rn)), q)); });
}

template <class M>
ARMILLION_INLINE void rev32_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  if (size == 0) {
    m.write(rd, clip(reverse_groups<std::uint8_t, 4>(m.read(rn)), q));
  } else {
    m.write(rd, clip(reverse_groups<std::uint16_t, 4>(m.read(rn)), q));
  }
}

template <class M>
ARMILLION_INLINE void rev16_vector(M& m, Flag q, V rn, V rd) {
  m.write(rd, clip(reverse_groups<std::uint8_t, 2>(m.read(rn)), q));
}

template <class M>
ARMILLION_INLINE void rbit_vector(M& m, Flag q, V rn, V rd) {
  m.write(rd, clip(map<std::uint8_t>(m.read(rn), [](std::uint8_t x) { return __builtin_bitreverse8(x); }), q));
}

// Counting bits, and their complement.

template <class M>
ARMILLION_INLINE void cls_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    using UnsignedT = std::make_unsigned_t<T>;
    // Bits that equal the one above them become zero.
    const auto count = [](T x) { return std::countl_zero(static_cast<UnsignedT>(x ^ x >> 1)) - 1; };
    m.write(rd, clip(map<T>(m.read(rn), count), q));
  });
}

template <class M>
ARMILLION_INLINE void clz_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(
      size, [&]<class T> { m.write(rd, clip(map<T>(m.read(rn), [](T x) { return std::countl_zero(x); }), q)); });
}

template <class M>
ARMILLION_INLINE void cnt_vector(M& m, Flag q, V rn, V rd) {
  m.write(rd, clip(map<std::uint8_t>(m.read(rn), [](std::uint8_t x) { return std::popcount(x); }), q));
}

template <class M>
ARMILLION_INLINE void not_vector(M& m, Flag q, V rn, V rd) {
  m.write(rd, clip(Vector{~m.read(rn).bits}, q));
}

// Sums of neighbouring elements, twice as wide.

/// The sums of lanes 0 and 1, 2 and 3, ..., as numbers with twice the bits of T.
template <class T>
ARMILLION_INLINE constexpr Vector add_long_pairs(Vector operand) {
  using Wide = integer::Widened<T>;
  return map<Wide>(operand, [](Wide pair) {
    const T even = static_cast<T>(pair);
    const T odd = static_cast<T>(pair >> integer::BITS<T>);
    return Wide{even} + Wide{odd};
  });
}

template <class M>
ARMILLION_INLINE void saddlp_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> { m.write(rd, clip(add_long_pairs<T>(m.read(rn)), q)); });
}

template <class M>
ARMILLION_INLINE void uaddlp_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> { m.write(rd, clip(add_long_pairs<T>(m.read(rn)), q)); });
}

template <class M>
ARMILLION_INLINE void sadalp_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    m.write(rd, clip(integer::add<integer::Widened<T>>(m.read(rd), add_long_pairs<T>(m.read(rn))), q));
  });
}

template <class M>
ARMILLION_INLINE void uadalp_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    m.write(rd, clip(integer::add<integer::Widened<T>>(m.read(rd), add_long_pairs<T>(m.read(rn))), q));
  });
}

// Comparison with zero. A lane where it holds becomes -1, which is all ones.

template <class M>
ARMILLION_INLINE void cmgt_zero_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> { m.write(rd, clip(map<T>(m.read(rn), [](T x) { return -(x > 0); }), q)); });
}

template <class M>
ARMILLION_INLINE void cmgt_zero_scalar(M& m, V rn, V rd) {
  m.write(rd, integer::scalar<std::int64_t>(-(m.read(rn).template get<std::int64_t>(0) > 0)));
}

template <class M>
ARMILLION_INLINE void cmge_zero_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> { m.write(rd, clip(map<T>(m.read(rn), [](T x) { return -(x >= 0); }), q)); });
}

template <class M>
ARMILLION_INLINE void cmge_zero_scalar(M& m, V rn, V rd) {
  m.write(rd, integer::scalar<std::int64_t>(-(m.read(rn).template get<std::int64_t>(0) >= 0)));
}

template <class M>
ARMILLION_INLINE void cmeq_zero_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> { m.write(rd, clip(map<T>(m.read(rn), [](T x) { return -(x == 0); }), q)); });
}

template <class M>
ARMILLION_INLINE void cmeq_zero_scalar(M& m, V rn, V rd) {
  m.write(rd, integer::scalar<std::int64_t>(-(m.read(rn).template get<std::int64_t>(0) == 0)));
}

template <class M>
ARMILLION_INLINE void cmle_zero_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> { m.write(rd, clip(map<T>(m.read(rn), [](T x) { return -(x <= 0); }), q)); });
}

template <class M>
ARMILLION_INLINE void cmle_zero_scalar(M& m, V rn, V rd) {
  m.write(rd, integer::scalar<std::int64_t>(-(m.read(rn).template get<std::int64_t>(0) <= 0)));
}

template <class M>
ARMILLION_INLINE void cmlt_zero_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> { m.write(rd, clip(map<T>(m.read(rn), [](T x) { return -(x < 0); }), q)); });
}

template <class M>
ARMILLION_INLINE void cmlt_zero_scalar(M& m, V rn, V rd) {
  m.write(rd, integer::scalar<std::int64_t>(-(m.read(rn).template get<std::int64_t>(0) < 0)));
}

// The sign.

template <class M>
ARMILLION_INLINE void abs_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size,
                 [&]<class T> { m.write(rd, clip(integer::absolute_difference<T>(m.read(rn), Vector::zero()), q)); });
}

template <class M>
ARMILLION_INLINE void abs_scalar(M& m, V rn, V rd) {
  m.write(rd,
          integer::absolute_difference<std::int64_t>(integer::first_lane<std::int64_t>(m.read(rn)), Vector::zero()));
}

template <class M>
ARMILLION_INLINE void neg_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, clip(integer::subtract<T>(Vector::zero(), m.read(rn)), q)); });
}

template <class M>
ARMILLION_INLINE void neg_scalar(M& m, V rn, V rd) {
  m.write(rd, integer::scalar(0 - m.read(rn).low()));
}

template <class M>
ARMILLION_INLINE void sqabs_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size,
                 [&]<class T> { integer::saturate<T, &integer::Saturation::absolute<T>>(m, rd, clip(m.read(rn), q)); });
}

template <class M>
ARMILLION_INLINE void sqabs_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    integer::saturate<T, &integer::Saturation::absolute<T>>(m, rd, integer::first_lane<T>(m.read(rn)));
  });
}

template <class M>
ARMILLION_INLINE void sqneg_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size,
                 [&]<class T> { integer::saturate<T, &integer::Saturation::negate<T>>(m, rd, clip(m.read(rn), q)); });
}

template <class M>
ARMILLION_INLINE void sqneg_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    integer::saturate<T, &integer::Saturation::negate<T>>(m, rd, integer::first_lane<T>(m.read(rn)));
  });
}

// Saturating sums of a signed and an unsigned number. T is the type of the elements of Rd.

template <class M>
ARMILLION_INLINE void suqadd_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add_other_sign<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rd), q), clip(m.read(rn), q));
  });
}

template <class M>
ARMILLION_INLINE void suqadd_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add_other_sign<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rd)), integer::first_lane<T>(m.read(rn)));
  });
}

template <class M>
ARMILLION_INLINE void usqadd_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add_other_sign<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rd), q), clip(m.read(rn), q));
  });
}

template <class M>
ARMILLION_INLINE void usqadd_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add_other_sign<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rd)), integer::first_lane<T>(m.read(rn)));
  });
}

// Narrowing, and widening. T is the type of a narrow element.

template <class M>
ARMILLION_INLINE void xtn_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const auto elements = integer::narrow<T, integer::Widened<T>>(m.read(rn), [](auto x) { return x; });
    integer::write_half(m, rd, integer::half_of(q), elements);
  });
}

/// Limits the elements of Rn, of type Wide, to what T can hold.
template <class T, class Wide, class M>
ARMILLION_INLINE void saturating_extract_vector(M& m, Flag q, V rn, V rd) {
  integer::Saturation saturation;
  const auto elements = integer::narrow<T, Wide>(m.read(rn), [&](Wide x) { return saturation.clamp<T>(x); });
  integer::write_half(m, rd, integer::half_of(q), elements);
  saturation.report(m);
}

template <class T, class Wide, class M>
ARMILLION_INLINE void saturating_extract_scalar(M& m, V rn, V rd) {
  integer::Saturation saturation;
  m.write(rd, integer::scalar(saturation.clamp<T>(m.read(rn).template get<Wide>(0))));
  saturation.report(m);
}

template <class M>
ARMILLION_INLINE void sqxtn_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size,
                                   [&]<class T> { saturating_extract_vector<T, integer::Widened<T>>(m, q, rn, rd); });
}

template <class M>
ARMILLION_INLINE void sqxtn_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(size,
                                   [&]<class T> { saturating_extract_scalar<T, integer::Widened<T>>(m, rn, rd); });
}

template <class M>
ARMILLION_INLINE void uqxtn_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> { saturating_extract_vector<T, integer::Widened<T>>(m, q, rn, rd); });
}

template <class M>
ARMILLION_INLINE void uqxtn_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> { saturating_extract_scalar<T, integer::Widened<T>>(m, rn, rd); });
}

template <class M>
ARMILLION_INLINE void sqxtun_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(
      size, [&]<class T> { saturating_extract_vector<std::make_unsigned_t<T>, integer::Widened<T>>(m, q, rn, rd); });
}

template <class M>
ARMILLION_INLINE void sqxtun_scalar(M& m, Unsigned<2> size, V rn, V rd) {
  integer::by_signed_size_up_to_32(
      size, [&]<class T> { saturating_extract_scalar<std::make_unsigned_t<T>, integer::Widened<T>>(m, rn, rd); });
}

template <class M>
ARMILLION_INLINE void shll_vector(M& m, Flag q, Unsigned<2> size, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    using Wide = integer::Widened<T>;
    const Vector operand = integer::widen<T>(m.read(rn), integer::half_of(q));
    m.write(rd, map<Wide>(operand, [](Wide x) { return x << integer::BITS<T>; }));
  });
}

}  // namespace armillion::isa::semantics
