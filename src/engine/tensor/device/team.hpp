#pragma once

#include <cstdint>

#include "isa/macros.hpp"

#if !defined(__NVPTX__)
#include <barrier>
#endif

// The one place of the tensor engine that asks whether its device code is compiled for a GPU or for the host.
namespace armillion::engine::tensor {

/// The most threads of a team: as many as a block of a GPU has.
inline constexpr std::uint32_t LARGEST_TEAM = 1024;

/// The threads that work on one batch: a block of a GPU, or threads of the host.
struct Team {
  std::uint32_t index;
  std::uint32_t size;
#if !defined(__NVPTX__)
  /// Where the threads meet; a team of one needs no such place.
  std::barrier<>* meeting = nullptr;
#endif

  /// Calls `body(i)` for all i below `count`, each on one thread: thread i % size.
  template <class Body>
  ARMILLION_INLINE void for_each(std::uint32_t count, Body body) const {
    for (std::uint32_t i = index; i < count; i += size) body(i);
  }

  ARMILLION_INLINE bool is_first() const { return index == 0; }

  /// All threads come here before one goes on, and see what the others have written.
  ARMILLION_INLINE void barrier() const {
#if defined(__NVPTX__)
    __nvvm_barrier_sync(0);
#else
    if (meeting != nullptr) meeting->arrive_and_wait();
#endif
  }
};

// What several threads of a team do to a word between two barriers. Nothing else that they write is ordered by it.

/// Returns what was there before.
ARMILLION_INLINE std::uint32_t set_bits(std::uint32_t* word, std::uint32_t bits) {
  return __atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
}
ARMILLION_INLINE void add_to(std::uint32_t* word, std::uint32_t value) {
  __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
/// Makes the word `value` where it is `expected`. Returns what was there before.
ARMILLION_INLINE std::uint64_t replace(std::uint64_t* word, std::uint64_t expected, std::uint64_t value) {
  __atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}
template <class T>
ARMILLION_INLINE T load_relaxed(const T* word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
template <class T>
ARMILLION_INLINE void store_relaxed(T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

ARMILLION_INLINE void lower_to(std::uint32_t* word, std::uint32_t value) {
#if defined(__NVPTX__)
  __atomic_fetch_min(word, value, __ATOMIC_RELAXED);
#else
  // ThreadSanitizer does not see an atomic minimum, for which most processors have no instruction either.
  std::uint32_t there = load_relaxed(word);
  while (value < there && !__atomic_compare_exchange_n(word, &there, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
#endif
}
ARMILLION_INLINE void raise_to(std::uint32_t* word, std::uint32_t value) {
#if defined(__NVPTX__)
  __atomic_fetch_max(word, value, __ATOMIC_RELAXED);
#else
  std::uint32_t there = load_relaxed(word);
  while (value > there && !__atomic_compare_exchange_n(word, &there, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
#endif
}

}  // namespace armillion::engine::tensor
