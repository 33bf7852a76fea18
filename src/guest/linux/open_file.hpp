#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <sys/stat.h>

#include "guest/linux/abi.hpp"
#include "guest/linux/result.hpp"

namespace armillion::guest::kernel {

class FileCopier;
struct Directory;
using DirectoryReference = std::shared_ptr<const Directory>;

enum class SeekOrigin : std::uint32_t { START = 0, CURRENT = 1, END = 2, DATA = 3, HOLE = 4 };

/// What the kernel calls an open file description: what one call of open made, shared by the descriptors that dup made
/// of it. No operation waits: where a guest would have to, it fails with EAGAIN.
class OpenFile {
 public:
  /// `flags`: the guest's `O_` flags.
  explicit OpenFile(std::uint32_t flags) : flags_(flags & ~abi::O_CLOSE_ON_EXEC) {}
  virtual ~OpenFile() = default;
  OpenFile(const OpenFile&) = default;
  OpenFile& operator=(const OpenFile&) = delete;

  std::uint32_t flags() const { return flags_; }
  /// Which of the three standard streams of a new process this is; nothing for another file.
  virtual std::optional<int> standard_stream() const { return std::nullopt; }
  void set_flags(std::uint32_t flags) { flags_ = flags; }
  bool has(std::uint32_t flag) const { return (flags_ & flag) != 0; }
  bool readable() const { return !has(abi::O_PATH_ONLY) && (flags_ & abi::O_ACCESS_MODE) != abi::O_WRITE_ONLY; }
  bool writable() const { return !has(abi::O_PATH_ONLY) && (flags_ & abi::O_ACCESS_MODE) != abi::O_READ_ONLY; }

  /// At the file's own position, which moves on. Fewer bytes than asked for are fine; 0 is the end of the file.
  virtual Result<std::uint64_t> read(std::span<std::byte> destination);
  virtual Result<std::uint64_t> write(std::span<const std::byte> source);
  /// At an offset; the file's position stays. ESPIPE for streams.
  virtual Result<std::uint64_t> read_at(std::span<std::byte> destination, std::uint64_t offset);
  virtual Result<std::uint64_t> write_at(std::span<const std::byte> source, std::uint64_t offset);
  virtual Result<std::uint64_t> seek(std::int64_t offset, SeekOrigin origin);
  virtual Result<struct stat> status() const = 0;
  virtual Result<void> truncate(std::uint64_t size);
  /// How many bytes can be read at once (FIONREAD).
  virtual Result<std::uint64_t> readable_bytes() const;

  /// How many bytes a write takes for certain, at once or whenever they come.
  virtual std::uint64_t certain_room() const { return 0; }

  /// Whether a write takes one item of a fixed size and leaves all bytes behind it alone (eventfd).
  virtual bool takes_items() const { return false; }

  /// Which of EVENT_IN, EVENT_OUT, EVENT_ERROR, EVENT_HANG_UP and EVENT_DRAINED hold now.
  virtual std::uint32_t ready_events() const { return abi::EVENT_IN | abi::EVENT_OUT; }
  /// The host's descriptors to wait for where readiness depends on the host; none where only the guest changes it.
  virtual std::vector<int> waitable_descriptors() const { return {}; }
  /// The host's descriptor for calls that act on the file (fsync, fchmod, terminal settings); -1 for files that the
  /// host does not have.
  virtual int host_descriptor() const { return -1; }
  /// The file for what only reads it and may do so long after the guest has closed it, with one descriptor of the host
  /// for all of them; nullptr where it takes no descriptor anyway.
  virtual std::shared_ptr<OpenFile> reader() const { return nullptr; }
  /// Whether the folder that holds the file was granted read-only.
  virtual bool on_read_only_mount() const { return false; }
  /// The directory that was opened, or null for other files.
  virtual DirectoryReference directory() const { return nullptr; }
  /// For messages and /proc/self/fd: a path, or a name in brackets.
  virtual std::string description() const = 0;

  /// The file as a snapshot keeps it; what it shares with others is copied through `copier`.
  virtual std::shared_ptr<OpenFile> copy(FileCopier& copier) const = 0;

 private:
  std::uint32_t flags_;
};

using FileReference = std::shared_ptr<OpenFile>;

/// Copies open files for a snapshot; files and buffers that several refer to stay shared among the copies.
class FileCopier {
 public:
  FileReference copy(const FileReference& file) {
    if (file == nullptr) return nullptr;
    auto& slot = copies_[file.get()];
    // A file may lead back to itself (an epoll that watches an epoll); the kernel forbids such circles, see epoll_ctl.
    if (slot == nullptr) {
      FileReference copied = file->copy(*this);
      slot = copied;
      return copied;
    }
    return std::static_pointer_cast<OpenFile>(slot);
  }

  /// The copy of something that is shared by files, made by T's copy constructor at first.
  template <class T>
  std::shared_ptr<T> copy_shared(const std::shared_ptr<T>& original) {
    auto& slot = copies_[original.get()];
    if (slot == nullptr) slot = std::make_shared<T>(*original);
    return std::static_pointer_cast<T>(slot);
  }

 private:
  std::unordered_map<const void*, std::shared_ptr<void>> copies_;
};

/// A file with a position: read and write in terms of read_at and write_at.
class SeekableFile : public OpenFile {
 public:
  using OpenFile::OpenFile;

  Result<std::uint64_t> read(std::span<std::byte> destination) override;
  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  Result<std::uint64_t> seek(std::int64_t offset, SeekOrigin origin) override;

  virtual Result<std::uint64_t> size() const = 0;

 private:
  std::uint64_t position_ = 0;
};

/// A `stat` for what exists only in the guest.
struct stat synthetic_status(std::uint32_t mode, std::uint64_t inode, std::uint64_t size = 0);

}  // namespace armillion::guest::kernel
