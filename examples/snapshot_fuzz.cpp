// A fuzzer in a page: restore a snapshot, write an input, run, look why it stopped; thousands of times a second. Inputs
// that reach a block of the program that none had reached before are kept and varied further.
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <unordered_set>
#include <vector>

#include "armillion/machine.hpp"

namespace {

using Input = std::array<std::uint8_t, 8>;

constexpr std::uint64_t MEMORY_BYTES = 64 * 1024;
constexpr std::uint64_t INPUT_ADDRESS = 0x8000;
// Sixteen entries of eight bytes, which end where memory ends.
constexpr std::uint64_t TABLE_ADDRESS = MEMORY_BYTES - 16 * 8;

// X0: the input, X1: the table. After the magic bytes "BUG" an index is used that nothing checks.
constexpr std::array<std::uint32_t, 12> PARSER = {
    0x39400002,  //       ldrb w2, [x0]
    0x7101085f,  //       cmp  w2, #'B'
    0x54000121,  //       b.ne done
    0x39400402,  //       ldrb w2, [x0, #1]
    0x7101545f,  //       cmp  w2, #'U'
    0x540000c1,  //       b.ne done
    0x39400802,  //       ldrb w2, [x0, #2]
    0x71011c5f,  //       cmp  w2, #'G'
    0x54000061,  //       b.ne done
    0x39400c02,  //       ldrb w2, [x0, #3]
    0xf8627823,  //       ldr  x3, [x1, x2, lsl #3]
    0xd4400000,  // done: hlt  #0
};

// The input with one byte replaced.
Input vary(Input input, std::mt19937& random) {
  input[random() % input.size()] = static_cast<std::uint8_t>(random());
  return input;
}

}  // namespace

int main() {
  armillion::Machine machine(armillion::MachineOptions{.memory_bytes = MEMORY_BYTES});
  machine.load_program(PARSER);
  machine.set_x(0, INPUT_ADDRESS);
  machine.set_x(1, TABLE_ADDRESS);
  const armillion::Snapshot start = machine.snapshot();

  std::unordered_set<std::uint64_t> blocks;
  machine.set_block_hook([&](std::uint64_t pc) { blocks.insert(pc); });

  std::mt19937 random(1);
  std::vector<Input> kept = {Input{}};
  std::optional<Input> culprit;
  constexpr int MOST_RUNS = 1'000'000;
  int runs = 0;
  while (!culprit && runs < MOST_RUNS) {
    ++runs;
    const Input input = vary(kept[random() % kept.size()], random);
    // The cost of this is that of the pages the last run wrote to.
    machine.restore(start);
    machine.write(INPUT_ADDRESS, input);

    const std::size_t known_blocks = blocks.size();
    const armillion::RunResult result = machine.execute(1000);
    if (blocks.size() > known_blocks) kept.push_back(input);
    if (result.stop_reason == armillion::StopReason::HALT) continue;

    culprit = input;
    std::printf("run %d: %s at pc %#llx: %u bytes at %#llx\n", runs, armillion::name_of(result.stop_reason),
                static_cast<unsigned long long>(result.pc), result.fault.size,
                static_cast<unsigned long long>(result.fault.address));
  }
  if (!culprit) {
    std::printf("no input out of %d stops the parser\n", runs);
    return 1;
  }
  std::printf("input:");
  for (const std::uint8_t byte : *culprit) std::printf(" %02x", byte);
  std::printf("\n");
  return 0;
}
