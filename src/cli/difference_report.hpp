#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/call_comparison.hpp"
#include "cli/value_type.hpp"

namespace armillion::cli {

/// The inputs for which two functions differ: how many, and the first few of them in words.
class DifferenceReport {
 public:
  DifferenceReport(std::string first_function, std::string second_function);

  void add(const std::string& input, const CallOutcome& first, const CallOutcome& second, ValueType type);
  std::uint64_t count() const { return count_; }
  /// Prints a table of the first differences on standard output, as part of a summary.
  void print() const;

 private:
  struct Row {
    std::string input;
    std::string first;
    std::string second;
  };

  std::uint64_t count_ = 0;
  // The first one has the columns' names.
  std::vector<Row> rows_;
};

}  // namespace armillion::cli
