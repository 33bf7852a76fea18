// Rounds floats to the nearest integer, halves away from zero, in two ways that ought to be the same. The fast one adds a
// half, as Java did until version 7 (JDK-6430675), and is wrong for two of the 2^32 floats. `armillion fleet` finds them:
// see "A function over all its inputs" in the README.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// From 2^23 on floats are integers, and adding a half would spoil them.
float round_fast(float x) {
  if (!(fabsf(x) < 0x1p23f)) return x;
  return copysignf(floorf(fabsf(x) + 0.5f), x);
}

// Only with the bits, so that nothing is rounded on the way.
float round_exact(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int exponent = (int)(bits >> 23 & 0xff) - 127;
  if (exponent >= 23) return x;
  if (exponent < -1) {
    bits &= 0x80000000;  // below a half: a zero of the same sign
  } else if (exponent == -1) {
    bits = (bits & 0x80000000) | 0x3f800000;  // from a half, but below 1: a one
  } else {
    const uint32_t fraction = 0x007fffff >> exponent;
    bits = (bits + (0x00400000 >> exponent)) & ~fraction;
  }
  memcpy(&x, &bits, sizeof x);
  return x;
}

int main(int count, char **arguments) {
  for (int i = 1; i < count; ++i) {
    const float x = strtof(arguments[i], NULL);
    printf("%.9g: %g by round_fast, %g by round_exact\n", x, round_fast(x), round_exact(x));
  }
  return 0;
}
