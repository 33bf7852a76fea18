// Comparisons, swaps and merges: the C++ library's sort, stable_sort and heap over integers and records.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "work.h"

namespace {

struct Record {
  std::uint32_t key;
  std::uint32_t number;
};

std::uint64_t sort_round(std::size_t count, std::uint64_t& state) {
  std::vector<std::uint64_t> numbers(count);
  for (std::uint64_t& number : numbers) number = next_random(&state);
  std::sort(numbers.begin(), numbers.end());

  std::vector<Record> records(count);
  for (std::size_t i = 0; i < count; ++i) {
    records[i] = {static_cast<std::uint32_t>(next_random(&state) >> 54), static_cast<std::uint32_t>(i)};
  }
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.key < b.key; });

  std::vector<std::uint32_t> heap(count);
  for (std::uint32_t& value : heap) value = static_cast<std::uint32_t>(next_random(&state) >> 32);
  std::make_heap(heap.begin(), heap.end());
  std::sort_heap(heap.begin(), heap.end());

  std::uint64_t checksum = 0;
  for (std::size_t i = 0; i < count; i += 97) {
    checksum = mix(checksum, numbers[i] ^ records[i].number);
    checksum = mix(checksum, heap[i]);
  }
  return checksum;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rounds = work_size(argc, argv, 90);
  std::uint64_t state = 19, checksum = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) checksum = mix(checksum, sort_round(20000, state));
  std::printf("%016" PRIx64 "\n", checksum);
}
