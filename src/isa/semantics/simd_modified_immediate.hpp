#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/floating_point.hpp"

// SIMD modified immediate. The operands are the 64 bits that AdvSIMDExpandImm (shared/functions) makes of an immediate;
// there is a type for each of its cases, which cmode tells apart.
namespace armillion::isa::semantics {

/// abcdefgh in all bytes.
struct RepeatedByte {
  static constexpr int WIDTH = 8;
  static constexpr int STORED_BITS = 64;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint64_t value;
  static constexpr RepeatedByte from_field(std::uint32_t field) {
    return {integer::repeat(static_cast<std::uint8_t>(field))};
  }
};

/// The byte in a field whose upper three and lower five bits are abc and defgh; the bits between are of cmode.
constexpr std::uint32_t byte_around(std::uint32_t field, int width) { return field >> (width - 3) << 5 | (field & 31); }

/// abcdefgh shifted left by 8 times a part of cmode in all elements of T, from abc:cmode:defgh.
template <class T>
struct ShiftedByte {
  static constexpr int CMODE_BITS = sizeof(T) / 2;
  static constexpr int WIDTH = 8 + CMODE_BITS;
  static constexpr int STORED_BITS = 64;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint64_t value;
  static constexpr ShiftedByte from_field(std::uint32_t field) {
    const std::uint32_t shift = (field >> 5 & ((1u << CMODE_BITS) - 1)) * 8;
    return {integer::repeat(static_cast<T>(byte_around(field, WIDTH) << shift))};
  }
};

/// abcdefgh followed by 8 or 16 ones, in all 32-bit elements, from abc:cmode<0>:defgh.
struct ByteShiftingOnes {
  static constexpr int WIDTH = 9;
  static constexpr int STORED_BITS = 64;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint64_t value;
  static constexpr ByteShiftingOnes from_field(std::uint32_t field) {
    const std::uint32_t ones = field & 32 ? 0xffff : 0xff;
    return {integer::repeat(byte_around(field, WIDTH) * (ones + 1) | ones)};
  }
};

/// Eight bytes of ones or zeros, as the bits of abcdefgh say.
struct ByteMask {
  static constexpr int WIDTH = 8;
  static constexpr int STORED_BITS = 64;
  static constexpr bool SIGN_EXTENDED = false;
  std::uint64_t value;
  static constexpr ByteMask from_field(std::uint32_t field) {
    std::uint64_t mask = 0;
    for (int i = 0; i < 8; ++i) mask |= (field >> i & 1) * (0xffull << 8 * i);
    return {mask};
  }
};

template <class M>
ARMILLION_INLINE void movi_byte(M& m, Flag q, RepeatedByte immediate, V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void movi_halfword(M& m, Flag q, ShiftedByte<std::uint16_t> immediate, V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void movi_word(M& m, Flag q, ShiftedByte<std::uint32_t> immediate, V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void movi_word_shifting_ones(M& m, Flag q, ByteShiftingOnes immediate, V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void movi_doubleword(M& m, Flag q, ByteMask immediate, V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void mvni_halfword(M& m, Flag q, ShiftedByte<std::uint16_t> immediate, V rd) {
  m.write(rd, clip(broadcast(~immediate.value), q));
}

template <class M>
ARMILLION_INLINE void mvni_word(M& m, Flag q, ShiftedByte<std::uint32_t> immediate, V rd) {
  m.write(rd, clip(broadcast(~immediate.value), q));
}

template <class M>
ARMILLION_INLINE void mvni_word_shifting_ones(M& m, Flag q, ByteShiftingOnes immediate, V rd) {
  m.write(rd, clip(broadcast(~immediate.value), q));
}

template <class M>
ARMILLION_INLINE void orr_vector_immediate_halfword(M& m, Flag q, ShiftedByte<std::uint16_t> immediate, V rd) {
  m.write(rd, clip(Vector{m.read(rd).bits | immediate.value}, q));
}

template <class M>
ARMILLION_INLINE void orr_vector_immediate_word(M& m, Flag q, ShiftedByte<std::uint32_t> immediate, V rd) {
  m.write(rd, clip(Vector{m.read(rd).bits | immediate.value}, q));
}

template <class M>
ARMILLION_INLINE void bic_vector_immediate_halfword(M& m, Flag q, ShiftedByte<std::uint16_t> immediate, V rd) {
  m.write(rd, clip(Vector{m.read(rd).bits & ~immediate.value}, q));
}

template <class M>
ARMILLION_INLINE void bic_vector_immediate_word(M& m, Flag q, ShiftedByte<std::uint32_t> immediate, V rd) {
  m.write(rd, clip(Vector{m.read(rd).bits & ~immediate.value}, q));
}

template <class M>
ARMILLION_INLINE void fmov_vector_immediate_half(M& m, Flag q, FloatingPointImmediate<std::uint16_t> immediate, V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void fmov_vector_immediate_single(M& m, Flag q, FloatingPointImmediate<std::uint32_t> immediate,
                                                   V rd) {
  m.write(rd, clip(broadcast(immediate.value), q));
}

template <class M>
ARMILLION_INLINE void fmov_vector_immediate_double(M& m, FloatingPointImmediate<std::uint64_t> immediate, V rd) {
  m.write(rd, broadcast(immediate.value));
}

}  // namespace armillion::isa::semantics
