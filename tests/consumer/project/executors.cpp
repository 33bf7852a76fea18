#include <armillion/ops/executor.hpp>
#include <cstdio>
#include <vector>

int main() {
  const auto executor = armillion::ops::Executor::machine();
  const armillion::ops::Buffer a(executor, std::vector<float>{1, 2, 3});
  armillion::ops::Buffer<float> result(executor, a.size());
  armillion::ops::add(a, 0.5F, result);
  const float product = armillion::ops::dot(a, result);
  std::printf("dot on a %s: %g\n", executor.name().c_str(), product);
  return product == 17 ? 0 : 1;
}
