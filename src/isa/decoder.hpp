#pragma once

#include <cstdint>

#include "isa/feature.hpp"
#include "isa/row.hpp"

namespace armillion::isa {

/// What the table says of one row, for code that handles all rows alike.
struct RowInfo {
  const char* name;
  /// As in pattern.hpp, 32 characters.
  const char* pattern;
  std::uint32_t mask;
  std::uint32_t value;
  /// The bits of the fields in upper case.
  std::uint32_t static_bits;
  Feature feature;
  int priority;
  bool (*accepts)(std::uint32_t word);
};

/// The row of `opcode`, which is not `UNDEFINED`.
const RowInfo& row(Opcode opcode);

/// The instruction that `word` encodes, or `Opcode::UNDEFINED`.
Opcode decode(std::uint32_t word);

/// Name of a feature as the architecture writes it, for instance "FEAT_LSE"; Armv8.0-A's own are "BASE", "FP", "ASIMD".
const char* name_of(Feature feature);

}  // namespace armillion::isa
