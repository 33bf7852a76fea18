#include "guest/linux/memory_files.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <sys/sysmacros.h>

namespace armillion::guest::kernel {

MemoryFileContents::MemoryFileContents(const MemoryFileContents& other) : budget_(other.budget_), bytes_(other.bytes_) {
  budget_->used_bytes += bytes_.size();
}

MemoryFileContents::~MemoryFileContents() { budget_->used_bytes -= bytes_.size(); }

bool MemoryFileContents::resize(std::uint64_t size) {
  if (size > bytes_.size()) {
    const std::uint64_t more = size - bytes_.size();
    if (budget_->used_bytes > budget_->limit_bytes || more > budget_->limit_bytes - budget_->used_bytes) return false;
  }
  budget_->used_bytes += size - bytes_.size();
  bytes_.resize(size);
  return true;
}

Result<std::uint64_t> MemoryFile::read_at(std::span<std::byte> destination, std::uint64_t offset) {
  const auto& bytes = contents_->bytes();
  if (offset >= bytes.size()) return 0;
  const std::uint64_t count = std::min<std::uint64_t>(destination.size(), bytes.size() - offset);
  std::memcpy(destination.data(), bytes.data() + offset, count);
  return count;
}

Result<std::uint64_t> MemoryFile::write_at(std::span<const std::byte> source, std::uint64_t offset) {
  std::uint64_t end = 0;
  if (__builtin_add_overflow(offset, source.size(), &end)) return fail(EFBIG);
  if (end > contents_->bytes().size() && !contents_->resize(end)) return fail(ENOSPC);
  if (!source.empty()) std::memcpy(contents_->writable_bytes().data() + offset, source.data(), source.size());
  return source.size();
}

Result<struct stat> MemoryFile::status() const {
  return synthetic_status(S_IFREG | (writable() ? 0600 : 0444), inode_, contents_->bytes().size());
}

Result<void> MemoryFile::truncate(std::uint64_t size) {
  if (!contents_->resize(size)) return fail(ENOSPC);
  return {};
}

FileReference MemoryFile::copy(FileCopier& copier) const {
  auto copied = std::make_shared<MemoryFile>(*this);
  copied->contents_ = copier.copy_shared(contents_);
  return copied;
}

PipeEnd::PipeEnd(std::uint32_t flags, std::shared_ptr<PipeBuffer> buffer, std::uint64_t inode)
    : OpenFile(flags), buffer_(std::move(buffer)), inode_(inode) {
  ++(readable() ? buffer_->readers : buffer_->writers);
}

PipeEnd::~PipeEnd() { --(readable() ? buffer_->readers : buffer_->writers); }

Result<std::uint64_t> PipeEnd::read(std::span<std::byte> destination) {
  auto& bytes = buffer_->bytes;
  if (bytes.empty() && !destination.empty() && buffer_->writers > 0) return fail(EAGAIN);
  const std::size_t count = std::min(destination.size(), bytes.size());
  const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(bytes.begin(), end, destination.begin());
  bytes.erase(bytes.begin(), end);
  return count;
}

Result<std::uint64_t> PipeEnd::write(std::span<const std::byte> source) {
  if (buffer_->readers == 0) return fail(EPIPE);
  const std::size_t space = PipeBuffer::CAPACITY - buffer_->bytes.size();
  if (source.size() > space && (space == 0 || source.size() <= PipeBuffer::ATOMIC_BYTES)) return fail(EAGAIN);
  const std::size_t count = std::min(source.size(), space);
  buffer_->bytes.insert(buffer_->bytes.end(), source.begin(), source.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

std::uint32_t PipeEnd::ready_events() const {
  if (readable()) {
    return (buffer_->bytes.empty() ? 0 : abi::EVENT_IN) | (buffer_->writers == 0 ? abi::EVENT_HANG_UP : 0);
  }
  const bool has_space = PipeBuffer::CAPACITY - buffer_->bytes.size() >= PipeBuffer::ATOMIC_BYTES;
  return (has_space ? abi::EVENT_OUT : 0) | (buffer_->readers == 0 ? abi::EVENT_ERROR : 0);
}

std::string PipeEnd::description() const { return fmt::format("pipe:[{}]", inode_); }

FileReference PipeEnd::copy(FileCopier& copier) const {
  return std::make_shared<PipeEnd>(flags(), copier.copy_shared(buffer_), inode_);
}

Result<std::uint64_t> EventCounter::read(std::span<std::byte> destination) {
  if (destination.size() < sizeof count_) return fail(EINVAL);
  if (count_ == 0) return fail(EAGAIN);
  const std::uint64_t value = mode_ == Mode::SEMAPHORE ? 1 : count_;
  count_ -= value;
  std::memcpy(destination.data(), &value, sizeof value);
  return sizeof value;
}

Result<std::uint64_t> EventCounter::write(std::span<const std::byte> source) {
  std::uint64_t value = 0;
  if (source.size() < sizeof value) return fail(EINVAL);
  std::memcpy(&value, source.data(), sizeof value);
  if (value > LARGEST) return fail(EINVAL);
  if (value > LARGEST - count_) return fail(EAGAIN);
  count_ += value;
  return sizeof value;
}

std::uint32_t EventCounter::ready_events() const {
  return (count_ > 0 ? abi::EVENT_IN : abi::EVENT_DRAINED) | (count_ < LARGEST ? abi::EVENT_OUT : 0);
}

Result<std::uint64_t> DeviceFile::read(std::span<std::byte> destination) {
  switch (kind_) {
    case Kind::EMPTY: return 0;
    case Kind::RANDOM: random_->fill(destination); break;
    case Kind::ZERO:
    case Kind::FULL: std::ranges::fill(destination, std::byte{0}); break;
  }
  return destination.size();
}

Result<std::uint64_t> DeviceFile::write(std::span<const std::byte> source) {
  if (kind_ == Kind::FULL) return fail(ENOSPC);
  return source.size();
}

Result<struct stat> DeviceFile::status() const {
  // The numbers that Linux gives these devices (admin-guide/devices.txt): programs recognise /dev/null by them.
  constexpr unsigned MINORS[] = {3, 5, 7, 9};
  const unsigned minor_number = MINORS[static_cast<unsigned>(kind_)];
  struct stat status = synthetic_status(S_IFCHR | 0666, minor_number);
  status.st_rdev = makedev(1, minor_number);
  return status;
}

std::string DeviceFile::description() const {
  constexpr const char* NAMES[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"};
  return NAMES[static_cast<unsigned>(kind_)];
}

}  // namespace armillion::guest::kernel
