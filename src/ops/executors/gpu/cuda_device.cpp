// An NVIDIA GPU: memory and kernels by its driver.
#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "engine/gpu/cuda_queue.hpp"
#include "ops/executors/gpu/device.hpp"
#include "ops/executors/gpu/kernel_code.hpp"

namespace armillion::ops::gpu {
namespace {

using engine::gpu::CudaContext;
using engine::gpu::CudaQueue;
namespace cuda = engine::gpu::cuda;

/// Two points of a queue's work, and the time between them once both have come.
class EventPair {
 public:
  /// The queue's context is current.
  explicit EventPair(const CudaQueue& queue) : queue_(&queue) {
    for (cuda::Event& event : events_) {
      queue_->check(queue_->driver().cuEventCreate(&event, cuda::EVENT_DEFAULT), "making an event");
    }
  }
  ~EventPair() {
    queue_->context().release([this] {
      for (cuda::Event event : events_) {
        if (event != nullptr) queue_->driver().cuEventDestroy_v2(event);
      }
    });
  }
  EventPair(const EventPair&) = delete;
  EventPair& operator=(const EventPair&) = delete;

  void record_start() { record(events_[0]); }
  void record_end() { record(events_[1]); }
  /// Waits for the end.
  double seconds() const {
    queue_->check(queue_->driver().cuEventSynchronize(events_[1]), "waiting for a kernel");
    float milliseconds = 0;
    queue_->check(queue_->driver().cuEventElapsedTime(&milliseconds, events_[0], events_[1]), "reading a time");
    return static_cast<double>(milliseconds) / 1000;
  }

 private:
  void record(cuda::Event event) {
    queue_->check(queue_->driver().cuEventRecord(event, queue_->stream()), "recording an event");
  }

  const CudaQueue* queue_;
  std::array<cuda::Event, 2> events_{};
};

/// Adds up what a queue's work takes.
class Stopwatch {
 public:
  explicit Stopwatch(const CudaQueue& queue) : queue_(queue) {}

  void start() {
    collect();
    is_running_ = true;
    times_ = {};
  }

  ExecutorTimes times() {
    collect();
    return times_;
  }

  /// Does `work`, which is timed as `kind`. The context is current.
  template <class Work>
  void measure(double ExecutorTimes::* kind, const Work& work) {
    if (!is_running_) return work();
    if (pending_.size() == PENDING_LIMIT) collect();
    if (idle_.empty()) idle_.push_back(std::make_unique<EventPair>(queue_));
    idle_.back()->record_start();
    work();
    idle_.back()->record_end();
    pending_.emplace_back(kind, std::move(idle_.back()));
    idle_.pop_back();
  }

 private:
  /// Pairs of events that are not read yet, at most.
  static constexpr std::size_t PENDING_LIMIT = 256;

  void collect() {
    if (pending_.empty()) return;
    const CudaContext::Use use(queue_.context());
    for (auto& [kind, events] : pending_) {
      times_.*kind += events->seconds();
      idle_.push_back(std::move(events));
    }
    pending_.clear();
  }

  const CudaQueue& queue_;
  bool is_running_ = false;
  ExecutorTimes times_;
  std::vector<std::pair<double ExecutorTimes::*, std::unique_ptr<EventPair>>> pending_;
  std::vector<std::unique_ptr<EventPair>> idle_;
};

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int index)
      : index_(index),
        queue_(CudaContext::open(index)),
        driver_(queue_.driver()),
        module_(queue_.context().module(kernels_program())) {}

  std::string name() const override { return queue_.context().name(); }
  ExecutorMemory memory() const override {
    return {.kind = ExecutorMemory::Kind::GPU, .gpu = index_, .stream = queue_.stream()};
  }

  std::uint64_t allocate(std::size_t size_bytes) override {
    const CudaContext::Use use(queue_.context());
    // The driver has no allocation of nothing.
    const std::size_t bytes = std::max<std::size_t>(size_bytes, 1);
    cuda::DevicePointer address = 0;
    const cuda::Result result = driver_.cuMemAlloc_v2(&address, bytes);
    if (result == cuda::Result::OUT_OF_MEMORY) queue_.fail_out_of_memory(bytes);
    queue_.check(result, "allocating memory");
    return address;
  }

  void release(std::uint64_t address) noexcept override {
    queue_.release([&] { driver_.cuMemFree_v2(address); });
  }

  void fill(std::uint64_t address, std::byte value, std::size_t size_bytes) override {
    if (size_bytes == 0) return;
    const CudaContext::Use use(queue_.context());
    queue_.check(driver_.cuMemsetD8Async(address, static_cast<unsigned char>(value), size_bytes, queue_.stream()),
                 "filling memory");
  }

  void write(std::uint64_t address, std::span<const std::byte> source) override {
    if (source.empty()) return;
    const CudaContext::Use use(queue_.context());
    stopwatch_.measure(&ExecutorTimes::transfer_seconds, [&] {
      queue_.check(driver_.cuMemcpyHtoDAsync_v2(address, source.data(), source.size(), queue_.stream()),
                   "writing memory");
    });
    queue_.wait();  // the source is the caller's again when this returns
  }

  void read(std::span<std::byte> destination, std::uint64_t address) override {
    if (destination.empty()) return;
    const CudaContext::Use use(queue_.context());
    stopwatch_.measure(&ExecutorTimes::transfer_seconds, [&] {
      queue_.check(driver_.cuMemcpyDtoHAsync_v2(destination.data(), address, destination.size(), queue_.stream()),
                   "reading memory");
    });
    queue_.wait();
  }

  void launch(const Launch& launch, const void* arguments) override {
    const cuda::Function kernel = function(launch.kernel);
    const CudaContext::Use use(queue_.context());
    void* parameters[] = {const_cast<void*>(arguments)};  // the driver only reads them
    stopwatch_.measure(&ExecutorTimes::kernel_seconds, [&] {
      queue_.check(driver_.cuLaunchKernel(kernel, static_cast<unsigned>(launch.blocks), 1, 1, launch.block_threads, 1,
                                          1, launch.shared_bytes, queue_.stream(), parameters, nullptr),
                   "starting a kernel");
    });
  }

  void wait() override {
    const CudaContext::Use use(queue_.context());
    queue_.wait();
  }
  void start_timing() override { stopwatch_.start(); }
  ExecutorTimes times() override { return stopwatch_.times(); }

 private:
  cuda::Function function(const std::string& kernel) {
    const auto found = functions_.find(kernel);
    if (found != functions_.end()) return found->second;
    const cuda::Function function = queue_.context().function(module_, ("armillion_ops_" + kernel).c_str());
    functions_.emplace(kernel, function);
    return function;
  }

  int index_;
  CudaQueue queue_;
  const cuda::Driver& driver_;
  cuda::Module module_;
  Stopwatch stopwatch_{queue_};
  std::map<std::string, cuda::Function> functions_;
};

}  // namespace

std::unique_ptr<Device> open_cuda_device(int index) { return std::make_unique<CudaDevice>(index); }

}  // namespace armillion::ops::gpu
