#pragma once

#include <concepts>
#include <cstdint>

// The types of the parameters of semantic functions. Each is made from one field of a row's pattern by `from_field`
// and travels in a micro-operation: registers as a byte, everything else in `STORED_BITS` bits of the immediate.
namespace armillion::isa {

/// Index into the registers of `State`: X0 to X30, then SP, ZR, and the word that takes writes to ZR.
using Slot = std::uint8_t;
inline constexpr Slot SP_SLOT = 31;
inline constexpr Slot ZERO_SLOT = 32;
inline constexpr Slot SINK_SLOT = 33;

/// A general register that is read; number 31 is ZR.
struct X {
  static constexpr int WIDTH = 5;
  Slot slot;
  static constexpr X from_field(std::uint32_t field) { return {field == 31 ? ZERO_SLOT : static_cast<Slot>(field)}; }
};

/// A general register that is written; number 31 is ZR.
struct XDestination {
  static constexpr int WIDTH = 5;
  Slot slot;
  static constexpr XDestination from_field(std::uint32_t field) {
    return {field == 31 ? SINK_SLOT : static_cast<Slot>(field)};
  }
};

/// The same register as a destination, for the instructions that read and write one register.
constexpr XDestination destination(X source) { return {source.slot == ZERO_SLOT ? SINK_SLOT : source.slot}; }

/// The register numbered one higher, for the instructions that name only the even register of a pair (CASP).
constexpr X next(X even) { return X::from_field(even.slot == ZERO_SLOT ? 31u : even.slot + 1u); }

/// A general register that is read or written; number 31 is SP.
struct XOrSp {
  static constexpr int WIDTH = 5;
  Slot slot;
  static constexpr XOrSp from_field(std::uint32_t field) { return {static_cast<Slot>(field)}; }
};

/// A SIMD and floating-point register.
struct V {
  static constexpr int WIDTH = 5;
  Slot slot;
  static constexpr V from_field(std::uint32_t field) { return {static_cast<Slot>(field)}; }
};

/// The vector register numbered `distance` higher, modulo 32.
constexpr V next(V first, unsigned distance = 1) { return {static_cast<Slot>((first.slot + distance) % 32)}; }

template <class T>
concept RegisterOperand =
    std::same_as<T, X> || std::same_as<T, XDestination> || std::same_as<T, XOrSp> || std::same_as<T, V>;

/// A field of one bit.
struct Flag {
  static constexpr int WIDTH = 1;
  static constexpr int STORED_BITS = 1;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint32_t value;
  static constexpr Flag from_field(std::uint32_t field) { return {field}; }
  constexpr operator bool() const { return value != 0; }
};

/// A field of BITS bits, unsigned.
template <int BITS>
struct Unsigned {
  static constexpr int WIDTH = BITS;
  static constexpr int STORED_BITS = BITS;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint32_t value;
  static constexpr Unsigned from_field(std::uint32_t field) { return {field}; }
  constexpr operator std::uint32_t() const { return value; }
};

/// A field of BITS bits, two's complement, times SCALE.
template <int BITS, int SCALE = 1>
struct Signed {
  static constexpr int WIDTH = BITS;
  static constexpr int STORED_BITS = 32;
  static constexpr bool SIGN_EXTENDED = true;
  std::int64_t value;
  static constexpr Signed from_field(std::uint32_t field) {
    return {static_cast<std::int64_t>(static_cast<std::int32_t>(field << (32 - BITS)) >> (32 - BITS)) * SCALE};
  }
  constexpr operator std::int64_t() const { return value; }
};

/// Distance in bytes of a direct branch or of a literal load.
template <int BITS>
using BranchOffset = Signed<BITS, 4>;

/// A condition, as in B.cond (C1.2.4): bits 3:1 select the test, bit 0 inverts it, 14 and 15 always hold.
struct Condition {
  static constexpr int WIDTH = 4;
  static constexpr int STORED_BITS = 4;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint32_t value;
  static constexpr Condition from_field(std::uint32_t field) { return {field}; }
};

/// The offset of ADR (field immlo:immhi as the pattern reads it: immlo first): a signed 21-bit immhi:immlo.
struct AdrOffset {
  static constexpr int WIDTH = 21;
  static constexpr int STORED_BITS = 32;
  static constexpr bool SIGN_EXTENDED = true;
  std::int64_t value;
  static constexpr AdrOffset from_field(std::uint32_t field) {
    const std::uint32_t immediate = (field & 0x7ffff) << 2 | field >> 19;
    return {static_cast<std::int32_t>(immediate << 11) >> 11};
  }
  constexpr operator std::int64_t() const { return value; }
};

/// Whether N:immr:imms (13 bits) is a bit mask of the logical immediates (DecodeBitMasks with `immediate` set).
constexpr bool is_logical_mask(std::uint32_t field) {
  const std::uint32_t n = field >> 12;
  const std::uint32_t imms = field & 63;
  const std::uint32_t length_bits = n << 6 | (~imms & 63);
  if (length_bits < 2) return false;
  const int length = 31 - __builtin_clz(length_bits);
  const std::uint32_t levels = (1u << length) - 1;
  return (imms & levels) != levels;
}

/// The mask of a logical immediate, from N:immr:imms (13 bits), replicated to 64 bits (shared/functions,
/// DecodeBitMasks).
struct LogicalMask {
  static constexpr int WIDTH = 13;
  static constexpr int STORED_BITS = 64;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint64_t value;
  static constexpr LogicalMask from_field(std::uint32_t field) {
    if (!is_logical_mask(field)) return {0};
    const std::uint32_t n = field >> 12;
    const std::uint32_t immr = field >> 6 & 63;
    const std::uint32_t imms = field & 63;
    const int length = 31 - __builtin_clz(n << 6 | (~imms & 63));
    const unsigned element_size = 1u << length;
    const unsigned ones = (imms & (element_size - 1)) + 1;
    const unsigned rotation = immr & (element_size - 1);
    const std::uint64_t element_mask = element_size == 64 ? ~0ull : (1ull << element_size) - 1;
    const std::uint64_t run = (1ull << ones) - 1;  // ones < element_size <= 64
    std::uint64_t element = rotation == 0 ? run : (run >> rotation | run << (element_size - rotation));
    element &= element_mask;
    for (unsigned size = element_size; size < 64; size *= 2) element |= element << size;
    return {element};
  }
};

/// The two shifts that a bitfield move is made of, from N:immr:imms (13 bits; N is 1 exactly for 64 bits): the source
/// shifted left by `left`, so that the field's top bit is the register's, then right by `right` (SBFM: arithmetically).
struct BitfieldShifts {
  static constexpr int WIDTH = 13;
  static constexpr int STORED_BITS = 12;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint32_t value;
  static constexpr BitfieldShifts from_field(std::uint32_t field) {
    const std::uint32_t size = field >> 12 ? 64 : 32;
    const std::uint32_t left = (size - 1 - (field & 63)) & (size - 1);
    const std::uint32_t right = (left + (field >> 6 & 63)) & (size - 1);
    return {left | right << 6};
  }
  constexpr std::uint32_t left() const { return value & 63; }
  constexpr std::uint32_t right() const { return value >> 6 & 63; }
};

/// Whether N:immr:imms (13 bits) is a bitfield of a register of 64 bits (`sf` set) or 32.
constexpr bool is_bitfield(std::uint32_t sf, std::uint32_t field) {
  return (field >> 12) == sf && (sf != 0 || (field & 0x820) == 0);
}

/// The binary logarithm of the size in bytes of the lane that a load or store of a single structure names, by `scale`
/// (opcode<2:1>) and `first_byte` (Q:S:size). The lowest bit of the latter tells lanes of 64 bits from those of 32.
constexpr std::uint32_t lane_size(std::uint32_t scale, std::uint32_t first_byte) {
  return scale == 2 && (first_byte & 1) != 0 ? 3 : scale;
}

/// Whether these two fields name a lane.
constexpr bool is_lane(std::uint32_t scale, std::uint32_t first_byte) {
  if (lane_size(scale, first_byte) == 3) return scale == 2 && (first_byte & 7) == 1;
  return (first_byte & ((1u << scale) - 1)) == 0;
}

template <class T>
concept ImmediateOperand = requires(T operand) {
  { T::WIDTH } -> std::convertible_to<int>;
  { T::STORED_BITS } -> std::convertible_to<int>;
  operand.value;
};

template <class T>
concept Operand = RegisterOperand<T> || ImmediateOperand<T>;

}  // namespace armillion::isa
