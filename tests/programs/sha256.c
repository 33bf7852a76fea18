// SHA-256 of the FIPS 180-4 examples and of a million letters, in plain C and with the processor's own instructions.
#include <arm_neon.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, int count) { return value >> count | value << (32 - count); }

static void compress_in_c(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i) {
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (int i = 16; i < 64; ++i) {
    const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
    const uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void compress_in_hardware(uint32_t state[8], const uint8_t block[64]) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  const uint32x4_t abcd_before = abcd, efgh_before = efgh;
  uint32x4_t w[4];
  for (int i = 0; i < 4; ++i) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + 16 * i)));
  for (int i = 0; i < 16; ++i) {
    const uint32x4_t round_words = vaddq_u32(w[0], vld1q_u32(K + 4 * i));
    const uint32x4_t next = vsha256su1q_u32(vsha256su0q_u32(w[0], w[1]), w[2], w[3]);
    w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
    const uint32x4_t abcd_old = abcd;
    abcd = vsha256hq_u32(abcd, efgh, round_words);
    efgh = vsha256h2q_u32(efgh, abcd_old, round_words);
  }
  vst1q_u32(state, vaddq_u32(abcd, abcd_before));
  vst1q_u32(state + 4, vaddq_u32(efgh, efgh_before));
}

static void hash(const char* name, void (*compress)(uint32_t*, const uint8_t*), const char* text, size_t repeat) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t block[64];
  size_t used = 0;
  uint64_t bits = 0;
  for (size_t r = 0; r < repeat; ++r) {
    for (const char* c = text; *c; ++c, bits += 8) {
      block[used++] = (uint8_t)*c;
      if (used == 64) compress(state, block), used = 0;
    }
  }
  block[used++] = 0x80;
  if (used > 56) {
    memset(block + used, 0, 64 - used);
    compress(state, block);
    used = 0;
  }
  memset(block + used, 0, 56 - used);
  for (int i = 0; i < 8; ++i) block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
  compress(state, block);
  printf("%s ", name);
  for (int i = 0; i < 8; ++i) printf("%08x", state[i]);
  puts("");
}

int main(void) {
  static const struct {
    const char* text;
    size_t repeat;
  } messages[] = {
      {"", 1}, {"abc", 1}, {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1}, {"aaaaaaaaaa", 100000}};
  for (unsigned i = 0; i < sizeof messages / sizeof *messages; ++i) {
    hash("c       ", compress_in_c, messages[i].text, messages[i].repeat);
    hash("hardware", compress_in_hardware, messages[i].text, messages[i].repeat);
  }
  return 0;
}
