// Double-precision arithmetic with divisions and square roots: five bodies that attract each other.
#include <math.h>
#include <stdio.h>

#include "work.h"

enum { BODIES = 5 };

typedef struct {
  double position[3], velocity[3], mass;
} Body;

// Masses in units of the first body's, distances and times such that the gravitational constant is 1.
static Body bodies[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 1},
    {{1, 0, 0.02}, {0, 1, 0.01}, 3e-6},
    {{-1.5, 0.3, 0}, {-0.15, -0.78, 0.02}, 3.2e-7},
    {{0.5, 5.1, -0.1}, {-0.44, 0.04, 0.005}, 9.5e-4},
    {{-6.1, -7.2, 0.3}, {0.24, -0.2, -0.01}, 2.9e-4},
};

static void advance(double step) {
  for (int i = 0; i < BODIES; ++i) {
    for (int j = i + 1; j < BODIES; ++j) {
      double distance[3], square = 0;
      for (int axis = 0; axis < 3; ++axis) {
        distance[axis] = bodies[i].position[axis] - bodies[j].position[axis];
        square += distance[axis] * distance[axis];
      }
      const double magnitude = step / (square * sqrt(square));
      for (int axis = 0; axis < 3; ++axis) {
        bodies[i].velocity[axis] -= distance[axis] * bodies[j].mass * magnitude;
        bodies[j].velocity[axis] += distance[axis] * bodies[i].mass * magnitude;
      }
    }
  }
  for (int i = 0; i < BODIES; ++i) {
    for (int axis = 0; axis < 3; ++axis) bodies[i].position[axis] += step * bodies[i].velocity[axis];
  }
}

static double energy(void) {
  double sum = 0;
  for (int i = 0; i < BODIES; ++i) {
    double square = 0;
    for (int axis = 0; axis < 3; ++axis) square += bodies[i].velocity[axis] * bodies[i].velocity[axis];
    sum += 0.5 * bodies[i].mass * square;
    for (int j = i + 1; j < BODIES; ++j) {
      double distance = 0;
      for (int axis = 0; axis < 3; ++axis) {
        const double difference = bodies[i].position[axis] - bodies[j].position[axis];
        distance += difference * difference;
      }
      sum -= bodies[i].mass * bodies[j].mass / sqrt(distance);
    }
  }
  return sum;
}

int main(int argc, char** argv) {
  const uint64_t steps = work_size(argc, argv, 500000);
  const double energy_before = energy();
  for (uint64_t step = 0; step < steps; ++step) advance(0.001);
  printf("%.15g %.15g %.15g\n", energy_before, energy(), bodies[4].position[0]);
}
