// The same functions as a Linux program, for emulators that run those: PROGRAM NAME FIRST_LANE END_LANE ROUNDS prints
// the sum of the results of these lanes.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_programs.h"

static const struct {
  const char* name;
  uint64_t (*run)(uint64_t lane, uint64_t rounds);
} PROGRAMS[] = {
    {"byte_hash_with_stores", byte_hash_with_stores},
    {"byte_hash_without_stores", byte_hash_without_stores},
    {"sha256", sha256},
    {"crc32_table", crc32_table},
    {"heap_sort", heap_sort},
    {"expression_parser", expression_parser},
    {"n_body", n_body},
    {"exponential", exponential},
    {"collatz", collatz},
};

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; ++i) {
    if (strcmp(PROGRAMS[i].name, argv[1]) != 0) continue;
    const uint64_t end = strtoull(argv[3], NULL, 10);
    const uint64_t rounds = strtoull(argv[4], NULL, 10);
    uint64_t sum = 0;
    for (uint64_t lane = strtoull(argv[2], NULL, 10); lane < end; ++lane) sum += PROGRAMS[i].run(lane, rounds);
    printf("%" PRIu64 "\n", sum);
    return 0;
  }
  return 2;
}
