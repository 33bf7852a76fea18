#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <span>
#include <vector>

#include "armillion/ops/elementwise.hpp"
#include "support.hpp"

namespace armillion::ops::test {
namespace {

/// A function of one argument: ours, the exact one, and how far they may be apart.
template <class T>
struct Function {
  const char* name;
  std::function<void(std::span<const T>, std::span<T>)> apply;
  Wide<T> (*exact)(Wide<T> x);
  double most_ulps;
  /// Results that are not normal are left out.
  bool only_normal = false;
};

template <class W>
W exact_sigmoid(W x) {
  const W e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

template <class W>
W exact_gelu(W x) {
  return std::isinf(x) ? std::max(x, W{0}) : x * std::erfc(-x / std::sqrt(W{2})) / 2;
}

template <class T>
std::vector<Function<T>> functions() {
  using W = Wide<T>;
  return {
      {"exp", exp, [](W x) -> W { return std::exp(x); }, 4},
      {"log", log, [](W x) -> W { return std::log(x); }, 4},
      {"sigmoid", sigmoid, exact_sigmoid<W>, 4},
      {"tanh", tanh, [](W x) -> W { return std::tanh(x); }, 4},
      {"gelu", gelu, exact_gelu<W>, 8, true},
  };
}

/// The largest error, and where. Half a unit, that of results that are rounded correctly, is not measured.
struct Worst {
  double ulps = 0.5;
  double argument = 0;

  void take(double error, double at) {
    if (error > ulps) *this = {error, at};
  }
};

template <class T>
Worst worst_of(const Function<T>& function, const std::vector<T>& arguments, const std::vector<Wide<T>>& exact) {
  std::vector<T> results(arguments.size());
  function.apply(arguments, results);
  Worst worst;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (results[i] == static_cast<T>(exact[i])) continue;
    if (function.only_normal && std::abs(exact[i]) < std::numeric_limits<T>::min() && exact[i] != 0) continue;
    worst.take(ulps(results[i], exact[i]), arguments[i]);
  }
  return worst;
}

template <class T>
std::vector<Wide<T>> exact_results(const Function<T>& function, const std::vector<T>& arguments) {
  std::vector<Wide<T>> exact;
  exact.reserve(arguments.size());
  for (const T x : arguments) exact.push_back(function.exact(x));
  return exact;
}

/// Random bits, and random numbers where functions are neither 0 nor infinite.
template <class T>
std::vector<T> arguments() {
  std::vector<T> values = mixed_values<T>(50'000, 1);
  for (const T bound : {T{1}, T{20}, T{110}, T{750}}) {
    const std::vector<T> more = uniform<T>(50'000, -bound, bound, 2);
    values.insert(values.end(), more.begin(), more.end());
  }
  return values;
}

template <class T>
class ElementaryTest : public ::testing::Test {};
using FloatingPoint = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ElementaryTest, FloatingPoint);

TYPED_TEST(ElementaryTest, ErrorsAreWithinTheBoundOnEveryTarget) {
  const std::vector<TypeParam> x = arguments<TypeParam>();
  for (const Function<TypeParam>& function : functions<TypeParam>()) {
    const auto exact = exact_results(function, x);
    for_each_target([&] {
      const Worst worst = worst_of(function, x, exact);
      EXPECT_LE(worst.ulps, function.most_ulps) << function.name << " of " << worst.argument;
      this->RecordProperty(std::string(function.name) + "_" + target(), std::to_string(worst.ulps));
    });
  }
}

TYPED_TEST(ElementaryTest, ResultsDoNotDependOnSizePositionOrAlignment) {
  const std::vector<TypeParam> x = mixed_values<TypeParam>(200, 3);
  for (const Function<TypeParam>& function : functions<TypeParam>()) {
    for_each_target([&] {
      std::vector<TypeParam> whole(x.size());
      function.apply(x, whole);
      for (std::size_t first = 0; first < 9; ++first) {
        for (std::size_t size = 0; size + first <= 70; ++size) {
          std::vector<TypeParam> part(size);
          function.apply(std::span(x).subspan(first, size), part);
          expect_same(part, std::vector(whole.begin() + first, whole.begin() + first + size));
        }
      }
    });
  }
}

TYPED_TEST(ElementaryTest, SpecialArgumentsHaveTheirLimits) {
  using Limits = std::numeric_limits<TypeParam>;
  const TypeParam infinity = Limits::infinity();
  const TypeParam nan = Limits::quiet_NaN();
  const std::vector<TypeParam> x{TypeParam{0}, TypeParam{-0.0}, infinity, -infinity, nan};
  const auto expect = [&](const auto& function, const std::vector<TypeParam>& expected) {
    std::vector<TypeParam> results(x.size());
    function(x, results);
    expect_same(results, expected);
  };
  const TypeParam zero = 0;
  const TypeParam one = 1;
  const TypeParam half = 0.5;
  for_each_target([&] {
    expect(exp, {one, one, infinity, zero, nan});
    expect(log, {-infinity, -infinity, infinity, nan, nan});
    expect(sigmoid, {half, half, one, zero, nan});
    expect(tanh, {zero, -zero, one, -one, nan});
    expect(gelu, {zero, -zero, infinity, -zero, nan});
  });
}

TYPED_TEST(ElementaryTest, LogarithmsOfNegativeNumbersAreNan) {
  for_each_target([] {
    const std::vector<TypeParam> x{-1, -std::numeric_limits<TypeParam>::denorm_min(),
                                   -std::numeric_limits<TypeParam>::max()};
    std::vector<TypeParam> results(x.size());
    log(x, results);
    for (const TypeParam result : results) EXPECT_TRUE(is_nan(result));
  });
}

/// The largest error on each target over all floats.
std::vector<Worst> worst_of_all_floats(const Function<float>& function) {
  constexpr std::uint64_t CHUNK = 1U << 16;
  std::vector<Worst> worst(targets().size());
  std::vector<float> x(CHUNK);
  for (std::uint64_t first = 0; first < std::uint64_t{1} << 32; first += CHUNK) {
    for (std::uint64_t i = 0; i < CHUNK; ++i) x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + i));
    const std::vector<double> exact = exact_results(function, x);
    std::size_t number = 0;
    for_each_target([&] {
      const Worst found = worst_of(function, x, exact);
      worst[number++].take(found.ulps, found.argument);
    });
  }
  return worst;
}

class ElementaryExhaustiveTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ElementaryExhaustiveTest, AllFloatsAreWithinTheBound) {
  const Function<float> function = functions<float>()[GetParam()];
  const std::vector<Worst> worst = worst_of_all_floats(function);
  for (std::size_t i = 0; i < worst.size(); ++i) {
    EXPECT_LE(worst[i].ulps, function.most_ulps) << targets()[i] << ", argument " << worst[i].argument;
    std::printf("%s, %s: at most %.3f ulp, at %.9g\n", function.name, targets()[i].c_str(), worst[i].ulps,
                worst[i].argument);
  }
}

INSTANTIATE_TEST_SUITE_P(, ElementaryExhaustiveTest, ::testing::Range<std::size_t>(0, 5),
                         [](const auto& parameter) { return std::string(functions<float>()[parameter.param].name); });

}  // namespace
}  // namespace armillion::ops::test
