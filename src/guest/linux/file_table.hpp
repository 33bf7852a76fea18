#pragma once

#include <cstdint>
#include <vector>

#include "guest/linux/open_file.hpp"
#include "guest/linux/result.hpp"

namespace armillion::guest::kernel {

enum class OnExec : std::uint8_t { KEEP, CLOSE };

/// The guest's file descriptors.
class FileTable {
 public:
  /// Descriptors are below this number whatever the guest asks for: the host has limits of its own.
  static constexpr std::uint64_t HARD_LIMIT = 4096;

  struct Entry {
    FileReference file;
    OnExec on_exec = OnExec::KEEP;
  };

  /// The open file, or EBADF.
  Result<FileReference> get(std::int32_t descriptor) const;
  /// The entry itself, or null.
  Entry* find(std::int32_t descriptor);
  /// Puts the file at the lowest free number that is at least `lowest`. EMFILE where there is none.
  Result<std::int32_t> add(FileReference file, OnExec on_exec, std::int32_t lowest = 0);
  /// Puts the file at this number, in place of what is there. EBADF where it is out of range.
  Result<std::int32_t> set(std::int32_t descriptor, FileReference file, OnExec on_exec);
  Result<void> close(std::int32_t descriptor);

  std::uint64_t limit() const { return limit_; }
  void set_limit(std::uint64_t limit) { limit_ = limit; }
  std::size_t size() const { return entries_.size(); }

  FileTable copy(FileCopier& copier) const;

 private:
  std::vector<Entry> entries_;
  std::uint64_t limit_ = 1024;
};

}  // namespace armillion::guest::kernel
