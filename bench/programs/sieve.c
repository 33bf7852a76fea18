// Byte loads and stores over more memory than the caches nearest the processor hold: the sieve of Eratosthenes.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

enum { LIMIT = 500000 };

static unsigned char composite[LIMIT];

static uint64_t count_primes(uint64_t* sum) {
  memset(composite, 0, sizeof composite);
  uint64_t count = 0;
  for (uint64_t n = 2; n < LIMIT; ++n) {
    if (composite[n]) continue;
    ++count;
    *sum += n;
    for (uint64_t multiple = n * n; multiple < LIMIT; multiple += n) composite[multiple] = 1;
  }
  return count;
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 240);
  uint64_t count = 0, sum = 0;
  for (uint64_t round = 0; round < rounds; ++round) count += count_primes(&sum);
  printf("%" PRIu64 " %" PRIu64 "\n", count, sum);
}
