#include "armillion/ops/softmax.hpp"

#include "ops/checks.hpp"
#include "ops/kernels/kernels.hpp"
#include "ops/pieces.hpp"

namespace armillion::ops {
namespace {

/// Elements that a piece for a thread pool has at least.
constexpr std::size_t PIECE = 16384;

template <class T>
void softmax_of_row(const T* x, T* result, std::size_t size) {
  if (size == 0) return;
  const KernelsFor<T>& of_type = kernels<T>();
  const Total<T> sum = of_type.exp_below(x, of_type.max(x, size), result, size);
  const auto multiply = of_type.binary[static_cast<std::size_t>(BinaryOperation::MUL)].array_scalar;
  multiply(result, static_cast<T>(1 / sum), result, size);
}

template <class T>
void softmax_of(std::span<const T> x, std::span<T> result) {
  require_size("softmax", result.size(), x.size());
  require_same_or_disjoint("softmax", x, result);
  softmax_of_row(x.data(), result.data(), result.size());
}

template <class T>
void require_same_shape(MatrixView<const T> x, MatrixView<T> result) {
  require_size("softmax", result.rows(), x.rows());
  require_size("softmax", result.columns(), x.columns());
  if (x.data() == result.data() && x.row_stride() == result.row_stride()) return;
  require_disjoint("softmax", x.extent(), result.extent());
}

template <class T>
void softmax_of_rows(MatrixView<const T> x, MatrixView<T> result, std::size_t first, std::size_t count) {
  for (std::size_t row = first; row < first + count; ++row) {
    softmax_of_row(x.row(row).data(), result.row(row).data(), x.columns());
  }
}

template <class T>
void softmax_of(MatrixView<const T> x, MatrixView<T> result) {
  require_same_shape(x, result);
  softmax_of_rows(x, result, 0, x.rows());
}

template <class T>
void softmax_of(ThreadPool& pool, MatrixView<const T> x, MatrixView<T> result) {
  require_same_shape(x, result);
  run_in_pieces(pool, x.rows(), PIECE / std::max<std::size_t>(x.columns(), 1) + 1,
                [&](std::size_t first, std::size_t count) { softmax_of_rows(x, result, first, count); });
}

}  // namespace

void softmax(std::span<const float> x, std::span<float> result) { softmax_of(x, result); }
void softmax(std::span<const double> x, std::span<double> result) { softmax_of(x, result); }
void softmax(MatrixView<const float> x, MatrixView<float> result) { softmax_of(x, result); }
void softmax(MatrixView<const double> x, MatrixView<double> result) { softmax_of(x, result); }
void softmax(ThreadPool& pool, MatrixView<const float> x, MatrixView<float> result) { softmax_of(pool, x, result); }
void softmax(ThreadPool& pool, MatrixView<const double> x, MatrixView<double> result) { softmax_of(pool, x, result); }

}  // namespace armillion::ops
