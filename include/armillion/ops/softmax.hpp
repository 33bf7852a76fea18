#pragma once

#include <span>

#include "armillion/ops/thread_pool.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::ops {

/// result[i] = e^(x[i] - m) / sum of e^(x[j] - m), with m the largest element, so that nothing overflows. The sum has
/// the order of `sum`. With n elements, an element's relative error is at most (|x[i] - m| + ln n + 90) u in float32, u
/// = 2^-24, and (|x[i] - m| + ln n + 150 + blocks) u in float64, u = 2^-53; subnormal results have the error of their
/// rounding besides. Where an element is a NaN or +infinity, or all are -infinity, all results are NaNs; else -infinity
/// gives 0.
void softmax(std::span<const float> x, std::span<float> result);
void softmax(std::span<const double> x, std::span<double> result);

/// The same for each row of a matrix. Both have the same shape; from first to last element in memory they are the same
/// or do not overlap.
void softmax(MatrixView<const float> x, MatrixView<float> result);
void softmax(MatrixView<const double> x, MatrixView<double> result);
void softmax(ThreadPool& pool, MatrixView<const float> x, MatrixView<float> result);
void softmax(ThreadPool& pool, MatrixView<const double> x, MatrixView<double> result);

}  // namespace armillion::ops
