#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "armillion/state.hpp"
#include "random_source.hpp"
#include "test_generator.hpp"

namespace armillion::conformance {

/// The memory of a random program: flat, from address 0, with code and data in it.
inline constexpr std::uint64_t PROGRAM_MEMORY_BYTES = 0x80000;
inline constexpr std::uint64_t PROGRAM_CODE_ADDRESS = 0x10000;
/// Base registers of loads and stores point into the 64 KiB from here; offsets reach as far again on both sides.
inline constexpr std::uint64_t PROGRAM_DATA_ADDRESS = 0x40000;
/// What the program's memory from `PROGRAM_DATA_ADDRESS` on is set to begins here and is this long.
inline constexpr std::uint64_t PROGRAM_SEEDED_BYTES = 0x20000;

/// A random program. It ends at its last word, an HLT, or never.
struct Program {
  std::vector<std::uint32_t> words;
  State initial;
  /// What the data is filled with.
  std::uint64_t data_seed = 0;

  std::uint64_t end_address() const { return PROGRAM_CODE_ADDRESS + (words.size() - 1) * 4; }
};

/// The memory that the program starts with.
std::vector<std::byte> initial_memory(const Program& program);

enum class ProgramShape {
  /// Every instruction runs once.
  STRAIGHT_LINE,
  /// With branches forwards and backwards, so that a run needs an instruction limit.
  BRANCHING,
};

/// Makes random programs of the rows that `may_use` allows.
class ProgramGenerator {
 public:
  ProgramGenerator(std::uint64_t seed, bool (*may_use)(const RowUnderTest& row));

  Program make(ProgramShape shape);

  /// How many rows the programs are made of.
  std::size_t row_count() const { return others_.size() + memory_rows_.size() + branches_.size(); }

 private:
  /// Instructions that belong together: nothing branches into their middle.
  using Group = std::vector<std::uint32_t>;

  Group make_group();
  Group make_memory_group(TestGenerator& generator);
  Group make_exclusive_group(const Group& load);
  void add_branches(std::vector<Group>& groups);
  void link_branches(std::vector<Group>& groups);

  RandomSource random_;
  std::vector<std::unique_ptr<TestGenerator>> others_;
  std::vector<std::unique_ptr<TestGenerator>> memory_rows_;
  std::vector<std::unique_ptr<TestGenerator>> branches_;
  std::uint32_t next_word_ = 0;
};

}  // namespace armillion::conformance
