#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/linux/handlers.hpp"
#include "guest/linux/host_files.hpp"
#include "guest/linux/kernel.hpp"

// System calls on names: directories, and what is made, renamed and removed in them. Each acts below a descriptor that
// the name space has resolved, on one name without '/', and never through a symbolic link.
namespace armillion::guest::kernel::calls {
namespace {

constexpr std::uint32_t PERMISSION_BITS = 0777;

// Whether a name may be made or removed where this location is.
Result<void> check_changeable(const Kernel& kernel, const Location& location) {
  // Roots, mounts, "." and "..", and what the kernel itself puts into the name space stay as they are.
  if (location.name.empty() || location.special != SpecialFile::NONE) return fail(EBUSY);
  if (location.parent->is_read_only()) return fail(EROFS);
  if (location.directory != nullptr && location.directory->mount != location.parent->mount) return fail(EBUSY);
  // A folder on the way to another mount stays where it is: moved, it could be reached by this mount's rights.
  if (kernel.names.leads_to_mount(location.path())) return fail(EBUSY);
  return {};
}

CallResult from_host(int result) { return result == 0 ? CallResult(0) : fail_as_host(); }

int host_parent(const Location& location) { return location.parent->host->number(); }

// Both ends of a rename or link, which must lie in the same mount: another one may be granted for less.
struct Ends {
  Location from;
  Location to;
};

Result<Ends> locate_ends(Kernel& kernel, Descriptor old_directory, Path old_path, FinalLink old_link,
                         Descriptor new_directory, Path new_path) {
  auto from = kernel.locate(old_directory.number, old_path.address, old_link);
  if (!from) return fail(from.error());
  auto to = kernel.locate(new_directory.number, new_path.address, FinalLink::KEEP);
  if (!to) return fail(to.error());
  if (!from->exists()) return fail(ENOENT);
  for (const Location* end : {&*from, &*to}) {
    if (const auto changeable = check_changeable(kernel, *end); !changeable) return fail(changeable.error());
  }
  if (from->parent->mount != to->parent->mount) return fail(EXDEV);
  return Ends{*std::move(from), *std::move(to)};
}

}  // namespace

CallResult getdents64(Kernel& kernel, Descriptor descriptor, Address buffer, std::uint32_t size) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  auto* directory = dynamic_cast<DirectoryFile*>(file->get());
  if (directory == nullptr) return fail(ENOTDIR);
  if (!directory->readable()) return fail(EBADF);
  std::uint32_t used = 0;
  while (true) {
    const auto entry = directory->current_entry(kernel.names);
    if (!entry) return fail(entry.error());
    if (*entry == nullptr) break;
    const NamedEntry& named = **entry;
    // The record ends on a multiple of 8 behind the name's zero byte.
    const std::size_t bytes = (abi::DIRECTORY_ENTRY_NAME_OFFSET + named.name.size() + 1 + 7) & ~std::size_t{7};
    if (bytes > size - used) {
      if (used == 0) return fail(EINVAL);
      break;
    }
    const abi::DirectoryEntry header{.inode = named.inode,
                                     .next_offset = static_cast<std::int64_t>(directory->position() + 1),
                                     .record_bytes = static_cast<std::uint16_t>(bytes),
                                     .type = named.type};
    std::vector<std::byte> record(bytes);
    std::memcpy(record.data(), &header, abi::DIRECTORY_ENTRY_NAME_OFFSET);
    std::memcpy(record.data() + abi::DIRECTORY_ENTRY_NAME_OFFSET, named.name.data(), named.name.size());
    if (!kernel.memory.write(buffer.value + used, record, Permissions::WRITE)) {
      return used > 0 ? CallResult(used) : fail(EFAULT);
    }
    used += static_cast<std::uint32_t>(bytes);
    directory->advance();
  }
  return used;
}

CallResult getcwd(Kernel& kernel, Address buffer, std::uint64_t size) {
  const std::string path = kernel.working_directory->display_path();
  if (path.size() + 1 > size) return fail(ERANGE);
  const auto bytes = std::as_bytes(std::span(path.c_str(), path.size() + 1));
  if (!kernel.memory.write(buffer.value, bytes, Permissions::WRITE)) return fail(EFAULT);
  return static_cast<std::int64_t>(path.size() + 1);
}

CallResult chdir(Kernel& kernel, Path path) {
  const auto location = kernel.locate(abi::AT_WORKING_DIRECTORY, path.address, FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  if (!location->exists()) return fail(ENOENT);
  if (location->directory == nullptr) return fail(ENOTDIR);
  kernel.working_directory = location->directory;
  return 0;
}

CallResult fchdir(Kernel& kernel, Descriptor descriptor) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if ((*file)->directory() == nullptr) return fail(ENOTDIR);
  kernel.working_directory = (*file)->directory();
  return 0;
}

CallResult mkdirat(Kernel& kernel, Descriptor directory, Path path, FileMode mode) {
  const auto location = kernel.locate(directory.number, path.address, FinalLink::KEEP);
  if (!location) return fail(location.error());
  if (location->exists()) return fail(EEXIST);
  if (location->parent->is_read_only()) return fail(EROFS);
  return from_host(
      ::mkdirat(host_parent(*location), location->name.c_str(), mode.bits & ~kernel.file_mode_mask & PERMISSION_BITS));
}

CallResult unlinkat(Kernel& kernel, Descriptor directory, Path path, Flags flags) {
  if ((flags.bits & ~abi::AT_REMOVE_DIRECTORY) != 0) return fail(EINVAL);
  const bool removes_directory = (flags.bits & abi::AT_REMOVE_DIRECTORY) != 0;
  const auto location = kernel.locate(directory.number, path.address, FinalLink::KEEP);
  if (!location) return fail(location.error());
  if (!location->exists()) return fail(ENOENT);
  if (!removes_directory && location->directory != nullptr) return fail(EISDIR);
  if (const auto changeable = check_changeable(kernel, *location); !changeable) return fail(changeable.error());
  return from_host(::unlinkat(host_parent(*location), location->name.c_str(), removes_directory ? AT_REMOVEDIR : 0));
}

CallResult renameat2(Kernel& kernel, Descriptor old_directory, Path old_path, Descriptor new_directory, Path new_path,
                     Flags flags) {
  constexpr std::uint32_t ONLY_NEW = 1;  // RENAME_NOREPLACE
  if ((flags.bits & ~ONLY_NEW) != 0) return fail(EINVAL);
  const auto ends = locate_ends(kernel, old_directory, old_path, FinalLink::KEEP, new_directory, new_path);
  if (!ends) return fail(ends.error());
  if (ends->to.names_directory && ends->from.directory == nullptr) return fail(ENOTDIR);
  return from_host(::renameat2(host_parent(ends->from), ends->from.name.c_str(), host_parent(ends->to),
                               ends->to.name.c_str(), flags.bits));
}

CallResult renameat(Kernel& kernel, Descriptor old_directory, Path old_path, Descriptor new_directory, Path new_path) {
  return renameat2(kernel, old_directory, old_path, new_directory, new_path, Flags{0});
}

CallResult linkat(Kernel& kernel, Descriptor old_directory, Path old_path, Descriptor new_directory, Path new_path,
                  Flags flags) {
  if ((flags.bits & ~abi::AT_FOLLOW) != 0) return fail(EINVAL);
  const FinalLink old_link = (flags.bits & abi::AT_FOLLOW) != 0 ? FinalLink::FOLLOW : FinalLink::KEEP;
  const auto ends = locate_ends(kernel, old_directory, old_path, old_link, new_directory, new_path);
  if (!ends) return fail(ends.error());
  if (ends->to.exists()) return fail(EEXIST);
  if (ends->from.directory != nullptr) return fail(EPERM);
  // Without AT_SYMLINK_FOLLOW the host links what the name is, even where it became a symbolic link meanwhile.
  return from_host(
      ::linkat(host_parent(ends->from), ends->from.name.c_str(), host_parent(ends->to), ends->to.name.c_str(), 0));
}

CallResult symlinkat(Kernel& kernel, Path target, Descriptor directory, Path path) {
  const auto text = kernel.get_path(target.address);
  if (!text) return fail(text.error());
  if (text->empty()) return fail(ENOENT);
  const auto location = kernel.locate(directory.number, path.address, FinalLink::KEEP);
  if (!location) return fail(location.error());
  if (location->exists()) return fail(EEXIST);
  if (location->parent->is_read_only()) return fail(EROFS);
  return from_host(::symlinkat(text->c_str(), host_parent(*location), location->name.c_str()));
}

}  // namespace armillion::guest::kernel::calls
