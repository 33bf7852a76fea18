#include "ops/executors/assembler.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "support/assembler.hpp"

namespace armillion::ops::test {
namespace {

using armillion::test::assemble;
using armillion::test::disassemble;

constexpr V V3{3};
constexpr V V14{14};
constexpr V V31{31};
constexpr X X0{0};
constexpr X X7{7};
constexpr X X30{30};

/// Expects the instructions that `write` writes to be those that LLVM makes of a text.
template <class Write>
void expect_text(Write write, std::string_view text) {
  Assembler code;
  write(code);
  const std::vector<std::uint32_t> expected = assemble(text);
  const std::vector<std::uint32_t> actual = code.program();
  ASSERT_EQ(actual.size(), expected.size()) << text;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i], expected[i]) << disassemble(actual[i]) << ", not " << disassemble(expected[i]);
  }
}

TEST(AssemblerTest, LoadsAndStoresMoveTheirAddressOn) {
  expect_text(
      [](Assembler& code) {
        code.load(Part::S, V31, X30);
        code.load(Part::D, V3, X7);
        code.load(Part::Q, V14, X0);
        code.store(Part::S, V31, X30);
        code.store(Part::D, V3, X7);
        code.store(Part::Q, V14, X0);
        code.load_to_all(Lanes::S4, V31, X30);
        code.load_to_all(Lanes::D2, V3, X7);
      },
      "ldr s31, [x30], #4\n ldr d3, [x7], #8\n ldr q14, [x0], #16\n"
      "str s31, [x30], #4\n str d3, [x7], #8\n str q14, [x0], #16\n"
      "ld1r {v31.4s}, [x30], #4\n ld1r {v3.2d}, [x7], #8\n");
}

TEST(AssemblerTest, FloatingPointHasLanesOfBothSizes) {
  for (const auto& [operation, name] : std::vector<std::pair<FloatThree, std::string>>{{FloatThree::FADD, "fadd"},
                                                                                       {FloatThree::FSUB, "fsub"},
                                                                                       {FloatThree::FMUL, "fmul"},
                                                                                       {FloatThree::FDIV, "fdiv"},
                                                                                       {FloatThree::FMIN, "fmin"},
                                                                                       {FloatThree::FMAX, "fmax"},
                                                                                       {FloatThree::FMLA, "fmla"},
                                                                                       {FloatThree::FMLS, "fmls"},
                                                                                       {FloatThree::FCMEQ, "fcmeq"},
                                                                                       {FloatThree::FCMGE, "fcmge"},
                                                                                       {FloatThree::FCMGT, "fcmgt"}}) {
    expect_text(
        [&](Assembler& code) {
          code.emit(operation, Lanes::S4, V3, V14, V31);
          code.emit(operation, Lanes::D2, V31, V3, V14);
        },
        name + " v3.4s, v14.4s, v31.4s\n" + name + " v31.2d, v3.2d, v14.2d\n");
  }
  expect_text(
      [](Assembler& code) {
        code.emit(FloatTwo::FABS, Lanes::S4, V3, V31);
        code.emit(FloatTwo::FABS, Lanes::D2, V31, V3);
        code.emit(FloatTwo::FNEG, Lanes::S4, V3, V31);
        code.emit(FloatTwo::FNEG, Lanes::D2, V31, V3);
        code.emit(FloatTwo::SCVTF, Lanes::S4, V3, V31);
        code.emit(FloatTwo::SCVTF, Lanes::D2, V31, V3);
      },
      "fabs v3.4s, v31.4s\n fabs v31.2d, v3.2d\n fneg v3.4s, v31.4s\n fneg v31.2d, v3.2d\n"
      "scvtf v3.4s, v31.4s\n scvtf v31.2d, v3.2d\n");
}

TEST(AssemblerTest, IntegersHaveLanesOf32Bits) {
  expect_text(
      [](Assembler& code) {
        for (const IntegerThree operation :
             {IntegerThree::ADD, IntegerThree::SUB, IntegerThree::MUL, IntegerThree::SMIN, IntegerThree::SMAX,
              IntegerThree::CMEQ, IntegerThree::CMGE, IntegerThree::CMGT}) {
          code.emit(operation, V3, V14, V31);
        }
        code.emit(IntegerTwo::ABS, V3, V31);
        code.emit(IntegerTwo::NEG, V31, V3);
      },
      "add v3.4s, v14.4s, v31.4s\n sub v3.4s, v14.4s, v31.4s\n mul v3.4s, v14.4s, v31.4s\n"
      "smin v3.4s, v14.4s, v31.4s\n smax v3.4s, v14.4s, v31.4s\n cmeq v3.4s, v14.4s, v31.4s\n"
      "cmge v3.4s, v14.4s, v31.4s\n cmgt v3.4s, v14.4s, v31.4s\n"
      "abs v3.4s, v31.4s\n neg v31.4s, v3.4s\n");
}

TEST(AssemblerTest, IntegersOfElementaryFunctionsHaveLanesOfBothSizes) {
  expect_text(
      [](Assembler& code) {
        code.emit(IntegerThree::SUB, Lanes::D2, V3, V14, V31);
        code.emit(IntegerTwo::CMLT_ZERO, V3, V31);
        code.emit(IntegerTwo::CMLT_ZERO, Lanes::D2, V31, V3);
        for (const Shift shift : {Shift::SHL, Shift::SSHR, Shift::USHR}) {
          code.emit(shift, Lanes::S4, V3, V31, 23);
          code.emit(shift, Lanes::D2, V31, V3, 52);
        }
        for (const Narrowing narrowing : {Narrowing::XTN_2S, Narrowing::XTN_4H, Narrowing::XTN_8B}) {
          code.emit(narrowing, V3, V31);
        }
      },
      "sub v3.2d, v14.2d, v31.2d\n cmlt v3.4s, v31.4s, #0\n cmlt v31.2d, v3.2d, #0\n"
      "shl v3.4s, v31.4s, #23\n shl v31.2d, v3.2d, #52\n sshr v3.4s, v31.4s, #23\n sshr v31.2d, v3.2d, #52\n"
      "ushr v3.4s, v31.4s, #23\n ushr v31.2d, v3.2d, #52\n"
      "xtn v3.2s, v31.2d\n xtn v3.4h, v31.4s\n xtn v3.8b, v31.8h\n");
}

TEST(AssemblerTest, ConstantsStandBehindTheProgramOnce) {
  expect_text(
      [](Assembler& code) {
        code.load_constant(V3, {0x1111222233334444, 5});
        code.load_constant(V14, {6, 7});
        code.load_constant(V31, {0x1111222233334444, 5});
        code.halt();
      },
      "ldr q3, first\n ldr q14, second\n ldr q31, first\n hlt #0\n"
      "first: .quad 0x1111222233334444, 5\n second: .quad 6, 7\n");
}

TEST(AssemblerTest, SingleElementsHaveAnIndex) {
  expect_text(
      [](Assembler& code) {
        code.load_element(Part::S, V31, X30, X7);
        code.load_element(Part::D, V3, X7, X0);
        code.store_element(Part::S, V31, X30, X7);
        code.store_element(Part::D, V3, X7, X0);
        code.load(Part::B, V31, X30);
        code.load(Part::H, V3, X7);
        code.store(Part::B, V31, X30);
        code.store(Part::H, V3, X7);
        code.load_byte(X7, X30);
        code.load_word(X30, X7);
        code.load_and_add(V31, X30, X7);
        code.load_to_all_and_add(Lanes::S4, V31, X30, X7);
        code.load_to_all_and_add(Lanes::D2, V3, X7, X0);
      },
      "ldr s31, [x30, x7, lsl #2]\n ldr d3, [x7, x0, lsl #3]\n str s31, [x30, x7, lsl #2]\n"
      "str d3, [x7, x0, lsl #3]\n ldr b31, [x30], #1\n ldr h3, [x7], #2\n str b31, [x30], #1\n str h3, [x7], #2\n"
      "ldrb w7, [x30], #1\n ldr w30, [x7], #4\n ld1 {v31.4s}, [x30], x7\n ld1r {v31.4s}, [x30], x7\n"
      "ld1r {v3.2d}, [x7], x0\n");
}

TEST(AssemblerTest, IntegersAreWidenedTo64Bits) {
  expect_text(
      [](Assembler& code) {
        for (const Widening operation : {Widening::SADDW, Widening::SADDW2, Widening::SMLAL, Widening::SMLAL2}) {
          code.emit(operation, V3, V14, V31);
        }
      },
      "saddw v3.2d, v14.2d, v31.2s\n saddw2 v3.2d, v14.2d, v31.4s\n"
      "smlal v3.2d, v14.2s, v31.2s\n smlal2 v3.2d, v14.4s, v31.4s\n");
}

TEST(AssemblerTest, BitsAndLanesAreCombined) {
  expect_text(
      [](Assembler& code) {
        for (const Bitwise operation : {Bitwise::AND, Bitwise::ORR, Bitwise::ORN, Bitwise::BIT, Bitwise::BSL}) {
          code.emit(operation, V3, V14, V31);
        }
        code.invert(V3, V31);
        for (const Across operation :
             {Across::FMINV_S, Across::FMAXV_S, Across::SMINV_S, Across::SMAXV_S, Across::UMAXV_S, Across::FADDP_S,
              Across::FADDP_D, Across::FMINP_D, Across::FMAXP_D, Across::ADDP_D}) {
          code.emit(operation, V3, V31);
        }
        code.clear(V31);
        code.swap_halves(V3, V31);
        code.float32_to_float64(V3, V31);
        code.float64_to_float32(V3, V31);
        code.add_float64(V3, V14, V31);
      },
      "and v3.16b, v14.16b, v31.16b\n orr v3.16b, v14.16b, v31.16b\n orn v3.16b, v14.16b, v31.16b\n"
      "bit v3.16b, v14.16b, v31.16b\n bsl v3.16b, v14.16b, v31.16b\n mvn v3.16b, v31.16b\n"
      "fminv s3, v31.4s\n fmaxv s3, v31.4s\n sminv s3, v31.4s\n smaxv s3, v31.4s\n umaxv s3, v31.4s\n"
      "faddp s3, v31.2s\n faddp d3, v31.2d\n fminp d3, v31.2d\n fmaxp d3, v31.2d\n addp d3, v31.2d\n"
      "movi v31.2d, #0\n ext v3.16b, v31.16b, v31.16b, #8\n fcvt d3, s31\n fcvt s3, d31\n fadd d3, d14, d31\n");
}

TEST(AssemblerTest, GeneralRegistersCount) {
  expect_text(
      [](Assembler& code) {
        code.move(X7, V31);
        code.move(X7, 0xffffu);
        code.move(X7, X30);
        code.add(X7, X30, X0);
        code.adds(X7, X30, 4095);
        code.subs(X7, X30, 1);
        code.sub(X7, X30, 16);
        code.sub(X7, X30, X0);
        code.compare(X30, X7);
        code.select(X7, X30, X0, Condition::LOWER);
        code.halt();
      },
      "fmov x7, d31\n mov x7, #0xffff\n mov x7, x30\n add x7, x30, x0\n adds x7, x30, #4095\n subs x7, x30, #1\n sub "
      "x7, x30, #16\n sub x7, x30, x0\n"
      "cmp x30, x7\n csel x7, x30, x0, lo\n hlt #0\n");
}

TEST(AssemblerTest, BranchesGoForthAndBack) {
  expect_text(
      [](Assembler& code) {
        const Label end = code.label();
        const Label start = code.here();
        code.branch_if(Condition::EQUAL, end);
        code.branch_if(Condition::NOT_EQUAL, start);
        code.branch_if(Condition::HIGHER_OR_SAME, end);
        code.branch_if(Condition::LOWER, start);
        code.branch_if_zero(X7, end);
        code.branch_if_not_zero(X30, start);
        code.place(end);
        code.halt();
      },
      "start: b.eq end\n b.ne start\n b.hs end\n b.lo start\n cbz x7, end\n cbnz x30, start\n end: hlt #0\n");
}

}  // namespace
}  // namespace armillion::ops::test
