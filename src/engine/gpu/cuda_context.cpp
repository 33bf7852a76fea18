#include "engine/gpu/cuda_context.hpp"

#include <fmt/format.h>

#include <bit>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "engine/gpu/binary_cache.hpp"
#include "engine/gpu/device_code.hpp"

namespace armillion::engine::gpu {

namespace {

using cuda::Driver;
using cuda::GpuInfo;
using cuda::Result;

GpuInfo usable_gpu(int index) {
  const std::vector<GpuInfo> gpus = cuda::gpus();
  if (gpus.empty()) throw Error(ErrorCode::UNAVAILABLE, cuda::why_no_gpu());
  if (index < 0 || static_cast<std::size_t>(index) >= gpus.size()) {
    throw Error(ErrorCode::UNAVAILABLE,
                fmt::format("there is no cuda:{}: the last GPU of this machine is cuda:{}", index, gpus.size() - 1));
  }
  const GpuInfo& info = gpus[static_cast<std::size_t>(index)];
  if (const std::string reason = why_unusable(info); !reason.empty()) {
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("cuda:{} cannot be used: {}", index, reason));
  }
  return info;
}

// Compiles PTX to the current context's GPU.
class Linker {
 public:
  Linker(const Driver& driver, std::uintptr_t max_registers)
      : driver_(driver),
        values_{log_.data(), std::bit_cast<void*>(log_.size() - 1), std::bit_cast<void*>(max_registers)} {
    check(driver_.cuLinkCreate_v2(static_cast<unsigned>(options_.size()), options_.data(), values_.data(), &state_));
  }
  ~Linker() {
    if (state_ != nullptr) driver_.cuLinkDestroy(state_);
  }
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

  std::vector<std::byte> compile(std::span<std::string> parts) {
    for (std::string& ptx : parts) {
      check(driver_.cuLinkAddData_v2(state_, cuda::JitInput::PTX, ptx.data(), ptx.size() + 1, "armillion.ptx", 0,
                                     nullptr, nullptr));
    }
    void* binary = nullptr;
    std::size_t binary_bytes = 0;
    check(driver_.cuLinkComplete(state_, &binary, &binary_bytes));
    const auto* first = static_cast<const std::byte*>(binary);
    return {first, first + binary_bytes};  // a copy: the driver's own goes with the link state
  }

 private:
  void check(Result result) const {
    if (result == Result::SUCCESS) return;
    std::string message =
        fmt::format("the NVIDIA driver cannot compile the device code ({})", driver_.describe(result));
    if (result == Result::UNSUPPORTED_PTX_VERSION) message += ": it is older than this build of Armillion needs";
    if (result == Result::JIT_COMPILER_NOT_FOUND) message += ": libnvidia-ptxjitcompiler.so.1 is missing";
    if (log_[0] != '\0') message += fmt::format("; its log: {}", log_.data());
    throw Error(result == Result::OUT_OF_MEMORY ? ErrorCode::OUT_OF_MEMORY : ErrorCode::UNAVAILABLE, message);
  }

  const Driver& driver_;
  std::array<char, 16 * 1024> log_{};
  // The driver keeps pointers to these until the link state goes. It wants numbers disguised as pointers, and ends the
  // log with a NUL, for which the last byte is spared.
  std::array<cuda::JitOption, 3> options_{cuda::JitOption::ERROR_LOG_BUFFER,
                                          cuda::JitOption::ERROR_LOG_BUFFER_SIZE_BYTES, cuda::JitOption::MAX_REGISTERS};
  std::array<void*, 3> values_;
  cuda::LinkState state_ = nullptr;
};

// A program for the current context's GPU: what an earlier process compiled, else compiled now and kept.
cuda::Module load(const DeviceProgram& program, const Driver& driver, const GpuInfo& info) {
  const BinaryCache cache(BinaryCache::default_folder());
  const std::string target = fmt::format("cuda {}, {} registers", info.compute_capability(), program.max_registers);
  const std::string key = BinaryCache::key(program.version, target, info.driver);
  cuda::Module module = nullptr;
  if (const auto kept = cache.find(key)) {
    const Result result = driver.cuModuleLoadData(&module, kept->data());
    if (result == Result::SUCCESS) return module;
    // A file that the driver does not take is as good as none.
    if (result != Result::INVALID_IMAGE && result != Result::NO_BINARY_FOR_GPU) {
      driver.fail(result, "loading the device code");
    }
  }
  std::vector<std::string> parts = program.ptx();
  const std::vector<std::byte> binary = Linker(driver, program.max_registers).compile(parts);
  driver.check(driver.cuModuleLoadData(&module, binary.data()), "loading the device code");
  cache.store(key, binary);
  return module;
}

}  // namespace

std::string why_unusable(const GpuInfo& gpu) {
  if (std::pair(gpu.compute_major, gpu.compute_minor) >=
      std::pair(DEVICE_CODE_COMPUTE_MAJOR, DEVICE_CODE_COMPUTE_MINOR)) {
    return "";
  }
  return fmt::format("{} has compute capability {}, and Armillion needs {}.{} or later", gpu.name,
                     gpu.compute_capability(), DEVICE_CODE_COMPUTE_MAJOR, DEVICE_CODE_COMPUTE_MINOR);
}

std::shared_ptr<CudaContext> CudaContext::open(int index) {
  static std::mutex mutex;
  // Never destroyed: see the class.
  static auto& contexts = *new std::map<int, std::shared_ptr<CudaContext>>;
  const std::scoped_lock lock(mutex);
  std::shared_ptr<CudaContext>& context = contexts[index];
  // The driver makes the GPU's context anew once nobody holds the lost one.
  if (context != nullptr && context->is_lost_) context.reset();
  if (context == nullptr) context = std::make_shared<CudaContext>(usable_gpu(index));
  return context;
}

CudaContext::CudaContext(const GpuInfo& info) : driver_(Driver::get()), info_(info) {
  driver_.check(driver_.cuDeviceGet(&device_, info_.index), "opening a GPU");
  check(driver_.cuDevicePrimaryCtxRetain(&context_, device_), "making its context");
}

CudaContext::~CudaContext() {
  release([this] {
    for (const auto& [version, module] : modules_) driver_.cuModuleUnload(module);
  });
  driver_.cuDevicePrimaryCtxRelease_v2(device_);
}

cuda::Module CudaContext::module(const DeviceProgram& program) {
  const std::scoped_lock lock(mutex_);
  const auto found = modules_.find(program.version);
  if (found != modules_.end()) return found->second;
  const Use use(*this);
  // Others in this process may use the context, and want more.
  std::size_t stack_bytes = 0;
  check(driver_.cuCtxGetLimit(&stack_bytes, cuda::Limit::STACK_SIZE), "asking for its stack's size");
  if (stack_bytes < program.stack_bytes) {
    check(driver_.cuCtxSetLimit(cuda::Limit::STACK_SIZE, program.stack_bytes), "setting its stack's size");
  }
  const cuda::Module loaded = load(program, driver_, info_);
  modules_.emplace(program.version, loaded);
  return loaded;
}

cuda::Function CudaContext::function(cuda::Module module, const char* name) const {
  const Use use(*this);
  cuda::Function function = nullptr;
  check(driver_.cuModuleGetFunction(&function, module, name), fmt::format("looking for the kernel {}", name));
  return function;
}

std::string CudaContext::name() const { return fmt::format("cuda:{}", info_.index); }

void CudaContext::fail(Result result, std::string_view what) const {
  if (cuda::is_device_lost(result)) is_lost_ = true;
  driver_.fail(result, fmt::format("{} on {}", what, name()));
}

}  // namespace armillion::engine::gpu
