// Memory: block copies and fills of many sizes, and a walk along pointers in random order.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

typedef struct Node {
  struct Node* next;
  uint64_t value;
} Node;

enum { NODES = 1 << 14, BLOCK_BYTES = 1 << 16 };

static Node nodes[NODES];
static unsigned char from[BLOCK_BYTES], to[BLOCK_BYTES];

// Links all nodes into one ring (Sattolo's shuffle makes a single cycle).
static void link_nodes(void) {
  static uint32_t order[NODES];
  uint64_t state = 13;
  for (uint32_t i = 0; i < NODES; ++i) order[i] = i;
  for (uint32_t i = NODES - 1; i > 0; --i) {
    const uint32_t other = (uint32_t)(next_random(&state) >> 32) % i;
    const uint32_t old = order[i];
    order[i] = order[other];
    order[other] = old;
  }
  for (uint32_t i = 0; i < NODES; ++i) {
    nodes[i].next = &nodes[order[i]];
    nodes[i].value = next_random(&state);
  }
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 10000);
  link_nodes();
  uint64_t state = 17, checksum = 0;
  const Node* node = nodes;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < NODES; ++i) {
      checksum += node->value;
      node = node->next;
    }
    for (int i = 0; i < 32; ++i) {
      const uint64_t random = next_random(&state);
      const size_t size = (random >> 40) >> (random & 15) & 8191;
      const size_t source = random >> 8 & 32767, target = random >> 24 & 32767;
      memset(from + source, (int)random, size);
      memcpy(to + target, from + source, size);
      memmove(to + target + 3, to + target, size);
      checksum = mix(checksum, to[random >> 16 & 65535]);
    }
  }
  printf("%016" PRIx64 "\n", checksum);
}
