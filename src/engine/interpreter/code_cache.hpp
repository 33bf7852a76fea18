#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/interpreter/context.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine {

/// The micro-operations of one executable page, decoded as they are first executed.
struct DecodedPage {
  explicit DecodedPage(std::uint64_t page_address);

  /// Number of the page's instruction at `op`.
  std::uint64_t index_of(const MicroOp* op) const { return static_cast<std::uint64_t>(op - ops); }

  std::uint64_t address;
  /// Code serial of the frame that the operations were decoded from.
  std::uint64_t code_serial = 0;
  /// The last one is the page end.
  MicroOp ops[PAGE_INSTRUCTIONS + 1];
};

/// Whether decoding puts the host's breakpoints in.
enum class Breakpoints : std::uint8_t { KEEP, IGNORE };

/// A machine's decoded pages, by page address.
class CodeCache {
 public:
  explicit CodeCache(guest::AddressSpace& memory) : memory_(memory) {}

  /// The page at `page_address`, which is mapped, with no operation older than its memory.
  DecodedPage& page(std::uint64_t page_address);
  /// Whether `page` would have to throw other pages away: `clear` first, when nothing points into them.
  bool is_full() const;
  void clear() { pages_.clear(); }
  /// Decodes instruction `index` of the page.
  void decode(DecodedPage& page, std::uint64_t index, Breakpoints breakpoints);
  /// Makes the instructions that overlap [address, address + size), within one page, be decoded afresh: these bytes
  /// were written while the page's frame had the code serial `old_serial`.
  void invalidate(std::uint64_t address, std::uint64_t size, std::uint64_t old_serial);

  bool has_breakpoints() const { return !breakpoints_.empty(); }
  bool has_breakpoint(std::uint64_t address) const { return breakpoints_.contains(address); }
  /// In ascending order.
  std::vector<std::uint64_t> breakpoints() const;
  void add_breakpoint(std::uint64_t address);
  void remove_breakpoint(std::uint64_t address);

 private:
  guest::AddressSpace& memory_;
  std::unordered_map<std::uint64_t, std::unique_ptr<DecodedPage>> pages_;
  std::unordered_set<std::uint64_t> breakpoints_;
};

}  // namespace armillion::engine
