// Run with LD_LIBRARY_PATH set to the folder of tests/support/fake_cuda. Over a real driver, the tests that need the
// fake one's failures are skipped.

#include "engine/gpu/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/error.hpp"
#include "engine/gpu/cuda_backend.hpp"
#include "engine/gpu/cuda_context.hpp"
#include "engine/gpu/device_code.hpp"
#include "support/expect_error.hpp"

namespace armillion::engine::gpu {
namespace {

namespace fs = std::filesystem;
using cuda::Driver;

constexpr std::uint64_t MEBIBYTE = 1 << 20;

std::vector<std::byte> pattern(std::size_t size, unsigned char first) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(first + i * 13);
  return bytes;
}

std::vector<std::byte> contents(Backend& backend, DeviceAddress address, std::size_t size) {
  std::vector<std::byte> bytes(size, std::byte{0xEE});
  backend.read(bytes, address);
  return bytes;
}

using test::expect_error;

class GpuDriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto gpus = cuda::gpus();
    if (gpus.empty()) GTEST_SKIP() << cuda::why_no_gpu();
    gpu_ = gpus.front();
  }
  GpuDriverTest() {
    std::string name = ::testing::TempDir() + "armillion_driver_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    ::setenv("ARMILLION_CACHE_DIR", (folder_ / "cache").c_str(), 1);
    ::setenv("FAKE_CUDA_LOG", log().c_str(), 1);
  }
  ~GpuDriverTest() override {
    for (const char* variable :
         {"ARMILLION_CACHE_DIR", "FAKE_CUDA_LOG", "FAKE_CUDA_FAIL", "FAKE_CUDA_MEMORY_BYTES", "FAKE_CUDA_RANGES"}) {
      ::unsetenv(variable);
    }
    fs::remove_all(folder_);
  }

  fs::path log() const { return folder_ / "log"; }

  std::ptrdiff_t calls_of(const std::string& symbol) const {
    std::ifstream file(log());
    std::ptrdiff_t count = 0;
    for (std::string line; std::getline(file, line);) count += line == symbol ? 1 : 0;
    return count;
  }

  fs::path folder_;
  cuda::GpuInfo gpu_;
};

// What only the fake driver can be asked for.
class FakeGpuTest : public GpuDriverTest {
 protected:
  void SetUp() override {
    GpuDriverTest::SetUp();
    if (!IsSkipped() && gpu_.name != "Fake GPU") GTEST_SKIP() << "a real driver does not fail when it is told to";
  }
  static void fail(const char* what) { ::setenv("FAKE_CUDA_FAIL", what, 1); }
  static void succeed() { ::unsetenv("FAKE_CUDA_FAIL"); }
};

// The driver.

TEST(DriverTest, SaysThatTheLibraryIsMissing) {
  expect_error(ErrorCode::UNAVAILABLE, {"no NVIDIA driver: libcuda-missing.so.1 cannot be opened (", "No such file"},
               [] { const Driver driver("libcuda-missing.so.1"); });
}

TEST(DriverTest, SaysWhichFunctionAnOldDriverLacks) {
  // A library without any of them.
  expect_error(ErrorCode::UNAVAILABLE, {"driver is too old", "no cuInit", "CUDA 10.2"},
               [] { const Driver driver("libm.so.6"); });
}

TEST_F(FakeGpuTest, SaysThatTheDriverDoesNotStart) {
  fail("cuInit:100");
  expect_error(ErrorCode::UNAVAILABLE, {"finds no GPU", "CUDA_ERROR_NO_DEVICE, no device"},
               [] { const Driver driver("libcuda.so.1"); });
  fail("cuInit:803");
  expect_error(ErrorCode::UNAVAILABLE, {"does not start: CUDA error 803"}, [] { const Driver driver("libcuda.so.1"); });
}

// Not a FakeGpuTest: the process must not have opened the driver before.
TEST(DriverTest, WithoutAWorkingDriverThereIsNoGpuButAReason) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a process of its own
  const auto check_everything = [] {
    ::setenv("FAKE_CUDA_FAIL", "cuInit:100", 1);
    const auto gpus = cuda::gpus();
    if (!gpus.empty()) return gpus.front().name != "Fake GPU";  // a real driver does not fail when it is told to
    try {
      make_cuda_backend(0);
    } catch (const Error& error) {
      const std::string reason = error.what();
      return error.code() == ErrorCode::UNAVAILABLE && !reason.empty() && reason == cuda::why_no_gpu() &&
             reason == armillion::why_no_gpu() && armillion::devices().size() == 1;
    }
    return false;
  };
  EXPECT_EXIT(std::exit(check_everything() ? 0 : 1), ::testing::ExitedWithCode(0), "");
}

TEST_F(FakeGpuTest, WithoutAnyGpuTheListIsEmptyToo) {
  fail("cuDeviceGetCount:999");
  EXPECT_TRUE(cuda::gpus().empty());
  EXPECT_EQ(cuda::why_no_gpu(), "the NVIDIA driver failed while counting GPUs (CUDA error 999)");
}

// The lists of devices.

TEST_F(GpuDriverTest, ListsTheGpus) {
  EXPECT_EQ(gpu_.index, 0);
  EXPECT_FALSE(gpu_.name.empty());
  EXPECT_GT(gpu_.memory_bytes, 0u);
  EXPECT_GT(gpu_.multiprocessors, 0);
  EXPECT_GE(gpu_.compute_major, 5);
  EXPECT_GT(gpu_.shared_memory_per_multiprocessor_bytes, 32 << 10);
  EXPECT_GE(gpu_.driver_version, 10020);
  EXPECT_NE(gpu_.driver.find("CUDA "), std::string::npos);
  EXPECT_EQ(cuda::why_no_gpu(), "");
}

TEST_F(FakeGpuTest, IsListedAsADevice) {
  ::setenv("FAKE_CUDA_MEMORY_BYTES", "123456789", 1);
  const auto list = armillion::devices();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, "cpu");
  EXPECT_GT(list[0].memory_bytes, 0u);
  EXPECT_GT(list[0].units, 0u);
  EXPECT_EQ(list[0].driver, "");
  EXPECT_EQ(list[1].name, "cuda:0");
  EXPECT_EQ(list[1].description, "Fake GPU");
  EXPECT_EQ(list[1].memory_bytes, 123456789u);
  EXPECT_EQ(list[1].units, 4u);
  EXPECT_EQ(list[1].compute_capability, "9.0");
  EXPECT_NE(list[1].driver.find("CUDA 13.0"), std::string::npos);
  EXPECT_EQ(armillion::why_no_gpu(), "");
}

TEST(UnusableGpuTest, SaysWhatAnOldGpuLacks) {
  cuda::GpuInfo gpu;
  gpu.name = "Tesla P100";
  gpu.compute_major = 6;
  EXPECT_EQ(why_unusable(gpu), "Tesla P100 has compute capability 6.0, and Armillion needs 7.0 or later");
  gpu.compute_major = 7;
  EXPECT_EQ(why_unusable(gpu), "");
}

// The backend.

TEST_F(GpuDriverTest, HasWarpsOf32Lanes) {
  const auto backend = make_cuda_backend(0);
  EXPECT_EQ(backend->name(), "cuda:0");
  EXPECT_EQ(backend->warp_lanes(), 32u);
  EXPECT_EQ(backend->resident_warps() % static_cast<unsigned>(gpu_.multiprocessors), 0u);
  EXPECT_GE(backend->resident_warps(), static_cast<unsigned>(gpu_.multiprocessors));
}

TEST_F(GpuDriverTest, RefusesGpusThatAreNotThere) {
  expect_error(ErrorCode::UNAVAILABLE, {"no cuda:99", "last GPU of this machine is cuda:"},
               [] { make_cuda_backend(99); });
  expect_error(ErrorCode::UNAVAILABLE, {"no cuda:-1"}, [] { make_cuda_backend(-1); });
}

TEST_F(GpuDriverTest, AllocatesZerosAndKeepsWhatIsWritten) {
  const auto backend = make_cuda_backend(0);
  const auto memory = backend->allocate(MEBIBYTE);
  EXPECT_EQ(memory->size_bytes(), MEBIBYTE);
  EXPECT_EQ(contents(*backend, memory->address(), MEBIBYTE), std::vector<std::byte>(MEBIBYTE));
  {
    const auto source = pattern(1000, 1);
    backend->write(memory->address() + 500, source);
  }  // the source is gone
  EXPECT_EQ(contents(*backend, memory->address() + 500, 1000), pattern(1000, 1));
  EXPECT_EQ(contents(*backend, memory->address() + 1500, 10), std::vector<std::byte>(10));
  EXPECT_TRUE(memory->grow(MEBIBYTE));
  EXPECT_FALSE(memory->grow(MEBIBYTE + 1));
}

TEST_F(GpuDriverTest, TakesSizesOfNothing) {
  const auto backend = make_cuda_backend(0);
  EXPECT_EQ(backend->allocate(0)->size_bytes(), 0u);
  EXPECT_NE(backend->allocate_mapped(0), nullptr);
  const auto memory = backend->reserve(0, 0);
  EXPECT_EQ(memory->size_bytes(), 0u);
  EXPECT_TRUE(memory->grow(0));
  EXPECT_FALSE(memory->grow(1));
  backend->write(memory->address(), {});
  backend->read({}, memory->address());
}

TEST_F(GpuDriverTest, GrowsWithoutMovingWhatIsThere) {
  const auto backend = make_cuda_backend(0);
  const auto memory = backend->reserve(MEBIBYTE, 33 * MEBIBYTE);
  const DeviceAddress address = memory->address();
  EXPECT_GE(memory->size_bytes(), MEBIBYTE);
  EXPECT_LE(memory->size_bytes(), 33 * MEBIBYTE);
  backend->write(address, pattern(MEBIBYTE, 1));
  ASSERT_TRUE(memory->grow(20 * MEBIBYTE));
  EXPECT_GE(memory->size_bytes(), 20 * MEBIBYTE);
  backend->write(address + MEBIBYTE, pattern(19 * MEBIBYTE, 2));
  ASSERT_TRUE(memory->grow(33 * MEBIBYTE));
  EXPECT_EQ(memory->size_bytes(), 33 * MEBIBYTE);
  EXPECT_EQ(memory->address(), address);
  backend->write(address + 32 * MEBIBYTE, pattern(MEBIBYTE, 3));
  EXPECT_EQ(contents(*backend, address, MEBIBYTE), pattern(MEBIBYTE, 1));
  EXPECT_EQ(contents(*backend, address + MEBIBYTE, 19 * MEBIBYTE), pattern(19 * MEBIBYTE, 2));
  EXPECT_EQ(contents(*backend, address + 32 * MEBIBYTE, MEBIBYTE), pattern(MEBIBYTE, 3));
  EXPECT_TRUE(memory->grow(1));
  EXPECT_FALSE(memory->grow(33 * MEBIBYTE + 1));
  EXPECT_EQ(memory->size_bytes(), 33 * MEBIBYTE);
}

TEST_F(GpuDriverTest, SharesMappedMemoryWithTheHost) {
  const auto backend = make_cuda_backend(0);
  const auto memory = backend->allocate_mapped(4096);
  EXPECT_TRUE(std::all_of(memory->host(), memory->host() + 4096, [](std::byte byte) { return byte == std::byte{0}; }));
  memory->host()[10] = std::byte{7};
  EXPECT_EQ(contents(*backend, memory->device() + 10, 1)[0], std::byte{7});
  backend->write(memory->device() + 11, pattern(1, 9));
  EXPECT_EQ(memory->host()[11], std::byte{9});
}

TEST_F(GpuDriverTest, LaunchesEveryKernel) {
  const auto backend = make_cuda_backend(0);
  const auto parameters = backend->allocate(64);
  for (unsigned kernel = 0; kernel < static_cast<unsigned>(Kernel::COUNT); ++kernel) {
    backend->launch(static_cast<Kernel>(kernel), 1000, parameters->address());
    backend->launch(static_cast<Kernel>(kernel), 0, parameters->address());
  }
  backend->wait();
  EXPECT_TRUE(backend->is_idle());
}

TEST_F(GpuDriverTest, LoadsTheTensorEnginesProgramWhenItIsFirstAskedFor) {
  const auto backend = make_cuda_backend(0);
  const auto parameters = backend->allocate(64);
  const auto loaded = calls_of("cuModuleLoadData");
  for (int i = 0; i < 2; ++i) {
    for (unsigned kernel = 0; kernel < static_cast<unsigned>(TensorKernel::COUNT); ++kernel) {
      backend->launch_tensor(static_cast<TensorKernel>(kernel), 1, 1024, parameters->address());
    }
  }
  backend->wait();
  EXPECT_TRUE(backend->is_idle());
  // An earlier test of this process may have asked for it.
  EXPECT_LE(calls_of("cuModuleLoadData"), loaded + 1);
}

TEST_F(FakeGpuTest, GivesAllMemoryBack) {
  const auto backend = make_cuda_backend(0);
  const std::uint64_t before = backend->free_memory_bytes();
  for (const char* ranges : {"0", "1"}) {
    ::setenv("FAKE_CUDA_RANGES", ranges, 1);
    const auto other = make_cuda_backend(0);
    const auto plain = other->allocate(1000);
    const auto growing = other->reserve(MEBIBYTE, 64 * MEBIBYTE);
    growing->grow(10 * MEBIBYTE);
    EXPECT_LE(backend->free_memory_bytes(), before - MEBIBYTE - 1000);
  }
  EXPECT_EQ(backend->free_memory_bytes(), before);
}

TEST_F(FakeGpuTest, WithoutRangesMemoryDoesNotGrow) {
  ::setenv("FAKE_CUDA_RANGES", "0", 1);
  const auto backend = make_cuda_backend(0);
  const auto memory = backend->reserve(MEBIBYTE, 64 * MEBIBYTE);
  EXPECT_EQ(memory->size_bytes(), MEBIBYTE);
  backend->write(memory->address(), pattern(MEBIBYTE, 1));
  EXPECT_TRUE(memory->grow(MEBIBYTE));
  EXPECT_FALSE(memory->grow(MEBIBYTE + 1));
  EXPECT_EQ(contents(*backend, memory->address(), MEBIBYTE), pattern(MEBIBYTE, 1));
}

TEST_F(FakeGpuTest, SaysHowMuchMemoryWasAskedForAndFree) {
  ::setenv("FAKE_CUDA_MEMORY_BYTES", "16777216", 1);
  const auto backend = make_cuda_backend(0);
  const auto some = backend->allocate(MEBIBYTE);
  EXPECT_EQ(backend->free_memory_bytes(), 15 * MEBIBYTE);
  const std::string free = std::to_string(15 * MEBIBYTE);
  expect_error(ErrorCode::OUT_OF_MEMORY, {"cuda:0", "20971520 bytes were asked for", free + " of 16777216 are free"},
               [&] { backend->allocate(20 * MEBIBYTE); });
  expect_error(ErrorCode::OUT_OF_MEMORY, {"20971520 bytes were asked for", free + " of 16777216 are free"},
               [&] { backend->reserve(20 * MEBIBYTE, 40 * MEBIBYTE); });
  fail("cuMemHostAlloc:2");
  expect_error(ErrorCode::OUT_OF_MEMORY, {"the host has not enough memory", "4096 bytes"},
               [&] { backend->allocate_mapped(4096); });
  succeed();
  EXPECT_EQ(backend->free_memory_bytes(), 15 * MEBIBYTE);
}

TEST_F(FakeGpuTest, AFailedGrowthChangesNothing) {
  ::setenv("FAKE_CUDA_MEMORY_BYTES", "16777216", 1);
  const auto backend = make_cuda_backend(0);
  const auto memory = backend->reserve(4 * MEBIBYTE, 64 * MEBIBYTE);
  backend->write(memory->address(), pattern(4 * MEBIBYTE, 1));
  EXPECT_FALSE(memory->grow(32 * MEBIBYTE));
  for (const char* failure : {"cuMemCreate:2", "cuMemMap:2", "cuMemSetAccess:2"}) {
    fail(failure);
    EXPECT_FALSE(memory->grow(6 * MEBIBYTE)) << failure;
    succeed();
    EXPECT_EQ(memory->size_bytes(), 4 * MEBIBYTE);
    EXPECT_EQ(backend->free_memory_bytes(), 12 * MEBIBYTE);
  }
  EXPECT_TRUE(memory->grow(6 * MEBIBYTE));
  EXPECT_EQ(contents(*backend, memory->address(), 4 * MEBIBYTE), pattern(4 * MEBIBYTE, 1));
}

TEST_F(FakeGpuTest, AFailedConstructionGivesMemoryBack) {
  const auto backend = make_cuda_backend(0);
  const std::uint64_t before = backend->free_memory_bytes();
  for (const char* failure : {"cuMemsetD8Async:719", "cuMemSetAccess:719", "cuMemHostGetDevicePointer_v2:1",
                              "cuMemAddressReserve:2", "cuMemGetAllocationGranularity:1"}) {
    fail(failure);
    const auto all = [&] {
      (void)backend->allocate(MEBIBYTE);
      (void)backend->reserve(MEBIBYTE, MEBIBYTE);
      (void)backend->allocate_mapped(MEBIBYTE);
    };
    EXPECT_THROW(all(), Error) << failure;
    succeed();
    EXPECT_EQ(backend->free_memory_bytes(), before) << failure;
  }
}

TEST_F(FakeGpuTest, SaysThatTheGpuIsLostAndOpensItAnew) {
  auto backend = make_cuda_backend(0);
  const auto memory = backend->allocate(64);
  const auto expect_lost = [](const std::string& what, const std::function<void()>& action) {
    expect_error(ErrorCode::UNAVAILABLE,
                 {"the GPU failed while " + what + " on cuda:0", "CUDA_ERROR_LAUNCH_FAILED, launch failed",
                  "what it held is lost"},
                 action);
  };
  fail("cuStreamSynchronize:719");
  expect_lost("waiting for a kernel", [&] { backend->wait(); });
  fail("cuStreamQuery:719");
  expect_lost("running a kernel", [&] { backend->is_idle(); });
  fail("cuMemcpyDtoHAsync_v2:719");
  expect_lost("reading memory", [&] { contents(*backend, memory->address(), 1); });
  succeed();
  EXPECT_EQ(calls_of("cuDevicePrimaryCtxRetain"), 1);
  EXPECT_TRUE(make_cuda_backend(0)->is_idle());
  EXPECT_EQ(calls_of("cuDevicePrimaryCtxRetain"), 2);
}

TEST_F(FakeGpuTest, IsBusyAsLongAsTheDriverSaysSo) {
  const auto backend = make_cuda_backend(0);
  fail("cuStreamQuery:600");
  EXPECT_FALSE(backend->is_idle());
  succeed();
  EXPECT_TRUE(backend->is_idle());
}

TEST_F(FakeGpuTest, LeavesTheCallersContextAlone) {
  const Driver& driver = Driver::get();
  const auto backend = make_cuda_backend(0);
  const auto memory = backend->allocate(64);
  backend->write(memory->address(), pattern(64, 1));
  fail("cuLaunchKernel:1");
  EXPECT_THROW(backend->launch(Kernel::RUN, 1, memory->address()), Error);
  succeed();
  // None was current before, so none is now.
  cuda::Context context = nullptr;
  EXPECT_NE(driver.cuCtxPopCurrent_v2(&context), cuda::Result::SUCCESS);
}

TEST_F(FakeGpuTest, BackendsShareTheContextInThreads) {
  const auto keeper = make_cuda_backend(0);
  const auto retained = calls_of("cuDevicePrimaryCtxRetain");
  std::vector<std::jthread> threads;
  for (unsigned char i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      const auto backend = make_cuda_backend(0);
      const auto memory = backend->reserve(MEBIBYTE, 8 * MEBIBYTE);
      EXPECT_TRUE(memory->grow(4 * MEBIBYTE));
      backend->write(memory->address(), pattern(4 * MEBIBYTE, i));
      EXPECT_EQ(contents(*backend, memory->address(), 4 * MEBIBYTE), pattern(4 * MEBIBYTE, i));
    });
  }
  threads.clear();
  EXPECT_EQ(calls_of("cuDevicePrimaryCtxRetain"), retained);
}

// Programs.

void load_lanes(const cuda::GpuInfo& gpu) {
  CudaContext context(gpu);
  const cuda::Module module = context.module(
      {.version = device_code_version(), .ptx = device_code_ptx, .max_registers = 80, .stack_bytes = 3072});
  EXPECT_NE(context.function(module, "armillion_run"), nullptr);
}

TEST_F(FakeGpuTest, CompilesOnceAndThenUsesTheCache) {
  load_lanes(gpu_);
  EXPECT_EQ(calls_of("cuLinkComplete"), 1);
  load_lanes(gpu_);
  EXPECT_EQ(calls_of("cuLinkComplete"), 1);
  EXPECT_EQ(calls_of("cuModuleLoadData"), 2);
  EXPECT_EQ(calls_of("cuModuleUnload"), 2);
  EXPECT_EQ(calls_of("cuDevicePrimaryCtxRelease_v2"), 2);
  // Another driver compiles anew.
  cuda::GpuInfo other = gpu_;
  other.driver = "another";
  load_lanes(other);
  EXPECT_EQ(calls_of("cuLinkComplete"), 2);
}

TEST_F(FakeGpuTest, LoadsAProgramOnceForAllWhoShareAContext) {
  const DeviceProgram program{
      .version = device_code_version(), .ptx = device_code_ptx, .max_registers = 32, .stack_bytes = 0};
  DeviceProgram other = program;
  other.version = "other";
  CudaContext context(gpu_);
  const cuda::Module module = context.module(program);
  EXPECT_EQ(context.module(program), module);
  EXPECT_NE(context.module(other), module);
  EXPECT_EQ(calls_of("cuModuleLoadData"), 2);
  // Neither needs more stack than there is.
  EXPECT_EQ(calls_of("cuCtxSetLimit"), 0);
}

TEST_F(FakeGpuTest, CompilesAnewWhatTheDriverDoesNotTake) {
  load_lanes(gpu_);
  fail("cuModuleLoadData:719");
  expect_error(ErrorCode::UNAVAILABLE, {"while loading the device code"}, [&] { load_lanes(gpu_); });
  succeed();
  for (const auto& file : fs::directory_iterator(folder_ / "cache")) fs::resize_file(file.path(), 10);
  load_lanes(gpu_);
  EXPECT_EQ(calls_of("cuLinkComplete"), 2);
  load_lanes(gpu_);
  EXPECT_EQ(calls_of("cuLinkComplete"), 2);
}

TEST_F(FakeGpuTest, WorksWithoutACache) {
  ::setenv("ARMILLION_CACHE_DIR", "/proc/no-such-folder", 1);
  load_lanes(gpu_);
  load_lanes(gpu_);
  EXPECT_EQ(calls_of("cuLinkComplete"), 2);
}

TEST_F(FakeGpuTest, SaysWhyTheDeviceCodeDoesNotCompile) {
  const auto open = [&] { load_lanes(gpu_); };
  fail("cuLinkComplete:218");
  expect_error(ErrorCode::UNAVAILABLE, {"cannot compile the device code (CUDA_ERROR_INVALID_PTX"}, open);
  fail("cuLinkAddData_v2:222");
  expect_error(ErrorCode::UNAVAILABLE, {"older than this build of Armillion needs"}, open);
  fail("cuLinkCreate_v2:221");
  expect_error(ErrorCode::UNAVAILABLE, {"libnvidia-ptxjitcompiler"}, open);
  fail("cuModuleGetFunction:500");
  expect_error(ErrorCode::UNAVAILABLE, {"looking for the kernel armillion_run on cuda:0"}, open);
  EXPECT_EQ(calls_of("cuDevicePrimaryCtxRetain"), calls_of("cuDevicePrimaryCtxRelease_v2"));
}

}  // namespace
}  // namespace armillion::engine::gpu
