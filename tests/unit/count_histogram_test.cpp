#include "cli/count_histogram.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace {

using armillion::cli::CountHistogram;
using Bins = std::vector<CountHistogram::Bin>;

std::uint64_t total(const Bins& bins) {
  return std::accumulate(bins.begin(), bins.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const CountHistogram::Bin& bin) { return sum + bin.count; });
}

TEST(CountHistogram, HasNoBinsWithoutNumbers) { EXPECT_TRUE(CountHistogram().bins(10).empty()); }

TEST(CountHistogram, OfOneNumberHasOneBin) {
  CountHistogram histogram;
  for (int i = 0; i < 5; ++i) histogram.add(1000);
  const Bins bins = histogram.bins(60);
  ASSERT_EQ(bins.size(), 1U);
  EXPECT_EQ(bins[0].count, 5U);
  EXPECT_EQ(bins[0].first, 1000);
  EXPECT_EQ(bins[0].end, 1001);
}

TEST(CountHistogram, CountsEachNumberInTheBinThatHasIt) {
  CountHistogram histogram;
  for (std::uint64_t value = 100; value < 200; ++value) histogram.add(value);
  EXPECT_EQ(histogram.scale(), CountHistogram::Scale::LINEAR);
  const Bins bins = histogram.bins(10);
  ASSERT_EQ(bins.size(), 10U);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    EXPECT_EQ(bins[i].count, 10U) << i;
    EXPECT_DOUBLE_EQ(bins[i].first, 100.0 + 10.0 * static_cast<double>(i));
  }
}

TEST(CountHistogram, HasOneBinANumberWhereThereAreFew) {
  CountHistogram histogram;
  for (const std::uint64_t value : {7, 9, 9, 11}) histogram.add(value);
  const Bins bins = histogram.bins(60);
  ASSERT_EQ(bins.size(), 5U);
  EXPECT_EQ(bins[0].count, 1U);
  EXPECT_EQ(bins[1].count, 0U);
  EXPECT_EQ(bins[2].count, 2U);
  EXPECT_EQ(bins[4].count, 1U);
}

TEST(CountHistogram, IsLogarithmicOverWideRanges) {
  CountHistogram histogram;
  for (const std::uint64_t value : {1, 10, 100, 1000, 10000}) histogram.add(value);
  EXPECT_EQ(histogram.scale(), CountHistogram::Scale::LOGARITHMIC);
  const Bins bins = histogram.bins(8);
  ASSERT_EQ(bins.size(), 8U);
  EXPECT_EQ(total(bins), 5U);
  EXPECT_EQ(bins.front().first, 1);
  EXPECT_EQ(bins.back().end, 10001);
  for (const CountHistogram::Bin& bin : bins) {
    std::uint64_t expected = 0;
    for (const double value : {1, 10, 100, 1000, 10000}) expected += value >= bin.first && value < bin.end ? 1 : 0;
    EXPECT_EQ(bin.count, expected) << bin.first;
    EXPECT_NEAR(bin.end / bin.first, 3.16, 0.01);
  }
}

TEST(CountHistogram, TakesZeroAndTheLargestNumber) {
  CountHistogram histogram;
  histogram.add(0);
  histogram.add(~std::uint64_t{0});
  const Bins bins = histogram.bins(10);
  EXPECT_EQ(total(bins), 2U);
  EXPECT_EQ(bins.front().count, 1U);
  EXPECT_EQ(bins.back().count, 1U);
}

TEST(CountHistogram, LosesNoneOfManyDifferentNumbers) {
  CountHistogram histogram;
  constexpr std::uint64_t NUMBERS = 500'000;
  for (std::uint64_t value = 0; value < NUMBERS; ++value) histogram.add(1'000'000 + value * 3);
  EXPECT_EQ(histogram.smallest(), 1'000'000U);
  EXPECT_EQ(histogram.largest(), 1'000'000U + (NUMBERS - 1) * 3);
  const Bins bins = histogram.bins(50);
  EXPECT_EQ(total(bins), NUMBERS);
  for (const CountHistogram::Bin& bin : bins) EXPECT_NEAR(static_cast<double>(bin.count), NUMBERS / 50.0, 50);
}

}  // namespace
