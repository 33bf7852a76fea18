#include "armillion/ops/reductions.hpp"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "armillion/ops/elementwise.hpp"
#include "support.hpp"

namespace armillion::ops::test {
namespace {

template <class T>
class SumTest : public ::testing::Test {};
using FloatingPoint = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SumTest, FloatingPoint);

/// What `terms` add up to in the order that the header has, with one rounding for each of a term's additions.
template <class T, class Add>
T sum_in_stated_order(std::size_t size, Add add) {
  constexpr std::size_t WIDTH = sizeof(T) == 4 ? 64 : 32;
  double total = 0;
  for (std::size_t block = 0; block < size; block += 4096) {
    std::vector<T> partial(WIDTH);
    for (std::size_t i = block; i < std::min(size, block + 4096); ++i) {
      partial[(i - block) % WIDTH] = add(partial[(i - block) % WIDTH], i);
    }
    while (partial.size() > 1) {
      const std::size_t half = partial.size() / 2;
      for (std::size_t i = 0; i < half; ++i) partial[i] += partial[i + half];
      partial.resize(half);
    }
    total += partial[0];
  }
  return static_cast<T>(total);
}

/// As many roundings as the header says, in units of 2^-24 or 2^-53.
template <class T>
long double bound_of(std::size_t size) {
  const long double blocks = static_cast<long double>((size + 4095) / 4096);
  return std::is_same_v<T, float> ? 71 * 0x1p-24L : (135 + blocks) * 0x1p-53L;
}

TYPED_TEST(SumTest, SumsHaveTheStatedOrderOnEveryTarget) {
  for (const std::size_t size : SIZES) {
    const std::vector<TypeParam> x = uniform<TypeParam>(size, -1, 1, size);
    const auto expected =
        sum_in_stated_order<TypeParam>(size, [&](TypeParam sum, std::size_t i) { return sum + x[i]; });
    for_each_target([&] { EXPECT_TRUE(same(sum(x), expected)) << size << ": " << sum(x) << ", not " << expected; });
  }
}

TYPED_TEST(SumTest, DotsHaveTheStatedOrderWhereTheTargetRoundsOnce) {
  for (const std::size_t size : SIZES) {
    const std::vector<TypeParam> a = uniform<TypeParam>(size, -1, 1, size);
    const std::vector<TypeParam> b = uniform<TypeParam>(size, -1, 1, size + 7);
    const auto expected =
        sum_in_stated_order<TypeParam>(size, [&](TypeParam sum, std::size_t i) { return std::fma(a[i], b[i], sum); });
    const auto twice =
        sum_in_stated_order<TypeParam>(size, [&](TypeParam sum, std::size_t i) { return sum + a[i] * b[i]; });
    for_each_target([&] { EXPECT_TRUE(same(dot(a, b), target() == "SSE4" ? twice : expected)) << size; });
  }
}

TYPED_TEST(SumTest, ErrorsAreWithinTheStatedBound) {
  for (const std::size_t size : {1000UZ, 100'000UZ, 3'000'000UZ}) {
    for (const TypeParam low : {TypeParam{-1}, TypeParam{0}}) {
      const std::vector<TypeParam> x = uniform<TypeParam>(size, low, 1, size);
      const std::vector<TypeParam> y = uniform<TypeParam>(size, low, 1, size + 7);
      long double exact = 0;
      long double magnitude = 0;
      long double exact_dot = 0;
      long double magnitude_of_dot = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const long double product = static_cast<long double>(x[i]) * y[i];
        exact += x[i];
        magnitude += std::abs(x[i]);
        exact_dot += product;
        magnitude_of_dot += std::abs(product);
      }
      for_each_target([&] {
        EXPECT_LE(std::abs(sum(x) - exact), bound_of<TypeParam>(size) * magnitude) << size;
        EXPECT_LE(std::abs(dot(x, y) - exact_dot), bound_of<TypeParam>(size) * magnitude_of_dot) << size;
        EXPECT_NEAR(mean(x), exact / size, bound_of<TypeParam>(size) * magnitude / size) << size;
      });
    }
  }
}

TYPED_TEST(SumTest, ZerosAddUpToPlusZeroAndNansAndInfinitiesShow) {
  using Limits = std::numeric_limits<TypeParam>;
  for_each_target([] {
    for (const std::size_t size : SIZES) {
      std::vector<TypeParam> x(size, TypeParam{-0.0});
      EXPECT_TRUE(same(sum(x), TypeParam{0}));
      EXPECT_TRUE(same(dot(x, std::vector<TypeParam>(size, 1)), TypeParam{0}));
      if (size < 2) continue;
      x[size / 2] = Limits::infinity();
      EXPECT_EQ(sum(x), Limits::infinity());
      x[0] = -Limits::infinity();
      EXPECT_TRUE(is_nan(sum(x)));
      x[0] = Limits::quiet_NaN();
      EXPECT_TRUE(is_nan(dot(x, x)));
    }
  });
}

TEST(IntegerSumTest, SumsAndDotsOfIntegersAreExact) {
  for (const std::size_t size : SIZES) {
    const std::vector<std::int32_t> a = mixed_values<std::int32_t>(size, size);
    const std::vector<std::int32_t> b = mixed_values<std::int32_t>(size, size + 7);
    std::int64_t expected_sum = 0;
    std::uint64_t expected_dot = 0;
    for (std::size_t i = 0; i < size; ++i) {
      expected_sum += a[i];
      expected_dot += static_cast<std::uint64_t>(std::int64_t{a[i]} * b[i]);
    }
    for_each_target([&] {
      EXPECT_EQ(sum(a), expected_sum);
      EXPECT_EQ(dot(a, b), static_cast<std::int64_t>(expected_dot));
      if (size > 0) {
        EXPECT_EQ(mean(a), static_cast<double>(expected_sum) / static_cast<double>(size));
      }
    });
  }
}

template <class T>
class ReductionTest : public ::testing::Test {};
using Elements = ::testing::Types<float, double, std::int32_t>;
TYPED_TEST_SUITE(ReductionTest, Elements);

TYPED_TEST(ReductionTest, ExtremesAreFoundAtEverySizeAndPlace) {
  for (const std::size_t size : SIZES) {
    if (size == 0) continue;
    std::vector<TypeParam> x = uniform<TypeParam>(size, -100, 100, size);
    for (const std::size_t place : {0UZ, size / 3, size / 2, size - 1}) {
      const TypeParam before = x[place];
      for_each_target([&] {
        x[place] = 1000;
        EXPECT_EQ(max(x), TypeParam{1000}) << place << " of " << size;
        EXPECT_EQ(argmax(x), place) << size;
        x[place] = -1000;
        EXPECT_EQ(min(x), TypeParam{-1000}) << place << " of " << size;
      });
      x[place] = before;
    }
  }
}

TYPED_TEST(ReductionTest, ArgmaxIsTheFirstOfEqualOnes) {
  for_each_target([] {
    std::vector<TypeParam> x(10'000, TypeParam{1});
    EXPECT_EQ(argmax(x), 0U);
    x[4567] = x[8901] = 2;
    EXPECT_EQ(argmax(x), 4567U);
    x[4096] = 2;
    EXPECT_EQ(argmax(x), 4096U);
  });
}

TYPED_TEST(ReductionTest, ReductionsOfNothingAreErrorsAndSumsZero) {
  const std::vector<TypeParam> none;
  EXPECT_EQ(sum(none), 0);
  EXPECT_EQ(dot(none, none), 0);
  expect_invalid([&] { static_cast<void>(mean(none)); });
  expect_invalid([&] { static_cast<void>(min(none)); });
  expect_invalid([&] { static_cast<void>(max(none)); });
  expect_invalid([&] { static_cast<void>(argmax(none)); });
  expect_invalid([&] { static_cast<void>(dot(none, std::vector<TypeParam>(1))); });
}

TYPED_TEST(ReductionTest, StridedViewsGiveWhatArraysDo) {
  for (const std::size_t size : {1UZ, 100UZ, 4096UZ, 10'000UZ}) {
    const std::vector<TypeParam> a = uniform<TypeParam>(size, -100, 100, 1);
    const std::vector<TypeParam> b = uniform<TypeParam>(size, -100, 100, 2);
    std::vector<TypeParam> spread(size * 3);
    for (std::size_t i = 0; i < size; ++i) spread[3 * i] = a[i];
    const Strided<const TypeParam> view(spread.data(), size, 3);
    const std::vector<TypeParam> reversed(b.rbegin(), b.rend());
    EXPECT_EQ(sum(view), sum(a));
    EXPECT_EQ(mean(view), mean(a));
    EXPECT_EQ(min(view), min(a));
    EXPECT_EQ(max(view), max(a));
    EXPECT_EQ(argmax(view), argmax(a));
    EXPECT_EQ(dot(view, Strided<const TypeParam>(b.data() + size - 1, size, -1)), dot(a, reversed));
  }
}

TYPED_TEST(ReductionTest, ThreadsGiveWhatOneDoes) {
  for (const std::size_t size : {1UZ, 70'000UZ, 500'001UZ}) {
    const std::vector<TypeParam> a = uniform<TypeParam>(size, -100, 100, 1);
    const std::vector<TypeParam> b = uniform<TypeParam>(size, -100, 100, 2);
    Threads threads;
    EXPECT_EQ(sum(threads, a), sum(a));
    EXPECT_EQ(mean(threads, a), mean(a));
    EXPECT_EQ(min(threads, a), min(a));
    EXPECT_EQ(max(threads, a), max(a));
    EXPECT_EQ(dot(threads, a, b), dot(a, b));
    EXPECT_EQ(threads.pieces() > 0, size > 1);
  }
}

template <class T>
class ExtremeOfFloatsTest : public ::testing::Test {};
TYPED_TEST_SUITE(ExtremeOfFloatsTest, FloatingPoint);

TYPED_TEST(ExtremeOfFloatsTest, NansWinAndZerosHaveAnOrder) {
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  for_each_target([&] {
    for (const std::size_t size : SIZES) {
      if (size < 2) continue;
      std::vector<TypeParam> x(size, TypeParam{0});
      x[size / 2] = TypeParam{-0.0};
      EXPECT_TRUE(std::signbit(min(x)));
      EXPECT_FALSE(std::signbit(max(x)));
      EXPECT_EQ(argmax(x), 0U);
      std::vector<TypeParam> negative(size, TypeParam{-0.0});
      EXPECT_TRUE(std::signbit(max(negative)));
      negative[size - 1] = TypeParam{0};
      EXPECT_FALSE(std::signbit(max(negative)));
      EXPECT_EQ(argmax(negative), 0U);
      x[size / 2] = nan;
      x[size - 1] = 5;
      if (size > 2) {
        EXPECT_TRUE(is_nan(max(x)));
        EXPECT_TRUE(is_nan(min(x)));
        EXPECT_EQ(argmax(x), size / 2);
      }
    }
  });
}

}  // namespace
}  // namespace armillion::ops::test
