#pragma once

#include <cstdint>

#include "isa/micro_op.hpp"
#include "isa/row.hpp"

// Handlers are numbered through all rows in the table's order, and within a row by the values of its static fields.
namespace armillion::isa {

namespace detail {
struct HandlerNumbers {
  // One more than there are rows: the last entry is the number of all handlers.
  std::uint16_t first[OPCODE_COUNT + 1];
};

consteval HandlerNumbers number_handlers() {
  constexpr std::uint32_t STATIC_BITS[] = {
#define A64(NAME_, ...) rows::NAME_::PATTERN.static_bits(),
#include A64_TABLE
#undef A64
  };
  HandlerNumbers numbers{};
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    numbers.first[i] = static_cast<std::uint16_t>(next);
    next += 1u << __builtin_popcount(STATIC_BITS[i]);
  }
  if (next > 0xff00) invalid_table("too many handlers for 16 bits");
  numbers.first[OPCODE_COUNT] = static_cast<std::uint16_t>(next);
  return numbers;
}

inline constexpr HandlerNumbers HANDLER_NUMBERS = number_handlers();
}  // namespace detail

/// The number of the row's handler for static fields that are all 0.
constexpr std::uint16_t first_handler(Opcode opcode) {
  return detail::HANDLER_NUMBERS.first[static_cast<std::uint32_t>(opcode)];
}

/// How many handlers all rows have together; engines number their own from here.
inline constexpr std::uint16_t ROW_HANDLER_COUNT = detail::HANDLER_NUMBERS.first[OPCODE_COUNT];

/// What stands in `MicroOp::handler` for a word that is not an instruction.
inline constexpr std::uint16_t UNDEFINED_HANDLER = ROW_HANDLER_COUNT;

/// Which of its row's handlers a word has: the values of the static fields, packed.
constexpr std::uint32_t variant_of(std::uint32_t word, std::uint32_t static_bits) {
  std::uint32_t variant = 0;
  int position = 0;
  for (std::uint32_t bits = static_bits; bits != 0; bits &= bits - 1) {
    if (word & bits & -bits) variant |= 1u << position;
    ++position;
  }
  return variant;
}

/// Decodes a word into a micro-operation; `extra` is 0.
MicroOp predecode(std::uint32_t word);

}  // namespace armillion::isa
