#include "cli/call_comparison.hpp"

#include <gtest/gtest.h>

namespace armillion::cli {
namespace {

TEST(CallComparisonTest, SaysNothingOfCallsThatTheHostEnded) {
  const CallOutcome returned{StopReason::RETURNED, 1};
  for (const StopReason reason : {StopReason::TIMEOUT, StopReason::CANCELLED, StopReason::OUT_OF_MEMORY}) {
    EXPECT_TRUE(is_inconclusive(reason));
    EXPECT_FALSE(is_conclusive({0, returned, {reason, 0}}));
    EXPECT_FALSE(is_conclusive({0, {reason, 0}, {StopReason::MEMORY_FAULT, 0}}));
  }
  EXPECT_TRUE(is_conclusive({0, returned, {StopReason::RETURNED, 2}}));
  EXPECT_TRUE(is_conclusive({0, returned, {StopReason::INSTRUCTION_LIMIT, 0}}));
}

}  // namespace
}  // namespace armillion::cli
