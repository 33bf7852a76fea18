#include "cli/bench/tensor_programs.hpp"

#include "cli/bench/instruction_words.hpp"
#include "cli/bench/published.hpp"

namespace armillion::bench {

namespace {

using namespace words;

Words ended(Words program) {
  program.push_back(HALT);
  return program;
}

}  // namespace

std::vector<TensorProgram> tensor_programs() {
  std::vector<TensorProgram> programs;
  const std::vector<std::pair<std::uint32_t, double>> straight_line(published::PYTORCH_STRAIGHT_LINE.begin(),
                                                                    published::PYTORCH_STRAIGHT_LINE.end());

  Words chain;
  Words independent;
  Words dependent;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    chain.push_back(add_immediate(0, 0, 1));
    independent.push_back(add_register(i % 16, 16 + i % 5, 21 + i % 7));
    dependent.push_back(add_register(0, 0, 1));
  }
  programs.push_back({"10,000 ADDs of a constant to one register", ended(chain), straight_line});
  programs.push_back({"10,000 ADDs that do not depend on each other", ended(independent), straight_line});
  programs.push_back({"10,000 ADDs, each of the result before", ended(dependent), {}});
  programs.push_back({"A loop of SUB and CBNZ, 100,000 iterations",
                      ended({move(0, 34'464), move(1, 1, 1), add_register(0, 0, 1), sub_immediate(0, 0, 1),
                             branch_if_not_zero(0, -1)}),
                      {published::PYTORCH_BRANCHY_LOOP}});
  programs.push_back(
      {"A loop that adds two arrays of 20,000 words",
       ended({move(0, 20'000), move(1, 0x10, 1), move(2, 0x20, 1), move(3, 0x30, 1), load_next(4, 1), load_next(5, 2),
              add_register(6, 4, 5), store_next(6, 3), sub_immediate(0, 0, 1), branch_if_not_zero(0, -5)}),
       {}});
  programs.push_back({"A loop with one chain of XOR and ADD, 20,000 iterations",
                      ended({move(0, 20'000), eor_register(1, 1, 0), add_register(1, 1, 1), sub_immediate(0, 0, 1),
                             branch_if_not_zero(0, -3)}),
                      {}});
  // A random number in each iteration (Marsaglia, "Xorshift RNGs", 2003), of which a bit decides.
  programs.push_back({"A loop with a branch that cannot be guessed, 20,000 iterations",
                      ended({move(0, 20'000), move(1, 1), eor_shifted_left(1, 1, 1, 13), eor_shifted_right(1, 1, 1, 7),
                             eor_shifted_left(1, 1, 1, 17), branch_if_bit_clear(1, 5, 3), add_register(2, 2, 1),
                             eor_register(3, 3, 2), sub_immediate(0, 0, 1), branch_if_not_zero(0, -7)}),
                      {}});
  return programs;
}

}  // namespace armillion::bench
