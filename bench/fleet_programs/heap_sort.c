#include "fleet_programs.h"
#include "random.h"

enum { COUNT = 256 };

static void sift_down(uint32_t* heap, int root, int end) {
  const uint32_t value = heap[root];
  while (2 * root + 1 < end) {
    int child = 2 * root + 1;
    if (child + 1 < end && heap[child] < heap[child + 1]) ++child;
    if (heap[child] <= value) break;
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = value;
}

uint64_t heap_sort(uint64_t lane, uint64_t rounds) {
  uint32_t numbers[COUNT];
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    uint64_t state = random_state(lane, round);
    for (int i = 0; i < COUNT; ++i) numbers[i] = (uint32_t)(next_random(&state) >> 32);
    for (int root = COUNT / 2 - 1; root >= 0; --root) sift_down(numbers, root, COUNT);
    for (int end = COUNT - 1; end > 0; --end) {
      const uint32_t largest = numbers[0];
      numbers[0] = numbers[end];
      numbers[end] = largest;
      sift_down(numbers, 0, end);
    }
    for (int i = 0; i < COUNT; i += 17) checksum = mix(checksum, numbers[i]);
  }
  return checksum;
}
