// Rotations, additions and logic on 32-bit words: SHA-256 (FIPS 180-4) of a long message.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

static uint32_t round_constants[64];

static uint32_t rotate_right(uint32_t value, int count) { return value >> count | value << (32 - count); }

// The constants are the first 32 bits of the fractional parts of the cube roots of the first 64 primes; the initial
// hash those of the square roots of the first 8. Both are found by integer arithmetic.
static uint32_t root_fraction(uint64_t prime, int degree) {
  unsigned __int128 low = 0, high = (unsigned __int128)1 << 37;
  while (high - low > 1) {
    const unsigned __int128 middle = (low + high) / 2;
    const unsigned __int128 power = degree == 2 ? middle * middle : middle * middle * middle;
    if (power <= (unsigned __int128)prime << (32 * degree)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (uint32_t)low;
}

static void make_constants(uint32_t hash[8]) {
  int count = 0;
  for (uint64_t n = 2; count < 64; ++n) {
    int is_prime = 1;
    for (uint64_t divisor = 2; divisor * divisor <= n; ++divisor) is_prime &= n % divisor != 0;
    if (!is_prime) continue;
    if (count < 8) hash[count] = root_fraction(n, 2);
    round_constants[count++] = root_fraction(n, 3);
  }
}

static void hash_block(uint32_t hash[8], const unsigned char block[64]) {
  uint32_t schedule[64];
  for (int i = 0; i < 16; ++i) {
    schedule[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
                  block[4 * i + 3];
  }
  for (int i = 16; i < 64; ++i) {
    const uint32_t x = schedule[i - 15], y = schedule[i - 2];
    schedule[i] = schedule[i - 16] + schedule[i - 7] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) +
                  (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
  }
  uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t first = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + ((e & f) ^ (~e & g)) +
                           round_constants[i] + schedule[i];
    const uint32_t second =
        (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const uint32_t sums[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) hash[i] += sums[i];
}

int main(int argc, char** argv) {
  const uint64_t blocks = work_size(argc, argv, 700000);
  uint32_t hash[8];
  make_constants(hash);
  unsigned char block[64];
  for (uint64_t number = 0; number < blocks; ++number) {
    for (unsigned i = 0; i < 64; ++i) block[i] = (unsigned char)(number + i);
    hash_block(hash, block);
  }
  // The padding of a message that ends with a whole block.
  memset(block, 0, sizeof block);
  block[0] = 0x80;
  for (int i = 0; i < 8; ++i) block[63 - i] = (unsigned char)(blocks * 512 >> 8 * i);
  hash_block(hash, block);
  for (int i = 0; i < 8; ++i) printf("%08" PRIx32, hash[i]);
  printf("\n");
}
