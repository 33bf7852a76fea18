// The host in place of a GPU: the same kernels, one block and one thread after the other. It is there so that what runs
// on a GPU can be tested without one. Every other block runs its threads backwards: where one reads what another writes
// with no barrier between, one of the two orders is wrong.
#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

#include "armillion/error.hpp"
#include "ops/executors/gpu/device.hpp"
#include "ops/executors/gpu/kernels.hpp"

namespace armillion::ops::gpu {
namespace {

constexpr std::align_val_t ALIGNMENT{256};
constexpr std::uint32_t MAX_BLOCK_THREADS = 256;

enum class ThreadOrder : std::uint8_t { FORWARD, BACKWARD };

class HostBlock {
 public:
  HostBlock(std::uint64_t index, const Launch& launch, ThreadOrder order, void* shared)
      : index_(index), count_(launch.blocks), threads_(launch.block_threads), order_(order), shared_(shared) {}

  std::uint64_t index() const { return index_; }
  std::uint64_t count() const { return count_; }
  template <class Body>
  void for_each_thread(const Body& body) const {
    for (std::uint32_t i = 0; i < threads_; ++i) body(order_ == ThreadOrder::FORWARD ? i : threads_ - 1 - i);
  }
  void synchronize() const {}
  template <class T>
  T* shared() const {
    return static_cast<T*>(shared_);
  }
  template <class T>
  class PerThread {
   public:
    T& operator[](std::uint32_t thread) { return values_[thread]; }

   private:
    std::array<T, MAX_BLOCK_THREADS> values_;
  };

 private:
  std::uint64_t index_;
  std::uint64_t count_;
  std::uint32_t threads_;
  ThreadOrder order_;
  void* shared_;
};

using Kernel = void (*)(const HostBlock& block, const void* arguments);

const std::map<std::string_view, Kernel>& kernels() {
  // The parentheses around a function keep the commas of its template arguments together.
#define ARMILLION_WITHOUT_PARENTHESES(...) __VA_ARGS__
#define ARMILLION_OPS_KERNEL(NAME, FUNCTION, ARGUMENTS)                                        \
  {#NAME, [](const HostBlock& block, const void* arguments) {                                  \
     ARMILLION_WITHOUT_PARENTHESES FUNCTION(block, *static_cast<const ARGUMENTS*>(arguments)); \
   }},
  static const std::map<std::string_view, Kernel> ALL{
#include "ops/executors/gpu/kernels.inc"
  };
#undef ARMILLION_OPS_KERNEL
#undef ARMILLION_WITHOUT_PARENTHESES
  return ALL;
}

class HostDevice final : public Device {
 public:
  std::string name() const override { return "host-lanes"; }
  ExecutorMemory memory() const override { return {.kind = ExecutorMemory::Kind::HOST}; }

  std::uint64_t allocate(std::size_t size_bytes) override {
    void* const memory = ::operator new(size_bytes, ALIGNMENT, std::nothrow);
    if (memory == nullptr) {
      throw Error(ErrorCode::OUT_OF_MEMORY,
                  "the host has no memory for a buffer of " + std::to_string(size_bytes) + " bytes");
    }
    return std::bit_cast<std::uint64_t>(memory);
  }
  void release(std::uint64_t address) noexcept override { ::operator delete(std::bit_cast<void*>(address), ALIGNMENT); }
  void fill(std::uint64_t address, std::byte value, std::size_t size_bytes) override {
    std::fill_n(std::bit_cast<std::byte*>(address), size_bytes, value);
  }
  void write(std::uint64_t address, std::span<const std::byte> source) override {
    const Measure measure(*this, times_.transfer_seconds);
    std::ranges::copy(source, std::bit_cast<std::byte*>(address));
  }
  void read(std::span<std::byte> destination, std::uint64_t address) override {
    const Measure measure(*this, times_.transfer_seconds);
    std::copy_n(std::bit_cast<const std::byte*>(address), destination.size(), destination.begin());
  }
  void launch(const Launch& launch, const void* arguments) override {
    const Measure measure(*this, times_.kernel_seconds);
    const auto kernel = kernels().find(launch.kernel);
    if (kernel == kernels().end()) throw std::logic_error("there is no kernel " + launch.kernel);
    // As on a GPU, it holds anything.
    const std::unique_ptr<std::max_align_t[]> shared(
        new std::max_align_t[launch.shared_bytes / sizeof(std::max_align_t) + 1]);
    // A launch of one block, too, has the other order the next time.
    for (std::uint64_t block = 0; block < launch.blocks; ++block) {
      const ThreadOrder order = blocks_run_++ % 2 == 0 ? ThreadOrder::FORWARD : ThreadOrder::BACKWARD;
      kernel->second(HostBlock(block, launch, order, shared.get()), arguments);
    }
  }

  void wait() override {}
  void start_timing() override {
    is_timing_ = true;
    times_ = {};
  }
  ExecutorTimes times() override { return times_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// Adds its life to a time.
  class Measure {
   public:
    Measure(const HostDevice& device, double& seconds) : is_timing_(device.is_timing_), seconds_(seconds) {}
    ~Measure() {
      if (is_timing_) seconds_ += std::chrono::duration<double>(Clock::now() - start_).count();
    }
    Measure(const Measure&) = delete;
    Measure& operator=(const Measure&) = delete;

   private:
    bool is_timing_;
    double& seconds_;
    Clock::time_point start_ = Clock::now();
  };

  std::uint64_t blocks_run_ = 0;
  bool is_timing_ = false;
  ExecutorTimes times_;
};

}  // namespace

std::unique_ptr<Device> make_host_device() { return std::make_unique<HostDevice>(); }

}  // namespace armillion::ops::gpu
