// Run with LD_LIBRARY_PATH set to the folder of tests/support/fake_cuda, whose kernels do nothing; skipped without it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/error.hpp"
#include "armillion/ops/buffer_matrices.hpp"
#include "armillion/ops/executor.hpp"
#include "support/expect_error.hpp"
#include "unit/ops/executors/support.hpp"

namespace armillion::ops::test {
namespace {

namespace fs = std::filesystem;

using armillion::test::expect_error;

class FakeDriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto list = devices();
    if (list.size() != 2 || list[1].description != "Fake GPU") GTEST_SKIP() << "the driver is none or a real one";
  }
  FakeDriverTest() {
    std::string name = ::testing::TempDir() + "armillion_ops_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    ::setenv("ARMILLION_CACHE_DIR", (folder_ / "cache").c_str(), 1);
    ::setenv("FAKE_CUDA_LOG", (folder_ / "log").c_str(), 1);
  }
  ~FakeDriverTest() override {
    for (const char* variable : {"ARMILLION_CACHE_DIR", "FAKE_CUDA_LOG", "FAKE_CUDA_FAIL", "FAKE_CUDA_MEMORY_BYTES"}) {
      ::unsetenv(variable);
    }
    fs::remove_all(folder_);
  }

  static void fail(const char* what) { ::setenv("FAKE_CUDA_FAIL", what, 1); }
  static void succeed() { ::unsetenv("FAKE_CUDA_FAIL"); }

  std::ptrdiff_t calls_of(const std::string& symbol) const {
    std::ifstream file(folder_ / "log");
    std::ptrdiff_t count = 0;
    for (std::string line; std::getline(file, line);) count += line == symbol ? 1 : 0;
    return count;
  }

  fs::path folder_;
};

TEST_F(FakeDriverTest, BuffersBeginWithZerosAndKeepWhatIsUploaded) {
  const Executor executor = Executor::cuda();
  EXPECT_EQ(executor.name(), "cuda:0");
  Buffer<float> buffer(executor, 1000);
  EXPECT_EQ(elements_of(buffer), std::vector<float>(1000));
  const std::vector<float> elements(1000, 3);
  buffer.upload(elements);
  EXPECT_EQ(elements_of(buffer), elements);
  EXPECT_EQ(elements_of(Buffer<double>(executor, 0)), std::vector<double>());
}

TEST_F(FakeDriverTest, BuffersAreInTheGpusMemoryAndMayBeLent) {
  const Executor executor = Executor::cuda();
  const ExecutorMemory memory = executor.memory();
  EXPECT_EQ(memory.kind, ExecutorMemory::Kind::GPU);
  EXPECT_EQ(memory.gpu, 0);
  EXPECT_NE(memory.stream, nullptr);
  Buffer<float> owner(executor, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  {
    auto borrowed = Buffer<float>::borrow(executor, owner.data() + 4, 4, nullptr);
    EXPECT_EQ(elements_of(borrowed), (std::vector<float>{5, 6, 7, 8}));
    borrowed.upload(std::vector<float>{0, 0, 0, 0});
  }
  EXPECT_EQ(calls_of("cuMemFree_v2"), 0) << "the memory is the owner's";
  EXPECT_EQ(elements_of(owner), (std::vector<float>{1, 2, 3, 4, 0, 0, 0, 0}));
  expect_error(ErrorCode::INVALID_ARGUMENT, {"multiple of 16 bytes", "cuda:0"},
               [&] { static_cast<void>(Buffer<float>::borrow(executor, owner.data() + 1, 4, nullptr)); });
}

TEST_F(FakeDriverTest, EveryKernelIsThereAndIsLaunchedWithAnAddressAndAsManyThreadsAsThereMayBe) {
  const Executor executor = Executor::cuda();
  const auto with_type = [&]<class T>(T) {
    Buffer<T> a(executor, 5000);
    Buffer<T> b(executor, 5000);
    Buffer<std::uint8_t> mask(executor, 5000);
    const Buffer<std::uint32_t> indices(executor, 5000);
    copy(a, b);
    abs(a, b);
    neg(a, b);
    relu(a, b);
    add(a, b, b);
    sub(a, b, b);
    mul(a, b, b);
    minimum(a, b, b);
    maximum(a, b, b);
    clip(a, T{0}, T{1}, b);
    sum(a);
    mean(a);
    min(a);
    max(a);
    argmax(a);
    dot(a, b);
    equal(a, b, mask);
    not_equal(a, b, mask);
    less(a, b, mask);
    less_equal(a, b, mask);
    greater(a, b, mask);
    greater_equal(a, b, mask);
    where(mask, a, b, b);
    gather(a, indices, b);
    scatter(a, indices, b);
    prefix_sum(a, b);
    if constexpr (std::is_floating_point_v<T>) {
      div(a, b, b);
      fma(a, b, a, b);
      exp(a, b);
      log(a, b);
      sigmoid(a, b);
      tanh(a, b);
      gelu(a, b);
      softmax(a, b);
      const BufferMatrix matrix(a, 50, 100);
      Buffer<T> product(executor, 2500);
      Buffer<T> of_vector(executor, 50);
      gemm(matrix, BufferMatrix(b, 100, 50), BufferMatrix(product, 50, 50));
      gemv(matrix, Buffer<T>(executor, 100), of_vector);
      mse(a, b);
      cross_entropy(matrix, Buffer<std::uint32_t>(executor, 50));
    }
  };
  with_type(float{});
  with_type(double{});
  with_type(std::int32_t{});
  executor.wait();
}

TEST_F(FakeDriverTest, TheProgramIsCompiledOnceForAllExecutors) {
  // Others of the process may have compiled it, with another cache.
  const Executor first = Executor::cuda();
  const std::ptrdiff_t compiled = calls_of("cuLinkComplete");
  EXPECT_LE(compiled, 1);
  const Executor second = Executor::cuda("cuda:0");
  EXPECT_NE(first, second);
  EXPECT_EQ(calls_of("cuLinkComplete"), compiled);
}

TEST_F(FakeDriverTest, DevicesThatAreNotThereAreErrors) {
  expect_error(ErrorCode::UNAVAILABLE, {"no cuda:7", "last GPU of this machine is cuda:0"},
               [] { Executor::cuda("cuda:7"); });
}

TEST_F(FakeDriverTest, WithoutRoomTheErrorSaysWhatWasAskedForAndWhatThereIs) {
  ::setenv("FAKE_CUDA_MEMORY_BYTES", "16777216", 1);
  const Executor executor = Executor::cuda();
  Buffer<float> half(executor, 2 << 20);
  expect_error(ErrorCode::OUT_OF_MEMORY, {"cuda:0", "12582912 bytes were asked for", "8388608 of 16777216 are free"},
               [&] { const Buffer<float> more(executor, 3 << 20); });
  // What a call needs besides: eight bytes for each element. Nothing has been written.
  const std::vector<float> before = elements_of(half);
  const Buffer<float> source(executor, 10);
  const Buffer<std::uint32_t> indices(executor, 10);
  expect_error(ErrorCode::OUT_OF_MEMORY, {"16777216 bytes were asked for"}, [&] { scatter(source, indices, half); });
  EXPECT_EQ(elements_of(half), before);
  succeed();
  const Buffer<float> quarter(executor, 1 << 20);
}

TEST_F(FakeDriverTest, AFailedConstructionGivesMemoryBack) {
  ::setenv("FAKE_CUDA_MEMORY_BYTES", "16777216", 1);
  const Executor executor = Executor::cuda();
  for (const char* failure : {"cuMemsetD8Async:719", "cuMemcpyHtoDAsync_v2:719"}) {
    fail(failure);
    for (int i = 0; i < 3; ++i) {
      EXPECT_THROW(Buffer<float>(executor, std::vector<float>(3 << 20)), Error) << failure;
    }
    succeed();
  }
  const Buffer<float> all(executor, 4 << 20);
}

TEST_F(FakeDriverTest, AFailedDeviceIsAnErrorAndTheNextExecutorOpensItAnew) {
  {
    const Executor executor = Executor::cuda();
    Buffer<float> x(executor, 100);
    fail("cuLaunchKernel:719");
    expect_error(ErrorCode::UNAVAILABLE, {"failed while starting a kernel on cuda:0", "what it held is lost"},
                 [&] { add(x, x, x); });
    fail("cuStreamSynchronize:719");
    expect_error(ErrorCode::UNAVAILABLE, {"failed while waiting for a kernel on cuda:0"}, [&] { sum(x); });
    expect_error(ErrorCode::UNAVAILABLE, {"failed while waiting for a kernel on cuda:0"}, [&] { executor.wait(); });
    succeed();
  }
  const Executor executor = Executor::cuda();
  EXPECT_EQ(elements_of(Buffer<float>(executor, 3)), std::vector<float>(3));
}

TEST_F(FakeDriverTest, TimesAreTheSumsOfTheEvents) {
  const Executor constant = Executor::cuda();
  Executor executor = constant;
  Buffer<float> x(executor, 100);
  add(x, x, x);
  EXPECT_EQ(calls_of("cuEventRecord"), 0);
  executor.start_timing();
  for (int i = 0; i < 1000; ++i) add(x, x, x);
  elements_of(x);
  // Its clock counts a microsecond for each thing that it is told: the launch, and the event behind it.
  EXPECT_NEAR(executor.times().kernel_seconds, 1000 * 2e-6, 1e-9);
  EXPECT_NEAR(executor.times().transfer_seconds, 2e-6, 1e-9);
  EXPECT_EQ(calls_of("cuEventRecord"), 2002);
  // Events are used again.
  EXPECT_LE(calls_of("cuEventCreate"), 2 * 256);
}

}  // namespace
}  // namespace armillion::ops::test
