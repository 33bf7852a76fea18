#include "guest/linux/file_mapping.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace armillion::guest::kernel {

FileMapping::Range FileMapping::pages_of(std::uint64_t low, std::uint64_t high) const {
  const std::uint64_t first = std::max(low, offset) & PAGE_MASK;
  const std::uint64_t last = std::min(high, offset + (end - start));
  if (first >= last) return {start, start};
  return {start + (first - offset), std::min(end, start + page_align_up(last - offset))};
}

void FileMappings::add(FileMapping mapping) {
  const std::uint64_t start = mapping.start;
  mappings_.emplace(start, std::move(mapping));
}

void FileMappings::cut(std::uint64_t address) {
  const auto after = mappings_.lower_bound(address);
  if (after == mappings_.begin()) return;
  FileMapping& first = std::prev(after)->second;
  if (first.end <= address) return;
  FileMapping second{address, first.end, first.file, first.offset_of(address), first.identity, {}};
  if (!first.pages_in_file.empty()) {
    const auto middle = first.pages_in_file.begin() + static_cast<std::ptrdiff_t>((address - first.start) / PAGE_SIZE);
    second.pages_in_file.assign(middle, first.pages_in_file.end());
    first.pages_in_file.erase(middle, first.pages_in_file.end());
  }
  first.end = address;
  mappings_.emplace_hint(after, address, std::move(second));
}

void FileMappings::remove(std::uint64_t start, std::uint64_t end) {
  if (mappings_.empty()) return;
  cut(start);
  cut(end);
  mappings_.erase(mappings_.lower_bound(start), mappings_.lower_bound(end));
}

void FileMappings::move(std::uint64_t from, std::uint64_t to, std::uint64_t size) {
  if (mappings_.empty()) return;
  cut(from);
  cut(from + size);
  while (true) {
    const auto first = mappings_.lower_bound(from);
    if (first == mappings_.end() || first->first >= from + size) return;
    auto node = mappings_.extract(first);
    FileMapping& mapping = node.mapped();
    mapping.end = to + (mapping.end - from);
    mapping.start = to + (mapping.start - from);
    node.key() = mapping.start;
    mappings_.insert(std::move(node));
  }
}

const FileMapping* FileMappings::find(std::uint64_t address) const {
  const auto after = mappings_.upper_bound(address);
  if (after == mappings_.begin()) return nullptr;
  const FileMapping& mapping = std::prev(after)->second;
  return address < mapping.end ? &mapping : nullptr;
}

std::vector<FileMapping*> FileMappings::overlapping(std::uint64_t start, std::uint64_t end) {
  std::vector<FileMapping*> result;
  auto mapping = mappings_.upper_bound(start);
  if (mapping != mappings_.begin() && std::prev(mapping)->second.end > start) --mapping;
  for (; mapping != mappings_.end() && mapping->first < end; ++mapping) result.push_back(&mapping->second);
  return result;
}

}  // namespace armillion::guest::kernel
