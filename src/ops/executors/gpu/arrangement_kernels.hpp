#pragma once

#include "ops/executors/gpu/elementwise_kernels.hpp"

namespace armillion::ops::gpu {

/// Calls `body(i)` for each element that a block of threads has to work on.
template <class T, class Block, class Body>
ARMILLION_INLINE void for_each_element(const Block& block, std::uint64_t size, const Body& body) {
  for_each_chunk<T>(block, size, [&](std::uint64_t begin, std::uint64_t count) {
    block.for_each_thread([&](std::uint32_t thread) {
#pragma unroll 4
      for (std::uint64_t i = begin + thread; i < begin + count; i += ELEMENTWISE_THREADS) body(i);
    });
  });
}

template <ComparisonKind COMPARISON, class T, class Block>
ARMILLION_INLINE void compare(const Block& block, const ElementwiseArguments& arguments) {
  using enum ComparisonKind;
  map<T, std::uint8_t, 2>(block, arguments, [](T a, T b, T) -> std::uint8_t {
    if constexpr (COMPARISON == EQUAL) return a == b;
    if constexpr (COMPARISON == NOT_EQUAL) return a != b;
    if constexpr (COMPARISON == LESS) return a < b;
    if constexpr (COMPARISON == LESS_EQUAL) return a <= b;
    if constexpr (COMPARISON == GREATER) return a > b;
    if constexpr (COMPARISON == GREATER_EQUAL) return a >= b;
  });
}

// These move bits: of a type that has the elements' size.

template <class T, class Block>
ARMILLION_INLINE void where(const Block& block, const WhereArguments& arguments) {
  for_each_element<T>(block, arguments.size, [&](std::uint64_t i) {
    const T a = global<const T>(arguments.a)[i];
    const T b = global<const T>(arguments.b)[i];
    global<T>(arguments.result)[i] = global<const std::uint8_t>(arguments.mask)[i] != 0 ? a : b;
  });
}

template <class T, class Block>
ARMILLION_INLINE void gather(const Block& block, const GatherArguments& arguments) {
  for_each_element<T>(block, arguments.size, [&](std::uint64_t i) {
    const std::uint64_t index = global<const std::uint32_t>(arguments.indices)[i];
    global<T>(arguments.result)[i] = global<const T>(arguments.source)[i * arguments.row_stride + index];
  });
}

template <class Block>
ARMILLION_INLINE void claim(const Block& block, const ScatterArguments& arguments) {
  for_each_element<std::uint32_t>(block, arguments.size, [&](std::uint64_t i) {
    const std::uint64_t index = global<const std::uint32_t>(arguments.indices)[i];
    engine::gpu::target::fetch_max(global<std::uint64_t>(arguments.claims) + index, i + 1);
  });
}

template <class T, class Block>
ARMILLION_INLINE void scatter(const Block& block, const ScatterArguments& arguments) {
  for_each_element<T>(block, arguments.size, [&](std::uint64_t i) {
    const std::uint64_t index = global<const std::uint32_t>(arguments.indices)[i];
    if (global<const std::uint64_t>(arguments.claims)[index] == i + 1) {
      global<T>(arguments.result)[index] = global<const T>(arguments.source)[i];
    }
  });
}

template <class Block>
ARMILLION_INLINE void largest_index(const Block& block, const LargestIndexArguments& arguments) {
  for_each_chunk<std::uint32_t>(block, arguments.size, [&](std::uint64_t begin, std::uint64_t count) {
    block.for_each_thread([&](std::uint32_t thread) {
      std::uint32_t largest = 0;
#pragma unroll 4
      for (std::uint64_t i = begin + thread; i < begin + count; i += ELEMENTWISE_THREADS) {
        const std::uint32_t index = global<const std::uint32_t>(arguments.indices)[i];
        largest = index > largest ? index : largest;
      }
      if (largest > 0) engine::gpu::target::fetch_max(global<std::uint64_t>(arguments.largest), largest);
    });
  });
}

/// What sums of a prefix are kept in. Integers wrap.
template <class T>
using PrefixTotal = std::conditional_t<std::is_integral_v<T>, T, double>;

template <class T>
ARMILLION_INLINE T wrapping_sum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<Arithmetic<T>>(a) + static_cast<Arithmetic<T>>(b));
  } else {
    return a + b;
  }
}

/// The sums of runs of `PREFIX_RUN` elements, one a thread, and then of all runs up to each thread's (Hillis and
/// Steele, "Data parallel algorithms"), which it returns the place of. `elements` is where the chunk's are, in shared
/// memory.
template <class P, class Block, class Pointer>
ARMILLION_INLINE Pointer prefix_sums_of_runs(const Block& block, Pointer elements, Pointer sums) {
  block.for_each_thread([&](std::uint32_t thread) {
    P sum = 0;
#pragma unroll
    for (std::uint32_t i = 0; i < PREFIX_RUN; ++i) sum = wrapping_sum(sum, elements[thread * PREFIX_RUN + i]);
    sums[thread] = sum;
  });
  Pointer from = sums;
  Pointer to = sums + PREFIX_THREADS;
  for (std::uint32_t distance = 1; distance < PREFIX_THREADS; distance *= 2) {
    block.synchronize();
    block.for_each_thread([&](std::uint32_t thread) {
      to[thread] = thread >= distance ? wrapping_sum(from[thread - distance], from[thread]) : from[thread];
    });
    const Pointer last = from;
    from = to;
    to = last;
  }
  block.synchronize();
  return from;
}

/// Loads a chunk into shared memory, with zeros behind the array's end.
template <class T, class P, class Block, class Pointer>
ARMILLION_INLINE void load_chunk(const Block& block, const PrefixSumArguments& arguments, std::uint64_t begin,
                                 Pointer elements) {
  block.for_each_thread([&](std::uint32_t thread) {
#pragma unroll
    for (std::uint32_t i = thread; i < PREFIX_CHUNK; i += PREFIX_THREADS) {
      elements[i] = begin + i < arguments.size ? static_cast<P>(global<const T>(arguments.array)[begin + i]) : P{0};
    }
  });
  block.synchronize();
}

template <class T, class Block>
ARMILLION_INLINE void chunk_sums(const Block& block, const PrefixSumArguments& arguments) {
  using P = PrefixTotal<T>;
  auto* const elements = block.template shared<P>();
  const std::uint64_t chunks = (arguments.size + PREFIX_CHUNK - 1) / PREFIX_CHUNK;
  for (std::uint64_t chunk = block.index(); chunk < chunks; chunk += block.count()) {
    load_chunk<T, P>(block, arguments, chunk * PREFIX_CHUNK, elements);
    const auto* const sums = prefix_sums_of_runs<P>(block, elements, elements + PREFIX_CHUNK);
    block.for_each_thread([&](std::uint32_t thread) {
      if (thread == 0) global<P>(arguments.result)[chunk] = sums[PREFIX_THREADS - 1];
    });
    block.synchronize();
  }
}

/// result[i] = (all chunks before) + (all runs before in the chunk) + the run's elements up to i, added from the left;
/// the first of the two sums in brackets is added to the second.
template <class T, class Block>
ARMILLION_INLINE void prefix_sums(const Block& block, const PrefixSumArguments& arguments) {
  using P = PrefixTotal<T>;
  auto* const elements = block.template shared<P>();
  const std::uint64_t chunks = (arguments.size + PREFIX_CHUNK - 1) / PREFIX_CHUNK;
  for (std::uint64_t chunk = block.index(); chunk < chunks; chunk += block.count()) {
    const std::uint64_t begin = chunk * PREFIX_CHUNK;
    load_chunk<T, P>(block, arguments, begin, elements);
    const auto* const sums = prefix_sums_of_runs<P>(block, elements, elements + PREFIX_CHUNK);
    block.for_each_thread([&](std::uint32_t thread) {
      const P before_chunk = chunk > 0 ? global<const P>(arguments.chunks)[chunk - 1] : P{0};
      P sum = wrapping_sum(before_chunk, thread > 0 ? sums[thread - 1] : P{0});
#pragma unroll
      for (std::uint32_t i = thread * PREFIX_RUN; i < (thread + 1) * PREFIX_RUN; ++i) {
        sum = wrapping_sum(sum, elements[i]);
        elements[i] = sum;
      }
    });
    block.synchronize();
    block.for_each_thread([&](std::uint32_t thread) {
#pragma unroll
      for (std::uint32_t i = thread; i < PREFIX_CHUNK; i += PREFIX_THREADS) {
        if (begin + i < arguments.size) global<T>(arguments.result)[begin + i] = static_cast<T>(elements[i]);
      }
    });
    block.synchronize();
  }
}

}  // namespace armillion::ops::gpu
