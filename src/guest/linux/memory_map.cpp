#include "guest/linux/memory_map.hpp"

#include <algorithm>
#include <iterator>

namespace armillion::guest::kernel {

void RangeSet::add(std::uint64_t start, std::uint64_t end) {
  if (start >= end) return;
  remove(start, end);
  total_ += end - start;
  auto after = ranges_.lower_bound(start);
  if (after != ranges_.end() && after->first == end) {
    end = after->second;
    after = ranges_.erase(after);
  }
  if (after != ranges_.begin() && std::prev(after)->second == start) {
    std::prev(after)->second = end;
  } else {
    ranges_.emplace_hint(after, start, end);
  }
}

void RangeSet::remove(std::uint64_t start, std::uint64_t end) {
  if (start >= end) return;
  auto range = ranges_.upper_bound(start);
  if (range != ranges_.begin() && std::prev(range)->second > start) --range;
  while (range != ranges_.end() && range->first < end) {
    const auto [old_start, old_end] = *range;
    range = ranges_.erase(range);
    if (old_start < start) ranges_.emplace(old_start, start);
    if (old_end > end) ranges_.emplace(end, old_end);
    total_ -= std::min(old_end, end) - std::max(old_start, start);
  }
}

std::uint64_t RangeSet::overlap(std::uint64_t start, std::uint64_t end) const {
  std::uint64_t bytes = 0;
  auto range = ranges_.upper_bound(start);
  if (range != ranges_.begin()) --range;
  for (; range != ranges_.end() && range->first < end; ++range) {
    const std::uint64_t low = std::max(start, range->first);
    const std::uint64_t high = std::min(end, range->second);
    if (low < high) bytes += high - low;
  }
  return bytes;
}

}  // namespace armillion::guest::kernel
