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
#include "unit/ops/executors/calls.hpp"
#include "unit/ops/executors/support.hpp"
#include "unit/ops/support.hpp"

namespace armillion::ops::test {
namespace {

template <class T>
class ExecutorTest : public ::testing::Test {
 protected:
  ScalarTarget scalar_target_;
};
using Elements = ::testing::Types<float, double, std::int32_t>;
TYPED_TEST_SUITE(ExecutorTest, Elements);

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
