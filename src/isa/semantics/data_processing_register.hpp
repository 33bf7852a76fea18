#pragma once

#include <array>
#include <bit>

#include "isa/semantics/common.hpp"

// Data processing, register (C4.1, "Data Processing -- Register", of the Arm Architecture Reference Manual).
namespace armillion::isa::semantics {

// Two sources.

template <class M>
ARMILLION_INLINE void udiv(M& m, Flag sf, X divisor, X dividend, XDestination d) {
  by_width(sf, [&]<class T> {
    const T denominator = m.template read<T>(divisor);
    m.write(d, denominator == 0 ? T{0} : m.template read<T>(dividend) / denominator);
  });
}

template <class M>
ARMILLION_INLINE void sdiv(M& m, Flag sf, X divisor, X dividend, XDestination d) {
  by_width(sf, [&]<class T> {
    using SignedT = std::make_signed_t<T>;
    const T numerator = m.template read<T>(dividend);
    const T denominator = m.template read<T>(divisor);
    T quotient = 0;
    if (denominator == ~T{0}) {
      // The one quotient that overflows, MIN / -1, wraps to MIN.
      quotient = T{0} - numerator;
    } else if (denominator != 0) {
      quotient = static_cast<T>(static_cast<SignedT>(numerator) / static_cast<SignedT>(denominator));
    }
    m.write(d, quotient);
  });
}

/// The kinds of shift, numbered as in a `shift` field (shared/functions, DecodeShift).
enum class ShiftType : std::uint8_t { LSL, LSR, ASR, ROR };

/// `value` shifted by `amount`, which is less than the width of T (shared/functions, ShiftReg).
template <class T>
ARMILLION_INLINE constexpr T shifted(T value, ShiftType type, unsigned amount) {
  switch (type) {
    case ShiftType::LSL: return value << amount;
    case ShiftType::LSR: return value >> amount;
    case ShiftType::ASR: return static_cast<T>(static_cast<std::make_signed_t<T>>(value) >> amount);
    default: return std::rotr(value, static_cast<int>(amount));
  }
}

/// The common body of the variable shifts: the amount is taken modulo the width.
template <ShiftType TYPE, class M>
ARMILLION_INLINE void variable_shift(M& m, Flag sf, X amount, X source, XDestination d) {
  by_width(sf, [&]<class T> {
    const unsigned distance = m.template read<std::uint32_t>(amount) % (sizeof(T) * 8);
    m.write(d, shifted(m.template read<T>(source), TYPE, distance));
  });
}

template <class M>
ARMILLION_INLINE void lslv(M& m, Flag sf, X amount, X source, XDestination d) {
  variable_shift<ShiftType::LSL>(m, sf, amount, source, d);
}

template <class M>
ARMILLION_INLINE void lsrv(M& m, Flag sf, X amount, X source, XDestination d) {
  variable_shift<ShiftType::LSR>(m, sf, amount, source, d);
}

template <class M>
ARMILLION_INLINE void asrv(M& m, Flag sf, X amount, X source, XDestination d) {
  variable_shift<ShiftType::ASR>(m, sf, amount, source, d);
}

template <class M>
ARMILLION_INLINE void rorv(M& m, Flag sf, X amount, X source, XDestination d) {
  variable_shift<ShiftType::ROR>(m, sf, amount, source, d);
}

// The polynomials of CRC32 (IEEE 802.3) and CRC32C (Castagnoli), least significant bit first.
inline constexpr std::uint32_t CRC32_POLYNOMIAL = 0xedb88320;
inline constexpr std::uint32_t CRC32C_POLYNOMIAL = 0x82f63b78;

/// The remainder of each byte value after eight steps of the division by POLYNOMIAL.
template <std::uint32_t POLYNOMIAL>
inline constexpr std::array<std::uint32_t, 256> CRC_TABLE = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ ((remainder & 1) ? POLYNOMIAL : 0);
    table[byte] = remainder;
  }
  return table;
}();

/// The common body of the checksums: Data is the type of the value that is added to the accumulator.
template <std::uint32_t POLYNOMIAL, class Data, class M>
ARMILLION_INLINE void checksum(M& m, X value, X accumulator, XDestination d) {
  std::uint32_t remainder = m.template read<std::uint32_t>(accumulator);
  std::uint64_t data = m.template read<std::uint64_t>(value);
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < sizeof(Data); ++i, data >>= 8) {
    remainder = remainder >> 8 ^ CRC_TABLE<POLYNOMIAL>[(remainder ^ data) & 0xff];
  }
  m.write(d, remainder);
}

template <class M>
ARMILLION_INLINE void crc32b(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32_POLYNOMIAL, std::uint8_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32h(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32_POLYNOMIAL, std::uint16_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32w(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32_POLYNOMIAL, std::uint32_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32x(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32_POLYNOMIAL, std::uint64_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32cb(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32C_POLYNOMIAL, std::uint8_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32ch(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32C_POLYNOMIAL, std::uint16_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32cw(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32C_POLYNOMIAL, std::uint32_t>(m, value, accumulator, d);
}

template <class M>
ARMILLION_INLINE void crc32cx(M& m, X value, X accumulator, XDestination d) {
  checksum<CRC32C_POLYNOMIAL, std::uint64_t>(m, value, accumulator, d);
}

// One source.

template <class M>
ARMILLION_INLINE void rbit(M& m, Flag sf, X source, XDestination d) {
  if (sf) {
    m.write(d, std::uint64_t{__builtin_bitreverse64(m.template read<std::uint64_t>(source))});
  } else {
    m.write(d, std::uint32_t{__builtin_bitreverse32(m.template read<std::uint32_t>(source))});
  }
}

template <class M>
ARMILLION_INLINE void rev16(M& m, Flag sf, X source, XDestination d) {
  by_width(sf, [&]<class T> {
    constexpr T LOW_BYTES = static_cast<T>(0x00ff00ff00ff00ff);
    const T operand = m.template read<T>(source);
    m.write(d, (operand & LOW_BYTES) << 8 | (operand >> 8 & LOW_BYTES));
  });
}

template <class M>
ARMILLION_INLINE void rev32(M& m, X source, XDestination d) {
  m.write(d, std::rotr(std::byteswap(m.template read<std::uint64_t>(source)), 32));
}

template <class M>
ARMILLION_INLINE void rev_word(M& m, X source, XDestination d) {
  m.write(d, std::byteswap(m.template read<std::uint32_t>(source)));
}

template <class M>
ARMILLION_INLINE void rev_doubleword(M& m, X source, XDestination d) {
  m.write(d, std::byteswap(m.template read<std::uint64_t>(source)));
}

template <class M>
ARMILLION_INLINE void clz(M& m, Flag sf, X source, XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, static_cast<T>(std::countl_zero(m.template read<T>(source)))); });
}

template <class M>
ARMILLION_INLINE void cls(M& m, Flag sf, X source, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand = m.template read<T>(source);
    // A bit is set where it differs from its left neighbour; the sign bit, never set, is not counted.
    const T changes = operand ^ shifted(operand, ShiftType::ASR, 1);
    m.write(d, static_cast<T>(std::countl_zero(changes) - 1));
  });
}

// Logical, shifted register.

/// The second operand of the instructions with a shifted register.
template <class T, class M>
ARMILLION_INLINE T shifted_register(M& m, X source, Unsigned<2> type, Unsigned<6> amount) {
  return shifted(m.template read<T>(source), static_cast<ShiftType>(type.value), amount);
}

template <class M>
ARMILLION_INLINE void and_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) & shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void bic_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) & ~shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void orr_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) | shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void orn_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) | ~shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void eor_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) ^ shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void eon_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) ^ ~shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void ands_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                            XDestination d) {
  by_width(sf, [&]<class T> {
    const T result = m.template read<T>(first) & shifted_register<T>(m, second, type, amount);
    m.set_flags(logical_flags(result));
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void bics_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                            XDestination d) {
  by_width(sf, [&]<class T> {
    const T result = m.template read<T>(first) & ~shifted_register<T>(m, second, type, amount);
    m.set_flags(logical_flags(result));
    m.write(d, result);
  });
}

// Add and subtract, shifted register.

template <class M>
ARMILLION_INLINE void add_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) + shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void adds_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                            XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = shifted_register<T>(m, second, type, amount);
    const auto [result, flags] = add_with_carry<T>(m.template read<T>(first), operand2, false);
    m.set_flags(flags);
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void sub_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                           XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) - shifted_register<T>(m, second, type, amount)); });
}

template <class M>
ARMILLION_INLINE void subs_shifted_register(M& m, Flag sf, Unsigned<2> type, X second, Unsigned<6> amount, X first,
                                            XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = shifted_register<T>(m, second, type, amount);
    const auto [result, flags] = subtract<T>(m.template read<T>(first), operand2);
    m.set_flags(flags);
    m.write(d, result);
  });
}

// Add and subtract, extended register.

/// The low 8 << (option & 3) bits of a register, extended to the width of T, with the sign where bit 2 of `option` is
/// set, then shifted left (shared/functions, ExtendReg).
template <class T, class M>
ARMILLION_INLINE T extended_register(M& m, X source, Unsigned<3> option, Unsigned<3> amount) {
  const std::uint64_t value = m.template read<std::uint64_t>(source);
  const auto extend = [&]<class Part> { return static_cast<T>(static_cast<Part>(value)); };
  const T extended = (option & 4) ? by_signed_size(option & 3, extend) : by_size(option & 3, extend);
  return extended << amount;
}

template <class M>
ARMILLION_INLINE void add_extended_register(M& m, Flag sf, X second, Unsigned<3> option, Unsigned<3> amount,
                                            XOrSp first, XOrSp d) {
  by_width(sf, [&]<class T> {
    const T operand2 = extended_register<T>(m, second, option, amount);
    m.write(d, m.template read<T>(first) + operand2);
  });
}

template <class M>
ARMILLION_INLINE void adds_extended_register(M& m, Flag sf, X second, Unsigned<3> option, Unsigned<3> amount,
                                             XOrSp first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = extended_register<T>(m, second, option, amount);
    const auto [result, flags] = add_with_carry<T>(m.template read<T>(first), operand2, false);
    m.set_flags(flags);
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void sub_extended_register(M& m, Flag sf, X second, Unsigned<3> option, Unsigned<3> amount,
                                            XOrSp first, XOrSp d) {
  by_width(sf, [&]<class T> {
    const T operand2 = extended_register<T>(m, second, option, amount);
    m.write(d, m.template read<T>(first) - operand2);
  });
}

template <class M>
ARMILLION_INLINE void subs_extended_register(M& m, Flag sf, X second, Unsigned<3> option, Unsigned<3> amount,
                                             XOrSp first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = extended_register<T>(m, second, option, amount);
    const auto [result, flags] = subtract<T>(m.template read<T>(first), operand2);
    m.set_flags(flags);
    m.write(d, result);
  });
}

// Add and subtract with carry.

template <class M>
ARMILLION_INLINE void adc(M& m, Flag sf, X second, X first, XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) + m.template read<T>(second) + m.flags().c); });
}

template <class M>
ARMILLION_INLINE void adcs(M& m, Flag sf, X second, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = m.template read<T>(second);
    const auto [result, flags] = add_with_carry<T>(m.template read<T>(first), operand2, m.flags().c != 0);
    m.set_flags(flags);
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void sbc(M& m, Flag sf, X second, X first, XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, m.template read<T>(first) + ~m.template read<T>(second) + m.flags().c); });
}

template <class M>
ARMILLION_INLINE void sbcs(M& m, Flag sf, X second, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = ~m.template read<T>(second);
    const auto [result, flags] = add_with_carry<T>(m.template read<T>(first), operand2, m.flags().c != 0);
    m.set_flags(flags);
    m.write(d, result);
  });
}

// Flags from a register.

template <class M>
ARMILLION_INLINE void rmif(M& m, Unsigned<6> rotation, X source, Unsigned<4> mask) {
  const std::uint64_t rotated = std::rotr(m.template read<std::uint64_t>(source), static_cast<int>(rotation.value));
  const Flags inserted = flags_from_field(static_cast<std::uint32_t>(rotated));
  Flags flags = m.flags();
  if (mask & 8) flags.n = inserted.n;
  if (mask & 4) flags.z = inserted.z;
  if (mask & 2) flags.c = inserted.c;
  if (mask & 1) flags.v = inserted.v;
  m.set_flags(flags);
}

/// The common body of SETF8 and SETF16: the flags of a value of type T, where V says that the value, whose next bit is
/// known too, does not fit in T. C is kept.
template <class T, class M>
ARMILLION_INLINE void set_flags_of_narrow_value(M& m, X source) {
  constexpr int SIGN = sizeof(T) * 8 - 1;
  const std::uint32_t value = m.template read<std::uint32_t>(source);
  Flags flags = m.flags();
  flags.n = value >> SIGN & 1;
  flags.z = static_cast<T>(value) == 0;
  flags.v = (value >> (SIGN + 1) ^ value >> SIGN) & 1;
  m.set_flags(flags);
}

template <class M>
ARMILLION_INLINE void setf8(M& m, X source) {
  set_flags_of_narrow_value<std::uint8_t>(m, source);
}

template <class M>
ARMILLION_INLINE void setf16(M& m, X source) {
  set_flags_of_narrow_value<std::uint16_t>(m, source);
}

// Conditional compare: the flags of the comparison where the condition holds, those of the `nzcv` field elsewhere.

template <class M>
ARMILLION_INLINE void ccmn_register(M& m, Flag sf, X second, Condition condition, X first, Unsigned<4> nzcv) {
  by_width(sf, [&]<class T> {
    const Flags compared = add_with_carry<T>(m.template read<T>(first), m.template read<T>(second), false).flags;
    m.set_flags(condition_holds(condition, m.flags()) ? compared : flags_from_field(nzcv));
  });
}

template <class M>
ARMILLION_INLINE void ccmp_register(M& m, Flag sf, X second, Condition condition, X first, Unsigned<4> nzcv) {
  by_width(sf, [&]<class T> {
    const Flags compared = subtract<T>(m.template read<T>(first), m.template read<T>(second)).flags;
    m.set_flags(condition_holds(condition, m.flags()) ? compared : flags_from_field(nzcv));
  });
}

template <class M>
ARMILLION_INLINE void ccmn_immediate(M& m, Flag sf, Unsigned<5> immediate, Condition condition, X first,
                                     Unsigned<4> nzcv) {
  by_width(sf, [&]<class T> {
    const Flags compared = add_with_carry<T>(m.template read<T>(first), immediate.value, false).flags;
    m.set_flags(condition_holds(condition, m.flags()) ? compared : flags_from_field(nzcv));
  });
}

template <class M>
ARMILLION_INLINE void ccmp_immediate(M& m, Flag sf, Unsigned<5> immediate, Condition condition, X first,
                                     Unsigned<4> nzcv) {
  by_width(sf, [&]<class T> {
    const Flags compared = subtract<T>(m.template read<T>(first), immediate.value).flags;
    m.set_flags(condition_holds(condition, m.flags()) ? compared : flags_from_field(nzcv));
  });
}

// Conditional select.

template <class M>
ARMILLION_INLINE void csel(M& m, Flag sf, X second, Condition condition, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T otherwise = m.template read<T>(second);
    m.write(d, select(condition_holds(condition, m.flags()), m.template read<T>(first), otherwise));
  });
}

template <class M>
ARMILLION_INLINE void csinc(M& m, Flag sf, X second, Condition condition, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T otherwise = m.template read<T>(second) + 1;
    m.write(d, select(condition_holds(condition, m.flags()), m.template read<T>(first), otherwise));
  });
}

template <class M>
ARMILLION_INLINE void csinv(M& m, Flag sf, X second, Condition condition, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T otherwise = ~m.template read<T>(second);
    m.write(d, select(condition_holds(condition, m.flags()), m.template read<T>(first), otherwise));
  });
}

template <class M>
ARMILLION_INLINE void csneg(M& m, Flag sf, X second, Condition condition, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    const T otherwise = T{0} - m.template read<T>(second);
    m.write(d, select(condition_holds(condition, m.flags()), m.template read<T>(first), otherwise));
  });
}

// Three sources.

template <class M>
ARMILLION_INLINE void madd(M& m, Flag sf, X second, X addend, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    m.write(d, m.template read<T>(addend) + m.template read<T>(first) * m.template read<T>(second));
  });
}

template <class M>
ARMILLION_INLINE void msub(M& m, Flag sf, X second, X minuend, X first, XDestination d) {
  by_width(sf, [&]<class T> {
    m.write(d, m.template read<T>(minuend) - m.template read<T>(first) * m.template read<T>(second));
  });
}

/// The 64-bit product of the low words of two registers, both signed or both unsigned as Word is.
template <class Word, class M>
ARMILLION_INLINE std::uint64_t long_product(M& m, X first, X second) {
  const auto operand1 = static_cast<Word>(m.template read<std::uint32_t>(first));
  const auto operand2 = static_cast<Word>(m.template read<std::uint32_t>(second));
  return static_cast<std::uint64_t>(operand1) * static_cast<std::uint64_t>(operand2);
}

template <class M>
ARMILLION_INLINE void smaddl(M& m, X second, X addend, X first, XDestination d) {
  m.write(d, m.template read<std::uint64_t>(addend) + long_product<std::int32_t>(m, first, second));
}

template <class M>
ARMILLION_INLINE void smsubl(M& m, X second, X minuend, X first, XDestination d) {
  m.write(d, m.template read<std::uint64_t>(minuend) - long_product<std::int32_t>(m, first, second));
}

template <class M>
ARMILLION_INLINE void umaddl(M& m, X second, X addend, X first, XDestination d) {
  m.write(d, m.template read<std::uint64_t>(addend) + long_product<std::uint32_t>(m, first, second));
}

template <class M>
ARMILLION_INLINE void umsubl(M& m, X second, X minuend, X first, XDestination d) {
  m.write(d, m.template read<std::uint64_t>(minuend) - long_product<std::uint32_t>(m, first, second));
}

template <class M>
ARMILLION_INLINE void smulh(M& m, X second, X first, XDestination d) {
  const auto operand1 = static_cast<std::int64_t>(m.template read<std::uint64_t>(first));
  const auto operand2 = static_cast<std::int64_t>(m.template read<std::uint64_t>(second));
  m.write(d, static_cast<std::uint64_t>(static_cast<__int128>(operand1) * operand2 >> 64));
}

template <class M>
ARMILLION_INLINE void umulh(M& m, X second, X first, XDestination d) {
  const std::uint64_t operand1 = m.template read<std::uint64_t>(first);
  const std::uint64_t operand2 = m.template read<std::uint64_t>(second);
  m.write(d, static_cast<std::uint64_t>(static_cast<unsigned __int128>(operand1) * operand2 >> 64));
}

}  // namespace armillion::isa::semantics
