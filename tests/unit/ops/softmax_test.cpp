#include "armillion/ops/softmax.hpp"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "armillion/ops/losses.hpp"
#include "support.hpp"

namespace armillion::ops::test {
namespace {

template <class T>
class SoftmaxTest : public ::testing::Test {};
using FloatingPoint = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SoftmaxTest, FloatingPoint);

template <class T>
std::vector<long double> exact_softmax(const std::vector<T>& x) {
  const T largest = *std::ranges::max_element(x);
  std::vector<long double> result;
  long double sum = 0;
  for (const T element : x) sum += result.emplace_back(std::exp(static_cast<long double>(element) - largest));
  for (long double& element : result) element /= sum;
  return result;
}

/// The relative error that the header allows.
template <class T>
long double bound_of(std::size_t size, T distance) {
  const auto count = static_cast<long double>(size);
  return std::is_same_v<T, float> ? (distance + std::log(count) + 90) * 0x1p-24L
                                  : (distance + std::log(count) + 150 + std::ceil(count / 4096)) * 0x1p-53L;
}

TYPED_TEST(SoftmaxTest, ErrorsAreWithinTheStatedBoundOnEveryTarget) {
  for (const TypeParam bound : {TypeParam{1}, TypeParam{30}, TypeParam{1000}}) {
    for (const std::size_t size : SIZES) {
      if (size == 0) continue;
      const std::vector<TypeParam> x = uniform<TypeParam>(size, -bound, bound, size);
      const TypeParam largest = *std::ranges::max_element(x);
      const std::vector<long double> exact = exact_softmax(x);
      for_each_target([&] {
        std::vector<TypeParam> result(size);
        softmax(x, result);
        for (std::size_t i = 0; i < size; ++i) {
          const long double rounding = std::numeric_limits<TypeParam>::denorm_min();
          ASSERT_LE(std::abs(result[i] - exact[i]), bound_of(size, largest - x[i]) * exact[i] + rounding)
              << "element " << i << " of " << size << ", " << result[i];
        }
      });
    }
  }
}

TYPED_TEST(SoftmaxTest, InPlaceIsTheSame) {
  for (const std::size_t size : SIZES) {
    const std::vector<TypeParam> x = uniform<TypeParam>(size, -10, 10, size);
    for_each_target([&] {
      std::vector<TypeParam> expected(size);
      softmax(x, expected);
      std::vector<TypeParam> in_place = x;
      softmax(in_place, in_place);
      expect_same(in_place, expected);
    });
  }
}

TYPED_TEST(SoftmaxTest, InfinitiesAndNansHaveTheirLimits) {
  const TypeParam infinity = std::numeric_limits<TypeParam>::infinity();
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  for_each_target([&] {
    for (const std::size_t size : {2UZ, 40UZ, 100UZ}) {
      std::vector<TypeParam> x(size, TypeParam{3});
      std::vector<TypeParam> result(size);
      x[1] = -infinity;
      softmax(x, result);
      EXPECT_EQ(result[1], 0);
      EXPECT_NEAR(result[0], 1.0 / (static_cast<double>(size) - 1), 1e-6);
      for (const TypeParam special : {infinity, nan}) {
        x[1] = special;
        softmax(x, result);
        for (const TypeParam element : result) ASSERT_TRUE(is_nan(element)) << special;
      }
      softmax(std::vector<TypeParam>(size, -infinity), result);
      for (const TypeParam element : result) ASSERT_TRUE(is_nan(element));
    }
  });
}

TYPED_TEST(SoftmaxTest, RowsAreDoneOneByOneWithThreadsOrWithout) {
  constexpr std::size_t ROWS = 2000;
  constexpr std::size_t COLUMNS = 37;
  constexpr std::size_t STRIDE = 40;
  const std::vector<TypeParam> x = uniform<TypeParam>(ROWS * STRIDE, -10, 10, 1);
  const MatrixView<const TypeParam> rows(x, ROWS, COLUMNS, STRIDE);
  std::vector<TypeParam> result(ROWS * COLUMNS);
  softmax(rows, MatrixView<TypeParam>(result, ROWS, COLUMNS));
  for (std::size_t row = 0; row < ROWS; ++row) {
    std::vector<TypeParam> expected(COLUMNS);
    softmax(std::span(x).subspan(row * STRIDE, COLUMNS), expected);
    expect_same(std::vector(result.begin() + row * COLUMNS, result.begin() + (row + 1) * COLUMNS), expected);
  }
  Threads threads;
  std::vector<TypeParam> by_threads(result.size());
  softmax(threads, rows, MatrixView<TypeParam>(by_threads, ROWS, COLUMNS));
  expect_same(by_threads, result);
  EXPECT_GT(threads.pieces(), 1U);
}

TYPED_TEST(SoftmaxTest, ErrorsComeBeforeAnythingIsWritten) {
  const std::vector<TypeParam> x{1, 2, 3, 4};
  std::vector<TypeParam> result(4, TypeParam{7});
  const std::span<TypeParam> all(result);
  expect_invalid([&] { softmax(x, all.first(3)); });
  expect_invalid([&] { softmax(all.first(3), all.last(3)); });
  expect_invalid([&] { softmax(MatrixView<const TypeParam>(x, 2, 2), MatrixView<TypeParam>(result, 1, 4)); });
  expect_invalid([&] { softmax(MatrixView<TypeParam>(result, 2, 1, 2), MatrixView<TypeParam>(all.first(2), 2, 1)); });
  expect_invalid([&] { MatrixView<TypeParam>(result, 2, 3); });
  expect_invalid([&] { MatrixView<TypeParam>(result, 2, 3, 2); });
  expect_invalid([&] { MatrixView<TypeParam>(result, 2, 2, 3); });
  EXPECT_EQ(result, std::vector<TypeParam>(4, TypeParam{7}));
}

template <class T>
class LossesTest : public ::testing::Test {};
TYPED_TEST_SUITE(LossesTest, FloatingPoint);

template <class T>
constexpr double TOLERANCE = std::is_same_v<T, float> ? 1e-5 : 1e-13;

TYPED_TEST(LossesTest, MseIsTheMeanOfSquares) {
  for (const std::size_t size : SIZES) {
    if (size == 0) continue;
    const std::vector<TypeParam> prediction = uniform<TypeParam>(size, -3, 3, size);
    const std::vector<TypeParam> target = uniform<TypeParam>(size, -3, 3, size + 7);
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i)
      expected += std::pow(static_cast<double>(prediction[i]) - target[i], 2) / size;
    for_each_target([&] { EXPECT_NEAR(mse(prediction, target), expected, TOLERANCE<TypeParam> * expected) << size; });
  }
}

TYPED_TEST(LossesTest, CrossEntropyIsTheLogarithmOfSoftmax) {
  for (const std::size_t size : SIZES) {
    if (size == 0) continue;
    const std::vector<TypeParam> logits = uniform<TypeParam>(size, -500, 500, size);
    const std::size_t label = size / 2;
    const double expected = static_cast<double>([&] {
      const TypeParam largest = *std::ranges::max_element(logits);
      long double sum = 0;
      for (const TypeParam logit : logits) sum += std::exp(static_cast<long double>(logit) - largest);
      return std::log(sum) + largest - logits[label];
    }());
    for_each_target(
        [&] { EXPECT_NEAR(cross_entropy(logits, label), expected, TOLERANCE<TypeParam> * (1 + expected)) << size; });
  }
}

TYPED_TEST(LossesTest, CrossEntropyOfRowsIsTheirMean) {
  const std::vector<TypeParam> logits = uniform<TypeParam>(50, -5, 5, 1);
  const std::vector<std::uint32_t> labels{0, 9, 4, 4, 1};
  double expected = 0;
  for (std::size_t row = 0; row < 5; ++row) {
    expected += cross_entropy(std::span(logits).subspan(row * 10, 10), labels[row]) / 5;
  }
  EXPECT_NEAR(cross_entropy(MatrixView<const TypeParam>(logits, 5, 10), labels), expected, TOLERANCE<TypeParam>);
}

TYPED_TEST(LossesTest, WhatHasNoMeaningIsAnError) {
  const std::vector<TypeParam> x{1, 2, 3, 4};
  const std::vector<TypeParam> none;
  const std::vector<std::uint32_t> labels{0, 2};
  const auto call = [](auto loss) { return [loss] { static_cast<void>(loss()); }; };
  expect_invalid(call([&] { return mse(none, none); }));
  expect_invalid(call([&] { return mse(x, std::span(x).first(3)); }));
  expect_invalid(call([&] { return cross_entropy(x, std::size_t{4}); }));
  expect_invalid(call([&] { return cross_entropy(MatrixView<const TypeParam>(x, 2, 2), labels); }));
  expect_invalid(call([&] { return cross_entropy(MatrixView<const TypeParam>(x, 1, 4), labels); }));
  expect_invalid(call([&] { return cross_entropy(MatrixView<const TypeParam>(none, 0, 4), {}); }));
}

}  // namespace
}  // namespace armillion::ops::test
