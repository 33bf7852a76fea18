#include "guest/linux/host_files.hpp"
#include "guest/linux/kernel.hpp"

// From a path argument to a place.
namespace armillion::guest::kernel {

Result<Location> Kernel::locate(std::int32_t directory, std::uint64_t path_address, FinalLink final_link) {
  const auto path = get_path(path_address);
  if (!path) return fail(path.error());
  DirectoryReference base = working_directory;
  if (!path->starts_with('/') && directory != abi::AT_WORKING_DIRECTORY) {
    const auto file = files.get(directory);
    if (!file) return fail(file.error());
    base = (*file)->directory();
    if (base == nullptr) return fail(ENOTDIR);
  }
  return names.resolve(base, *path, final_link);
}

Result<Kernel::Target> Kernel::locate_target(std::int32_t directory, std::uint64_t path_address,
                                             std::uint32_t at_flags) {
  if ((at_flags & abi::AT_EMPTY) != 0) {
    const auto path = path_address == 0 ? Result<std::string>(std::string()) : get_path(path_address);
    if (!path) return fail(path.error());
    if (path->empty() && directory == abi::AT_WORKING_DIRECTORY) {
      auto location = names.resolve(working_directory, ".", FinalLink::FOLLOW);
      if (!location) return fail(location.error());
      return Target{nullptr, *std::move(location)};
    }
    if (path->empty()) {
      auto file = files.get(directory);
      if (!file) return fail(file.error());
      return Target{*std::move(file), std::nullopt};
    }
  }
  const bool keeps_link = (at_flags & abi::AT_NO_FOLLOW) != 0;
  auto location = locate(directory, path_address, keeps_link ? FinalLink::KEEP : FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  return Target{nullptr, *std::move(location)};
}

}  // namespace armillion::guest::kernel
