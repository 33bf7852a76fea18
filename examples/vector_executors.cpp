// Executors: one calculation on the host's vector kernels, as AArch64 instructions of a machine, and on a GPU.
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

/// The first GPU; where there is none, the GPU's code on the CPU.
ops::Executor gpu() {
  try {
    return ops::Executor::cuda();
  } catch (const armillion::Error& error) {
    std::printf("%s\n", error.what());
    return ops::Executor::cuda("host-lanes");
  }
}

}  // namespace

int main() {
  const ops::Executor host = ops::Executor::host();
  const ops::Executor machine = ops::Executor::machine();
  const ops::Executor cuda = gpu();
  std::vector<float> of_host(10'000);
  std::vector<float> of_machine(of_host.size());
  std::vector<float> of_cuda(of_host.size());
  const float length_on_host = add_and_measure(host, of_host);
  const float length_on_machine = add_and_measure(machine, of_machine);
  const float length_on_cuda = add_and_measure(cuda, of_cuda);
  std::printf("%s: %.9g\n", host.name().c_str(), length_on_host);
  std::printf("%s: %.9g, in %llu instructions\n", machine.name().c_str(), length_on_machine,
              static_cast<unsigned long long>(machine.retired_instructions()));
  std::printf("%s: %.9g\n", cuda.name().c_str(), length_on_cuda);

  // Elementwise calls have the same bits wherever they run.
  const bool is_same = of_host == of_machine && of_host == of_cuda && length_on_machine == length_on_cuda;
  return is_same && length_on_machine > 899 && length_on_machine < 901 ? 0 : 1;
}
