// Executors: one calculation on the host's vector kernels, and as AArch64 instructions of a machine.
#include <cstdio>
#include <vector>

#include "armillion/ops/executor.hpp"

namespace ops = armillion::ops;

namespace {

/// The length of a sum of two vectors, squared; the sum itself is written to `sum`.
float add_and_measure(const ops::Executor& executor, std::vector<float>& sum) {
  // Buffers are the executor's memory: what a call works on is copied there, and back what is wanted of it.
  const ops::Buffer a(executor, std::vector<float>(sum.size(), 0.1F));
  ops::Buffer b(executor, std::vector<float>(sum.size(), 0.2F));
  ops::add(a, b, b);
  b.download(sum);
  return ops::dot(b, b);
}

}  // namespace

int main() {
  const ops::Executor host = ops::Executor::host();
  const ops::Executor machine = ops::Executor::machine();
  std::vector<float> of_host(10'000);
  std::vector<float> of_machine(of_host.size());
  const float length_on_host = add_and_measure(host, of_host);
  const float length_on_machine = add_and_measure(machine, of_machine);
  std::printf("%s: %.9g\n", host.name().c_str(), length_on_host);
  std::printf("%s: %.9g, in %llu instructions\n", machine.name().c_str(), length_on_machine,
              static_cast<unsigned long long>(machine.retired_instructions()));

  // Elementwise calls have the same bits wherever they run.
  return of_host == of_machine && length_on_machine > 899 && length_on_machine < 901 ? 0 : 1;
}
