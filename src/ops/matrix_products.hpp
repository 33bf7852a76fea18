#pragma once

#include <cstddef>

#include "ops/blas.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {

// Products by the library's own kernels, which have a fixed order.

template <class T>
void multiply_by_kernels(const MatrixProduct<T>& product) {
  kernels<T>().multiply_matrices(product);
}

/// Each element of y is alpha times a `dot` plus beta times what it was.
template <class T>
void multiply_by_kernels(const VectorProduct<T>& p) {
  const auto dot = kernels<T>().dot;
  for (std::size_t row = 0; row < p.rows; ++row) {
    const T product = static_cast<T>(dot(p.a + row * p.a_stride, p.x, p.columns));
    p.y[row] = p.alpha * product + (p.beta == 0 ? 0 : p.beta * p.y[row]);
  }
}

}  // namespace armillion::ops
