#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "armillion/process.hpp"
#include "cli/bench/instruction_words.hpp"
#include "cli/bench/loops.hpp"
#include "cli/bench/one_lane.hpp"
#include "cli/bench/tensor_programs.hpp"
#include "cli/bench/timing.hpp"
#include "support/assembler.hpp"

namespace {

using namespace armillion;
using namespace armillion::bench;
using test::assemble;

TEST(BenchPrograms, WordsAreThoseOfTheAssembler) {
  using namespace words;
  const std::vector<Word> expected = assemble(R"(
    add x1, x2, #3
    sub sp, sp, #16
    mov x3, #0x1234
    movz x3, #0x1234, lsl #32
    movk x4, #7, lsl #48
    add x1, x2, x3
    add x1, x2, x3, lsl #4
    eor x1, x2, x3
    eor x1, x2, x3, lsl #13
    eor x1, x2, x3, lsr #7
    and x3, x4, #0xff8
    and x3, x4, #0x3ff
    lsr x5, x6, #9
    madd x1, x2, x3, x4
    ldr x1, [x2], #8
    str x1, [x2], #8
    str x1, [sp]
    ldr x1, [x2, x3]
    str x1, [x2, x3]
    hlt #0
    svc #0
  )");
  EXPECT_EQ((std::vector<Word>{
                add_immediate(1, 2, 3),
                sub_immediate(SP, SP, 16),
                move(3, 0x1234),
                move(3, 0x1234, 2),
                move_keep(4, 7, 3),
                add_register(1, 2, 3),
                add_shifted(1, 2, 3, 4),
                eor_register(1, 2, 3),
                eor_shifted_left(1, 2, 3, 13),
                eor_shifted_right(1, 2, 3, 7),
                and_bits(3, 4, 3, 9),
                and_bits(3, 4, 0, 10),
                shift_right(5, 6, 9),
                multiply_add(1, 2, 3, 4),
                load_next(1, 2),
                store_next(1, 2),
                store(1, SP),
                load_at(1, 2, 3),
                store_at(1, 2, 3),
                HALT,
                SUPERVISOR_CALL,
            }),
            expected);
}

TEST(BenchPrograms, BranchesAndVectorsAreThoseOfTheAssembler) {
  using namespace words;
  const std::vector<Word> expected = assemble(R"(
    0: b 0b
    b 0b
    cbnz x7, 0b
    cbnz x7, 1f
    1: tbz x3, #5, 2f
    tbnz x3, #31, 0b
    2: fsub d1, d2, d3
    fmul d1, d2, d3
    ucvtf d1, x2
    fmov d1, x2
    fmov x1, d2
    dup v1.4s, w2
    add v1.4s, v2.4s, v3.4s
    mul v1.4s, v2.4s, v3.4s
    eor v1.16b, v2.16b, v3.16b
  )");
  EXPECT_EQ((std::vector<Word>{
                branch(0),
                branch(-1),
                branch_if_not_zero(7, -2),
                branch_if_not_zero(7, 1),
                branch_if_bit_clear(3, 5, 2),
                branch_if_bit_set(3, 31, -5),
                float_sub(1, 2, 3),
                float_multiply(1, 2, 3),
                float_from_unsigned(1, 2),
                float_from_bits(1, 2),
                bits_of_float(1, 2),
                vector_of(1, 2),
                vector_add(1, 2, 3),
                vector_multiply(1, 2, 3),
                vector_eor(1, 2, 3),
            }),
            expected);
}

TEST(BenchPrograms, LoopsComeToWhatTheHostComputes) {
  for (const Loop& loop : loops()) {
    for (const std::uint64_t start : {1U, 2U, 27U, 1'000'003U}) {
      for (const std::uint64_t iterations : {1U, 2U, 1000U}) {
        Machine machine = machine_with(loop);
        machine.set_x(0, start);
        machine.set_x(1, iterations);
        EXPECT_EQ(machine.execute(10'000'000).stop_reason, StopReason::HALT) << loop.name;
        EXPECT_EQ(machine.x(0), loop.expected(start, iterations)) << loop.name << ' ' << start << ' ' << iterations;
      }
    }
  }
}

TEST(BenchPrograms, LoopsAsLinuxProgramsWriteTheSame) {
  for (const Loop& loop : loops()) {
    ProcessOptions options;
    options.program = "loop";
    options.program_bytes = linux_program_of(loop, 27, 100);
    options.standard_output = OutputStream::capture();
    Process process(options);
    const ProcessResult result = process.run();
    EXPECT_EQ(result.exit_code, 0) << loop.name;
    std::uint64_t outcome = 0;
    const std::string output = process.captured_output();
    ASSERT_EQ(output.size(), sizeof(outcome)) << loop.name;
    std::memcpy(&outcome, output.data(), sizeof(outcome));
    EXPECT_EQ(outcome, loop.expected(27, 100)) << loop.name;
  }
}

TEST(BenchPrograms, OneLaneProgramsRunAsLongAsOneLikesOrAsTheySay) {
  for (const OneLaneProgram& program : one_lane_programs()) {
    const std::uint64_t instructions = program.instructions != 0 ? program.instructions : 20'000;
    OneLane expected(program, {});
    expected.run(modes().front(), instructions);
    for (const Mode& mode : modes()) {
      OneLane lane(program, {});
      EXPECT_EQ(lane.run(mode, instructions).instructions, instructions) << program.what << ' ' << mode.name;
      EXPECT_EQ(lane.state_hash(), expected.state_hash()) << program.what << ' ' << mode.name;
    }
  }
}

TEST(BenchPrograms, TensorProgramsHalt) {
  for (const TensorProgram& program : tensor_programs()) {
    Machine machine;
    machine.load_program(program.words);
    EXPECT_EQ(machine.execute(10'000'000).stop_reason, StopReason::HALT) << program.title;
  }
}

TEST(BenchTiming, MedianIsTheMiddleOrTheMeanOfTheTwo) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({9, 1, 5, 3}), 4);
}

TEST(BenchTiming, FindsACountThatTakesTheTime) {
  std::uint64_t calls = 0;
  const auto run = [&](std::uint64_t count) {
    ++calls;
    return static_cast<double>(count) * 1e-6;
  };
  const std::uint64_t count = count_that_takes(0.1, run);
  EXPECT_GE(count, 50'000U);
  EXPECT_LE(count, 200'000U);
  EXPECT_LE(calls, 10U);
  EXPECT_EQ(count_that_takes(0, run), 1U);
}

TEST(BenchTiming, ARunThatWasHeldUpDoesNotEndTheSearch) {
  std::uint64_t calls = 0;
  const std::uint64_t count = count_that_takes(0.1, [&](std::uint64_t times) {
    const double held_up = ++calls == 1 ? 1.0 : 0.0;
    return static_cast<double>(times) * 1e-6 + held_up;
  });
  EXPECT_GE(count, 50'000U);
}

TEST(BenchTiming, BatchesAreFilled) {
  EXPECT_EQ(whole_batches(1), 1000U);
  EXPECT_EQ(whole_batches(9'999), 10'000U);
  EXPECT_EQ(whole_batches(10'001), 20'000U);
  EXPECT_EQ(whole_batches(1'000'001), 2'000'000U);
}

}  // namespace
