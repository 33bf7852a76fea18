// SIMD: loops over 128-bit vectors of bytes, 16-bit and 32-bit integers and single precision, as a picture filter, a
// dot product and a colour conversion have them. Written with the compilers' vector types, so that every target
// vectorises.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef int16_t Halfwords __attribute__((vector_size(16)));
typedef uint32_t Words __attribute__((vector_size(16)));
typedef float Floats __attribute__((vector_size(16)));

enum { VECTORS = 2048 };

static Bytes picture[VECTORS], background[VECTORS];
static Halfwords samples[VECTORS];
static Words words[VECTORS];
static Floats x[VECTORS], y[VECTORS];

// The brighter of two pictures, by lane-wise selection.
static void brighten(void) {
  for (int i = 0; i < VECTORS; ++i) {
    const Bytes brighter = (Bytes)(picture[i] > background[i]);
    picture[i] = ((picture[i] & brighter) | (background[i] & ~brighter)) + 1;
  }
}

static void filter_samples(void) {
  Halfwords previous = samples[VECTORS - 1];
  for (int i = 0; i < VECTORS; ++i) {
    const Halfwords current = samples[i];
    samples[i] = (current * 5 + previous * 3) >> 3;
    previous = current;
  }
}

static void hash_words(uint32_t round) {
  for (int i = 0; i < VECTORS; ++i) {
    Words value = words[i] + round;
    value ^= value << 5;
    value *= 0x01000193;
    words[i] = value ^ (value >> 3);
  }
}

static float scale_and_add(float factor) {
  Floats sum = {0, 0, 0, 0};
  for (int i = 0; i < VECTORS; ++i) {
    y[i] = factor * x[i] + y[i] * 0.5f;
    sum += y[i] * x[i];
  }
  return sum[0] + sum[1] + sum[2] + sum[3];
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 3500);
  uint64_t state = 5;
  for (int i = 0; i < VECTORS; ++i) {
    for (int lane = 0; lane < 16; ++lane) picture[i][lane] = (uint8_t)(next_random(&state) >> 56);
    for (int lane = 0; lane < 16; ++lane) background[i][lane] = (uint8_t)(next_random(&state) >> 56);
    for (int lane = 0; lane < 8; ++lane) samples[i][lane] = (int16_t)(next_random(&state) >> 53);
    for (int lane = 0; lane < 4; ++lane) words[i][lane] = (uint32_t)(next_random(&state) >> 33);
    for (int lane = 0; lane < 4; ++lane) x[i][lane] = (float)(next_random(&state) >> 48) / 65536 - 0.5f;
  }
  float dot = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    brighten();
    filter_samples();
    hash_words((uint32_t)round);
    dot += scale_and_add((float)(round % 7) - 3);
  }
  uint64_t checksum = 0;
  for (int i = 0; i < VECTORS; ++i) {
    checksum = mix(checksum, picture[i][i % 16]);
    checksum = mix(checksum, (uint16_t)samples[i][i % 8]);
    checksum = mix(checksum, words[i][i % 4]);
  }
  printf("%016" PRIx64 " %.7g\n", checksum, (double)dot);
}
