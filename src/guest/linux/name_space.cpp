#include "guest/linux/name_space.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>

#include "armillion/error.hpp"
#include "guest/linux/open_file.hpp"

namespace armillion::guest::kernel {
namespace {

constexpr int LINK_LIMIT = 40;
constexpr std::size_t LONGEST_PATH = PATH_MAX - 1;
constexpr std::size_t MOST_ENTRIES = 1'000'000;

// The components of a path that are still to walk, the next one last.
void push_components(std::vector<std::string>& pending, std::string_view path) {
  const std::size_t before = pending.size();
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) pending.emplace_back(path.substr(start, end - start));
    start = end + 1;
  }
  std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(before), pending.end());
}

std::string canonical_guest_path(const std::string& path) {
  if (!path.starts_with('/')) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("the guest path \"{}\" of a granted folder must start with '/'", path));
  }
  std::vector<std::string> components;
  push_components(components, path);
  std::string result;
  for (auto component = components.rbegin(); component != components.rend(); ++component) {
    if (*component == ".") continue;
    if (*component == "..") {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  fmt::format("the guest path \"{}\" of a granted folder must not contain \"..\"", path));
    }
    result += '/' + *component;
  }
  return result;
}

// Whether `path` lies below the directory `ancestor` (both canonical).
bool lies_below(std::string_view path, std::string_view ancestor) {
  return path.size() > ancestor.size() && path.starts_with(ancestor) && path[ancestor.size()] == '/';
}

bool leads_to_special_file(const std::map<std::string, SpecialFile, std::less<>>& files, const std::string& directory) {
  const auto first = files.lower_bound(directory + '/');
  return first != files.end() && lies_below(first->first, directory);
}

std::uint64_t inode_of(std::string_view path) {
  // FNV-1a: any number that is the same for the same path will do.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char character : path) hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
  return hash >> 1 | 1;
}

std::uint32_t mode_of(SpecialFile special) {
  switch (special) {
    case SpecialFile::STANDARD_INPUT:
    case SpecialFile::STANDARD_OUTPUT:
    case SpecialFile::STANDARD_ERROR: return S_IFCHR | 0620;
    case SpecialFile::PROCESS_EXECUTABLE: return S_IFLNK | 0777;
    case SpecialFile::PROCESS_COMMAND_LINE:
    case SpecialFile::PROCESS_MAPPINGS: return S_IFREG | 0444;
    default: return S_IFCHR | 0666;
  }
}

std::uint8_t entry_type(std::uint32_t mode) { return static_cast<std::uint8_t>((mode & S_IFMT) >> 12); }

}  // namespace

std::string Location::path() const {
  if (directory != nullptr) return directory->display_path();
  return parent->path + '/' + name;
}

NameSpace::NameSpace(const std::string& sysroot, const std::vector<GrantedDirectory>& directories)
    : special_files_{
          {"/dev/null", SpecialFile::DEVICE_NULL},
          {"/dev/zero", SpecialFile::DEVICE_ZERO},
          {"/dev/full", SpecialFile::DEVICE_FULL},
          {"/dev/random", SpecialFile::DEVICE_RANDOM},
          {"/dev/urandom", SpecialFile::DEVICE_RANDOM},
          {"/dev/stdin", SpecialFile::STANDARD_INPUT},
          {"/dev/stdout", SpecialFile::STANDARD_OUTPUT},
          {"/dev/stderr", SpecialFile::STANDARD_ERROR},
          {"/proc/self/exe", SpecialFile::PROCESS_EXECUTABLE},
          {"/proc/self/cmdline", SpecialFile::PROCESS_COMMAND_LINE},
          {"/proc/self/maps", SpecialFile::PROCESS_MAPPINGS},
      } {
  if (!sysroot.empty()) add_mount(sysroot, "/", DirectoryAccess::READ_ONLY);
  for (const GrantedDirectory& directory : directories) add_mount(directory.host, directory.guest, directory.access);
  auto root = std::make_shared<Directory>();
  if (const auto mount = mounts_.find(""); mount != mounts_.end()) {
    root->host = mount->second->root;
    root->mount = mount->second.get();
  }
  root_ = std::move(root);
}

void NameSpace::add_mount(const std::string& host, const std::string& guest, DirectoryAccess access) {
  auto descriptor = std::make_shared<const HostDescriptor>(::open(host.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor->is_open()) {
    throw Error(ErrorCode::FILE_UNREADABLE, fmt::format("cannot grant the folder {}: {}", host, std::strerror(errno)));
  }
  std::string path = canonical_guest_path(guest);
  mounts_[path] = std::make_unique<Mount>(Mount{path, std::move(descriptor), access});
}

// One name below a directory. A missing one is a Location without status.
Result<Location> NameSpace::step(const DirectoryReference& directory, const std::string& name) const {
  Location location;
  location.parent = directory;
  location.name = name;
  std::string path = directory->path + '/' + name;
  // Every folder keeps its path: without this, steps from folder to folder could fill the host's memory.
  if (path.size() > LONGEST_PATH) return fail(ENAMETOOLONG);

  const auto enter = [&](SharedDescriptor host, const Mount* mount) {
    auto child = std::make_shared<Directory>();
    child->parent = directory;
    child->path = std::move(path);
    child->host = std::move(host);
    child->mount = mount;
    location.directory = std::move(child);
  };

  // The guest's own name space comes before what the host has at the same path.
  if (const auto mount = mounts_.find(path); mount != mounts_.end()) {
    struct stat status{};
    if (::fstat(mount->second->root->number(), &status) != 0) return fail_as_host();
    location.status = status;
    location.host = mount->second->root;
    enter(mount->second->root, mount->second.get());
    return location;
  }
  if (const auto special = special_files_.find(path); special != special_files_.end()) {
    location.special = special->second;
    location.status = synthetic_status(mode_of(special->second), inode_of(path));
    return location;
  }
  if (directory->host != nullptr) {
    auto descriptor = std::make_shared<const HostDescriptor>(
        ::openat(directory->host->number(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (descriptor->is_open()) {
      struct stat status{};
      if (::fstat(descriptor->number(), &status) != 0) return fail_as_host();
      location.status = status;
      location.host = descriptor;
      if (S_ISDIR(status.st_mode)) enter(std::move(descriptor), directory->mount);
      return location;
    }
    if (errno != ENOENT) return fail_as_host();
  }
  if (leads_to_mount(path) || leads_to_special_file(special_files_, path)) {
    location.status = synthetic_status(S_IFDIR | 0555, inode_of(path));
    enter(nullptr, nullptr);
  }
  return location;
}

bool NameSpace::leads_to_mount(const std::string& path) const {
  const auto first = mounts_.lower_bound(path + '/');
  return first != mounts_.end() && lies_below(first->first, path);
}

Result<std::string> NameSpace::read_link(const Location& link) const {
  if (link.special == SpecialFile::PROCESS_EXECUTABLE) return executable_path_;
  char text[PATH_MAX];
  const ssize_t size = ::readlinkat(link.host->number(), "", text, sizeof text);
  if (size < 0) return fail_as_host();
  return std::string(text, static_cast<std::size_t>(size));
}

Result<Location> NameSpace::resolve(const DirectoryReference& base, std::string_view path, FinalLink final_link) const {
  if (path.empty()) return fail(ENOENT);
  if (path.size() > LONGEST_PATH) return fail(ENAMETOOLONG);
  DirectoryReference directory = path.front() == '/' ? root_ : base;
  bool names_directory = path.back() == '/';
  std::vector<std::string> pending;
  push_components(pending, path);
  int links = 0;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    const bool is_last = pending.empty();
    if (name == ".") {
      names_directory |= is_last;
      continue;
    }
    if (name == "..") {
      if (directory->parent != nullptr) directory = directory->parent;
      continue;
    }
    if (name.size() > NAME_MAX) return fail(ENAMETOOLONG);

    auto location = step(directory, name);
    if (!location) return location;
    if (!location->exists()) {
      if (!is_last) return fail(ENOENT);
      location->names_directory = names_directory;
      return location;
    }
    // What /proc/self/exe names is not in the name space in general: it is opened as it is.
    const bool is_link = S_ISLNK(location->status->st_mode) && location->special == SpecialFile::NONE;
    if (is_link && (!is_last || final_link == FinalLink::FOLLOW || names_directory)) {
      if (++links > LINK_LIMIT) return fail(ELOOP);
      const auto target = read_link(*location);
      if (!target) return fail(target.error());
      if (target->empty()) return fail(ENOENT);
      if (target->front() == '/') directory = root_;
      if (is_last && target->back() == '/') names_directory = true;
      push_components(pending, *target);
      continue;
    }
    if (is_last) {
      if (names_directory && location->directory == nullptr) return fail(ENOTDIR);
      location->names_directory = names_directory;
      return location;
    }
    if (location->directory == nullptr) return fail(ENOTDIR);
    directory = location->directory;
  }

  Location location;
  location.parent = directory->parent != nullptr ? directory->parent : directory;
  location.directory = directory;
  location.host = directory->host;
  location.names_directory = true;
  if (directory->host != nullptr) {
    struct stat status{};
    if (::fstat(directory->host->number(), &status) != 0) return fail_as_host();
    location.status = status;
  } else {
    location.status = synthetic_status(S_IFDIR | 0555, inode_of(directory->path));
  }
  return location;
}

Result<std::vector<NamedEntry>> NameSpace::list(const DirectoryReference& directory) const {
  std::map<std::string, NamedEntry> entries;
  const auto add = [&entries](const std::string& name, std::uint64_t inode, std::uint8_t type) {
    entries.insert_or_assign(name, NamedEntry{name, inode, type});
  };
  if (directory->host != nullptr) {
    const int descriptor = ::openat(directory->host->number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return fail_as_host();
    DIR* stream = ::fdopendir(descriptor);
    if (stream == nullptr) {
      ::close(descriptor);
      return fail(ENOMEM);
    }
    while (const dirent* entry = ::readdir(stream)) {
      if (entries.size() >= MOST_ENTRIES) break;
      add(entry->d_name, entry->d_ino, entry->d_type);
    }
    ::closedir(stream);
  }
  // Mounts and special files below this directory, each by the next component of its path.
  const auto add_below = [&](const std::string& path, std::uint8_t type) {
    if (!lies_below(path, directory->path)) return;
    const std::size_t start = directory->path.size() + 1;
    const std::size_t end = path.find('/', start);
    const std::string child = path.substr(0, end);
    if (end != std::string::npos && entries.contains(path.substr(start, end - start))) return;
    add(path.substr(start, end - start), inode_of(child), end == std::string::npos ? type : std::uint8_t{DT_DIR});
  };
  for (const auto& [path, mount] : mounts_) add_below(path, DT_DIR);
  for (const auto& [path, special] : special_files_) add_below(path, entry_type(mode_of(special)));
  entries.try_emplace(".", NamedEntry{".", inode_of(directory->path), DT_DIR});
  entries.try_emplace("..", NamedEntry{"..", inode_of(directory->parent ? directory->parent->path : ""), DT_DIR});

  std::vector<NamedEntry> result;
  result.reserve(entries.size());
  for (auto& [name, entry] : entries) result.push_back(std::move(entry));
  return result;
}

}  // namespace armillion::guest::kernel
