#include "guest/linux/standard_streams.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace armillion::guest::kernel {
namespace {

// What a pipe, socket or terminal takes without waiting once poll calls it writable.
constexpr std::size_t CERTAIN_WRITE_BYTES = 4096;

std::uint32_t poll_now(int descriptor, short events) {
  pollfd request{descriptor, events, 0};
  if (::poll(&request, 1, 0) <= 0) return 0;
  return static_cast<std::uint32_t>(request.revents);
}

// Writing to a pipe without reader raises SIGPIPE in this thread. The library leaves the host's signal handlers alone,
// so the signal is blocked meanwhile and taken away if it came.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &previous_);
  }
  ~SigpipeGuard() {
    const int saved_errno = errno;
    if (saved_errno == EPIPE && !was_pending_) {
      const timespec at_once{};
      while (::sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
    errno = saved_errno;
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t previous_{};
  bool was_pending_ = false;
};

}  // namespace

FileReference InheritedStream::open(int descriptor) {
  const int host_flags = ::fcntl(descriptor, F_GETFL);
  struct stat status{};
  if (host_flags < 0 || ::fstat(descriptor, &status) != 0) return nullptr;
  std::uint32_t flags = abi::O_READ_ONLY;
  if ((host_flags & O_ACCMODE) == O_WRONLY) flags = abi::O_WRITE_ONLY;
  if ((host_flags & O_ACCMODE) == O_RDWR) flags = abi::O_READ_WRITE;
  return std::make_shared<InheritedStream>(flags, descriptor, S_ISREG(status.st_mode));
}

Result<std::uint64_t> InheritedStream::read(std::span<std::byte> destination) {
  if (!is_regular_ && (poll_now(descriptor_, POLLIN) & (POLLIN | POLLHUP | POLLERR)) == 0) return fail(EAGAIN);
  const ssize_t count = ::read(descriptor_, destination.data(), destination.size());
  if (count < 0) return fail(errno == EINTR ? EAGAIN : errno);
  return static_cast<std::uint64_t>(count);
}

Result<std::uint64_t> InheritedStream::write(std::span<const std::byte> source) {
  if (!is_regular_) {
    if ((poll_now(descriptor_, POLLOUT) & (POLLOUT | POLLHUP | POLLERR)) == 0) return fail(EAGAIN);
    source = source.first(std::min(source.size(), CERTAIN_WRITE_BYTES));
  }
  const SigpipeGuard guard;
  const ssize_t count = ::write(descriptor_, source.data(), source.size());
  if (count < 0) return fail(errno == EINTR ? EAGAIN : errno);
  return static_cast<std::uint64_t>(count);
}

Result<std::uint64_t> InheritedStream::read_at(std::span<std::byte> destination, std::uint64_t offset) {
  if (!is_regular_) return fail(ESPIPE);
  const ssize_t count = ::pread(descriptor_, destination.data(), destination.size(), static_cast<off_t>(offset));
  if (count < 0) return fail_as_host();
  return static_cast<std::uint64_t>(count);
}

Result<std::uint64_t> InheritedStream::write_at(std::span<const std::byte> source, std::uint64_t offset) {
  if (!is_regular_) return fail(ESPIPE);
  const ssize_t count = ::pwrite(descriptor_, source.data(), source.size(), static_cast<off_t>(offset));
  if (count < 0) return fail_as_host();
  return static_cast<std::uint64_t>(count);
}

Result<std::uint64_t> InheritedStream::seek(std::int64_t offset, SeekOrigin origin) {
  const off_t position = ::lseek(descriptor_, offset, static_cast<int>(origin));
  if (position < 0) return fail_as_host();
  return static_cast<std::uint64_t>(position);
}

Result<struct stat> InheritedStream::status() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return fail_as_host();
  // Kind and size are what programs go by. The rest (a pipe's inode, times) is another one in every run, and would make
  // the guest's memory another one.
  return synthetic_status(status.st_mode, static_cast<std::uint64_t>(descriptor_) + 1,
                          static_cast<std::uint64_t>(status.st_size));
}

Result<std::uint64_t> InheritedStream::readable_bytes() const {
  int count = 0;
  if (::ioctl(descriptor_, FIONREAD, &count) != 0) return fail_as_host();
  return static_cast<std::uint64_t>(std::max(count, 0));
}

std::uint32_t InheritedStream::ready_events() const {
  if (is_regular_) return abi::EVENT_IN | abi::EVENT_OUT;
  const short events = static_cast<short>((readable() ? POLLIN : 0) | (writable() ? POLLOUT : 0));
  return poll_now(descriptor_, events) & (abi::EVENT_IN | abi::EVENT_OUT | abi::EVENT_ERROR | abi::EVENT_HANG_UP);
}

// What comes while its reader is slow waits for it. A file may be on a disk that is full, which the guest has to learn.
std::uint64_t InheritedStream::certain_room() const {
  const bool has_reader = (poll_now(descriptor_, POLLOUT) & POLLERR) == 0;
  return !is_regular_ && has_reader ? ~std::uint64_t{0} : 0;
}

std::string InheritedStream::description() const { return fmt::format("[host descriptor {}]", descriptor_); }

Result<std::uint64_t> InputBytes::read(std::span<std::byte> destination) {
  const std::size_t count = std::min(destination.size(), bytes_->size() - position_);
  std::memcpy(destination.data(), bytes_->data() + position_, count);
  position_ += count;
  return count;
}

Result<std::uint64_t> CapturedStream::write(std::span<const std::byte> source) {
  const std::uint64_t space = certain_room();
  if (space == 0 && !source.empty()) return fail(ENOSPC);
  source = source.first(std::min<std::uint64_t>(source.size(), space));
  output_->text.append(reinterpret_cast<const char*>(source.data()), source.size());
  return source.size();
}

Result<std::uint64_t> CallbackStream::write(std::span<const std::byte> source) {
  if (callback_) callback_({reinterpret_cast<const char*>(source.data()), source.size()});
  return source.size();
}

}  // namespace armillion::guest::kernel
