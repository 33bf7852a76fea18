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

// The kernels' names in the module, in the order of `Kernel`.
constexpr std::array<const char*, static_cast<std::size_t>(Kernel::COUNT)> KERNEL_NAMES{
    "armillion_run",    "armillion_reset_memory", "armillion_reset_state", "armillion_copy_guest_memory",
    "armillion_clean",  "armillion_reset_lanes",  "armillion_write_pages", "armillion_copy_cells",
    "armillion_resume", "armillion_stop",         "armillion_summarize"};
static_assert(KERNEL_NAMES.back() != nullptr, "a kernel has no name");

// The same for `TensorKernel`.
constexpr std::array<const char*, static_cast<std::size_t>(TensorKernel::COUNT)> TENSOR_KERNEL_NAMES{
    "armillion_tensor_run", "armillion_tensor_add_arrays"};

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

// A warp needs this many registers for each of its lanes at most: as many as let shared memory decide how many warps a
// multiprocessor holds.
constexpr std::uintptr_t MAX_REGISTERS = 80;
// A block of 1,024 threads has 64 for each.
constexpr std::uintptr_t TENSOR_REGISTERS = 64;

// The stack of a lane: handlers are called through a table, so that the driver cannot know how deep calls go. ptxas 13
// counts 224 bytes for the loop, 152 for an instruction that is fetched, 1,048 for the largest handler, and less than
// 400 for what handlers call.
constexpr std::size_t STACK_BYTES = 3072;

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
cuda::Module load_program(const Driver& driver, const GpuInfo& info, std::string_view version,
                          std::vector<std::string> (*ptx)(), std::uintptr_t max_registers) {
  const BinaryCache cache(BinaryCache::default_folder());
  const std::string target = fmt::format("cuda {}, {} registers", info.compute_capability(), max_registers);
  const std::string key = BinaryCache::key(version, target, info.driver);
  cuda::Module module = nullptr;
  if (const auto kept = cache.find(key)) {
    const Result result = driver.cuModuleLoadData(&module, kept->data());
    if (result == Result::SUCCESS) return module;
    // A file that the driver does not take is as good as none.
    if (result != Result::INVALID_IMAGE && result != Result::NO_BINARY_FOR_GPU) {
      driver.fail(result, "loading the device code");
    }
  }
  std::vector<std::string> parts = ptx();
  const std::vector<std::byte> binary = Linker(driver, max_registers).compile(parts);
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
  // Held while compiling, so that of two backends the second waits for the code instead of compiling it again.
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
  try {
    load_module();
  } catch (...) {
    driver_.cuDevicePrimaryCtxRelease_v2(device_);
    throw;
  }
}

CudaContext::~CudaContext() {
  release([this] {
    if (tensor_module_ != nullptr) driver_.cuModuleUnload(tensor_module_);
    driver_.cuModuleUnload(module_);
  });
  driver_.cuDevicePrimaryCtxRelease_v2(device_);
}

void CudaContext::load_module() {
  const Use use(*this);
  // Others in this process may use the context, and want more.
  std::size_t stack_bytes = 0;
  check(driver_.cuCtxGetLimit(&stack_bytes, cuda::Limit::STACK_SIZE), "asking for its stack's size");
  if (stack_bytes < STACK_BYTES) {
    check(driver_.cuCtxSetLimit(cuda::Limit::STACK_SIZE, STACK_BYTES), "setting its stack's size");
  }
  module_ = load_program(driver_, info_, device_code_version(), &device_code_ptx, MAX_REGISTERS);
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    check(driver_.cuModuleGetFunction(&functions_[i], module_, KERNEL_NAMES[i]),
          fmt::format("looking for the kernel {}", KERNEL_NAMES[i]));
  }
}

cuda::Function CudaContext::tensor_function(TensorKernel kernel) const {
  const std::scoped_lock lock(tensor_mutex_);
  if (tensor_module_ == nullptr) {
    tensor_module_ = load_program(driver_, info_, tensor_code_version(), &tensor_code_ptx, TENSOR_REGISTERS);
    for (std::size_t i = 0; i < tensor_functions_.size(); ++i) {
      check(driver_.cuModuleGetFunction(&tensor_functions_[i], tensor_module_, TENSOR_KERNEL_NAMES[i]),
            fmt::format("looking for the kernel {}", TENSOR_KERNEL_NAMES[i]));
    }
  }
  return tensor_functions_[static_cast<std::size_t>(kernel)];
}

std::string CudaContext::name() const { return fmt::format("cuda:{}", info_.index); }

void CudaContext::fail(Result result, std::string_view what) const {
  if (cuda::is_device_lost(result)) is_lost_ = true;
  driver_.fail(result, fmt::format("{} on {}", what, name()));
}

}  // namespace armillion::engine::gpu
