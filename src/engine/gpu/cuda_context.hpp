#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gpu/driver.hpp"

namespace armillion::engine::gpu {

/// Code for GPUs as PTX, and what it needs of a context.
struct DeviceProgram {
  /// Tells it from others and from other builds'.
  std::string_view version;
  /// Its parts, to be linked by the driver.
  std::vector<std::string> (*ptx)();
  /// Registers of a thread at most.
  std::uint32_t max_registers;
  /// The stack of a thread; 0 where the driver knows how deep calls go.
  std::size_t stack_bytes;
};

/// Why the device code cannot run on this GPU; empty where it can.
std::string why_unusable(const cuda::GpuInfo& gpu);

/// One GPU as this process uses it: its primary context with the programs that were asked for. All that use a GPU share
/// it. It is kept when the last of them goes, as making it takes a good part of a second, and left to the system when
/// the process ends: the driver may be gone before destructors of globals run.
class CudaContext {
 public:
  /// Error(UNAVAILABLE) where there is no such GPU or it cannot run device code.
  static std::shared_ptr<CudaContext> open(int index);

  explicit CudaContext(const cuda::GpuInfo& info);
  ~CudaContext();
  CudaContext(const CudaContext&) = delete;
  CudaContext& operator=(const CudaContext&) = delete;

  const cuda::Driver& driver() const { return driver_; }
  cuda::Device device() const { return device_; }
  int multiprocessors() const { return info_.multiprocessors; }
  /// A program on this GPU. The first call for it compiles it unless an earlier process did; others wait meanwhile.
  /// Error(UNAVAILABLE) where the driver cannot compile it.
  cuda::Module module(const DeviceProgram& program);
  /// The entry point of that name.
  cuda::Function function(cuda::Module module, const char* name) const;
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
  const cuda::Driver& driver_;
  cuda::GpuInfo info_;
  cuda::Device device_ = 0;
  cuda::Context context_ = nullptr;
  std::mutex mutex_;
  // By version.
  std::map<std::string, cuda::Module, std::less<>> modules_;
  // Set by the first failure that no call on the context survives.
  mutable std::atomic<bool> is_lost_ = false;
};

}  // namespace armillion::engine::gpu
