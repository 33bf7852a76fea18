#pragma once

#include <bit>

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD shift by immediate, integer (Advanced SIMD shift by immediate, and scalar shift by immediate).
namespace armillion::isa::semantics {

enum class ShiftDirection : std::uint8_t { LEFT, RIGHT };

/// A shift of elements of 8 << size() bits by distance() bits, from immh:immb: that is the sum of the two for a shift
/// to the left, and twice the element's bits less the distance for one to the right. So the distance is 0 to a bit less
/// than an element to the left, and 1 to a whole element to the right.
template <ShiftDirection DIRECTION>
struct ElementShift {
  static constexpr int WIDTH = 7;
  static constexpr int STORED_BITS = 9;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint32_t value;
  static constexpr ElementShift from_field(std::uint32_t field) {
    if (field < 8) return {0};  // not a shift
    const std::uint32_t size = static_cast<std::uint32_t>(std::bit_width(field)) - 4;
    const std::uint32_t element_bits = 8u << size;
    const std::uint32_t distance = DIRECTION == ShiftDirection::LEFT ? field - element_bits : 2 * element_bits - field;
    return {distance << 2 | size};
  }
  constexpr std::uint32_t size() const { return value & 3; }
  constexpr std::uint32_t distance() const { return value >> 2; }
};

using LeftShift = ElementShift<ShiftDirection::LEFT>;
using RightShift = ElementShift<ShiftDirection::RIGHT>;

/// The same shift as a mask: 64 bits in which every element has zeros in its distance() lowest bits and ones above.
/// With it elements of all sizes are shifted alike, as numbers of 64 bits: it clears the bits that would move from one
/// element into another. Where the distance is a whole element the mask is zero.
template <ShiftDirection DIRECTION>
struct ElementShiftMask {
  static constexpr int WIDTH = 7;
  static constexpr int STORED_BITS = 64;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint64_t value;
  static constexpr ElementShiftMask from_field(std::uint32_t field) {
    const auto shift = ElementShift<DIRECTION>::from_field(field);
    return {by_size(shift.size(), [&]<class T> {
      return integer::repeat(integer::shift_left(std::numeric_limits<T>::max(), shift.distance()));
    })};
  }
  constexpr unsigned distance() const { return static_cast<unsigned>(std::countr_zero(value)) % 64; }
};

using LeftShiftMask = ElementShiftMask<ShiftDirection::LEFT>;
using RightShiftMask = ElementShiftMask<ShiftDirection::RIGHT>;

/// The distance of a shift to the right, from the bits of immh:immb below the uppermost one.
template <int BITS>
constexpr std::uint32_t right_distance(Unsigned<BITS> field) {
  return (1u << BITS) - field;
}

// To the left.

ARMILLION_INLINE constexpr Vector shift_left(Vector operand, LeftShiftMask mask) {
  return {operand.bits << mask.distance() & mask.value};
}

template <class M>
ARMILLION_INLINE void shl_vector(M& m, Flag q, LeftShiftMask mask, V rn, V rd) {
  m.write(rd, clip(shift_left(m.read(rn), mask), q));
}

template <class M>
ARMILLION_INLINE void shl_scalar(M& m, Unsigned<6> distance, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).low() << distance));
}

/// Writes what OPERATION, a member function of Saturation, gives for each element of `operand` and the distance.
template <class T, auto OPERATION, class M>
ARMILLION_INLINE void saturating_shift_left(M& m, LeftShift shift, Vector operand, V rd) {
  integer::Saturation saturation;
  m.write(rd, map<T>(operand, [&](T x) { return (saturation.*OPERATION)(x, shift.distance()); }));
  saturation.report(m);
}

template <class M>
ARMILLION_INLINE void sqshl_immediate_vector(M& m, Flag q, LeftShift shift, V rn, V rd) {
  by_signed_size(shift.size(), [&]<class T> {
    saturating_shift_left<T, &integer::Saturation::shift_left<T>>(m, shift, clip(m.read(rn), q), rd);
  });
}

template <class M>
ARMILLION_INLINE void sqshl_immediate_scalar(M& m, LeftShift shift, V rn, V rd) {
  by_signed_size(shift.size(), [&]<class T> {
    saturating_shift_left<T, &integer::Saturation::shift_left<T>>(m, shift, integer::first_lane<T>(m.read(rn)), rd);
  });
}

template <class M>
ARMILLION_INLINE void uqshl_immediate_vector(M& m, Flag q, LeftShift shift, V rn, V rd) {
  by_size(shift.size(), [&]<class T> {
    saturating_shift_left<T, &integer::Saturation::shift_left<T>>(m, shift, clip(m.read(rn), q), rd);
  });
}

template <class M>
ARMILLION_INLINE void uqshl_immediate_scalar(M& m, LeftShift shift, V rn, V rd) {
  by_size(shift.size(), [&]<class T> {
    saturating_shift_left<T, &integer::Saturation::shift_left<T>>(m, shift, integer::first_lane<T>(m.read(rn)), rd);
  });
}

template <class M>
ARMILLION_INLINE void sqshlu_vector(M& m, Flag q, LeftShift shift, V rn, V rd) {
  by_signed_size(shift.size(), [&]<class T> {
    saturating_shift_left<T, &integer::Saturation::shift_left_unsigned<T>>(m, shift, clip(m.read(rn), q), rd);
  });
}

template <class M>
ARMILLION_INLINE void sqshlu_scalar(M& m, LeftShift shift, V rn, V rd) {
  by_signed_size(shift.size(), [&]<class T> {
    saturating_shift_left<T, &integer::Saturation::shift_left_unsigned<T>>(m, shift, integer::first_lane<T>(m.read(rn)),
                                                                           rd);
  });
}

// To the left, into elements twice as wide. T is the type of a narrow element.

template <class T>
ARMILLION_INLINE constexpr Vector shift_left_long(Vector operand, integer::Half half, unsigned distance) {
  using Wide = std::make_unsigned_t<integer::Widened<T>>;
  return Vector::from<Wide>(integer::widen<T>(operand, half).template lanes<Wide>() << static_cast<Wide>(distance));
}

template <class M>
ARMILLION_INLINE void sshll_byte(M& m, Flag q, Unsigned<3> distance, V rn, V rd) {
  m.write(rd, shift_left_long<std::int8_t>(m.read(rn), integer::half_of(q), distance));
}

template <class M>
ARMILLION_INLINE void sshll_halfword(M& m, Flag q, Unsigned<4> distance, V rn, V rd) {
  m.write(rd, shift_left_long<std::int16_t>(m.read(rn), integer::half_of(q), distance));
}

template <class M>
ARMILLION_INLINE void sshll_word(M& m, Flag q, Unsigned<5> distance, V rn, V rd) {
  m.write(rd, shift_left_long<std::int32_t>(m.read(rn), integer::half_of(q), distance));
}

template <class M>
ARMILLION_INLINE void ushll_byte(M& m, Flag q, Unsigned<3> distance, V rn, V rd) {
  m.write(rd, shift_left_long<std::uint8_t>(m.read(rn), integer::half_of(q), distance));
}

template <class M>
ARMILLION_INLINE void ushll_halfword(M& m, Flag q, Unsigned<4> distance, V rn, V rd) {
  m.write(rd, shift_left_long<std::uint16_t>(m.read(rn), integer::half_of(q), distance));
}

template <class M>
ARMILLION_INLINE void ushll_word(M& m, Flag q, Unsigned<5> distance, V rn, V rd) {
  m.write(rd, shift_left_long<std::uint32_t>(m.read(rn), integer::half_of(q), distance));
}

// To the right.

ARMILLION_INLINE constexpr Vector shift_right(Vector operand, RightShiftMask mask) {
  return {(operand.bits & mask.value) >> mask.distance()};
}

/// Elements of type T, of the size that `shift` says or, where they become narrower, of twice that.
template <integer::Rounding ROUNDING, class T>
ARMILLION_INLINE constexpr Vector shift_right(Vector operand, RightShift shift) {
  // The distance may be all of an element, which is more than C++ shifts by at once.
  const Lanes<T> twice = operand.lanes<T>() >> static_cast<T>(shift.distance() - 1);
  if constexpr (ROUNDING == integer::Rounding::HALF_UP) {
    return Vector::from<T>((twice >> 1) + (twice & 1));
  } else {
    return Vector::from<T>(twice >> 1);
  }
}

/// The lowest element, of type T, shifted to the right.
template <integer::Rounding ROUNDING, class T>
ARMILLION_INLINE constexpr T shift_right_scalar(Vector operand, Unsigned<6> field) {
  return integer::shift_right<ROUNDING>(operand.get<T>(0), right_distance(field));
}

template <class M>
ARMILLION_INLINE void sshr_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_signed_size(shift.size(),
                 [&]<class T> { m.write(rd, clip(shift_right<integer::Rounding::DOWN, T>(m.read(rn), shift), q)); });
}

template <class M>
ARMILLION_INLINE void sshr_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  m.write(rd, integer::scalar(shift_right_scalar<integer::Rounding::DOWN, std::int64_t>(m.read(rn), field)));
}

template <class M>
ARMILLION_INLINE void ushr_vector(M& m, Flag q, RightShiftMask mask, V rn, V rd) {
  m.write(rd, clip(shift_right(m.read(rn), mask), q));
}

template <class M>
ARMILLION_INLINE void ushr_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  m.write(rd, integer::scalar(shift_right_scalar<integer::Rounding::DOWN, std::uint64_t>(m.read(rn), field)));
}

template <class M>
ARMILLION_INLINE void srshr_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_signed_size(shift.size(),
                 [&]<class T> { m.write(rd, clip(shift_right<integer::Rounding::HALF_UP, T>(m.read(rn), shift), q)); });
}

template <class M>
ARMILLION_INLINE void srshr_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  m.write(rd, integer::scalar(shift_right_scalar<integer::Rounding::HALF_UP, std::int64_t>(m.read(rn), field)));
}

template <class M>
ARMILLION_INLINE void urshr_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_size(shift.size(),
          [&]<class T> { m.write(rd, clip(shift_right<integer::Rounding::HALF_UP, T>(m.read(rn), shift), q)); });
}

template <class M>
ARMILLION_INLINE void urshr_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  m.write(rd, integer::scalar(shift_right_scalar<integer::Rounding::HALF_UP, std::uint64_t>(m.read(rn), field)));
}

// To the right, and added.

/// Adds the elements of Rn, shifted to the right, to those of Rd.
template <integer::Rounding ROUNDING, class T, class M>
ARMILLION_INLINE void accumulate_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  const Vector shifted = shift_right<ROUNDING, T>(m.read(rn), shift);
  m.write(rd, clip(integer::add<T>(m.read(rd), shifted), q));
}

template <integer::Rounding ROUNDING, class T, class M>
ARMILLION_INLINE void accumulate_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  const T shifted = shift_right_scalar<ROUNDING, T>(m.read(rn), field);
  m.write(rd, integer::scalar(m.read(rd).low() + static_cast<std::uint64_t>(shifted)));
}

template <class M>
ARMILLION_INLINE void ssra_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_signed_size(shift.size(), [&]<class T> { accumulate_vector<integer::Rounding::DOWN, T>(m, q, shift, rn, rd); });
}

template <class M>
ARMILLION_INLINE void ssra_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  accumulate_scalar<integer::Rounding::DOWN, std::int64_t>(m, field, rn, rd);
}

template <class M>
ARMILLION_INLINE void usra_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_size(shift.size(), [&]<class T> { accumulate_vector<integer::Rounding::DOWN, T>(m, q, shift, rn, rd); });
}

template <class M>
ARMILLION_INLINE void usra_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  accumulate_scalar<integer::Rounding::DOWN, std::uint64_t>(m, field, rn, rd);
}

template <class M>
ARMILLION_INLINE void srsra_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_signed_size(shift.size(), [&]<class T> { accumulate_vector<integer::Rounding::HALF_UP, T>(m, q, shift, rn, rd); });
}

template <class M>
ARMILLION_INLINE void srsra_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  accumulate_scalar<integer::Rounding::HALF_UP, std::int64_t>(m, field, rn, rd);
}

template <class M>
ARMILLION_INLINE void ursra_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  by_size(shift.size(), [&]<class T> { accumulate_vector<integer::Rounding::HALF_UP, T>(m, q, shift, rn, rd); });
}

template <class M>
ARMILLION_INLINE void ursra_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  accumulate_scalar<integer::Rounding::HALF_UP, std::uint64_t>(m, field, rn, rd);
}

// Inserted: the bits that nothing is shifted into stay.

template <class M>
ARMILLION_INLINE void sli_vector(M& m, Flag q, LeftShiftMask mask, V rn, V rd) {
  m.write(rd, clip(Vector{(m.read(rd).bits & ~mask.value) | shift_left(m.read(rn), mask).bits}, q));
}

template <class M>
ARMILLION_INLINE void sli_scalar(M& m, Unsigned<6> distance, V rn, V rd) {
  const std::uint64_t mask = ~0ull << distance;
  m.write(rd, integer::scalar((m.read(rd).low() & ~mask) | m.read(rn).low() << distance));
}

template <class M>
ARMILLION_INLINE void sri_vector(M& m, Flag q, RightShiftMask mask, V rn, V rd) {
  const std::uint64_t inserted = mask.value >> mask.distance();
  m.write(rd, clip(Vector{(m.read(rd).bits & ~inserted) | shift_right(m.read(rn), mask).bits}, q));
}

template <class M>
ARMILLION_INLINE void sri_scalar(M& m, Unsigned<6> field, V rn, V rd) {
  const std::uint64_t inserted = integer::shift_right<integer::Rounding::DOWN>(~0ull, right_distance(field));
  const auto shifted = shift_right_scalar<integer::Rounding::DOWN, std::uint64_t>(m.read(rn), field);
  m.write(rd, integer::scalar((m.read(rd).low() & ~inserted) | shifted));
}

// To the right, into elements half as wide. T is the type of a narrow element, Wide that of one of Rn.

template <class T, class M, int BITS>
ARMILLION_INLINE void shift_right_narrow(M& m, Flag q, Unsigned<BITS> field, V rn, V rd) {
  using Wide = integer::Widened<T>;
  const auto shifted =
      Vector::from<Wide>(m.read(rn).template lanes<Wide>() >> static_cast<Wide>(right_distance(field)));
  integer::write_half(m, rd, integer::half_of(q), integer::narrow<T, Wide>(shifted, [](Wide x) { return x; }));
}

template <class M>
ARMILLION_INLINE void shrn_byte(M& m, Flag q, Unsigned<3> field, V rn, V rd) {
  shift_right_narrow<std::uint8_t>(m, q, field, rn, rd);
}

template <class M>
ARMILLION_INLINE void shrn_halfword(M& m, Flag q, Unsigned<4> field, V rn, V rd) {
  shift_right_narrow<std::uint16_t>(m, q, field, rn, rd);
}

template <class M>
ARMILLION_INLINE void shrn_word(M& m, Flag q, Unsigned<5> field, V rn, V rd) {
  shift_right_narrow<std::uint32_t>(m, q, field, rn, rd);
}

template <class M>
ARMILLION_INLINE void rshrn_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_size_up_to_32(shift.size(), [&]<class T> {
    using Wide = integer::Widened<T>;
    const Vector shifted = shift_right<integer::Rounding::HALF_UP, Wide>(m.read(rn), shift);
    integer::write_half(m, rd, integer::half_of(q), integer::narrow<T, Wide>(shifted, [](Wide x) { return x; }));
  });
}

template <integer::Rounding ROUNDING, class T, class Wide, class M>
ARMILLION_INLINE void saturating_narrow_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::Saturation saturation;
  const Vector shifted = shift_right<ROUNDING, Wide>(m.read(rn), shift);
  const auto elements = integer::narrow<T, Wide>(shifted, [&](Wide x) { return saturation.clamp<T>(x); });
  integer::write_half(m, rd, integer::half_of(q), elements);
  saturation.report(m);
}

template <integer::Rounding ROUNDING, class T, class Wide, class M>
ARMILLION_INLINE void saturating_narrow_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::Saturation saturation;
  const Wide shifted = integer::shift_right<ROUNDING>(m.read(rn).template get<Wide>(0), shift.distance());
  m.write(rd, integer::scalar(saturation.clamp<T>(shifted)));
  saturation.report(m);
}

template <class M>
ARMILLION_INLINE void sqshrn_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_vector<integer::Rounding::DOWN, T, integer::Widened<T>>(m, q, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void sqshrn_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_scalar<integer::Rounding::DOWN, T, integer::Widened<T>>(m, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void sqrshrn_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_vector<integer::Rounding::HALF_UP, T, integer::Widened<T>>(m, q, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void sqrshrn_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_scalar<integer::Rounding::HALF_UP, T, integer::Widened<T>>(m, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void uqshrn_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_vector<integer::Rounding::DOWN, T, integer::Widened<T>>(m, q, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void uqshrn_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::by_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_scalar<integer::Rounding::DOWN, T, integer::Widened<T>>(m, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void uqrshrn_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_vector<integer::Rounding::HALF_UP, T, integer::Widened<T>>(m, q, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void uqrshrn_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::by_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_scalar<integer::Rounding::HALF_UP, T, integer::Widened<T>>(m, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void sqshrun_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_vector<integer::Rounding::DOWN, std::make_unsigned_t<T>, integer::Widened<T>>(m, q, shift, rn,
                                                                                                    rd);
  });
}

template <class M>
ARMILLION_INLINE void sqshrun_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_scalar<integer::Rounding::DOWN, std::make_unsigned_t<T>, integer::Widened<T>>(m, shift, rn, rd);
  });
}

template <class M>
ARMILLION_INLINE void sqrshrun_vector(M& m, Flag q, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_vector<integer::Rounding::HALF_UP, std::make_unsigned_t<T>, integer::Widened<T>>(m, q, shift, rn,
                                                                                                       rd);
  });
}

template <class M>
ARMILLION_INLINE void sqrshrun_scalar(M& m, RightShift shift, V rn, V rd) {
  integer::by_signed_size_up_to_32(shift.size(), [&]<class T> {
    saturating_narrow_scalar<integer::Rounding::HALF_UP, std::make_unsigned_t<T>, integer::Widened<T>>(m, shift, rn,
                                                                                                       rd);
  });
}

}  // namespace armillion::isa::semantics
