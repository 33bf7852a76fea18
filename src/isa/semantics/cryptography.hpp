#pragma once

#include <array>
#include <bit>

#include "isa/semantics/common.hpp"

// AES, SHA1, SHA2, SHA512 and SHA3.
namespace armillion::isa::semantics {

/// The transformations of FIPS 197 on a state of 16 bytes, stored column by column.
namespace aes {

/// The product of each of four bytes with x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2.1).
ARMILLION_INLINE constexpr std::uint32_t times_x(std::uint32_t bytes) {
  return (bytes & 0x7f7f7f7f) << 1 ^ (bytes >> 7 & 0x01010101) * 0x1b;
}

consteval std::uint32_t field_multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (; b != 0; b >>= 1, a = times_x(a)) {
    if (b & 1) product ^= a;
  }
  return product;
}

/// The multiplicative inverse, and 0 for 0: the power 254 = 2 + 4 + ... + 128, as the group has 255 members.
consteval std::uint32_t field_invert(std::uint32_t a) {
  std::uint32_t result = 1;
  for (int exponent = 2; exponent <= 128; exponent *= 2) {
    a = field_multiply(a, a);
    result = field_multiply(result, a);
  }
  return result;
}

using Box = std::array<std::uint8_t, 256>;

/// What SubBytes makes of a byte: the affine transformation of its inverse (FIPS 197, 5.1.1).
inline constexpr Box SUBSTITUTION = [] {
  Box box{};
  for (unsigned i = 0; i < box.size(); ++i) {
    const auto inverse = static_cast<std::uint8_t>(field_invert(i));
    std::uint8_t sum = inverse ^ 0x63;
    for (int rotation = 1; rotation <= 4; ++rotation) sum ^= std::rotl(inverse, rotation);
    box[i] = sum;
  }
  return box;
}();
static_assert(SUBSTITUTION[0x53] == 0xed, "the example of FIPS 197, 5.1.1");

inline constexpr Box INVERSE_SUBSTITUTION = [] {
  Box box{};
  for (unsigned i = 0; i < box.size(); ++i) box[SUBSTITUTION[i]] = static_cast<std::uint8_t>(i);
  return box;
}();

ARMILLION_INLINE constexpr Vector substitute_bytes(Vector state, const Box& box) {
  return map<std::uint8_t>(state, [&](std::uint8_t byte) { return box[byte]; });
}

/// Rotates row i left by i * DISTANCE columns: ShiftRows with 1, InvShiftRows with 3.
template <unsigned DISTANCE>
ARMILLION_INLINE constexpr Vector shift_rows(Vector state) {
  Vector result = state;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned row = i % 4;
    result.set<std::uint8_t>(i, state.get<std::uint8_t>((i + 4 * DISTANCE * row) % 16));
  }
  return result;
}

/// MixColumns on one column: byte i becomes 2 * byte i + 3 * byte i+1 + byte i+2 + byte i+3.
ARMILLION_INLINE constexpr std::uint32_t mix_column(std::uint32_t column) {
  const std::uint32_t next = std::rotr(column, 8);
  return times_x(column ^ next) ^ next ^ std::rotr(column, 16) ^ std::rotr(column, 24);
}

/// InvMixColumns on one column. Its matrix is that of MixColumns times one that adds 4 * (byte i + byte i+2) to byte i.
ARMILLION_INLINE constexpr std::uint32_t inverse_mix_column(std::uint32_t column) {
  return mix_column(column ^ times_x(times_x(column ^ std::rotr(column, 16))));
}

}  // namespace aes

template <class M>
ARMILLION_INLINE void aese(M& m, V rn, V rd) {
  const Vector state{m.read(rd).bits ^ m.read(rn).bits};
  m.write(rd, aes::substitute_bytes(aes::shift_rows<1>(state), aes::SUBSTITUTION));
}

template <class M>
ARMILLION_INLINE void aesd(M& m, V rn, V rd) {
  const Vector state{m.read(rd).bits ^ m.read(rn).bits};
  m.write(rd, aes::substitute_bytes(aes::shift_rows<3>(state), aes::INVERSE_SUBSTITUTION));
}

template <class M>
ARMILLION_INLINE void aesmc(M& m, V rn, V rd) {
  m.write(rd, map<std::uint32_t>(m.read(rn), aes::mix_column));
}

template <class M>
ARMILLION_INLINE void aesimc(M& m, V rn, V rd) {
  m.write(rd, map<std::uint32_t>(m.read(rn), aes::inverse_mix_column));
}

/// The functions and rounds of FIPS 180-4.
namespace sha {

/// The bits of y where those of x are set and the bits of z elsewhere.
template <class T>
ARMILLION_INLINE constexpr T choose(T x, T y, T z) {
  return ((y ^ z) & x) ^ z;
}

/// The bits that are set in at least two.
template <class T>
ARMILLION_INLINE constexpr T majority(T x, T y, T z) {
  return (x & y) | ((x | y) & z);
}

/// The bits that are set in an odd number.
template <class T>
ARMILLION_INLINE constexpr T parity(T x, T y, T z) {
  return x ^ y ^ z;
}

/// The sum, without carries, of three rotations to the right.
template <int FIRST, int SECOND, int THIRD, class T>
ARMILLION_INLINE constexpr T rotations(T x) {
  return std::rotr(x, FIRST) ^ std::rotr(x, SECOND) ^ std::rotr(x, THIRD);
}

/// The sum, without carries, of two rotations and a shift to the right.
template <int FIRST, int SECOND, int SHIFT, class T>
ARMILLION_INLINE constexpr T rotations_and_shift(T x) {
  return std::rotr(x, FIRST) ^ std::rotr(x, SECOND) ^ x >> SHIFT;
}

/// Four rounds of SHA1: `abcd` and `e` are the working variables, `schedule` the words with their constants added, and
/// `function` that of b, c and d. Gives the new a to d.
template <class Function>
ARMILLION_INLINE constexpr Vector sha1_rounds(Vector abcd, std::uint32_t e, Vector schedule, Function function) {
  auto [a, b, c, d] = std::array{abcd.get<std::uint32_t>(0), abcd.get<std::uint32_t>(1), abcd.get<std::uint32_t>(2),
                                 abcd.get<std::uint32_t>(3)};
#pragma clang loop unroll(full)
  for (unsigned round = 0; round < 4; ++round) {
    const std::uint32_t sum = std::rotl(a, 5) + function(b, c, d) + e + schedule.get<std::uint32_t>(round);
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = sum;
  }
  return Vector::from<std::uint32_t>(Lanes<std::uint32_t>{a, b, c, d});
}

/// The working variables of SHA256.
struct Sha256State {
  Vector abcd;
  Vector efgh;
};

/// Four rounds of SHA256 (shared/functions, SHA256hash); `schedule` holds the words with their constants added.
ARMILLION_INLINE constexpr Sha256State sha256_rounds(Sha256State state, Vector schedule) {
  auto abcd = state.abcd.lanes<std::uint32_t>();
  auto efgh = state.efgh.lanes<std::uint32_t>();
#pragma clang loop unroll(full)
  for (unsigned round = 0; round < 4; ++round) {
    const std::uint32_t sum1 = efgh[3] + rotations<6, 11, 25>(std::uint32_t{efgh[0]}) +
                               choose<std::uint32_t>(efgh[0], efgh[1], efgh[2]) + schedule.get<std::uint32_t>(round);
    const std::uint32_t sum2 =
        rotations<2, 13, 22>(std::uint32_t{abcd[0]}) + majority<std::uint32_t>(abcd[0], abcd[1], abcd[2]);
    efgh = Lanes<std::uint32_t>{abcd[3] + sum1, efgh[0], efgh[1], efgh[2]};
    abcd = Lanes<std::uint32_t>{sum1 + sum2, abcd[0], abcd[1], abcd[2]};
  }
  return {Vector::from<std::uint32_t>(abcd), Vector::from<std::uint32_t>(efgh)};
}

/// Lanes 1 to 3 of `lower` and lane 0 of `upper`: the four words that begin one later.
ARMILLION_INLINE constexpr Vector following_words(Vector lower, Vector upper) {
  return Vector::from_parts(lower.low() >> 32 | lower.high() << 32, lower.high() >> 32 | upper.low() << 32);
}

}  // namespace sha

template <class M>
ARMILLION_INLINE void sha1c(M& m, V rm, V rn, V rd) {
  const auto e = m.read(rn).template get<std::uint32_t>(0);
  m.write(rd, sha::sha1_rounds(m.read(rd), e, m.read(rm), sha::choose<std::uint32_t>));
}

template <class M>
ARMILLION_INLINE void sha1p(M& m, V rm, V rn, V rd) {
  const auto e = m.read(rn).template get<std::uint32_t>(0);
  m.write(rd, sha::sha1_rounds(m.read(rd), e, m.read(rm), sha::parity<std::uint32_t>));
}

template <class M>
ARMILLION_INLINE void sha1m(M& m, V rm, V rn, V rd) {
  const auto e = m.read(rn).template get<std::uint32_t>(0);
  m.write(rd, sha::sha1_rounds(m.read(rd), e, m.read(rm), sha::majority<std::uint32_t>));
}

template <class M>
ARMILLION_INLINE void sha1h(M& m, V rn, V rd) {
  m.write(rd, Vector::from_parts(std::rotl(m.read(rn).template get<std::uint32_t>(0), 30), 0));
}

template <class M>
ARMILLION_INLINE void sha1su0(M& m, V rm, V rn, V rd) {
  const Vector words = m.read(rd);
  const Vector two_later = Vector::from_parts(words.high(), m.read(rn).low());
  m.write(rd, Vector{words.bits ^ two_later.bits ^ m.read(rm).bits});
}

template <class M>
ARMILLION_INLINE void sha1su1(M& m, V rn, V rd) {
  const Vector sum{m.read(rd).bits ^ sha::following_words(m.read(rn), Vector::zero()).bits};
  Vector result = map<std::uint32_t>(sum, [](std::uint32_t word) { return std::rotl(word, 1); });
  // The last word needs the first of these results, which the vectors do not hold.
  const auto last = result.get<std::uint32_t>(3) ^ std::rotl(sum.get<std::uint32_t>(0), 2);
  result.set<std::uint32_t>(3, last);
  m.write(rd, result);
}

template <class M>
ARMILLION_INLINE void sha256h(M& m, V rm, V rn, V rd) {
  m.write(rd, sha::sha256_rounds({m.read(rd), m.read(rn)}, m.read(rm)).abcd);
}

template <class M>
ARMILLION_INLINE void sha256h2(M& m, V rm, V rn, V rd) {
  m.write(rd, sha::sha256_rounds({m.read(rn), m.read(rd)}, m.read(rm)).efgh);
}

template <class M>
ARMILLION_INLINE void sha256su0(M& m, V rn, V rd) {
  const Vector words = m.read(rd);
  m.write(rd, map<std::uint32_t>(words, sha::following_words(words, m.read(rn)), [](std::uint32_t x, std::uint32_t y) {
            return x + sha::rotations_and_shift<7, 18, 3>(y);
          }));
}

template <class M>
ARMILLION_INLINE void sha256su1(M& m, V rm, V rn, V rd) {
  const Vector latest = m.read(rm);
  const Vector seven_before = sha::following_words(m.read(rn), latest);
  Vector result = map<std::uint32_t>(m.read(rd), seven_before, [](std::uint32_t x, std::uint32_t y) { return x + y; });
  // Each word needs the one two before it; the last two need the first two of these results.
  const auto add = [&](unsigned index, std::uint32_t two_before) {
    const std::uint32_t sum = result.get<std::uint32_t>(index) + sha::rotations_and_shift<17, 19, 10>(two_before);
    result.set<std::uint32_t>(index, sum);
  };
  add(0, latest.get<std::uint32_t>(2));
  add(1, latest.get<std::uint32_t>(3));
  add(2, result.get<std::uint32_t>(0));
  add(3, result.get<std::uint32_t>(1));
  m.write(rd, result);
}

template <class M>
ARMILLION_INLINE void sha512h(M& m, V rm, V rn, V rd) {
  const Vector x = m.read(rn);
  const Vector y = m.read(rm);
  const Vector schedule = m.read(rd);
  const std::uint64_t upper =
      schedule.high() + sha::rotations<14, 18, 41>(y.high()) + sha::choose(y.high(), x.low(), x.high());
  const std::uint64_t sum = upper + y.low();
  const std::uint64_t lower = schedule.low() + sha::rotations<14, 18, 41>(sum) + sha::choose(sum, y.high(), x.low());
  m.write(rd, Vector::from_parts(lower, upper));
}

template <class M>
ARMILLION_INLINE void sha512h2(M& m, V rm, V rn, V rd) {
  const std::uint64_t x = m.read(rn).low();
  const Vector y = m.read(rm);
  const Vector schedule = m.read(rd);
  const std::uint64_t upper =
      schedule.high() + sha::rotations<28, 34, 39>(y.low()) + sha::majority(x, y.high(), y.low());
  const std::uint64_t lower =
      schedule.low() + sha::rotations<28, 34, 39>(upper) + sha::majority(upper, y.low(), y.high());
  m.write(rd, Vector::from_parts(lower, upper));
}

template <class M>
ARMILLION_INLINE void sha512su0(M& m, V rn, V rd) {
  const Vector words = m.read(rd);
  const std::uint64_t lower = words.low() + sha::rotations_and_shift<1, 8, 7>(words.high());
  const std::uint64_t upper = words.high() + sha::rotations_and_shift<1, 8, 7>(m.read(rn).low());
  m.write(rd, Vector::from_parts(lower, upper));
}

template <class M>
ARMILLION_INLINE void sha512su1(M& m, V rm, V rn, V rd) {
  const Vector words = m.read(rd);
  const Vector two_before = m.read(rn);
  const Vector seven_before = m.read(rm);
  const std::uint64_t lower = words.low() + sha::rotations_and_shift<19, 61, 6>(two_before.low()) + seven_before.low();
  const std::uint64_t upper =
      words.high() + sha::rotations_and_shift<19, 61, 6>(two_before.high()) + seven_before.high();
  m.write(rd, Vector::from_parts(lower, upper));
}

template <class M>
ARMILLION_INLINE void eor3(M& m, V rm, V ra, V rn, V rd) {
  m.write(rd, Vector{m.read(rn).bits ^ m.read(rm).bits ^ m.read(ra).bits});
}

template <class M>
ARMILLION_INLINE void bcax(M& m, V rm, V ra, V rn, V rd) {
  m.write(rd, Vector{m.read(rn).bits ^ (m.read(rm).bits & ~m.read(ra).bits)});
}

template <class M>
ARMILLION_INLINE void rax1(M& m, V rm, V rn, V rd) {
  m.write(rd, map<std::uint64_t>(m.read(rn), m.read(rm),
                                 [](std::uint64_t x, std::uint64_t y) { return x ^ std::rotl(y, 1); }));
}

template <class M>
ARMILLION_INLINE void xar(M& m, V rm, Unsigned<6> rotation, V rn, V rd) {
  const Vector sum{m.read(rn).bits ^ m.read(rm).bits};
  m.write(rd, map<std::uint64_t>(sum, [&](std::uint64_t x) { return std::rotr(x, static_cast<int>(rotation.value)); }));
}

}  // namespace armillion::isa::semantics
