// Vector kernels: a layer of a neural network, from a batch of inputs to how far its answers are from the right ones.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "armillion/ops.hpp"

namespace ops = armillion::ops;

int main() {
  // Three inputs of four numbers each, a matrix of weights that gives a score to each of two classes, and the classes
  // that would be right.
  const std::vector<float> inputs{1, 0, 2, 0,  //
                                  0, 3, 0, 1,  //
                                  1, 1, 1, 1};
  const std::vector<float> weights{0.5F,  -0.5F,  //
                                   -1.0F, 1.0F,   //
                                   0.25F, 0.0F,   //
                                   0.0F,  0.75F};
  const std::vector<std::uint32_t> classes{0, 1, 1};

  // Views say which shape an array has. Results go where the caller wants them: nothing is allocated.
  std::vector<float> scores(3 * 2);
  const ops::MatrixView score_matrix(scores, 3, 2);
  ops::gemm(ops::MatrixView(inputs, 3, 4), ops::MatrixView(weights, 4, 2), score_matrix);

  // Elementwise functions take arrays, and may work in place.
  ops::gelu(scores, scores);

  std::vector<float> probabilities(scores.size());
  ops::softmax(score_matrix, ops::MatrixView(probabilities, 3, 2));
  for (std::size_t row = 0; row < 3; ++row) {
    std::printf("input %zu: class 0 with %.3f, class 1 with %.3f\n", row, probabilities[2 * row],
                probabilities[2 * row + 1]);
  }

  // A column of a matrix is a strided view.
  const ops::Strided<const float> column_of_class_1(probabilities.data() + 1, 3, 2);
  const float loss = ops::cross_entropy(score_matrix, classes);
  std::printf("class 1 has %.3f on average; the loss is %.4f, on the target %s\n", ops::mean(column_of_class_1), loss,
              ops::target().c_str());

  // What does not fit is an error before anything is written.
  try {
    ops::add(inputs, weights, scores);
  } catch (const armillion::Error& error) {
    std::printf("%s\n", error.what());
  }

  const float sum = ops::sum(probabilities);
  return std::abs(sum - 3) < 1e-6F && std::abs(loss - 0.1989F) < 1e-3F ? 0 : 1;
}
