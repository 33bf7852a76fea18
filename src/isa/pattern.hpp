#pragma once

#include <cstdint>

namespace armillion::isa {

/// Not constexpr: a constant expression that calls it does not compile, and the compiler shows the reason.
void invalid_table(const char* reason);

/// A 32-bit encoding as text, bit 31 first: `0` and `1` are fixed bits, a letter names the field that the bit
/// belongs to, `-` is a bit that the processor ignores. A field's bits need not be adjacent; its value has its
/// first letter as the most significant bit. Fields in upper case are constants of a handler (an engine
/// instantiates the instruction once for each of their values); fields in lower case are read when it runs.
struct Pattern {
  char text[33] = {};

  consteval Pattern(const char (&pattern)[33]) {
    for (int i = 0; i < 32; ++i) {
      const char c = pattern[i];
      if (c != '0' && c != '1' && c != '-' && !is_letter(c)) invalid_table("a pattern consists of 0, 1, - and letters");
      text[i] = c;
    }
  }

  static constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
  static constexpr bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }

  /// The bits whose character is `c`.
  constexpr std::uint32_t bits_of(char c) const {
    std::uint32_t bits = 0;
    for (int i = 0; i < 32; ++i) bits = bits << 1 | (text[i] == c ? 1u : 0u);
    return bits;
  }

  constexpr std::uint32_t value() const { return bits_of('1'); }
  constexpr std::uint32_t mask() const { return bits_of('0') | bits_of('1'); }

  /// The bits of all fields in upper case.
  constexpr std::uint32_t static_bits() const {
    std::uint32_t bits = 0;
    for (int i = 0; i < 32; ++i) bits = bits << 1 | (is_upper(text[i]) ? 1u : 0u);
    return bits;
  }

  constexpr int width_of(char c) const {
    int width = 0;
    for (int i = 0; i < 32; ++i) width += text[i] == c ? 1 : 0;
    return width;
  }

  /// How many different fields there are.
  constexpr int field_count() const {
    int count = 0;
    for (int i = 0; i < 32; ++i) count += is_first(i) ? 1 : 0;
    return count;
  }

  /// The letter of field `index`, in order of first appearance.
  constexpr char letter(int index) const {
    for (int i = 0; i < 32; ++i) {
      if (is_first(i) && index-- == 0) return text[i];
    }
    return '\0';
  }

 private:
  constexpr bool is_first(int i) const {
    if (!is_letter(text[i])) return false;
    for (int j = 0; j < i; ++j) {
      if (text[j] == text[i]) return false;
    }
    return true;
  }
};

/// Gathers the bits of `word` that are set in `BITS`, keeping their order (the PEXT of x86).
template <std::uint32_t BITS>
constexpr std::uint32_t gather_bits(std::uint32_t word) {
  if constexpr (BITS == 0) {
    return 0;
  } else {
    constexpr int low = __builtin_ctz(BITS);
    constexpr std::uint32_t shifted = BITS >> low;
    constexpr int width = ~shifted == 0 ? 32 : __builtin_ctz(~shifted);
    constexpr std::uint32_t run = width == 32 ? ~0u : (1u << width) - 1;
    if constexpr (shifted == run) {
      return word >> low & run;
    } else {
      return (word >> low & run) | gather_bits<(BITS & ~(run << low))>(word) << width;
    }
  }
}

/// The inverse of `gather_bits`: spreads the low bits of `value` over the bits set in `BITS`.
constexpr std::uint32_t scatter_bits(std::uint32_t value, std::uint32_t bits) {
  std::uint32_t word = 0;
  for (; bits != 0; bits &= bits - 1, value >>= 1) {
    if (value & 1) word |= bits & -bits;
  }
  return word;
}

}  // namespace armillion::isa
