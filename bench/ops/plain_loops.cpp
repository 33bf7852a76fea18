#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/peers.hpp"

namespace armillion::bench {
namespace {

void add(const float* a, const float* b, float* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = a[i] + b[i];
}

void relu(const float* x, float* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = x[i] > 0 ? x[i] : 0;
}

void exp(const float* x, float* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = std::exp(x[i]);
}

void log(const float* x, float* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = std::log(x[i]);
}

void sigmoid(const float* x, float* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = 1 / (1 + std::exp(-x[i]));
}

void tanh(const float* x, float* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = std::tanh(x[i]);
}

void gelu(const float* x, float* result, std::size_t size) {
  constexpr float ROOT_OF_HALF = 1 / std::numbers::sqrt2_v<float>;
  for (std::size_t i = 0; i < size; ++i) result[i] = x[i] * (1 + std::erf(x[i] * ROOT_OF_HALF)) / 2;
}

float sum(const float* x, std::size_t size) {
  float total = 0;
  for (std::size_t i = 0; i < size; ++i) total += x[i];
  return total;
}

float max(const float* x, std::size_t size) {
  float largest = x[0];
  for (std::size_t i = 0; i < size; ++i) largest = std::max(largest, x[i]);
  return largest;
}

void softmax(const float* x, float* result, std::size_t size) {
  const float largest = max(x, size);
  float total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    result[i] = std::exp(x[i] - largest);
    total += result[i];
  }
  const float factor = 1 / total;
  for (std::size_t i = 0; i < size; ++i) result[i] *= factor;
}

float dot(const float* a, const float* b, std::size_t size) {
  float total = 0;
  for (std::size_t i = 0; i < size; ++i) total += a[i] * b[i];
  return total;
}

void gemm(const float* a, const float* b, float* c, std::size_t size) {
  std::fill_n(c, size * size, 0.0F);
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t k = 0; k < size; ++k) {
      const float factor = a[row * size + k];
      for (std::size_t column = 0; column < size; ++column) c[row * size + column] += factor * b[k * size + column];
    }
  }
}

void gemv(const float* a, const float* x, float* y, std::size_t size) {
  for (std::size_t row = 0; row < size; ++row) y[row] = dot(a + row * size, x, size);
}

}  // namespace

const Peer PLAIN_LOOPS{"plain loop", add, relu, exp, log, sigmoid, tanh, gelu, softmax, sum, max, dot, gemm, gemv};

}  // namespace armillion::bench
