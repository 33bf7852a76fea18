// Numbers that the programs make their data from.
#pragma once

#include <stdint.h>

// A state for `next_random` that differs from lane to lane and from round to round, and is never 0.
static inline uint64_t random_state(uint64_t lane, uint64_t round) {
  return (lane * 0x9e3779b97f4a7c15u ^ round * 0xd1342543de82ef95u) | 1;
}

// The next number of a xorshift64* generator.
static inline uint64_t next_random(uint64_t* state) {
  uint64_t x = *state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;
  return x * 0x2545f4914f6cdd1du;
}

// Adds a value to a checksum that starts from any number.
static inline uint64_t mix(uint64_t checksum, uint64_t value) {
  checksum = (checksum ^ value) * 0x9e3779b97f4a7c15u;
  return checksum ^ checksum >> 29;
}

// Fills `size` bytes, a multiple of 8.
static inline void fill_random(uint64_t* words, uint64_t size, uint64_t lane) {
  uint64_t state = random_state(lane, 0);
  for (uint64_t i = 0; i < size / 8; ++i) words[i] = next_random(&state);
}
