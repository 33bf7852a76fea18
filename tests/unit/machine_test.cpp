#include "armillion/machine.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/fleet.hpp"
#include "armillion/process.hpp"
#include "support/assembler.hpp"
#include "support/guest_caller.hpp"

namespace armillion {
namespace {

using test::assemble;

// A machine with a program at address 0, run to its stop.
class MachineTest : public ::testing::Test {
 protected:
  RunResult run(std::string_view text, std::uint64_t limit = 1'000'000) {
    machine.load_program(assemble(text));
    return machine.execute(limit);
  }

  Machine machine;
};

// The 23 behaviours of the first GPU kernel's own list of tests.

TEST_F(MachineTest, MovzLoadsAnImmediateAndClearsTheRest) {
  machine.set_x(0, ~0ull);
  EXPECT_EQ(run("movz x0, #42\n hlt #0").stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(0), 42u);
}

TEST_F(MachineTest, MovkReplacesSixteenBits) {
  run("movz x0, #0x1234, lsl #16\n movk x0, #0x5678\n movk x0, #0x9abc, lsl #48\n hlt #0");
  EXPECT_EQ(machine.x(0), 0x9abc'0000'1234'5678u);
}

TEST_F(MachineTest, AddImmediateAdds) {
  machine.set_x(1, 100);
  run("add x0, x1, #23\n hlt #0");
  EXPECT_EQ(machine.x(0), 123u);
}

TEST_F(MachineTest, SubImmediateWrapsBelowZero) {
  run("sub x0, x0, #1\n hlt #0");
  EXPECT_EQ(machine.x(0), ~0ull);
}

TEST_F(MachineTest, AddRegisterAddsTheShiftedOperand) {
  machine.set_x(1, 5);
  machine.set_x(2, 3);
  run("add x0, x1, x2, lsl #4\n hlt #0");
  EXPECT_EQ(machine.x(0), 53u);
}

TEST_F(MachineTest, SubRegisterOf32BitsClearsTheUpperHalf) {
  machine.set_x(1, 0xffff'ffff'0000'0001);
  machine.set_x(2, 2);
  run("sub w0, w1, w2\n hlt #0");
  EXPECT_EQ(machine.x(0), 0xffff'ffffu);
}

TEST_F(MachineTest, AndKeepsCommonBits) {
  machine.set_x(1, 0xff0f);
  machine.set_x(2, 0x0ff1);
  run("and x0, x1, x2\n hlt #0");
  EXPECT_EQ(machine.x(0), 0x0f01u);
}

TEST_F(MachineTest, OrrJoinsBits) {
  machine.set_x(1, 0xf000);
  machine.set_x(2, 0x000f);
  run("orr x0, x1, x2\n hlt #0");
  EXPECT_EQ(machine.x(0), 0xf00fu);
}

TEST_F(MachineTest, EorTogglesBits) {
  machine.set_x(1, 0xff00);
  run("eor x0, x1, #0xff0\n hlt #0");
  EXPECT_EQ(machine.x(0), 0xf0f0u);
}

TEST_F(MachineTest, XzrReadsAsZero) {
  machine.set_x(0, 7);
  machine.state().sp = 99;
  run("add x0, xzr, x0\n orr x1, xzr, xzr\n hlt #0");
  EXPECT_EQ(machine.x(0), 7u);
  EXPECT_EQ(machine.x(1), 0u);
}

TEST_F(MachineTest, WritesToXzrAreDropped) {
  machine.set_x(1, 5);
  machine.state().sp = 99;
  run("add xzr, x1, x1\n mov x2, xzr\n hlt #0");
  EXPECT_EQ(machine.x(2), 0u);
  EXPECT_EQ(machine.x(31), 99u);
  EXPECT_EQ(machine.state().zero, 0u);
}

TEST_F(MachineTest, BranchSkipsWhatItJumpsOver) {
  run("b over\n mov x0, #1\n over: mov x1, #2\n hlt #0");
  EXPECT_EQ(machine.x(0), 0u);
  EXPECT_EQ(machine.x(1), 2u);
}

TEST_F(MachineTest, BranchWithLinkSetsX30ToTheReturnAddress) {
  const RunResult result = run("bl function\n hlt #0\n function: mov x0, #9\n ret");
  EXPECT_EQ(machine.x(30), 4u);
  EXPECT_EQ(machine.x(0), 9u);
  EXPECT_EQ(result.pc, 4u);
}

TEST_F(MachineTest, CbzTakenOnZero) {
  run("cbz x0, over\n mov x1, #1\n over: hlt #0");
  EXPECT_EQ(machine.x(1), 0u);
}

TEST_F(MachineTest, CbzNotTakenOnOtherValues) {
  machine.set_x(0, 1ull << 63);
  run("cbz x0, over\n mov x1, #1\n over: hlt #0");
  EXPECT_EQ(machine.x(1), 1u);
}

TEST_F(MachineTest, CbnzTakenOnOtherValues) {
  machine.set_x(0, 3);
  run("cbnz x0, over\n mov x1, #1\n over: hlt #0");
  EXPECT_EQ(machine.x(1), 0u);
}

TEST_F(MachineTest, LoopRunsItsCountAndRetiresEveryInstruction) {
  const RunResult result = run("mov x0, #1000\n loop: add x1, x1, #2\n subs x0, x0, #1\n b.ne loop\n hlt #0");
  EXPECT_EQ(machine.x(1), 2000u);
  EXPECT_EQ(result.instructions, 1u + 3 * 1000 + 1);
}

TEST_F(MachineTest, SupervisorCallStopsBehindItself) {
  const RunResult result = run("mov x8, #93\n svc #5\n mov x0, #1\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::SYSCALL);
  EXPECT_EQ(result.immediate, 5u);
  EXPECT_EQ(result.pc, 8u);
  EXPECT_EQ(result.instructions, 2u);
  EXPECT_EQ(machine.x(8), 93u);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(0), 1u);
}

TEST_F(MachineTest, HaltStopsOnItself) {
  const RunResult result = run("nop\n hlt #7");
  EXPECT_EQ(result.stop_reason, StopReason::HALT);
  EXPECT_EQ(result.immediate, 7u);
  EXPECT_EQ(result.pc, 4u);
  EXPECT_EQ(result.instructions, 2u);
}

TEST_F(MachineTest, LimitStopsToTheInstruction) {
  const RunResult result = run("loop: add x0, x0, #1\n b loop", 12345);
  EXPECT_EQ(result.stop_reason, StopReason::INSTRUCTION_LIMIT);
  EXPECT_EQ(result.instructions, 12345u);
  EXPECT_EQ(machine.x(0), 6173u);
}

TEST_F(MachineTest, NopChangesOnlyThePc) {
  machine.load_program(assemble("nop\n hlt #0"));
  State expected = machine.state();
  machine.step();
  expected.pc = 4;
  EXPECT_EQ(machine.state(), expected);
}

TEST_F(MachineTest, StoreThenLoadGivesTheValueBack) {
  machine.set_x(0, 0x0123'4567'89ab'cdef);
  machine.set_x(1, 0x1000);
  run("str x0, [x1, #8]\n ldr x2, [x1, #8]\n ldrb w3, [x1, #8]\n hlt #0");
  EXPECT_EQ(machine.x(2), 0x0123'4567'89ab'cdefu);
  EXPECT_EQ(machine.x(3), 0xefu);
  EXPECT_EQ(machine.read<std::uint64_t>(0x1008), 0x0123'4567'89ab'cdefu);
}

TEST_F(MachineTest, LargeImmediatesAreBuiltFromFourMoves) {
  run("movz x0, #0xdef0\n movk x0, #0x9abc, lsl #16\n movk x0, #0x5678, lsl #32\n movk x0, #0x1234, lsl #48\n hlt #0");
  EXPECT_EQ(machine.x(0), 0x1234'5678'9abc'def0u);
}

TEST_F(MachineTest, BranchesGoBackward) {
  const RunResult result = run("b start\n back: mov x1, #7\n hlt #0\n start: mov x0, #3\n b back");
  EXPECT_EQ(result.stop_reason, StopReason::HALT);
  EXPECT_EQ(result.pc, 8u);
  EXPECT_EQ(result.instructions, 5u);
  EXPECT_EQ(machine.x(0), 3u);
  EXPECT_EQ(machine.x(1), 7u);
}

TEST_F(MachineTest, ARunTellsItsSpeed) {
  const RunResult result = run("loop: add x0, x0, #1\n b loop", 1'000'000);
  EXPECT_GT(result.elapsed_seconds, 0);
  EXPECT_DOUBLE_EQ(result.ips(), 1e6 / result.elapsed_seconds);
}

// Counting, limits and resuming.

TEST_F(MachineTest, EveryLimitIsExactAndTheRunGoesOnFromThere) {
  machine.load_program(assemble("loop: add x0, x0, #1\n nop\n tbz x0, #0, loop\n add x1, x1, #1\n b loop"));
  Machine whole;
  whole.load_program(assemble("loop: add x0, x0, #1\n nop\n tbz x0, #0, loop\n add x1, x1, #1\n b loop"));
  std::uint64_t total = 0;
  for (std::uint64_t limit = 1; limit < 3000; limit += 97) {
    EXPECT_EQ(machine.execute(limit).instructions, limit);
    total += limit;
  }
  EXPECT_EQ(machine.retired_instructions(), total);
  whole.execute(total);
  EXPECT_EQ(machine.state_hash(), whole.state_hash());
}

TEST_F(MachineTest, StraightCodeRunsAcrossPages) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "add x0, x0, #1\n";
  const RunResult result = run(text + "hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::HALT);
  EXPECT_EQ(result.instructions, 3001u);
  EXPECT_EQ(machine.x(0), 3000u);
}

TEST_F(MachineTest, TheVirtualCounterIsTheCountOfRetiredInstructions) {
  run("nop\n nop\n mrs x0, cntvct_el0\n mov x2, #50\n loop: sub x2, x2, #1\n cbnz x2, loop\n mrs x1, cntvct_el0\n hlt "
      "#0");
  EXPECT_EQ(machine.x(0), 2u);
  EXPECT_EQ(machine.x(1), 104u);
}

// Faults.

TEST_F(MachineTest, AFaultingLoadLeavesTheStateBeforeIt) {
  machine.set_x(1, 0x4000'0000);
  const RunResult result = run("mov x0, #5\n ldr x2, [x1, #16]!\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.pc, 4u);
  EXPECT_EQ(result.instructions, 1u);
  EXPECT_EQ(result.fault.address, 0x4000'0010u);
  EXPECT_EQ(result.fault.size, 8u);
  EXPECT_EQ(result.fault.access, Access::READ);
  EXPECT_EQ(result.fault.kind, FaultKind::UNMAPPED);
  EXPECT_EQ(machine.x(1), 0x4000'0000u);
}

TEST_F(MachineTest, AStoreThatCrossesIntoAForbiddenPageWritesNothing) {
  machine.protect_memory(0x3000, 0x1000, Permissions::READ);
  machine.set_x(0, ~0ull);
  machine.set_x(1, 0x2ffc);
  const RunResult result = run("str x0, [x1]\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.address, 0x3000u);
  EXPECT_EQ(result.fault.access, Access::WRITE);
  EXPECT_EQ(result.fault.kind, FaultKind::PERMISSION);
  EXPECT_EQ(machine.read<std::uint32_t>(0x2ffc), 0u);
}

TEST_F(MachineTest, UnalignedAndPageCrossingAccessesWork) {
  machine.set_x(0, 0x1122'3344'5566'7788);
  machine.set_x(1, 0x2ffd);
  run("str x0, [x1]\n ldr x2, [x1]\n ldr w3, [x1, #3]\n hlt #0");
  EXPECT_EQ(machine.x(2), 0x1122'3344'5566'7788u);
  EXPECT_EQ(machine.x(3), 0x2233'4455u);
}

TEST_F(MachineTest, TheTopByteOfADataAddressIsIgnored) {
  machine.set_x(0, 42);
  machine.set_x(1, 0xab00'0000'0000'2000);
  run("str x0, [x1]\n ldr x2, [x1]\n hlt #0");
  EXPECT_EQ(machine.x(2), 42u);
  EXPECT_EQ(machine.read<std::uint64_t>(0x2000), 42u);
}

TEST_F(MachineTest, AnUndefinedWordStopsWithItsAddress) {
  const RunResult result = run("nop\n udf #0\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::UNDEFINED_INSTRUCTION);
  EXPECT_EQ(result.pc, 4u);
  EXPECT_EQ(result.instructions, 1u);
}

TEST_F(MachineTest, ABranchToUnmappedMemoryFaultsAtItsTarget) {
  machine.set_x(0, 0x7000'0000);
  const RunResult result = run("br x0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.access, Access::EXECUTE);
  EXPECT_EQ(result.pc, 0x7000'0000u);
  EXPECT_EQ(result.instructions, 1u);
}

TEST_F(MachineTest, AMisalignedPcFaults) {
  machine.set_x(0, 0x1002);
  const RunResult result = run("br x0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.kind, FaultKind::ALIGNMENT);
}

TEST_F(MachineTest, AMisalignedPcFaultsInAPageThatWasNeverEntered) {
  for (const std::uint64_t target : {1u, 2u, 3u, 0x3001u}) {
    Machine fresh;
    fresh.load_program(assemble("br x0"), 0x5000);
    fresh.set_x(0, target);
    const RunResult result = fresh.execute(1'000'000);
    EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT) << target;
    EXPECT_EQ(result.fault.kind, FaultKind::ALIGNMENT) << target;
    EXPECT_EQ(result.fault.address, target);
  }
}

TEST_F(MachineTest, AnUnalignedExclusiveFaults) {
  machine.set_x(1, 0x2001);
  const RunResult result = run("ldxr w0, [x1]\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.kind, FaultKind::ALIGNMENT);
}

TEST_F(MachineTest, MemoryWithoutExecutePermissionIsNotExecuted) {
  machine.load_program(assemble("hlt #0"), 0x5000);
  machine.protect_memory(0x5000, 0x1000, Permissions::READ_WRITE);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.access, Access::EXECUTE);
  EXPECT_EQ(result.fault.kind, FaultKind::PERMISSION);
}

// Self-modifying code.

TEST_F(MachineTest, CodeThatTheGuestRewritesIsExecutedAsRewritten) {
  const std::uint32_t replacement = assemble("mov x3, #77")[0];
  machine.set_x(0, replacement);
  run("adr x1, target\n mov x4, #2\n again: bl target\n str w0, [x1]\n subs x4, x4, #1\n b.ne again\n hlt #0\n"
      "target: mov x3, #11\n ret");
  EXPECT_EQ(machine.x(3), 77u);
}

TEST_F(MachineTest, AnInstructionMayRewriteTheNextOne) {
  machine.set_x(0, assemble("mov x3, #77")[0]);
  run("adr x1, next\n mov x5, #2\n again: str w0, [x1]\n next: mov x3, #11\n subs x5, x5, #1\n b.ne again\n hlt #0");
  EXPECT_EQ(machine.x(3), 77u);
}

TEST_F(MachineTest, CodeThatTheHostRewritesIsExecutedAsRewritten) {
  run("mov x0, #1\n hlt #0");
  machine.write(0, assemble("mov x0, #2")[0]);
  machine.set_pc(0);
  machine.execute();
  EXPECT_EQ(machine.x(0), 2u);
}

// Snapshots and hashes.

TEST_F(MachineTest, RestoreBringsStateMemoryAndCodeBack) {
  machine.load_program(assemble("ldr x0, [x1, #0x100]\n add x0, x0, #1\n str x0, [x1, #0x100]\n hlt #0"));
  machine.set_x(1, 0x10000);
  const Snapshot start = machine.snapshot();
  const Hash128 hash = machine.state_hash();
  machine.execute();
  const Hash128 after = machine.state_hash();
  EXPECT_EQ(machine.read<std::uint64_t>(0x10100), 1u);
  EXPECT_NE(after, hash);
  for (int i = 0; i < 3; ++i) {
    machine.restore(start);
    EXPECT_EQ(machine.state_hash(), hash);
    EXPECT_EQ(machine.retired_instructions(), 0u);
    machine.execute();
    EXPECT_EQ(machine.state_hash(), after);
  }
  machine.restore(start);
  machine.write(4, assemble("add x0, x0, #5")[0]);
  machine.execute();
  EXPECT_EQ(machine.read<std::uint64_t>(0x10100), 5u);
  machine.restore(start);
  machine.execute();
  EXPECT_EQ(machine.read<std::uint64_t>(0x10100), 1u);
}

TEST_F(MachineTest, ASnapshotOutlivesItsMachineAndServesOthers) {
  Snapshot snapshot;
  {
    Machine first;
    first.load_program(assemble("add x0, x0, #1\n hlt #0"));
    first.set_x(0, 41);
    snapshot = first.snapshot();
    first.write<std::uint64_t>(0x3000, 99);
  }
  Machine second(MachineOptions{.memory_bytes = 0});
  second.restore(snapshot);
  second.execute();
  EXPECT_EQ(second.x(0), 42u);
  EXPECT_EQ(second.read<std::uint64_t>(0x3000), 0u);
}

TEST_F(MachineTest, TheHashDependsOnContentsAndNotOnHistory) {
  Machine other;
  EXPECT_EQ(machine.state_hash(), other.state_hash());
  machine.write<std::uint64_t>(0x8000, 1);
  EXPECT_NE(machine.state_hash(), other.state_hash());
  machine.write<std::uint64_t>(0x8000, 0);
  EXPECT_EQ(machine.state_hash(), other.state_hash());
  machine.set_x(3, 1);
  EXPECT_NE(machine.state_hash(), other.state_hash());
}

// Breakpoints, watchpoints, hooks.

TEST_F(MachineTest, ABreakpointStopsBeforeItsInstructionAndTheRunGoesOnThroughIt) {
  machine.load_program(assemble("mov x0, #3\n loop: sub x0, x0, #1\n cbnz x0, loop\n hlt #0"));
  machine.add_breakpoint(4);
  for (std::uint64_t expected = 3; expected > 0; --expected) {
    const RunResult result = machine.execute();
    EXPECT_EQ(result.stop_reason, StopReason::BREAKPOINT);
    EXPECT_EQ(result.pc, 4u);
    EXPECT_EQ(machine.x(0), expected);
  }
  machine.remove_breakpoint(4);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.retired_instructions(), 1u + 6 + 1);
}

TEST_F(MachineTest, AWatchpointStopsAfterTheAccess) {
  machine.load_program(assemble("str x0, [x1]\n ldr x2, [x1]\n add x1, x1, #8\n str x0, [x1]\n hlt #0"));
  machine.set_x(1, 0x2000);
  machine.add_watchpoint(0x2008, 4, Access::WRITE);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::WATCHPOINT);
  EXPECT_EQ(result.pc, 16u);
  EXPECT_EQ(result.fault.address, 0x2008u);
  machine.remove_watchpoint(0x2008, 4, Access::WRITE);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
}

TEST_F(MachineTest, TheMemoryHookSeesEveryAccess) {
  machine.load_program(assemble("str x0, [x1]\n ldrb w2, [x1, #3]\n stp x0, x0, [x1, #16]\n hlt #0"));
  machine.set_x(1, 0x2000);
  std::vector<MemoryAccess> seen;
  machine.set_memory_hook([&](const MemoryAccess& access) { seen.push_back(access); });
  machine.execute();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].pc, 0u);
  EXPECT_EQ(seen[0].access, Access::WRITE);
  EXPECT_EQ(seen[1].address, 0x2003u);
  EXPECT_EQ(seen[1].size, 1u);
  EXPECT_EQ(seen[1].access, Access::READ);
  EXPECT_EQ(seen[2].size, 16u);
  machine.set_memory_hook({});
  machine.set_pc(0);
  machine.execute();
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(MachineTest, TheBlockHookSeesEveryBlock) {
  machine.load_program(assemble("mov x0, #2\n loop: sub x0, x0, #1\n cbnz x0, loop\n nop\n hlt #0"));
  std::vector<std::uint64_t> blocks;
  machine.set_block_hook([&](std::uint64_t pc) { blocks.push_back(pc); });
  machine.execute();
  EXPECT_EQ(blocks, (std::vector<std::uint64_t>{0, 4, 12}));
}

TEST_F(MachineTest, TheSyscallHookServesCallsWithoutStopping) {
  machine.load_program(assemble("svc #1\n svc #2\n hlt #0"));
  machine.set_syscall_hook([](Machine& self, std::uint32_t immediate) {
    self.set_x(0, self.x(0) + immediate);
    return true;
  });
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(0), 3u);
}

TEST_F(MachineTest, AnExceptionInAHookReachesTheCallerAndTheMachineCanGoOn) {
  machine.load_program(assemble("mov x3, #1\n str x0, [x1, #0x800]\n hlt #0"));
  machine.set_memory_hook([](const MemoryAccess&) { throw std::runtime_error("no"); });
  EXPECT_THROW(machine.execute(), std::runtime_error);
  EXPECT_EQ(machine.pc(), 4u);
  machine.set_memory_hook({});
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
}

// Time and threads.

TEST_F(MachineTest, ATimeoutStopsAnEndlessLoop) {
  machine.load_program(assemble("loop: b loop"));
  const RunResult result = machine.execute(RunOptions{.timeout_seconds = 0.01});
  EXPECT_EQ(result.stop_reason, StopReason::TIMEOUT);
}

TEST_F(MachineTest, ATimeoutThatIsNoneIsAnError) {
  machine.load_program(assemble("loop: b loop"));
  for (const double seconds : {-1e-9, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(machine.execute(RunOptions{.timeout_seconds = seconds}), Error) << seconds;
    EXPECT_THROW(machine.start(RunOptions{.timeout_seconds = seconds}), Error) << seconds;
    EXPECT_THROW(machine.execute_continuous(ContinuousOptions{.timeout_seconds = seconds}), Error) << seconds;
    Fleet fleet(machine, FleetOptions{.lanes = 2});
    EXPECT_THROW(fleet.run(FleetRunOptions{.timeout_seconds = seconds}), Error) << seconds;
  }
  Process process(test::isolated(test::guest_program("loop: b loop")));
  EXPECT_THROW(process.run(RunOptions{.timeout_seconds = -1}), Error);
  EXPECT_EQ(machine.retired_instructions(), 0u);
}

TEST(MachineThreads, CancelFromAnotherThreadStopsARun) {
  Machine machine;
  machine.load_program(assemble("loop: b loop"));
  std::thread canceller([&] { machine.cancel(); });
  const RunResult result = machine.execute();
  canceller.join();
  EXPECT_EQ(result.stop_reason, StopReason::CANCELLED);
}

TEST(MachineThreads, MachinesOnManyThreadsShareOneSnapshot) {
  Machine origin;
  origin.load_program(assemble(
      "mov x2, #1000\n loop: ldr x3, [x1]\n add x3, x3, x0\n str x3, [x1]\n sub x2, x2, #1\n cbnz x2, loop\n hlt #0"));
  origin.set_x(1, 0x2000);
  origin.execute(1);
  const Snapshot snapshot = origin.snapshot();
  std::vector<std::thread> threads;
  std::vector<std::uint64_t> results(8);
  for (std::uint64_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      Machine machine(MachineOptions{.memory_bytes = 0});
      for (int round = 0; round < 20; ++round) {
        machine.restore(snapshot);
        machine.set_x(0, i);
        machine.execute();
        results[i] = machine.read<std::uint64_t>(0x2000);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::uint64_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], i * 1000);
}

// Mistakes of the host.

TEST_F(MachineTest, HostMistakesAreErrorsThatSayWhatIsWrong) {
  EXPECT_THROW(machine.x(32), Error);
  EXPECT_THROW(machine.load_program(std::vector<std::uint32_t>(4), 0x4000'0000), Error);
  EXPECT_THROW(machine.load_program(std::vector<std::uint32_t>(4), 2), Error);
  EXPECT_THROW(machine.map_memory(1, 4096, Permissions::ALL), Error);
  EXPECT_THROW(machine.map_memory(1ull << 48, 4096, Permissions::ALL), Error);
  EXPECT_THROW(machine.restore(Snapshot()), Error);
  EXPECT_THROW(Machine(MachineOptions{.memory_bytes = 8192, .memory_limit_bytes = 4096}), Error);
  EXPECT_THROW(Machine(MachineOptions{.memory_bytes = ~0ull}), Error);
}

}  // namespace
}  // namespace armillion
