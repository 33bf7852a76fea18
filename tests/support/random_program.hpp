#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "armillion/state.hpp"
#include "conformance/random_source.hpp"

// Random programs of integer instructions, branches, loads and stores, which overlap each other and the code: what a
// batch of the tensor engine may trip over.
namespace armillion::test {

/// Where the parts of such a program are, in a memory that begins at 0.
struct RandomProgram {
  static constexpr std::uint64_t MEMORY_BYTES = 64 * 1024;
  static constexpr std::uint64_t CODE_ADDRESS = 0x4000;
  static constexpr std::uint32_t CODE_WORDS = 192;
  static constexpr std::uint64_t DATA_ADDRESS = 0x8000;
};

/// Makes words of random programs.
class RandomWords {
 public:
  RandomWords();

  /// Of all kinds, some of them no instructions at all.
  std::uint32_t draw(conformance::RandomSource& random) const;
  /// Of arithmetic, or of loads and stores.
  std::uint32_t draw_arithmetic(conformance::RandomSource& random) const;
  std::uint32_t draw_access(conformance::RandomSource& random) const;

 private:
  std::vector<std::string> all_;
  std::vector<std::string> arithmetic_;
  std::vector<std::string> branches_;
  std::vector<std::string> memory_;
};

/// The words of a program from `RandomProgram::CODE_ADDRESS` on.
std::vector<std::uint32_t> random_code(conformance::RandomSource& random, const RandomWords& words);

/// A loop with branches that go either way at random, most of them over few instructions or between few: X28 counts its
/// iterations, and X27 is not 0 at its start.
std::vector<std::uint32_t> random_branchy_loop(conformance::RandomSource& random, const RandomWords& words);

/// What the general registers, the flags and TPIDR_EL0 are when it begins.
void randomise_registers(State& state, conformance::RandomSource& random);

}  // namespace armillion::test
