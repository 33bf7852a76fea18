#pragma once

#include "engine/gpu/target.hpp"
#include "ops/executors/gpu/element_functions.hpp"
#include "ops/executors/gpu/kernel_arguments.hpp"

// A kernel is a function of the block of threads that executes it (block.hpp) and its arguments. Freestanding.
namespace armillion::ops::gpu {

using engine::gpu::target::global;

template <class T>
constexpr std::uint32_t VECTOR_ELEMENTS = VECTOR_BYTES / sizeof(T);
template <class T>
using Vector = T __attribute__((ext_vector_type(VECTOR_ELEMENTS<T>)));

/// The low bits of an operand that is one element.
template <class T>
ARMILLION_INLINE T scalar_of(const KernelOperand& operand) {
  return std::bit_cast<T>(static_cast<BitsOf<T>>(operand.value));
}

/// The vectors of an operand that a thread works on: every `ELEMENTWISE_THREADS`th from number `first` on. All are
/// asked for before the first is needed.
template <class T>
ARMILLION_INLINE void load_vectors(const KernelOperand& operand, std::uint64_t first, Vector<T>* vectors) {
  if (operand.is_array != 0) {
    const auto* const array = global<const Vector<T>>(operand.value) + first;
#pragma unroll
    for (std::uint32_t i = 0; i < ELEMENTWISE_VECTORS; ++i) vectors[i] = array[i * ELEMENTWISE_THREADS];
  } else {
#pragma unroll
    for (std::uint32_t i = 0; i < ELEMENTWISE_VECTORS; ++i) vectors[i] = Vector<T>(scalar_of<T>(operand));
  }
}

template <class T>
ARMILLION_INLINE T load_element(const KernelOperand& operand, std::uint64_t index) {
  return operand.is_array != 0 ? global<const T>(operand.value)[index] : scalar_of<T>(operand);
}

/// Calls `body(begin, count)` for the chunks of an array that a block of threads has to work on.
template <class T, class Block, class Body>
ARMILLION_INLINE void for_each_chunk(const Block& block, std::uint64_t size, const Body& body) {
  constexpr std::uint64_t CHUNK = elementwise_chunk(sizeof(T));
  for (std::uint64_t begin = block.index() * CHUNK; begin < size; begin += block.count() * CHUNK) {
    body(begin, size - begin < CHUNK ? size - begin : CHUNK);
  }
}

/// result[i] = f(a[i], b[i], c[i]), for `OPERANDS` operands. Whole chunks are loaded and stored as vectors; arrays
/// begin at multiples of a vector's size.
template <class T, class Result, std::size_t OPERANDS, class Block, class Function>
ARMILLION_INLINE void map(const Block& block, const ElementwiseArguments& arguments, const Function& function) {
  using ResultVector = Result __attribute__((ext_vector_type(VECTOR_ELEMENTS<T>)));
  constexpr std::uint64_t CHUNK = elementwise_chunk(sizeof(T));
  const auto whole = [&](std::uint64_t begin, std::uint32_t thread) {
    const std::uint64_t first = begin / VECTOR_ELEMENTS<T> + thread;
    Vector<T> operands[3][ELEMENTWISE_VECTORS];
#pragma unroll
    for (std::size_t i = 0; i < OPERANDS; ++i) load_vectors<T>(arguments.operands[i], first, operands[i]);
    auto* const results = global<ResultVector>(arguments.result) + first;
#pragma unroll
    for (std::uint32_t i = 0; i < ELEMENTWISE_VECTORS; ++i) {
      ResultVector result;
#pragma unroll
      for (std::uint32_t lane = 0; lane < VECTOR_ELEMENTS<T>; ++lane) {
        const T a = operands[0][i][lane];
        const T b = OPERANDS > 1 ? operands[1][i][lane] : T{};
        const T c = OPERANDS > 2 ? operands[2][i][lane] : T{};
        result[lane] = function(a, b, c);
      }
      results[i * ELEMENTWISE_THREADS] = result;
    }
  };
  const auto part = [&](std::uint64_t begin, std::uint64_t count, std::uint32_t thread) {
    for (std::uint64_t i = begin + thread; i < begin + count; i += ELEMENTWISE_THREADS) {
      const T a = load_element<T>(arguments.operands[0], i);
      const T b = OPERANDS > 1 ? load_element<T>(arguments.operands[1], i) : T{};
      const T c = OPERANDS > 2 ? load_element<T>(arguments.operands[2], i) : T{};
      global<Result>(arguments.result)[i] = function(a, b, c);
    }
  };
  for_each_chunk<T>(block, arguments.size, [&](std::uint64_t begin, std::uint64_t count) {
    block.for_each_thread([&](std::uint32_t thread) {
      if (count == CHUNK) {
        whole(begin, thread);
      } else {
        part(begin, count, thread);
      }
    });
  });
}

template <ElementwiseKind KIND, class T, class Block>
ARMILLION_INLINE void elementwise(const Block& block, const ElementwiseArguments& arguments) {
  if constexpr (KIND == ElementwiseKind::COPY && std::is_floating_point_v<T>) {
    // As integers, so that NaNs keep their bits.
    elementwise<KIND, BitsOf<T>>(block, arguments);
  } else {
    map<T, T, operand_count(KIND)>(block, arguments, [](T a, T b, T c) { return element_of<KIND, T>(a, b, c); });
  }
}

}  // namespace armillion::ops::gpu
