#pragma once

#include <cstdint>
#include <optional>

#include "guest/protocol.h"
#include "random_source.hpp"
#include "row_under_test.hpp"

namespace armillion::conformance {

/// What running an instruction of a row can do, found out by running some.
struct RowBehaviour {
  bool branches = false;
  bool accesses_memory = false;
  /// Calls the host or stops for it, so that it cannot run under an emulator of programs.
  bool stops = false;
  /// The row has no word that its condition accepts and no other row of higher priority takes.
  bool has_no_words = false;
};

/// Whom the tests are made for.
enum class Audience : std::uint8_t {
  /// Independent implementations of the architecture: what the manual leaves open and what `oracle_limits.hpp` names is
  /// left out.
  ORACLES,
  /// The same, of which one is qemu from `FIRST_QEMU_WITH_LSE2` on: what these versions cannot tell is left out too.
  LATER_QEMU,
  /// Engines of our own, which must agree in everything.
  OURSELVES,
};

/// A state whose registers are biased to where instructions go wrong.
GuestState random_state(RandomSource& random);

/// Makes random instruction words of a row and random states for them.
class TestGenerator {
 public:
  TestGenerator(const RowUnderTest& row, RandomSource random, Audience audience = Audience::ORACLES);

  const RowUnderTest& row() const { return row_; }
  const RowBehaviour& behaviour() const { return behaviour_; }

  /// A word of the row; `index` counts up from 0 and spreads the words evenly over the values of the static fields.
  /// Nothing where none was found.
  std::optional<std::uint32_t> make_word(std::uint32_t index, std::uint64_t address);

  /// A test of `word`, which stands at the address of `word_index`; nothing where its effect would leave what the guest
  /// runner can contain.
  std::optional<Test> make_test(std::uint32_t word, std::uint32_t word_index);

 private:
  std::uint32_t random_word(std::uint32_t index);
  bool is_taken_by_another_row(std::uint32_t word) const;
  /// Whether the audience can tell what this word, and what a test that ended so, does.
  bool is_compared(std::uint32_t word) const;
  bool is_end_compared(const DirectMachine& machine) const;
  std::uint64_t random_target(std::uint32_t size);
  bool aim_access(std::uint32_t word, Test& test);
  bool aim_branch(std::uint32_t word, Test& test);
  void arm_exclusive_monitor(std::uint32_t word, Test& test);
  void find_behaviour();

  const RowUnderTest& row_;
  RandomSource random_;
  Audience audience_;
  RowBehaviour behaviour_;
};

/// The bits of the row's field `letter`; its value in `word`; `word` with it set to the low bits of `value`.
std::uint32_t field_bits(const RowUnderTest& row, char letter);
std::uint32_t field_value(const RowUnderTest& row, std::uint32_t word, char letter);
std::uint32_t with_field(const RowUnderTest& row, std::uint32_t word, char letter, std::uint64_t value);

/// Whether two destinations of the load or store, or its destination and its base, are one register, in a way that the
/// manual leaves open (CONSTRAINED UNPREDICTABLE, appendix K1).
bool is_constrained_unpredictable(std::uint32_t word);

/// Runs one instruction of `row` on our semantics from the state before `test`.
void run_directly(const RowUnderTest& row, std::uint32_t word, const Test& test, DirectMachine& machine);

State to_state(const GuestState& state);

}  // namespace armillion::conformance
