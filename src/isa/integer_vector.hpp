#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "isa/macros.hpp"
#include "isa/operands.hpp"
#include "isa/vector.hpp"

// Integer arithmetic on vectors and on their elements, for the SIMD sections. T is the type of an element: its size and
// whether it is signed. Where a result wraps the sign makes no difference, and T may be either.
namespace armillion::isa::integer {

template <class T>
inline constexpr unsigned BITS = sizeof(T) * 8;

namespace detail {
template <class T>
consteval auto widened() {
  constexpr bool SIGNED = std::is_signed_v<T>;
  if constexpr (sizeof(T) == 1) return std::conditional_t<SIGNED, std::int16_t, std::uint16_t>{};
  if constexpr (sizeof(T) == 2) return std::conditional_t<SIGNED, std::int32_t, std::uint32_t>{};
  if constexpr (sizeof(T) == 4) return std::conditional_t<SIGNED, std::int64_t, std::uint64_t>{};
}
}  // namespace detail

/// The type with twice the bits of T and the same signedness.
template <class T>
using Widened = decltype(detail::widened<T>());

/// `by_size` for the instructions that have no 64-bit elements (size 0 to 2).
template <class Body>
ARMILLION_INLINE constexpr auto by_size_up_to_32(std::uint32_t size, Body&& body) {
  switch (size) {
    case 0: return body.template operator()<std::uint8_t>();
    case 1: return body.template operator()<std::uint16_t>();
    default: return body.template operator()<std::uint32_t>();
  }
}

/// The same with signed integers.
template <class Body>
ARMILLION_INLINE constexpr auto by_signed_size_up_to_32(std::uint32_t size, Body&& body) {
  switch (size) {
    case 0: return body.template operator()<std::int8_t>();
    case 1: return body.template operator()<std::int16_t>();
    default: return body.template operator()<std::int32_t>();
  }
}

/// `by_size` for the instructions that have elements of 16 and 32 bits only (size 1 and 2).
template <class Body>
ARMILLION_INLINE constexpr auto by_size_16_or_32(std::uint32_t size, Body&& body) {
  if (size == 1) return body.template operator()<std::uint16_t>();
  return body.template operator()<std::uint32_t>();
}

/// The same with signed integers.
template <class Body>
ARMILLION_INLINE constexpr auto by_signed_size_16_or_32(std::uint32_t size, Body&& body) {
  if (size == 1) return body.template operator()<std::int16_t>();
  return body.template operator()<std::int32_t>();
}

// Whole vectors.

/// Lane by lane a + b, wrapping.
template <class T>
ARMILLION_INLINE constexpr Vector add(Vector a, Vector b) {
  using Unsigned = std::make_unsigned_t<T>;
  return Vector::from<Unsigned>(a.lanes<Unsigned>() + b.lanes<Unsigned>());
}

/// Lane by lane a - b, wrapping.
template <class T>
ARMILLION_INLINE constexpr Vector subtract(Vector a, Vector b) {
  using Unsigned = std::make_unsigned_t<T>;
  return Vector::from<Unsigned>(a.lanes<Unsigned>() - b.lanes<Unsigned>());
}

/// Lane by lane a * b, wrapping.
template <class T>
ARMILLION_INLINE constexpr Vector multiply(Vector a, Vector b) {
  using Unsigned = std::make_unsigned_t<T>;
  return Vector::from<Unsigned>(a.lanes<Unsigned>() * b.lanes<Unsigned>());
}

/// Lane by lane |a - b|, as the unsigned number that it is.
template <class T>
ARMILLION_INLINE constexpr Vector absolute_difference(Vector a, Vector b) {
  using Unsigned = std::make_unsigned_t<T>;
  return map<T>(a, b, [](T x, T y) {
    const auto difference = static_cast<Unsigned>(static_cast<Unsigned>(x) - static_cast<Unsigned>(y));
    return static_cast<Unsigned>(x > y ? difference : -difference);
  });
}

/// 64 bits whose every element of the size of T, an unsigned type, is `element`.
template <class T>
constexpr std::uint64_t repeat(T element) {
  return std::uint64_t{element} * (~0ull / std::numeric_limits<T>::max());
}

/// Which 64 bits of a vector an instruction takes its narrow elements from: the forms with "2" at the end of their
/// mnemonics (Q is 1) use the upper ones.
enum class Half : std::uint8_t { LOWER = 0, UPPER = 1 };

ARMILLION_INLINE constexpr Half half_of(std::uint32_t q) { return static_cast<Half>(q); }

/// The lanes of one half, extended to twice their size according to the signedness of T.
template <class T>
ARMILLION_INLINE constexpr Vector widen(Vector vector, Half half) {
  const Vector source = half == Half::UPPER ? Vector::from_parts(vector.high(), 0) : vector;
  Lanes<Widened<T>> result{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<Widened<T>>; ++i) result[i] = static_cast<Widened<T>>(source.get<T>(i));
  return Vector::from<Widened<T>>(result);
}

/// The products of the lanes of one half of each vector, twice as wide.
template <class T>
ARMILLION_INLINE constexpr Vector long_multiply(Vector a, Vector b, Half half) {
  return multiply<Widened<T>>(widen<T>(a, half), widen<T>(b, half));
}

/// The upper halves of the lanes, which are twice the size of T, as lanes of T in the lower 64 bits.
template <class T>
ARMILLION_INLINE constexpr std::uint64_t narrow_high(Vector vector) {
  Lanes<T> result{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<Widened<T>>; ++i) result[i] = static_cast<T>(vector.get<Widened<T>>(i) >> BITS<T>);
  return Vector::from<T>(result).low();
}

/// `function` of every lane, a Wide of twice the size of T, as lanes of T in the lower 64 bits.
template <class T, class Wide, class Function>
ARMILLION_INLINE constexpr std::uint64_t narrow(Vector vector, Function function) {
  static_assert(sizeof(Wide) == 2 * sizeof(T));
  Lanes<T> result{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<Wide>; ++i) result[i] = static_cast<T>(function(vector.get<Wide>(i)));
  return Vector::from<T>(result).low();
}

/// The lanes of two operands side by side, for the pairwise instructions: lanes 0, 2, 4, ... and lanes 1, 3, 5, ...
struct Pairs {
  Vector even;
  Vector odd;
};

/// The pairs of neighbouring lanes of operand2:operand1, each of 128 bits or, where `quad` is false, of 64.
template <class T>
ARMILLION_INLINE constexpr Pairs pairs(Vector operand1, Vector operand2, bool quad) {
  const Vector lower = quad ? operand1 : Vector::from_parts(operand1.low(), operand2.low());
  const Vector upper = quad ? operand2 : Vector::zero();
  constexpr unsigned HALF = LANES<T> / 2;
  Lanes<T> even{};
  Lanes<T> odd{};
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < HALF; ++i) {
    even[i] = lower.get<T>(2 * i);
    even[i + HALF] = upper.get<T>(2 * i);
    odd[i] = lower.get<T>(2 * i + 1);
    odd[i + HALF] = upper.get<T>(2 * i + 1);
  }
  return {Vector::from<T>(even), Vector::from<T>(odd)};
}

/// The vector with `value` in lane 0 and zeros above: what a scalar operation leaves in a register.
template <class T>
ARMILLION_INLINE constexpr Vector scalar(T value) {
  return Vector::from_parts(static_cast<std::make_unsigned_t<T>>(value), 0);
}

/// The vector with all lanes but the first cleared: the operand of a scalar operation.
template <class T>
ARMILLION_INLINE constexpr Vector first_lane(Vector vector) {
  return scalar<T>(vector.get<T>(0));
}

// Single elements.

enum class Rounding : std::uint8_t { DOWN, HALF_UP };

/// x >> distance as with unlimited bits; HALF_UP adds half a unit of the result first. `distance` is 1 to 128.
template <Rounding ROUNDING, class T>
ARMILLION_INLINE constexpr T shift_right(T x, unsigned distance) {
  if constexpr (ROUNDING == Rounding::HALF_UP) {
    // With the half added, a number of BITS bits reaches no further than one bit above its own.
    if (distance > BITS<T>) return 0;
    const T twice = static_cast<T>(x >> (distance - 1));
    return static_cast<T>((twice >> 1) + (twice & 1));
  } else {
    if (distance < BITS<T>) return static_cast<T>(x >> distance);
    return static_cast<T>(x < 0 ? -1 : 0);
  }
}

/// x << distance, wrapping. `distance` is at most 127.
template <class T>
ARMILLION_INLINE constexpr T shift_left(T x, unsigned distance) {
  if (distance >= BITS<T>) return 0;
  return static_cast<T>(static_cast<std::make_unsigned_t<T>>(x) << distance);
}

/// x shifted left by the signed number in the lowest byte of `amount`, right where that is negative (SSHL and its kin).
template <Rounding ROUNDING, class T>
ARMILLION_INLINE constexpr T shift(T x, T amount) {
  const auto distance = static_cast<int>(static_cast<std::int8_t>(amount));
  return distance < 0 ? shift_right<ROUNDING>(x, static_cast<unsigned>(-distance))
                      : shift_left(x, static_cast<unsigned>(distance));
}

/// (x + y) / 2, rounded down. T is of up to 32 bits.
template <class T>
ARMILLION_INLINE constexpr T halving_add(T x, T y) {
  return static_cast<T>((Widened<T>{x} + y) >> 1);
}

/// (x + y) / 2, rounded up.
template <class T>
ARMILLION_INLINE constexpr T rounding_halving_add(T x, T y) {
  return static_cast<T>((Widened<T>{x} + y + 1) >> 1);
}

/// (x - y) / 2, rounded down.
template <class T>
ARMILLION_INLINE constexpr T halving_subtract(T x, T y) {
  return static_cast<T>((Widened<T>{x} - y) >> 1);
}

/// The low bits of the product of two polynomials over {0, 1} (shared/functions, PolynomialMult). T is unsigned.
template <class T>
ARMILLION_INLINE constexpr T polynomial_multiply(T x, T y) {
  T product = 0;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < BITS<T>; ++i) {
    if (y >> i & 1) product ^= static_cast<T>(x << i);
  }
  return product;
}

/// addend + the sum of the products of the four bytes of x, as numbers of type A, with those of y, as type B.
template <class A, class B>
ARMILLION_INLINE constexpr std::uint32_t dot_product(std::uint32_t addend, std::uint32_t x, std::uint32_t y) {
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < 32; i += 8) {
    addend += static_cast<std::uint32_t>(static_cast<A>(x >> i) * static_cast<B>(y >> i));
  }
  return addend;
}

/// addend + x * y, where x is a 2 x 8 matrix of A, y the transpose of an 8 x 2 matrix of B and `addend` a 2 x 2 matrix
/// of 32-bit numbers, all stored row by row (shared/functions, MatMulAdd).
template <class A, class B>
ARMILLION_INLINE constexpr Vector matrix_multiply_add(Vector addend, Vector x, Vector y) {
  const auto rows = x.lanes<std::uint32_t>();
  const auto columns = y.lanes<std::uint32_t>();
  auto result = addend.lanes<std::uint32_t>();
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row = i / 2 * 2;
    const unsigned column = i % 2 * 2;
    const std::uint32_t lower = dot_product<A, B>(result[i], rows[row], columns[column]);
    result[i] = dot_product<A, B>(lower, rows[row + 1], columns[column + 1]);
  }
  return Vector::from<std::uint32_t>(result);
}

/// Operations whose results are limited to what T can hold, and whether one was: the `sat` of the pseudocode's SatQ.
class Saturation {
 public:
  /// `value` or the nearest number that T holds (shared/functions, SatQ).
  template <class T, class Wide>
  ARMILLION_INLINE constexpr T clamp(Wide value) {
    constexpr Wide LOWEST = std::numeric_limits<T>::min();
    constexpr Wide HIGHEST = std::numeric_limits<T>::max();
    const Wide limited = value < LOWEST ? LOWEST : value > HIGHEST ? HIGHEST : value;
    happened_ |= limited != value;
    return static_cast<T>(limited);
  }

  template <class T>
  ARMILLION_INLINE constexpr T add(T x, T y) {
    T sum = 0;
    const bool overflow = __builtin_add_overflow(x, y, &sum);
    happened_ |= overflow;
    return overflow ? limit<T>(y < 0) : sum;
  }

  template <class T>
  ARMILLION_INLINE constexpr T subtract(T x, T y) {
    T difference = 0;
    const bool overflow = __builtin_sub_overflow(x, y, &difference);
    happened_ |= overflow;
    return overflow ? limit<T>(std::is_unsigned_v<T> || y > 0) : difference;
  }

  /// x + y, where y is the bits of a number of the other signedness than T.
  template <class T>
  ARMILLION_INLINE constexpr T add_other_sign(T x, T y) {
    using UnsignedT = std::make_unsigned_t<T>;
    constexpr auto HIGHEST = static_cast<UnsignedT>(std::numeric_limits<T>::max());
    const auto start = static_cast<UnsignedT>(x);
    const auto change = static_cast<UnsignedT>(y);
    // Only an unsigned number can fall, no further than to zero.
    const bool falls = std::is_unsigned_v<T> && static_cast<std::make_signed_t<T>>(y) < 0;
    const auto distance = static_cast<UnsignedT>(falls ? -change : change);
    const auto room = static_cast<UnsignedT>(falls ? start : HIGHEST - start);
    const bool overflow = distance > room;
    happened_ |= overflow;
    return overflow ? limit<T>(falls) : static_cast<T>(start + change);
  }

  template <class T>
  ARMILLION_INLINE constexpr T negate(T x) {
    const bool overflow = x == std::numeric_limits<T>::min();
    happened_ |= overflow;
    return overflow ? limit<T>(false) : static_cast<T>(-x);
  }

  /// Negates the negative number of the two, the only one that may have no counterpart.
  template <class T>
  ARMILLION_INLINE constexpr T absolute(T x) {
    return negate(x < 0 ? x : static_cast<T>(-x));
  }

  /// As `integer::shift`; only a shift to the left can saturate.
  template <Rounding ROUNDING, class T>
  ARMILLION_INLINE constexpr T shift(T x, T amount) {
    const auto distance = static_cast<int>(static_cast<std::int8_t>(amount));
    if (distance < 0) return shift_right<ROUNDING>(x, static_cast<unsigned>(-distance));
    return shift_left(x, static_cast<unsigned>(distance));
  }

  /// x << distance. `distance` is at most 127.
  template <class T>
  ARMILLION_INLINE constexpr T shift_left(T x, unsigned distance) {
    const T result = integer::shift_left(x, distance);
    const T back = distance < BITS<T> ? static_cast<T>(result >> distance) : T{0};
    const bool overflow = back != x;
    happened_ |= overflow;
    return overflow ? limit<T>(x < 0) : result;
  }

  /// x << distance as an unsigned number, so 0 for a negative x.
  template <class T>
  ARMILLION_INLINE constexpr std::make_unsigned_t<T> shift_left_unsigned(T x, unsigned distance) {
    using Result = std::make_unsigned_t<T>;
    const bool negative = x < 0;
    happened_ |= negative;
    return shift_left(negative ? Result{0} : static_cast<Result>(x), distance);
  }

  /// 2 * x * y, where x and y are numbers of half the size of T. T is signed, as in all that multiply.
  template <class T>
  ARMILLION_INLINE constexpr T doubling_multiply(T x, T y) {
    const T product = static_cast<T>(x * y);
    return add(product, product);
  }

  /// addend + 2 * x * y; the product is limited on its own before it is added.
  template <class T>
  ARMILLION_INLINE constexpr T doubling_multiply_add(T addend, T x, T y) {
    return add(addend, doubling_multiply(x, y));
  }

  /// minuend - 2 * x * y, likewise.
  template <class T>
  ARMILLION_INLINE constexpr T doubling_multiply_subtract(T minuend, T x, T y) {
    return subtract(minuend, doubling_multiply(x, y));
  }

  /// The upper half of 2 * x * y.
  template <class T>
  ARMILLION_INLINE constexpr T doubling_multiply_high(T x, T y) {
    return clamp<T>(static_cast<Widened<T>>(Widened<T>{x} * y >> (BITS<T> - 1)));
  }

  // The manual rounds (addend << BITS) + 2 * x * y, which needs a bit more than twice the size. Half of everything
  // gives the same result and fits: |addend << (BITS - 1)| and |x * y| are both at most 2 ** (2 * BITS - 2).

  /// The upper half of 2 * x * y, rounded.
  template <class T>
  ARMILLION_INLINE constexpr T rounding_doubling_multiply_high(T x, T y) {
    return rounding_doubling_multiply_add_high(T{0}, x, y);
  }

  /// The upper half of (addend << BITS) + 2 * x * y, rounded.
  template <class T>
  ARMILLION_INLINE constexpr T rounding_doubling_multiply_add_high(T addend, T x, T y) {
    const Widened<T> half_sum = (Widened<T>{addend} << (BITS<T> - 1)) + Widened<T>{x} * y;
    return clamp<T>(static_cast<Widened<T>>((half_sum + HALF_UNIT<T>) >> (BITS<T> - 1)));
  }

  /// The upper half of (minuend << BITS) - 2 * x * y, rounded.
  template <class T>
  ARMILLION_INLINE constexpr T rounding_doubling_multiply_subtract_high(T minuend, T x, T y) {
    const Widened<T> half_difference = (Widened<T>{minuend} << (BITS<T> - 1)) - Widened<T>{x} * y;
    return clamp<T>(static_cast<Widened<T>>((half_difference + HALF_UNIT<T>) >> (BITS<T> - 1)));
  }

  /// Sets FPSR.QC if anything was limited.
  template <class M>
  ARMILLION_INLINE void report(M& m) const {
    if (happened_) m.raise(CUMULATIVE_SATURATION);
  }

 private:
  static constexpr std::uint32_t CUMULATIVE_SATURATION = 1u << 27;

  template <class T>
  static constexpr Widened<T> HALF_UNIT = Widened<T>{1} << (BITS<T> - 2);

  template <class T>
  ARMILLION_INLINE static constexpr T limit(bool lower) {
    return lower ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  }

  bool happened_ = false;
};

// Operands and results of instructions.

/// Writes to `rd` what OPERATION, a member function of Saturation, gives for each lane of the operands. All of these
/// give 0 for zeros: a 64-bit vector operation is one on clipped operands, and a scalar one is one on first lanes.
template <class T, auto OPERATION, class M, class... Vectors>
ARMILLION_INLINE void saturate(M& m, V rd, Vectors... operands) {
  Saturation saturation;
  m.write(rd, map<T>(operands..., [&](auto... x) { return (saturation.*OPERATION)(x...); }));
  saturation.report(m);
}

/// Writes 64 bits of narrow elements: to the lower half of the register, clearing the upper, or to the upper half only.
template <class M>
ARMILLION_INLINE void write_half(M& m, V rd, Half half, std::uint64_t elements) {
  m.write(rd, half == Half::UPPER ? Vector::from_parts(m.read(rd).low(), elements) : Vector::from_parts(elements, 0));
}

/// The element of Rm that an instruction multiplies with. Where T has 16 bits, the first bit of the register field is
/// the last of the index. A T of 32 bits may also be the group of four bytes of a dot product.
template <class T, class M>
ARMILLION_INLINE T indexed_element(M& m, Flag l, V rm, Flag h) {
  if constexpr (sizeof(T) == 2) {
    const V low_register{static_cast<Slot>(rm.slot & 15)};
    return m.read(low_register).template get<T>(h.value << 2 | l.value << 1 | rm.slot >> 4);
  } else {
    return m.read(rm).template get<T>(h.value << 1 | l.value);
  }
}

}  // namespace armillion::isa::integer
