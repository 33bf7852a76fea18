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
/// These take buffers: `add`, `sub`, `mul`, `div`, `fma`, `minimum`, `maximum`, `clip`, `abs`, `neg`, `relu`, `fill`,
/// `copy`, `sum`, `mean`, `min`, `max`, `argmax` and `dot`. Their results are the same on every executor: to the bit,
/// but for a NaN's bits, and for `dot` on a host whose target is SSE4 (see reductions.hpp). A result may be an
/// argument.
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
  static Executor machine(const std::string& device = "cpu");

  /// "host", or "machine on cpu" and so on.
  std::string name() const;
  /// AArch64 instructions that all calls on a machine have retired; 0 on executors without one.
  std::uint64_t retired_instructions() const;

  /// Whether both are copies of the same one.
  friend bool operator==(const Executor&, const Executor&) = default;

 private:
  template <class T>
  friend class Buffer;
  explicit Executor(std::shared_ptr<detail::ExecutorBackend> backend) : backend_(std::move(backend)) {}

  std::shared_ptr<detail::ExecutorBackend> backend_;
};

/// An array of float32, float64 or int32 that an executor owns the memory of. One that was moved from has no elements
/// and no executor: calls with it are Error(INVALID_ARGUMENT).
template <class T>
class Buffer {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t>);

 public:
  /// So many elements, all 0. Error(OUT_OF_MEMORY).
  Buffer(const Executor& executor, std::size_t size);
  /// A copy of the elements. Error(OUT_OF_MEMORY).
  Buffer(const Executor& executor, std::span<const T> elements);
  Buffer(Buffer&& other) noexcept
      : backend_(std::move(other.backend_)),
        address_(std::exchange(other.address_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    std::swap(backend_, moved.backend_);
    std::swap(address_, moved.address_);
    std::swap(size_, moved.size_);
    return *this;
  }
  ~Buffer();

  std::size_t size() const { return size_; }
  /// Replaces all elements. Error(INVALID_ARGUMENT) where there are not as many.
  void upload(std::span<const T> elements);
  /// Copies all elements. Error(INVALID_ARGUMENT) where there is not room for exactly as many.
  void download(std::span<T> elements) const;

  /// For the library's own layers: what runs calls, null where the buffer was moved from, and where the elements are
  /// there.
  detail::ExecutorBackend* backend() const { return backend_.get(); }
  std::uint64_t address() const { return address_; }

 private:
  std::shared_ptr<detail::ExecutorBackend> backend_;
  std::uint64_t address_ = 0;
  std::size_t size_ = 0;
};

template <std::ranges::contiguous_range Elements>
Buffer(const Executor&, const Elements&) -> Buffer<std::ranges::range_value_t<Elements>>;

}  // namespace armillion::ops
