#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lane_comparison.hpp"
#include "program_generator.hpp"
#include "random_source.hpp"
#include "row_under_test.hpp"
#include "test_generator.hpp"

namespace armillion::conformance {

/// What was found out so far.
struct LaneTally {
  std::uint64_t lanes = 0;
  std::uint64_t instructions = 0;
  std::uint64_t mismatches = 0;
};

/// Tests of single instructions: many words of many rows in one memory, each in its slot of the guest protocol, and
/// many states for each word.
class InstructionLanes {
 public:
  /// Tests of the rows whose names match the shell pattern, and, where that is "*", of words that are no instructions.
  InstructionLanes(std::uint64_t seed, const std::string& pattern, std::string device);

  std::size_t row_count() const { return generators_.size(); }
  /// Rows of which no word is ever made, with the reason, a line each.
  const std::string& not_covered() const { return not_covered_; }
  /// Whether every row had its turn.
  bool has_covered_all_rows() const { return next_row_ >= generators_.size(); }

  /// Runs about so many lanes and prints what differs.
  void run(std::uint64_t lanes, LaneTally& tally);

 private:
  struct Word {
    /// Nothing for a word that is no instruction.
    TestGenerator* generator = nullptr;
    std::uint32_t word = 0;
  };

  void choose_words();
  LaneBlock make_lane(const Word& word, std::uint32_t index);
  std::uint32_t undefined_word();
  void report(const LaneMismatch& mismatch, const LaneBlock& lane) const;

  RandomSource random_;
  std::string device_;
  bool has_undefined_words_;
  std::vector<std::unique_ptr<TestGenerator>> generators_;
  std::string not_covered_;
  std::size_t next_row_ = 0;
  std::uint32_t next_word_ = 0;
  std::uint64_t batches_ = 0;
  std::vector<Word> words_;
};

/// Random programs, many in one memory, and many states for each.
class ProgramLanes {
 public:
  ProgramLanes(std::uint64_t seed, std::string device);

  void run(std::uint64_t lanes, LaneTally& tally);

 private:
  void report(LaneComparison& comparison, const LaneMismatch& mismatch, const LaneBlock& lane, std::uint64_t limit,
              Machine& image) const;

  RandomSource random_;
  std::string device_;
  ProgramGenerator generator_;
  std::uint64_t batches_ = 0;
};

}  // namespace armillion::conformance
