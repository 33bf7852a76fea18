#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "guest/linux/open_file.hpp"
#include "guest/linux/random.hpp"

// Open files that exist only in the guest: pipes, eventfd, memfd, devices and the texts of /proc.
namespace armillion::guest::kernel {

/// How much host memory the guest's memory files take together. Shared with all snapshots of a process.
struct MemoryFileBudget {
  std::uint64_t limit_bytes = 0;
  std::uint64_t used_bytes = 0;
};

/// The bytes of a memory file, accounted for in a budget.
class MemoryFileContents {
 public:
  explicit MemoryFileContents(std::shared_ptr<MemoryFileBudget> budget) : budget_(std::move(budget)) {}
  MemoryFileContents(const MemoryFileContents& other);
  MemoryFileContents& operator=(const MemoryFileContents&) = delete;
  ~MemoryFileContents();

  const std::vector<std::byte>& bytes() const { return bytes_; }
  /// False, with nothing changed, where the budget does not allow it.
  bool resize(std::uint64_t size);
  std::span<std::byte> writable_bytes() { return bytes_; }

 private:
  std::shared_ptr<MemoryFileBudget> budget_;
  std::vector<std::byte> bytes_;
};

/// A file in memory: memfd_create, and files of /proc.
class MemoryFile : public SeekableFile {
 public:
  /// `inode` is another one than that of any other contents.
  MemoryFile(std::uint32_t flags, std::string name, std::shared_ptr<MemoryFileContents> contents, std::uint64_t inode)
      : SeekableFile(flags), name_(std::move(name)), contents_(std::move(contents)), inode_(inode) {}

  Result<std::uint64_t> read_at(std::span<std::byte> destination, std::uint64_t offset) override;
  Result<std::uint64_t> write_at(std::span<const std::byte> source, std::uint64_t offset) override;
  Result<std::uint64_t> size() const override { return contents_->bytes().size(); }
  Result<struct stat> status() const override;
  Result<void> truncate(std::uint64_t size) override;
  std::string description() const override { return name_; }
  FileReference copy(FileCopier& copier) const override;

 private:
  std::string name_;
  std::shared_ptr<MemoryFileContents> contents_;
  std::uint64_t inode_;
};

/// What is on its way through a pipe, and how many ends are open.
struct PipeBuffer {
  static constexpr std::size_t CAPACITY = 65536;
  /// Writes of up to so many bytes are never split (PIPE_BUF).
  static constexpr std::size_t ATOMIC_BYTES = 4096;

  std::deque<std::byte> bytes;
  int readers = 0;
  int writers = 0;

  PipeBuffer() = default;
  /// A copy has no ends yet: they count themselves.
  PipeBuffer(const PipeBuffer& other) : bytes(other.bytes) {}
  PipeBuffer& operator=(const PipeBuffer&) = delete;
};

/// One end of a pipe; the access mode of its flags says which.
class PipeEnd : public OpenFile {
 public:
  PipeEnd(std::uint32_t flags, std::shared_ptr<PipeBuffer> buffer, std::uint64_t inode);
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;
  ~PipeEnd() override;

  Result<std::uint64_t> read(std::span<std::byte> destination) override;
  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  Result<struct stat> status() const override { return synthetic_status(S_IFIFO | 0600, inode_); }
  Result<std::uint64_t> readable_bytes() const override { return buffer_->bytes.size(); }
  std::uint32_t ready_events() const override;
  std::string description() const override;
  FileReference copy(FileCopier& copier) const override;

 private:
  std::shared_ptr<PipeBuffer> buffer_;
  std::uint64_t inode_;
};

/// What eventfd2 makes.
class EventCounter : public OpenFile {
 public:
  enum class Mode : std::uint8_t { WHOLE, SEMAPHORE };
  EventCounter(std::uint32_t flags, std::uint64_t count, Mode mode) : OpenFile(flags), count_(count), mode_(mode) {}

  Result<std::uint64_t> read(std::span<std::byte> destination) override;
  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  bool takes_items() const override { return true; }
  Result<struct stat> status() const override { return synthetic_status(0600, 1); }
  std::uint32_t ready_events() const override;
  std::string description() const override { return "[eventfd]"; }
  FileReference copy(FileCopier&) const override { return std::make_shared<EventCounter>(*this); }

 private:
  static constexpr std::uint64_t LARGEST = ~std::uint64_t{0} - 1;
  std::uint64_t count_;
  Mode mode_;
};

/// /dev/null, /dev/zero, /dev/full and /dev/random.
class DeviceFile : public OpenFile {
 public:
  enum class Kind : std::uint8_t { EMPTY, ZERO, FULL, RANDOM };
  /// `random` must live as long as the file; used by RANDOM only.
  DeviceFile(std::uint32_t flags, Kind kind, RandomGenerator& random)
      : OpenFile(flags), kind_(kind), random_(&random) {}

  Result<std::uint64_t> read(std::span<std::byte> destination) override;
  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  Result<std::uint64_t> read_at(std::span<std::byte> destination, std::uint64_t) override { return read(destination); }
  Result<std::uint64_t> write_at(std::span<const std::byte> source, std::uint64_t) override { return write(source); }
  Result<std::uint64_t> seek(std::int64_t, SeekOrigin) override { return 0; }
  Result<struct stat> status() const override;
  std::string description() const override;
  FileReference copy(FileCopier&) const override { return std::make_shared<DeviceFile>(*this); }

 private:
  Kind kind_;
  RandomGenerator* random_;
};

}  // namespace armillion::guest::kernel
