#include "armillion/ops/linear_algebra.hpp"

#include "ops/blas.hpp"
#include "ops/checks.hpp"
#include "ops/matrix_products.hpp"
#include "ops/pieces.hpp"

namespace armillion::ops {
namespace {

/// Multiplications that a piece for a thread pool has at least.
constexpr std::size_t PIECE = std::size_t{1} << 20;

/// Rows of a piece: whole tiles of the kernels, which have six.
std::size_t rows_of_piece(std::size_t multiplications_of_row) {
  constexpr std::size_t UNIT = 48;
  return (PIECE / std::max<std::size_t>(multiplications_of_row, 1) / UNIT + 1) * UNIT;
}

template <class T>
void require_shapes(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  require_size("gemm: rows of b", a.columns(), b.rows());
  require_size("gemm: rows of c", a.rows(), c.rows());
  require_size("gemm: columns of c", b.columns(), c.columns());
  require_disjoint("gemm", a.extent(), c.extent());
  require_disjoint("gemm", b.extent(), c.extent());
}

template <class T>
void require_shapes(MatrixView<const T> a, std::span<const T> x, std::span<T> y) {
  require_size("gemv: x", a.columns(), x.size());
  require_size("gemv: y", a.rows(), y.size());
  require_disjoint("gemv", a.extent(), y);
  require_disjoint("gemv", x, y);
}

template <class T>
MatrixProduct<T> product_of(T alpha, MatrixView<const T> a, MatrixView<const T> b, T beta, MatrixView<T> c) {
  return {.rows = c.rows(),
          .columns = c.columns(),
          .depth = alpha == 0 ? 0 : a.columns(),
          .alpha = alpha,
          .a = a.data(),
          .a_stride = a.row_stride(),
          .b = b.data(),
          .b_stride = b.row_stride(),
          .beta = beta,
          .c = c.data(),
          .c_stride = c.row_stride()};
}

template <class T>
VectorProduct<T> product_of(T alpha, MatrixView<const T> a, std::span<const T> x, T beta, std::span<T> y) {
  return {.rows = a.rows(),
          .columns = alpha == 0 ? 0 : a.columns(),
          .alpha = alpha,
          .a = a.data(),
          .a_stride = a.row_stride(),
          .x = x.data(),
          .beta = beta,
          .y = y.data()};
}

template <class T>
void multiply(const MatrixProduct<T>& product) {
  const bool is_empty = product.rows == 0 || product.columns == 0 || product.depth == 0;
  if (is_empty || !multiply_by_blas(product)) multiply_by_kernels(product);
}

template <class T>
void multiply(const VectorProduct<T>& product) {
  const bool is_empty = product.rows == 0 || product.columns == 0;
  if (is_empty || !multiply_by_blas(product)) multiply_by_kernels(product);
}

// A piece, while other threads multiply others: they would only wait for each other in a BLAS that takes one.
template <class Product>
void multiply_piece(const Product& product) {
  if (blas_takes_several_threads()) {
    multiply(product);
  } else {
    multiply_by_kernels(product);
  }
}

template <class T, class B, class C>
void checked_product(T alpha, MatrixView<const T> a, B b, T beta, C c) {
  require_shapes(a, b, c);
  multiply(product_of(alpha, a, b, beta, c));
}

template <class T>
void gemm_in_pieces(ThreadPool& pool, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  require_shapes(a, b, c);
  run_in_pieces(pool, c.rows(), rows_of_piece(a.columns() * b.columns()), [&](std::size_t first, std::size_t count) {
    multiply_piece(product_of(T{1}, a.row_range(first, count), b, T{0}, c.row_range(first, count)));
  });
}

template <class T>
void gemv_in_pieces(ThreadPool& pool, MatrixView<const T> a, std::span<const T> x, std::span<T> y) {
  require_shapes(a, x, y);
  run_in_pieces(pool, y.size(), rows_of_piece(a.columns()), [&](std::size_t first, std::size_t count) {
    multiply_piece(product_of(T{1}, a.row_range(first, count), x, T{0}, y.subspan(first, count)));
  });
}

}  // namespace

bool has_blas() { return blas_is_there(); }

void gemm(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c) {
  checked_product(1.0F, a, b, 0.0F, c);
}
void gemm(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c) {
  checked_product(1.0, a, b, 0.0, c);
}
void gemm(ThreadPool& pool, MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c) {
  gemm_in_pieces(pool, a, b, c);
}
void gemm(ThreadPool& pool, MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c) {
  gemm_in_pieces(pool, a, b, c);
}
void gemm(float alpha, MatrixView<const float> a, MatrixView<const float> b, float beta, MatrixView<float> c) {
  checked_product(alpha, a, b, beta, c);
}
void gemm(double alpha, MatrixView<const double> a, MatrixView<const double> b, double beta, MatrixView<double> c) {
  checked_product(alpha, a, b, beta, c);
}

void gemv(MatrixView<const float> a, std::span<const float> x, std::span<float> y) {
  checked_product(1.0F, a, x, 0.0F, y);
}
void gemv(MatrixView<const double> a, std::span<const double> x, std::span<double> y) {
  checked_product(1.0, a, x, 0.0, y);
}
void gemv(ThreadPool& pool, MatrixView<const float> a, std::span<const float> x, std::span<float> y) {
  gemv_in_pieces(pool, a, x, y);
}
void gemv(ThreadPool& pool, MatrixView<const double> a, std::span<const double> x, std::span<double> y) {
  gemv_in_pieces(pool, a, x, y);
}
void gemv(float alpha, MatrixView<const float> a, std::span<const float> x, float beta, std::span<float> y) {
  checked_product(alpha, a, x, beta, y);
}
void gemv(double alpha, MatrixView<const double> a, std::span<const double> x, double beta, std::span<double> y) {
  checked_product(alpha, a, x, beta, y);
}

}  // namespace armillion::ops
