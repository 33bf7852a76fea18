#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/input_source.hpp"
#include "cli/line_reader.hpp"
#include "cli/row_writer.hpp"

namespace armillion::cli {

/// What one lane of a fleet of programs is given.
struct ProgramInput {
  /// How rows and messages call it: the integer, the line, or the file's name.
  Cell name;
  /// What follows the arguments that all lanes have.
  std::optional<std::vector<std::string>> arguments;
  std::optional<std::string> standard_input;
};

/// The words of a line: separated by white space, except between double quotes, which are taken away. Nothing where a
/// quote is not closed.
std::optional<std::vector<std::string>> split_arguments(std::string_view line);

/// The inputs of the lanes of a fleet of programs, one after the other.
class ProgramInputs {
 public:
  /// Where there is no source, `count_without_source` lanes are given nothing. Error(INVALID_ARGUMENT) for a folder or
  /// a file that is empty, and for a line, which it names, with a quote that is not closed.
  ProgramInputs(const InputSource& source, std::uint64_t count_without_source);

  std::uint64_t count() const { return count_; }
  /// Whether inputs are arguments, which only a program that has not started can be given.
  bool are_arguments() const;
  /// The next input. There must be one.
  ProgramInput next();

 private:
  void list_files();
  void check_lines();

  InputSource source_;
  std::uint64_t count_ = 0;
  WideInteger next_integer_ = 0;
  std::optional<LineReader> lines_;
  // The folder's, by name.
  std::vector<std::string> files_;
  std::size_t next_file_ = 0;
};

}  // namespace armillion::cli
