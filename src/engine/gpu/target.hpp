#pragma once

#include <cstdint>

#include "isa/macros.hpp"

// The one place that asks whether device code is compiled for a GPU or for the host. On the host a lane runs alone:
// what lanes of a warp do together there has one participant.

#if defined(__NVPTX__)
/// Pointers into the device's memory, and into the memory that the lanes of a warp share while a kernel runs.
#define ARMILLION_GLOBAL __attribute__((address_space(1)))
#define ARMILLION_SHARED __attribute__((address_space(3)))
#else
#define ARMILLION_GLOBAL
#define ARMILLION_SHARED
#endif

namespace armillion::engine::gpu::target {

/// A value that code for the host sees as a number and device code as an address.
template <class T>
ARMILLION_INLINE ARMILLION_GLOBAL T* global(std::uint64_t address) {
  return reinterpret_cast<ARMILLION_GLOBAL T*>(address);  // NOLINT(performance-no-int-to-ptr)
}

/// Has the compiler carry the value in one register: it would take it apart, and carry each of its parts.
ARMILLION_INLINE void keep_whole(std::uint64_t& value) {
#if defined(__NVPTX__)
  asm("" : "+l"(value));
#else
  asm("" : "+r"(value));
#endif
}

// What the lanes of a warp do together. `mask` has a bit for each lane that takes part.

#if defined(__NVPTX__)

/// The lanes that execute this very call together.
ARMILLION_INLINE std::uint32_t active_lanes(std::uint32_t) {
  std::uint32_t mask = 0;
  asm volatile("activemask.b32 %0;" : "=r"(mask));
  return mask;
}

/// All lanes of a warp that has this many.
ARMILLION_INLINE std::uint32_t whole_warp(std::uint32_t, std::uint32_t lanes) { return ~0u >> (32 - lanes); }

ARMILLION_INLINE void synchronize(std::uint32_t mask) { __nvvm_bar_warp_sync(mask); }

/// The value that the lane numbered `lane` has.
ARMILLION_INLINE std::uint32_t broadcast(std::uint32_t mask, std::uint32_t value, std::uint32_t lane) {
  return static_cast<std::uint32_t>(
      __nvvm_shfl_sync_idx_i32(mask, static_cast<int>(value), static_cast<int>(lane), 31));
}

ARMILLION_INLINE std::uint32_t ballot(std::uint32_t mask, bool vote) { return __nvvm_vote_ballot_sync(mask, vote); }

/// Orders this lane's accesses of memory for the other lanes of its warp.
ARMILLION_INLINE void fence_warp() { __nvvm_membar_cta(); }

/// Stores a word after all that was stored before, as the host sees it.
ARMILLION_INLINE void publish(ARMILLION_GLOBAL std::uint64_t* word, std::uint64_t value) {
  __nvvm_membar_sys();
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

ARMILLION_INLINE std::uint64_t nanoseconds() {
  std::uint64_t now = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

ARMILLION_INLINE std::uint32_t exchange(ARMILLION_SHARED std::uint32_t* word, std::uint32_t value) {
  std::uint32_t old = 0;
  asm volatile("atom.shared.exch.b32 %0, [%1], %2;"
               : "=r"(old)
               : "r"(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(word))), "r"(value)
               : "memory");
  return old;
}

ARMILLION_INLINE void fetch_and(ARMILLION_SHARED std::uint32_t* word, std::uint32_t value) {
  asm volatile("red.shared.and.b32 [%0], %1;"
               :
               : "r"(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(word))), "r"(value)
               : "memory");
}

#else

ARMILLION_INLINE std::uint32_t active_lanes(std::uint32_t lane) { return 1u << lane; }
ARMILLION_INLINE std::uint32_t whole_warp(std::uint32_t lane, std::uint32_t) { return 1u << lane; }
ARMILLION_INLINE void synchronize(std::uint32_t) {}
ARMILLION_INLINE std::uint32_t broadcast(std::uint32_t, std::uint32_t value, std::uint32_t) { return value; }
ARMILLION_INLINE std::uint32_t ballot(std::uint32_t mask, bool vote) { return vote ? mask : 0; }
ARMILLION_INLINE void fence_warp() {}
ARMILLION_INLINE void publish(std::uint64_t* word, std::uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
std::uint64_t nanoseconds();
ARMILLION_INLINE std::uint32_t exchange(std::uint32_t* word, std::uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE void fetch_and(std::uint32_t* word, std::uint32_t value) {
  __atomic_fetch_and(word, value, __ATOMIC_RELAXED);
}

#endif

// Atomic operations between all lanes of a device. They order nothing.

ARMILLION_INLINE std::uint32_t fetch_add(ARMILLION_GLOBAL std::uint32_t* word, std::uint32_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE std::uint64_t fetch_add(ARMILLION_GLOBAL std::uint64_t* word, std::uint64_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE std::uint64_t fetch_min(ARMILLION_GLOBAL std::uint64_t* word, std::uint64_t value) {
  return __atomic_fetch_min(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE std::uint64_t fetch_max(ARMILLION_GLOBAL std::uint64_t* word, std::uint64_t value) {
  return __atomic_fetch_max(word, value, __ATOMIC_RELAXED);
}
ARMILLION_INLINE bool compare_exchange(ARMILLION_GLOBAL std::uint64_t* word, std::uint64_t expected,
                                       std::uint64_t desired) {
  return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
template <class T>
ARMILLION_INLINE T load_shared_word(const ARMILLION_GLOBAL T* word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
template <class T>
ARMILLION_INLINE void store_shared_word(ARMILLION_GLOBAL T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

}  // namespace armillion::engine::gpu::target
