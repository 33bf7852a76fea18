#pragma once

#include <cstdint>

#include "armillion/fleet.hpp"
#include "cli/value_type.hpp"

namespace armillion::cli {

/// What a call came to in one lane.
struct CallOutcome {
  StopReason stop_reason = StopReason::RETURNED;
  /// Counts where it is `RETURNED`.
  std::uint64_t value = 0;
};

/// Whether the host ended the call, so that nothing is known of what it would have come to.
bool is_inconclusive(StopReason reason);

/// Whether two calls came to the same: the same stop, and the same bits where they returned. Also where nothing is
/// known of one.
bool is_same(const CallOutcome& first, const CallOutcome& second, ValueType type);

}  // namespace armillion::cli
