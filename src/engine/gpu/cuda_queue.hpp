#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "armillion/error.hpp"
#include "engine/gpu/cuda_context.hpp"
#include "engine/gpu/driver.hpp"

namespace armillion::engine::gpu {

/// A user's own order of work on a GPU, and what memory needs of it.
class CudaQueue {
 public:
  explicit CudaQueue(std::shared_ptr<CudaContext> context) : context_(std::move(context)) {
    const CudaContext::Use use(*context_);
    context_->check(driver().cuStreamCreate(&stream_, cuda::STREAM_NON_BLOCKING), "making a stream");
  }
  ~CudaQueue() {
    release([this] { driver().cuStreamDestroy_v2(stream_); });
  }
  CudaQueue(const CudaQueue&) = delete;
  CudaQueue& operator=(const CudaQueue&) = delete;

  CudaContext& context() const { return *context_; }
  const cuda::Driver& driver() const { return context_->driver(); }
  cuda::Stream stream() const { return stream_; }

  void check(cuda::Result result, std::string_view what) const { context_->check(result, what); }
  void wait() const { check(driver().cuStreamSynchronize(stream_), "waiting for a kernel"); }

  /// Frees something once no kernel uses it any more.
  template <class Free>
  void release(const Free& free) const {
    context_->release([&] {
      driver().cuStreamSynchronize(stream_);
      free();
    });
  }

  std::uint64_t free_memory_bytes() const { return memory_bytes().first; }

  /// Error(OUT_OF_MEMORY) that says what was asked for and what there is.
  [[noreturn]] void fail_out_of_memory(std::uint64_t bytes) const {
    const auto [free_bytes, total_bytes] = memory_bytes();
    throw Error(ErrorCode::OUT_OF_MEMORY,
                fmt::format("{} has not enough memory: {} bytes were asked for, {} of {} are free", context_->name(),
                            bytes, free_bytes, total_bytes));
  }

 private:
  std::pair<std::uint64_t, std::uint64_t> memory_bytes() const {
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    check(driver().cuMemGetInfo_v2(&free_bytes, &total_bytes), "asking for free memory");
    return {free_bytes, total_bytes};
  }

  std::shared_ptr<CudaContext> context_;
  cuda::Stream stream_ = nullptr;
};

}  // namespace armillion::engine::gpu
