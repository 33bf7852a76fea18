#pragma once

#include <cstdint>

#include "isa/macros.hpp"

// The one place of the tensor engine that asks whether its device code is compiled for a GPU or for the host, which
// tests it with a team of one.
namespace armillion::engine::tensor {

/// The threads that work on one batch: a block of a GPU, or one thread of the host.
struct Team {
  std::uint32_t index;
  std::uint32_t size;

  /// Calls `body(i)` for all i below `count`, each on one thread.
  template <class Body>
  ARMILLION_INLINE void for_each(std::uint32_t count, Body body) const {
    for (std::uint32_t i = index; i < count; i += size) body(i);
  }

  ARMILLION_INLINE bool is_first() const { return index == 0; }

  /// All threads come here before one goes on, and see what the others have written.
  ARMILLION_INLINE void barrier() const {
#if defined(__NVPTX__)
    __nvvm_barrier_sync(0);
#endif
  }
};

ARMILLION_INLINE void set_bits(std::uint32_t* word, std::uint32_t bits) {
  __atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
}
ARMILLION_INLINE void lower_to(std::uint32_t* word, std::uint32_t value) {
  __atomic_fetch_min(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE void raise_to(std::uint32_t* word, std::uint32_t value) {
  __atomic_fetch_max(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE void add_to(std::uint32_t* word, std::uint32_t value) {
  __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
/// A word that the host writes while the device runs.
ARMILLION_INLINE std::uint32_t read_host_word(const std::uint32_t* word) {
  return *static_cast<const volatile std::uint32_t*>(word);
}

}  // namespace armillion::engine::tensor
