#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "armillion/process.hpp"
#include "guest/linux/open_file.hpp"

// The three streams that every guest has.
namespace armillion::guest::kernel {

/// One of the host's descriptors 0, 1 and 2.
class InheritedStream : public OpenFile {
 public:
  /// Null where the host has closed this descriptor.
  static FileReference open(int descriptor);

  Result<std::uint64_t> read(std::span<std::byte> destination) override;
  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  Result<std::uint64_t> read_at(std::span<std::byte> destination, std::uint64_t offset) override;
  Result<std::uint64_t> write_at(std::span<const std::byte> source, std::uint64_t offset) override;
  Result<std::uint64_t> seek(std::int64_t offset, SeekOrigin origin) override;
  Result<struct stat> status() const override;
  Result<std::uint64_t> readable_bytes() const override;
  std::uint32_t ready_events() const override;
  std::vector<int> waitable_descriptors() const override { return {descriptor_}; }
  int host_descriptor() const override { return descriptor_; }
  /// The stream was not granted for changes of its size, mode or times.
  bool on_read_only_mount() const override { return true; }
  std::uint64_t certain_room() const override;
  std::string description() const override;
  std::optional<int> standard_stream() const override { return descriptor_; }
  FileReference copy(FileCopier&) const override { return std::make_shared<InheritedStream>(*this); }

  InheritedStream(std::uint32_t flags, int descriptor, bool is_regular)
      : OpenFile(flags), descriptor_(descriptor), is_regular_(is_regular) {}

 private:
  int descriptor_;
  // Reading and writing a regular file never waits for anyone.
  bool is_regular_;
};

/// Standard input from memory. It is a pipe to the guest whose writer has closed.
class InputBytes : public OpenFile {
 public:
  explicit InputBytes(std::shared_ptr<const std::string> bytes)
      : OpenFile(abi::O_READ_ONLY), bytes_(std::move(bytes)) {}

  Result<std::uint64_t> read(std::span<std::byte> destination) override;
  Result<struct stat> status() const override { return synthetic_status(S_IFIFO | 0600, 1); }
  Result<std::uint64_t> readable_bytes() const override { return bytes_->size() - position_; }
  std::uint32_t ready_events() const override {
    return (position_ < bytes_->size() ? abi::EVENT_IN : 0) | abi::EVENT_HANG_UP;
  }
  std::string description() const override { return "pipe:[1]"; }
  std::optional<int> standard_stream() const override { return 0; }
  FileReference copy(FileCopier&) const override { return std::make_shared<InputBytes>(*this); }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t position_ = 0;
};

/// Output that was captured so far.
struct CapturedOutput {
  std::string text;
  std::uint64_t limit_bytes = 0;
};

/// Standard output or error into memory.
class CapturedStream : public OpenFile {
 public:
  CapturedStream(std::shared_ptr<CapturedOutput> output, std::uint64_t inode)
      : OpenFile(abi::O_WRITE_ONLY), output_(std::move(output)), inode_(inode) {}

  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  Result<struct stat> status() const override { return synthetic_status(S_IFIFO | 0600, inode_); }
  std::uint64_t certain_room() const override {
    return output_->limit_bytes - std::min<std::uint64_t>(output_->limit_bytes, output_->text.size());
  }
  std::uint32_t ready_events() const override { return abi::EVENT_OUT; }
  std::string description() const override { return "pipe:[captured]"; }
  std::optional<int> standard_stream() const override { return static_cast<int>(inode_) - 1; }
  FileReference copy(FileCopier&) const override { return std::make_shared<CapturedStream>(*this); }

 private:
  // What is captured is kept by the process, which cuts it back when a snapshot is restored.
  std::shared_ptr<CapturedOutput> output_;
  std::uint64_t inode_;
};

/// Standard output or error into a function of the host.
class CallbackStream : public OpenFile {
 public:
  CallbackStream(std::function<void(std::string_view)> callback, std::uint64_t inode)
      : OpenFile(abi::O_WRITE_ONLY), callback_(std::move(callback)), inode_(inode) {}

  Result<std::uint64_t> write(std::span<const std::byte> source) override;
  Result<struct stat> status() const override { return synthetic_status(S_IFIFO | 0600, inode_); }
  std::uint64_t certain_room() const override { return ~std::uint64_t{0}; }
  std::uint32_t ready_events() const override { return abi::EVENT_OUT; }
  std::string description() const override { return "pipe:[callback]"; }
  std::optional<int> standard_stream() const override { return static_cast<int>(inode_) - 1; }
  FileReference copy(FileCopier&) const override { return std::make_shared<CallbackStream>(*this); }

 private:
  std::function<void(std::string_view)> callback_;
  std::uint64_t inode_;
};

}  // namespace armillion::guest::kernel
