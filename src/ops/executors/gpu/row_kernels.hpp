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

/// results[row] = finish(fold of the results of the row's blocks, row), one after the other from `first` on. The
/// threads of a block read them, and the first adds them up.
template <class P, class Block, class Fold, class Finish>
ARMILLION_INLINE void fold_rows(const Block& block, const RowArguments& arguments, P first, const Fold& fold,
                                const Finish& finish) {
  auto* const read = block.template shared<P>();
  typename Block::template PerThread<P> partial;
  for (std::uint64_t row = block.index(); row < arguments.rows; row += block.count()) {
    const auto* const blocks = global<const P>(arguments.blocks) + row * arguments.blocks_in_row;
    block.for_each_thread([&](std::uint32_t thread) { partial[thread] = first; });
    for (std::uint64_t begin = 0; begin < arguments.blocks_in_row; begin += ROW_THREADS) {
      const std::uint64_t rest = arguments.blocks_in_row - begin;
      const std::uint32_t count = rest < ROW_THREADS ? static_cast<std::uint32_t>(rest) : ROW_THREADS;
      block.for_each_thread([&](std::uint32_t thread) {
        if (thread < count) read[thread] = blocks[begin + thread];
      });
      block.synchronize();
      block.for_each_thread([&](std::uint32_t thread) {
        if (thread != 0) return;
        for (std::uint32_t i = 0; i < count; ++i) partial[thread] = fold(partial[thread], read[i]);
      });
      block.synchronize();
    }
    block.for_each_thread([&](std::uint32_t thread) {
      if (thread == 0) finish(partial[thread], row);
    });
  }
}

template <class T, class Block>
ARMILLION_INLINE void row_maxima(const Block& block, const RowArguments& arguments) {
  fold_rows<T>(
      block, arguments, neutral_extreme<T, false>(), [](T a, T b) { return larger(a, b); },
      [&](T largest, std::uint64_t row) { global<T>(arguments.results)[row] = largest; });
}

/// For what the host makes of them.
template <class T, class Block>
ARMILLION_INLINE void row_sums(const Block& block, const RowArguments& arguments) {
  fold_rows<double>(
      block, arguments, 0.0, [](double a, double b) { return a + b; },
      [&](T sum, std::uint64_t row) { global<T>(arguments.results)[row] = sum; });
}

/// The reciprocals of sums, in the elements' type.
template <class T, class Block>
ARMILLION_INLINE void row_factors(const Block& block, const RowArguments& arguments) {
  fold_rows<double>(
      block, arguments, 0.0, [](double a, double b) { return a + b; },
      [&](double sum, std::uint64_t row) { global<T>(arguments.results)[row] = static_cast<T>(1 / sum); });
}

template <class T, class Block>
ARMILLION_INLINE void row_products(const Block& block, const RowArguments& arguments) {
  const T alpha = static_cast<T>(arguments.alpha);
  const T beta = static_cast<T>(arguments.beta);
  fold_rows<double>(
      block, arguments, 0.0, [](double a, double b) { return a + b; },
      [&](double sum, std::uint64_t row) {
        auto* const y = global<T>(arguments.results) + row;
        *y = alpha * static_cast<T>(sum) + (beta == 0 ? T{0} : beta * *y);
      });
}

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
      const T factor = global<const T>(arguments.factors)[row];
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
