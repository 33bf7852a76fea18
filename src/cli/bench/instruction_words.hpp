#pragma once

#include <cstdint>
#include <vector>

/// The words of the instructions that the benchmarks' own programs are made of, so that these need no assembler.
/// Operands are register numbers, in the order of assembly text; registers have 64 bits where nothing else is said.
namespace armillion::bench::words {

using Word = std::uint32_t;
using Words = std::vector<Word>;

inline constexpr Word HALT = 0xd440'0000;             // hlt #0
inline constexpr Word SUPERVISOR_CALL = 0xd400'0001;  // svc #0
inline constexpr Word SP = 31;

constexpr Word add_immediate(Word d, Word n, Word value) { return 0x9100'0000 | value << 10 | n << 5 | d; }
constexpr Word sub_immediate(Word d, Word n, Word value) { return 0xd100'0000 | value << 10 | n << 5 | d; }
/// movz xd, #value, lsl #(16 * half)
constexpr Word move(Word d, Word value, Word half = 0) { return 0xd280'0000 | half << 21 | value << 5 | d; }
/// movk xd, #value, lsl #(16 * half)
constexpr Word move_keep(Word d, Word value, Word half) { return 0xf280'0000 | half << 21 | value << 5 | d; }

constexpr Word add_register(Word d, Word n, Word m) { return 0x8b00'0000 | m << 16 | n << 5 | d; }
/// add xd, xn, xm, lsl #shift
constexpr Word add_shifted(Word d, Word n, Word m, Word shift) { return add_register(d, n, m) | shift << 10; }
constexpr Word eor_register(Word d, Word n, Word m) { return 0xca00'0000 | m << 16 | n << 5 | d; }
/// eor xd, xn, xm, lsl #shift
constexpr Word eor_shifted_left(Word d, Word n, Word m, Word shift) { return eor_register(d, n, m) | shift << 10; }
/// eor xd, xn, xm, lsr #shift
constexpr Word eor_shifted_right(Word d, Word n, Word m, Word shift) {
  return eor_register(d, n, m) | 1U << 22 | shift << 10;
}
/// and xd, xn, of the `count` bits from bit `first` on
constexpr Word and_bits(Word d, Word n, Word first, Word count) {
  return 0x9240'0000 | (64 - first) % 64 << 16 | (count - 1) << 10 | n << 5 | d;
}
/// lsr xd, xn, #shift
constexpr Word shift_right(Word d, Word n, Word shift) { return 0xd340'fc00 | shift << 16 | n << 5 | d; }
/// madd xd, xn, xm, xa
constexpr Word multiply_add(Word d, Word n, Word m, Word a) { return 0x9b00'0000 | m << 16 | a << 10 | n << 5 | d; }

/// ldr xt, [xn], #8
constexpr Word load_next(Word t, Word n) { return 0xf840'8400 | n << 5 | t; }
/// str xt, [xn], #8
constexpr Word store_next(Word t, Word n) { return 0xf800'8400 | n << 5 | t; }
/// str xt, [xn]
constexpr Word store(Word t, Word n) { return 0xf900'0000 | n << 5 | t; }
/// ldr xt, [xn, xm]
constexpr Word load_at(Word t, Word n, Word m) { return 0xf860'6800 | m << 16 | n << 5 | t; }
/// str xt, [xn, xm]
constexpr Word store_at(Word t, Word n, Word m) { return 0xf820'6800 | m << 16 | n << 5 | t; }

// Branches; where they go is counted in instructions from the branch on, negative for back.

constexpr Word branch(std::int32_t offset) { return 0x1400'0000 | (static_cast<Word>(offset) & 0x03ff'ffff); }
constexpr Word branch_if_not_zero(Word t, std::int32_t offset) {
  return 0xb500'0000 | (static_cast<Word>(offset) & 0x7'ffff) << 5 | t;
}
/// tbz xt, #bit: where that bit, 0 to 31, is 0
constexpr Word branch_if_bit_clear(Word t, Word bit, std::int32_t offset) {
  return 0x3600'0000 | bit << 19 | (static_cast<Word>(offset) & 0x3fff) << 5 | t;
}
/// tbnz xt, #bit
constexpr Word branch_if_bit_set(Word t, Word bit, std::int32_t offset) {
  return 0x3700'0000 | bit << 19 | (static_cast<Word>(offset) & 0x3fff) << 5 | t;
}

// Of D registers.

constexpr Word float_sub(Word d, Word n, Word m) { return 0x1e60'3800 | m << 16 | n << 5 | d; }
constexpr Word float_multiply(Word d, Word n, Word m) { return 0x1e60'0800 | m << 16 | n << 5 | d; }
/// ucvtf dd, xn
constexpr Word float_from_unsigned(Word d, Word n) { return 0x9e63'0000 | n << 5 | d; }
/// fmov dd, xn
constexpr Word float_from_bits(Word d, Word n) { return 0x9e67'0000 | n << 5 | d; }
/// fmov xd, dn
constexpr Word bits_of_float(Word d, Word n) { return 0x9e66'0000 | n << 5 | d; }

// Of vectors of four 32-bit integers.

/// dup vd.4s, wn
constexpr Word vector_of(Word d, Word n) { return 0x4e04'0c00 | n << 5 | d; }
constexpr Word vector_add(Word d, Word n, Word m) { return 0x4ea0'8400 | m << 16 | n << 5 | d; }
constexpr Word vector_multiply(Word d, Word n, Word m) { return 0x4ea0'9c00 | m << 16 | n << 5 | d; }
constexpr Word vector_eor(Word d, Word n, Word m) { return 0x6e20'1c00 | m << 16 | n << 5 | d; }

}  // namespace armillion::bench::words
