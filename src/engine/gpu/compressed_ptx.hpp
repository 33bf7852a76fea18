#pragma once

#include <span>
#include <string>

namespace armillion::engine::gpu {

/// The text of PTX that was compressed by gzip, as builds embed it. Error(UNAVAILABLE) where it is damaged.
std::string decompress_ptx(std::span<const unsigned char> bytes);

}  // namespace armillion::engine::gpu
