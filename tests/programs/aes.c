// AES-128 of the FIPS 197 example and a chain of blocks: with tables that the program computes itself, and with the
// processor's own instructions. Then GHASH-like products with PMULL.
#include <arm_neon.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint8_t sbox[256];

static uint8_t times_x(uint8_t value) { return (uint8_t)(value << 1 ^ (value >> 7) * 0x1b); }

static void make_sbox(void) {
  uint8_t p = 1, q = 1;
  do {
    p ^= times_x(p);
    q ^= q << 1, q ^= q << 2, q ^= q << 4;
    if (q & 0x80) q ^= 0x09;
    const uint8_t rotated =
        (uint8_t)(q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4));
    sbox[p] = rotated ^ 0x63;
  } while (p != 1);
  sbox[0] = 0x63;
}

static void expand_key(uint8_t keys[11][16], const uint8_t key[16]) {
  memcpy(keys[0], key, 16);
  uint8_t constant = 1;
  for (int round = 1; round <= 10; ++round, constant = times_x(constant)) {
    const uint8_t* before = keys[round - 1];
    for (int i = 0; i < 4; ++i) keys[round][i] = before[i] ^ sbox[before[12 + (i + 1) % 4]] ^ (i == 0 ? constant : 0);
    for (int i = 4; i < 16; ++i) keys[round][i] = keys[round][i - 4] ^ before[i];
  }
}

static void encrypt_in_c(uint8_t block[16], uint8_t keys[11][16]) {
  for (int i = 0; i < 16; ++i) block[i] ^= keys[0][i];
  for (int round = 1; round <= 10; ++round) {
    uint8_t shifted[16];
    for (int i = 0; i < 16; ++i) shifted[i] = sbox[block[(i + 4 * (i % 4)) % 16]];
    for (int c = 0; c < 16; c += 4) {
      const uint8_t* s = shifted + c;
      const uint8_t all = s[0] ^ s[1] ^ s[2] ^ s[3];
      for (int i = 0; i < 4; ++i) {
        const uint8_t mixed = round == 10 ? s[i] : (uint8_t)(s[i] ^ all ^ times_x(s[i] ^ s[(i + 1) % 4]));
        block[c + i] = mixed ^ keys[round][c + i];
      }
    }
  }
}

static void encrypt_in_hardware(uint8_t block[16], uint8_t keys[11][16]) {
  uint8x16_t state = vld1q_u8(block);
  for (int round = 0; round < 9; ++round) state = vaesmcq_u8(vaeseq_u8(state, vld1q_u8(keys[round])));
  state = veorq_u8(vaeseq_u8(state, vld1q_u8(keys[9])), vld1q_u8(keys[10]));
  vst1q_u8(block, state);
}

static void decrypt_in_hardware(uint8_t block[16], uint8_t keys[11][16]) {
  uint8x16_t state = vld1q_u8(block);
  for (int round = 10; round > 1; --round) {
    state = vaesdq_u8(state, round == 10 ? vld1q_u8(keys[10]) : vaesimcq_u8(vld1q_u8(keys[round])));
    state = vaesimcq_u8(state);
  }
  state = veorq_u8(vaesdq_u8(state, vaesimcq_u8(vld1q_u8(keys[1]))), vld1q_u8(keys[0]));
  vst1q_u8(block, state);
}

static void print_block(const char* name, const uint8_t block[16]) {
  printf("%s ", name);
  for (int i = 0; i < 16; ++i) printf("%02x", block[i]);
  puts("");
}

int main(void) {
  make_sbox();
  uint8_t key[16], block[16], other[16], keys[11][16];
  for (int i = 0; i < 16; ++i) key[i] = (uint8_t)i, block[i] = (uint8_t)(i * 0x11);
  memcpy(other, block, 16);
  expand_key(keys, key);
  encrypt_in_c(block, keys);
  encrypt_in_hardware(other, keys);
  print_block("c       ", block);
  print_block("hardware", other);
  for (int i = 0; i < 10000; ++i) encrypt_in_c(block, keys), encrypt_in_hardware(other, keys);
  print_block("c       ", block);
  print_block("hardware", other);
  for (int i = 0; i < 10001; ++i) decrypt_in_hardware(other, keys);
  print_block("back    ", other);

  poly64_t x = (poly64_t)0x123456789abcdef1ull, sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const poly128_t product = vmull_p64(x, (poly64_t)0xc2b2ae3d27d4eb4full);
    sum ^= (poly64_t)(product >> 64);
    x = (poly64_t)product;
  }
  printf("%016llx %016llx\n", (unsigned long long)x, (unsigned long long)sum);
  return 0;
}
