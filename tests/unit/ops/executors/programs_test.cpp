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

TEST(ProgramsTest, ComparisonsNarrowTheirMasks) {
  expect_text(
      comparison_program({.kind = ComparisonKind::LESS, .type = ElementType::FLOAT64, .second = OperandKind::ARRAY}),
      R"(
    subs x4, x4, #2
    b.lo rest
  next_vector:
    ldr q1, [x1], #16
    ldr q2, [x2], #16
    fcmgt v0.2d, v2.2d, v1.2d
    ushr v0.2d, v0.2d, #63
    xtn v0.2s, v0.2d
    xtn v0.4h, v0.4s
    xtn v0.8b, v0.8h
    str h0, [x0], #2
    subs x4, x4, #2
    b.hs next_vector
  rest:
    adds x4, x4, #2
    b.eq done
  next_element:
    ldr d1, [x1], #8
    ldr d2, [x2], #8
    fcmgt v0.2d, v2.2d, v1.2d
    ushr v0.2d, v0.2d, #63
    xtn v0.2s, v0.2d
    xtn v0.4h, v0.4s
    xtn v0.8b, v0.8h
    str b0, [x0], #1
    subs x4, x4, #1
    b.ne next_element
  done:
    hlt #0)");
}

TEST(ProgramsTest, GatherFollowsAnIndexInEachRow) {
  expect_text(arrangement_program(ArrangementStep::GATHER, ElementType::FLOAT32), R"(
    movi v31.2d, #0
    mov x6, #0
    mov x7, #0
    cbz x4, done
  next:
    ldr w5, [x2], #4
    add x5, x5, x7
    ldr s1, [x1, x5, lsl #2]
    str s1, [x0], #4
    add x7, x7, x3
    subs x4, x4, #1
    b.ne next
  done:
    hlt #0)");
}

TEST(ProgramsTest, PrefixSumsOfFloatsAreKeptInFloat64) {
  expect_text(arrangement_program(ArrangementStep::PREFIX_SUM, ElementType::FLOAT32), R"(
    movi v31.2d, #0
    mov x6, #0
    mov x7, #0
    cbz x4, done
  next:
    ldr s1, [x1], #4
    fcvt d1, s1
    fadd d31, d31, d1
    fcvt s1, d31
    str s1, [x0], #4
    subs x4, x4, #1
    b.ne next
  done:
    hlt #0)");
}

TEST(ProgramsTest, ElementaryFunctionsAreShort) {
  std::size_t words = 0;
  for (const ElementwiseKind kind : {ElementwiseKind::EXP, ElementwiseKind::LOG, ElementwiseKind::SIGMOID,
                                     ElementwiseKind::TANH, ElementwiseKind::GELU}) {
    for (const ElementType type : {ElementType::FLOAT32, ElementType::FLOAT64}) {
      words += elementwise_program({.kind = kind, .type = type}).size();
    }
  }
  // All of them have room beside all other programs.
  EXPECT_LT(words * sizeof(std::uint32_t), 0x8000u);
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
