#include <stdexcept>

#include "ops/executors/program_parts.hpp"

namespace armillion::ops {
namespace {

/// All ones in the lanes where `a` is in that relation to `b`, zeros in the others.
void emit_comparison(Assembler& code, ComparisonKind kind, ElementType type, V d, V a, V b) {
  using enum ComparisonKind;
  const auto compare = [&](FloatThree of_floats, IntegerThree of_integers, V n, V m) {
    type == ElementType::INT32 ? code.emit(of_integers, d, n, m) : code.emit(of_floats, lanes_of(type), d, n, m);
  };
  switch (kind) {
    case EQUAL: return compare(FloatThree::FCMEQ, IntegerThree::CMEQ, a, b);
    case NOT_EQUAL: compare(FloatThree::FCMEQ, IntegerThree::CMEQ, a, b); return code.invert(d, d);
    case LESS: return compare(FloatThree::FCMGT, IntegerThree::CMGT, b, a);
    case LESS_EQUAL: return compare(FloatThree::FCMGE, IntegerThree::CMGE, b, a);
    case GREATER: return compare(FloatThree::FCMGT, IntegerThree::CMGT, a, b);
    case GREATER_EQUAL: return compare(FloatThree::FCMGE, IntegerThree::CMGE, a, b);
  }
}

void emit_where(Assembler& code, Part part) {
  constexpr X MASK{5};
  const auto [first, a, b] = SCALARS;
  const Label take_a = code.label();
  code.load_byte(MASK, ARRAYS[0]);
  code.load(part, a, ARRAYS[1]);
  code.load(part, b, ARRAYS[2]);
  code.branch_if_not_zero(MASK, take_a);
  code.emit(Bitwise::ORR, a, b, b);
  code.place(take_a);
  code.store(part, a, RESULT);
}

void emit_prefix_sum(Assembler& code, ElementType type) {
  constexpr V ELEMENT{1};
  const Part part = element_of(type);
  code.load(part, ELEMENT, ARRAYS[0]);
  switch (type) {
    case ElementType::FLOAT32:
      code.float32_to_float64(ELEMENT, ELEMENT);
      code.add_float64(FOUND, FOUND, ELEMENT);
      code.float64_to_float32(ELEMENT, FOUND);
      return code.store(part, ELEMENT, RESULT);
    case ElementType::FLOAT64: code.add_float64(FOUND, FOUND, ELEMENT); break;
    case ElementType::INT32: code.emit(IntegerThree::ADD, FOUND, FOUND, ELEMENT); break;
  }
  code.store(part, FOUND, RESULT);
}

}  // namespace

std::vector<std::uint32_t> comparison_program(const ComparisonForm& form) {
  constexpr V MASK{0};
  Assembler code;
  emit_loops(code, form.type, [&](Part part) {
    code.load(part, SCALARS[0], ARRAYS[0]);
    if (form.second == OperandKind::ARRAY) code.load(part, SCALARS[1], ARRAYS[1]);
    emit_comparison(code, form.kind, form.type, MASK, SCALARS[0], SCALARS[1]);
    // Ones to 1, and then lanes of 8 bits.
    const bool is_wide = form.type == ElementType::FLOAT64;
    code.emit(Shift::USHR, lanes_of(form.type), MASK, MASK, is_wide ? 63 : 31);
    if (is_wide) code.emit(Narrowing::XTN_2S, MASK, MASK);
    code.emit(Narrowing::XTN_4H, MASK, MASK);
    code.emit(Narrowing::XTN_8B, MASK, MASK);
    code.store(part != Part::Q ? Part::B : is_wide ? Part::H : Part::S, MASK, RESULT);
  });
  code.halt();
  return code.program();
}

std::vector<std::uint32_t> arrangement_program(ArrangementStep step, ElementType type) {
  constexpr X INDEX{5};
  constexpr X ROW{7};
  constexpr V ELEMENT{1};
  const Part part = element_of(type);
  Assembler code;
  code.clear(FOUND);
  code.move(LARGEST, 0);
  code.move(ROW, 0);
  emit_count_down(code, [&] {
    switch (step) {
      case ArrangementStep::WHERE: return emit_where(code, part);
      case ArrangementStep::GATHER:
        code.load_word(INDEX, ARRAYS[1]);
        code.add(INDEX, INDEX, ROW);
        code.load_element(part, ELEMENT, ARRAYS[0], INDEX);
        code.store(part, ELEMENT, RESULT);
        return code.add(ROW, ROW, ROW_STRIDE);
      case ArrangementStep::SCATTER:
        code.load_word(INDEX, ARRAYS[1]);
        code.load(part, ELEMENT, ARRAYS[0]);
        return code.store_element(part, ELEMENT, RESULT, INDEX);
      case ArrangementStep::PREFIX_SUM: return emit_prefix_sum(code, type);
      case ArrangementStep::LARGEST_INDEX:
        code.load_word(INDEX, ARRAYS[0]);
        code.compare(INDEX, LARGEST);
        return code.select(LARGEST, INDEX, LARGEST, Condition::HIGHER_OR_SAME);
    }
  });
  code.halt();
  return code.program();
}

}  // namespace armillion::ops
