#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/gpu/lane_layout.hpp"

// What lanes need of the processor that runs them, so that all code but the two implementations is the same for a GPU
// (cuda_backend.cpp) and for the host that stands in for one (host_backend.cpp).
namespace armillion::engine::gpu {

/// Memory of the backend. Freed with the object, which must not outlive its backend.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual DeviceAddress address() const = 0;
  /// What is there now; `grow` makes it more.
  virtual std::uint64_t size_bytes() const = 0;
  /// Makes at least `size_bytes` available without moving what is there; the new bytes hold anything. False, with
  /// nothing changed, where the range's limit or the device's memory does not allow it.
  virtual bool grow(std::uint64_t size_bytes) = 0;
};

/// Memory that host and device both see at any time.
class MappedMemory {
 public:
  virtual ~MappedMemory() = default;
  virtual std::byte* host() = 0;
  virtual DeviceAddress device() const = 0;
};

/// The entry points of the device code (kernels.cpp).
enum class Kernel : std::uint8_t {
  /// Runs lanes until they stop or have used up what they may.
  RUN,
  /// Gives all frames back that lanes have written.
  RESET_MEMORY,
  /// Copies the snapshot's state to all lanes.
  RESET_STATE,
  /// Copies a range of guest memory of each lane to or from a buffer.
  COPY_GUEST_MEMORY,
  /// Forgets which frames were written.
  CLEAN,
  /// Copies the snapshot's memory and state to some lanes.
  RESET_LANES,
  /// Writes whole pages of some lanes.
  WRITE_PAGES,
  /// Copies a cell of each lane's state from or to a buffer.
  COPY_CELLS,
  /// Lets lanes go on that stopped for no reason of their own.
  RESUME,
  /// Stops lanes that still run.
  STOP,
  /// Counts lanes by stop reason.
  SUMMARIZE,
  COUNT,
};

/// The entry points of the tensor engine's device code (engine/tensor/device/batch_kernel.cpp).
enum class TensorKernel : std::uint8_t {
  /// Executes batches until the run ends, on one block. Works on a `tensor::DeviceRun`.
  RUN,
  /// Adds two arrays, to be measured beside it. Works on a `tensor::ArrayAddition`.
  ADD_ARRAYS,
  COUNT,
};

class Backend {
 public:
  virtual ~Backend() = default;

  /// "cuda:0", or "host-lanes".
  virtual std::string name() const = 0;
  /// Lanes of a warp: 32 on a GPU.
  virtual std::uint32_t warp_lanes() const = 0;
  /// How many warps run at the same time.
  virtual std::uint32_t resident_warps() const = 0;
  /// Memory that could be allocated now.
  virtual std::uint64_t free_memory_bytes() const = 0;

  // All of these throw Error(OUT_OF_MEMORY), saying what was asked for and what was there, or Error(UNAVAILABLE) where
  // the device does not answer any more.

  /// Memory filled with zeros.
  virtual std::unique_ptr<DeviceMemory> allocate(std::uint64_t size_bytes) = 0;
  /// A range of `limit_bytes` addresses, of which `size_bytes` have memory from the start. The memory holds anything.
  virtual std::unique_ptr<DeviceMemory> reserve(std::uint64_t size_bytes, std::uint64_t limit_bytes) = 0;
  /// Filled with zeros.
  virtual std::unique_ptr<MappedMemory> allocate_mapped(std::uint64_t size_bytes) = 0;

  // In order with launches; `read` waits for what was launched before.
  virtual void write(DeviceAddress destination, std::span<const std::byte> source) = 0;
  virtual void read(std::span<std::byte> destination, DeviceAddress source) = 0;

  /// Starts `kernel` on `warps` warps and returns at once. `parameters` is the address of what the kernel works on, in
  /// the backend's memory.
  virtual void launch(Kernel kernel, std::uint32_t warps, DeviceAddress parameters) = 0;
  /// Starts a kernel of the tensor engine on `blocks` blocks of `threads` threads and returns at once. `parameters` is
  /// the address of what it works on, in the backend's memory.
  virtual void launch_tensor(TensorKernel kernel, std::uint32_t blocks, std::uint32_t threads,
                             DeviceAddress parameters) = 0;
  /// Whether all that was launched has ended. Costs no synchronisation.
  virtual bool is_idle() = 0;
  /// Waits until all that was launched has ended.
  virtual void wait() = 0;
};

/// `first` and up, as a byte span: for `write`.
template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span<const T, 1>(&value, 1));
}

}  // namespace armillion::engine::gpu
