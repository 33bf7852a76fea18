#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace armillion {

/// One row of the instruction table.
struct InstructionInfo {
  /// The row's name, for instance "add_immediate": the manual's mnemonic, then what tells the encodings apart.
  std::string name;
  /// The architecture feature it belongs to, for instance "FEAT_LSE".
  std::string feature;
  /// 32 characters, bit 31 first: fixed bits, a letter for each field, `-` for ignored bits.
  std::string pattern;
};

/// Every instruction that machines execute, in the order of the table. All engines execute all of them; a word that is
/// none of them stops a machine with `UNDEFINED_INSTRUCTION`.
std::vector<InstructionInfo> instruction_table();

/// The table's row for `word`, or an empty name where it is no instruction.
std::string instruction_name(std::uint32_t word);

}  // namespace armillion
