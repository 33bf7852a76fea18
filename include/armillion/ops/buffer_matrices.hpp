#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "armillion/error.hpp"
#include "armillion/ops/executor.hpp"
#include "armillion/ops/linear_algebra.hpp"
#include "armillion/ops/losses.hpp"
#include "armillion/ops/softmax.hpp"

namespace armillion::ops {

/// All of a buffer as a matrix in row-major order: of `const T` where it is only read.
template <class T>
class BufferMatrix {
 public:
  using Elements = std::conditional_t<std::is_const_v<T>, const Buffer<std::remove_const_t<T>>, Buffer<T>>;

  /// Error(INVALID_ARGUMENT) where there are not `rows * columns` elements. The buffer must outlive the matrix.
  BufferMatrix(Elements& elements, std::size_t rows, std::size_t columns)
      : elements_(&elements), rows_(rows), columns_(columns) {
    const bool fits =
        columns == 0 ? elements.size() == 0 : elements.size() % columns == 0 && elements.size() / columns == rows;
    if (!fits) {
      throw Error(ErrorCode::INVALID_ARGUMENT, "a matrix of " + std::to_string(rows) + " rows and " +
                                                   std::to_string(columns) + " columns does not have " +
                                                   std::to_string(elements.size()) + " elements");
    }
  }
  /// A matrix that writes is also one that reads.
  template <class U>
    requires std::is_same_v<T, const U>
  BufferMatrix(const BufferMatrix<U>& other)
      : elements_(&other.elements()), rows_(other.rows()), columns_(other.columns()) {}

  Elements& elements() const { return *elements_; }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }

 private:
  Elements* elements_;
  std::size_t rows_;
  std::size_t columns_;
};

template <class T>
BufferMatrix(Buffer<T>&, std::size_t, std::size_t) -> BufferMatrix<T>;
template <class T>
BufferMatrix(const Buffer<T>&, std::size_t, std::size_t) -> BufferMatrix<const T>;

// These are the functions of the same names in softmax.hpp, linear_algebra.hpp and losses.hpp, on buffers and matrices
// of one executor. All results but those of softmax are other buffers than the arguments.

void softmax(const Buffer<float>& x, Buffer<float>& result);
void softmax(const Buffer<double>& x, Buffer<double>& result);
void softmax(BufferMatrix<const float> x, BufferMatrix<float> result);
void softmax(BufferMatrix<const double> x, BufferMatrix<double> result);

void gemm(BufferMatrix<const float> a, BufferMatrix<const float> b, BufferMatrix<float> c);
void gemm(BufferMatrix<const double> a, BufferMatrix<const double> b, BufferMatrix<double> c);
void gemm(float alpha, BufferMatrix<const float> a, BufferMatrix<const float> b, float beta, BufferMatrix<float> c);
void gemm(double alpha, BufferMatrix<const double> a, BufferMatrix<const double> b, double beta,
          BufferMatrix<double> c);

void gemv(BufferMatrix<const float> a, const Buffer<float>& x, Buffer<float>& y);
void gemv(BufferMatrix<const double> a, const Buffer<double>& x, Buffer<double>& y);
void gemv(float alpha, BufferMatrix<const float> a, const Buffer<float>& x, float beta, Buffer<float>& y);
void gemv(double alpha, BufferMatrix<const double> a, const Buffer<double>& x, double beta, Buffer<double>& y);

// Losses allocate what their steps hand over in the executor's memory.

float mse(const Buffer<float>& prediction, const Buffer<float>& target);
double mse(const Buffer<double>& prediction, const Buffer<double>& target);

/// A label of a buffer has at most 32 bits.
float cross_entropy(const Buffer<float>& logits, std::size_t label);
double cross_entropy(const Buffer<double>& logits, std::size_t label);
float cross_entropy(BufferMatrix<const float> logits, const Buffer<std::uint32_t>& labels);
double cross_entropy(BufferMatrix<const double> logits, const Buffer<std::uint32_t>& labels);

}  // namespace armillion::ops
