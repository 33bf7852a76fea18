#include "guest/linux/file_table.hpp"

#include <utility>

namespace armillion::guest::kernel {

FileTable::Entry* FileTable::find(std::int32_t descriptor) {
  if (descriptor < 0 || static_cast<std::size_t>(descriptor) >= entries_.size()) return nullptr;
  Entry& entry = entries_[static_cast<std::size_t>(descriptor)];
  return entry.file != nullptr ? &entry : nullptr;
}

Result<FileReference> FileTable::get(std::int32_t descriptor) const {
  const Entry* entry = const_cast<FileTable*>(this)->find(descriptor);
  if (entry == nullptr) return fail(EBADF);
  return entry->file;
}

Result<std::int32_t> FileTable::add(FileReference file, OnExec on_exec, std::int32_t lowest) {
  if (lowest < 0 || static_cast<std::uint64_t>(lowest) >= limit_) return fail(EINVAL);
  auto number = static_cast<std::size_t>(lowest);
  while (number < entries_.size() && entries_[number].file != nullptr) ++number;
  if (number >= limit_) return fail(EMFILE);
  if (number >= entries_.size()) entries_.resize(number + 1);
  entries_[number] = {std::move(file), on_exec};
  return static_cast<std::int32_t>(number);
}

Result<std::int32_t> FileTable::set(std::int32_t descriptor, FileReference file, OnExec on_exec) {
  if (descriptor < 0 || static_cast<std::uint64_t>(descriptor) >= limit_) return fail(EBADF);
  const auto number = static_cast<std::size_t>(descriptor);
  if (number >= entries_.size()) entries_.resize(number + 1);
  entries_[number] = {std::move(file), on_exec};
  return descriptor;
}

Result<void> FileTable::close(std::int32_t descriptor) {
  Entry* entry = find(descriptor);
  if (entry == nullptr) return fail(EBADF);
  *entry = {};
  return {};
}

FileTable FileTable::copy(FileCopier& copier) const {
  FileTable result;
  result.limit_ = limit_;
  result.entries_.reserve(entries_.size());
  for (const Entry& entry : entries_) result.entries_.push_back({copier.copy(entry.file), entry.on_exec});
  return result;
}

}  // namespace armillion::guest::kernel
