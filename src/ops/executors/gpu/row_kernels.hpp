#pragma once

#include "ops/executors/gpu/reduction_kernels.hpp"

// What softmax and products of a matrix with a vector do with rows and their blocks.
namespace armillion::ops::gpu {

/// Folds an element and writes its exponential: partial + (result[i] = e^(x[i] - the row's largest)).
template <class T>
struct FoldExponentials {
  ARMILLION_GLOBAL const T* array;
  ARMILLION_GLOBAL T* result;
  ARMILLION_GLOBAL const T* largest;
  std::uint64_t row_stride;
  T largest_of_row;

  ARMILLION_INLINE bool is_aligned(std::uint64_t row) const { return begins_at_vector<T>(row, row_stride); }
  ARMILLION_INLINE void go_to(std::uint64_t row) {
    array += row * row_stride;
    result += row * row_stride;
    largest_of_row = largest[row];
  }
  ARMILLION_INLINE T exponential(T x) const {
    return element_of<ElementwiseKind::EXP, T>(x - largest_of_row, T{}, T{});
  }
  ARMILLION_INLINE void add_vector(T* partial, std::uint64_t index) const {
    const Vector<T> x = reinterpret_cast<ARMILLION_GLOBAL const Vector<T>*>(array)[index];
    Vector<T> y;
#pragma unroll
    for (std::uint32_t lane = 0; lane < VECTOR_ELEMENTS<T>; ++lane) {
      y[lane] = exponential(x[lane]);
      partial[lane] += y[lane];
    }
    reinterpret_cast<ARMILLION_GLOBAL Vector<T>*>(result)[index] = y;
  }
  ARMILLION_INLINE T add_element(T partial, std::uint64_t index) const {
    const T y = exponential(array[index]);
    result[index] = y;
    return partial + y;
  }
};

template <class T, class Block>
ARMILLION_INLINE void block_exponentials(const Block& block, const ReductionArguments& arguments) {
  reduce_blocks<T, T, double>(block, arguments, T{0},
                              FoldExponentials<T>{global<const T>(arguments.arrays[0]),
                                                  global<T>(arguments.exponentials),
                                                  global<const T>(arguments.largest),
                                                  arguments.row_strides[0],
                                                  {}},
                              [](T a, T b) { return a + b; });
}

/// The largest of each row's blocks: in any order, which makes no difference.
template <class T, class Block>
ARMILLION_INLINE void row_maxima(const Block& block, const RowArguments& arguments) {
  auto* const found = block.template shared<T>();
  for (std::uint64_t row = block.index(); row < arguments.rows; row += block.count()) {
    const auto* const blocks = global<const T>(arguments.blocks) + row * arguments.blocks_in_row;
    block.for_each_thread([&](std::uint32_t thread) {
      T largest = neutral_extreme<T, false>();
#pragma unroll 4
      for (std::uint64_t i = thread; i < arguments.blocks_in_row; i += ROW_THREADS)
        largest = larger(largest, blocks[i]);
      found[thread] = largest;
    });
    for (std::uint32_t half = ROW_THREADS / 2; half > 0; half /= 2) {
      block.synchronize();
      block.for_each_thread([&](std::uint32_t thread) {
        if (thread < half) found[thread] = larger(found[thread], found[thread + half]);
      });
    }
    block.for_each_thread([&](std::uint32_t thread) {
      if (thread == 0) global<T>(arguments.results)[row] = found[0];
    });
    block.synchronize();
  }
}

/// finish(sum of the row's blocks, row) for each row, in the order of sums: one after the other. The threads of a block
/// read them, and the first adds them up.
template <class Block, class Finish>
ARMILLION_INLINE void sum_rows(const Block& block, const RowArguments& arguments, const Finish& finish) {
  auto* const read = block.template shared<double>();
  typename Block::template PerThread<double> sum;
  for (std::uint64_t row = block.index(); row < arguments.rows; row += block.count()) {
    const auto* const blocks = global<const double>(arguments.blocks) + row * arguments.blocks_in_row;
    block.for_each_thread([&](std::uint32_t thread) { sum[thread] = 0; });
    for (std::uint64_t begin = 0; begin < arguments.blocks_in_row; begin += ROW_THREADS) {
      const std::uint64_t rest = arguments.blocks_in_row - begin;
      const std::uint32_t count = rest < ROW_THREADS ? static_cast<std::uint32_t>(rest) : ROW_THREADS;
      block.for_each_thread([&](std::uint32_t thread) {
        if (thread < count) read[thread] = blocks[begin + thread];
      });
      block.synchronize();
      block.for_each_thread([&](std::uint32_t thread) {
        if (thread != 0) return;
#pragma unroll 16
        for (std::uint32_t i = 0; i < count; ++i) sum[thread] += read[i];
      });
      block.synchronize();
    }
    block.for_each_thread([&](std::uint32_t thread) {
      if (thread == 0) finish(sum[thread], row);
    });
  }
}

template <class Block>
ARMILLION_INLINE void row_sums(const Block& block, const RowArguments& arguments) {
  sum_rows(block, arguments, [&](double sum, std::uint64_t row) { global<double>(arguments.results)[row] = sum; });
}

template <class T, class Block>
ARMILLION_INLINE void row_products(const Block& block, const RowArguments& arguments) {
  const T alpha = static_cast<T>(arguments.alpha);
  const T beta = static_cast<T>(arguments.beta);
  sum_rows(block, arguments, [&](double sum, std::uint64_t row) {
    auto* const y = global<T>(arguments.results) + row;
    *y = alpha * static_cast<T>(sum) + (beta == 0 ? T{0} : beta * *y);
  });
}

/// Each row's elements by the reciprocal of its sum, rounded to their type.
template <class T, class Block>
ARMILLION_INLINE void scale_rows(const Block& block, const ScaleRowsArguments& arguments) {
  const std::uint64_t of_row = blocks_in_row(arguments.columns);
  for (std::uint64_t number = block.index(); number < arguments.rows * of_row; number += block.count()) {
    const std::uint64_t row = number / of_row;
    const std::uint64_t begin = number % of_row * BLOCK_ELEMENTS;
    const std::uint64_t rest = arguments.columns - begin;
    const std::uint64_t count = rest < BLOCK_ELEMENTS ? rest : BLOCK_ELEMENTS;
    auto* const elements = global<T>(arguments.elements) + row * arguments.columns + begin;
    block.for_each_thread([&](std::uint32_t thread) {
      const T factor = static_cast<T>(1 / global<const double>(arguments.sums)[row]);
      if (count == BLOCK_ELEMENTS && begins_at_vector<T>(row, arguments.columns)) {
        auto* const vectors = reinterpret_cast<ARMILLION_GLOBAL Vector<T>*>(elements);
#pragma unroll 4
        for (std::uint32_t i = thread; i < BLOCK_ELEMENTS / VECTOR_ELEMENTS<T>; i += ELEMENTWISE_THREADS) {
          vectors[i] = vectors[i] * factor;
        }
      } else {
        for (std::uint64_t i = thread; i < count; i += ELEMENTWISE_THREADS) elements[i] = elements[i] * factor;
      }
    });
  }
}

}  // namespace armillion::ops::gpu
