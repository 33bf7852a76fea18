#pragma once

#include <cstdint>
#include <span>

#include "armillion/ops/views.hpp"

namespace armillion::ops {

/// The mean of (prediction[i] - target[i])^2: differences, and their `dot` with themselves, divided by their number.
/// Error(INVALID_ARGUMENT) for no elements and for different lengths.
float mse(std::span<const float> prediction, std::span<const float> target);
double mse(std::span<const double> prediction, std::span<const double> target);

/// The cross entropy between one class and the `softmax` of `logits`: log(sum of e^(logits[j] - m)) + m -
/// logits[label], with m the largest logit; the logarithm is taken in float64 and the loss rounded once.
/// Error(INVALID_ARGUMENT) where there is no such class. A NaN where a logit is a NaN or infinity, or all are
/// -infinity.
float cross_entropy(std::span<const float> logits, std::size_t label);
double cross_entropy(std::span<const double> logits, std::size_t label);

/// The mean of the cross entropies of a matrix's rows with a label each, added from first to last in float64.
/// Error(INVALID_ARGUMENT) for no rows, and where there are not as many labels as rows or one names no column.
float cross_entropy(MatrixView<const float> logits, std::span<const std::uint32_t> labels);
double cross_entropy(MatrixView<const double> logits, std::span<const std::uint32_t> labels);

}  // namespace armillion::ops
