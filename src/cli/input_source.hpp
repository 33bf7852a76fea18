#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/integer_text.hpp"

namespace armillion::cli {

/// The integers from `first` up to, but without, `end`.
struct IntegerRange {
  WideInteger first = 0;
  WideInteger end = 0;

  std::uint64_t count() const { return static_cast<std::uint64_t>(end - first); }
};

/// FIRST:END, two integers as `parse_integer` reads them. Error(INVALID_ARGUMENT) where they are none, where the range
/// is empty, or where it has 2^64 integers or more.
IntegerRange parse_range(std::string_view text);

/// What `--inputs` names.
struct InputSource {
  enum class Kind : std::uint8_t { NONE, RANGE, FILE, FOLDER };

  Kind kind = Kind::NONE;
  /// Of a RANGE.
  IntegerRange range;
  /// Of a FILE, each line of which is an input, or a FOLDER, each file of which is one.
  std::string path;
};

/// Finds out what an `--inputs` means; NONE where it is empty. Error(INVALID_ARGUMENT) or Error(FILE_UNREADABLE) where
/// it is neither a range nor there.
InputSource parse_input_source(const std::string& text);

}  // namespace armillion::cli
