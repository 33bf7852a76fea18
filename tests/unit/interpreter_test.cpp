#include "engine/interpreter/interpreter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "armillion/machine.hpp"
#include "isa/decoder.hpp"
#include "support/assembler.hpp"

namespace armillion {
namespace {

using test::assemble;

constexpr std::uint64_t TOP = std::uint64_t{1} << 48;

class InterpreterTest : public ::testing::Test {
 protected:
  void load(std::string_view text, std::uint64_t address = 0x1000) { machine.load_program(assemble(text), address); }
  RunResult run(std::string_view text, std::uint64_t address = 0x1000) {
    load(text, address);
    return machine.execute(1'000'000);
  }

  Machine machine;
};

// Where PC may point.

TEST_F(InterpreterTest, ABranchToAMisalignedAddressInAPageThatNeverRanFaults) {
  for (const std::uint64_t target : {0x1u, 0x2u, 0x3u, 0x5u, 0x801u, 0xffdu, 0x2001u}) {
    machine.set_x(0, target);
    const RunResult result = run("br x0");
    EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
    EXPECT_EQ(result.fault.kind, FaultKind::ALIGNMENT);
    EXPECT_EQ(result.fault.access, Access::EXECUTE);
    EXPECT_EQ(result.pc, target);
    EXPECT_EQ(result.instructions, 1u);
  }
}

TEST_F(InterpreterTest, CodeInTheLastPageRunsUpToTheTopOfMemory) {
  machine.map_memory(TOP - 0x1000, 0x1000, Permissions::ALL);
  load("nop\n nop", TOP - 8);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.instructions, 2u);
  EXPECT_EQ(result.pc, TOP);
  EXPECT_EQ(result.fault.address, TOP);
  EXPECT_EQ(result.fault.kind, FaultKind::UNMAPPED);
}

TEST_F(InterpreterTest, ARunThatStartsAboveAllMemoryFaultsThere) {
  for (const std::uint64_t pc : {TOP, ~std::uint64_t{3}, std::uint64_t{1} << 55}) {
    machine.set_pc(pc);
    const RunResult result = machine.execute();
    EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
    EXPECT_EQ(result.pc, pc);
    EXPECT_EQ(result.fault.kind, FaultKind::UNMAPPED);
  }
}

TEST_F(InterpreterTest, ABranchDropsTheTagOfItsTarget) {
  machine.set_x(0, 0x5a00'0000'0000'1008);
  const RunResult result = run("br x0\n udf #0\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::HALT);
  EXPECT_EQ(result.pc, 0x1008u);
}

TEST_F(InterpreterTest, AStopInTheLastInstructionOfAPageGoesOnInTheNext) {
  load("svc #1\n mov x1, #1\n hlt #0", 0x1ffc);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::SYSCALL);
  EXPECT_EQ(result.pc, 0x2000u);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(1), 1u);
}

// Data addresses.

TEST_F(InterpreterTest, AnAccessAcrossTheTopOfMemoryFaultsAtTheTop) {
  machine.map_memory(TOP - 0x1000, 0x1000, Permissions::ALL);
  machine.set_x(1, TOP - 4);
  const RunResult result = run("ldr w0, [x1]\n ldr x0, [x1]\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.pc, 0x1004u);
  EXPECT_EQ(result.fault.address, TOP);
}

TEST_F(InterpreterTest, AnAccessAroundTheEndOfTheAddressesFaults) {
  for (const std::uint64_t address : {~0ull - 3, 0xff7f'ffff'ffff'fffcull, 0x0080'0000'0000'0000ull}) {
    machine.set_x(1, address);
    EXPECT_EQ(run("ldr x0, [x1]\n hlt #0").stop_reason, StopReason::MEMORY_FAULT);
    EXPECT_EQ(run("str x0, [x1]\n hlt #0").stop_reason, StopReason::MEMORY_FAULT);
  }
}

TEST_F(InterpreterTest, ATaggedStoreIsSeenByUntaggedLoads) {
  machine.set_x(0, 42);
  machine.set_x(1, 0x2000);
  machine.set_x(2, 0xff00'0000'0000'2000);
  run("ldr x3, [x1]\n str x0, [x2]\n ldr x4, [x1]\n str xzr, [x1]\n ldr x5, [x2]\n hlt #0");
  EXPECT_EQ(machine.x(4), 42u);
  EXPECT_EQ(machine.x(5), 0u);
}

// Cached translations follow memory.

TEST_F(InterpreterTest, ALoadAfterTheFirstStoreToASharedPageSeesIt) {
  machine.write<std::uint64_t>(0x2000, 1);
  const Snapshot snapshot = machine.snapshot();
  machine.set_x(0, 7);
  machine.set_x(1, 0x2000);
  run("ldr x2, [x1]\n str x0, [x1]\n ldr x3, [x1]\n hlt #0");
  EXPECT_EQ(machine.x(2), 1u);
  EXPECT_EQ(machine.x(3), 7u);
  machine.restore(snapshot);
  EXPECT_EQ(machine.read<std::uint64_t>(0x2000), 1u);
}

TEST_F(InterpreterTest, StoresAfterASnapshotDoNotReachIt) {
  load("loop: add x0, x0, #1\n str x0, [x1]\n str x0, [x2]\n b loop");
  machine.set_x(1, 0x2000);
  machine.set_x(2, 0x2ffc);  // across pages
  std::vector<std::pair<Snapshot, Hash128>> snapshots;
  for (int i = 0; i < 20; ++i) {
    machine.execute(5000);
    snapshots.emplace_back(machine.snapshot(), machine.state_hash());
  }
  for (const auto& [snapshot, hash] : snapshots) {
    machine.restore(snapshot);
    EXPECT_EQ(machine.state_hash(), hash);
  }
}

TEST_F(InterpreterTest, ChangesOfTheHostBetweenRunsAreSeen) {
  load("loop: ldr x3, [x1]\n str x0, [x1, #8]\n b loop");
  machine.set_x(0, 9);
  machine.set_x(1, 0x2000);
  machine.execute(3000);
  machine.write<std::uint64_t>(0x2000, 5);
  machine.execute(3000);
  EXPECT_EQ(machine.x(3), 5u);

  machine.protect_memory(0x2000, 0x1000, Permissions::READ);
  EXPECT_EQ(machine.execute(3000).fault.kind, FaultKind::PERMISSION);
  machine.unmap_memory(0x2000, 0x1000);
  machine.set_pc(0x1000);
  EXPECT_EQ(machine.execute(3000).fault.kind, FaultKind::UNMAPPED);
  machine.map_memory(0x2000, 0x1000, Permissions::READ_WRITE);
  machine.execute(3000);
  EXPECT_EQ(machine.x(3), 0u);
  EXPECT_EQ(machine.read<std::uint64_t>(0x2008), 9u);
}

TEST_F(InterpreterTest, RestoringTheSameSnapshotAgainAndAgainUndoesEveryKindOfChange) {
  machine.map_memory(1ull << 40, 0x4000, Permissions::READ_WRITE);
  machine.write<std::uint64_t>((1ull << 40) + 8, 1);
  load("hlt #0");
  const Snapshot start = machine.snapshot();
  const Hash128 hash = machine.state_hash();
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    for (std::uint64_t changes = random() % 6; changes > 0; --changes) {
      const std::uint64_t base = random() % 2 == 0 ? 0 : 1ull << 40;
      const std::uint64_t page = base + random() % 4 * 0x1000;
      switch (random() % 6) {
        case 0: machine.map_memory(page, 0x1000, Permissions::READ); break;
        case 1: machine.unmap_memory(page, 0x1000); break;
        case 2: machine.map_memory(0, 1ull << 22, Permissions::ALL); break;
        case 3: machine.unmap_memory(0, TOP); break;
        case 4:
          machine.map_memory(page, 0x1000, Permissions::ALL);
          machine.write(page + 16, random());
          break;
        default:
          if (machine.address_space().region_at(page)) machine.write(page + 24, random());
      }
    }
    if (random() % 16 == 0) machine.snapshot();
    machine.restore(start);
    ASSERT_EQ(machine.state_hash(), hash) << "round " << round;
  }
}

TEST_F(InterpreterTest, ASnapshotNeedsAMachineWithRoomForIt) {
  const Snapshot snapshot = machine.snapshot();
  Machine small(MachineOptions{.memory_bytes = 4096, .memory_limit_bytes = 8192});
  small.set_x(0, 5);
  EXPECT_THROW(small.restore(snapshot), Error);
  EXPECT_EQ(small.x(0), 5u);
  EXPECT_THROW(small.map_memory(0x10000, 0x10000, Permissions::READ_WRITE), Error);
}

// Code that changes.

TEST_F(InterpreterTest, AStoreAcrossAPageBorderRewritesCodeOnBothSides) {
  const auto patch = assemble("mov x3, #30\n mov x4, #40");
  machine.set_x(0, patch[0] | std::uint64_t{patch[1]} << 32);
  machine.set_x(1, 0x2ffc);
  run("mov x5, #2\n mov x6, #0x2ffc\n again: blr x6\n str x0, [x1]\n subs x5, x5, #1\n b.ne again\n hlt #0");
  // The callee: two instructions around the border, then a return.
  machine.write(0x2ffc, assemble("mov x3, #3")[0]);
  load("mov x4, #4\n ret", 0x3000);
  machine.set_pc(0x1000);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(3), 30u);
  EXPECT_EQ(machine.x(4), 40u);
}

TEST_F(InterpreterTest, AnUnalignedStoreRewritesBothInstructionsThatItTouches) {
  const auto patch = assemble("mov x3, #30\n mov x4, #40");
  const std::uint64_t words = patch[0] | std::uint64_t{patch[1]} << 32;
  machine.set_x(0, static_cast<std::uint32_t>(words >> 16));
  run("mov x5, #2\n again: adr x1, target\n target: mov x3, #3\n mov x4, #4\n"
      "stur w0, [x1, #2]\n subs x5, x5, #1\n b.ne again\n hlt #0");
  // Only the middle halves were replaced: the upper half of the first word, the lower half of the second.
  const std::uint32_t first = machine.read<std::uint32_t>(0x1008);
  const std::uint32_t second = machine.read<std::uint32_t>(0x100c);
  machine.load_program(std::vector<std::uint32_t>{first, second, assemble("hlt #0")[0]}, 0x5000);
  const std::uint64_t x3 = machine.x(3);
  const std::uint64_t x4 = machine.x(4);
  machine.execute();
  EXPECT_EQ(machine.x(3), x3);
  EXPECT_EQ(machine.x(4), x4);
}

TEST_F(InterpreterTest, ATaggedStoreRewritesCode) {
  machine.set_x(0, assemble("mov x3, #30")[0]);
  run("mov x5, #2\n adr x1, target\n movk x1, #0x7700, lsl #48\n"
      "again: str w0, [x1]\n target: mov x3, #3\n subs x5, x5, #1\n b.ne again\n hlt #0");
  EXPECT_EQ(machine.x(3), 30u);
}

TEST_F(InterpreterTest, CodeIsWrittenIntoAPageThatHoldsOnlyZeros) {
  // The page is entered, stops as undefined, is written by the guest and entered again.
  machine.set_pc(0x2000);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::UNDEFINED_INSTRUCTION);
  machine.set_x(0, assemble("ret")[0]);
  machine.set_x(1, 0x2000);
  EXPECT_EQ(run("str w0, [x1]\n blr x1\n hlt #0").stop_reason, StopReason::HALT);
}

TEST_F(InterpreterTest, RestoredCodeIsExecutedWhereTheHostThenRewritesAWordOfIt) {
  const auto first = assemble("mov x0, #1\n mov x1, #1\n hlt #0");
  const auto second = assemble("mov x0, #2\n mov x1, #2\n hlt #0");
  machine.load_program(first, 0x1000);
  machine.execute();
  machine.set_pc(0x1000);
  const Snapshot snapshot = machine.snapshot();
  machine.load_program(second, 0x1000);
  machine.execute();
  machine.restore(snapshot);
  machine.write(0x1004, assemble("mov x1, #3")[0]);
  machine.execute();
  EXPECT_EQ(machine.x(0), 1u);
  EXPECT_EQ(machine.x(1), 3u);
}

TEST_F(InterpreterTest, RemappedCodeIsExecutedWhereTheHostThenWritesAWordOfIt) {
  run("mov x0, #1\n mov x1, #1\n hlt #0");
  machine.map_memory(0x1000, 0x1000, Permissions::ALL);
  machine.set_pc(0x1800);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::UNDEFINED_INSTRUCTION);
  run("mov x0, #1\n mov x1, #1\n hlt #0");
  machine.map_memory(0x1000, 0x1000, Permissions::ALL);
  machine.set_x(0, 0);
  machine.write(0x1004, assemble("mov x1, #3")[0]);
  machine.set_pc(0x1000);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::UNDEFINED_INSTRUCTION);
  EXPECT_EQ(machine.x(0), 0u);
}

// Breakpoints.

TEST_F(InterpreterTest, ABreakpointBehindAServedCallStops) {
  load("svc #0\n mov x0, #1\n hlt #0");
  machine.set_syscall_hook([](Machine&, std::uint32_t) { return true; });
  machine.add_breakpoint(0x1004);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::BREAKPOINT);
  EXPECT_EQ(result.pc, 0x1004u);
  EXPECT_EQ(result.instructions, 1u);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
}

TEST_F(InterpreterTest, ABreakpointOnABranchToItselfStopsAgain) {
  load("loop: b loop");
  machine.add_breakpoint(0x1000);
  for (int i = 0; i < 3; ++i) {
    const RunResult result = machine.execute(100'000);
    EXPECT_EQ(result.stop_reason, StopReason::BREAKPOINT);
    EXPECT_EQ(result.instructions, 1u);
  }
}

TEST_F(InterpreterTest, BreakpointsWorkAtTheBordersOfPages) {
  load("hlt #0", 0x5000);
  load("nop\n nop\n nop\n b #0x2ffc", 0x1ff8);
  machine.add_breakpoint(0x1ffc);
  machine.add_breakpoint(0x2000);
  machine.add_breakpoint(0x5000);
  EXPECT_EQ(machine.execute().pc, 0x1ffcu);
  EXPECT_EQ(machine.execute().pc, 0x2000u);
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::BREAKPOINT);
  EXPECT_EQ(result.pc, 0x5000u);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
}

TEST_F(InterpreterTest, ABreakpointStaysWhereItsInstructionIsRewrittenOrRestored) {
  machine.set_x(0, assemble("mov x3, #30")[0]);
  load("adr x1, target\n str w0, [x1]\n target: mov x3, #3\n hlt #0");
  const Snapshot start = machine.snapshot();
  machine.add_breakpoint(0x1008);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(machine.execute().stop_reason, StopReason::BREAKPOINT);
    EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
    EXPECT_EQ(machine.x(3), 30u);
    machine.restore(start);
  }
  machine.remove_breakpoint(0x1008);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
}

TEST_F(InterpreterTest, HooksDoNotSeeAnInstructionTwiceBecauseOfABreakpoint) {
  load("nop\n nop\n b next\n next: nop\n hlt #0");
  machine.add_breakpoint(0x1004);
  machine.add_breakpoint(0x100c);
  std::vector<std::uint64_t> instructions;
  std::vector<std::uint64_t> blocks;
  machine.set_instruction_hook([&](std::uint64_t pc) { instructions.push_back(pc); });
  machine.set_block_hook([&](std::uint64_t pc) { blocks.push_back(pc); });
  EXPECT_EQ(machine.execute().pc, 0x1004u);
  EXPECT_EQ(machine.execute().pc, 0x100cu);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(instructions, (std::vector<std::uint64_t>{0x1000, 0x1004, 0x1008, 0x100c, 0x1010}));
  EXPECT_EQ(blocks, (std::vector<std::uint64_t>{0x1000, 0x1004, 0x100c}));
}

TEST_F(InterpreterTest, ABreakpointThatIsAddedByAHookIsReached) {
  load("nop\n nop\n nop\n hlt #0");
  machine.set_instruction_hook([&](std::uint64_t pc) {
    if (pc == 0x1004) machine.add_breakpoint(0x1008);
  });
  EXPECT_EQ(machine.execute().pc, 0x1008u);
}

TEST_F(InterpreterTest, ABreakpointThatCouldNeverBeReachedIsRefused) {
  EXPECT_THROW(machine.add_breakpoint(0x1002), Error);
  EXPECT_FALSE(machine.has_breakpoint(0x1002));
}

// Watchpoints.

TEST_F(InterpreterTest, AWatchpointSeesAnAccessThatReachesItFromThePageBefore) {
  machine.add_watchpoint(0x3000, 1, Access::READ);
  machine.set_x(1, 0x2ff9);
  const RunResult result = run("ldr w0, [x1]\n ldr x0, [x1]\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::WATCHPOINT);
  EXPECT_EQ(result.pc, 0x1008u);
  EXPECT_EQ(result.fault.address, 0x2ff9u);
  EXPECT_EQ(result.fault.size, 8u);
}

TEST_F(InterpreterTest, AWatchedLoadOfAnAtomicStopsBehindTheWholeInstruction) {
  for (const Access access : {Access::READ, Access::WRITE}) {
    machine.add_watchpoint(0x2000, 8, access);
    machine.write<std::uint64_t>(0x2000, 5);
    machine.set_x(0, 3);
    machine.set_x(1, 0x2000);
    const RunResult result = run("ldadd x0, x2, [x1]\n hlt #0");
    EXPECT_EQ(result.stop_reason, StopReason::WATCHPOINT);
    EXPECT_EQ(result.pc, 0x1004u);
    EXPECT_EQ(result.instructions, 1u);
    EXPECT_EQ(result.fault.access, access);
    EXPECT_EQ(machine.x(2), 5u);
    EXPECT_EQ(machine.read<std::uint64_t>(0x2000), 8u);
    machine.remove_watchpoint(0x2000, 8, access);
  }
}

TEST_F(InterpreterTest, AFaultIsReportedEvenWhereTheLoadBeforeItWasWatched) {
  machine.protect_memory(0x2000, 0x1000, Permissions::READ);
  machine.add_watchpoint(0x2000, 8, Access::READ);
  machine.set_x(1, 0x2000);
  machine.set_x(2, 77);
  const RunResult result = run("ldadd x0, x2, [x1]\n hlt #0");
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.pc, 0x1000u);
  EXPECT_EQ(machine.x(2), 77u);
}

TEST_F(InterpreterTest, OtherAccessesToAWatchedPageDoNotStop) {
  machine.add_watchpoint(0x2800, 8, Access::WRITE);
  machine.set_x(1, 0x2000);
  EXPECT_EQ(
      run("str x0, [x1]\n ldr x0, [x1, #0x800]\n str x0, [x1, #0x7f8]\n str x0, [x1, #0x808]\n hlt #0").stop_reason,
      StopReason::HALT);
}

TEST_F(InterpreterTest, AWatchpointOverAllOfMemorySeesEveryAccess) {
  machine.add_watchpoint(0x10, ~std::uint64_t{0}, Access::WRITE);
  machine.set_x(1, 0x2000);
  EXPECT_EQ(run("str x0, [x1]\n hlt #0").stop_reason, StopReason::WATCHPOINT);
}

TEST_F(InterpreterTest, AWatchpointThatCouldNeverBeReachedIsRefused) {
  EXPECT_THROW(machine.add_watchpoint(0x2000, 0, Access::WRITE), Error);
  EXPECT_THROW(machine.add_watchpoint(0x2000, 4, Access::EXECUTE), Error);
}

TEST_F(InterpreterTest, AWatchedStoreMayRewriteCode) {
  machine.set_x(0, assemble("mov x3, #30")[0]);
  machine.add_watchpoint(0x1008, 4, Access::WRITE);
  EXPECT_EQ(run("adr x1, target\n str w0, [x1]\n target: mov x3, #3\n hlt #0").stop_reason, StopReason::WATCHPOINT);
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(3), 30u);
}

// Hooks.

TEST_F(InterpreterTest, AHookMayRemoveItself) {
  load("str x0, [x1, #0x800]\n str x0, [x1, #0x808]\n svc #1\n svc #2\n hlt #0");
  // Captured data, so that the function lies on the heap and a sanitizer sees its use after it was freed.
  const std::vector<int> data(100, 1);
  int calls = 0;
  machine.set_memory_hook([&, data](const MemoryAccess&) {
    machine.set_memory_hook({});
    calls += data[50];
  });
  machine.set_block_hook([&, data](std::uint64_t) {
    machine.set_block_hook({});
    calls += data[50];
  });
  machine.set_instruction_hook([&, data](std::uint64_t) {
    machine.set_instruction_hook({});
    calls += data[50];
  });
  machine.set_syscall_hook([&, data](Machine& self, std::uint32_t) {
    self.set_syscall_hook({});
    calls += data[50];
    return true;
  });
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::SYSCALL);
  EXPECT_EQ(result.immediate, 2u);
  EXPECT_EQ(calls, 4);
}

TEST_F(InterpreterTest, AnInstructionHookThatIsSetInACallSeesTheRest) {
  load("nop\n svc #1\n nop\n hlt #0");
  std::vector<std::uint64_t> seen;
  machine.set_syscall_hook([&](Machine& self, std::uint32_t) {
    self.set_instruction_hook([&](std::uint64_t pc) { seen.push_back(pc); });
    return true;
  });
  machine.execute();
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0x1008, 0x100c}));
}

TEST_F(InterpreterTest, InstructionsBeforeAThrowingHookStayCounted) {
  load("nop\n nop\n str x0, [x1, #0x800]\n hlt #0");
  machine.set_memory_hook([](const MemoryAccess&) { throw std::runtime_error("no"); });
  EXPECT_THROW(machine.execute(), std::runtime_error);
  EXPECT_EQ(machine.retired_instructions(), 2u);
  EXPECT_EQ(machine.pc(), 0x1008u);
  machine.set_memory_hook({});
  machine.set_instruction_hook([](std::uint64_t pc) {
    if (pc == 0x100c) throw std::runtime_error("no");
  });
  EXPECT_THROW(machine.execute(), std::runtime_error);
  EXPECT_EQ(machine.retired_instructions(), 3u);
  machine.set_instruction_hook({});
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.retired_instructions(), 4u);
}

TEST_F(InterpreterTest, HooksSeeHowManyInstructionsRetiredBefore) {
  load("nop\n svc #1\n nop\n hlt #0");
  std::vector<std::uint64_t> counts;
  machine.set_instruction_hook([&](std::uint64_t) { counts.push_back(machine.retired_instructions()); });
  machine.set_syscall_hook([&](Machine& self, std::uint32_t) {
    counts.push_back(self.retired_instructions());
    return true;
  });
  machine.execute();
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{0, 1, 2, 2, 3}));
}

TEST_F(InterpreterTest, AMemoryHookMayMapWhatIsMissing) {
  machine.set_x(1, 0x4000'0000);
  machine.set_memory_hook([&](const MemoryAccess& access) {
    const std::uint64_t page = access.address & ~std::uint64_t{0xfff};
    if (machine.address_space().region_at(page)) return;
    machine.map_memory(page, 0x1000, Permissions::READ_WRITE);
    machine.write<std::uint64_t>(access.address, 1234);
  });
  EXPECT_EQ(run("ldr x0, [x1, #16]\n hlt #0").stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(0), 1234u);
}

TEST_F(InterpreterTest, AMemoryHookMayUnmapTheCodeThatIsExecuting) {
  load("str x0, [x1]\n nop\n nop\n hlt #0");
  machine.set_x(1, 0x4000);
  // Decoded in full first.
  machine.execute();
  machine.set_pc(0x1000);
  machine.set_memory_hook([&](const MemoryAccess&) { machine.unmap_memory(0x1000, 0x1000); });
  const RunResult result = machine.execute();
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.access, Access::EXECUTE);
  EXPECT_EQ(result.pc, 0x1004u);
  EXPECT_EQ(result.instructions, 1u);
}

TEST_F(InterpreterTest, AMemoryHookMayReplaceTheCodeThatIsExecuting) {
  load("str x0, [x1]\n mov x2, #1\n hlt #0");
  machine.set_x(1, 0x4000);
  machine.execute();
  machine.set_pc(0x1000);
  machine.set_memory_hook([&](const MemoryAccess&) {
    machine.map_memory(0x1000, 0x1000, Permissions::ALL);
    const auto code = assemble("nop\n mov x2, #2\n hlt #0");
    machine.write_memory(0x1000, std::as_bytes(std::span(code)));
  });
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(2), 2u);
}

TEST_F(InterpreterTest, ASnapshotThatAMemoryHookTakesIsTheStateBeforeTheAccess) {
  load("mov x0, #1\n str x0, [x1]\n mov x0, #2\n str x0, [x1]\n hlt #0");
  machine.set_x(1, 0x2000);
  std::vector<Snapshot> snapshots;
  machine.set_memory_hook([&](const MemoryAccess&) { snapshots.push_back(machine.snapshot()); });
  machine.execute();
  EXPECT_EQ(machine.read<std::uint64_t>(0x2000), 2u);
  ASSERT_EQ(snapshots.size(), 2u);
  for (std::uint64_t i = 0; i < 2; ++i) {
    Machine other(MachineOptions{.memory_bytes = 0});
    other.restore(snapshots[i]);
    EXPECT_EQ(other.read<std::uint64_t>(0x2000), i);
    EXPECT_EQ(other.pc(), 0x1004 + i * 8);
    EXPECT_EQ(other.execute().stop_reason, StopReason::HALT);
    EXPECT_EQ(other.read<std::uint64_t>(0x2000), 2u);
  }
}

TEST_F(InterpreterTest, AnInstructionHookMayRewriteTheInstructionOrMovePc) {
  load("nop\n mov x0, #1\n mov x1, #1\n hlt #0");
  machine.set_instruction_hook([&](std::uint64_t pc) {
    if (pc == 0x1004) machine.write(0x1004, assemble("mov x0, #2")[0]);
    if (pc == 0x1008) machine.set_pc(0x100c);
  });
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine.x(0), 2u);
  EXPECT_EQ(machine.x(1), 0u);
}

TEST_F(InterpreterTest, AHookCannotRunTheMachineThatCallsIt) {
  load("str x0, [x1, #0x800]\n hlt #0");
  machine.set_memory_hook([&](const MemoryAccess&) { machine.step(); });
  EXPECT_THROW(machine.execute(), Error);
  machine.set_memory_hook({});
  EXPECT_EQ(machine.execute().stop_reason, StopReason::HALT);
}

TEST_F(InterpreterTest, BlocksStartBehindBranchesAndNotBehindServedCalls) {
  load("svc #1\n nop\n cbnz xzr, next\n next: hlt #0");
  std::vector<std::uint64_t> blocks;
  machine.set_block_hook([&](std::uint64_t pc) { blocks.push_back(pc); });
  machine.set_syscall_hook([](Machine&, std::uint32_t) { return true; });
  machine.execute();
  EXPECT_EQ(blocks, (std::vector<std::uint64_t>{0x1000, 0x100c}));
}

TEST_F(InterpreterTest, TheTimeoutHoldsWhereHooksAreSlow) {
  load("loop: str x0, [x1, #0x800]\n b loop");
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::microseconds(100)); };
  const auto expect_timeout = [&] {
    const RunResult result = machine.execute(RunOptions{.timeout_seconds = 0.01});
    EXPECT_EQ(result.stop_reason, StopReason::TIMEOUT);
    EXPECT_LT(result.elapsed_seconds, 2);
  };
  machine.set_memory_hook([&](const MemoryAccess&) { wait(); });
  expect_timeout();
  machine.set_memory_hook({});
  machine.set_instruction_hook([&](std::uint64_t) { wait(); });
  expect_timeout();
}

// Random programs: however a run is cut and watched, the same happens.

class RandomPrograms : public ::testing::Test {
 protected:
  static constexpr std::uint64_t MEMORY_BYTES = 64 * 1024;
  static constexpr std::uint64_t CODE_ADDRESS = 0x3e00;  // so that the program crosses into another page
  static constexpr std::uint64_t CODE_WORDS = 300;
  static constexpr std::uint64_t INSTRUCTIONS = 20'000;

  // A word of a random row; every word that is an instruction may come up.
  std::uint32_t random_instruction() {
    while (true) {
      const isa::RowInfo& row = isa::row(isa::Opcode{static_cast<std::uint16_t>(random() % isa::OPCODE_COUNT)});
      const std::uint32_t word = row.value | (static_cast<std::uint32_t>(random()) & ~row.mask);
      if (isa::decode(word) != isa::Opcode::UNDEFINED) return word;
    }
  }

  Snapshot random_start() {
    std::vector<std::uint32_t> code(CODE_WORDS);
    for (std::uint32_t& word : code) word = random_instruction();
    // The counter of instructions, which goes wrong where they are counted wrongly.
    for (int i = 0; i < 10; ++i) {
      code[random() % CODE_WORDS] = assemble("mrs x" + std::to_string(random() % 31) + ", cntvct_el0")[0];
    }
    // Short branches back, so that there are loops.
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t at = 40 + random() % (CODE_WORDS - 40);
      code[at] = assemble("tbz x" + std::to_string(random() % 31) + ", #" + std::to_string(random() % 64) + ", #-" +
                          std::to_string(4 + random() % 40 * 4))[0];
    }
    Machine machine(MachineOptions{.memory_bytes = MEMORY_BYTES});
    machine.load_program(code, CODE_ADDRESS);
    State& state = machine.state();
    for (std::uint64_t& x : state.x) x = random_pointer();
    state.sp = random_pointer() & ~15ull;
    for (VectorRegister& vector : state.vectors) vector = {random(), random()};
    return machine.snapshot();
  }

  std::uint64_t random_pointer() {
    switch (random() % 8) {
      case 0: return random();
      case 1: return CODE_ADDRESS + random() % CODE_WORDS * 4;
      case 2: return random() << 56 | random() % MEMORY_BYTES;
      default: return random() % MEMORY_BYTES;
    }
  }

  // Behind what stopped the machine; at an address that follows from its state where PC is no good.
  static void step_over(Machine& machine, const RunResult& result) {
    if (result.stop_reason == StopReason::MEMORY_FAULT && result.fault.access == Access::EXECUTE) {
      machine.set_pc(CODE_ADDRESS + (result.pc >> 2) % CODE_WORDS * 4);
    } else if (result.stop_reason != StopReason::SYSCALL) {
      machine.set_pc(result.pc + 4);
    }
    // Programs soon lose their pointers; they get new ones.
    for (unsigned i = 0; i < 31; i += 2) {
      if (machine.x(i) >= MEMORY_BYTES) machine.set_x(i, machine.x(i) % MEMORY_BYTES);
    }
  }

  struct Trace {
    std::vector<std::pair<StopReason, std::uint64_t>> stops;
    std::uint64_t instructions = 0;
    Hash128 hash;
    friend bool operator==(const Trace&, const Trace&) = default;
  };

  // Executes INSTRUCTIONS instructions, over all stops, in pieces as long as `next_length` says.
  static Trace run(
      Machine& machine, const std::function<std::uint64_t()>& next_length,
      const std::function<void()>& between = [] {}) {
    Trace trace;
    std::uint64_t faults = 0;
    while (trace.instructions < INSTRUCTIONS && faults < INSTRUCTIONS) {
      const std::uint64_t length = std::min(next_length(), INSTRUCTIONS - trace.instructions);
      const RunResult result = machine.execute(length);
      trace.instructions += result.instructions;
      if (result.stop_reason != StopReason::INSTRUCTION_LIMIT) {
        trace.stops.emplace_back(result.stop_reason, result.pc);
        step_over(machine, result);
        ++faults;
      }
      between();
    }
    trace.hash = machine.state_hash();
    return trace;
  }

  static std::uint64_t at_once() { return UNLIMITED; }
  std::function<std::uint64_t()> in_pieces(std::uint64_t longest) {
    return [this, longest] { return 1 + random() % longest; };
  }

  std::mt19937_64 random{20240229};
};

TEST_F(RandomPrograms, EndTheSameHoweverTheyAreRun) {
  std::uint64_t stops = 0;
  for (int program = 0; program < 60; ++program) {
    SCOPED_TRACE(program);
    const Snapshot start = random_start();
    Machine machine(MachineOptions{.memory_bytes = 0});
    const auto restored = [&]() -> Machine& {
      machine.set_memory_hook({});
      machine.set_block_hook({});
      machine.set_instruction_hook({});
      machine.restore(start);
      return machine;
    };
    const Trace expected = run(restored(), at_once);
    stops += expected.stops.size();
    EXPECT_EQ(machine.retired_instructions(), expected.instructions);
    ASSERT_EQ(run(restored(), at_once), expected) << "again";
    for (const std::uint64_t longest : {1u, 10u, 1100u, 3000u, 9000u}) {
      ASSERT_EQ(run(restored(), in_pieces(longest)), expected) << "pieces of up to " << longest;
    }

    std::uint64_t accesses = 0;
    restored().set_memory_hook([&](const MemoryAccess&) { ++accesses; });
    ASSERT_EQ(run(machine, in_pieces(5000)), expected) << "with a memory hook";
    restored().set_block_hook([](std::uint64_t) {});
    ASSERT_EQ(run(machine, in_pieces(5000)), expected) << "with a block hook";
    std::uint64_t instructions = 0;
    restored().set_instruction_hook([&](std::uint64_t) { ++instructions; });
    ASSERT_EQ(run(machine, in_pieces(5000)), expected) << "with an instruction hook";
    EXPECT_GE(instructions, expected.instructions);

    restored();
    std::vector<Snapshot> snapshots;
    ASSERT_EQ(run(machine, in_pieces(3000), [&] { snapshots.push_back(machine.snapshot()); }), expected)
        << "with snapshots";
    restored();
    ASSERT_EQ(run(machine, in_pieces(3000),
                  [&] {
                    const Snapshot here = machine.snapshot();
                    machine.execute(1 + random() % 4000);
                    machine.restore(here);
                    machine.execute(1 + random() % 4000);
                    machine.restore(here);
                  }),
              expected)
        << "with detours that are undone";

    Machine first(MachineOptions{.memory_bytes = 0});
    Machine second;
    first.restore(start);
    second.restore(start);
    first.execute(1 + random() % 5000);
    ASSERT_EQ(run(second, in_pieces(3000), [&] { first.execute(500); }), expected) << "beside another machine";
  }
  EXPECT_GT(stops, 1000u);
}

TEST_F(RandomPrograms, ThreadsEndTheSameFromOneSnapshot) {
  for (int program = 0; program < 4; ++program) {
    const Snapshot start = random_start();
    std::vector<Trace> traces(4);
    std::vector<std::thread> threads;
    for (Trace& trace : traces) {
      threads.emplace_back([&] {
        Machine machine(MachineOptions{.memory_bytes = 0});
        for (int round = 0; round < 3; ++round) {
          machine.restore(start);
          trace = run(machine, [round] { return 1000u + 1500u * static_cast<unsigned>(round); });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Trace& trace : traces) EXPECT_EQ(trace, traces[0]);
  }
}

}  // namespace
}  // namespace armillion
