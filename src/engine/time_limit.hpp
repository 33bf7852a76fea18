#pragma once

#include <fmt/format.h>

#include "armillion/error.hpp"

namespace armillion::engine {

/// Error(INVALID_ARGUMENT) for a time limit in seconds that is none: less than 0, as where a deadline is over, or not a
/// number. 0 stands for no limit.
inline void check_time_limit(double seconds) {
  if (seconds >= 0) return;
  throw Error(ErrorCode::INVALID_ARGUMENT,
              fmt::format("a run cannot be limited to {} seconds; 0 stands for no limit", seconds));
}

}  // namespace armillion::engine
