#pragma once

#include <cstdint>
#include <span>

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

// Rows are looked up by bits 29:22 and 13:10 of the word, which tell most encodings apart.
inline constexpr std::uint32_t BUCKET_COUNT = 4096;
inline constexpr std::uint32_t BUCKET_BITS = 0xffu << 22 | 0xfu << 10;
constexpr std::uint32_t bucket_of(std::uint32_t word) { return (word >> 18 & 0xff0) | (word >> 10 & 0xf); }

/// The rows that a word of bucket b may belong to, in the order in which they are tried:
/// opcodes[starts[b]] to opcodes[starts[b + 1] - 1]. For decoders on devices.
struct Buckets {
  /// BUCKET_COUNT + 1 of them.
  std::span<const std::uint32_t> starts;
  std::span<const std::uint16_t> opcodes;
};
Buckets decoder_buckets();

/// Name of a feature as the architecture writes it, for instance "FEAT_LSE"; Armv8.0-A's own are "BASE", "FP", "ASIMD".
const char* name_of(Feature feature);

}  // namespace armillion::isa
