#include "ops/executors/programs.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/assembler.hpp"

namespace armillion::ops::test {
namespace {

using armillion::test::assemble;
using armillion::test::disassemble;

std::string listing(const std::vector<std::uint32_t>& program) {
  std::string text;
  for (const std::uint32_t word : program) text += disassemble(word) + "\n";
  return text;
}

void expect_text(const std::vector<std::uint32_t>& program, std::string_view text) {
  EXPECT_EQ(listing(program), listing(assemble(text)));
  EXPECT_EQ(program, assemble(text));
}

TEST(ProgramsTest, AdditionIsALoopOfVectorsAndOneOfElements) {
  expect_text(elementwise_program({.kind = ElementwiseKind::ADD, .type = ElementType::FLOAT32}), R"(
    subs x4, x4, #4
    b.lo rest
  next_vector:
    ldr q1, [x1], #16
    ldr q2, [x2], #16
    fadd v0.4s, v1.4s, v2.4s
    str q0, [x0], #16
    subs x4, x4, #4
    b.hs next_vector
  rest:
    adds x4, x4, #4
    b.eq done
  next_element:
    ldr s1, [x1], #4
    ldr s2, [x2], #4
    fadd v0.4s, v1.4s, v2.4s
    str s0, [x0], #4
    subs x4, x4, #1
    b.ne next_element
  done:
    hlt #0)");
}

TEST(ProgramsTest, ScalarsAreNotLoaded) {
  expect_text(elementwise_program({.kind = ElementwiseKind::SUB,
                                   .type = ElementType::FLOAT64,
                                   .operands = {OperandKind::SCALAR, OperandKind::ARRAY, OperandKind::ARRAY}}),
              R"(
    subs x4, x4, #2
    b.lo rest
  next_vector:
    ldr q2, [x2], #16
    fsub v0.2d, v1.2d, v2.2d
    str q0, [x0], #16
    subs x4, x4, #2
    b.hs next_vector
  rest:
    adds x4, x4, #2
    b.eq done
  next_element:
    ldr d2, [x2], #8
    fsub v0.2d, v1.2d, v2.2d
    str d0, [x0], #8
    subs x4, x4, #1
    b.ne next_element
  done:
    hlt #0)");
}

TEST(ProgramsTest, FillStoresAndNothingElse) {
  expect_text(elementwise_program(
                  {.kind = ElementwiseKind::COPY, .type = ElementType::INT32, .operands = {OperandKind::SCALAR}}),
              R"(
    subs x4, x4, #4
    b.lo rest
  next_vector:
    str q1, [x0], #16
    subs x4, x4, #4
    b.hs next_vector
  rest:
    adds x4, x4, #4
    b.eq done
  next_element:
    str s1, [x0], #4
    subs x4, x4, #1
    b.ne next_element
  done:
    hlt #0)");
}

TEST(ProgramsTest, SumsOfIntegersAre64BitsWide) {
  expect_text(reduction_program(ReductionStep::SUM, ElementType::INT32), R"(
    movi v31.2d, #0
    cbz x4, done
  next_vector:
    ldr q0, [x1], #16
    saddw v31.2d, v31.2d, v0.2s
    saddw2 v31.2d, v31.2d, v0.4s
    subs x4, x4, #1
    b.ne next_vector
    addp d31, v31.2d
  done:
    hlt #0)");
}

TEST(ProgramsTest, TheSearchLooksAtAVectorAgainElementByElement) {
  expect_text(reduction_program(ReductionStep::FIND, ElementType::FLOAT32), R"(
    subs x4, x4, #4
    b.lo next_element
  next_vector:
    ldr q0, [x1], #16
    fcmeq v4.4s, v0.4s, v2.4s
    fcmeq v5.4s, v0.4s, v0.4s
    orn v4.16b, v4.16b, v5.16b
    umaxv s4, v4.4s
    fmov x5, d4
    cbnz x5, found_in_vector
    subs x4, x4, #4
    b.hs next_vector
    b.lo next_element
  found_in_vector:
    sub x1, x1, #16
  next_element:
    ld1r {v0.4s}, [x1], #4
    fcmeq v4.4s, v0.4s, v2.4s
    fcmeq v5.4s, v0.4s, v0.4s
    orn v4.16b, v4.16b, v5.16b
    umaxv s4, v4.4s
    fmov x5, d4
    cbz x5, next_element
    hlt #0)");
}

TEST(ProgramsTest, CountsOfSumsAreRoundedUp) {
  EXPECT_EQ(reduction_count(ReductionStep::SUM, ElementType::FLOAT32, 0), 0u);
  EXPECT_EQ(reduction_count(ReductionStep::SUM, ElementType::FLOAT32, 64), 1u);
  EXPECT_EQ(reduction_count(ReductionStep::SUM, ElementType::FLOAT32, 65), 2u);
  EXPECT_EQ(reduction_count(ReductionStep::DOT, ElementType::FLOAT64, 33), 2u);
  EXPECT_EQ(reduction_count(ReductionStep::DOT, ElementType::INT32, 5), 2u);
  EXPECT_EQ(reduction_count(ReductionStep::MAX, ElementType::FLOAT32, 65), 65u);
}

}  // namespace
}  // namespace armillion::ops::test
