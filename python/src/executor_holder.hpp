#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/ops/executor.hpp"
#include "ops_arrays.hpp"
#include "running.hpp"

namespace armillion::python {

namespace nb = nanobind;

using AnyBuffer = std::variant<ops::Buffer<float>, ops::Buffer<double>, ops::Buffer<std::int32_t>,
                               ops::Buffer<std::uint8_t>, ops::Buffer<std::uint32_t>>;

/// An executor as Python and its buffers hold it together. It and all of its buffers are for one thread at a time; a
/// second one gets an error.
class SharedExecutor {
 public:
  explicit SharedExecutor(ops::Executor executor) : executor_(std::move(executor)), memory_(executor_.memory()) {}

  const ops::Executor& get() const { return executor_; }
  const ops::ExecutorMemory& memory() const { return memory_; }

  /// Does work on so many elements, without the GIL where that is worth it. On a GPU all of it has ended afterwards, so
  /// that what fails fails here, and what is lent may be used by others.
  template <class Work>
  auto run(std::size_t elements, const Work& work) {
    occupancy_.check("executor");
    const Sweep sweep{*this};
    const Occupancy::Scope scope(occupancy_);
    std::optional<nb::gil_scoped_release> released;
    if (elements >= GIL_ELEMENTS || memory_.kind != ops::ExecutorMemory::Kind::HOST) released.emplace();
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      executor_.wait();
    } else {
      auto result = work();
      executor_.wait();
      return result;
    }
  }

  /// Ends a buffer's life: later, where another thread is at work, as Python's collector may find it on any thread.
  void release(AnyBuffer buffer) {
    if (occupancy_.is_occupied()) released_.push_back(std::move(buffer));
  }

 private:
  /// Buffers that were released meanwhile go when the work is done.
  struct Sweep {
    SharedExecutor& executor;
    // What a borrowed one's owner does when it goes may release others.
    ~Sweep() { const std::vector<AnyBuffer> gone = std::exchange(executor.released_, {}); }
  };

  ops::Executor executor_;
  ops::ExecutorMemory memory_;
  Occupancy occupancy_;
  std::vector<AnyBuffer> released_;
};

struct ExecutorHolder {
  std::shared_ptr<SharedExecutor> shared;
};

/// A buffer's elements as Python holds them.
class BufferHolder {
 public:
  BufferHolder(std::shared_ptr<SharedExecutor> executor, AnyBuffer buffer)
      : executor_(std::move(executor)), buffer_(std::move(buffer)) {}
  ~BufferHolder() { executor_->release(std::move(buffer_)); }
  BufferHolder(const BufferHolder&) = delete;
  BufferHolder& operator=(const BufferHolder&) = delete;

  SharedExecutor& executor() const { return *executor_; }
  AnyBuffer& any() { return buffer_; }
  std::size_t size() const {
    return std::visit([](const auto& buffer) { return buffer.size(); }, buffer_);
  }

  /// Error(INVALID_ARGUMENT) where the elements have another type.
  template <class T>
  ops::Buffer<T>& of() {
    if (auto* const buffer = std::get_if<ops::Buffer<T>>(&buffer_)) return *buffer;
    throw Error(ErrorCode::INVALID_ARGUMENT, "the elements of a buffer have another type than the call needs");
  }

 private:
  std::shared_ptr<SharedExecutor> executor_;
  AnyBuffer buffer_;
};

/// Calls `work` with a null pointer to the type of a buffer's elements, which is one of Types. Error(INVALID_ARGUMENT)
/// for others.
template <class... Types, class Work>
void by_type(BufferHolder& buffer, const char* allowed, const Work& work) {
  const bool is_known =
      ((std::holds_alternative<ops::Buffer<Types>>(buffer.any()) && (work(static_cast<Types*>(nullptr)), true)) || ...);
  if (!is_known) throw Error(ErrorCode::INVALID_ARGUMENT, std::string("the elements must be ") + allowed);
}

}  // namespace armillion::python
