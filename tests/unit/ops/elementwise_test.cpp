#include "armillion/ops/elementwise.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ops/kernels/streaming.hpp"
#include "support.hpp"

namespace armillion::ops::test {
namespace {

// What operations mean, said once more in the plainest way: bits of integers, and the C library.

template <class T>
T wrapped(auto value) {
  return static_cast<T>(static_cast<std::uint32_t>(value));
}

template <class T>
T expected_minimum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == 0 && b == 0) return std::signbit(a) || std::signbit(b) ? T{-0.0} : T{0};
  }
  return b < a ? b : a;
}

template <class T>
T expected_maximum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == 0 && b == 0) return std::signbit(a) && std::signbit(b) ? T{-0.0} : T{0};
  }
  return a < b ? b : a;
}

template <class T>
struct Unary {
  const char* name;
  std::function<void(std::span<const T>, std::span<T>)> on_arrays;
  std::function<void(ThreadPool&, std::span<const T>, std::span<T>)> on_threads;
  std::function<void(Strided<const T>, Strided<T>)> on_views;
  T (*expected)(T x);
};

template <class T>
struct Binary {
  const char* name;
  std::function<void(std::span<const T>, std::span<const T>, std::span<T>)> on_arrays;
  std::function<void(std::span<const T>, T, std::span<T>)> on_array_and_scalar;
  std::function<void(T, std::span<const T>, std::span<T>)> on_scalar_and_array;
  std::function<void(ThreadPool&, std::span<const T>, std::span<const T>, std::span<T>)> on_threads;
  std::function<void(Strided<const T>, Strided<const T>, Strided<T>)> on_views;
  T (*expected)(T a, T b);
};

template <class T, class Object>
Unary<T> unary(const char* name, const Object& object, T (*expected)(T)) {
  return {name, object, object, object, expected};
}

template <class T, class Object>
Binary<T> binary(const char* name, const Object& object, T (*expected)(T, T)) {
  return {name, object, object, object, object, object, expected};
}

template <class T>
std::vector<Unary<T>> unary_operations() {
  if constexpr (std::is_integral_v<T>) {
    return {unary<T>("abs", abs, [](T x) { return x < 0 ? wrapped<T>(-std::int64_t{x}) : x; }),
            unary<T>("neg", neg, [](T x) { return wrapped<T>(-std::int64_t{x}); }),
            unary<T>("relu", relu, [](T x) { return x > 0 ? x : 0; })};
  } else {
    return {unary<T>("abs", abs, [](T x) { return std::copysign(x, T{1}); }),
            unary<T>("neg", neg, [](T x) { return std::copysign(x, std::signbit(x) ? T{1} : T{-1}); }),
            unary<T>("relu", relu, [](T x) { return is_nan(x) || x > 0 ? x : T{0}; })};
  }
}

template <class T>
std::vector<Binary<T>> binary_operations() {
  std::vector<Binary<T>> operations{binary<T>("minimum", minimum, expected_minimum<T>),
                                    binary<T>("maximum", maximum, expected_maximum<T>)};
  if constexpr (std::is_integral_v<T>) {
    operations.push_back(binary<T>("add", add, [](T a, T b) { return wrapped<T>(std::int64_t{a} + b); }));
    operations.push_back(binary<T>("sub", sub, [](T a, T b) { return wrapped<T>(std::int64_t{a} - b); }));
    operations.push_back(binary<T>("mul", mul, [](T a, T b) { return wrapped<T>(std::int64_t{a} * b); }));
  } else {
    // float32 by way of float64, whose results are rounded to the right float32.
    operations.push_back(binary<T>("add", add, [](T a, T b) { return static_cast<T>(double(a) + double(b)); }));
    operations.push_back(binary<T>("sub", sub, [](T a, T b) { return static_cast<T>(double(a) - double(b)); }));
    operations.push_back(binary<T>("mul", mul, [](T a, T b) { return static_cast<T>(double(a) * double(b)); }));
    operations.push_back(binary<T>("div", div, [](T a, T b) { return static_cast<T>(double(a) / double(b)); }));
  }
  return operations;
}

template <class T>
class ElementwiseTest : public ::testing::Test {};
using Elements = ::testing::Types<float, double, std::int32_t>;
TYPED_TEST_SUITE(ElementwiseTest, Elements);

TYPED_TEST(ElementwiseTest, UnaryOperationsAreExactAtEverySizeOnEveryTarget) {
  for (const Unary<TypeParam>& operation : unary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    for (const std::size_t size : SIZES) {
      const std::vector<TypeParam> x = mixed_values<TypeParam>(size, size);
      std::vector<TypeParam> expected;
      for (const TypeParam element : x) expected.push_back(operation.expected(element));
      for_each_target([&] {
        std::vector<TypeParam> result(size);
        operation.on_arrays(x, result);
        expect_same(result, expected);
      });
    }
  }
}

TYPED_TEST(ElementwiseTest, BinaryOperationsAreExactAtEverySizeOnEveryTarget) {
  for (const Binary<TypeParam>& operation : binary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    for (const std::size_t size : SIZES) {
      const std::vector<TypeParam> a = mixed_values<TypeParam>(size, size);
      const std::vector<TypeParam> b = mixed_values<TypeParam>(size, size + 7);
      std::vector<TypeParam> expected;
      for (std::size_t i = 0; i < size; ++i) expected.push_back(operation.expected(a[i], b[i]));
      for_each_target([&] {
        std::vector<TypeParam> result(size);
        operation.on_arrays(a, b, result);
        expect_same(result, expected);
      });
    }
  }
}

TYPED_TEST(ElementwiseTest, BinaryOperationsAreExactOnAllPairsOfEdgeValues) {
  const std::vector<TypeParam> edges = edge_values<TypeParam>();
  for (const Binary<TypeParam>& operation : binary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    for (const TypeParam scalar : edges) {
      std::vector<TypeParam> scalar_last;
      std::vector<TypeParam> scalar_first;
      for (const TypeParam element : edges) {
        scalar_last.push_back(operation.expected(element, scalar));
        scalar_first.push_back(operation.expected(scalar, element));
      }
      for_each_target([&] {
        std::vector<TypeParam> result(edges.size());
        operation.on_array_and_scalar(edges, scalar, result);
        expect_same(result, scalar_last);
        operation.on_scalar_and_array(scalar, edges, result);
        expect_same(result, scalar_first);
        operation.on_arrays(edges, std::vector(edges.size(), scalar), result);
        expect_same(result, scalar_last);
      });
    }
  }
}

TYPED_TEST(ElementwiseTest, ResultsMayReplaceEitherOperand) {
  for (const Binary<TypeParam>& operation : binary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    for (const std::size_t size : SIZES) {
      const std::vector<TypeParam> a = mixed_values<TypeParam>(size, size);
      const std::vector<TypeParam> b = mixed_values<TypeParam>(size, size + 7);
      for_each_target([&] {
        std::vector<TypeParam> expected(size);
        operation.on_arrays(a, b, expected);
        std::vector<TypeParam> first = a;
        operation.on_arrays(first, b, first);
        expect_same(first, expected);
        std::vector<TypeParam> second = b;
        operation.on_arrays(a, second, second);
        expect_same(second, expected);
      });
    }
  }
}

TYPED_TEST(ElementwiseTest, ElementsBesideTheResultStayAsTheyAre) {
  const std::vector<TypeParam> a(100, TypeParam{1});
  for_each_target([&] {
    for (std::size_t size = 0; size < 40; ++size) {
      std::vector<TypeParam> around(size + 20, TypeParam{7});
      add(std::span(a).first(size), std::span(a).first(size), std::span(around).subspan(10, size));
      for (std::size_t i = 0; i < around.size(); ++i) {
        ASSERT_EQ(around[i], i >= 10 && i < 10 + size ? TypeParam{2} : TypeParam{7}) << i << " of " << size;
      }
    }
  });
}

TYPED_TEST(ElementwiseTest, ArraysThatNoCacheHoldsGiveTheSame) {
  constexpr std::size_t SIZE = STREAMED_FROM_BYTES / sizeof(TypeParam) / 3 + 1'003;
  const std::vector<TypeParam> a = uniform<TypeParam>(SIZE, -100, 100, 1);
  const std::vector<TypeParam> b = uniform<TypeParam>(SIZE, -100, 100, 2);
  for_each_target([&] {
    for (const std::size_t misaligned : {0UZ, 1UZ, 7UZ}) {
      std::vector<TypeParam> result(SIZE + 8, TypeParam{7});
      add(a, b, std::span(result).subspan(misaligned, SIZE));
      for (std::size_t i = 0; i < SIZE; ++i) ASSERT_EQ(result[misaligned + i], a[i] + b[i]) << i;
      for (std::size_t i = 0; i < 8; ++i) ASSERT_EQ(result[i < misaligned ? i : SIZE + i], TypeParam{7}) << i;
    }
    std::vector<TypeParam> in_place = a;
    add(in_place, b, in_place);
    for (std::size_t i = 0; i < SIZE; ++i) ASSERT_EQ(in_place[i], a[i] + b[i]) << i;
  });
}

TYPED_TEST(ElementwiseTest, StridedViewsGiveWhatArraysDo) {
  constexpr std::size_t SIZE = 1300;
  const std::vector<TypeParam> a = mixed_values<TypeParam>(SIZE, 1);
  const std::vector<TypeParam> b = mixed_values<TypeParam>(SIZE, 2);
  std::vector<TypeParam> spread(SIZE * 3);
  for (std::size_t i = 0; i < SIZE; ++i) spread[3 * i] = a[i];
  const Strided<TypeParam> forward(spread.data(), SIZE, 3);
  const Strided<const TypeParam> backward(b.data() + SIZE - 1, SIZE, -1);
  const std::vector<TypeParam> reversed(b.rbegin(), b.rend());
  for (const Binary<TypeParam>& operation : binary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    std::vector<TypeParam> expected(SIZE);
    operation.on_arrays(a, reversed, expected);
    std::vector<TypeParam> result(SIZE * 2, TypeParam{5});
    operation.on_views(forward, backward, Strided<TypeParam>(result.data(), SIZE, 2));
    for (std::size_t i = 0; i < SIZE; ++i) {
      ASSERT_TRUE(same(result[2 * i], expected[i])) << i;
      ASSERT_EQ(result[2 * i + 1], TypeParam{5}) << i;
    }
  }
  for (const Unary<TypeParam>& operation : unary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    std::vector<TypeParam> expected(SIZE);
    operation.on_arrays(a, expected);
    std::vector<TypeParam> result = spread;
    operation.on_views(Strided<TypeParam>(result.data(), SIZE, 3), Strided<TypeParam>(result.data(), SIZE, 3));
    for (std::size_t i = 0; i < SIZE; ++i) ASSERT_TRUE(same(result[3 * i], expected[i])) << i;
  }
}

TYPED_TEST(ElementwiseTest, ThreadsGiveWhatOneDoes) {
  constexpr std::size_t SIZE = 200'001;
  const std::vector<TypeParam> a = random_bits<TypeParam>(SIZE, 1);
  const std::vector<TypeParam> b = random_bits<TypeParam>(SIZE, 2);
  std::vector<TypeParam> expected(SIZE);
  std::vector<TypeParam> result(SIZE);
  Threads threads;
  for (const Binary<TypeParam>& operation : binary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    operation.on_arrays(a, b, expected);
    operation.on_threads(threads, a, b, result);
    expect_same(result, expected);
  }
  for (const Unary<TypeParam>& operation : unary_operations<TypeParam>()) {
    SCOPED_TRACE(operation.name);
    operation.on_arrays(a, expected);
    operation.on_threads(threads, a, result);
    expect_same(result, expected);
  }
  EXPECT_GT(threads.pieces(), 3 * unary_operations<TypeParam>().size());
}

TYPED_TEST(ElementwiseTest, ClipKeepsWithinItsBoundsAndLeavesNans) {
  const TypeParam low = -2;
  const TypeParam high = 3;
  for (const std::size_t size : SIZES) {
    const std::vector<TypeParam> x = mixed_values<TypeParam>(size, size);
    std::vector<TypeParam> expected = x;
    for (TypeParam& element : expected) element = element < low ? low : element > high ? high : element;
    for_each_target([&] {
      std::vector<TypeParam> result(size);
      clip(x, low, high, result);
      expect_same(result, expected);
    });
  }
  Threads threads;
  const std::vector<TypeParam> x = random_bits<TypeParam>(100'000, 1);
  std::vector<TypeParam> expected(x.size());
  std::vector<TypeParam> result(x.size());
  clip(x, low, high, expected);
  clip(threads, x, low, high, result);
  expect_same(result, expected);
  clip(Strided(x), low, high, Strided(result));
  expect_same(result, expected);
}

TYPED_TEST(ElementwiseTest, ErrorsComeBeforeAnythingIsWritten) {
  const std::vector<TypeParam> x{1, 2, 3};
  std::vector<TypeParam> result{7, 7, 7};
  const std::span<TypeParam> all(result);
  Threads threads;
  expect_invalid([&] { add(x, std::span(x).first(2), result); });
  expect_invalid([&] { add(x, x, all.first(2)); });
  expect_invalid([&] { add(x, TypeParam{1}, all.first(2)); });
  expect_invalid([&] { add(TypeParam{1}, x, all.first(2)); });
  expect_invalid([&] { add(threads, x, x, all.first(2)); });
  expect_invalid([&] { abs(x, all.first(2)); });
  expect_invalid([&] { clip(x, TypeParam{2}, TypeParam{1}, result); });
  expect_invalid([&] { add(all.first(2), std::span(x).first(2), all.last(2)); });
  expect_invalid([&] { add(std::span(x).first(2), all.last(2), all.first(2)); });
  expect_invalid([&] { neg(all.first(2), all.last(2)); });
  expect_invalid([&] { neg(Strided<TypeParam>(result.data(), 2, 1), Strided<TypeParam>(result.data(), 2, 2)); });
  expect_invalid([&] { neg(Strided<TypeParam>(result.data(), 2, 1), Strided<TypeParam>(result.data() + 1, 2, 1)); });
  expect_invalid([&] { Strided<TypeParam>(result.data(), 3, 0); });
  EXPECT_EQ(result, std::vector<TypeParam>(3, TypeParam{7}));
}

TYPED_TEST(ElementwiseTest, ColumnsOfOneMatrixDoNotOverlap) {
  std::vector<TypeParam> matrix{1, 0, 2, 0, 3, 0};
  neg(Strided(matrix.data(), 3, 2), Strided(matrix.data() + 1, 3, 2));
  EXPECT_EQ(matrix, (std::vector<TypeParam>{1, -1, 2, -2, 3, -3}));
}

template <class T>
class FmaTest : public ::testing::Test {};
using FloatingPoint = ::testing::Types<float, double>;
TYPED_TEST_SUITE(FmaTest, FloatingPoint);

TYPED_TEST(FmaTest, RoundsOnceOnEveryTarget) {
  for (const std::size_t size : SIZES) {
    const std::vector<TypeParam> a = mixed_values<TypeParam>(size, size);
    const std::vector<TypeParam> b = mixed_values<TypeParam>(size, size + 7);
    std::vector<TypeParam> c(size);
    mul(a, b, c);
    neg(c, c);  // what is left of the sum is the product's rounding error
    std::vector<TypeParam> expected;
    std::vector<TypeParam> expected_of_scalar;
    for (std::size_t i = 0; i < size; ++i) {
      expected.push_back(std::fma(a[i], b[i], c[i]));
      expected_of_scalar.push_back(std::fma(a[i], TypeParam{3}, c[i]));
    }
    for_each_target([&] {
      std::vector<TypeParam> result(size);
      fma(a, b, c, result);
      expect_same(result, expected);
      fma(a, TypeParam{3}, c, result);
      expect_same(result, expected_of_scalar);
      std::vector<TypeParam> in_place = c;
      fma(a, b, in_place, in_place);
      expect_same(in_place, expected);
    });
  }
}

TYPED_TEST(FmaTest, ThreadsAndStridedViewsGiveTheSame) {
  const std::vector<TypeParam> a = random_bits<TypeParam>(100'000, 1);
  const std::vector<TypeParam> b = random_bits<TypeParam>(a.size(), 2);
  const std::vector<TypeParam> c = random_bits<TypeParam>(a.size(), 3);
  std::vector<TypeParam> expected(a.size());
  fma(a, b, c, expected);
  std::vector<TypeParam> result(a.size());
  Threads threads;
  fma(threads, a, b, c, result);
  expect_same(result, expected);
  using View = Strided<const TypeParam>;
  fma(View(a.data(), a.size(), 1), View(b.data(), b.size(), 1), View(c.data(), c.size(), 1),
      Strided<TypeParam>(result.data() + result.size() - 1, result.size(), -1));
  std::ranges::reverse(result);
  expect_same(result, expected);
}

TEST(TargetTest, TheWidestTargetIsTheDefaultAndScalarTheLast) {
  EXPECT_EQ(target(), targets().front());
  EXPECT_EQ(targets().back(), "scalar");
  EXPECT_EQ(error_code_of([] { set_target("AVX9"); }), ErrorCode::UNAVAILABLE);
  EXPECT_EQ(target(), targets().front());
}

}  // namespace
}  // namespace armillion::ops::test
