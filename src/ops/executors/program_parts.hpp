#pragma once

#include "ops/executors/programs.hpp"

// What programs are made of.
namespace armillion::ops {

inline constexpr std::uint32_t VECTOR_BYTES = 16;

constexpr Lanes lanes_of(ElementType type) { return type == ElementType::FLOAT64 ? Lanes::D2 : Lanes::S4; }
constexpr Part element_of(ElementType type) { return type == ElementType::FLOAT64 ? Part::D : Part::S; }
constexpr std::uint32_t elements_in_vector(ElementType type) {
  return VECTOR_BYTES / static_cast<std::uint32_t>(size_of(type));
}

/// Calls `body(part)` for whole vectors as long as there are any, then for single elements. It may use flags.
template <class Body>
void emit_loops(Assembler& code, ElementType type, Body body) {
  const Label rest = code.label();
  const Label done = code.label();
  // COUNT is what is left beyond the next vector, which may be less than nothing.
  code.subs(COUNT, COUNT, elements_in_vector(type));
  code.branch_if(Condition::LOWER, rest);
  const Label next_vector = code.here();
  body(Part::Q);
  code.subs(COUNT, COUNT, elements_in_vector(type));
  code.branch_if(Condition::HIGHER_OR_SAME, next_vector);
  code.place(rest);
  code.adds(COUNT, COUNT, elements_in_vector(type));
  code.branch_if(Condition::EQUAL, done);
  const Label next_element = code.here();
  body(element_of(type));
  code.subs(COUNT, COUNT, 1);
  code.branch_if(Condition::NOT_EQUAL, next_element);
  code.place(done);
}

/// Calls `body()` COUNT times. It may use flags.
template <class Body>
void emit_count_down(Assembler& code, Body body) {
  const Label done = code.label();
  code.branch_if_zero(COUNT, done);
  const Label next = code.here();
  body();
  code.subs(COUNT, COUNT, 1);
  code.branch_if(Condition::NOT_EQUAL, next);
  code.place(done);
}

}  // namespace armillion::ops
