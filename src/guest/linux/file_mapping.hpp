#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "guest/address_space.hpp"
#include "guest/linux/open_file.hpp"

namespace armillion::guest::kernel {

/// For ranges of a file that have no other end.
inline constexpr std::uint64_t FILE_END = std::numeric_limits<std::uint64_t>::max();

/// Tells the regular files that a guest sees apart.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// Pages that show a part of a file. They are a copy of it: what either side changes is carried over, see
/// `mapped_files.cpp`.
struct FileMapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  FileReference file;
  /// Where in the file `start` is.
  std::uint64_t offset = 0;
  FileIdentity identity;
  /// Each page as the file has it, to know what stores have changed. Empty where they do not go to the file. Of a page
  /// that has not changed this is the page itself and takes no memory.
  std::vector<FrameReference> pages_in_file;

  /// Whether stores go to the file.
  bool goes_to_file() const { return !pages_in_file.empty(); }
  std::uint64_t offset_of(std::uint64_t address) const { return offset + (address - start); }
  /// The pages that show bytes [low, high) of the file, as addresses; an empty range where none does.
  struct Range {
    std::uint64_t start;
    std::uint64_t end;
  };
  Range pages_of(std::uint64_t low, std::uint64_t high) const;
  FrameReference& page_in_file(std::uint64_t address) { return pages_in_file[(address - start) / PAGE_SIZE]; }
};

/// File mappings by address; no two overlap. All addresses are multiples of PAGE_SIZE.
class FileMappings {
 public:
  bool empty() const { return mappings_.empty(); }
  /// Nothing else is mapped there.
  void add(FileMapping mapping);
  /// Forgets [start, end), and keeps what mappings have outside.
  void remove(std::uint64_t start, std::uint64_t end);
  /// Moves [from, from + size) to `to`, where nothing is.
  void move(std::uint64_t from, std::uint64_t to, std::uint64_t size);
  /// The mapping that contains `address`, or nullptr.
  const FileMapping* find(std::uint64_t address) const;
  /// By their first addresses.
  std::map<std::uint64_t, FileMapping>& all() { return mappings_; }
  const std::map<std::uint64_t, FileMapping>& all() const { return mappings_; }
  /// The mappings that have a page in [start, end), in the order of their addresses.
  std::vector<FileMapping*> overlapping(std::uint64_t start, std::uint64_t end);

 private:
  // Makes two mappings of one that contains the address, which is the second one's start then.
  void cut(std::uint64_t address);

  std::map<std::uint64_t, FileMapping> mappings_;
};

}  // namespace armillion::guest::kernel
