// Hashing, allocation and pointers: the C++ library's hash map, and one with open addressing.
#include <cinttypes>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <vector>

#include "work.h"

namespace {

// Keys of 64 bits other than 0, linear probing, a power of two of slots.
class FlatMap {
 public:
  explicit FlatMap(std::size_t slots) : slots_(slots) {}

  std::uint64_t& operator[](std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = key * 0x9e3779b97f4a7c15u >> 32 & mask;
    while (slots_[slot].key != 0 && slots_[slot].key != key) slot = (slot + 1) & mask;
    slots_[slot].key = key;
    return slots_[slot].value;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
  };

  std::vector<Slot> slots_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t operations = work_size(argc, argv, 3000000);
  std::uint64_t state = 23, checksum = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> chained;
  std::unordered_map<std::string, std::uint64_t> words;
  FlatMap flat(1 << 16);
  for (std::uint64_t i = 0; i < operations; ++i) {
    const std::uint64_t key = (next_random(&state) >> 49) + 1;
    checksum += flat[key]++ + chained[key]++;
    if (i % 4 == 0) checksum += words["the key number " + std::to_string(key / 16)]++;
    if (i % 8 == 0) checksum += chained.erase(key / 2);
  }
  std::printf("%zu %zu %016" PRIx64 "\n", chained.size(), words.size(), mix(0, checksum));
}
