#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

#include "ops/peers.hpp"

namespace armillion::bench {
namespace {

using Input = Eigen::Map<const Eigen::ArrayXf>;
using Output = Eigen::Map<Eigen::ArrayXf>;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Input input(const float* x, std::size_t size) { return {x, static_cast<Eigen::Index>(size)}; }
Output output(float* x, std::size_t size) { return {x, static_cast<Eigen::Index>(size)}; }
Eigen::Map<const RowMajor> matrix(const float* x, std::size_t size) {
  return {x, static_cast<Eigen::Index>(size), static_cast<Eigen::Index>(size)};
}

void add(const float* a, const float* b, float* result, std::size_t size) {
  output(result, size) = input(a, size) + input(b, size);
}

void relu(const float* x, float* result, std::size_t size) { output(result, size) = input(x, size).max(0.0F); }

void exp(const float* x, float* result, std::size_t size) { output(result, size) = input(x, size).exp(); }

void log(const float* x, float* result, std::size_t size) { output(result, size) = input(x, size).log(); }

void sigmoid(const float* x, float* result, std::size_t size) { output(result, size) = input(x, size).logistic(); }

void tanh(const float* x, float* result, std::size_t size) { output(result, size) = input(x, size).tanh(); }

void gelu(const float* x, float* result, std::size_t size) {
  const Input in = input(x, size);
  output(result, size) = in * ((in * static_cast<float>(M_SQRT1_2)).erf() + 1) * 0.5F;
}

void softmax(const float* x, float* result, std::size_t size) {
  Output out = output(result, size);
  out = (input(x, size) - input(x, size).maxCoeff()).exp();
  out *= 1 / out.sum();
}

float sum(const float* x, std::size_t size) { return input(x, size).sum(); }

float max(const float* x, std::size_t size) { return input(x, size).maxCoeff(); }

float dot(const float* a, const float* b, std::size_t size) {
  return input(a, size).matrix().dot(input(b, size).matrix());
}

void gemm(const float* a, const float* b, float* c, std::size_t size) {
  const auto n = static_cast<Eigen::Index>(size);
  Eigen::Map<RowMajor>(c, n, n).noalias() = matrix(a, size) * matrix(b, size);
}

void gemv(const float* a, const float* x, float* y, std::size_t size) {
  output(y, size).matrix().noalias() = matrix(a, size) * input(x, size).matrix();
}

}  // namespace

const Peer EIGEN{"Eigen", add, relu, exp, log, sigmoid, tanh, gelu, softmax, sum, max, dot, gemm, gemv};

std::string compiled_peers_description() {
  const auto number = [](int part) { return std::to_string(part); };
  return "Eigen " + number(EIGEN_WORLD_VERSION) + "." + number(EIGEN_MAJOR_VERSION) + "." +
         number(EIGEN_MINOR_VERSION) + ", compiled by " __VERSION__ " for " + Eigen::SimdInstructionSetsInUse();
}

}  // namespace armillion::bench
