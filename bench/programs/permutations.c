// Small arrays that are permuted in place: over all permutations of n numbers, how often the prefix that the first
// number counts must be reversed until a 1 stands in front ("pancake flips").
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

enum { MOST = 12 };

static void swap(unsigned char* a, unsigned char* b) {
  const unsigned char old = *a;
  *a = *b;
  *b = old;
}

static uint64_t count_flips(const unsigned char* permutation, uint64_t size) {
  unsigned char work[MOST];
  memcpy(work, permutation, size);
  uint64_t flips = 0;
  while (work[0] != 1) {
    for (unsigned low = 0, high = work[0] - 1u; low < high; ++low, --high) swap(&work[low], &work[high]);
    ++flips;
  }
  return flips;
}

int main(int argc, char** argv) {
  const uint64_t asked = work_size(argc, argv, 10);
  const uint64_t size = asked < 1 ? 1 : asked > MOST ? MOST : asked;
  unsigned char permutation[MOST];
  unsigned counter[MOST] = {0};
  for (unsigned i = 0; i < MOST; ++i) permutation[i] = (unsigned char)(i + 1);

  // Heap's algorithm: each permutation differs from the one before it by a swap.
  uint64_t most = count_flips(permutation, size), total = most;
  for (unsigned i = 1; i < size;) {
    if (counter[i] == i) {
      counter[i++] = 0;
      continue;
    }
    swap(&permutation[i], &permutation[i % 2 == 0 ? 0 : counter[i]]);
    ++counter[i];
    i = 1;
    const uint64_t flips = count_flips(permutation, size);
    total += flips;
    if (flips > most) most = flips;
  }
  printf("%" PRIu64 " %" PRIu64 "\n", most, total);
}
