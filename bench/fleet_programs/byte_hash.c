#include "fleet_programs.h"
#include "random.h"

enum { DATA_BYTES = 1024 };

static const uint64_t OFFSET_BASIS = 0xcbf29ce484222325u;
static const uint64_t PRIME = 0x100000001b3u;

uint64_t byte_hash_with_stores(uint64_t lane, uint64_t rounds) {
  uint64_t words[DATA_BYTES / 8];
  // Volatile: each step is stored, although only the last one is looked at.
  volatile uint64_t steps[DATA_BYTES];
  fill_random(words, DATA_BYTES, lane);
  const uint8_t* data = (const uint8_t*)words;
  uint64_t hash = OFFSET_BASIS;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < DATA_BYTES; ++i) {
      hash = (hash ^ data[i]) * PRIME;
      steps[i] = hash;
    }
  }
  return rounds > 0 ? steps[DATA_BYTES - 1] : hash;
}

uint64_t byte_hash_without_stores(uint64_t lane, uint64_t rounds) {
  uint64_t words[DATA_BYTES / 8];
  fill_random(words, DATA_BYTES, lane);
  const uint8_t* data = (const uint8_t*)words;
  uint64_t hash = OFFSET_BASIS;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < DATA_BYTES; ++i) hash = (hash ^ data[i]) * PRIME;
  }
  return hash;
}
