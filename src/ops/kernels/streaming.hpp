#pragma once

#include <cstddef>

namespace armillion::ops {

/// Arrays of a call that are more than this together are written past the caches: there, a line that is not in a cache
/// need not be read to be overwritten. A last cache has room for more, but not for
/// one core alone.
constexpr std::size_t STREAMED_FROM_BYTES = std::size_t{16} << 20;

}  // namespace armillion::ops
