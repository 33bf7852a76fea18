// Integer arithmetic and unpredictable branches: the longest Collatz chain that starts below a limit.
#include <inttypes.h>
#include <stdio.h>

#include "work.h"

int main(int argc, char** argv) {
  const uint64_t limit = work_size(argc, argv, 2500000);
  uint64_t longest = 0, longest_start = 0, total = 0;
  for (uint64_t start = 1; start < limit; ++start) {
    uint64_t length = 0;
    for (uint64_t n = start; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1) ++length;
    total += length;
    if (length > longest) {
      longest = length;
      longest_start = start;
    }
  }
  printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", longest_start, longest, total);
}
