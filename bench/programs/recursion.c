// Calls and returns: Fibonacci numbers and Ackermann's function by their definitions.
#include <inttypes.h>
#include <stdio.h>

#include "work.h"

// Not inlined and not unrolled into itself: every call of the definition is a call of the machine.
__attribute__((noinline)) static uint64_t fibonacci(uint64_t n) {
  __asm__ volatile("");
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__attribute__((noinline)) static uint64_t ackermann(uint64_t m, uint64_t n) {
  __asm__ volatile("");
  if (m == 0) return n + 1;
  return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char** argv) {
  const uint64_t size = work_size(argc, argv, 38);
  printf("%" PRIu64 " %" PRIu64 "\n", fibonacci(size), ackermann(2, 40 * size));
}
