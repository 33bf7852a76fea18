#pragma once

#include <cstddef>

#include "ops/kernels/kernels.hpp"

namespace armillion::ops {

/// y = alpha a x + beta y for a row-major matrix.
template <class T>
struct VectorProduct {
  std::size_t rows;
  std::size_t columns;
  T alpha;
  const T* a;
  std::size_t a_stride;
  const T* x;
  T beta;
  T* y;
};

/// Whether the library was built with a BLAS.
bool blas_is_there();
/// Whether several threads may be in it at once. Where they may not, calls wait for each other.
bool blas_takes_several_threads();

// Products by the BLAS, on the calling thread. False, with nothing done, where there is none or a size is more than it
// can count.

bool multiply_by_blas(const MatrixProduct<float>& product);
bool multiply_by_blas(const MatrixProduct<double>& product);
bool multiply_by_blas(const VectorProduct<float>& product);
bool multiply_by_blas(const VectorProduct<double>& product);

}  // namespace armillion::ops
