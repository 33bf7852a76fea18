#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "armillion/process.hpp"
#include "guest/linux/host_descriptor.hpp"
#include "guest/linux/result.hpp"

// What paths mean to the guest, and why none of them leads out of what was granted.
//
// A path is walked one component at a time, down only: each step opens one name, without '/', below a descriptor that
// is already held, and never follows a symbolic link (openat with O_PATH | O_NOFOLLOW). `..` goes back to the
// descriptor from which the walk came, so the host's own `..` is never used; links are read and walked here, in the
// guest's name space, where "/" is the guest's root. Whatever someone renames on the host meanwhile, every descriptor
// that is reached was reached downwards from the descriptor of a granted folder.
namespace armillion::guest::kernel {

/// A granted folder.
struct Mount {
  /// Absolute, without "." and "..", without '/' at the end; empty for the root.
  std::string guest_path;
  SharedDescriptor root;
  DirectoryAccess access = DirectoryAccess::READ_ONLY;
};

/// Files that the kernel makes itself.
enum class SpecialFile : std::uint8_t {
  NONE,
  DEVICE_NULL,
  DEVICE_ZERO,
  DEVICE_FULL,
  DEVICE_RANDOM,
  STANDARD_INPUT,
  STANDARD_OUTPUT,
  STANDARD_ERROR,
  PROCESS_EXECUTABLE,
  PROCESS_COMMAND_LINE,
  PROCESS_MAPPINGS,
};

/// A directory that a path went through, and how.
struct Directory {
  /// Null at the root.
  std::shared_ptr<const Directory> parent;
  /// Canonical path in the guest's name space; empty for the root.
  std::string path;
  /// Where it is on the host; null for a directory that only leads to mounts and special files.
  SharedDescriptor host;
  /// The mount it lies in; null where `host` is.
  const Mount* mount = nullptr;

  std::string display_path() const { return path.empty() ? "/" : path; }
  bool is_read_only() const { return mount == nullptr || mount->access == DirectoryAccess::READ_ONLY; }
};
using DirectoryReference = std::shared_ptr<const Directory>;

/// Whether a symbolic link at the end of a path is followed.
enum class FinalLink : std::uint8_t { FOLLOW, KEEP };

/// Where a path leads.
struct Location {
  /// The directory that holds the last component.
  DirectoryReference parent;
  /// The last component; empty where the path ends in a directory itself ("/", "..", a mount).
  std::string name;
  /// The directory, where the path leads to one.
  DirectoryReference directory;
  SpecialFile special = SpecialFile::NONE;
  /// An O_PATH descriptor of what is there, where the host has it.
  SharedDescriptor host;
  /// What is there; nothing where only the directory for it exists.
  std::optional<struct stat> status;
  /// The path ended in '/'.
  bool names_directory = false;

  bool exists() const { return status.has_value(); }
  bool is_directory() const { return exists() && S_ISDIR(status->st_mode); }
  /// Canonical path in the guest's name space.
  std::string path() const;
};

/// One name in a directory.
struct NamedEntry {
  std::string name;
  std::uint64_t inode = 0;
  /// A `DT_` constant.
  std::uint8_t type = 0;
};

class NameSpace {
 public:
  /// Error(INVALID_ARGUMENT) or Error(FILE_UNREADABLE) where a folder cannot be granted.
  NameSpace(const std::string& sysroot, const std::vector<GrantedDirectory>& directories);

  const DirectoryReference& root() const { return root_; }

  /// Walks `path` from the root or, where it is relative, from `base`. Fails as the kernel does: ENOENT, ENOTDIR,
  /// ELOOP, ENAMETOOLONG, EACCES.
  Result<Location> resolve(const DirectoryReference& base, std::string_view path, FinalLink final_link) const;

  /// Names in a directory in ascending order, with "." and "..".
  Result<std::vector<NamedEntry>> list(const DirectoryReference& directory) const;

  /// What a symbolic link says.
  Result<std::string> read_link(const Location& link) const;
  /// Whether a granted folder appears somewhere below this canonical path.
  bool leads_to_mount(const std::string& path) const;

  /// Where the program that runs appears to be.
  void set_executable_path(std::string path) { executable_path_ = std::move(path); }
  const std::string& executable_path() const { return executable_path_; }

 private:
  void add_mount(const std::string& host, const std::string& guest, DirectoryAccess access);
  Result<Location> step(const DirectoryReference& directory, const std::string& name) const;

  std::map<std::string, std::unique_ptr<Mount>> mounts_;
  // By canonical path, as the mounts are.
  std::map<std::string, SpecialFile, std::less<>> special_files_;
  DirectoryReference root_;
  std::string executable_path_;
};

}  // namespace armillion::guest::kernel
