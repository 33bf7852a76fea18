#include "armillion/ops/executor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/ops.hpp"
#include "unit/ops/executors/support.hpp"
#include "unit/ops/support.hpp"

namespace armillion::ops::test {
namespace {

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
class ExecutorTest : public ::testing::Test {
 protected:
  ScalarTarget scalar_target_;
};
using Elements = ::testing::Types<float, double, std::int32_t>;
TYPED_TEST_SUITE(ExecutorTest, Elements);

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

std::vector<std::size_t> all_sizes() {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < 68; ++size) sizes.push_back(size);
  sizes.insert(sizes.end(), {1023, 4097, 30'001});
  return sizes;
}

TYPED_TEST(ExecutorTest, ElementwiseCallsOnTheHostGiveWhatArraysDo) {
  expect_elementwise<TypeParam>(Executor::host(), all_sizes());
}

TYPED_TEST(ExecutorTest, ElementwiseCallsOnAMachineGiveWhatScalarKernelsDo) {
  expect_elementwise<TypeParam>(Executor::machine(), all_sizes());
}

TYPED_TEST(ExecutorTest, ElementwiseCallsByKernelsGiveWhatScalarKernelsDo) {
  expect_elementwise<TypeParam>(Executor::cuda("host-lanes"), all_sizes());
}

TYPED_TEST(ExecutorTest, EdgeValuesAsScalarsGiveWhatScalarKernelsDo) {
  const std::vector<TypeParam> edges = edge_values<TypeParam>();
  for (const Executor& executor : {Executor::machine(), Executor::cuda("host-lanes")}) {
    SCOPED_TRACE(executor.name());
    for (const Operation<TypeParam>& operation : operations<TypeParam>()) {
      for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::vector<TypeParam> others(edges.rbegin(), edges.rend());
        expect_what_arrays_give<TypeParam>(executor, operation, edges, std::vector(edges.size(), edges[i]), others,
                                           edges[i], edges[(i + 1) % edges.size()]);
      }
    }
  }
}

/// Bits are kept, those of NaNs too.
TYPED_TEST(ExecutorTest, SignsAndCopiesKeepTheBitsOfNans) {
  const std::vector<TypeParam> x = random_bits<TypeParam>(100'000, 1);
  std::vector<TypeParam> expected(x.size());
  for (const Executor& executor : all_executors()) {
    const Buffer<TypeParam> buffer(executor, x);
    Buffer<TypeParam> result(executor, x.size());
    const auto expect_bits = [&] {
      const std::vector<TypeParam> actual = elements_of(result);
      EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(actual)), std::as_bytes(std::span(expected))));
    };
    abs(x, expected);
    abs(buffer, result);
    expect_bits();
    neg(x, expected);
    neg(buffer, result);
    expect_bits();
    copy(x, expected);
    copy(buffer, result);
    expect_bits();
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

TYPED_TEST(ExecutorTest, ReductionsHaveTheScalarKernelsBits) {
  const TypeParam bound = 1000;
  std::vector<std::size_t> sizes = all_sizes();
  sizes.insert(sizes.end(), {127, 128, 129, 4095, 4096, 4160, 8192, 8229});
  for (const Executor& executor : all_executors()) {
    SCOPED_TRACE(executor.name());
    for (const std::size_t size : sizes) {
      expect_reductions(executor, uniform<TypeParam>(size, -bound, bound, size),
                        uniform<TypeParam>(size, -bound, bound, size + 1));
      expect_reductions(executor, mixed_values<TypeParam>(size, size), mixed_values<TypeParam>(size, size + 7));
    }
  }
}

TYPED_TEST(ExecutorTest, ExtremesSeeTheSignsOfZerosAndTheFirstOfEqualElements) {
  for (const Executor& executor : all_executors()) {
    SCOPED_TRACE(executor.name());
    std::vector<TypeParam> x(67, TypeParam{-1});
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = 5;
      x.back() = 5;
      EXPECT_EQ(argmax(Buffer<TypeParam>(executor, x)), i);
      x[i] = -1;
    }
    if constexpr (std::is_floating_point_v<TypeParam>) {
      const std::vector<TypeParam> zeros{TypeParam{-0.0}, 0, TypeParam{-0.0}};
      EXPECT_TRUE(std::signbit(min(Buffer<TypeParam>(executor, zeros))));
      EXPECT_FALSE(std::signbit(max(Buffer<TypeParam>(executor, zeros))));
      EXPECT_EQ(argmax(Buffer<TypeParam>(executor, zeros)), 0u);
      for (std::size_t i = 0; i < x.size(); ++i) {
        std::vector<TypeParam> with_nan = x;
        with_nan[i] = std::numeric_limits<TypeParam>::quiet_NaN();
        const Buffer<TypeParam> buffer(executor, with_nan);
        EXPECT_TRUE(std::isnan(min(buffer)));
        EXPECT_TRUE(std::isnan(max(buffer)));
        EXPECT_EQ(argmax(buffer), i);
      }
      const TypeParam infinity = std::numeric_limits<TypeParam>::infinity();
      EXPECT_EQ(max(Buffer<TypeParam>(executor, std::vector<TypeParam>(5, -infinity))), -infinity);
      EXPECT_EQ(min(Buffer<TypeParam>(executor, std::vector<TypeParam>(5, infinity))), infinity);
    }
  }
}

TYPED_TEST(ExecutorTest, ReductionsSeeWhatElementwiseCallsWroteAndNothingBehindIt) {
  for (const Executor& executor : all_executors()) {
    SCOPED_TRACE(executor.name());
    for (const std::size_t size : {1, 67, 1023, 1024, 1025}) {
      Buffer<TypeParam> x(executor, size);
      fill(TypeParam{2}, x);
      add(x, TypeParam{1}, x);
      EXPECT_EQ(sum(x), 3 * size);
      EXPECT_EQ(dot(x, x), 9 * size);
    }
  }
}

TYPED_TEST(ExecutorTest, BuffersBeginWithZerosAndMove) {
  for (const Executor& executor : all_executors()) {
    SCOPED_TRACE(executor.name());
    for (int round = 0; round < 3; ++round) {
      Buffer<TypeParam> buffer(executor, 5000);
      EXPECT_EQ(elements_of(buffer), std::vector<TypeParam>(5000));
      fill(TypeParam{7}, buffer);
      Buffer<TypeParam> moved(std::move(buffer));
      EXPECT_EQ(elements_of(moved), std::vector<TypeParam>(5000, TypeParam{7}));
      Buffer<TypeParam> other(executor, 3);
      other = std::move(moved);
      EXPECT_EQ(other.size(), 5000u);
      EXPECT_EQ(moved.size(), 0u);
      expect_invalid([&] { fill(TypeParam{1}, moved); });
      expect_invalid([&] { copy(moved, other); });
      expect_invalid([&] { copy(other, moved); });
      expect_invalid([&] { sum(moved); });
    }
  }
}

TYPED_TEST(ExecutorTest, ErrorsComeBeforeAnythingIsWritten) {
  const Executor host = Executor::host();
  const Executor machine = Executor::machine();
  const Executor other_machine = Executor::machine();
  for (const Executor& executor : {host, machine, Executor::cuda("host-lanes")}) {
    SCOPED_TRACE(executor.name());
    const Buffer<TypeParam> x(executor, std::vector<TypeParam>{1, 2, 3});
    const Buffer<TypeParam> shorter(executor, 2);
    const Buffer<TypeParam> elsewhere(other_machine, 3);
    const Buffer<TypeParam> none(executor, 0);
    Buffer<TypeParam> result(executor, std::vector<TypeParam>{7, 7, 7});
    expect_invalid([&] { add(x, shorter, result); });
    expect_invalid([&] { add(shorter, x, result); });
    expect_invalid([&] { add(shorter, TypeParam{1}, result); });
    expect_invalid([&] { add(x, elsewhere, result); });
    expect_invalid([&] { abs(elsewhere, result); });
    expect_invalid([&] { clip(x, TypeParam{2}, TypeParam{1}, result); });
    expect_invalid([&] { copy(shorter, result); });
    expect_invalid([&] { dot(x, shorter); });
    expect_invalid([&] { dot(x, elsewhere); });
    expect_invalid([&] { mean(none); });
    expect_invalid([&] { min(none); });
    expect_invalid([&] { max(none); });
    expect_invalid([&] { argmax(none); });
    expect_invalid([&] { result.upload(std::vector<TypeParam>(2)); });
    std::vector<TypeParam> elements(4);
    expect_invalid([&] { result.download(elements); });
    EXPECT_EQ(elements_of(result), std::vector<TypeParam>(3, TypeParam{7}));
  }
}

TYPED_TEST(ExecutorTest, BuffersThatFitNowhereAreErrors) {
  const auto code_for = [](const Executor& executor, std::size_t size) {
    return error_code_of([&] { Buffer<TypeParam>(executor, size); });
  };
  for (const std::size_t size : {~std::size_t{0}, std::size_t{1} << 61}) {
    EXPECT_EQ(code_for(Executor::host(), size), ErrorCode::OUT_OF_MEMORY);
    EXPECT_EQ(code_for(Executor::machine(), size), ErrorCode::OUT_OF_MEMORY);
    EXPECT_EQ(code_for(Executor::cuda("host-lanes"), size), ErrorCode::OUT_OF_MEMORY);
  }
  constexpr std::size_t OF_16_GIB = (std::size_t{1} << 34) / sizeof(TypeParam);
  const Executor machine = Executor::machine();
  EXPECT_EQ(code_for(machine, OF_16_GIB + 1), ErrorCode::OUT_OF_MEMORY);
  const Buffer<TypeParam> whole(machine, OF_16_GIB);
  EXPECT_EQ(code_for(machine, 1), ErrorCode::OUT_OF_MEMORY);
}

class ExecutorOnDeviceTest : public OnDeviceTest {
 protected:
  template <class T>
  void expect_scalar_kernels_results() {
    expect_elementwise<T>(*executor, std::vector<std::size_t>{0, 1, 3, 4, 37, 1030});
    for (const std::size_t size : {0, 1, 2, 5, 64, 67, 4100}) {
      expect_reductions(*executor, uniform<T>(size, -10, 10, size), uniform<T>(size, -10, 10, size + 1));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(HostLanes, ExecutorOnDeviceTest,
                         ::testing::Values(MACHINE_ON_HOST_LANES, KERNELS_ON_HOST_LANES), name_of);
INSTANTIATE_TEST_SUITE_P(Gpu, ExecutorOnDeviceTest, ::testing::Values(MACHINE_ON_GPU, KERNELS_ON_GPU), name_of);

TEST_P(ExecutorOnDeviceTest, CallsGiveWhatScalarKernelsDo) {
  expect_scalar_kernels_results<float>();
  expect_scalar_kernels_results<double>();
  expect_scalar_kernels_results<std::int32_t>();
}

/// With kernels of a GPU: chunks and blocks that are whole and that are not, and more than one step of a reduction.
class KernelsOnDeviceTest : public OnDeviceTest {};
INSTANTIATE_TEST_SUITE_P(HostLanes, KernelsOnDeviceTest, ::testing::Values(KERNELS_ON_HOST_LANES), name_of);
INSTANTIATE_TEST_SUITE_P(Gpu, KernelsOnDeviceTest, ::testing::Values(KERNELS_ON_GPU), name_of);

template <class T>
void expect_large_calls(const Executor& executor) {
  for (const std::size_t size : {4095, 4096, 4097, 8192, 16'384, 100'003}) {
    expect_elementwise<T>(executor, std::vector<std::size_t>{size});
    expect_reductions(executor, uniform<T>(size, -10, 10, size), uniform<T>(size, -10, 10, size + 1));
  }
  // More than 4,096 blocks, so that blocks' extremes have blocks, too; the last is not whole.
  const std::size_t size = std::size_t{4097} * 4096 + 5;
  std::vector<T> x(size, T{1});
  x[size - 1] = 3;
  x[12'345'678] = 3;
  x[7] = -2;
  const Buffer<T> buffer(executor, x);
  EXPECT_EQ(max(buffer), T{3});
  EXPECT_EQ(min(buffer), T{-2});
  EXPECT_EQ(argmax(buffer), 12'345'678u);
  EXPECT_EQ(sum(buffer), sum(x));
}

TEST_P(KernelsOnDeviceTest, LargeCallsGiveWhatScalarKernelsDo) {
  expect_large_calls<float>(*executor);
  expect_large_calls<double>(*executor);
  expect_large_calls<std::int32_t>(*executor);
}

TEST_P(KernelsOnDeviceTest, TimesCountFromWhenTheyAreAskedFor) {
  const std::vector<float> ones(100'000, 1);
  Buffer<float> x(*executor, ones);
  add(x, x, x);
  executor->wait();
  EXPECT_EQ(executor->times().kernel_seconds, 0);
  EXPECT_EQ(executor->times().transfer_seconds, 0);
  executor->start_timing();
  // More than there are events.
  for (int i = 0; i < 600; ++i) add(x, 1.0F, x);
  const ExecutorTimes of_kernels = executor->times();
  EXPECT_GT(of_kernels.kernel_seconds, 0);
  EXPECT_EQ(of_kernels.transfer_seconds, 0);
  EXPECT_EQ(elements_of(x), std::vector<float>(100'000, 602));
  EXPECT_EQ(executor->times().kernel_seconds, of_kernels.kernel_seconds);
  EXPECT_GT(executor->times().transfer_seconds, 0);
  executor->start_timing();
  EXPECT_EQ(executor->times().kernel_seconds, 0);
  EXPECT_EQ(executor->times().transfer_seconds, 0);
}

TEST(ExecutorNamesTest, SayWhereCallsRun) {
  EXPECT_EQ(Executor::host().name(), "host");
  EXPECT_EQ(Executor::machine().name(), "machine on cpu");
  EXPECT_EQ(Executor::machine("host-lanes").name(), "machine on host-lanes");
  EXPECT_EQ(Executor::cuda("host-lanes").name(), "cuda on host-lanes");
  EXPECT_EQ(error_code_of([] { Executor::machine("abacus"); }), ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(error_code_of([] { Executor::cuda("abacus"); }), ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(error_code_of([] { Executor::cuda("cpu"); }), ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(error_code_of([] { Executor::cuda("cuda:"); }), ErrorCode::INVALID_ARGUMENT);
}

TEST(ExecutorNamesTest, WithoutADeviceTheErrorSaysWhy) {
  if (why_no_gpu().empty()) GTEST_SKIP() << "there is a GPU";
  for (const char* device : {"cuda", "cuda:0", "cuda:99"}) {
    try {
      Executor::cuda(device);
      ADD_FAILURE() << device;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::UNAVAILABLE);
      EXPECT_EQ(std::string(error.what()), why_no_gpu());
    }
  }
}

TEST(ExecutorNamesTest, CopiesAreTheSameExecutorAndLiveWithTheirBuffers) {
  std::vector<Buffer<float>> buffers;
  {
    const Executor executor = Executor::machine();
    const Executor copy = executor;
    EXPECT_EQ(copy, executor);
    EXPECT_NE(Executor::machine(), executor);
    buffers.emplace_back(executor, 3);
    buffers.emplace_back(copy, 3);
  }
  fill(2.0F, buffers[0]);
  add(buffers[0], 0.5F, buffers[1]);
  EXPECT_EQ(elements_of(buffers[1]), std::vector<float>(3, 2.5F));
}

TEST(RetiredInstructionsTest, CountWhatCallsExecute) {
  const Executor executor = Executor::machine();
  Buffer<float> x(executor, 1024);
  EXPECT_EQ(executor.retired_instructions(), 0u);
  add(x, x, x);
  // Two before the loop, six for each vector, three behind it.
  EXPECT_EQ(executor.retired_instructions(), 2u + 256 * 6 + 3);
  EXPECT_EQ(Executor::host().retired_instructions(), 0u);
}

}  // namespace
}  // namespace armillion::ops::test
