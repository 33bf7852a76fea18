// Spends its time in known places: nine tenths in `hot`, which is a leaf, called through `outer`; the rest in `cold`, at the
// end of a chain of calls.
#include <stdio.h>

#define NOINLINE __attribute__((noinline, noclone))

static volatile unsigned long sink;

// About 4 instructions a round, in a function that calls none and has no frame record.
NOINLINE void hot(unsigned long rounds) {
  for (unsigned long i = 0; i < rounds; ++i) __asm__ volatile("nop\n\tnop");
}

// The name that C++ would give it.
NOINLINE void outer(unsigned long rounds) __asm__("_Z5outerm");
void outer(unsigned long rounds) {
  hot(rounds);
  sink = rounds;
}

NOINLINE void cold(unsigned long rounds) {
  for (unsigned long i = 0; i < rounds; ++i) __asm__ volatile("nop\n\tnop");
  sink = rounds;
}

NOINLINE void deep(unsigned depth) {
  if (depth == 0) {
    cold(1000);
  } else {
    deep(depth - 1);
  }
  sink = depth;
}

int main(void) {
  for (int i = 0; i < 1000; ++i) {
    outer(9000);
    deep(5);
  }
  printf("done\n");
  return 0;
}
