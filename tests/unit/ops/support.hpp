#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/ops/target.hpp"
#include "armillion/ops/thread_pool.hpp"

namespace armillion::ops::test {

/// Runs `body` once with each target that this machine has, the scalar one included.
inline void for_each_target(const std::function<void()>& body) {
  const std::string before = target();
  for (const std::string& name : targets()) {
    SCOPED_TRACE("target " + name);
    set_target(name);
    body();
  }
  set_target(before);
}

/// Sizes around every vector's, partial sums' and block's.
inline const std::vector<std::size_t> SIZES{0,  1,  2,  3,  4,  5,  7,  8,   9,   15,   16,   17,  31,
                                            32, 33, 63, 64, 65, 95, 97, 127, 191, 1000, 4096, 8229};

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <class T>
bool is_nan(T x) {
  return x != x;
}

/// Equal to the last bit, except that all NaNs are one.
template <class T>
bool same(T a, T b) {
  return (is_nan(a) && is_nan(b)) || std::bit_cast<Bits<T>>(a) == std::bit_cast<Bits<T>>(b);
}

template <class T>
void expect_same(const std::vector<T>& actual, const std::vector<T>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_TRUE(same(actual[i], expected[i]))
        << "element " << i << " of " << actual.size() << ": " << actual[i] << ", not " << expected[i];
  }
}

/// Zeros, infinities, NaNs, the ends of the subnormal and normal numbers, and ordinary numbers, of both signs.
template <class T>
std::vector<T> edge_values() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values;
  if constexpr (std::is_floating_point_v<T>) {
    for (const T x : {T{0},
                      Limits::denorm_min(),
                      Limits::min() / 2,
                      std::nextafter(Limits::min(), T{0}),
                      Limits::min(),
                      Limits::epsilon(),
                      T{0.5},
                      T{1},
                      std::nextafter(T{1}, T{2}),
                      T{1.5},
                      T{2},
                      T{3},
                      T{10},
                      T{88},
                      T{104},
                      T{709},
                      T{745},
                      T{1e10},
                      Limits::max(),
                      Limits::infinity(),
                      Limits::quiet_NaN()}) {
      values.push_back(x);
      values.push_back(-x);
    }
  } else {
    values = {0, 1, -1, 2, 3, 65535, 65536, Limits::max(), Limits::max() - 1, Limits::min(), Limits::min() + 1};
  }
  return values;
}

/// Random numbers of every exponent and, for floating point, every class: random bits.
template <class T>
std::vector<T> random_bits(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> values(size);
  for (T& value : values) value = std::bit_cast<T>(static_cast<Bits<T>>(random()));
  return values;
}

/// Random numbers between bounds.
template <class T>
std::vector<T> uniform(std::size_t size, T low, T high, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> values(size);
  if constexpr (std::is_floating_point_v<T>) {
    std::uniform_real_distribution<T> distribution(low, high);
    for (T& value : values) value = distribution(random);
  } else {
    std::uniform_int_distribution<T> distribution(low, high);
    for (T& value : values) value = distribution(random);
  }
  return values;
}

/// Edge values, then random bits, `size` in all.
template <class T>
std::vector<T> mixed_values(std::size_t size, std::uint64_t seed) {
  std::vector<T> values = edge_values<T>();
  std::shuffle(values.begin(), values.end(), std::mt19937_64(seed));
  values.resize(std::min(size, values.size()));
  const std::vector<T> rest = random_bits<T>(size - values.size(), seed + 1);
  values.insert(values.end(), rest.begin(), rest.end());
  return values;
}

/// What results of type T are compared with.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// How far a result is from the exact value, in units in the last place of the latter as a T. Infinity is the next
/// number after the largest, as rounding sees it; NaNs are right only for NaNs.
template <class T>
double ulps(T actual, Wide<T> exact) {
  if (is_nan(actual) || is_nan(exact)) return is_nan(actual) && is_nan(exact) ? 0 : HUGE_VAL;
  using Limits = std::numeric_limits<T>;
  const Wide<T> behind_max = std::ldexp(Wide<T>{1}, Limits::max_exponent);
  const auto finite = [&](Wide<T> x) { return std::clamp(x, -behind_max, behind_max); };
  const int exponent =
      exact == 0 ? Limits::min_exponent : std::max(std::ilogb(finite(exact)) + 1, Limits::min_exponent);
  const Wide<T> unit = std::ldexp(Wide<T>{1}, exponent - Limits::digits);
  return static_cast<double>(std::abs(finite(actual) - finite(exact)) / unit);
}

inline ErrorCode error_code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "there was no error";
  return {};
}

inline void expect_invalid(const std::function<void()>& call) {
  EXPECT_EQ(error_code_of(call), ErrorCode::INVALID_ARGUMENT);
}

/// A pool of three threads that are made for each call.
class Threads final : public ThreadPool {
 public:
  void run(std::size_t pieces, const std::function<void(std::size_t)>& work) override {
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&] {
        for (std::size_t piece = next++; piece < pieces; piece = next++) work(piece);
      });
    }
    pieces_ += pieces;
  }

  /// Of all calls.
  std::size_t pieces() const { return pieces_; }

 private:
  std::size_t pieces_ = 0;
};

}  // namespace armillion::ops::test
