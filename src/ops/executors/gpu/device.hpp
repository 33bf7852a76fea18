#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "armillion/ops/executor.hpp"

// What the executor `cuda` needs of the processor that runs its kernels, so that all else is the same for a GPU and for
// the host that stands in for one.
namespace armillion::ops::gpu {

/// How many threads execute a kernel.
struct Launch {
  /// As in kernels.inc.
  std::string kernel;
  std::uint64_t blocks;
  std::uint32_t block_threads;
  std::uint32_t shared_bytes = 0;
};

/// All calls throw Error(UNAVAILABLE) where the device does not answer any more. They are done in their order.
class Device {
 public:
  virtual ~Device() = default;

  /// "cuda:0", or "host-lanes".
  virtual std::string name() const = 0;
  /// See `Executor`.
  virtual ExecutorMemory memory() const = 0;

  /// At least one byte of memory, at a multiple of 256, which holds anything. Error(OUT_OF_MEMORY), saying what was
  /// asked for and what there is.
  virtual std::uint64_t allocate(std::size_t size_bytes) = 0;
  virtual void release(std::uint64_t address) noexcept = 0;
  virtual void fill(std::uint64_t address, std::byte value, std::size_t size_bytes) = 0;
  /// These two wait until all is done.
  virtual void write(std::uint64_t address, std::span<const std::byte> source) = 0;
  virtual void read(std::span<std::byte> destination, std::uint64_t address) = 0;
  /// Starts a kernel. `arguments` is a pointer to its struct.
  virtual void launch(const Launch& launch, const void* arguments) = 0;

  /// See `Executor`.
  virtual void wait() = 0;
  virtual void start_timing() = 0;
  virtual ExecutorTimes times() = 0;
};

/// Error as `Executor::cuda` has for "cuda:N" of this number.
std::unique_ptr<Device> open_cuda_device(int index);
/// Executes kernels on the calling thread, one thread of a block after the other.
std::unique_ptr<Device> make_host_device();

}  // namespace armillion::ops::gpu
