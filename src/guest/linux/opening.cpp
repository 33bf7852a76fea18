#include "guest/linux/opening.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>

#include "guest/linux/host_files.hpp"
#include "guest/linux/kernel.hpp"

namespace armillion::guest::kernel {
namespace {

// Modes of new files and directories: no set-user-ID and the like on the host.
constexpr std::uint32_t PERMISSION_BITS = 0777;

bool asks_to_write(std::uint32_t flags) {
  return (flags & abi::O_ACCESS_MODE) != abi::O_READ_ONLY || (flags & abi::O_TRUNCATE) != 0;
}

int host_flags_of(std::uint32_t flags) {
  // O_NONBLOCK and O_NOCTTY: should the file have become a pipe or terminal meanwhile, nothing waits for it.
  int result = static_cast<int>(flags & abi::O_ACCESS_MODE) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  if ((flags & abi::O_CREATE) != 0) result |= O_CREAT;
  if ((flags & abi::O_EXCLUSIVE) != 0) result |= O_EXCL;
  if ((flags & abi::O_TRUNCATE) != 0) result |= O_TRUNC;
  if ((flags & abi::O_DATA_SYNC) != 0) result |= O_DSYNC;
  return result;
}

Result<FileReference> open_on_host(Kernel& kernel, const Location& location, std::uint32_t flags, std::uint32_t mode) {
  auto descriptor = std::make_shared<const HostDescriptor>(::openat(location.parent->host->number(),
                                                                    location.name.c_str(), host_flags_of(flags),
                                                                    mode & ~kernel.file_mode_mask & PERMISSION_BITS));
  if (!descriptor->is_open()) return fail_as_host();
  struct stat status{};
  if (::fstat(descriptor->number(), &status) != 0) return fail_as_host();
  if (!S_ISREG(status.st_mode)) return fail(EACCES);
  // Shared mappings show what became of the file.
  if ((flags & abi::O_TRUNCATE) != 0) kernel.refresh({status.st_dev, status.st_ino}, 0, FILE_END);
  return std::make_shared<HostFile>(flags & ~(abi::O_CREATE | abi::O_EXCLUSIVE | abi::O_TRUNCATE),
                                    std::move(descriptor), location.path(), location.parent->mount);
}

std::string mappings_text(const AddressSpace& memory) {
  std::string text;
  for (const auto& [start, region] : memory.regions()) {
    const Permissions permissions = region.permissions;
    text += fmt::format("{:08x}-{:08x} {}{}{}p 00000000 00:00 0 \n", start, region.end,
                        allows(permissions, Permissions::READ) ? 'r' : '-',
                        allows(permissions, Permissions::WRITE) ? 'w' : '-',
                        allows(permissions, Permissions::EXECUTE) ? 'x' : '-');
  }
  return text;
}

Result<FileReference> open_text(Kernel& kernel, std::span<const std::byte> bytes, std::string name,
                                std::uint32_t flags) {
  auto contents = std::make_shared<MemoryFileContents>(kernel.file_budget);
  if (!contents->resize(bytes.size())) return fail(ENOMEM);
  std::ranges::copy(bytes, contents->writable_bytes().begin());
  return std::make_shared<MemoryFile>(flags, std::move(name), std::move(contents), kernel.next_inode++);
}

Result<FileReference> open_special(Kernel& kernel, const Location& location, std::uint32_t flags) {
  const auto device = [&](DeviceFile::Kind kind) -> Result<FileReference> {
    return std::make_shared<DeviceFile>(flags, kind, kernel.random);
  };
  const auto text = [&](std::string_view content) -> Result<FileReference> {
    if (asks_to_write(flags)) return fail(EACCES);
    return open_text(kernel, std::as_bytes(std::span(content)), location.path(), flags);
  };
  switch (location.special) {
    case SpecialFile::DEVICE_NULL: return device(DeviceFile::Kind::EMPTY);
    case SpecialFile::DEVICE_ZERO: return device(DeviceFile::Kind::ZERO);
    case SpecialFile::DEVICE_FULL: return device(DeviceFile::Kind::FULL);
    case SpecialFile::DEVICE_RANDOM: return device(DeviceFile::Kind::RANDOM);
    case SpecialFile::STANDARD_INPUT: return kernel.files.get(0);
    case SpecialFile::STANDARD_OUTPUT: return kernel.files.get(1);
    case SpecialFile::STANDARD_ERROR: return kernel.files.get(2);
    case SpecialFile::PROCESS_COMMAND_LINE: return text(kernel.command_line);
    case SpecialFile::PROCESS_MAPPINGS: return text(mappings_text(kernel.memory));
    case SpecialFile::PROCESS_EXECUTABLE:
      if ((flags & abi::O_NO_FOLLOW) != 0) return fail(ELOOP);
      if (asks_to_write(flags)) return fail(ETXTBSY);
      return open_text(kernel, kernel.program_file, kernel.names.executable_path(), flags);
    case SpecialFile::NONE: break;
  }
  return fail(ENXIO);
}

}  // namespace

Result<FileReference> open_location(Kernel& kernel, const Location& location, std::uint32_t flags, std::uint32_t mode) {
  const bool wants_directory = (flags & abi::O_ONLY_DIRECTORY) != 0 || location.names_directory;
  if ((flags & abi::O_PATH_ONLY) != 0) {
    if (!location.exists()) return fail(ENOENT);
    if (location.directory != nullptr) {
      return std::make_shared<DirectoryFile>(flags, location.directory, *location.status);
    }
    if (wants_directory) return fail(ENOTDIR);
    return std::make_shared<PathFile>(flags, location);
  }
  if (!location.exists()) {
    if ((flags & abi::O_CREATE) == 0) return fail(ENOENT);
    if (location.names_directory) return fail(EISDIR);
    if (location.parent->is_read_only()) return fail(EROFS);
    return open_on_host(kernel, location, flags, mode);
  }
  if ((flags & abi::O_CREATE) != 0 && (flags & abi::O_EXCLUSIVE) != 0) return fail(EEXIST);
  if (location.directory != nullptr) {
    if (asks_to_write(flags) || (flags & abi::O_CREATE) != 0) return fail(EISDIR);
    return std::make_shared<DirectoryFile>(flags, location.directory, *location.status);
  }
  if (wants_directory) return fail(ENOTDIR);
  if (location.special != SpecialFile::NONE) return open_special(kernel, location, flags);
  if (S_ISLNK(location.status->st_mode)) return fail(ELOOP);
  if (!S_ISREG(location.status->st_mode)) return fail(EACCES);
  if (asks_to_write(flags) && location.parent->is_read_only()) return fail(EROFS);
  return open_on_host(kernel, location, flags & ~abi::O_CREATE, mode);
}

}  // namespace armillion::guest::kernel
