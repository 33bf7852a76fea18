#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <mutex>

#include "armillion/ops/thread_pool.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::ops {

/// Calls `work(first, count)` for ranges that make up [0, size), each of `piece` items but the last, on a pool's
/// threads where there is more than one. What a call throws is thrown when all have ended.
template <class Work>
void run_in_pieces(ThreadPool& pool, std::size_t size, std::size_t piece, Work work) {
  if (size <= piece) return work(std::size_t{0}, size);
  std::mutex mutex;
  std::exception_ptr thrown;
  pool.run((size + piece - 1) / piece, [&](std::size_t number) {
    try {
      work(number * piece, std::min(piece, size - number * piece));
    } catch (...) {
      const std::scoped_lock lock(mutex);
      thrown = std::current_exception();
    }
  });
  if (thrown != nullptr) std::rethrow_exception(thrown);
}

/// Elements of a strided view that are copied into a contiguous buffer at a time.
constexpr std::size_t STRIDED_BLOCK = 512;

template <class T>
using StridedBuffer = std::array<T, STRIDED_BLOCK>;

/// Copies elements of a view into a buffer that has room for them, and returns where they are.
template <class T, std::size_t SIZE>
const T* read_elements(Strided<const T> x, std::size_t first, std::size_t count, std::array<T, SIZE>& buffer) {
  for (std::size_t i = 0; i < count; ++i) buffer[i] = x[first + i];
  return buffer.data();
}

template <class T>
void write_elements(const StridedBuffer<T>& buffer, Strided<T> x, std::size_t first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) x[first + i] = buffer[i];
}

/// Calls `work(first, count)` for the blocks of a strided view.
template <class Work>
void for_strided_blocks(std::size_t size, Work work) {
  for (std::size_t first = 0; first < size; first += STRIDED_BLOCK) work(first, std::min(STRIDED_BLOCK, size - first));
}

}  // namespace armillion::ops
