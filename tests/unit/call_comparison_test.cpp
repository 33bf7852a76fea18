#include "cli/call_comparison.hpp"

#include <gtest/gtest.h>

namespace armillion::cli {
namespace {

CallOutcome returned(std::uint64_t value) { return {StopReason::RETURNED, value}; }
CallOutcome stopped(StopReason reason) { return {reason, 0}; }

TEST(CallComparisonTest, ComparesTheBitsOfTheType) {
  EXPECT_TRUE(is_same(returned(0x1'0000'0007), returned(7), ValueType::U32));
  EXPECT_FALSE(is_same(returned(0x1'0000'0007), returned(7), ValueType::U64));
  // Zeros of different signs are not the same bits, a NaN is the same as itself.
  EXPECT_FALSE(is_same(returned(0x80000000), returned(0), ValueType::F32));
  EXPECT_TRUE(is_same(returned(0x7fc00000), returned(0x7fc00000), ValueType::F32));
}

TEST(CallComparisonTest, ComparesStops) {
  EXPECT_FALSE(is_same(returned(1), stopped(StopReason::MEMORY_FAULT), ValueType::U64));
  EXPECT_FALSE(is_same(returned(1), stopped(StopReason::INSTRUCTION_LIMIT), ValueType::U64));
  EXPECT_FALSE(is_same(stopped(StopReason::EXITED), stopped(StopReason::MEMORY_FAULT), ValueType::U64));
  EXPECT_TRUE(is_same({StopReason::MEMORY_FAULT, 1}, {StopReason::MEMORY_FAULT, 2}, ValueType::U64));
}

TEST(CallComparisonTest, SaysNothingOfCallsThatTheHostEnded) {
  for (const StopReason reason : {StopReason::TIMEOUT, StopReason::CANCELLED, StopReason::OUT_OF_MEMORY}) {
    EXPECT_TRUE(is_inconclusive(reason));
    EXPECT_TRUE(is_same(returned(1), stopped(reason), ValueType::U64));
    EXPECT_TRUE(is_same(stopped(reason), stopped(StopReason::MEMORY_FAULT), ValueType::U64));
  }
}

}  // namespace
}  // namespace armillion::cli
