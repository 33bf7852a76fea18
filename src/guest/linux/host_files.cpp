#include "guest/linux/host_files.hpp"

#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include <unistd.h>

namespace armillion::guest::kernel {
namespace {

constexpr std::uint64_t LARGEST_OFFSET = std::numeric_limits<std::int64_t>::max();

Result<std::uint64_t> counted(ssize_t count) {
  if (count < 0) return fail_as_host();
  return static_cast<std::uint64_t>(count);
}

Result<struct stat> status_of(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return fail_as_host();
  return status;
}

// A descriptor of the same file that all have who ask while one of them has it: the machines of a fleet map the same
// libraries, and a host has few descriptors.
SharedDescriptor common_descriptor(const SharedDescriptor& descriptor) {
  static std::mutex mutex;
  static std::map<std::pair<dev_t, ino_t>, std::weak_ptr<const HostDescriptor>> descriptors;
  const auto status = status_of(descriptor->number());
  if (!status) return descriptor;
  const std::scoped_lock lock(mutex);
  std::erase_if(descriptors, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<const HostDescriptor>& known = descriptors[{status->st_dev, status->st_ino}];
  SharedDescriptor common = known.lock();
  if (common == nullptr) known = common = descriptor;
  return common;
}

}  // namespace

Result<std::uint64_t> HostFile::read_at(std::span<std::byte> destination, std::uint64_t offset) {
  if (offset > LARGEST_OFFSET) return fail(EINVAL);
  return counted(::pread(descriptor_->number(), destination.data(), destination.size(), static_cast<off_t>(offset)));
}

Result<std::uint64_t> HostFile::write_at(std::span<const std::byte> source, std::uint64_t offset) {
  if (offset > LARGEST_OFFSET) return fail(EINVAL);
  return counted(::pwrite(descriptor_->number(), source.data(), source.size(), static_cast<off_t>(offset)));
}

FileReference HostFile::reader() const {
  return std::make_shared<HostFile>(abi::O_READ_ONLY, common_descriptor(descriptor_), path_, mount_);
}

Result<std::uint64_t> HostFile::size() const {
  const auto file = status();
  if (!file) return fail(file.error());
  return static_cast<std::uint64_t>(file->st_size);
}

Result<struct stat> HostFile::status() const { return status_of(descriptor_->number()); }

Result<void> HostFile::truncate(std::uint64_t size) {
  if (size > LARGEST_OFFSET) return fail(EINVAL);
  if (::ftruncate(descriptor_->number(), static_cast<off_t>(size)) != 0) return fail_as_host();
  return {};
}

Result<std::uint64_t> DirectoryFile::seek(std::int64_t offset, SeekOrigin origin) {
  if (origin == SeekOrigin::CURRENT && __builtin_add_overflow(offset, static_cast<std::int64_t>(position_), &offset)) {
    return fail(EOVERFLOW);
  }
  if (origin != SeekOrigin::START && origin != SeekOrigin::CURRENT) return fail(EINVAL);
  if (offset < 0) return fail(EINVAL);
  position_ = static_cast<std::uint64_t>(offset);
  // Going back to the start reads the directory anew, as rewinddir promises.
  if (position_ == 0) entries_ = nullptr;
  return position_;
}

Result<struct stat> DirectoryFile::status() const {
  return directory_->host != nullptr ? status_of(directory_->host->number()) : Result<struct stat>(status_);
}

Result<const NamedEntry*> DirectoryFile::current_entry(const NameSpace& names) {
  if (entries_ == nullptr) {
    auto entries = names.list(directory_);
    if (!entries) return fail(entries.error());
    entries_ = std::make_shared<const std::vector<NamedEntry>>(std::move(*entries));
  }
  return position_ < entries_->size() ? &(*entries_)[position_] : nullptr;
}

Result<struct stat> PathFile::status() const {
  return location_.host != nullptr ? status_of(location_.host->number()) : Result<struct stat>(*location_.status);
}

}  // namespace armillion::guest::kernel
