#pragma once

#include "armillion/ops/executor.hpp"
#include "ops/checks.hpp"
#include "ops/executors/backend.hpp"

// What calls ask of buffers before they write anything. `name` is the call's, for messages.
namespace armillion::ops::detail {

template <class T>
void require_executor(const char* name, const ExecutorBackend& executor, const Buffer<T>& buffer) {
  if (buffer.backend() != &executor) throw_invalid(name, "the buffers belong to different executors");
}

template <class T, class U>
void require_fits(const char* name, const Buffer<T>& first, const Buffer<U>& other) {
  require_size(name, first.size(), other.size());
  require_executor(name, *first.backend(), other);
}

/// Scalars do.
template <class T>
void require_fits(const char*, const Buffer<T>&, T /*scalar*/) {}

/// The executor of the first buffer, which all of the others have too, and the same size.
template <class T, class... Others>
ExecutorBackend& backend_of(const char* name, const Buffer<T>& first, const Others&... others) {
  if (first.backend() == nullptr) throw_invalid(name, "a buffer has been moved from");
  (require_fits(name, first, others), ...);
  return *first.backend();
}

/// That no index is beyond the array which they are in.
inline void require_indices(const char* name, ExecutorBackend& backend, const Buffer<std::uint32_t>& indices,
                            std::size_t size) {
  if (indices.size() > 0 && backend.largest_index(indices.address(), indices.size()) >= size) {
    throw_invalid(name, "an index is not less than the array's size");
  }
}

/// The memory of a buffer of an executor, which others may share where it is borrowed.
template <class T>
MemoryRange memory_of(const Buffer<T>& buffer) {
  return {buffer.address(), buffer.address() + buffer.size() * sizeof(T)};
}

/// That a result is another buffer than an argument, and has no memory in common with it.
template <class T, class U>
void require_other(const char* name, const Buffer<T>& argument, const Buffer<U>& result) {
  const bool is_same = static_cast<const void*>(&argument) == static_cast<const void*>(&result);
  if (is_same || overlap(memory_of(argument), memory_of(result))) {
    throw_invalid(name, "the result shares memory with an argument");
  }
}

/// That a result has an argument's memory, or none of it.
template <class T>
void require_same_or_other(const char* name, const Buffer<T>& argument, const Buffer<T>& result) {
  if (argument.address() != result.address()) require_other(name, argument, result);
}

/// Scalars do.
template <class T>
void require_same_or_other(const char*, T /*scalar*/, const Buffer<T>&) {}

}  // namespace armillion::ops::detail
