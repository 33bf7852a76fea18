#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "armillion/ops/elementwise.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::ops {

// What calls ask of their arguments before they write anything. `operation` is the call's name, for messages.

[[noreturn]] void throw_invalid(const char* operation, const char* what);
[[noreturn]] void throw_sizes(const char* operation, std::size_t expected, std::size_t actual);

inline void require_size(const char* operation, std::size_t expected, std::size_t actual) {
  if (expected != actual) [[unlikely]]
    throw_sizes(operation, expected, actual);
}

inline void require_elements(const char* operation, std::size_t size) {
  if (size == 0) throw_invalid(operation, "there are no elements");
}

/// Bytes of memory, half open.
struct MemoryRange {
  std::uintptr_t begin;
  std::uintptr_t end;
};

template <class T>
MemoryRange memory_of(std::span<T> x) {
  const auto begin = reinterpret_cast<std::uintptr_t>(x.data());
  return {begin, begin + x.size_bytes()};
}

template <class T>
MemoryRange memory_of(Strided<T> x) {
  if (x.size() == 0) return {};
  const auto first = reinterpret_cast<std::uintptr_t>(&x[0]);
  const auto last = reinterpret_cast<std::uintptr_t>(&x[x.size() - 1]);
  return first < last ? MemoryRange{first, last + sizeof(T)} : MemoryRange{last, first + sizeof(T)};
}

inline bool overlap(MemoryRange a, MemoryRange b) { return a.begin < b.end && b.begin < a.end; }

template <class T, class U>
void require_disjoint(const char* operation, std::span<T> operand, std::span<U> result) {
  if (overlap(memory_of(operand), memory_of(result))) [[unlikely]]
    throw_invalid(operation, "the result shares memory with an argument");
}

/// The result is the operand or has no element in common with it. Both have the same size.
template <class T>
void require_same_or_disjoint(const char* operation, std::span<const T> operand, std::span<T> result) {
  // One comparison that finds all that overlap, those that are the same, and some that are next to each other.
  const std::uintptr_t distance = memory_of(result).begin - memory_of(operand).begin;
  const std::size_t size_bytes = result.size_bytes();
  if (distance + size_bytes < 2 * size_bytes) [[unlikely]] {
    if (distance != 0) require_disjoint(operation, operand, result);
  }
}

template <class T>
void require_same_or_disjoint(const char* operation, Strided<const T> operand, Strided<T> result) {
  if (!overlap(memory_of(operand), memory_of(result))) return;
  if (operand.stride() == result.stride()) {
    const std::ptrdiff_t distance = operand.data() - result.data();
    if (distance == 0 || distance % operand.stride() != 0) return;
  }
  throw_invalid(operation, "the result shares memory with an argument, and is not the same view");
}

}  // namespace armillion::ops
