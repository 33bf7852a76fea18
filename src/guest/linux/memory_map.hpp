#pragma once

#include <cstdint>
#include <map>

#include "guest/linux/file_mapping.hpp"

namespace armillion::guest::kernel {

/// A set of addresses, kept as disjoint ranges.
class RangeSet {
 public:
  void add(std::uint64_t start, std::uint64_t end);
  void remove(std::uint64_t start, std::uint64_t end);
  /// How many addresses of [start, end) are in the set.
  std::uint64_t overlap(std::uint64_t start, std::uint64_t end) const;
  std::uint64_t total() const { return total_; }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;
  std::uint64_t total_ = 0;
};

/// What the kernel knows of a process's memory beyond the address space itself.
struct MemoryMap {
  /// Most mappings that a process may have (vm.max_map_count).
  static constexpr std::size_t MOST_MAPPINGS = 65530;
  /// Lowest address for a mapping (vm.mmap_min_addr).
  static constexpr std::uint64_t LOWEST_ADDRESS = 0x10000;

  std::uint64_t break_start = 0;
  std::uint64_t break_end = 0;
  /// Mappings without a fixed address are placed downwards from here.
  std::uint64_t mapping_top = 0;
  /// Everything that was ever writable, or filled from a file, since it was mapped: it may hold memory of the host even
  /// when it is no longer writable.
  RangeSet charged;
  FileMappings private_files;
  FileMappings shared_files;
};

}  // namespace armillion::guest::kernel
