#include "guest/linux/open_file.hpp"

#include <limits>

namespace armillion::guest::kernel {

Result<std::uint64_t> OpenFile::read(std::span<std::byte>) { return fail(EINVAL); }
Result<std::uint64_t> OpenFile::write(std::span<const std::byte>) { return fail(EINVAL); }
Result<std::uint64_t> OpenFile::read_at(std::span<std::byte>, std::uint64_t) { return fail(ESPIPE); }
Result<std::uint64_t> OpenFile::write_at(std::span<const std::byte>, std::uint64_t) { return fail(ESPIPE); }
Result<std::uint64_t> OpenFile::seek(std::int64_t, SeekOrigin) { return fail(ESPIPE); }
Result<void> OpenFile::truncate(std::uint64_t) { return fail(EINVAL); }
Result<std::uint64_t> OpenFile::readable_bytes() const { return fail(ENOTTY); }

Result<std::uint64_t> SeekableFile::read(std::span<std::byte> destination) {
  const auto count = read_at(destination, position_);
  if (count) position_ += *count;
  return count;
}

Result<std::uint64_t> SeekableFile::write(std::span<const std::byte> source) {
  if (has(abi::O_APPENDING)) {
    const auto end = size();
    if (!end) return fail(end.error());
    position_ = *end;
  }
  const auto count = write_at(source, position_);
  if (count) position_ += *count;
  return count;
}

Result<std::uint64_t> SeekableFile::seek(std::int64_t offset, SeekOrigin origin) {
  const auto end = size();
  if (!end) return fail(end.error());
  std::int64_t base = 0;
  switch (origin) {
    case SeekOrigin::START: break;
    case SeekOrigin::CURRENT: base = static_cast<std::int64_t>(position_); break;
    case SeekOrigin::END: base = static_cast<std::int64_t>(*end); break;
    // A file may always call itself one piece of data with a hole behind it.
    case SeekOrigin::DATA:
    case SeekOrigin::HOLE:
      if (offset < 0 || static_cast<std::uint64_t>(offset) >= *end) return fail(ENXIO);
      if (origin == SeekOrigin::HOLE) offset = static_cast<std::int64_t>(*end);
      break;
    default: return fail(EINVAL);
  }
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target)) return fail(EOVERFLOW);
  if (target < 0) return fail(EINVAL);
  position_ = static_cast<std::uint64_t>(target);
  return position_;
}

struct stat synthetic_status(std::uint32_t mode, std::uint64_t inode, std::uint64_t size) {
  struct stat status{};
  // A device number of our own, so that no file of the host seems to be the same one.
  status.st_dev = 0xa3;
  status.st_ino = inode;
  status.st_mode = mode;
  status.st_nlink = 1;
  status.st_size = static_cast<off_t>(size);
  status.st_blksize = 4096;
  status.st_blocks = static_cast<blkcnt_t>((size + 511) / 512);
  return status;
}

}  // namespace armillion::guest::kernel
