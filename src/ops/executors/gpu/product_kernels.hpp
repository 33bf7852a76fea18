#pragma once

#include "ops/executors/gpu/elementwise_kernels.hpp"

namespace armillion::ops::gpu {

/// c = alpha a b + beta c. Blocks of 256 threads multiply square tiles: slices of `a` and `b`, `PRODUCT_DEPTH` deep, go
/// through shared memory, and a thread keeps its elements of `c` in registers. In both directions it has vectors of
/// them, `SIDE` vectors apart, so that it reads vectors of shared memory, and the threads of a warp neighbouring ones.
/// While a slice is multiplied the next is loaded. An element is computed in the order of the library's own kernels
/// (kernels.hpp): from k = 0 up, with one rounding for a product and its addition, in the elements' own precision.
template <class T, TileSize SIZE, class Block>
ARMILLION_INLINE void products(const Block& block, const ProductArguments& arguments) {
  constexpr std::uint32_t TILE = product_tile(SIZE, sizeof(T));
  constexpr std::uint32_t SIDE = 16;  // threads of a row and of a column of a tile
  static_assert(SIDE * SIDE == PRODUCT_THREADS);
  constexpr std::uint32_t MINE = TILE / SIDE;  // rows and columns of a thread
  constexpr std::uint32_t LANES = VECTOR_ELEMENTS<T>;
  constexpr std::uint32_t LOADS = TILE * PRODUCT_DEPTH / PRODUCT_THREADS;
  constexpr std::uint32_t A_STRIDE = TILE + PRODUCT_PADDING;
  struct State {
    T c[MINE][MINE];
    T next_a[LOADS];
    T next_b[LOADS];
  };
  const std::uint64_t rows = arguments.rows;
  const std::uint64_t columns = arguments.columns;
  const std::uint64_t depth = arguments.depth;
  const T alpha = static_cast<T>(arguments.alpha);
  const T beta = static_cast<T>(arguments.beta);
  auto* const a_slice = block.template shared<T>();          // [k][row]
  auto* const b_slice = a_slice + PRODUCT_DEPTH * A_STRIDE;  // [k][column]
  const std::uint64_t tiles_in_row = (columns + TILE - 1) / TILE;
  const std::uint64_t tiles = (rows + TILE - 1) / TILE * tiles_in_row;
  typename Block::template PerThread<State> states;
  for (std::uint64_t tile = block.index(); tile < tiles; tile += block.count()) {
    const std::uint64_t first_row = tile / tiles_in_row * TILE;
    const std::uint64_t first_column = tile % tiles_in_row * TILE;
    // Where a thread's i-th row or column is in the tile, for its number of those.
    const auto place = [](std::uint32_t number, std::uint32_t i) {
      return (i / LANES * SIDE + number) * LANES + i % LANES;
    };
    // Elements outside of the matrices are zeros, which no element that is stored depends on.
    const auto load = [&](State& state, std::uint32_t thread, std::uint64_t first_k) {
#pragma unroll
      for (std::uint32_t i = 0; i < LOADS; ++i) {
        const std::uint32_t number = i * PRODUCT_THREADS + thread;
        const std::uint64_t row = first_row + number / PRODUCT_DEPTH;
        const std::uint64_t k_of_a = first_k + number % PRODUCT_DEPTH;
        const bool is_in_a = row < rows && k_of_a < depth;
        state.next_a[i] = is_in_a ? alpha * global<const T>(arguments.a)[row * depth + k_of_a] : T{0};
        const std::uint64_t column = first_column + number % TILE;
        const std::uint64_t k_of_b = first_k + number / TILE;
        const bool is_in_b = column < columns && k_of_b < depth;
        state.next_b[i] = is_in_b ? global<const T>(arguments.b)[k_of_b * columns + column] : T{0};
      }
    };
    block.for_each_thread([&](std::uint32_t thread) {
      State& state = states[thread];
#pragma unroll
      for (std::uint32_t i = 0; i < MINE; ++i) {
#pragma unroll
        for (std::uint32_t j = 0; j < MINE; ++j) {
          const std::uint64_t row = first_row + place(thread / SIDE, i);
          const std::uint64_t column = first_column + place(thread % SIDE, j);
          const bool is_read = beta != 0 && row < rows && column < columns;
          state.c[i][j] = is_read ? beta * global<const T>(arguments.c)[row * columns + column] : T{0};
        }
      }
      load(state, thread, 0);
    });
    for (std::uint64_t first_k = 0; first_k < depth; first_k += PRODUCT_DEPTH) {
      const std::uint64_t rest = depth - first_k;
      block.for_each_thread([&](std::uint32_t thread) {
        const State& state = states[thread];
#pragma unroll
        for (std::uint32_t i = 0; i < LOADS; ++i) {
          const std::uint32_t number = i * PRODUCT_THREADS + thread;
          a_slice[number % PRODUCT_DEPTH * A_STRIDE + number / PRODUCT_DEPTH] = state.next_a[i];
          b_slice[number] = state.next_b[i];
        }
      });
      block.synchronize();
      block.for_each_thread([&](std::uint32_t thread) {
        State& state = states[thread];
        if (rest > PRODUCT_DEPTH) load(state, thread, first_k + PRODUCT_DEPTH);
        const auto multiply = [&](std::uint32_t k) {
          const auto* const a_row = reinterpret_cast<ARMILLION_SHARED const Vector<T>*>(a_slice + k * A_STRIDE);
          const auto* const b_row = reinterpret_cast<ARMILLION_SHARED const Vector<T>*>(b_slice + k * TILE);
          Vector<T> a[MINE / LANES];
          Vector<T> b[MINE / LANES];
#pragma unroll
          for (std::uint32_t i = 0; i < MINE / LANES; ++i) {
            a[i] = a_row[i * SIDE + thread / SIDE];
            b[i] = b_row[i * SIDE + thread % SIDE];
          }
#pragma unroll
          for (std::uint32_t i = 0; i < MINE; ++i) {
#pragma unroll
            for (std::uint32_t j = 0; j < MINE; ++j) {
              state.c[i][j] = multiply_add(a[i / LANES][i % LANES], b[j / LANES][j % LANES], state.c[i][j]);
            }
          }
        };
        if (rest >= PRODUCT_DEPTH) {
#pragma unroll
          for (std::uint32_t k = 0; k < PRODUCT_DEPTH; ++k) multiply(k);
        } else {
          // Not with the zeros behind the depth: -0 + 0 is 0.
#pragma unroll 1
          for (std::uint32_t k = 0; k < rest; ++k) multiply(k);
        }
      });
      block.synchronize();
    }
    block.for_each_thread([&](std::uint32_t thread) {
      const State& state = states[thread];
#pragma unroll
      for (std::uint32_t i = 0; i < MINE; ++i) {
#pragma unroll
        for (std::uint32_t j = 0; j < MINE; ++j) {
          const std::uint64_t row = first_row + place(thread / SIDE, i);
          const std::uint64_t column = first_column + place(thread % SIDE, j);
          if (row < rows && column < columns) global<T>(arguments.c)[row * columns + column] = state.c[i][j];
        }
      }
    });
  }
}

template <class T, class Block>
ARMILLION_INLINE void small_products(const Block& block, const ProductArguments& arguments) {
  products<T, TileSize::SMALL>(block, arguments);
}

template <class T, class Block>
ARMILLION_INLINE void large_products(const Block& block, const ProductArguments& arguments) {
  products<T, TileSize::LARGE>(block, arguments);
}

}  // namespace armillion::ops::gpu
