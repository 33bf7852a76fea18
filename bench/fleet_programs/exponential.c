#include "fleet_programs.h"
#include "random.h"

enum { COUNT = 64 };

union Single {
  float number;
  uint32_t bits;
};

// exp(x) for -80 < x < 80: 2^n times exp of the rest, |rest| <= ln(2)/2, by its Taylor polynomial.
static float exponential_of(float x) {
  const float scaled = x * 0x1.715476p+0f;
  const int n = (int)(scaled + (scaled < 0 ? -0.5f : 0.5f));
  const float rest = (x - (float)n * 0x1.62e4p-1f) - (float)n * 0x1.7f7d1cp-20f;
  float sum = 0x1.a01a02p-13f;
  sum = sum * rest + 0x1.6c16c2p-10f;
  sum = sum * rest + 0x1.111112p-7f;
  sum = sum * rest + 0x1.555556p-5f;
  sum = sum * rest + 0x1.555556p-3f;
  sum = sum * rest + 0.5f;
  sum = sum * rest + 1.0f;
  sum = sum * rest + 1.0f;
  union Single power;
  power.bits = (uint32_t)(n + 127) << 23;
  return sum * power.number;
}

uint64_t exponential(uint64_t lane, uint64_t rounds) {
  uint64_t state = random_state(lane, 0);
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    float sum = 0;
    for (int i = 0; i < COUNT; ++i) {
      const float unit = (float)(next_random(&state) >> 40) * 0x1p-24f;
      sum += exponential_of(40 * unit - 20);
    }
    const union Single result = {sum};
    checksum = mix(checksum, result.bits);
  }
  return checksum;
}
