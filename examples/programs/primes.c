// Counts primes with the sieve of Eratosthenes, and compares with what is known of them: primes [LIMIT]
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  const unsigned long limit = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000000;
  if (limit < 3) {
    fprintf(stderr, "usage: primes [LIMIT], where LIMIT is at least 3\n");
    return 2;
  }
  unsigned char* const composite = calloc(limit + 1, 1);
  if (composite == NULL) {
    fprintf(stderr, "primes: %lu bytes of memory cannot be had\n", limit + 1);
    return 1;
  }

  unsigned long count = 0;
  double reciprocals = 0;
  for (unsigned long n = 2; n <= limit; ++n) {
    if (composite[n]) continue;
    ++count;
    reciprocals += 1 / (double)n;
    if (n > limit / n) continue;
    for (unsigned long multiple = n * n; multiple <= limit; multiple += n) composite[multiple] = 1;
  }
  free(composite);

  // The prime number theorem estimates the count by x / ln x; the sum of 1/p less ln ln x tends to Mertens' constant.
  const double logarithm = log((double)limit);
  printf("%lu primes up to %lu\n", count, limit);
  printf("%.6f times the estimate of the prime number theorem\n", (double)count * logarithm / (double)limit);
  printf("%.9f against Mertens' constant 0.261497213\n", reciprocals - log(logarithm));
  return 0;
}
