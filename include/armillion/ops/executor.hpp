#pragma once

/// Executors: where calls on buffers run. They are a library of their own, `armillion::ops_executors`, which needs the
/// emulator; calls on arrays of the host need neither.
///
///   const Executor executor = Executor::machine("cpu");
///   const Buffer a(executor, std::vector<float>{1, 2, 3});
///   Buffer<float> result(executor, 3);
///   add(a, 2.0F, result);                     // the functions of elementwise.hpp and so on
///   std::vector<float> elements(3);
///   result.download(elements);
///
/// All functions of the library take buffers in place of arrays, without strided views and pools; those of matrices are
/// in buffer_matrices.hpp. Where results are the same on every executor, and where they are not, is said in
/// docs/ops.md. A result may be an argument where it may be with arrays, but for the functions that say otherwise
/// there.
///
/// Error(INVALID_ARGUMENT), before anything is written, for buffers of different executors, for sizes that do not fit,
/// and where the function has that for arrays.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "armillion/ops/arrangement.hpp"
#include "armillion/ops/elementwise.hpp"
#include "armillion/ops/reductions.hpp"

namespace armillion::ops {

namespace detail {
class ExecutorBackend;
}

/// The time that a GPU took, by its own clock.
struct ExecutorTimes {
  double kernel_seconds = 0;
  /// Copies between its memory and the host's, those of results of reductions included.
  double transfer_seconds = 0;
};

/// Where an executor has its buffers, for whoever works on the same memory by other means.
struct ExecutorMemory {
  enum class Kind : std::uint8_t {
    /// This process's memory.
    HOST,
    /// A GPU's memory, of its primary context, which the CUDA runtime and what stands on it use, too.
    GPU,
    /// That of an emulated machine, whose elements have no address for anybody else.
    MACHINE,
  };
  Kind kind = Kind::HOST;
  /// The driver's number of the GPU.
  int gpu = 0;
  /// The GPU's stream (a CUstream) that has all of the executor's work, in its order.
  void* stream = nullptr;
};

/// Where calls on buffers run. Copies are the same executor, which lives as long as one of them or of its buffers. An
/// executor and all of its buffers are for one thread at a time.
class Executor {
 public:
  /// There is no moving: an executor that has been moved from would be none.
  Executor(const Executor&) = default;
  Executor& operator=(const Executor&) = default;

  /// The kernels of `target()`, on the calling thread and memory of this process.
  static Executor host();
  /// Loops of AArch64 instructions, which the library writes, on a machine that has the buffers in its memory and runs
  /// on a device as `MachineOptions::device` names them: "cpu", "host-lanes", "cuda:0" and up. Error(INVALID_ARGUMENT)
  /// for a device that does not exist, Error(UNAVAILABLE) for one that cannot be used. Calls and buffers throw
  /// Error(OUT_OF_MEMORY) where the device or the machine, whose buffers have 16 GiB, has no room left.
  /// `engine` is how it executes instructions, as `MachineOptions::engine`; Error(INVALID_ARGUMENT) for another.
  static Executor machine(const std::string& device = "cpu", const std::string& engine = "interpreter");

  /// Kernels on an NVIDIA GPU and buffers in its memory: "cuda" is the first that can be used, "cuda:0" and up are the
  /// driver's numbers; "host-lanes" is the GPU's code compiled for the CPU, which is slow and for tests. No CUDA
  /// toolkit is needed: the driver, libcuda.so.1, compiles the kernels when they are first used on a GPU, and the
  /// result is kept on disk. Error(INVALID_ARGUMENT) for another name, Error(UNAVAILABLE) where there is no such GPU or
  /// no driver, saying what is missing. Calls return once the GPU knows of them, unless they return a value; calls and
  /// buffers throw Error(OUT_OF_MEMORY) where its memory has no room, with what was asked for and what there is, and
  /// Error(UNAVAILABLE) where the GPU fails, which may be in a later call than the one that made it fail.
  static Executor cuda(const std::string& device = "cuda");

  /// "host", "machine on cpu", "machine on cpu by the tensor engine", "cuda:0" and so on.
  std::string name() const;
  /// Where the elements of its buffers are.
  ExecutorMemory memory() const;
  /// AArch64 instructions that all calls on a machine have retired; 0 on executors without one.
  std::uint64_t retired_instructions() const;

  /// Waits until all calls have ended, and throws what `cuda` says where one has failed.
  void wait() const;

  /// Has `times` count from now on. On a GPU that costs each call some microseconds.
  void start_timing();
  /// What was done since `start_timing`, which has all ended when this returns. Only of GPUs: zeros on other executors.
  ExecutorTimes times() const;

  /// Whether both are copies of the same one.
  friend bool operator==(const Executor&, const Executor&) = default;

 private:
  template <class T>
  friend class Buffer;
  explicit Executor(std::shared_ptr<detail::ExecutorBackend> backend) : backend_(std::move(backend)) {}

  std::shared_ptr<detail::ExecutorBackend> backend_;
};

/// An array of float32, float64 or int32, a mask of bytes or indices, in an executor's memory or borrowed. One that was
/// moved from has no elements and no executor: calls with it are Error(INVALID_ARGUMENT).
template <class T>
class Buffer {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t> ||
                std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint32_t>);

 public:
  /// So many elements, all 0. Error(OUT_OF_MEMORY).
  Buffer(const Executor& executor, std::size_t size);
  /// A copy of the elements. Error(OUT_OF_MEMORY).
  Buffer(const Executor& executor, std::span<const T> elements);
  /// Elements that stay somebody else's, in memory of the kind that the executor's is: nothing is copied, and calls
  /// read and write them where they are. They are there as long as `owner` lives, which the buffer keeps. What others
  /// have begun to do with them on a GPU has to be done before `ExecutorMemory::stream` comes to a call, and `wait`
  /// says when that is. Error(INVALID_ARGUMENT) on a machine, which has no memory but its own, and where the elements
  /// do not begin at a multiple of their size; on a GPU, of 16 bytes.
  static Buffer borrow(const Executor& executor, T* elements, std::size_t size, std::shared_ptr<const void> owner);
  Buffer(Buffer&& other) noexcept
      : backend_(std::move(other.backend_)),
        owner_(std::move(other.owner_)),
        address_(std::exchange(other.address_, 0)),
        size_(std::exchange(other.size_, 0)),
        is_borrowed_(std::exchange(other.is_borrowed_, false)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    std::swap(backend_, moved.backend_);
    std::swap(owner_, moved.owner_);
    std::swap(address_, moved.address_);
    std::swap(size_, moved.size_);
    std::swap(is_borrowed_, moved.is_borrowed_);
    return *this;
  }
  ~Buffer();

  /// How many elements there are.
  std::size_t size() const { return size_; }
  /// The first element, in memory that `Executor::memory` tells the kind of. Error(INVALID_ARGUMENT) on a machine, and
  /// where the buffer was moved from.
  T* data();
  const T* data() const { return const_cast<Buffer*>(this)->data(); }
  /// Replaces all elements. Error(INVALID_ARGUMENT) where there are not as many.
  void upload(std::span<const T> elements);
  /// Copies all elements. Error(INVALID_ARGUMENT) where there is not room for exactly as many.
  void download(std::span<T> elements) const;

  /// @cond INTERNAL
  /// For the library's own layers: what runs calls, null where the buffer was moved from, and where the elements are
  /// there.
  detail::ExecutorBackend* backend() const { return backend_.get(); }
  std::uint64_t address() const { return address_; }
  /// @endcond

 private:
  Buffer(std::shared_ptr<detail::ExecutorBackend> backend, std::uint64_t address, std::size_t size,
         std::shared_ptr<const void> owner)
      : backend_(std::move(backend)), owner_(std::move(owner)), address_(address), size_(size), is_borrowed_(true) {}

  std::shared_ptr<detail::ExecutorBackend> backend_;
  std::shared_ptr<const void> owner_;
  std::uint64_t address_ = 0;
  std::size_t size_ = 0;
  bool is_borrowed_ = false;
};

template <std::ranges::contiguous_range Elements>
Buffer(const Executor&, const Elements&) -> Buffer<std::ranges::range_value_t<Elements>>;

}  // namespace armillion::ops
