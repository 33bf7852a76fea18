#include "fleet_programs.h"
#include "random.h"

enum { COUNT = 16 };

uint64_t collatz(uint64_t lane, uint64_t rounds) {
  uint64_t state = random_state(lane, 0);
  uint64_t steps = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < COUNT; ++i) {
      uint64_t n = (next_random(&state) >> 40) + 1;
      while (n != 1) {
        n = n & 1 ? 3 * n + 1 : n / 2;
        ++steps;
      }
    }
  }
  return steps;
}
