#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "guest/linux/name_space.hpp"
#include "guest/linux/open_file.hpp"

// Open files that stand for something in a granted folder.
namespace armillion::guest::kernel {

/// A regular file of the host. The position is ours, so that a snapshot holds it.
class HostFile : public SeekableFile {
 public:
  HostFile(std::uint32_t flags, SharedDescriptor descriptor, std::string path, const Mount* mount)
      : SeekableFile(flags), descriptor_(std::move(descriptor)), path_(std::move(path)), mount_(mount) {}

  Result<std::uint64_t> read_at(std::span<std::byte> destination, std::uint64_t offset) override;
  Result<std::uint64_t> write_at(std::span<const std::byte> source, std::uint64_t offset) override;
  Result<std::uint64_t> size() const override;
  Result<struct stat> status() const override;
  Result<void> truncate(std::uint64_t size) override;
  int host_descriptor() const override { return descriptor_->number(); }
  FileReference reader() const override;
  bool on_read_only_mount() const override { return mount_->access == DirectoryAccess::READ_ONLY; }
  std::string description() const override { return path_; }
  FileReference copy(FileCopier&) const override { return std::make_shared<HostFile>(*this); }

 private:
  SharedDescriptor descriptor_;
  std::string path_;
  const Mount* mount_;
};

/// A directory, of the host or not. What it lists is read when the first entry is asked for.
class DirectoryFile : public OpenFile {
 public:
  DirectoryFile(std::uint32_t flags, DirectoryReference directory, struct stat status)
      : OpenFile(flags), directory_(std::move(directory)), status_(status) {}

  Result<std::uint64_t> read(std::span<std::byte>) override { return fail(EISDIR); }
  Result<std::uint64_t> read_at(std::span<std::byte>, std::uint64_t) override { return fail(EISDIR); }
  Result<std::uint64_t> seek(std::int64_t offset, SeekOrigin origin) override;
  Result<struct stat> status() const override;
  DirectoryReference directory() const override { return directory_; }
  int host_descriptor() const override { return directory_->host != nullptr ? directory_->host->number() : -1; }
  bool on_read_only_mount() const override { return directory_->is_read_only(); }
  std::string description() const override { return directory_->display_path(); }
  FileReference copy(FileCopier&) const override { return std::make_shared<DirectoryFile>(*this); }

  /// The entry at the position, or null at the end. The position counts entries.
  Result<const NamedEntry*> current_entry(const NameSpace& names);
  void advance() { ++position_; }
  std::uint64_t position() const { return position_; }

 private:
  DirectoryReference directory_;
  struct stat status_;
  std::shared_ptr<const std::vector<NamedEntry>> entries_;
  std::uint64_t position_ = 0;
};

/// What O_PATH opens of a file that is not a directory: a place, not contents.
class PathFile : public OpenFile {
 public:
  PathFile(std::uint32_t flags, Location location) : OpenFile(flags), location_(std::move(location)) {}

  Result<std::uint64_t> read(std::span<std::byte>) override { return fail(EBADF); }
  Result<std::uint64_t> write(std::span<const std::byte>) override { return fail(EBADF); }
  Result<std::uint64_t> seek(std::int64_t, SeekOrigin) override { return fail(EBADF); }
  Result<struct stat> status() const override;
  const Location& location() const { return location_; }
  bool on_read_only_mount() const override { return location_.parent->is_read_only(); }
  std::string description() const override { return location_.path(); }
  FileReference copy(FileCopier&) const override { return std::make_shared<PathFile>(*this); }

 private:
  Location location_;
};

}  // namespace armillion::guest::kernel
