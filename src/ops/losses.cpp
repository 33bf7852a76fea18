#include "armillion/ops/losses.hpp"

#include <array>
#include <cmath>

#include "ops/checks.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

template <class T>
T mse_of(std::span<const T> prediction, std::span<const T> target) {
  require_size("mse", prediction.size(), target.size());
  require_elements("mse", prediction.size());
  const KernelsFor<T>& of_type = kernels<T>();
  const auto subtract = of_type.binary[static_cast<std::size_t>(BinaryOperation::SUB)].arrays;
  std::array<T, BLOCK> difference;
  double total = 0;
  for (std::size_t first = 0; first < prediction.size(); first += BLOCK) {
    const std::size_t count = std::min(BLOCK, prediction.size() - first);
    subtract(prediction.data() + first, target.data() + first, difference.data(), count);
    total += of_type.dot(difference.data(), difference.data(), count);
  }
  return static_cast<T>(total / static_cast<double>(prediction.size()));
}

/// In float64, for a label that there is.
template <class T>
double cross_entropy_of_row(std::span<const T> logits, std::size_t label) {
  const KernelsFor<T>& of_type = kernels<T>();
  const T largest = of_type.max(logits.data(), logits.size());
  std::array<T, BLOCK> exponentials;
  double total = 0;
  for (std::size_t first = 0; first < logits.size(); first += BLOCK) {
    const std::size_t count = std::min(BLOCK, logits.size() - first);
    total += of_type.exp_below(logits.data() + first, largest, exponentials.data(), count);
  }
  return std::log(total) + (static_cast<double>(largest) - static_cast<double>(logits[label]));
}

void require_label(std::size_t label, std::size_t classes) {
  if (label >= classes) throw_invalid("cross_entropy", "a label is not less than the number of classes");
}

template <class T>
T cross_entropy_of(std::span<const T> logits, std::size_t label) {
  require_label(label, logits.size());
  return static_cast<T>(cross_entropy_of_row(logits, label));
}

template <class T>
T cross_entropy_of(MatrixView<const T> logits, std::span<const std::uint32_t> labels) {
  require_size("cross_entropy", logits.rows(), labels.size());
  require_elements("cross_entropy", labels.size());
  for (const std::uint32_t label : labels) require_label(label, logits.columns());
  double total = 0;
  for (std::size_t row = 0; row < logits.rows(); ++row) total += cross_entropy_of_row(logits.row(row), labels[row]);
  return static_cast<T>(total / static_cast<double>(logits.rows()));
}

}  // namespace

float mse(std::span<const float> prediction, std::span<const float> target) { return mse_of(prediction, target); }
double mse(std::span<const double> prediction, std::span<const double> target) { return mse_of(prediction, target); }

float cross_entropy(std::span<const float> logits, std::size_t label) { return cross_entropy_of(logits, label); }
double cross_entropy(std::span<const double> logits, std::size_t label) { return cross_entropy_of(logits, label); }
float cross_entropy(MatrixView<const float> logits, std::span<const std::uint32_t> labels) {
  return cross_entropy_of(logits, labels);
}
double cross_entropy(MatrixView<const double> logits, std::span<const std::uint32_t> labels) {
  return cross_entropy_of(logits, labels);
}

}  // namespace armillion::ops
