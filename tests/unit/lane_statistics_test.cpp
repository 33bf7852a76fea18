#include "cli/lane_statistics.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

namespace {

using armillion::LaneResult;
using armillion::StopReason;
using armillion::cli::LaneStatistics;

LaneResult returned(std::uint64_t instructions) {
  LaneResult result;
  result.instructions = instructions;
  result.stop_reason = StopReason::RETURNED;
  return result;
}

LaneResult exited(int code, int signal = 0) {
  LaneResult result;
  result.instructions = 1;
  result.stop_reason = StopReason::EXITED;
  result.exit_code = code;
  result.signal = signal;
  return result;
}

std::string no_input() { return ""; }

TEST(LaneStatistics, GroupsLanesByHowTheyEnded) {
  LaneStatistics statistics;
  for (const LaneResult& result : {exited(0), exited(3), exited(0), exited(139, 11), returned(5)}) {
    statistics.add(result, no_input);
  }
  ASSERT_EQ(statistics.groups().size(), 4U);
  EXPECT_EQ(statistics.lanes(), 5U);
  EXPECT_EQ(statistics.groups()[0].count, 2U);
  EXPECT_EQ(statistics.groups()[0].outcome.describe(), "exited with 0");
  EXPECT_TRUE(statistics.groups()[0].outcome.is_good());
  EXPECT_EQ(statistics.groups()[1].outcome.describe(), "exited with 3");
  EXPECT_FALSE(statistics.groups()[1].outcome.is_good());
  EXPECT_EQ(statistics.groups()[2].outcome.describe(), "ended by signal 11 (Segmentation fault)");
  EXPECT_EQ(statistics.groups()[3].outcome.describe(), "returned");
  EXPECT_TRUE(statistics.groups()[3].outcome.is_good());
}

TEST(LaneStatistics, KeepsTheFirstExamplesOfEachGroupWithTheirInputs) {
  LaneStatistics statistics;
  for (int lane = 0; lane < 100; ++lane) {
    statistics.add(exited(lane % 10 == 9 ? 1 : 0), [&] { return "input " + std::to_string(lane); });
  }
  const auto& examples = statistics.groups()[1].examples;
  ASSERT_EQ(examples.size(), 5U);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    EXPECT_EQ(examples[i].lane, 9 + 10 * i);
    EXPECT_EQ(examples[i].input, "input " + std::to_string(9 + 10 * i));
  }
}

TEST(LaneStatistics, AsksForInputsOnlyOfLanesThatAreToldOf) {
  LaneStatistics statistics;
  int asked = 0;
  for (int lane = 0; lane < 1000; ++lane) {
    statistics.add(returned(7), [&] {
      ++asked;
      return std::string();
    });
  }
  EXPECT_EQ(asked, 10);
}

TEST(LaneStatistics, FindsTheSlowestLanes) {
  LaneStatistics statistics;
  for (std::uint64_t lane = 0; lane < 1000; ++lane) statistics.add(returned(lane * 37 % 1000 / 2), no_input);
  ASSERT_EQ(statistics.slowest().size(), 10U);
  std::multiset<std::uint64_t> expected{499, 499, 498, 498, 497, 497, 496, 496, 495, 495};
  std::multiset<std::uint64_t> found;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto& lane = statistics.slowest()[i];
    found.insert(lane.result.instructions);
    EXPECT_EQ(lane.lane * 37 % 1000 / 2, lane.result.instructions);
    if (i == 0) continue;
    const auto& before = statistics.slowest()[i - 1];
    EXPECT_GE(before.result.instructions, lane.result.instructions);
    if (before.result.instructions == lane.result.instructions) EXPECT_LT(before.lane, lane.lane);
  }
  EXPECT_EQ(found, expected);
}

TEST(LaneStatistics, MapsEachLaneWhileThereAreFew) {
  LaneStatistics statistics;
  for (const int code : {0, 1, 0, 2}) statistics.add(exited(code), no_input);
  EXPECT_EQ(statistics.lanes_per_cell(), 1U);
  EXPECT_EQ(statistics.map(), (std::vector<std::uint32_t>{0, 1, 0, 2}));
}

TEST(LaneStatistics, ShowsTheRarestOutcomeWhereACellIsForManyLanes) {
  LaneStatistics statistics;
  constexpr std::uint64_t LANES = 300'000;
  const std::set<std::uint64_t> odd{5, 65'535, 65'536, 200'001, LANES - 1};
  for (std::uint64_t lane = 0; lane < LANES; ++lane) statistics.add(exited(odd.contains(lane) ? 1 : 0), no_input);
  ASSERT_EQ(statistics.lanes_per_cell(), 8U);
  ASSERT_EQ(statistics.map().size(), (LANES + 7) / 8);
  for (std::uint64_t cell = 0; cell < statistics.map().size(); ++cell) {
    const auto first = odd.lower_bound(cell * 8);
    const bool is_odd = first != odd.end() && *first < cell * 8 + 8;
    EXPECT_EQ(statistics.map()[cell], is_odd ? 1U : 0U) << cell;
  }
}

}  // namespace
