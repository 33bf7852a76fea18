#include "tensor/programs.hpp"

namespace armillion::bench {

namespace {

using Words = std::vector<std::uint32_t>;

constexpr std::uint32_t HALT = 0xd440'0000;

// The encodings of the few instructions that the programs are made of.
constexpr std::uint32_t add_immediate(std::uint32_t d, std::uint32_t n, std::uint32_t value) {
  return 0x9100'0000 | value << 10 | n << 5 | d;
}
constexpr std::uint32_t sub_immediate(std::uint32_t d, std::uint32_t n, std::uint32_t value) {
  return 0xd100'0000 | value << 10 | n << 5 | d;
}
constexpr std::uint32_t add_register(std::uint32_t d, std::uint32_t n, std::uint32_t m) {
  return 0x8b00'0000 | m << 16 | n << 5 | d;
}
constexpr std::uint32_t eor_register(std::uint32_t d, std::uint32_t n, std::uint32_t m) {
  return 0xca00'0000 | m << 16 | n << 5 | d;
}
constexpr std::uint32_t move(std::uint32_t d, std::uint32_t value, std::uint32_t half = 0) {
  return 0xd280'0000 | half << 21 | value << 5 | d;
}
// LDR Xt, [Xn], #8 and STR Xt, [Xn], #8.
constexpr std::uint32_t load_next(std::uint32_t t, std::uint32_t n) { return 0xf840'8400 | n << 5 | t; }
constexpr std::uint32_t store_next(std::uint32_t t, std::uint32_t n) { return 0xf800'8400 | n << 5 | t; }
// CBNZ Xt, `words` back.
constexpr std::uint32_t branch_back_if_not_zero(std::uint32_t t, std::uint32_t words) {
  return 0xb500'0000 | (0x8'0000 - words) << 5 | t;
}

Words ended(Words words) {
  words.push_back(HALT);
  return words;
}

}  // namespace

std::vector<TensorProgram> tensor_programs() {
  std::vector<TensorProgram> programs;
  const std::vector<std::pair<std::uint32_t, double>> published{
      {1, 48}, {64, 26'690}, {128, 53'353}, {256, 95'523}, {512, 118'676}};

  Words chain;
  Words independent;
  Words dependent;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    chain.push_back(add_immediate(0, 0, 1));
    independent.push_back(add_register(i % 16, 16 + i % 5, 21 + i % 7));
    dependent.push_back(add_register(0, 0, 1));
  }
  programs.push_back({"10,000 ADDs of a constant to one register", ended(chain), published});
  programs.push_back({"10,000 ADDs that do not depend on each other", ended(independent), published});
  programs.push_back({"10,000 ADDs, each of the result before", ended(dependent), {}});
  programs.push_back({"A loop of SUB and CBNZ, 100,000 iterations",
                      ended({move(0, 34'464), move(1, 1, 1), add_register(0, 0, 1), sub_immediate(0, 0, 1),
                             branch_back_if_not_zero(0, 1)}),
                      {{64, 422}}});
  programs.push_back(
      {"A loop that adds two arrays of 20,000 words",
       ended({move(0, 20'000), move(1, 0x10, 1), move(2, 0x20, 1), move(3, 0x30, 1), load_next(4, 1), load_next(5, 2),
              add_register(6, 4, 5), store_next(6, 3), sub_immediate(0, 0, 1), branch_back_if_not_zero(0, 5)}),
       {}});
  programs.push_back({"A loop with one chain of XOR and ADD, 20,000 iterations",
                      ended({move(0, 20'000), eor_register(1, 1, 0), add_register(1, 1, 1), sub_immediate(0, 0, 1),
                             branch_back_if_not_zero(0, 3)}),
                      {}});
  return programs;
}

}  // namespace armillion::bench
