#include "engine/gpu/driver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <fstream>

#include "armillion/error.hpp"

namespace armillion::engine::gpu::cuda {

namespace {

constexpr const char* LIBRARY = "libcuda.so.1";

void* find(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) {
    throw Error(
        ErrorCode::UNAVAILABLE,
        fmt::format("the NVIDIA driver is too old: it has no {}; Armillion needs one of CUDA 10.2 or later", name));
  }
  return symbol;
}

// The version of the kernel module, which is the one that users know a driver by. The driver API does not tell it.
std::string module_version() {
  std::string version;
  std::ifstream("/sys/module/nvidia/version") >> version;
  return version;
}

std::string driver_text(int version) {
  const std::string cuda = fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10);
  const std::string module = module_version();
  return module.empty() ? cuda : fmt::format("{} ({})", module, cuda);
}

GpuInfo describe_gpu(const Driver& driver, int index) {
  constexpr std::string_view WHAT = "asking for a GPU's properties";
  Device device = 0;
  driver.check(driver.cuDeviceGet(&device, index), WHAT);
  const auto attribute = [&](Attribute which) {
    int value = 0;
    driver.check(driver.cuDeviceGetAttribute(&value, which, device), WHAT);
    return value;
  };
  GpuInfo info;
  info.index = index;
  std::array<char, 256> name{};
  driver.check(driver.cuDeviceGetName(name.data(), static_cast<int>(name.size()), device), WHAT);
  info.name = name.data();
  std::size_t memory_bytes = 0;
  driver.check(driver.cuDeviceTotalMem_v2(&memory_bytes, device), WHAT);
  info.memory_bytes = memory_bytes;
  info.multiprocessors = attribute(Attribute::MULTIPROCESSOR_COUNT);
  info.compute_major = attribute(Attribute::COMPUTE_CAPABILITY_MAJOR);
  info.compute_minor = attribute(Attribute::COMPUTE_CAPABILITY_MINOR);
  info.shared_memory_per_multiprocessor_bytes = attribute(Attribute::MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
  driver.check(driver.cuDriverGetVersion(&info.driver_version), WHAT);
  info.driver = driver_text(info.driver_version);
  return info;
}

// Throws where there is no driver.
std::vector<GpuInfo> find_gpus() {
  const Driver& driver = Driver::get();
  int count = 0;
  driver.check(driver.cuDeviceGetCount(&count), "counting GPUs");
  std::vector<GpuInfo> found;
  found.reserve(static_cast<std::size_t>(count));
  for (int index = 0; index < count; ++index) found.push_back(describe_gpu(driver, index));
  return found;
}

}  // namespace

Driver::Driver(const char* library) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("no NVIDIA driver: {} cannot be opened ({})", library,
                                                    reason != nullptr ? reason : "no reason given"));
  }
#define ARMILLION_DRIVER_FUNCTION(name, ...) name = reinterpret_cast<Result (*)(__VA_ARGS__)>(find(handle, #name));
#include "engine/gpu/driver_functions.inc"
#undef ARMILLION_DRIVER_FUNCTION
  const Result result = cuInit(0);
  if (result == Result::NO_DEVICE) {
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("the NVIDIA driver finds no GPU ({})", describe(result)));
  }
  if (result != Result::SUCCESS) {
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("the NVIDIA driver does not start: {}", describe(result)));
  }
}

const Driver& Driver::get() {
  static const Driver DRIVER(LIBRARY);
  return DRIVER;
}

std::string Driver::describe(Result result) const {
  const char* name = nullptr;
  const char* text = nullptr;
  if (cuGetErrorName(result, &name) != Result::SUCCESS || name == nullptr) {
    return fmt::format("CUDA error {}", static_cast<int>(result));
  }
  if (cuGetErrorString(result, &text) != Result::SUCCESS || text == nullptr) return name;
  return fmt::format("{}, {}", name, text);
}

void Driver::fail(Result result, std::string_view what) const {
  if (result == Result::OUT_OF_MEMORY) {
    throw Error(ErrorCode::OUT_OF_MEMORY,
                fmt::format("the GPU has not enough memory for {} ({})", what, describe(result)));
  }
  if (is_device_lost(result)) {
    throw Error(
        ErrorCode::UNAVAILABLE,
        fmt::format("the GPU failed while {} ({}): what it held is lost, and this process may not be able to use "
                    "it again",
                    what, describe(result)));
  }
  throw Error(ErrorCode::UNAVAILABLE, fmt::format("the NVIDIA driver failed while {} ({})", what, describe(result)));
}

bool is_device_lost(Result result) {
  switch (result) {
    case Result::DEVICE_UNAVAILABLE:
    case Result::ECC_UNCORRECTABLE:
    case Result::NVLINK_UNCORRECTABLE:
    case Result::CONTAINED:
    case Result::ILLEGAL_ADDRESS:
    case Result::LAUNCH_TIMEOUT:
    case Result::CONTEXT_IS_DESTROYED:
    case Result::ASSERT: return true;
    default: return result >= Result::HARDWARE_STACK_ERROR && result <= Result::LAUNCH_FAILED;
  }
}

std::string GpuInfo::compute_capability() const { return fmt::format("{}.{}", compute_major, compute_minor); }

std::vector<GpuInfo> gpus() {
  try {
    return find_gpus();
  } catch (const Error&) {
    return {};  // why_no_gpu says it
  }
}

std::string why_no_gpu() {
  try {
    return find_gpus().empty() ? "the NVIDIA driver finds no GPU" : "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace armillion::engine::gpu::cuda
