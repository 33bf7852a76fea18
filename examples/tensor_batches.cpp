// Runs one loop on the interpreter and on the tensor engine, which executes batches of instructions as arrays, and
// prints what became of the batches. Both end in the same state.
#include <array>
#include <cstdint>
#include <cstdio>

#include "armillion/machine.hpp"

namespace {

constexpr std::uint64_t ARRAY = 0x10000;

// Adds 7 to each of 20,000 words.
constexpr std::array<std::uint32_t, 8> PROGRAM = {
    0xd289c400,  //        mov   x0, #20000
    0xd2a00021,  //        mov   x1, #0x10000
    0xf9400022,  // again: ldr   x2, [x1]
    0x91001c42,  //        add   x2, x2, #7
    0xf8008422,  //        str   x2, [x1], #8
    0xd1000400,  //        sub   x0, x0, #1
    0xb5ffff80,  //        cbnz  x0, again
    0xd4400000,  //        hlt   #0
};

armillion::Hash128 run(const armillion::MachineOptions& options) {
  armillion::Machine machine(options);
  machine.load_program(PROGRAM);
  machine.write<std::uint64_t>(ARRAY, 35);
  const armillion::RunResult result = machine.execute();
  std::printf("%-11s  %llu instructions, first word %llu\n", machine.engine().c_str(),
              static_cast<unsigned long long>(result.instructions),
              static_cast<unsigned long long>(machine.read<std::uint64_t>(ARRAY)));
  const armillion::TensorStatistics statistics = machine.tensor_statistics();
  if (statistics.batches > 0) {
    const auto in_batches = static_cast<double>(statistics.instructions_in_batches);
    const auto batches = static_cast<double>(statistics.batches);
    std::printf("             %.0f instructions and %.1f waves a batch, %llu wrong guesses, %llu executed singly\n",
                in_batches / batches, static_cast<double>(statistics.waves) / batches,
                static_cast<unsigned long long>(statistics.wrong_guesses),
                static_cast<unsigned long long>(statistics.instructions_single));
  }
  return machine.state_hash();
}

}  // namespace

int main() {
  const armillion::Hash128 expected = run({});
  // The base register moves by a constant: its value in any iteration is known at once, so that all loads of a batch
  // are one wave, all additions the next, and all stores the last.
  const armillion::Hash128 actual = run({.engine = "tensor", .tensor_batch = 4096});
  std::printf("the states are %s\n", actual == expected ? "equal" : "different");
  return actual == expected ? 0 : 1;
}
