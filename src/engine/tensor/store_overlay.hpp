#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace armillion::engine::tensor {

/// Bytes that a batch has stored but not yet written to memory, by address: a hash table of words of 8 bytes with a
/// mask of those that are there.
class StoreOverlay {
 public:
  /// For at most `stores` stores of up to 16 bytes.
  explicit StoreOverlay(std::uint32_t stores) {
    std::uint32_t size = 16;
    while (size < stores * 6) size *= 2;
    entries_.resize(size);
  }

  /// Forgets all bytes.
  void clear() {
    if (++epoch_ != 0) return;
    for (Entry& entry : entries_) entry.epoch = 0;
    epoch_ = 1;
  }

  void write(std::uint64_t address, std::uint32_t size, const void* data) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    visit_words(address, size, [&](std::uint64_t word, std::uint32_t first, std::uint32_t from, std::uint32_t count) {
      Entry& entry = find(word);
      if (entry.epoch != epoch_) entry = {.word = word, .epoch = epoch_, .mask = 0, .bytes = {}};
      std::memcpy(entry.bytes + first, bytes + from, count);
      entry.mask |= mask_of(first, count);
    });
  }

  /// Whether one of the bytes is here.
  bool overlaps(std::uint64_t address, std::uint32_t size) {
    bool result = false;
    visit_words(address, size, [&](std::uint64_t word, std::uint32_t first, std::uint32_t, std::uint32_t count) {
      const Entry& entry = find(word);
      result |= entry.epoch == epoch_ && (entry.mask & mask_of(first, count)) != 0;
    });
    return result;
  }

  /// Replaces those bytes of `data` that are here. Whether there were any.
  bool read(std::uint64_t address, std::uint32_t size, void* data) {
    auto* bytes = static_cast<std::uint8_t*>(data);
    bool result = false;
    visit_words(address, size, [&](std::uint64_t word, std::uint32_t first, std::uint32_t from, std::uint32_t count) {
      const Entry& entry = find(word);
      if (entry.epoch != epoch_) return;
      for (std::uint32_t i = 0; i < count; ++i) {
        if ((entry.mask >> (first + i) & 1) == 0) continue;
        bytes[from + i] = entry.bytes[first + i];
        result = true;
      }
    });
    return result;
  }

 private:
  struct Entry {
    std::uint64_t word = 0;
    /// The entry is empty where this is not the table's.
    std::uint32_t epoch = 0;
    std::uint8_t mask = 0;
    std::uint8_t bytes[8] = {};
  };

  static std::uint8_t mask_of(std::uint32_t first, std::uint32_t count) {
    return static_cast<std::uint8_t>(((1u << count) - 1) << first);
  }

  // Calls `visit(number of the word, first byte in it, first byte of the access, count)` for each word.
  template <class Visit>
  static void visit_words(std::uint64_t address, std::uint32_t size, Visit visit) {
    std::uint32_t done = 0;
    while (done < size) {
      const std::uint64_t at = address + done;
      const auto first = static_cast<std::uint32_t>(at % 8);
      const std::uint32_t count = size - done < 8 - first ? size - done : 8 - first;
      visit(at / 8, first, done, count);
      done += count;
    }
  }

  // The word's entry, or the empty one where it would stand. There is always an empty one.
  Entry& find(std::uint64_t word) {
    const std::size_t mask = entries_.size() - 1;
    std::size_t index = word * 0x9e37'79b9'7f4a'7c15ull >> 40 & mask;
    while (entries_[index].epoch == epoch_ && entries_[index].word != word) index = (index + 1) & mask;
    return entries_[index];
  }

  std::vector<Entry> entries_;
  std::uint32_t epoch_ = 1;
};

}  // namespace armillion::engine::tensor
