#pragma once

#include <span>

#include "armillion/ops/thread_pool.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::ops {

// Products of matrices go through the BLAS that the library was built with, on the calling thread. Its order of
// additions may depend on shapes and addresses, so these are the functions whose results may, too. Without a BLAS, and
// for matrices larger than it can count, the library's own kernels have a fixed order. With either, an element of a
// product of K terms differs from the exact one by at most (K + 2) u times the sum of its terms' magnitudes, u = 2^-24
// or 2^-53; on SSE4, twice that.
//
// From its first to its last element in memory, a result overlaps no argument.

/// Whether products of matrices go through a BLAS.
bool has_blas();

/// c = a b, of shapes (M, K), (K, N) and (M, N). All zeros where K is 0. Allocates at most a few hundred kilobytes
/// where there is no BLAS. With a pool, the rows of `c` are cut into pieces.
void gemm(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c);
void gemm(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c);
void gemm(ThreadPool& pool, MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c);
void gemm(ThreadPool& pool, MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c);

/// c = alpha a b + beta c. Where beta is 0, `c` is not read: what was in it, NaNs included, does not matter.
void gemm(float alpha, MatrixView<const float> a, MatrixView<const float> b, float beta, MatrixView<float> c);
void gemm(double alpha, MatrixView<const double> a, MatrixView<const double> b, double beta, MatrixView<double> c);

/// y = a x, of shapes (M, N), (N) and (M). All zeros where N is 0. With a pool, the rows of `a` are cut into pieces.
void gemv(MatrixView<const float> a, std::span<const float> x, std::span<float> y);
void gemv(MatrixView<const double> a, std::span<const double> x, std::span<double> y);
void gemv(ThreadPool& pool, MatrixView<const float> a, std::span<const float> x, std::span<float> y);
void gemv(ThreadPool& pool, MatrixView<const double> a, std::span<const double> x, std::span<double> y);

/// y = alpha a x + beta y. Where beta is 0, `y` is not read.
void gemv(float alpha, MatrixView<const float> a, std::span<const float> x, float beta, std::span<float> y);
void gemv(double alpha, MatrixView<const double> a, std::span<const double> x, double beta, std::span<double> y);

}  // namespace armillion::ops
