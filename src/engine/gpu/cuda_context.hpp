#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/gpu/backend.hpp"
#include "engine/gpu/driver.hpp"

namespace armillion::engine::gpu {

/// Why the device code cannot run on this GPU; empty where it can.
std::string why_unusable(const cuda::GpuInfo& gpu);

/// One GPU as this process uses it: its primary context with the device code loaded. All backends on a GPU share it. It
/// is kept when the last of them goes, as making it takes a good part of a second, and left to the system when the
/// process ends: the driver may be gone before destructors of globals run.
class CudaContext {
 public:
  /// Error(UNAVAILABLE) where there is no such GPU or it cannot run the device code. The first call for a GPU compiles
  /// the code for it unless an earlier process did.
  static std::shared_ptr<CudaContext> open(int index);

  explicit CudaContext(const cuda::GpuInfo& info);
  ~CudaContext();
  CudaContext(const CudaContext&) = delete;
  CudaContext& operator=(const CudaContext&) = delete;

  const cuda::Driver& driver() const { return driver_; }
  cuda::Device device() const { return device_; }
  cuda::Function function(Kernel kernel) const { return functions_[static_cast<std::size_t>(kernel)]; }
  /// The tensor engine's program, which is loaded when it is first asked for, with the context current.
  cuda::Function tensor_function(TensorKernel kernel) const;
  int multiprocessors() const { return info_.multiprocessors; }
  /// "cuda:0".
  std::string name() const;

  /// Throws where `result` is a failure, as `Driver::check`, naming the GPU.
  void check(cuda::Result result, std::string_view what) const {
    if (result != cuda::Result::SUCCESS) fail(result, what);
  }
  [[noreturn]] void fail(cuda::Result result, std::string_view what) const;

  /// Makes the context current on this thread while it lives; then the caller's own, if any, is current again.
  class Use {
   public:
    explicit Use(const CudaContext& context) : context_(context) {
      context_.check(context_.driver().cuCtxPushCurrent_v2(context_.context_), "being given to a thread");
    }
    ~Use() {
      cuda::Context popped = nullptr;
      context_.driver().cuCtxPopCurrent_v2(&popped);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    const CudaContext& context_;
  };

  /// Calls `free` with the context current. Does nothing where the GPU does not answer any more: what would be freed is
  /// gone with it.
  template <class Free>
  void release(const Free& free) const {
    cuda::Context popped = nullptr;
    if (driver_.cuCtxPushCurrent_v2(context_) != cuda::Result::SUCCESS) return;
    free();
    driver_.cuCtxPopCurrent_v2(&popped);
  }

 private:
  void load_module();

  const cuda::Driver& driver_;
  cuda::GpuInfo info_;
  cuda::Device device_ = 0;
  cuda::Context context_ = nullptr;
  cuda::Module module_ = nullptr;
  std::array<cuda::Function, static_cast<std::size_t>(Kernel::COUNT)> functions_{};
  mutable std::mutex tensor_mutex_;
  mutable cuda::Module tensor_module_ = nullptr;
  mutable std::array<cuda::Function, static_cast<std::size_t>(TensorKernel::COUNT)> tensor_functions_{};
  // Set by the first failure that no call on the context survives.
  mutable std::atomic<bool> is_lost_ = false;
};

}  // namespace armillion::engine::gpu
