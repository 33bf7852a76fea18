// What the benchmark programs share: their argument, test data that is the same everywhere, and a checksum.
#pragma once

#include <stdint.h>
#include <stdlib.h>

// The amount of work that the command line asks for, in units of the program's own.
static inline uint64_t work_size(int argc, char** argv, uint64_t default_size) {
  return argc > 1 ? strtoull(argv[1], NULL, 10) : default_size;
}

// The next number of a xorshift64* generator, whose state must not be 0.
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
