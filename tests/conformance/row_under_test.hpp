#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "direct_machine.hpp"
#include "isa/feature.hpp"
#include "isa/micro_op.hpp"

namespace armillion::conformance {

/// What an operand of a row names, so that a report can show its value.
enum class OperandKind : std::uint8_t { GENERAL_REGISTER, GENERAL_REGISTER_OR_SP, VECTOR_REGISTER, IMMEDIATE };

struct OperandUnderTest {
  /// The field's letter in the pattern.
  char letter;
  OperandKind kind;
};

/// One row of the instruction table with everything a test does with it, its types erased.
struct RowUnderTest {
  std::string_view name;
  /// 32 characters; see pattern.hpp.
  const char* pattern;
  std::uint32_t mask;
  std::uint32_t value;
  std::uint32_t static_bits;
  isa::Feature feature;
  int priority;
  std::span<const OperandUnderTest> operands;
  /// Whether the fields of a word whose fixed bits match are not reserved.
  bool (*accepts)(std::uint32_t word);
  std::uint32_t (*variant_of)(std::uint32_t word);
  void (*pack)(std::uint32_t word, isa::MicroOp& op);
  /// One function for each value of the static fields.
  std::span<void (*const)(DirectMachine&, const isa::MicroOp&)> execute;

  bool matches(std::uint32_t word) const { return (word & mask) == value && accepts(word); }
};

struct SectionUnderTest {
  /// The file name of the section without its extension.
  std::string_view name;
  std::span<const RowUnderTest> rows;
};

/// All sections that are linked into this program; section.cpp adds each.
inline std::vector<SectionUnderTest>& sections() {
  static std::vector<SectionUnderTest> all;
  return all;
}

struct SectionRegistration {
  explicit SectionRegistration(const SectionUnderTest& section) { sections().push_back(section); }
};

}  // namespace armillion::conformance
