#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD, three registers of the same type, integer (Advanced SIMD three same, three same extra, and scalar three same).
namespace armillion::isa::semantics {

// Addition, subtraction, multiplication.

template <class M>
ARMILLION_INLINE void add_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, clip(integer::add<T>(m.read(rn), m.read(rm)), q)); });
}

template <class M>
ARMILLION_INLINE void add_scalar(M& m, V rm, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).low() + m.read(rm).low()));
}

template <class M>
ARMILLION_INLINE void sub_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> { m.write(rd, clip(integer::subtract<T>(m.read(rn), m.read(rm)), q)); });
}

template <class M>
ARMILLION_INLINE void sub_scalar(M& m, V rm, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).low() - m.read(rm).low()));
}

template <class M>
ARMILLION_INLINE void addp_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const auto [even, odd] = integer::pairs<T>(m.read(rn), m.read(rm), q);
    m.write(rd, integer::add<T>(even, odd));
  });
}

template <class M>
ARMILLION_INLINE void mul_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> { m.write(rd, clip(integer::multiply<T>(m.read(rn), m.read(rm)), q)); });
}

template <class M>
ARMILLION_INLINE void mla_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector product = integer::multiply<T>(m.read(rn), m.read(rm));
    m.write(rd, clip(integer::add<T>(m.read(rd), product), q));
  });
}

template <class M>
ARMILLION_INLINE void mls_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector product = integer::multiply<T>(m.read(rn), m.read(rm));
    m.write(rd, clip(integer::subtract<T>(m.read(rd), product), q));
  });
}

template <class M>
ARMILLION_INLINE void pmul_vector(M& m, Flag q, V rm, V rn, V rd) {
  m.write(rd, clip(map<std::uint8_t>(m.read(rn), m.read(rm), integer::polynomial_multiply<std::uint8_t>), q));
}

// Halving, and absolute difference.

template <class M>
ARMILLION_INLINE void shadd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::halving_add<T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void uhadd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::halving_add<T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void srhadd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::rounding_halving_add<T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void urhadd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::rounding_halving_add<T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void shsub_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::halving_subtract<T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void uhsub_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::halving_subtract<T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void sabd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void uabd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void saba_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector difference = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    m.write(rd, clip(integer::add<T>(m.read(rd), difference), q));
  });
}

template <class M>
ARMILLION_INLINE void uaba_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector difference = integer::absolute_difference<T>(m.read(rn), m.read(rm));
    m.write(rd, clip(integer::add<T>(m.read(rd), difference), q));
  });
}

// Comparison. A lane where it holds becomes -1, which is all ones.

template <class M>
ARMILLION_INLINE void cmgt_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return -(x > y); });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void cmgt_register_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::int64_t>(0);
  const auto y = m.read(rm).template get<std::int64_t>(0);
  m.write(rd, integer::scalar<std::int64_t>(-(x > y)));
}

template <class M>
ARMILLION_INLINE void cmhi_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return -(x > y); });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void cmhi_register_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::uint64_t>(0);
  const auto y = m.read(rm).template get<std::uint64_t>(0);
  m.write(rd, integer::scalar<std::int64_t>(-(x > y)));
}

template <class M>
ARMILLION_INLINE void cmge_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return -(x >= y); });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void cmge_register_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::int64_t>(0);
  const auto y = m.read(rm).template get<std::int64_t>(0);
  m.write(rd, integer::scalar<std::int64_t>(-(x >= y)));
}

template <class M>
ARMILLION_INLINE void cmhs_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return -(x >= y); });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void cmhs_register_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::uint64_t>(0);
  const auto y = m.read(rm).template get<std::uint64_t>(0);
  m.write(rd, integer::scalar<std::int64_t>(-(x >= y)));
}

template <class M>
ARMILLION_INLINE void cmtst_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return -((x & y) != 0); });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void cmtst_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::uint64_t>(0);
  const auto y = m.read(rm).template get<std::uint64_t>(0);
  m.write(rd, integer::scalar<std::int64_t>(-((x & y) != 0)));
}

template <class M>
ARMILLION_INLINE void cmeq_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return -(x == y); });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void cmeq_register_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::uint64_t>(0);
  const auto y = m.read(rm).template get<std::uint64_t>(0);
  m.write(rd, integer::scalar<std::int64_t>(-(x == y)));
}

// Maximum and minimum, of lanes and of neighbouring lanes.

template <class M>
ARMILLION_INLINE void smax_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return x > y ? x : y; });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void umax_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return x > y ? x : y; });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void smin_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return x < y ? x : y; });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void umin_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), [](T x, T y) { return x < y ? x : y; });
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void smaxp_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const auto [even, odd] = integer::pairs<T>(m.read(rn), m.read(rm), q);
    m.write(rd, map<T>(even, odd, [](T x, T y) { return x > y ? x : y; }));
  });
}

template <class M>
ARMILLION_INLINE void umaxp_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const auto [even, odd] = integer::pairs<T>(m.read(rn), m.read(rm), q);
    m.write(rd, map<T>(even, odd, [](T x, T y) { return x > y ? x : y; }));
  });
}

template <class M>
ARMILLION_INLINE void sminp_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_up_to_32(size, [&]<class T> {
    const auto [even, odd] = integer::pairs<T>(m.read(rn), m.read(rm), q);
    m.write(rd, map<T>(even, odd, [](T x, T y) { return x < y ? x : y; }));
  });
}

template <class M>
ARMILLION_INLINE void uminp_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_size_up_to_32(size, [&]<class T> {
    const auto [even, odd] = integer::pairs<T>(m.read(rn), m.read(rm), q);
    m.write(rd, map<T>(even, odd, [](T x, T y) { return x < y ? x : y; }));
  });
}

// Shifts by the elements of a register.

template <class M>
ARMILLION_INLINE void sshl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::shift<integer::Rounding::DOWN, T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void sshl_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::int64_t>(0);
  const auto amount = m.read(rm).template get<std::int64_t>(0);
  m.write(rd, integer::scalar(integer::shift<integer::Rounding::DOWN>(x, amount)));
}

template <class M>
ARMILLION_INLINE void ushl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::shift<integer::Rounding::DOWN, T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void ushl_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::uint64_t>(0);
  const auto amount = m.read(rm).template get<std::uint64_t>(0);
  m.write(rd, integer::scalar(integer::shift<integer::Rounding::DOWN>(x, amount)));
}

template <class M>
ARMILLION_INLINE void srshl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::shift<integer::Rounding::HALF_UP, T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void srshl_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::int64_t>(0);
  const auto amount = m.read(rm).template get<std::int64_t>(0);
  m.write(rd, integer::scalar(integer::shift<integer::Rounding::HALF_UP>(x, amount)));
}

template <class M>
ARMILLION_INLINE void urshl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    const Vector result = map<T>(m.read(rn), m.read(rm), integer::shift<integer::Rounding::HALF_UP, T>);
    m.write(rd, clip(result, q));
  });
}

template <class M>
ARMILLION_INLINE void urshl_scalar(M& m, V rm, V rn, V rd) {
  const auto x = m.read(rn).template get<std::uint64_t>(0);
  const auto amount = m.read(rm).template get<std::uint64_t>(0);
  m.write(rd, integer::scalar(integer::shift<integer::Rounding::HALF_UP>(x, amount)));
}

template <class M>
ARMILLION_INLINE void sqshl_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::DOWN, T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqshl_register_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::DOWN, T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void uqshl_register_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::DOWN, T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void uqshl_register_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::DOWN, T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void sqrshl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::HALF_UP, T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqrshl_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::HALF_UP, T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void uqrshl_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::HALF_UP, T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void uqrshl_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::shift<integer::Rounding::HALF_UP, T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

// Saturating arithmetic.

template <class M>
ARMILLION_INLINE void sqadd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqadd_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void uqadd_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void uqadd_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::add<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void sqsub_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::subtract<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqsub_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_signed_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::subtract<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void uqsub_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::subtract<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void uqsub_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  by_size(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::subtract<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void sqdmulh_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_high<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqdmulh_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::doubling_multiply_high<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmulh_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_high<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmulh_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_high<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rn)), integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlah_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_add_high<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rd), q), clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlah_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_add_high<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rd)), integer::first_lane<T>(m.read(rn)),
                                    integer::first_lane<T>(m.read(rm)));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlsh_vector(M& m, Flag q, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_subtract_high<T>;
    integer::saturate<T, OPERATION>(m, rd, clip(m.read(rd), q), clip(m.read(rn), q), clip(m.read(rm), q));
  });
}

template <class M>
ARMILLION_INLINE void sqrdmlsh_scalar(M& m, Unsigned<2> size, V rm, V rn, V rd) {
  integer::by_signed_size_16_or_32(size, [&]<class T> {
    constexpr auto OPERATION = &integer::Saturation::rounding_doubling_multiply_subtract_high<T>;
    integer::saturate<T, OPERATION>(m, rd, integer::first_lane<T>(m.read(rd)), integer::first_lane<T>(m.read(rn)),
                                    integer::first_lane<T>(m.read(rm)));
  });
}

// Logical.

template <class M>
ARMILLION_INLINE void and_vector(M& m, Flag q, V rm, V rn, V rd) {
  m.write(rd, clip(Vector{m.read(rn).bits & m.read(rm).bits}, q));
}

template <class M>
ARMILLION_INLINE void bic_vector_register(M& m, Flag q, V rm, V rn, V rd) {
  m.write(rd, clip(Vector{m.read(rn).bits & ~m.read(rm).bits}, q));
}

template <class M>
ARMILLION_INLINE void orr_vector_register(M& m, Flag q, V rm, V rn, V rd) {
  m.write(rd, clip(Vector{m.read(rn).bits | m.read(rm).bits}, q));
}

template <class M>
ARMILLION_INLINE void orn_vector(M& m, Flag q, V rm, V rn, V rd) {
  m.write(rd, clip(Vector{m.read(rn).bits | ~m.read(rm).bits}, q));
}

template <class M>
ARMILLION_INLINE void eor_vector(M& m, Flag q, V rm, V rn, V rd) {
  m.write(rd, clip(Vector{m.read(rn).bits ^ m.read(rm).bits}, q));
}

// The three that choose between the bits of two vectors by those of a third.

template <class M>
ARMILLION_INLINE void bsl_vector(M& m, Flag q, V rm, V rn, V rd) {
  const auto chooser = m.read(rd).bits;
  m.write(rd, clip(Vector{(m.read(rn).bits & chooser) | (m.read(rm).bits & ~chooser)}, q));
}

template <class M>
ARMILLION_INLINE void bit_vector(M& m, Flag q, V rm, V rn, V rd) {
  const auto chooser = m.read(rm).bits;
  m.write(rd, clip(Vector{(m.read(rn).bits & chooser) | (m.read(rd).bits & ~chooser)}, q));
}

template <class M>
ARMILLION_INLINE void bif_vector(M& m, Flag q, V rm, V rn, V rd) {
  const auto chooser = m.read(rm).bits;
  m.write(rd, clip(Vector{(m.read(rd).bits & chooser) | (m.read(rn).bits & ~chooser)}, q));
}

// Dot products of groups of four bytes, and products of 2 x 8 by 8 x 2 matrices of bytes.

template <class M>
ARMILLION_INLINE void sdot_vector(M& m, Flag q, V rm, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::int8_t, std::int8_t>;
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), m.read(rm), OPERATION), q));
}

template <class M>
ARMILLION_INLINE void udot_vector(M& m, Flag q, V rm, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::uint8_t, std::uint8_t>;
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), m.read(rm), OPERATION), q));
}

template <class M>
ARMILLION_INLINE void usdot_vector(M& m, Flag q, V rm, V rn, V rd) {
  constexpr auto OPERATION = integer::dot_product<std::uint8_t, std::int8_t>;
  m.write(rd, clip(map<std::uint32_t>(m.read(rd), m.read(rn), m.read(rm), OPERATION), q));
}

template <class M>
ARMILLION_INLINE void smmla_vector(M& m, V rm, V rn, V rd) {
  m.write(rd, integer::matrix_multiply_add<std::int8_t, std::int8_t>(m.read(rd), m.read(rn), m.read(rm)));
}

template <class M>
ARMILLION_INLINE void ummla_vector(M& m, V rm, V rn, V rd) {
  m.write(rd, integer::matrix_multiply_add<std::uint8_t, std::uint8_t>(m.read(rd), m.read(rn), m.read(rm)));
}

template <class M>
ARMILLION_INLINE void usmmla_vector(M& m, V rm, V rn, V rd) {
  m.write(rd, integer::matrix_multiply_add<std::uint8_t, std::int8_t>(m.read(rd), m.read(rn), m.read(rm)));
}

}  // namespace armillion::isa::semantics
