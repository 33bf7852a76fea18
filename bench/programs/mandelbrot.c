// Double-precision arithmetic with a data-dependent exit: the Mandelbrot set on a square grid.
#include <inttypes.h>
#include <stdio.h>

#include "work.h"

enum { ITERATIONS = 100 };

static int escape_time(double real, double imaginary) {
  double x = 0, y = 0;
  for (int i = 0; i < ITERATIONS; ++i) {
    const double xx = x * x, yy = y * y;
    if (xx + yy > 4) return i;
    y = 2 * x * y + imaginary;
    x = xx - yy + real;
  }
  return ITERATIONS;
}

int main(int argc, char** argv) {
  const uint64_t width = work_size(argc, argv, 900);
  uint64_t inside = 0, checksum = 0;
  for (uint64_t row = 0; row < width; ++row) {
    for (uint64_t column = 0; column < width; ++column) {
      const int time = escape_time(3.0 * (double)column / (double)width - 2.0, 2.0 * (double)row / (double)width - 1.0);
      inside += time == ITERATIONS;
      checksum = mix(checksum, (uint64_t)time);
    }
  }
  printf("%" PRIu64 " %016" PRIx64 "\n", inside, checksum);
}
