#pragma once

#include <cstdint>

#include "armillion/fleet.hpp"
#include "cli/value_type.hpp"

namespace armillion::cli {

/// Whether the host ended the call, so that nothing is known of what it would have come to.
bool is_inconclusive(StopReason reason);

/// Whether two calls that did not come to the same differ as functions: not where nothing is known of one.
bool is_conclusive(const CallDifference& difference);

}  // namespace armillion::cli
