#include "engine/gpu/cuda_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "armillion/error.hpp"
#include "engine/gpu/cuda_context.hpp"
#include "engine/gpu/cuda_queue.hpp"
#include "engine/gpu/device_code.hpp"
#include "engine/gpu/driver.hpp"

namespace armillion::engine::gpu {

namespace {

using cuda::Driver;
using cuda::Result;

constexpr unsigned WARP_LANES = 32;

// The kernels' names in the module, in the order of `Kernel`.
constexpr std::array<const char*, static_cast<std::size_t>(Kernel::COUNT)> KERNEL_NAMES{
    "armillion_run",    "armillion_reset_memory", "armillion_reset_state", "armillion_copy_guest_memory",
    "armillion_clean",  "armillion_reset_lanes",  "armillion_write_pages", "armillion_copy_cells",
    "armillion_resume", "armillion_stop",         "armillion_summarize"};
static_assert(KERNEL_NAMES.back() != nullptr, "a kernel has no name");

// The same for `TensorKernel`.
constexpr std::array<const char*, static_cast<std::size_t>(TensorKernel::COUNT)> TENSOR_KERNEL_NAMES{
    "armillion_tensor_run", "armillion_tensor_add_arrays"};

// A warp needs this many registers for each of its lanes at most: as many as let shared memory decide how many warps a
// multiprocessor holds.
constexpr std::uint32_t MAX_REGISTERS = 80;
// A block of the tensor engine's 1,024 threads has 64 for each.
constexpr std::uint32_t TENSOR_REGISTERS = 64;

// The stack of a lane: handlers are called through a table, so that the driver cannot know how deep calls go. ptxas 13
// counts 224 bytes for the loop, 152 for an instruction that is fetched, 1,048 for the largest handler, and less than
// 400 for what handlers call.
constexpr std::size_t STACK_BYTES = 3072;

DeviceProgram lanes_program() {
  return {.version = device_code_version(),
          .ptx = device_code_ptx,
          .max_registers = MAX_REGISTERS,
          .stack_bytes = STACK_BYTES};
}

DeviceProgram tensor_program() {
  return {.version = tensor_code_version(),
          .ptx = tensor_code_ptx,
          .max_registers = TENSOR_REGISTERS,
          .stack_bytes = STACK_BYTES};
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t granularity) {
  return (value + granularity - 1) / granularity * granularity;
}

// The constructors of memory need the context current.

// Memory whose size is final.
class PlainMemory final : public DeviceMemory {
 public:
  PlainMemory(const CudaQueue& queue, std::uint64_t size_bytes) : queue_(queue), size_bytes_(size_bytes) {
    // The driver has no allocation of nothing.
    const std::uint64_t bytes = std::max<std::uint64_t>(size_bytes, 1);
    const Result result = queue_.driver().cuMemAlloc_v2(&address_, bytes);
    if (result == Result::OUT_OF_MEMORY) queue_.fail_out_of_memory(bytes);
    queue_.check(result, "allocating memory");
  }
  ~PlainMemory() override {
    queue_.release([this] { queue_.driver().cuMemFree_v2(address_); });
  }
  PlainMemory(const PlainMemory&) = delete;
  PlainMemory& operator=(const PlainMemory&) = delete;

  DeviceAddress address() const override { return address_; }
  std::uint64_t size_bytes() const override { return size_bytes_; }
  bool grow(std::uint64_t size_bytes) override { return size_bytes <= size_bytes_; }

 private:
  const CudaQueue& queue_;
  std::uint64_t size_bytes_;
  cuda::DevicePointer address_ = 0;
};

// A range of addresses with memory behind its first part.
class GrowingMemory final : public DeviceMemory {
 public:
  GrowingMemory(const CudaQueue& queue, std::uint64_t size_bytes, std::uint64_t limit_bytes)
      : queue_(queue), limit_bytes_(std::max(size_bytes, limit_bytes)) {
    properties_.type = cuda::AllocationProperties::Type::PINNED;
    properties_.location = location();
    queue_.check(queue_.driver().cuMemGetAllocationGranularity(&granularity_, &properties_, cuda::Granularity::MINIMUM),
                 "asking for the granularity of memory");
    range_bytes_ = round_up(std::max<std::uint64_t>(limit_bytes_, 1), granularity_);
    const Result result = queue_.driver().cuMemAddressReserve(&address_, range_bytes_, 0, 0, 0);
    if (result == Result::OUT_OF_MEMORY) {
      throw Error(ErrorCode::OUT_OF_MEMORY,
                  fmt::format("{} has no range of {} free addresses", queue_.context().name(), range_bytes_));
    }
    queue_.check(result, "reserving addresses");
    try {
      if (!add_memory(size_bytes)) queue_.fail_out_of_memory(size_bytes);
    } catch (...) {
      free();
      throw;
    }
  }
  ~GrowingMemory() override {
    queue_.release([this] { free(); });
  }
  GrowingMemory(const GrowingMemory&) = delete;
  GrowingMemory& operator=(const GrowingMemory&) = delete;

  DeviceAddress address() const override { return address_; }
  // Without what was mapped only to fill the last granule behind the limit.
  std::uint64_t size_bytes() const override { return std::min(mapped_bytes_, limit_bytes_); }

  bool grow(std::uint64_t size_bytes) override {
    const CudaContext::Use use(queue_.context());
    return add_memory(size_bytes);
  }

 private:
  cuda::MemoryLocation location() const { return {cuda::MemoryLocation::Type::DEVICE, queue_.context().device()}; }

  bool add_memory(std::uint64_t size_bytes) {
    if (size_bytes > limit_bytes_) return false;
    if (size_bytes <= mapped_bytes_) return true;
    const Driver& driver = queue_.driver();
    const std::uint64_t bytes = round_up(size_bytes - mapped_bytes_, granularity_);
    const cuda::DevicePointer end = address_ + mapped_bytes_;
    cuda::AllocationHandle handle = 0;
    Result result = driver.cuMemCreate(&handle, bytes, &properties_, 0);
    if (result == Result::OUT_OF_MEMORY) return false;
    queue_.check(result, "allocating memory");
    result = driver.cuMemMap(end, bytes, 0, handle, 0);
    driver.cuMemRelease(handle);  // from now on the mapping keeps it
    if (result == Result::SUCCESS) {
      const cuda::AccessDescription access{location(), cuda::AccessDescription::Flags::READ_WRITE};
      result = driver.cuMemSetAccess(end, bytes, &access, 1);
      if (result != Result::SUCCESS) driver.cuMemUnmap(end, bytes);
    }
    // Page tables need memory as well.
    if (result == Result::OUT_OF_MEMORY) return false;
    queue_.check(result, "mapping memory");
    mapped_bytes_ += bytes;
    return true;
  }

  void free() {
    if (mapped_bytes_ > 0) queue_.driver().cuMemUnmap(address_, mapped_bytes_);
    queue_.driver().cuMemAddressFree(address_, range_bytes_);
  }

  const CudaQueue& queue_;
  std::uint64_t limit_bytes_;
  std::uint64_t range_bytes_ = 0;
  std::uint64_t mapped_bytes_ = 0;
  std::size_t granularity_ = 0;
  cuda::AllocationProperties properties_{};
  cuda::DevicePointer address_ = 0;
};

// Host memory that the GPU reads and writes over the bus.
class HostMemory final : public MappedMemory {
 public:
  HostMemory(const CudaQueue& queue, std::uint64_t size_bytes) : queue_(queue) {
    const std::uint64_t bytes = std::max<std::uint64_t>(size_bytes, 1);
    const Result result =
        queue_.driver().cuMemHostAlloc(&host_, bytes, cuda::HOST_ALLOC_PORTABLE | cuda::HOST_ALLOC_DEVICE_MAP);
    if (result == Result::OUT_OF_MEMORY) {
      throw Error(ErrorCode::OUT_OF_MEMORY,
                  fmt::format("the host has not enough memory: {} bytes that {} can see were asked for", bytes,
                              queue_.context().name()));
    }
    queue_.check(result, "allocating host memory");
    try {
      queue_.check(queue_.driver().cuMemHostGetDevicePointer_v2(&device_, host_, 0), "mapping host memory");
    } catch (...) {
      queue_.driver().cuMemFreeHost(host_);
      throw;
    }
    std::memset(host_, 0, bytes);
  }
  ~HostMemory() override {
    queue_.release([this] { queue_.driver().cuMemFreeHost(host_); });
  }
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  std::byte* host() override { return static_cast<std::byte*>(host_); }
  DeviceAddress device() const override { return device_; }

 private:
  const CudaQueue& queue_;
  void* host_ = nullptr;
  cuda::DevicePointer device_ = 0;
};

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int device_index) : queue_(CudaContext::open(device_index)), driver_(queue_.driver()) {
    const CudaContext::Use use(queue_.context());
    const cuda::Module module = queue_.context().module(lanes_program());
    for (std::size_t i = 0; i < functions_.size(); ++i) {
      functions_[i] = queue_.context().function(module, KERNEL_NAMES[i]);
    }
    int blocks = 0;
    queue_.check(driver_.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function(Kernel::RUN), WARP_LANES, 0),
                 "asking how many warps fit");
    resident_warps_ = static_cast<std::uint32_t>(std::max(blocks, 1) * queue_.context().multiprocessors());
    int has_ranges = 0;
    queue_.check(driver_.cuDeviceGetAttribute(&has_ranges, cuda::Attribute::VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED,
                                              queue_.context().device()),
                 "asking for properties");
    has_ranges_ = has_ranges != 0;
  }

  std::string name() const override { return queue_.context().name(); }
  std::uint32_t warp_lanes() const override { return WARP_LANES; }
  std::uint32_t resident_warps() const override { return resident_warps_; }

  std::uint64_t free_memory_bytes() const override {
    const CudaContext::Use use(queue_.context());
    return queue_.free_memory_bytes();
  }

  std::unique_ptr<DeviceMemory> allocate(std::uint64_t size_bytes) override {
    const CudaContext::Use use(queue_.context());
    auto memory = std::make_unique<PlainMemory>(queue_, size_bytes);
    if (size_bytes > 0) {
      queue_.check(driver_.cuMemsetD8Async(memory->address(), 0, size_bytes, queue_.stream()), "clearing memory");
    }
    return memory;
  }

  std::unique_ptr<DeviceMemory> reserve(std::uint64_t size_bytes, std::uint64_t limit_bytes) override {
    const CudaContext::Use use(queue_.context());
    // Some virtual GPUs have no such ranges: what they cannot grow, the caller does without.
    if (!has_ranges_) return std::make_unique<PlainMemory>(queue_, size_bytes);
    return std::make_unique<GrowingMemory>(queue_, size_bytes, limit_bytes);
  }

  std::unique_ptr<MappedMemory> allocate_mapped(std::uint64_t size_bytes) override {
    const CudaContext::Use use(queue_.context());
    return std::make_unique<HostMemory>(queue_, size_bytes);
  }

  void write(DeviceAddress destination, std::span<const std::byte> source) override {
    if (source.empty()) return;
    const CudaContext::Use use(queue_.context());
    queue_.check(driver_.cuMemcpyHtoDAsync_v2(destination, source.data(), source.size(), queue_.stream()),
                 "writing memory");
    queue_.wait();  // the source is the caller's again when this returns
  }

  void read(std::span<std::byte> destination, DeviceAddress source) override {
    if (destination.empty()) return;
    const CudaContext::Use use(queue_.context());
    queue_.check(driver_.cuMemcpyDtoHAsync_v2(destination.data(), source, destination.size(), queue_.stream()),
                 "reading memory");
    queue_.wait();
  }

  void launch(Kernel kernel, std::uint32_t warps, DeviceAddress parameters) override {
    if (warps == 0) return;
    const CudaContext::Use use(queue_.context());
    void* arguments[] = {&parameters};
    queue_.check(
        driver_.cuLaunchKernel(function(kernel), warps, 1, 1, WARP_LANES, 1, 1, 0, queue_.stream(), arguments, nullptr),
        "starting a kernel");
  }

  void launch_tensor(TensorKernel kernel, std::uint32_t blocks, std::uint32_t threads,
                     DeviceAddress parameters) override {
    const CudaContext::Use use(queue_.context());
    void* arguments[] = {&parameters};
    queue_.check(driver_.cuLaunchKernel(tensor_function(kernel), blocks, 1, 1, threads, 1, 1, 0, queue_.stream(),
                                        arguments, nullptr),
                 "starting a kernel");
  }

  bool is_idle() override {
    const CudaContext::Use use(queue_.context());
    const Result result = driver_.cuStreamQuery(queue_.stream());
    if (result == Result::NOT_READY) return false;
    queue_.check(result, "running a kernel");
    return true;
  }

  void wait() override {
    const CudaContext::Use use(queue_.context());
    queue_.wait();
  }

 private:
  cuda::Function function(Kernel kernel) const { return functions_[static_cast<std::size_t>(kernel)]; }
  // Of a program that is loaded when it is first asked for.
  cuda::Function tensor_function(TensorKernel kernel) {
    cuda::Function& function = tensor_functions_[static_cast<std::size_t>(kernel)];
    if (function == nullptr) {
      const cuda::Module module = queue_.context().module(tensor_program());
      function = queue_.context().function(module, TENSOR_KERNEL_NAMES[static_cast<std::size_t>(kernel)]);
    }
    return function;
  }

  CudaQueue queue_;
  const Driver& driver_;
  std::array<cuda::Function, static_cast<std::size_t>(Kernel::COUNT)> functions_{};
  std::array<cuda::Function, static_cast<std::size_t>(TensorKernel::COUNT)> tensor_functions_{};
  std::uint32_t resident_warps_ = 0;
  bool has_ranges_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(int device_index) { return std::make_unique<CudaBackend>(device_index); }

}  // namespace armillion::engine::gpu
