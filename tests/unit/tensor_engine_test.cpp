#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/machine.hpp"
#include "support/assembler.hpp"

namespace armillion {
namespace {

using test::assemble;

Machine make_machine(std::string_view text, std::uint32_t batch) {
  Machine machine(MachineOptions{.memory_bytes = 1 << 20, .engine = "tensor", .tensor_batch = batch});
  machine.load_program(assemble(text));
  return machine;
}

std::string repeat(std::string_view line, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text.append(line).append("\n");
  return text;
}

// Of the last machine on "host-lanes".
TensorStatistics device_statistics;

// Runs a program to its HLT on both engines, expects the same of them, and returns what the tensor engine has done.
TensorStatistics run_as_interpreter(std::string_view text, std::uint32_t batch) {
  Machine expected(MachineOptions{.memory_bytes = 1 << 20});
  expected.load_program(assemble(text));
  Machine machine = make_machine(text, batch);
  const RunResult end = expected.execute(10'000'000);
  const RunResult result = machine.execute(10'000'000);
  EXPECT_EQ(result.stop_reason, StopReason::HALT);
  EXPECT_EQ(result.instructions, end.instructions);
  EXPECT_EQ(machine.state_hash(), expected.state_hash());
  const TensorStatistics statistics = machine.tensor_statistics();
  EXPECT_EQ(statistics.instructions_in_batches + statistics.instructions_single, result.instructions);

  // And the code of GPUs, on the host.
  Machine device(
      MachineOptions{.memory_bytes = 1 << 20, .device = "host-lanes", .engine = "tensor", .tensor_batch = batch});
  device.load_program(assemble(text));
  const RunResult on_device = device.execute(10'000'000);
  EXPECT_EQ(on_device.stop_reason, StopReason::HALT);
  EXPECT_EQ(on_device.instructions, end.instructions);
  EXPECT_EQ(device.state_hash(), expected.state_hash());
  device_statistics = device.tensor_statistics();
  EXPECT_EQ(device_statistics.instructions_in_batches + device_statistics.instructions_single, end.instructions);
  return statistics;
}

TEST(TensorEngine, ExecutesAChainOfConstantAdditionsInOneWave) {
  const TensorStatistics statistics =
      run_as_interpreter(repeat("add x0, x0, #1\nadd x1, x0, #3\nsub w2, w2, #5\nmov x3, x1", 128) + "hlt #0", 512);
  EXPECT_EQ(statistics.batches, 1u);
  EXPECT_EQ(statistics.waves, 1u);
  EXPECT_EQ(statistics.instructions_in_batches, 512u);
  EXPECT_EQ(statistics.instructions_single, 1u);
  EXPECT_EQ(device_statistics.batches, 1u);
  EXPECT_EQ(device_statistics.waves, 1u);
}

TEST(TensorEngine, ExecutesWhatDependsOnEachOtherInAsManyWaves) {
  const TensorStatistics statistics = run_as_interpreter(repeat("mul x0, x0, x1\nmul x2, x3, x4", 50) + "hlt #0", 512);
  EXPECT_EQ(statistics.batches, 1u);
  EXPECT_EQ(statistics.waves, 50u);
  EXPECT_EQ(device_statistics.waves, 50u);
}

TEST(TensorEngine, DoesNotAddThroughAResultThatIsCutTo32Bits) {
  run_as_interpreter(R"(
    mov x0, #-1
    add w1, w0, #1
    add x2, x1, #1
    add w3, w2, #4
    sub x4, x3, #9
    sub w5, w4, #1
    hlt #0)",
                     64);
}

TEST(TensorEngine, RunsPastALoopsBranch) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x0, #20000
    again:
      sub x0, x0, #1
      cbnz x0, again
      hlt #0)",
                                                         512);
  EXPECT_EQ(statistics.instructions_in_batches, 40'001u);
  // Once learnt, only the end is a surprise.
  EXPECT_LE(statistics.wrong_guesses, 20u);
  EXPECT_LE(statistics.batches, 110u);
  EXPECT_LE(statistics.waves, 110u);
  EXPECT_LE(device_statistics.wrong_guesses, 5u);
  EXPECT_LE(device_statistics.batches, 110u);
  EXPECT_LE(device_statistics.waves, 110u);
}

TEST(TensorEngine, LearnsTheEndOfAShortInnerLoop) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x0, #5000
    outer:
      mov x1, #4
    inner:
      add x2, x2, x1
      subs x1, x1, #1
      b.ne inner
      subs x0, x0, #1
      b.ne outer
      hlt #0)",
                                                         512);
  EXPECT_LE(statistics.wrong_guesses, 100u);
}

// X27 is a number that looks random in each iteration.
constexpr std::string_view RANDOM_NUMBERS = R"(
      mov x27, #1
      mov x0, #5000
    again:
      eor x27, x27, x27, lsl #13
      eor x27, x27, x27, lsr #7
      eor x27, x27, x27, lsl #17
)";
constexpr std::string_view NEXT_ITERATION = R"(
      sub x0, x0, #1
      cbnz x0, again
      hlt #0)";

std::string with_random_numbers(std::string_view body) {
  return std::string(RANDOM_NUMBERS) + std::string(body) + std::string(NEXT_ITERATION);
}

TEST(TensorEngine, ExecutesBothSidesOfABranchThatCannotBeGuessed) {
  const TensorStatistics statistics = run_as_interpreter(with_random_numbers(R"(
      tbz x27, #5, skip
      adds x1, x1, x27
      movk x2, #77, lsl #16
      csinc x3, x1, x2, vs
    skip:
      adc x4, x4, x1)"),
                                                         512);
  EXPECT_LE(statistics.wrong_guesses, 20u);
  EXPECT_GE(statistics.branches_both_ways, 4'900u);
  // Three instructions of every ten are executed, and not the program's, half of the time.
  EXPECT_LE(statistics.gathered, 5'000 * 11 + 20 * 512u);
  EXPECT_LE(device_statistics.wrong_guesses, 50u);
  EXPECT_GE(device_statistics.branches_both_ways, 4'500u);
  EXPECT_LE(device_statistics.batches, 200u);
}

TEST(TensorEngine, SelectsBetweenTwoSides) {
  const TensorStatistics statistics = run_as_interpreter(with_random_numbers(R"(
      tst x27, #0x100
      b.ne other
      add x1, x1, #3
      mov x2, x1
      cmp x1, x27
      b join
    other:
      eor x2, x2, x27
      add w1, w1, #5
    join:
      cinc x5, x5, hi)"),
                                                         512);
  EXPECT_LE(statistics.wrong_guesses, 20u);
  EXPECT_GE(statistics.branches_both_ways, 4'900u);
  EXPECT_LE(device_statistics.wrong_guesses, 50u);
  EXPECT_GE(device_statistics.branches_both_ways, 4'500u);
}

TEST(TensorEngine, GuessesABranchAgainOnceItIsKnownWhereItGoes) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x28, #20000
    again:
      tst x28, #3
      b.ne skip
      add x1, x1, #1
    skip:
      sub x28, x28, #1
      cbnz x28, again
      hlt #0)",
                                                         512);
  EXPECT_LE(statistics.branches_both_ways, 1'000u);
  EXPECT_LE(statistics.wrong_guesses, 50u);
  // What comes from constants has no depth where it does not depend on the branch.
  EXPECT_LE(statistics.waves, 3'000u);
}

TEST(TensorEngine, GuessesABranchAmongWordsThatTheDecoderKeepsInOnePlace) {
  // The sides cannot be skipped; the branch is taken seven times in eight, and tbz and add are kept in one place.
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x20, #1
      mov x21, #20000
      mov x26, #0x8000
    again:
      eor x20, x20, x20, lsl #13
      eor x20, x20, x20, lsr #7
      eor x20, x20, x20, lsl #17
      and x27, x20, x20, lsr #1
      and x27, x27, x20, lsr #2
      tbz w27, #0, skip
      add x6, x7, x14
      add x1, x1, #1
      add x1, x1, #1
      str x5, [x26]
    skip:
      sub x21, x21, #1
      cbnz x21, again
      hlt #0)",
                                                         512);
  EXPECT_EQ(statistics.branches_both_ways, 0u);
  EXPECT_LE(statistics.wrong_guesses, 5'000u);
}

TEST(TensorEngine, GuessesWhereASideIsLongOrAccessesMemory) {
  for (const std::string& side : {std::string("str x27, [x9]\n"), std::string("ldr x3, [x9]\n"),
                                  repeat("add x1, x1, #1", 9), std::string("mrs x3, fpcr\n")}) {
    const TensorStatistics statistics = run_as_interpreter(
        with_random_numbers("mov x9, #0x8000\ntbz x27, #5, skip\n" + side + "\nskip: add x4, x4, #1\n"), 512);
    EXPECT_EQ(statistics.branches_both_ways, 0u) << side;
    EXPECT_EQ(device_statistics.branches_both_ways, 0u) << side;
    EXPECT_GE(statistics.wrong_guesses, 1'000u) << side;
  }
}

TEST(TensorEngine, FindsTheWayBackFromCalls) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x19, #3000
    again:
      bl first
      bl second
      subs x19, x19, #1
      b.ne again
      hlt #0
    first:
      add x1, x1, #1
      ret
    second:
      mov x20, x30
      bl first
      mov x30, x20
      ret)",
                                                         512);
  EXPECT_LE(statistics.wrong_guesses, 30u);
}

TEST(TensorEngine, LoadsWhatTheSameBatchHasStored) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x0, #2000
      mov x1, #0x8000
    again:
      ldr x2, [x1]
      add x2, x2, x0
      str x2, [x1]
      ldr w3, [x1, #4]
      strb w2, [x1, #2]
      ldrh w4, [x1, #1]
      add x5, x5, x4
      subs x0, x0, #1
      b.ne again
      hlt #0)",
                                                         512);
  // The first times cut the batch; then the loads wait.
  EXPECT_GE(statistics.conflicts, 1u);
  EXPECT_LE(statistics.conflicts, 10u);
  EXPECT_LE(statistics.batches, 200u);
  EXPECT_GE(device_statistics.conflicts, 1u);
  EXPECT_LE(device_statistics.conflicts, 10u);
  EXPECT_LE(device_statistics.batches, 200u);
}

TEST(TensorEngine, ExecutesIterationsThatDoNotOverlapAtOnce) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x0, #1000
      mov x1, #0x8000
      mov x2, #0x10000
    again:
      ldr x3, [x1], #8
      ldr x4, [x1, #4096]
      mul x5, x3, x4
      str x5, [x2], #8
      sub x0, x0, #1
      cbnz x0, again
      hlt #0)",
                                                         1024);
  EXPECT_EQ(statistics.conflicts, 0u);
  // Loads, product, store.
  EXPECT_LE(statistics.waves, statistics.batches * 3);
  EXPECT_EQ(device_statistics.conflicts, 0u);
  EXPECT_LE(device_statistics.waves, device_statistics.batches * 3);
}

TEST(TensorEngine, SeesCodeThatTheBatchWrites) {
  // Each round adds 1 to the constant of the instruction at `changed`, which lies ahead in the same batch.
  run_as_interpreter(R"(
      mov x0, #100
      adr x1, changed
    again:
      ldr w2, [x1]
      add w2, w2, #0x400
      str w2, [x1]
    changed:
      add x3, x3, #0
      subs x0, x0, #1
      b.ne again
      hlt #0)",
                     512);
}

TEST(TensorEngine, LeavesVectorsAndSystemRegistersToTheInterpreter) {
  const TensorStatistics statistics = run_as_interpreter(R"(
      mov x0, #7
      dup v0.2d, x0
      add v0.2d, v0.2d, v0.2d
      umov x1, v0.d[1]
      mrs x2, cntvct_el0
      add x1, x1, #1
      hlt #0)",
                                                         64);
  EXPECT_EQ(statistics.instructions_single, 5u);
}

TEST(TensorEngine, FaultsWhereTheInterpreterDoesWithStateAsBefore) {
  constexpr std::string_view TEXT = R"(
      mov x0, #5
      mov x1, #0x8000
      str x0, [x1]
      movk x1, #0x7000, lsl #16
      add x0, x0, #1
      ldp x2, x0, [x1], #16
      add x0, x0, #1
      hlt #0)";
  Machine machine = make_machine(TEXT, 512);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.instructions, 5u);
  EXPECT_EQ(result.pc, 20u);
  EXPECT_EQ(result.fault.address, 0x7000'8000u);
  EXPECT_EQ(result.fault.size, 16u);
  EXPECT_EQ(machine.x(0), 6u);
  EXPECT_EQ(machine.x(1), 0x7000'8000u);
  EXPECT_EQ(machine.read<std::uint64_t>(0x8000), 5u);
}

TEST(TensorEngine, DoesNotStoreOnAPathThatIsNotTaken) {
  Machine machine = make_machine(R"(
      mov x1, #0x8000
      mov x0, #1
      cbnz x0, end
      str x0, [x1]
    end:
      hlt #0)",
                                 512);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.read<std::uint64_t>(0x8000), 0u);
}

TEST(TensorEngine, StopsAtTheLimitAndGoesOn) {
  Machine machine = make_machine(repeat("add x0, x0, #1", 100) + "svc #7\nhlt #0", 64);
  const RunResult first = machine.execute(70);
  EXPECT_EQ(first.stop_reason, StopReason::INSTRUCTION_LIMIT);
  EXPECT_EQ(first.instructions, 70u);
  EXPECT_EQ(machine.x(0), 70u);
  const RunResult second = machine.execute();
  EXPECT_EQ(second.stop_reason, StopReason::SYSCALL);
  EXPECT_EQ(second.immediate, 7u);
  EXPECT_EQ(machine.x(0), 100u);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.retired_instructions(), 102u);
}

TEST(TensorEngine, CanBeCancelledAndTimesOut) {
  Machine machine = make_machine("again: add x0, x0, #1\nb again", LARGEST_BATCH);
  EXPECT_EQ(machine.execute(RunOptions{.timeout_seconds = 0.02}).stop_reason, StopReason::TIMEOUT);
  machine.start();
  machine.cancel();
  EXPECT_EQ(machine.wait().stop_reason, StopReason::CANCELLED);
}

// Runs on the interpreter, and on the tensor engine with loops accelerated; returns what the latter has done.
TensorStatistics run_accelerated(std::string_view text, std::uint64_t limit) {
  Machine expected(MachineOptions{.memory_bytes = 1 << 20});
  Machine machine(MachineOptions{
      .memory_bytes = 1 << 20, .engine = "tensor", .tensor_batch = 512, .tensor_loops = LoopAcceleration::ON});
  expected.load_program(assemble(text));
  machine.load_program(assemble(text));
  const RunResult end = expected.execute(limit);
  const RunResult result = machine.execute(limit);
  EXPECT_EQ(result.stop_reason, end.stop_reason);
  EXPECT_EQ(result.instructions, end.instructions);
  EXPECT_EQ(machine.retired_instructions(), expected.retired_instructions());
  EXPECT_EQ(machine.state_hash(), expected.state_hash());
  return machine.tensor_statistics();
}

TEST(TensorEngine, SolvesCountedLoopsAndSaysSo) {
  const TensorStatistics statistics = run_accelerated(R"(
      movz x0, #15, lsl #16
    again:
      add x1, x1, #8
      sub w2, w2, #3
      add x3, x1, #5
      subs x0, x0, #1
      b.ne again
      hlt #0)",
                                                      UNLIMITED);
  EXPECT_GE(statistics.instructions_accelerated, 4'900'000u);
  // The first iterations are in a batch, the last ones are executed.
  EXPECT_LE(statistics.instructions_in_batches + statistics.instructions_single, 3'000u);
}

TEST(TensorEngine, StopsInASolvedLoopAtTheLimit) {
  for (std::uint64_t limit = 100'000; limit < 100'010; ++limit) {
    const TensorStatistics statistics = run_accelerated(R"(
      movz w0, #3, lsl #16
    again:
      adds x1, x1, #0xfff
      sub w0, w0, #3
      cbnz w0, again
      hlt #0)",
                                                        limit);
    EXPECT_GE(statistics.instructions_accelerated, 90'000u);
  }
}

TEST(TensorEngine, DoesNotSolveWhatIsNotACountedLoop) {
  for (const char* body : {"ldr x3, [x3, x2]", "adc x1, x1, xzr", "add x1, x2, #1\nadd x2, x3, #1",
                           "eor x1, x1, x0\nadd x1, x1, x1", "str x0, [x2]", "str x0, [x2]\nadd x2, x2, #256"}) {
    const TensorStatistics statistics = run_accelerated(
        std::string("mov x0, #2000\nmov x2, #0x20000\nagain:\n") + body + "\nsub x0, x0, #1\ncbnz x0, again\nhlt #0",
        UNLIMITED);
    EXPECT_EQ(statistics.instructions_accelerated, 0u) << body;
  }
}

TEST(TensorEngine, ExecutesLoopsByArrays) {
  for (const char* body : {"ldr x2, [x1], #8", "mul x1, x1, x0", "add w1, w1, #1\nadd x2, x1, #1",
                           "ldr w3, [x1, x0, lsl #2]\nadd x2, x2, x3", "str x0, [x1, x0, lsl #3]"}) {
    const TensorStatistics statistics = run_accelerated(
        std::string("mov x0, #2000\nmov x1, #0x10000\nagain:\n") + body + "\nsub x0, x0, #1\ncbnz x0, again\nhlt #0",
        UNLIMITED);
    EXPECT_GT(statistics.instructions_accelerated, 4'000u) << body;
  }
}

TEST(TensorEngine, DoesNotSolveLoopsUnlessAskedTo) {
  const TensorStatistics statistics =
      run_as_interpreter("mov x0, #2000\nagain: sub x0, x0, #1\ncbnz x0, again\nhlt #0", 512);
  EXPECT_EQ(statistics.instructions_accelerated, 0u);
}

TEST(TensorEngine, IsChosenByOptionsThatAreChecked) {
  EXPECT_EQ(Machine().engine(), "interpreter");
  EXPECT_EQ(Machine(MachineOptions{.engine = "tensor"}).engine(), "tensor");
  EXPECT_THROW(Machine(MachineOptions{.engine = "steam"}), Error);
  EXPECT_THROW(Machine(MachineOptions{.engine = "tensor", .tensor_batch = 0}), Error);
  EXPECT_THROW(Machine(MachineOptions{.engine = "tensor", .tensor_batch = LARGEST_BATCH + 1}), Error);
  EXPECT_EQ(Machine(MachineOptions{.device = "host-lanes", .engine = "tensor"}).engine(), "tensor");
  EXPECT_EQ(Machine(MachineOptions{.device = "host-lanes", .engine = "tensor"}).device(), "host-lanes");
  EXPECT_THROW(Machine(MachineOptions{.device = "host-lanes", .engine = "tensor", .tensor_batch = LARGEST_BATCH + 1}),
               Error);
  EXPECT_THROW(
      Machine(MachineOptions{.device = "host-lanes", .engine = "tensor", .tensor_loops = LoopAcceleration::ON}), Error);
}

}  // namespace
}  // namespace armillion
