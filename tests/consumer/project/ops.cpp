#include <armillion/ops.hpp>
#include <cstdio>
#include <vector>

int main() {
  const std::vector<float> a{1, 2, 3};
  std::vector<float> result(3);
  armillion::ops::add(a, 0.5F, result);
  const float product = armillion::ops::dot(a, result);
  std::printf("dot on %s: %g\n", armillion::ops::target().c_str(), product);
  return product == 17 ? 0 : 1;
}
