#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "armillion/ops.hpp"
#include "armillion/ops/executor.hpp"
#include "unit/ops/executors/calls.hpp"
#include "unit/ops/executors/support.hpp"
#include "unit/ops/support.hpp"

namespace armillion::ops::test {
namespace {

// Executors on devices: GPUs, and the host in place of one.

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

}  // namespace
}  // namespace armillion::ops::test
