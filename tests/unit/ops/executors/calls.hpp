#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <vector>

#include "armillion/ops.hpp"
#include "armillion/ops/executor.hpp"
#include "unit/ops/executors/support.hpp"
#include "unit/ops/support.hpp"

namespace armillion::ops::test {

// Elementwise calls and reductions on buffers, beside the same on arrays.

/// Up to three operands and two scalars for an elementwise operation, on arrays or on buffers.
template <class T>
struct Operation {
  const char* name;
  std::function<void(std::span<const T>, std::span<const T>, std::span<const T>, T, T, std::span<T>)> on_arrays;
  std::function<void(const Buffer<T>&, const Buffer<T>&, const Buffer<T>&, T, T, Buffer<T>&)> on_buffers;
};

template <class T, class Call>
Operation<T> operation(const char* name, Call call) {
  return {name, call, call};
}

template <class T>
std::vector<Operation<T>> operations() {
  using Name = const char*;
  std::vector<Operation<T>> all;
  const auto add_binary = [&](Name of_arrays, Name of_last_scalar, Name of_first_scalar, const auto& function) {
    const auto on_arrays = [&function](const auto& a, const auto& b, const auto&, T, T, auto&& result) {
      function(a, b, result);
    };
    const auto on_last = [&function](const auto& a, const auto&, const auto&, T x, T, auto&& result) {
      function(a, x, result);
    };
    const auto on_first = [&function](const auto& a, const auto&, const auto&, T x, T, auto&& result) {
      function(x, a, result);
    };
    all.push_back(operation<T>(of_arrays, on_arrays));
    all.push_back(operation<T>(of_last_scalar, on_last));
    all.push_back(operation<T>(of_first_scalar, on_first));
  };
  const auto add_unary = [&](Name name, const auto& function) {
    all.push_back(operation<T>(
        name, [&function](const auto& a, const auto&, const auto&, T, T, auto&& result) { function(a, result); }));
  };
  add_unary("abs", abs);
  add_unary("neg", neg);
  add_unary("relu", relu);
  add_unary("copy", copy);
  all.push_back(
      operation<T>("fill", [](const auto&, const auto&, const auto&, T x, T, auto&& result) { fill(x, result); }));
  all.push_back(operation<T>("clip", [](const auto& a, const auto&, const auto&, T x, T y, auto&& result) {
    if (x <= y || y <= x) clip(a, std::min(x, y), std::max(x, y), result);
  }));
  add_binary("add", "add a scalar", "add to a scalar", add);
  add_binary("sub", "sub a scalar", "sub from a scalar", sub);
  add_binary("mul", "mul by a scalar", "mul a scalar", mul);
  add_binary("minimum", "minimum with a scalar", "minimum of a scalar", minimum);
  add_binary("maximum", "maximum with a scalar", "maximum of a scalar", maximum);
  if constexpr (std::is_floating_point_v<T>) {
    add_binary("div", "div by a scalar", "div a scalar", div);
    all.push_back(operation<T>(
        "fma", [](const auto& a, const auto& b, const auto& c, T, T, auto&& result) { fma(a, b, c, result); }));
    all.push_back(operation<T>("fma by a scalar", [](const auto& a, const auto&, const auto& c, T x, T, auto&& result) {
      fma(a, x, c, result);
    }));
  }
  return all;
}

/// Runs an operation on buffers of an executor and on arrays, and compares; then again with the result in an operand.
template <class T>
void expect_what_arrays_give(const Executor& executor, const Operation<T>& operation, std::span<const T> a,
                             std::span<const T> b, std::span<const T> c, T x, T y) {
  SCOPED_TRACE(operation.name);
  SCOPED_TRACE(a.size());
  std::vector<T> expected(a.size());
  operation.on_arrays(a, b, c, x, y, expected);
  Buffer<T> on_executor[]{{executor, a}, {executor, b}, {executor, c}};
  Buffer<T> result(executor, a.size());
  operation.on_buffers(on_executor[0], on_executor[1], on_executor[2], x, y, result);
  expect_same(elements_of(result), expected);
  for (Buffer<T>& operand : on_executor) {
    const std::vector<T> before = elements_of(operand);
    std::vector<T> in_place = before;
    const auto array = [&](std::size_t i, std::span<const T> elements) {
      return &operand == &on_executor[i] ? std::span<const T>(in_place) : elements;
    };
    operation.on_arrays(array(0, a), array(1, b), array(2, c), x, y, in_place);
    operation.on_buffers(on_executor[0], on_executor[1], on_executor[2], x, y, operand);
    expect_same(elements_of(operand), in_place);
    operand.upload(before);
  }
}

template <class T>
void expect_elementwise(const Executor& executor, std::span<const std::size_t> sizes) {
  for (const Operation<T>& operation : operations<T>()) {
    for (const std::size_t size : sizes) {
      const std::vector<T> a = mixed_values<T>(size, size);
      const std::vector<T> b = mixed_values<T>(size, size + 7);
      const std::vector<T> c = mixed_values<T>(size, size + 17);
      expect_what_arrays_give<T>(executor, operation, a, b, c, T{-2}, T{3});
    }
  }
}

template <class T>
void expect_same_value(T actual, T expected) {
  EXPECT_TRUE(same(static_cast<T>(actual), expected)) << actual << ", not " << expected;
}

template <class T>
void expect_reductions(const Executor& executor, const std::vector<T>& x, const std::vector<T>& y) {
  SCOPED_TRACE(x.size());
  const Buffer<T> a(executor, x);
  const Buffer<T> b(executor, y);
  if constexpr (std::is_integral_v<T>) {
    EXPECT_EQ(sum(a), sum(x));
    EXPECT_EQ(dot(a, b), dot(x, y));
  } else {
    expect_same_value(sum(a), sum(x));
    expect_same_value(dot(a, b), dot(x, y));
  }
  if (x.empty()) return;
  expect_same_value(mean(a), mean(x));
  EXPECT_TRUE(same(min(a), min(x))) << min(a) << ", not " << min(x);
  EXPECT_TRUE(same(max(a), max(x))) << max(a) << ", not " << max(x);
  EXPECT_EQ(argmax(a), argmax(x));
}

}  // namespace armillion::ops::test
