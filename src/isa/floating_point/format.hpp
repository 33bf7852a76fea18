#pragma once

#include <cstdint>

#include "isa/macros.hpp"

// The binary formats as bit patterns, and the control and status bits of FPCR and FPSR (C5.2.8, C5.2.9).
namespace armillion::isa::fp {

/// How a result that the format cannot hold is rounded. The first four are the values of FPCR.RMode.
enum class Rounding : std::uint8_t {
  TIES_EVEN = 0,
  PLUS_INFINITY = 1,
  MINUS_INFINITY = 2,
  ZERO = 3,
  TIES_AWAY = 4,
  ODD = 5,
};

/// FPSR: what an operation reports. The bits are cumulative.
inline constexpr std::uint32_t INVALID_OPERATION = 1u << 0;
inline constexpr std::uint32_t DIVISION_BY_ZERO = 1u << 1;
inline constexpr std::uint32_t OVERFLOW = 1u << 2;
inline constexpr std::uint32_t UNDERFLOW = 1u << 3;
inline constexpr std::uint32_t INEXACT = 1u << 4;
inline constexpr std::uint32_t INPUT_DENORMAL = 1u << 7;

/// FPCR: flush half-precision denormals, the rounding mode, flush the other denormals, replace every NaN by the
/// default NaN, read and write half precision in the alternative format that has neither NaNs nor infinities.
inline constexpr std::uint32_t FLUSH_HALF = 1u << 19;
inline constexpr std::uint32_t ROUNDING_MODE = 3u << 22;
inline constexpr std::uint32_t FLUSH = 1u << 24;
inline constexpr std::uint32_t DEFAULT_NAN = 1u << 25;
inline constexpr std::uint32_t ALTERNATIVE_HALF = 1u << 26;

/// The rounding mode that FPCR selects.
ARMILLION_INLINE constexpr Rounding rounding_of(std::uint32_t fpcr) {
  return static_cast<Rounding>((fpcr & ROUNDING_MODE) >> 22);
}

/// A binary interchange format whose values travel as the unsigned integer `Bits_`.
template <class Bits_, int EXPONENT_BITS_, int FRACTION_BITS_, std::uint32_t FLUSH_CONTROL_>
struct BinaryFormat {
  using Bits = Bits_;
  static constexpr int WIDTH = 1 + EXPONENT_BITS_ + FRACTION_BITS_;
  static constexpr int FRACTION_BITS = FRACTION_BITS_;
  /// The exponent field of infinities and NaNs.
  static constexpr int MAXIMUM_EXPONENT_FIELD = (1 << EXPONENT_BITS_) - 1;
  static constexpr int BIAS = MAXIMUM_EXPONENT_FIELD / 2;
  /// The exponent of the smallest normal number.
  static constexpr int MINIMUM_EXPONENT = 1 - BIAS;
  /// The FPCR bit that flushes denormals of this format to zero.
  static constexpr std::uint32_t FLUSH_CONTROL = FLUSH_CONTROL_;

  static constexpr Bits SIGN = static_cast<Bits>(Bits{1} << (WIDTH - 1));
  static constexpr Bits FRACTION = static_cast<Bits>((Bits{1} << FRACTION_BITS) - 1);
  static constexpr Bits MAGNITUDE = static_cast<Bits>(SIGN - 1);
  static constexpr Bits QUIET = static_cast<Bits>(Bits{1} << (FRACTION_BITS - 1));
  static constexpr Bits PLUS_INFINITY = static_cast<Bits>(MAGNITUDE & ~FRACTION);
  static constexpr Bits LARGEST = static_cast<Bits>(PLUS_INFINITY - 1);
  static constexpr Bits SMALLEST_NORMAL = static_cast<Bits>(Bits{1} << FRACTION_BITS);
  static constexpr Bits DEFAULT_NAN_VALUE = static_cast<Bits>(PLUS_INFINITY | QUIET);

  static constexpr Bits sign_bit(bool negative) { return negative ? SIGN : Bits{0}; }
  /// 2 to the power of `exponent`, which must be that of a normal number.
  static constexpr Bits power_of_two(int exponent) {
    return static_cast<Bits>(static_cast<Bits>(exponent + BIAS) << FRACTION_BITS);
  }
};

using Half = BinaryFormat<std::uint16_t, 5, 10, FLUSH_HALF>;
using Single = BinaryFormat<std::uint32_t, 8, 23, FLUSH>;
using Double = BinaryFormat<std::uint64_t, 11, 52, FLUSH>;
using BFloat16 = BinaryFormat<std::uint16_t, 8, 7, FLUSH>;

namespace detail {
template <class T>
struct FormatOf;
template <>
struct FormatOf<std::uint16_t> {
  using Type = Half;
};
template <>
struct FormatOf<std::uint32_t> {
  using Type = Single;
};
template <>
struct FormatOf<std::uint64_t> {
  using Type = Double;
};
}  // namespace detail

/// The format of the values that travel as T.
template <class T>
using Format = typename detail::FormatOf<T>::Type;

/// Not a number, in any format that has NaNs.
template <class T>
ARMILLION_INLINE constexpr bool is_nan(T value) {
  return static_cast<T>(value & Format<T>::MAGNITUDE) > Format<T>::PLUS_INFINITY;
}

template <class T>
ARMILLION_INLINE constexpr bool is_signalling_nan(T value) {
  return is_nan(value) && !(value & Format<T>::QUIET);
}

/// Plus or minus zero.
template <class T>
ARMILLION_INLINE constexpr bool is_zero(T value) {
  return static_cast<T>(value & Format<T>::MAGNITUDE) == 0;
}

/// Neither an infinity nor a NaN.
template <class T>
ARMILLION_INLINE constexpr bool is_finite(T value) {
  return static_cast<T>(value & Format<T>::MAGNITUDE) < Format<T>::PLUS_INFINITY;
}

/// FABS and FNEG change the sign bit and nothing else: not even a signalling NaN raises an exception.
template <class T>
ARMILLION_INLINE constexpr T absolute(T value) {
  return static_cast<T>(value & Format<T>::MAGNITUDE);
}

template <class T>
ARMILLION_INLINE constexpr T negate(T value) {
  return static_cast<T>(value ^ Format<T>::SIGN);
}

}  // namespace armillion::isa::fp
