#pragma once

#include <cstdint>

#include "isa/feature.hpp"
#include "isa/operands.hpp"
#include "isa/pattern.hpp"

// The rows of the table `a64.inc` as types (`rows::NAME`) and as an enumeration (`Opcode`).

// A tool that looks at one section only may define this as that section's file.
#ifndef A64_TABLE
#define A64_TABLE "isa/a64.inc"
#endif

namespace armillion::isa {

/// What stands behind the third column of a row: a condition on its fields, then a priority over the rows it overlaps.
namespace row_options {
constexpr bool condition(bool holds = true, int = 0) { return holds; }
constexpr int priority(bool = true, int value = 0) { return value; }
}  // namespace row_options

/// The value of the field `LETTER` of a word with this pattern.
template <Pattern PATTERN, char LETTER>
constexpr std::uint32_t field(std::uint32_t word) {
  static_assert(PATTERN.bits_of(LETTER) != 0, "the row's pattern has no such field");
  return gather_bits<PATTERN.bits_of(LETTER)>(word);
}

namespace rows {

#define F(LETTER) (field<PATTERN, #LETTER[0]>(word))
#define A64(NAME_, PATTERN_, FEATURE_, ...)                                                                            \
  struct NAME_ {                                                                                                       \
    static constexpr Pattern PATTERN{PATTERN_};                                                                        \
    static constexpr Feature FEATURE = Feature::FEATURE_;                                                              \
    static constexpr const char* NAME = #NAME_;                                                                        \
    /* Whether the fields of a word with this pattern are not reserved. */                                             \
    static constexpr bool accepts([[maybe_unused]] std::uint32_t word) { return row_options::condition(__VA_ARGS__); } \
    static constexpr int priority() {                                                                                  \
      [[maybe_unused]] constexpr std::uint32_t word = PATTERN.value();                                                 \
      return row_options::priority(__VA_ARGS__);                                                                       \
    }                                                                                                                  \
  };
#include A64_TABLE
#undef A64
#undef F

}  // namespace rows

/// The rows of the table, in its order.
enum class Opcode : std::uint16_t {
#define A64(NAME, ...) NAME,
#include A64_TABLE
#undef A64
  /// Not a row: what a word that is no instruction decodes to, and how many rows there are.
  UNDEFINED,
};

inline constexpr std::uint32_t OPCODE_COUNT = static_cast<std::uint32_t>(Opcode::UNDEFINED);

}  // namespace armillion::isa
