#include "engine/gpu/host_backend.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <sys/mman.h>

#include "armillion/error.hpp"
#include "engine/gpu/lane_kernels.hpp"
#include "engine/tensor/device/array_addition.hpp"
#include "engine/tensor/device/batch_loop.hpp"

namespace armillion::engine::gpu {

std::uint64_t target::nanoseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

namespace {

// Where there is memory, so that a copy that a GPU's driver would refuse is refused here too.
class Allocations {
 public:
  void set(DeviceAddress address, std::uint64_t size_bytes) {
    const std::scoped_lock lock(mutex_);
    sizes_[address] = size_bytes;
  }
  void remove(DeviceAddress address) {
    const std::scoped_lock lock(mutex_);
    sizes_.erase(address);
  }
  void check(DeviceAddress address, std::uint64_t size_bytes) const {
    const std::scoped_lock lock(mutex_);
    const auto behind = sizes_.upper_bound(address);
    if (behind != sizes_.begin()) {
      const auto& [start, size] = *std::prev(behind);
      if (size_bytes <= size && address - start <= size - size_bytes) return;
    }
    throw Error(ErrorCode::UNAVAILABLE, "a copy of " + std::to_string(size_bytes) + " bytes leaves the lanes' memory");
  }

 private:
  mutable std::mutex mutex_;
  std::map<DeviceAddress, std::uint64_t> sizes_;
};

// Pages of the host, which come into being as they are touched.
class HostMemory final : public DeviceMemory, public MappedMemory {
 public:
  HostMemory(Allocations& allocations, std::uint64_t size_bytes, std::uint64_t limit_bytes)
      : allocations_(allocations), size_bytes_(size_bytes), limit_bytes_(limit_bytes) {
    bytes_ = mmap(nullptr, limit_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes_ == MAP_FAILED) {
      throw Error(ErrorCode::OUT_OF_MEMORY,
                  "the host has no " + std::to_string(limit_bytes) + " bytes of address space left");
    }
    allocations_.set(HostMemory::address(), size_bytes);
  }
  ~HostMemory() override {
    allocations_.remove(address());
    munmap(bytes_, limit_bytes_);
  }
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  DeviceAddress address() const override { return reinterpret_cast<DeviceAddress>(bytes_); }
  std::uint64_t size_bytes() const override { return size_bytes_; }
  bool grow(std::uint64_t size_bytes) override {
    if (size_bytes > limit_bytes_) return false;
    size_bytes_ = std::max(size_bytes_, size_bytes);
    allocations_.set(address(), size_bytes_);
    return true;
  }
  std::byte* host() override { return static_cast<std::byte*>(bytes_); }
  DeviceAddress device() const override { return address(); }

 private:
  Allocations& allocations_;
  void* bytes_ = nullptr;
  std::uint64_t size_bytes_;
  std::uint64_t limit_bytes_;
};

class HostBackend final : public Backend {
 public:
  HostBackend(unsigned threads, unsigned team_threads)
      : thread_count_(std::max(1u, threads)), team_threads_(std::clamp(team_threads, 1u, tensor::LARGEST_TEAM)) {}
  ~HostBackend() override { HostBackend::wait(); }

  std::string name() const override { return "host-lanes"; }
  std::uint32_t warp_lanes() const override { return WARP_LANES; }
  std::uint32_t resident_warps() const override { return thread_count_; }
  std::uint64_t free_memory_bytes() const override { return std::uint64_t{1} << 34; }

  std::unique_ptr<DeviceMemory> allocate(std::uint64_t size_bytes) override {
    return std::make_unique<HostMemory>(allocations_, size_bytes, size_bytes);
  }
  std::unique_ptr<DeviceMemory> reserve(std::uint64_t size_bytes, std::uint64_t limit_bytes) override {
    return std::make_unique<HostMemory>(allocations_, size_bytes, std::max(size_bytes, limit_bytes));
  }
  std::unique_ptr<MappedMemory> allocate_mapped(std::uint64_t size_bytes) override {
    return std::make_unique<HostMemory>(allocations_, size_bytes, size_bytes);
  }

  void write(DeviceAddress destination, std::span<const std::byte> source) override {
    wait();
    if (source.empty()) return;
    allocations_.check(destination, source.size());
    std::memcpy(target::global<std::byte>(destination), source.data(), source.size());
  }
  void read(std::span<std::byte> destination, DeviceAddress source) override {
    wait();
    if (destination.empty()) return;
    allocations_.check(source, destination.size());
    std::memcpy(destination.data(), target::global<const std::byte>(source), destination.size());
  }

  void launch(Kernel kernel, std::uint32_t warps, DeviceAddress parameters) override {
    wait();
    // The kernel reads its parameters while it runs, as on a device.
    const auto* launch = target::global<const Launch>(parameters);
    next_warp_ = 0;
    const unsigned count = std::min<unsigned>(thread_count_, warps);
    running_ = count;
    for (unsigned i = 0; i < count; ++i) {
      threads_.emplace_back([this, kernel, warps, launch] {
        const auto shared = std::make_unique<WarpShared>();
        for (std::uint32_t warp = next_warp_++; warp < warps; warp = next_warp_++) {
          run_warp(kernel, warps, warp, launch, *shared);
        }
        --running_;
      });
    }
  }
  void launch_tensor(TensorKernel kernel, std::uint32_t, std::uint32_t, DeviceAddress parameters) override {
    wait();
    if (kernel == TensorKernel::RUN) {
      // What threads share holds anything when a block of a GPU begins.
      team_shared_ = std::make_unique<tensor::BatchShared>();
      std::memset(team_shared_.get(), 0xa5, sizeof(tensor::BatchShared));
      launch_team(team_threads_, [this, parameters](tensor::Team team) {
        tensor::run_batches(target::global<tensor::DeviceRun>(parameters), team_shared_.get(), team);
      });
    } else {
      launch_team(1, [parameters](tensor::Team team) {
        tensor::add_arrays(*target::global<const tensor::ArrayAddition>(parameters), team);
      });
    }
  }
  bool is_idle() override { return running_ == 0; }
  void wait() override {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  template <class Body>
  void launch_team(unsigned size, Body body) {
    meeting_ = size > 1 ? std::make_unique<std::barrier<>>(size) : nullptr;
    running_ = size;
    for (unsigned i = 0; i < size; ++i) {
      threads_.emplace_back([this, size, i, body] {
        body(tensor::Team{.index = i, .size = size, .meeting = meeting_.get()});
        --running_;
      });
    }
  }

  static void run_warp(Kernel kernel, std::uint32_t warps, std::uint32_t warp, const Launch* launch,
                       WarpShared& shared) {
    prepare_warp(&shared, warp, 0, 1);
    for (std::uint32_t lane = 0; lane < WARP_LANES; ++lane) {
      const Thread thread{warp, lane, std::uint64_t{warp} * WARP_LANES + lane, std::uint64_t{warps} * WARP_LANES};
      switch (kernel) {
        case Kernel::RUN: run_kernel(launch, &shared, thread); break;
        case Kernel::RESET_MEMORY: reset_memory_kernel(launch, thread); break;
        case Kernel::RESET_STATE: reset_state_kernel(launch, thread); break;
        case Kernel::COPY_GUEST_MEMORY: copy_guest_memory_kernel(launch, &shared, thread); break;
        case Kernel::CLEAN: clean_kernel(launch, thread); break;
        case Kernel::RESET_LANES: reset_lanes_kernel(launch, thread); break;
        case Kernel::WRITE_PAGES: write_pages_kernel(launch, &shared, thread); break;
        case Kernel::COPY_CELLS: copy_cells_kernel(launch, thread); break;
        case Kernel::RESUME: resume_kernel(launch, thread); break;
        case Kernel::STOP: stop_kernel(launch, thread); break;
        case Kernel::SUMMARIZE: summarize_kernel(launch, thread); break;
        case Kernel::COUNT: break;
      }
    }
  }

  Allocations allocations_;
  unsigned thread_count_;
  unsigned team_threads_;
  std::unique_ptr<tensor::BatchShared> team_shared_;
  std::unique_ptr<std::barrier<>> meeting_;
  std::atomic<std::uint32_t> next_warp_{0};
  std::atomic<unsigned> running_{0};
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Backend> make_host_backend(unsigned threads, unsigned team_threads) {
  return std::make_unique<HostBackend>(threads, team_threads);
}

}  // namespace armillion::engine::gpu
