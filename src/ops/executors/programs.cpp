#include "ops/executors/programs.hpp"

#include <stdexcept>

#include "ops/executors/elementary_programs.hpp"
#include "ops/executors/program_parts.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

/// The vector with a result, computed from the operands' vectors, which may change if they are arrays'. Registers from
/// V4 on are free.
V emit_operation(Assembler& code, ElementwiseKind kind, ElementType type) {
  using enum ElementwiseKind;
  const auto [a, b, c] = SCALARS;
  const bool is_integer = type == ElementType::INT32;
  const Lanes lanes = lanes_of(type);
  constexpr V RESULT_VECTOR{0};
  const auto unary = [&](FloatTwo of_floats, IntegerTwo of_integers) {
    is_integer ? code.emit(of_integers, RESULT_VECTOR, a) : code.emit(of_floats, lanes, RESULT_VECTOR, a);
    return RESULT_VECTOR;
  };
  const auto binary = [&](FloatThree of_floats, IntegerThree of_integers) {
    is_integer ? code.emit(of_integers, RESULT_VECTOR, a, b) : code.emit(of_floats, lanes, RESULT_VECTOR, a, b);
    return RESULT_VECTOR;
  };
  switch (kind) {
    case COPY: return a;
    case ABS: return unary(FloatTwo::FABS, IntegerTwo::ABS);
    case NEG: return unary(FloatTwo::FNEG, IntegerTwo::NEG);
    case ADD: return binary(FloatThree::FADD, IntegerThree::ADD);
    case SUB: return binary(FloatThree::FSUB, IntegerThree::SUB);
    case MUL: return binary(FloatThree::FMUL, IntegerThree::MUL);
    case MINIMUM: return binary(FloatThree::FMIN, IntegerThree::SMIN);
    case MAXIMUM: return binary(FloatThree::FMAX, IntegerThree::SMAX);
    case DIV: code.emit(FloatThree::FDIV, lanes, RESULT_VECTOR, a, b); return RESULT_VECTOR;
    case FMA: code.emit(FloatThree::FMLA, lanes, c, a, b); return c;
    case CLIP: break;
    case RELU: throw std::logic_error("there is no program for relu");
    case EXP:
    case LOG:
    case SIGMOID:
    case TANH:
    case GELU: return emit_elementary(code, kind, type, a);
  }
  if (is_integer) {
    code.emit(IntegerThree::SMAX, RESULT_VECTOR, a, b);
    code.emit(IntegerThree::SMIN, RESULT_VECTOR, RESULT_VECTOR, c);
    return RESULT_VECTOR;
  }
  // Comparisons, as minima would change the sign of a zero that equals a bound.
  constexpr V IS_BELOW{4};
  constexpr V IS_ABOVE{5};
  code.emit(FloatThree::FCMGT, lanes, IS_BELOW, b, a);
  code.emit(FloatThree::FCMGT, lanes, IS_ABOVE, a, c);
  code.emit(Bitwise::BIT, a, b, IS_BELOW);
  code.emit(Bitwise::BIT, a, c, IS_ABOVE);
  return a;
}

/// Floating point, in the order of sums (reductions.hpp): COUNT groups of as many elements as there are partial sums,
/// which are all of V0 to V15. A block is that many groups, or what is left.
constexpr std::uint32_t PARTIAL_VECTORS = PADDING_BYTES / VECTOR_BYTES;
static_assert(PARTIAL_SUMS<float> * sizeof(float) == PADDING_BYTES);
static_assert(PARTIAL_SUMS<double> * sizeof(double) == PADDING_BYTES);

template <class T>
constexpr std::uint32_t GROUPS_IN_BLOCK = BLOCK / PARTIAL_SUMS<T>;

/// Adds the upper half of the partial sums to the lower half until one is left, as a float64 in V0.
void emit_block_sum(Assembler& code, ElementType type) {
  const Lanes lanes = lanes_of(type);
  constexpr V SUM{0};
  for (std::uint32_t half = PARTIAL_VECTORS / 2; half > 0; half /= 2) {
    for (std::uint32_t i = 0; i < half; ++i) code.emit(FloatThree::FADD, lanes, V{i}, V{i}, V{i + half});
  }
  if (type == ElementType::FLOAT64) return code.emit(Across::FADDP_D, SUM, SUM);
  constexpr V UPPER_HALF{1};
  code.swap_halves(UPPER_HALF, SUM);
  code.emit(FloatThree::FADD, lanes, SUM, SUM, UPPER_HALF);
  code.emit(Across::FADDP_S, SUM, SUM);
  code.float32_to_float64(SUM, SUM);
}

void emit_float_sum(Assembler& code, ReductionStep step, ElementType type) {
  constexpr X GROUPS_LEFT{5};
  constexpr V A{16};
  constexpr V B{17};
  const Label done = code.label();
  code.clear(FOUND);
  code.branch_if_zero(COUNT, done);
  const Label next_block = code.here();
  code.move(GROUPS_LEFT, type == ElementType::FLOAT64 ? GROUPS_IN_BLOCK<double> : GROUPS_IN_BLOCK<float>);
  code.compare(COUNT, GROUPS_LEFT);
  code.select(GROUPS_LEFT, COUNT, GROUPS_LEFT, Condition::LOWER);
  code.sub(COUNT, COUNT, GROUPS_LEFT);
  for (std::uint32_t i = 0; i < PARTIAL_VECTORS; ++i) code.clear(V{i});
  const Label next_group = code.here();
  for (std::uint32_t i = 0; i < PARTIAL_VECTORS; ++i) {
    code.load(Part::Q, A, ARRAYS[0]);
    if (step == ReductionStep::DOT) {
      code.load(Part::Q, B, ARRAYS[1]);
      code.emit(FloatThree::FMLA, lanes_of(type), V{i}, A, B);
    } else {
      code.emit(FloatThree::FADD, lanes_of(type), V{i}, V{i}, A);
    }
  }
  code.subs(GROUPS_LEFT, GROUPS_LEFT, 1);
  code.branch_if(Condition::NOT_EQUAL, next_group);
  emit_block_sum(code, type);
  code.add_float64(FOUND, FOUND, V{0});
  code.branch_if_not_zero(COUNT, next_block);
  code.place(done);
}

/// Integers, in two sums of 64 bits: COUNT vectors.
void emit_integer_sum(Assembler& code, ReductionStep step) {
  constexpr V A{0};
  constexpr V B{1};
  const Label done = code.label();
  code.clear(FOUND);
  code.branch_if_zero(COUNT, done);
  const Label next_vector = code.here();
  code.load(Part::Q, A, ARRAYS[0]);
  if (step == ReductionStep::DOT) {
    code.load(Part::Q, B, ARRAYS[1]);
    code.emit(Widening::SMLAL, FOUND, A, B);
    code.emit(Widening::SMLAL2, FOUND, A, B);
  } else {
    code.emit(Widening::SADDW, FOUND, FOUND, A);
    code.emit(Widening::SADDW2, FOUND, FOUND, A);
  }
  code.subs(COUNT, COUNT, 1);
  code.branch_if(Condition::NOT_EQUAL, next_vector);
  code.emit(Across::ADDP_D, FOUND, FOUND);
  code.place(done);
}

/// Loads a vector, or one element into all of its lanes.
void load_lanes(Assembler& code, Part part, ElementType type, V destination, X address) {
  part == Part::Q ? code.load(part, destination, address) : code.load_to_all(lanes_of(type), destination, address);
}

Across across_extreme(bool is_minimum, ElementType type) {
  switch (type) {
    case ElementType::FLOAT32: return is_minimum ? Across::FMINV_S : Across::FMAXV_S;
    case ElementType::FLOAT64: return is_minimum ? Across::FMINP_D : Across::FMAXP_D;
    case ElementType::INT32: return is_minimum ? Across::SMINV_S : Across::SMAXV_S;
  }
  throw std::logic_error("there is no such type of elements");
}

void emit_extreme(Assembler& code, bool is_minimum, ElementType type) {
  constexpr V X_VECTOR{0};
  emit_loops(code, type, [&](Part part) {
    load_lanes(code, part, type, X_VECTOR, ARRAYS[0]);
    if (type == ElementType::INT32) {
      code.emit(is_minimum ? IntegerThree::SMIN : IntegerThree::SMAX, FOUND, FOUND, X_VECTOR);
    } else {
      code.emit(is_minimum ? FloatThree::FMIN : FloatThree::FMAX, lanes_of(type), FOUND, FOUND, X_VECTOR);
    }
  });
  code.emit(across_extreme(is_minimum, type), FOUND, FOUND);
}

/// Not 0 where something was found in the vector that was last looked at.
constexpr X IS_FOUND{5};

/// Loads elements and looks for one that equals the scalar or is a NaN.
void emit_search(Assembler& code, Part part, ElementType type) {
  constexpr V X_VECTOR{0};
  constexpr V IS_IT{4};
  constexpr V IS_NUMBER{5};
  load_lanes(code, part, type, X_VECTOR, ARRAYS[0]);
  if (type == ElementType::INT32) {
    code.emit(IntegerThree::CMEQ, IS_IT, X_VECTOR, SCALARS[1]);
  } else {
    code.emit(FloatThree::FCMEQ, lanes_of(type), IS_IT, X_VECTOR, SCALARS[1]);
    code.emit(FloatThree::FCMEQ, lanes_of(type), IS_NUMBER, X_VECTOR, X_VECTOR);
    code.emit(Bitwise::ORN, IS_IT, IS_IT, IS_NUMBER);
  }
  code.emit(Across::UMAXV_S, IS_IT, IS_IT);
  code.move(IS_FOUND, IS_IT);
}

void emit_find(Assembler& code, ElementType type) {
  const Label found_in_vector = code.label();
  const Label next_element = code.label();
  code.subs(COUNT, COUNT, elements_in_vector(type));
  code.branch_if(Condition::LOWER, next_element);
  const Label next_vector = code.here();
  emit_search(code, Part::Q, type);
  code.branch_if_not_zero(IS_FOUND, found_in_vector);
  code.subs(COUNT, COUNT, elements_in_vector(type));
  code.branch_if(Condition::HIGHER_OR_SAME, next_vector);
  code.branch_if(Condition::LOWER, next_element);
  code.place(found_in_vector);
  code.sub(ARRAYS[0], ARRAYS[0], VECTOR_BYTES);
  code.place(next_element);
  emit_search(code, element_of(type), type);
  code.branch_if_zero(IS_FOUND, next_element);
}

}  // namespace

std::vector<std::uint32_t> elementwise_program(const ElementwiseForm& form) {
  Assembler code;
  emit_loops(code, form.type, [&](Part part) {
    for (std::size_t i = 0; i < operand_count(form.kind); ++i) {
      if (form.operands[i] == OperandKind::ARRAY) code.load(part, SCALARS[i], ARRAYS[i]);
    }
    code.store(part, emit_operation(code, form.kind, form.type), RESULT);
  });
  code.halt();
  return code.program();
}

std::vector<std::uint32_t> reduction_program(ReductionStep step, ElementType type) {
  Assembler code;
  switch (step) {
    case ReductionStep::SUM:
    case ReductionStep::DOT:
      type == ElementType::INT32 ? emit_integer_sum(code, step) : emit_float_sum(code, step, type);
      break;
    case ReductionStep::MIN: emit_extreme(code, true, type); break;
    case ReductionStep::MAX: emit_extreme(code, false, type); break;
    case ReductionStep::FIND: emit_find(code, type); break;
  }
  code.halt();
  return code.program();
}

std::uint64_t reduction_count(ReductionStep step, ElementType type, std::size_t size) {
  if (step != ReductionStep::SUM && step != ReductionStep::DOT) return size;
  const std::size_t bytes_at_once = type == ElementType::INT32 ? VECTOR_BYTES : PADDING_BYTES;
  return (size * size_of(type) + bytes_at_once - 1) / bytes_at_once;
}

}  // namespace armillion::ops
