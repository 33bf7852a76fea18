#pragma once

#include <cstdint>

#include "guest/linux/name_space.hpp"
#include "guest/linux/open_file.hpp"

namespace armillion::guest::kernel {

class Kernel;

/// Opens what is at a location with the guest's `O_` flags, or creates it where they say so. Only regular files,
/// directories and the kernel's own special files can be opened: devices, sockets and named pipes of the host stay shut
/// even within a granted folder.
Result<FileReference> open_location(Kernel& kernel, const Location& location, std::uint32_t flags, std::uint32_t mode);

}  // namespace armillion::guest::kernel
