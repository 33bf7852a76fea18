#include "cli/call_comparison.hpp"

namespace armillion::cli {

bool is_inconclusive(StopReason reason) {
  return reason == StopReason::TIMEOUT || reason == StopReason::CANCELLED || reason == StopReason::OUT_OF_MEMORY;
}

bool is_conclusive(const CallDifference& difference) {
  return !is_inconclusive(difference.first.stop_reason) && !is_inconclusive(difference.second.stop_reason);
}

}  // namespace armillion::cli
