// Functions of buffers as matrices, and losses, which are made of others: they check arguments and hand calls to the
// executor.
#include <cmath>
#include <vector>

#include "armillion/ops/buffer_matrices.hpp"
#include "ops/executors/buffer_checks.hpp"
#include "ops/executors/temporary.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

using detail::backend_of;
using detail::ExecutorBackend;
using detail::require_executor;
using detail::require_other;
using detail::require_same_or_other;
using detail::Temporary;

template <class T>
void softmax_of(ExecutorBackend& backend, const Buffer<T>& x, Buffer<T>& result, std::size_t rows,
                std::size_t columns) {
  if (rows == 0 || columns == 0) return;
  backend.run(SoftmaxCall{
      .type = ELEMENT_TYPE<T>, .rows = rows, .columns = columns, .x = x.address(), .result = result.address()});
}

template <class T>
void softmax_of(const Buffer<T>& x, Buffer<T>& result) {
  ExecutorBackend& backend = backend_of("softmax", result, x);
  require_same_or_other("softmax", x, result);
  softmax_of(backend, x, result, 1, result.size());
}

template <class T>
void softmax_of(BufferMatrix<const T> x, BufferMatrix<T> result) {
  ExecutorBackend& backend = backend_of("softmax", result.elements(), x.elements());
  require_size("softmax", result.rows(), x.rows());
  require_size("softmax", result.columns(), x.columns());
  require_same_or_other("softmax", x.elements(), result.elements());
  softmax_of(backend, x.elements(), result.elements(), x.rows(), x.columns());
}

template <class T>
void gemm_of(T alpha, BufferMatrix<const T> a, BufferMatrix<const T> b, T beta, BufferMatrix<T> c) {
  ExecutorBackend& backend = backend_of("gemm", c.elements());
  require_executor("gemm", backend, a.elements());
  require_executor("gemm", backend, b.elements());
  require_size("gemm: rows of b", a.columns(), b.rows());
  require_size("gemm: rows of c", a.rows(), c.rows());
  require_size("gemm: columns of c", b.columns(), c.columns());
  require_other("gemm", a.elements(), c.elements());
  require_other("gemm", b.elements(), c.elements());
  if (c.rows() == 0 || c.columns() == 0) return;
  backend.run(ProductCall{.type = ELEMENT_TYPE<T>,
                          .rows = c.rows(),
                          .columns = c.columns(),
                          .depth = alpha == 0 ? 0 : a.columns(),
                          .alpha = static_cast<double>(alpha),
                          .a = a.elements().address(),
                          .b = b.elements().address(),
                          .beta = static_cast<double>(beta),
                          .c = c.elements().address()});
}

template <class T>
void gemv_of(T alpha, BufferMatrix<const T> a, const Buffer<T>& x, T beta, Buffer<T>& y) {
  ExecutorBackend& backend = backend_of("gemv", y);
  require_executor("gemv", backend, a.elements());
  require_executor("gemv", backend, x);
  require_size("gemv: x", a.columns(), x.size());
  require_size("gemv: y", a.rows(), y.size());
  require_other("gemv", a.elements(), y);
  require_other("gemv", x, y);
  if (y.size() == 0) return;
  backend.run(VectorProductCall{.type = ELEMENT_TYPE<T>,
                                .rows = y.size(),
                                .columns = alpha == 0 ? 0 : a.columns(),
                                .alpha = static_cast<double>(alpha),
                                .a = a.elements().address(),
                                .x = x.address(),
                                .beta = static_cast<double>(beta),
                                .y = y.address()});
}

template <class T>
T mse_of(const Buffer<T>& prediction, const Buffer<T>& target) {
  ExecutorBackend& backend = backend_of("mse", prediction, target);
  require_elements("mse", prediction.size());
  const std::size_t size = prediction.size();
  const Temporary difference(backend, size * sizeof(T));
  backend.run(ElementwiseCall{
      .kind = ElementwiseKind::SUB,
      .type = ELEMENT_TYPE<T>,
      .size = size,
      .result = difference.address(),
      .operands = {{{OperandKind::ARRAY, prediction.address()}, {OperandKind::ARRAY, target.address()}, {}}}});
  const std::uint64_t total = backend.run(ReductionCall{.kind = ReductionKind::DOT,
                                                        .type = ELEMENT_TYPE<T>,
                                                        .size = size,
                                                        .arrays = {difference.address(), difference.address()}});
  return static_cast<T>(value_of<double>(total) / static_cast<double>(size));
}

/// The sum of rows' cross entropies, for labels that there are. `labels` is in the executor's memory.
template <class T>
double cross_entropies(ExecutorBackend& backend, BufferMatrix<const T> logits, std::uint64_t labels) {
  const std::uint64_t x = logits.elements().address();
  const Temporary exponentials(backend, logits.elements().size() * sizeof(T));
  const Temporary of_labels(backend, logits.rows() * sizeof(T));
  backend.run(GatherCall{.type = ELEMENT_TYPE<T>,
                         .size = logits.rows(),
                         .source = x,
                         .row_stride = logits.columns(),
                         .indices = labels,
                         .result = of_labels.address()});
  const std::vector<detail::RowExponentials> rows = backend.exponentials({.type = ELEMENT_TYPE<T>,
                                                                          .rows = logits.rows(),
                                                                          .columns = logits.columns(),
                                                                          .x = x,
                                                                          .result = exponentials.address()});
  std::vector<T> picked(rows.size());
  backend.download(of_labels.address(), std::as_writable_bytes(std::span(picked)));
  double total = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    total += std::log(rows[row].sum) + (rows[row].largest - static_cast<double>(picked[row]));
  }
  return total;
}

[[noreturn]] void throw_label() { throw_invalid("cross_entropy", "a label is not less than the number of classes"); }

template <class T>
T cross_entropy_of(const Buffer<T>& logits, std::size_t label) {
  ExecutorBackend& backend = backend_of("cross_entropy", logits);
  if (label >= logits.size()) throw_label();
  const auto number = static_cast<std::uint32_t>(label);
  if (number != label) throw_invalid("cross_entropy", "a label of a buffer has at most 32 bits");
  const Temporary index(backend, sizeof number);
  backend.upload(std::as_bytes(std::span(&number, 1)), index.address());
  return static_cast<T>(cross_entropies<T>(backend, BufferMatrix(logits, 1, logits.size()), index.address()));
}

template <class T>
T cross_entropy_of(BufferMatrix<const T> logits, const Buffer<std::uint32_t>& labels) {
  ExecutorBackend& backend = backend_of("cross_entropy", logits.elements());
  require_executor("cross_entropy", backend, labels);
  require_size("cross_entropy", logits.rows(), labels.size());
  require_elements("cross_entropy", labels.size());
  if (backend.largest_index(labels.address(), labels.size()) >= logits.columns()) throw_label();
  const double total = cross_entropies<T>(backend, logits, labels.address());
  return static_cast<T>(total / static_cast<double>(logits.rows()));
}

}  // namespace

void softmax(const Buffer<float>& x, Buffer<float>& result) { softmax_of(x, result); }
void softmax(const Buffer<double>& x, Buffer<double>& result) { softmax_of(x, result); }
void softmax(BufferMatrix<const float> x, BufferMatrix<float> result) { softmax_of(x, result); }
void softmax(BufferMatrix<const double> x, BufferMatrix<double> result) { softmax_of(x, result); }

void gemm(BufferMatrix<const float> a, BufferMatrix<const float> b, BufferMatrix<float> c) {
  gemm_of(1.0F, a, b, 0.0F, c);
}
void gemm(BufferMatrix<const double> a, BufferMatrix<const double> b, BufferMatrix<double> c) {
  gemm_of(1.0, a, b, 0.0, c);
}
void gemm(float alpha, BufferMatrix<const float> a, BufferMatrix<const float> b, float beta, BufferMatrix<float> c) {
  gemm_of(alpha, a, b, beta, c);
}
void gemm(double alpha, BufferMatrix<const double> a, BufferMatrix<const double> b, double beta,
          BufferMatrix<double> c) {
  gemm_of(alpha, a, b, beta, c);
}

void gemv(BufferMatrix<const float> a, const Buffer<float>& x, Buffer<float>& y) { gemv_of(1.0F, a, x, 0.0F, y); }
void gemv(BufferMatrix<const double> a, const Buffer<double>& x, Buffer<double>& y) { gemv_of(1.0, a, x, 0.0, y); }
void gemv(float alpha, BufferMatrix<const float> a, const Buffer<float>& x, float beta, Buffer<float>& y) {
  gemv_of(alpha, a, x, beta, y);
}
void gemv(double alpha, BufferMatrix<const double> a, const Buffer<double>& x, double beta, Buffer<double>& y) {
  gemv_of(alpha, a, x, beta, y);
}

float mse(const Buffer<float>& prediction, const Buffer<float>& target) { return mse_of(prediction, target); }
double mse(const Buffer<double>& prediction, const Buffer<double>& target) { return mse_of(prediction, target); }

float cross_entropy(const Buffer<float>& logits, std::size_t label) { return cross_entropy_of(logits, label); }
double cross_entropy(const Buffer<double>& logits, std::size_t label) { return cross_entropy_of(logits, label); }
float cross_entropy(BufferMatrix<const float> logits, const Buffer<std::uint32_t>& labels) {
  return cross_entropy_of(logits, labels);
}
double cross_entropy(BufferMatrix<const double> logits, const Buffer<std::uint32_t>& labels) {
  return cross_entropy_of(logits, labels);
}

}  // namespace armillion::ops
