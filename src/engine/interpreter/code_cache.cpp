#include "engine/interpreter/code_cache.hpp"

#include <algorithm>
#include <cstring>

#include "isa/predecode.hpp"

namespace armillion::engine {

namespace {

// Enough for the code of large programs; a guest that executes more pages than this has them decoded again.
constexpr std::size_t MAX_PAGES = 16384;

void forget(DecodedPage& page) {
  for (MicroOp& op : page.ops) op.handler = DECODE_OP;
  page.ops[PAGE_INSTRUCTIONS].handler = PAGE_END_OP;
}

}  // namespace

DecodedPage::DecodedPage(std::uint64_t page_address) : address(page_address), ops{} { forget(*this); }

DecodedPage& CodeCache::page(std::uint64_t page_address) {
  auto found = pages_.find(page_address);
  if (found == pages_.end()) {
    found = pages_.emplace(page_address, std::make_unique<DecodedPage>(page_address)).first;
  }
  DecodedPage& page = *found->second;
  const std::uint64_t serial = memory_.mark_as_code(memory_.frame_at(page_address));
  if (page.code_serial != serial) {
    if (page.code_serial != 0) forget(page);
    page.code_serial = serial;
  }
  return page;
}

bool CodeCache::is_full() const { return pages_.size() >= MAX_PAGES; }

void CodeCache::decode(DecodedPage& page, std::uint64_t index, Breakpoints breakpoints) {
  MicroOp& op = page.ops[index];
  if (breakpoints == Breakpoints::KEEP && !breakpoints_.empty() && breakpoints_.contains(page.address + index * 4)) {
    op.handler = BREAKPOINT_OP;
    return;
  }
  std::uint32_t word = 0;
  std::memcpy(&word, memory_.page_for_reading(page.address) + index * 4, sizeof word);
  op = isa::predecode(word);
}

void CodeCache::invalidate(std::uint64_t address, std::uint64_t size, std::uint64_t old_serial) {
  const std::uint64_t page_address = address & guest::PAGE_MASK;
  const auto found = pages_.find(page_address);
  if (found == pages_.end()) return;
  DecodedPage& page = *found->second;
  // Operations that were older than the memory already stay so: `page` forgets all of them.
  if (page.code_serial != old_serial) return;
  const std::uint64_t first = (address - page_address) / 4;
  const std::uint64_t last = (address + size - 1 - page_address) / 4;
  for (std::uint64_t i = first; i <= last; ++i) page.ops[i].handler = DECODE_OP;
  page.code_serial = memory_.mark_as_code(memory_.frame_at(page_address));
}

void CodeCache::add_breakpoint(std::uint64_t address) {
  if (!breakpoints_.insert(address).second) return;
  if (const auto found = pages_.find(address & guest::PAGE_MASK); found != pages_.end()) {
    found->second->ops[address % PAGE_BYTES / 4].handler = DECODE_OP;
  }
}

std::vector<std::uint64_t> CodeCache::breakpoints() const {
  std::vector<std::uint64_t> result(breakpoints_.begin(), breakpoints_.end());
  std::ranges::sort(result);
  return result;
}

void CodeCache::remove_breakpoint(std::uint64_t address) {
  if (breakpoints_.erase(address) == 0) return;
  if (const auto found = pages_.find(address & guest::PAGE_MASK); found != pages_.end()) {
    found->second->ops[address % PAGE_BYTES / 4].handler = DECODE_OP;
  }
}

}  // namespace armillion::engine
