#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guest/linux/handlers.hpp"
#include "guest/linux/host_files.hpp"
#include "guest/linux/kernel.hpp"

// System calls that tell what a file is, or change its size, mode or times.
namespace armillion::guest::kernel::calls {
namespace {

constexpr std::uint32_t PERMISSION_BITS = 0777;
constexpr std::uint32_t UNCHANGED = ~std::uint32_t{0};

// Files of whoever runs the host program belong to the guest's user.
std::uint32_t guest_user(std::uint32_t host_user) { return host_user == ::geteuid() ? USER_ID : host_user; }
std::uint32_t guest_group(std::uint32_t host_group) { return host_group == ::getegid() ? USER_ID : host_group; }

abi::Stat to_guest(const struct stat& status) {
  abi::Stat result{};
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.mode = status.st_mode;
  result.links = static_cast<std::uint32_t>(status.st_nlink);
  result.user = guest_user(status.st_uid);
  result.group = guest_group(status.st_gid);
  result.special_device = status.st_rdev;
  result.size = status.st_size;
  result.block_size = static_cast<std::int32_t>(status.st_blksize);
  result.blocks = status.st_blocks;
  result.access_seconds = status.st_atim.tv_sec;
  result.access_nanoseconds = status.st_atim.tv_nsec;
  result.modification_seconds = status.st_mtim.tv_sec;
  result.modification_nanoseconds = status.st_mtim.tv_nsec;
  result.change_seconds = status.st_ctim.tv_sec;
  result.change_nanoseconds = status.st_ctim.tv_nsec;
  return result;
}

abi::StatxTime to_statx_time(const timespec& time) {
  return {.seconds = time.tv_sec, .nanoseconds = static_cast<std::uint32_t>(time.tv_nsec), .reserved = 0};
}

abi::Statx to_guest_statx(const struct stat& status) {
  abi::Statx result{};
  result.mask = abi::STATX_BASIC;
  result.block_size = static_cast<std::uint32_t>(status.st_blksize);
  result.links = static_cast<std::uint32_t>(status.st_nlink);
  result.user = guest_user(status.st_uid);
  result.group = guest_group(status.st_gid);
  result.mode = static_cast<std::uint16_t>(status.st_mode);
  result.inode = status.st_ino;
  result.size = static_cast<std::uint64_t>(status.st_size);
  result.blocks = static_cast<std::uint64_t>(status.st_blocks);
  result.access = to_statx_time(status.st_atim);
  result.change = to_statx_time(status.st_ctim);
  result.modification = to_statx_time(status.st_mtim);
  result.special_device_major = major(status.st_rdev);
  result.special_device_minor = minor(status.st_rdev);
  result.device_major = major(status.st_dev);
  result.device_minor = minor(status.st_dev);
  return result;
}

Result<struct stat> status_of(Kernel& kernel, Descriptor directory, Path path, std::uint32_t flags) {
  const auto target = kernel.locate_target(directory.number, path.address, flags);
  if (!target) return fail(target.error());
  if (target->file != nullptr) return target->file->status();
  const Location& location = *target->location;
  if (!location.exists()) return fail(ENOENT);
  if (location.special == SpecialFile::PROCESS_EXECUTABLE && (flags & abi::AT_NO_FOLLOW) == 0) {
    return synthetic_status(S_IFREG | 0555, location.status->st_ino, kernel.program_file.size());
  }
  return *location.status;
}

// A path of the host that leads to what an O_PATH descriptor holds, whatever has become of its name.
std::string descriptor_path(const HostDescriptor& descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor.number());
}

// A location whose file may be changed.
Result<Location> locate_changeable(Kernel& kernel, Descriptor directory, Path path, FinalLink final_link) {
  auto location = kernel.locate(directory.number, path.address, final_link);
  if (!location) return location;
  if (!location->exists()) return fail(ENOENT);
  if (location->host == nullptr) return fail(EPERM);
  const DirectoryReference& holder = location->directory != nullptr ? location->directory : location->parent;
  if (holder->is_read_only()) return fail(EROFS);
  return location;
}

CallResult change_mode(const HostDescriptor& descriptor, std::uint32_t mode) {
  return ::chmod(descriptor_path(descriptor).c_str(), mode & PERMISSION_BITS) == 0 ? CallResult(0) : fail_as_host();
}

// Files cannot be given away; saying who owns them already is fine.
CallResult change_owner(const struct stat& status, std::uint32_t user, std::uint32_t group) {
  const bool keeps_user = user == UNCHANGED || user == guest_user(status.st_uid);
  const bool keeps_group = group == UNCHANGED || group == guest_group(status.st_gid);
  return keeps_user && keeps_group ? CallResult(0) : fail(EPERM);
}

CallResult report_file_system(Kernel& kernel, int host_descriptor, Address address) {
  constexpr std::int64_t TMPFS = 0x01021994;
  abi::Statfs result{};
  result.type = TMPFS;
  result.block_size = 4096;
  result.fragment_size = 4096;
  result.longest_name = 255;
  struct statfs host{};
  if (host_descriptor >= 0) {
    if (::fstatfs(host_descriptor, &host) != 0) return fail_as_host();
    result.type = host.f_type;
    result.block_size = host.f_bsize;
    result.blocks = static_cast<std::int64_t>(host.f_blocks);
    result.free_blocks = static_cast<std::int64_t>(host.f_bfree);
    result.available_blocks = static_cast<std::int64_t>(host.f_bavail);
    result.files = static_cast<std::int64_t>(host.f_files);
    result.free_files = static_cast<std::int64_t>(host.f_ffree);
    result.longest_name = host.f_namelen;
    result.fragment_size = host.f_frsize;
  }
  return kernel.put(address.value, result);
}

CallResult check_access(Kernel& kernel, Descriptor directory, Path path, std::uint32_t mode, std::uint32_t flags) {
  constexpr std::uint32_t EXECUTE = 1;
  constexpr std::uint32_t WRITE = 2;
  if (mode > 7 || (flags & ~(abi::AT_EFFECTIVE_ACCESS | abi::AT_NO_FOLLOW | abi::AT_EMPTY)) != 0) return fail(EINVAL);
  const auto target = kernel.locate_target(directory.number, path.address, flags);
  if (!target) return fail(target.error());
  if (target->file != nullptr) return 0;
  const Location& location = *target->location;
  if (!location.exists()) return fail(ENOENT);
  if (location.host == nullptr) {
    const std::uint32_t allowed = location.special == SpecialFile::PROCESS_EXECUTABLE ? 0555 : location.status->st_mode;
    const bool is_allowed =
        ((mode & WRITE) == 0 || (allowed & 0222) != 0) && ((mode & EXECUTE) == 0 || (allowed & 0111) != 0);
    return is_allowed ? CallResult(0) : fail(EACCES);
  }
  const DirectoryReference& holder = location.directory != nullptr ? location.directory : location.parent;
  if ((mode & WRITE) != 0 && holder->is_read_only()) return fail(EROFS);
  const int result = location.directory != nullptr
                         ? ::faccessat(location.host->number(), ".", static_cast<int>(mode), AT_EACCESS)
                         : ::faccessat(location.parent->host->number(), location.name.c_str(), static_cast<int>(mode),
                                       AT_EACCESS | AT_SYMLINK_NOFOLLOW);
  return result == 0 ? CallResult(0) : fail_as_host();
}

// What utimensat sets: the host's own words for "now" and "as it is" have the same values.
Result<std::array<timespec, 2>> read_times(Kernel& kernel, Address address) {
  std::array<timespec, 2> result{timespec{0, UTIME_NOW}, timespec{0, UTIME_NOW}};
  if (address.value != 0) {
    const auto times = kernel.get<std::array<abi::Timespec, 2>>(address.value);
    if (!times) return fail(times.error());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = {(*times)[i].seconds, (*times)[i].nanoseconds};
  }
  for (timespec& time : result) {
    if (time.tv_nsec != UTIME_NOW || kernel.options.clock == ClockSource::REAL) continue;
    const Nanoseconds now = kernel.time_of_day();
    time = {static_cast<time_t>(now / 1'000'000'000), static_cast<long>(now % 1'000'000'000)};
  }
  return result;
}

}  // namespace

CallResult newfstatat(Kernel& kernel, Descriptor directory, Path path, Address address, Flags flags) {
  if ((flags.bits & ~(abi::AT_NO_FOLLOW | abi::AT_NO_MOUNT | abi::AT_EMPTY)) != 0) return fail(EINVAL);
  const auto status = status_of(kernel, directory, path, flags.bits);
  if (!status) return fail(status.error());
  return kernel.put(address.value, to_guest(*status));
}

CallResult fstat(Kernel& kernel, Descriptor descriptor, Address address) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  const auto status = (*file)->status();
  if (!status) return fail(status.error());
  return kernel.put(address.value, to_guest(*status));
}

CallResult statx(Kernel& kernel, Descriptor directory, Path path, Flags flags, Flags, Address address) {
  if ((flags.bits & ~(abi::AT_NO_FOLLOW | abi::AT_NO_MOUNT | abi::AT_EMPTY | abi::AT_SYNC_BITS)) != 0) {
    return fail(EINVAL);
  }
  const auto status = status_of(kernel, directory, path, flags.bits);
  if (!status) return fail(status.error());
  return kernel.put(address.value, to_guest_statx(*status));
}

CallResult statfs(Kernel& kernel, Path path, Address address) {
  const auto location = kernel.locate(abi::AT_WORKING_DIRECTORY, path.address, FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  if (!location->exists()) return fail(ENOENT);
  return report_file_system(kernel, location->host != nullptr ? location->host->number() : -1, address);
}

CallResult fstatfs(Kernel& kernel, Descriptor descriptor, Address address) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  return report_file_system(kernel, (*file)->host_descriptor(), address);
}

CallResult faccessat(Kernel& kernel, Descriptor directory, Path path, std::uint32_t mode) {
  return check_access(kernel, directory, path, mode, 0);
}

CallResult faccessat2(Kernel& kernel, Descriptor directory, Path path, std::uint32_t mode, Flags flags) {
  return check_access(kernel, directory, path, mode, flags.bits);
}

CallResult readlinkat(Kernel& kernel, Descriptor directory, Path path, Address buffer, std::int32_t size) {
  if (size <= 0) return fail(EINVAL);
  // An empty path means the link that the descriptor was opened for, with O_PATH | O_NOFOLLOW.
  const auto target = kernel.locate_target(directory.number, path.address, abi::AT_EMPTY | abi::AT_NO_FOLLOW);
  if (!target) return fail(target.error());
  const auto* link_file = dynamic_cast<const PathFile*>(target->file.get());
  if (target->file != nullptr && link_file == nullptr) return fail(ENOENT);
  const Location& location = link_file != nullptr ? link_file->location() : *target->location;
  if (!location.exists()) return fail(ENOENT);
  if (!S_ISLNK(location.status->st_mode)) return fail(EINVAL);
  const auto text = kernel.names.read_link(location);
  if (!text) return fail(text.error());
  const auto bytes = std::as_bytes(std::span(*text)).first(std::min<std::size_t>(text->size(), size));
  if (!kernel.memory.write(buffer.value, bytes, Permissions::WRITE)) return fail(EFAULT);
  return static_cast<std::int64_t>(bytes.size());
}

CallResult truncate(Kernel& kernel, Path path, std::int64_t size) {
  if (size < 0) return fail(EINVAL);
  const auto location = locate_changeable(kernel, Descriptor{abi::AT_WORKING_DIRECTORY}, path, FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  if (location->directory != nullptr) return fail(EISDIR);
  if (!S_ISREG(location->status->st_mode)) return fail(EINVAL);
  const HostDescriptor file(::openat(location->parent->host->number(), location->name.c_str(),
                                     O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) return fail_as_host();
  const FileIdentity identity{location->status->st_dev, location->status->st_ino};
  const auto low = static_cast<std::uint64_t>(std::min<std::int64_t>(size, location->status->st_size));
  return kernel.change_file(identity, low, FILE_END, [&]() -> CallResult {
    return ::ftruncate(file.number(), size) == 0 ? CallResult(0) : fail_as_host();
  });
}

CallResult fchmod(Kernel& kernel, Descriptor descriptor, FileMode mode) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if ((*file)->has(abi::O_PATH_ONLY)) return fail(EBADF);
  if ((*file)->on_read_only_mount()) return fail(EROFS);
  if ((*file)->directory() != nullptr) return change_mode(*(*file)->directory()->host, mode.bits);
  // A file that exists only in the guest has no mode to speak of.
  const int host = (*file)->host_descriptor();
  if (host < 0) return 0;
  return ::fchmod(host, mode.bits & PERMISSION_BITS) == 0 ? CallResult(0) : fail_as_host();
}

CallResult fchmodat(Kernel& kernel, Descriptor directory, Path path, FileMode mode) {
  const auto location = locate_changeable(kernel, directory, path, FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  return change_mode(*location->host, mode.bits);
}

CallResult fchown(Kernel& kernel, Descriptor descriptor, std::uint32_t user, std::uint32_t group) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if ((*file)->on_read_only_mount()) return fail(EROFS);
  const auto status = (*file)->status();
  if (!status) return fail(status.error());
  return change_owner(*status, user, group);
}

CallResult fchownat(Kernel& kernel, Descriptor directory, Path path, std::uint32_t user, std::uint32_t group,
                    Flags flags) {
  if ((flags.bits & ~(abi::AT_NO_FOLLOW | abi::AT_EMPTY)) != 0) return fail(EINVAL);
  const auto status = status_of(kernel, directory, path, flags.bits);
  if (!status) return fail(status.error());
  return change_owner(*status, user, group);
}

CallResult utimensat(Kernel& kernel, Descriptor directory, Path path, Address address, Flags flags) {
  if ((flags.bits & ~(abi::AT_NO_FOLLOW | abi::AT_EMPTY)) != 0) return fail(EINVAL);
  const auto times = read_times(kernel, address);
  if (!times) return fail(times.error());
  // Without a path the descriptor's own file is meant (futimens).
  if (path.address == 0) {
    const auto file = kernel.files.get(directory.number);
    if (!file) return fail(file.error());
    if ((*file)->on_read_only_mount()) return fail(EROFS);
    const int host = (*file)->host_descriptor();
    if (host < 0) return 0;
    const int result =
        (*file)->directory() != nullptr ? ::utimensat(host, ".", times->data(), 0) : ::futimens(host, times->data());
    return result == 0 ? CallResult(0) : fail_as_host();
  }
  const bool keeps_link = (flags.bits & abi::AT_NO_FOLLOW) != 0;
  const auto location = locate_changeable(kernel, directory, path, keeps_link ? FinalLink::KEEP : FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  const int result =
      location->directory != nullptr
          ? ::utimensat(location->host->number(), ".", times->data(), 0)
          : ::utimensat(location->parent->host->number(), location->name.c_str(), times->data(), AT_SYMLINK_NOFOLLOW);
  return result == 0 ? CallResult(0) : fail_as_host();
}

CallResult umask(Kernel& kernel, FileMode mode) {
  const std::uint32_t old = kernel.file_mode_mask;
  kernel.file_mode_mask = mode.bits & PERMISSION_BITS;
  return old;
}

}  // namespace armillion::guest::kernel::calls
