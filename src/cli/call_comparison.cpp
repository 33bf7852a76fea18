#include "cli/call_comparison.hpp"

namespace armillion::cli {

bool is_inconclusive(StopReason reason) {
  return reason == StopReason::TIMEOUT || reason == StopReason::CANCELLED || reason == StopReason::OUT_OF_MEMORY;
}

bool is_same(const CallOutcome& first, const CallOutcome& second, ValueType type) {
  if (is_inconclusive(first.stop_reason) || is_inconclusive(second.stop_reason)) return true;
  if (first.stop_reason != second.stop_reason) return false;
  return first.stop_reason != StopReason::RETURNED || ((first.value ^ second.value) & mask_of(type)) == 0;
}

}  // namespace armillion::cli
