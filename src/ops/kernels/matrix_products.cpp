// The kernel of matrix products, for each target: blocks of both matrices are packed in the order in which tiles of the
// result read them (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication").
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/matrix_products.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include <algorithm>
#include <memory>

#include "ops/kernels/highway_kernels.hpp"
#include "ops/kernels/target_index.hpp"

HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// A tile of the result stays in registers: so many rows of two vectors each.
constexpr std::size_t TILE_ROWS = 6;
template <class T>
constexpr std::size_t TILE_COLUMNS = 2 * hn::MaxLanes(hn::ScalableTag<T>());

// Sizes of blocks: a panel of `b` that a tile reads fits the first cache, the block of `a` the second.
constexpr std::size_t BLOCK_DEPTH = 256;
constexpr std::size_t BLOCK_ROWS = 16 * TILE_ROWS;
template <class T>
constexpr std::size_t BLOCK_COLUMNS = 32 * TILE_COLUMNS<T>;

constexpr std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

/// Rows of `a` times alpha, in panels of TILE_ROWS: for each k, the panel's elements. Zeros stand in for missing rows.
template <class T>
void pack_rows(const MatrixProduct<T>& p, std::size_t row, std::size_t rows, std::size_t k, std::size_t depth,
               T* packed) {
  for (std::size_t panel = 0; panel < rows; panel += TILE_ROWS) {
    for (std::size_t i = 0; i < depth; ++i) {
      for (std::size_t r = panel; r < panel + TILE_ROWS; ++r) {
        *packed++ = r < rows ? p.alpha * p.a[(row + r) * p.a_stride + k + i] : 0;
      }
    }
  }
}

/// Columns of `b`, in panels of TILE_COLUMNS: for each k, the panel's elements. Zeros stand in for missing columns.
template <class T>
void pack_columns(const MatrixProduct<T>& p, std::size_t column, std::size_t columns, std::size_t k, std::size_t depth,
                  T* packed) {
  for (std::size_t panel = 0; panel < columns; panel += TILE_COLUMNS<T>) {
    const std::size_t width = std::min(TILE_COLUMNS<T>, columns - panel);
    for (std::size_t i = 0; i < depth; ++i) {
      const T* const source = p.b + (k + i) * p.b_stride + column + panel;
      std::fill(std::copy_n(source, width, packed), packed + TILE_COLUMNS<T>, T{0});
      packed += TILE_COLUMNS<T>;
    }
  }
}

/// Adds the products of a panel of each matrix to a tile of `c`.
template <class T>
void multiply_tile(const T* a, const T* b, std::size_t depth, T* c, std::size_t c_stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[TILE_ROWS][2];
  for (std::size_t row = 0; row < TILE_ROWS; ++row) {
    sums[row][0] = hn::LoadU(d, c + row * c_stride);
    sums[row][1] = hn::LoadU(d, c + row * c_stride + lanes);
  }
  for (std::size_t k = 0; k < depth; ++k) {
    const auto left = hn::LoadU(d, b);
    const auto right = hn::LoadU(d, b + lanes);
    for (std::size_t row = 0; row < TILE_ROWS; ++row) {
      const auto factor = hn::Set(d, a[row]);
      sums[row][0] = hn::MulAdd(factor, left, sums[row][0]);
      sums[row][1] = hn::MulAdd(factor, right, sums[row][1]);
    }
    a += TILE_ROWS;
    b += TILE_COLUMNS<T>;
  }
  for (std::size_t row = 0; row < TILE_ROWS; ++row) {
    hn::StoreU(sums[row][0], d, c + row * c_stride);
    hn::StoreU(sums[row][1], d, c + row * c_stride + lanes);
  }
}

/// The same for a tile that the edges of `c` leave only `rows` and `columns` of.
template <class T>
void multiply_partial_tile(const T* a, const T* b, std::size_t depth, T* c, std::size_t c_stride, std::size_t rows,
                           std::size_t columns) {
  HWY_ALIGN T tile[TILE_ROWS * TILE_COLUMNS<T>] = {};
  for (std::size_t row = 0; row < rows; ++row) std::copy_n(c + row * c_stride, columns, tile + row * TILE_COLUMNS<T>);
  multiply_tile(a, b, depth, tile, TILE_COLUMNS<T>);
  for (std::size_t row = 0; row < rows; ++row) std::copy_n(tile + row * TILE_COLUMNS<T>, columns, c + row * c_stride);
}

template <class T>
void multiply_blocks(const T* a, const T* b, std::size_t depth, T* c, std::size_t c_stride, std::size_t rows,
                     std::size_t columns) {
  for (std::size_t column = 0; column < columns; column += TILE_COLUMNS<T>) {
    for (std::size_t row = 0; row < rows; row += TILE_ROWS) {
      const T* const a_panel = a + row * depth;
      const T* const b_panel = b + column * depth;
      T* const tile = c + row * c_stride + column;
      if (row + TILE_ROWS <= rows && column + TILE_COLUMNS<T> <= columns) {
        multiply_tile(a_panel, b_panel, depth, tile, c_stride);
      } else {
        multiply_partial_tile(a_panel, b_panel, depth, tile, c_stride, std::min(TILE_ROWS, rows - row),
                              std::min(TILE_COLUMNS<T>, columns - column));
      }
    }
  }
}

template <class T>
void scale(const MatrixProduct<T>& p) {
  for (std::size_t row = 0; row < p.rows; ++row) {
    T* const c = p.c + row * p.c_stride;
    for (std::size_t column = 0; column < p.columns; ++column) c[column] = p.beta == 0 ? 0 : p.beta * c[column];
  }
}

template <class T>
void multiply_matrices(const MatrixProduct<T>& p) {
  scale(p);
  const std::size_t packed_depth = std::min(p.depth, BLOCK_DEPTH);
  const auto packed_a =
      std::make_unique_for_overwrite<T[]>(round_up(std::min(p.rows, BLOCK_ROWS), TILE_ROWS) * packed_depth);
  const auto packed_b = std::make_unique_for_overwrite<T[]>(
      round_up(std::min(p.columns, BLOCK_COLUMNS<T>), TILE_COLUMNS<T>) * packed_depth);
  for (std::size_t column = 0; column < p.columns; column += BLOCK_COLUMNS<T>) {
    const std::size_t columns = std::min(BLOCK_COLUMNS<T>, p.columns - column);
    for (std::size_t k = 0; k < p.depth; k += BLOCK_DEPTH) {
      const std::size_t depth = std::min(BLOCK_DEPTH, p.depth - k);
      pack_columns(p, column, columns, k, depth, packed_b.get());
      for (std::size_t row = 0; row < p.rows; row += BLOCK_ROWS) {
        const std::size_t rows = std::min(BLOCK_ROWS, p.rows - row);
        pack_rows(p, row, rows, k, depth, packed_a.get());
        multiply_blocks(packed_a.get(), packed_b.get(), depth, p.c + row * p.c_stride + column, p.c_stride, rows,
                        columns);
      }
    }
  }
}

void set_kernels(Kernels& kernels) {
  kernels.float32.multiply_matrices = multiply_matrices<float>;
  kernels.float64.multiply_matrices = multiply_matrices<double>;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace armillion::ops {

HWY_EXPORT(set_kernels);

void set_matrix_kernels(std::int64_t target, Kernels& kernels) {
  HWY_DISPATCH_TABLE(set_kernels)[target_index(target)](kernels);
}

}  // namespace armillion::ops
#endif
