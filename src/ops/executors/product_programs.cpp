#include "ops/executors/program_parts.hpp"

namespace armillion::ops {
namespace {

// Where a product's program is. RESULT moves on as elements of c are written; the first of ARRAYS is the row of a.
constexpr X READ_RESULT{8};
constexpr X COLUMN_OF_B{9};
constexpr X ROW_OF_A{10};
constexpr X ROW_OF_B{11};
constexpr X DEPTH_LEFT{12};
constexpr X ROWS_LEFT{13};

constexpr V SUM{0};
constexpr V ALPHA = SCALARS[0];
constexpr V BETA = SCALARS[1];
constexpr V FACTOR{4};
constexpr V OF_B{5};

/// Elements of c that are next to each other: a vector, or one. They are computed at once, from k = 0 up.
void emit_elements(Assembler& code, const ProductForm& form, Part part) {
  const Lanes lanes = lanes_of(form.type);
  const Label stored = code.label();
  if (form.reads_result) {
    code.load(part, SUM, READ_RESULT);
    code.emit(FloatThree::FMUL, lanes, SUM, BETA, SUM);
  } else {
    code.clear(SUM);
  }
  code.move(ROW_OF_A, ARRAYS[0]);
  code.move(ROW_OF_B, COLUMN_OF_B);
  code.move(DEPTH_LEFT, PRODUCT_DEPTH);
  code.branch_if_zero(DEPTH_LEFT, stored);
  const Label next_k = code.here();
  code.load_to_all(lanes, FACTOR, ROW_OF_A);
  code.emit(FloatThree::FMUL, lanes, FACTOR, ALPHA, FACTOR);
  if (part == Part::Q) {
    code.load_and_add(OF_B, ROW_OF_B, PRODUCT_ROW_BYTES);
  } else {
    code.load_to_all_and_add(lanes, OF_B, ROW_OF_B, PRODUCT_ROW_BYTES);
  }
  code.emit(FloatThree::FMLA, lanes, SUM, FACTOR, OF_B);
  code.subs(DEPTH_LEFT, DEPTH_LEFT, 1);
  code.branch_if(Condition::NOT_EQUAL, next_k);
  code.place(stored);
  code.store(part, SUM, RESULT);
  code.adds(COLUMN_OF_B, COLUMN_OF_B, part == Part::Q ? VECTOR_BYTES : static_cast<std::uint32_t>(size_of(form.type)));
}

}  // namespace

std::vector<std::uint32_t> product_program(const ProductForm& form) {
  Assembler code;
  const Label done = code.label();
  code.branch_if_zero(COUNT, done);
  code.move(ROWS_LEFT, COUNT);
  code.move(READ_RESULT, RESULT);
  const Label next_row = code.here();
  code.move(COLUMN_OF_B, ARRAYS[1]);
  code.move(COUNT, PRODUCT_COLUMNS);
  emit_loops(code, form.type, [&](Part part) { emit_elements(code, form, part); });
  code.move(ARRAYS[0], ROW_OF_A);
  code.subs(ROWS_LEFT, ROWS_LEFT, 1);
  code.branch_if(Condition::NOT_EQUAL, next_row);
  code.place(done);
  code.halt();
  return code.program();
}

}  // namespace armillion::ops
