// The C library's conversions: doubles and integers printed and read back.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

int main(int argc, char** argv) {
  const uint64_t numbers = work_size(argc, argv, 110000);
  uint64_t state = 11, checksum = 0;
  for (uint64_t i = 0; i < numbers; ++i) {
    const uint64_t random = next_random(&state);
    // Exponents from -64 to 63: what programs print.
    const uint64_t bits = (random & 0x800fffffffffffff) | (959 + (random >> 52 & 127)) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);

    char printed[128];
    const int length =
        snprintf(printed, sizeof printed, "%.17g %.3f %" PRIu64 " %x", value, value, random, (unsigned)i);
    const double read_back = strtod(printed, NULL);
    if (read_back != value) return 1;
    for (int c = 0; c < length; ++c) checksum = checksum * 31 + (unsigned char)printed[c];
  }
  printf("%016" PRIx64 "\n", checksum);
}
