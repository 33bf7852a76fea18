#include "cli/chart/axis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using namespace armillion::cli;
using Values = std::vector<double>;

TEST(Axis, IsLogarithmicWhereALinearOneWouldHideTheSmallest) {
  EXPECT_EQ(scale_of(Values{1, 19}), Scale::LINEAR);
  EXPECT_EQ(scale_of(Values{1, 20}), Scale::LOGARITHMIC);
  EXPECT_EQ(scale_of(Values{1e9, 48, 3e6}), Scale::LOGARITHMIC);
}

TEST(Axis, IsLinearWhereALogarithmCannotBeTaken) {
  EXPECT_EQ(scale_of(Values{0, 1e9}), Scale::LINEAR);
  EXPECT_EQ(scale_of(Values{-1, 1e9}), Scale::LINEAR);
  EXPECT_EQ(scale_of(Values{}), Scale::LINEAR);
}

TEST(Axis, RangesEndAtNumbersThatAreEasilyRead) {
  EXPECT_EQ(range_of(Values{37, 93}, Scale::LINEAR), (Range{0, 100}));
  EXPECT_EQ(range_of(Values{48, 4.3e8}, Scale::LOGARITHMIC), (Range{20, 5e8}));
  EXPECT_EQ(range_of(Values{0.03, 0.7}, Scale::LOGARITHMIC), (Range{0.02, 1}));
  EXPECT_EQ(range_of(Values{-3, 4}, Scale::LINEAR), (Range{-3, 4}));
}

TEST(Axis, RangesDoNotGrowBeyondValuesThatAreTicks) {
  EXPECT_EQ(range_of(Values{100, 1000, 1e6}, Scale::LOGARITHMIC), (Range{100, 1e6}));
  EXPECT_EQ(range_of(Values{20, 80}, Scale::LINEAR), (Range{0, 80}));
}

TEST(Axis, OneValueHasARangeAroundIt) {
  EXPECT_EQ(range_of(Values{1000}, Scale::LOGARITHMIC), (Range{500, 2000}));
  EXPECT_EQ(range_of(Values{7}, Scale::LINEAR), (Range{0, 7}));
  EXPECT_EQ(range_of(Values{7, 7, 7}, Scale::LINEAR), (Range{0, 7}));
}

TEST(Axis, NothingAndZerosHaveARange) {
  EXPECT_EQ(range_of(Values{}, Scale::LINEAR), (Range{0, 1}));
  EXPECT_EQ(range_of(Values{0, 0}, Scale::LINEAR), (Range{0, 1}));
  EXPECT_EQ(range_of(Values{0}, Scale::LOGARITHMIC), (Range{0, 1}));
}

TEST(Axis, ValuesThatAreNotFiniteAreLeftOut) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(range_of(Values{infinity, nan, 5}, Scale::LINEAR), (Range{0, 5}));
  EXPECT_EQ(range_of(Values{nan}, Scale::LINEAR), (Range{0, 1}));
  EXPECT_EQ(scale_of(Values{1, infinity}), Scale::LINEAR);
}

TEST(Axis, TicksOfALinearAxisAreAtEqualDistances) {
  EXPECT_EQ(ticks_of({0, 100}, Scale::LINEAR, 6), (Values{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(ticks_of({0, 1}, Scale::LINEAR, 3), (Values{0, 0.5, 1}));
  EXPECT_EQ(ticks_of({-3, 4}, Scale::LINEAR, 8), (Values{-3, -2, -1, 0, 1, 2, 3, 4}));
}

TEST(Axis, ATickAtZeroHasNoSign) {
  EXPECT_FALSE(std::signbit(ticks_of({0, 100}, Scale::LINEAR, 6).front()));
  EXPECT_FALSE(std::signbit(ticks_of({-3, 4}, Scale::LINEAR, 8).at(3)));
}

TEST(Axis, TicksOfALogarithmicAxisAreOneTwoFiveOrPowersOfTen) {
  EXPECT_EQ(ticks_of({1, 100}, Scale::LOGARITHMIC, 9), (Values{1, 2, 5, 10, 20, 50, 100}));
  EXPECT_EQ(ticks_of({20, 50000}, Scale::LOGARITHMIC, 9), (Values{100, 1000, 10000}));
  EXPECT_EQ(ticks_of({1, 1e12}, Scale::LOGARITHMIC, 9), (Values{1, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12}));
  EXPECT_EQ(ticks_of({0.01, 0.1}, Scale::LOGARITHMIC, 9), (Values{0.01, 0.02, 0.05, 0.1}));
}

TEST(Axis, HasNeverMoreTicksThanAskedForAndAllWithin) {
  for (const Scale scale : {Scale::LINEAR, Scale::LOGARITHMIC}) {
    for (const double low : {1e-9, 0.3, 1.0, 7.0, 1e6}) {
      for (const double factor : {1.5, 3.0, 40.0, 1e4, 1e15}) {
        const Range range = range_of(Values{low, low * factor}, scale);
        for (const std::size_t most : {2U, 5U, 11U}) {
          const Values ticks = ticks_of(range, scale, most);
          EXPECT_LE(ticks.size(), most) << low << ' ' << factor;
          for (const double tick : ticks) {
            EXPECT_GE(tick, range.low * (1 - 1e-9));
            EXPECT_LE(tick, range.high * (1 + 1e-9));
          }
        }
        EXPECT_GE(ticks_of(range, scale, 11).size(), 2U) << low << ' ' << factor;
      }
    }
  }
}

TEST(Axis, PlacesValuesByTheirScale) {
  const Axis linear(Scale::LINEAR, {0, 10}, 100, 200);
  EXPECT_DOUBLE_EQ(linear.place_of(0), 100);
  EXPECT_DOUBLE_EQ(linear.place_of(5), 150);
  const Axis logarithmic(Scale::LOGARITHMIC, {1, 10000}, 400, 0);
  EXPECT_DOUBLE_EQ(logarithmic.place_of(1), 400);
  EXPECT_DOUBLE_EQ(logarithmic.place_of(100), 200);
  EXPECT_DOUBLE_EQ(logarithmic.place_of(10000), 0);
}

TEST(Axis, PlacesValuesOutsideAtItsEnds) {
  const Axis axis(Scale::LOGARITHMIC, {1, 100}, 0, 50);
  EXPECT_DOUBLE_EQ(axis.place_of(0), 0);
  EXPECT_DOUBLE_EQ(axis.place_of(-7), 0);
  EXPECT_DOUBLE_EQ(axis.place_of(1e9), 50);
}

TEST(Axis, OfOneValueHasItInTheMiddle) {
  EXPECT_DOUBLE_EQ(Axis(Scale::LINEAR, {64, 64}, 0, 50).place_of(64), 25);
  EXPECT_DOUBLE_EQ(Axis(Scale::LOGARITHMIC, {0, 0}, 0, 50).place_of(0), 25);
}

}  // namespace
