#include "armillion/ops/arrangement.hpp"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "support.hpp"

namespace armillion::ops::test {
namespace {

template <class T>
class ArrangementTest : public ::testing::Test {};
using Elements = ::testing::Types<float, double, std::int32_t>;
TYPED_TEST_SUITE(ArrangementTest, Elements);

template <class T, class Object, class Holds>
void expect_comparison(const Object& compare, Holds holds) {
  const std::vector<T> edges = edge_values<T>();
  for (const std::size_t size : SIZES) {
    std::vector<T> a = mixed_values<T>(size, size);
    std::vector<T> b = mixed_values<T>(size, size + 7);
    for (std::size_t i = 0; i < size; i += 3) b[i] = a[i];
    for (std::size_t i = 0; i < size; ++i) a[i] = i % 5 == 0 ? edges[i % edges.size()] : a[i];
    for_each_target([&] {
      std::vector<std::uint8_t> mask(size, 9);
      compare(a, b, mask);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(mask[i], holds(a[i], b[i]) ? 1 : 0) << a[i] << " and " << b[i];
      compare(a, T{1}, mask);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(mask[i], holds(a[i], T{1}) ? 1 : 0) << a[i];
    });
  }
}

TYPED_TEST(ArrangementTest, ComparisonsAreThoseOfTheLanguage) {
  using T = TypeParam;
  expect_comparison<T>(equal, [](T a, T b) { return a == b; });
  expect_comparison<T>(not_equal, [](T a, T b) { return a != b; });
  expect_comparison<T>(less, [](T a, T b) { return a < b; });
  expect_comparison<T>(less_equal, [](T a, T b) { return a <= b; });
  expect_comparison<T>(greater, [](T a, T b) { return a > b; });
  expect_comparison<T>(greater_equal, [](T a, T b) { return a >= b; });
}

TYPED_TEST(ArrangementTest, WhereTakesBitsAsTheyAre) {
  for (const std::size_t size : SIZES) {
    const std::vector<TypeParam> a = random_bits<TypeParam>(size, size);
    const std::vector<TypeParam> b = random_bits<TypeParam>(size, size + 7);
    std::vector<std::uint8_t> mask(size);
    for (std::size_t i = 0; i < size; ++i) mask[i] = static_cast<std::uint8_t>(i * 37 % 3 == 0 ? 0 : i * 64 + 1);
    for_each_target([&] {
      std::vector<TypeParam> result(size);
      where(mask, a, b, result);
      std::vector<TypeParam> in_place = a;
      where(mask, in_place, b, in_place);
      for (std::size_t i = 0; i < size; ++i) {
        const TypeParam expected = mask[i] != 0 ? a[i] : b[i];
        ASSERT_EQ(std::bit_cast<Bits<TypeParam>>(result[i]), std::bit_cast<Bits<TypeParam>>(expected)) << i;
        ASSERT_EQ(std::bit_cast<Bits<TypeParam>>(in_place[i]), std::bit_cast<Bits<TypeParam>>(expected)) << i;
      }
    });
  }
}

TYPED_TEST(ArrangementTest, FillAndCopyReachEveryElementAndNoOther) {
  std::vector<TypeParam> matrix(12, TypeParam{1});
  fill(TypeParam{4}, std::span(matrix).first(4));
  fill(TypeParam{5}, Strided<TypeParam>(matrix.data() + 5, 3, 2));
  EXPECT_EQ(matrix, (std::vector<TypeParam>{4, 4, 4, 4, 1, 5, 1, 5, 1, 5, 1, 1}));
  std::vector<TypeParam> column(3);
  copy(Strided<const TypeParam>(matrix.data() + 3, 3, 4), Strided<TypeParam>(std::span(column)));
  EXPECT_EQ(column, (std::vector<TypeParam>{4, 5, 1}));
  copy(column, std::span(matrix).first(3));
  copy(matrix, matrix);
  EXPECT_EQ(matrix, (std::vector<TypeParam>{4, 5, 1, 4, 1, 5, 1, 5, 1, 5, 1, 1}));
}

TYPED_TEST(ArrangementTest, GatherAndScatterFollowTheirIndices) {
  const std::vector<TypeParam> source{10, 11, 12, 13};
  const std::vector<std::uint32_t> indices{3, 0, 3, 1};
  std::vector<TypeParam> result(4);
  gather(source, indices, result);
  EXPECT_EQ(result, (std::vector<TypeParam>{13, 10, 13, 11}));
  std::vector<TypeParam> scattered(5, TypeParam{1});
  scatter(source, indices, scattered);
  EXPECT_EQ(scattered, (std::vector<TypeParam>{11, 13, 1, 12, 1})) << "of equal indices the last counts";
}

TYPED_TEST(ArrangementTest, ErrorsComeBeforeAnythingIsWritten) {
  const std::vector<TypeParam> x{1, 2, 3};
  std::vector<TypeParam> result{7, 7, 7};
  std::vector<std::uint8_t> mask{1, 1, 1};
  const std::vector<std::uint32_t> too_large{0, 1, 3};
  const std::vector<std::uint32_t> indices{0, 1, 2};
  const std::span<TypeParam> all(result);
  expect_invalid([&] { gather(x, too_large, result); });
  expect_invalid([&] { scatter(x, too_large, result); });
  expect_invalid([&] { gather(x, indices, all.first(2)); });
  expect_invalid([&] { scatter(std::span(x).first(2), indices, result); });
  expect_invalid([&] { gather(result, indices, result); });
  expect_invalid([&] { scatter(result, indices, result); });
  expect_invalid([&] { copy(x, all.first(2)); });
  expect_invalid([&] { copy(all.first(2), all.last(2)); });
  expect_invalid([&] { where(mask, x, std::span(x).first(2), result); });
  expect_invalid([&] { where(std::span(mask).first(2), x, x, result); });
  expect_invalid([&] { less(x, x, std::span(mask).first(2)); });
  expect_invalid([&] { less(x, TypeParam{2}, std::span(mask).first(2)); });
  expect_invalid([&] { less(result, x, std::span(reinterpret_cast<std::uint8_t*>(result.data()), 3)); });
  expect_invalid([&] { prefix_sum(x, all.first(2)); });
  EXPECT_EQ(result, std::vector<TypeParam>(3, TypeParam{7}));
  EXPECT_EQ(mask, std::vector<std::uint8_t>(3, 1));
}

TYPED_TEST(ArrangementTest, PrefixSumsAreThoseFromLeftToRight) {
  const std::vector<TypeParam> x = uniform<TypeParam>(1000, TypeParam{-1000}, TypeParam{1000}, 1);
  using Total = std::conditional_t<std::is_integral_v<TypeParam>, std::int64_t, double>;
  Total total = 0;
  std::vector<TypeParam> expected;
  for (const TypeParam element : x) expected.push_back(static_cast<TypeParam>(total += element));
  std::vector<TypeParam> result(x.size());
  prefix_sum(x, result);
  expect_same(result, expected);
  std::vector<TypeParam> in_place = x;
  prefix_sum(in_place, in_place);
  expect_same(in_place, expected);
}

TEST(PrefixSumTest, SumsOfIntegersWrap) {
  const std::vector<std::int32_t> x{std::numeric_limits<std::int32_t>::max(), 1, 1};
  std::vector<std::int32_t> result(3);
  prefix_sum(x, result);
  EXPECT_EQ(result[1], std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(result[2], std::numeric_limits<std::int32_t>::min() + 1);
}

}  // namespace
}  // namespace armillion::ops::test
