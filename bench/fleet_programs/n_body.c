#include "fleet_programs.h"
#include "random.h"

enum { BODIES = 5, STEPS = 8 };

struct Body {
  double position[3];
  double velocity[3];
  double mass;
};

static double random_unit(uint64_t* state) { return (double)(next_random(state) >> 11) * 0x1p-53; }

static void advance(struct Body* bodies, double seconds) {
  for (int i = 0; i < BODIES; ++i) {
    for (int j = i + 1; j < BODIES; ++j) {
      double distance[3];
      double square = 0x1p-10;
      for (int k = 0; k < 3; ++k) {
        distance[k] = bodies[i].position[k] - bodies[j].position[k];
        square += distance[k] * distance[k];
      }
      const double magnitude = seconds / (square * __builtin_sqrt(square));
      for (int k = 0; k < 3; ++k) {
        bodies[i].velocity[k] -= distance[k] * bodies[j].mass * magnitude;
        bodies[j].velocity[k] += distance[k] * bodies[i].mass * magnitude;
      }
    }
  }
  for (int i = 0; i < BODIES; ++i) {
    for (int k = 0; k < 3; ++k) bodies[i].position[k] += seconds * bodies[i].velocity[k];
  }
}

uint64_t n_body(uint64_t lane, uint64_t rounds) {
  struct Body bodies[BODIES];
  uint64_t state = random_state(lane, 0);
  for (int i = 0; i < BODIES; ++i) {
    for (int k = 0; k < 3; ++k) {
      bodies[i].position[k] = 20 * random_unit(&state) - 10;
      bodies[i].velocity[k] = random_unit(&state) - 0.5;
    }
    bodies[i].mass = 1 + 10 * random_unit(&state);
  }
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (int step = 0; step < STEPS; ++step) advance(bodies, 0.01);
    union {
      double number;
      uint64_t bits;
    } x = {bodies[0].position[0]};
    checksum = mix(checksum, x.bits);
  }
  return checksum;
}
