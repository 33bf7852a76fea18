#include "engine/gpu/device_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/machine.hpp"
#include "engine/gpu/host_backend.hpp"
#include "support/assembler.hpp"

// One machine on each device, against one on the CPU.
namespace armillion {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::assemble;

constexpr const char* COUNT_FOR_EVER = "loop: add x0, x0, #1\n b loop";

constexpr const char* LOOP = R"(
    movz x1, #0x8000
    movz x2, #100
  again:
    str x0, [x1], #8
    add x0, x0, x2, lsl #3
    eor x3, x3, x0
    fmov d1, x0
    subs x2, x2, #1
    b.ne again
    hlt #7
)";

// The parameter is the device.
class DeviceMachineTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string device = GetParam();
    if (device == "cuda" && !why_no_gpu().empty()) GTEST_SKIP() << why_no_gpu();
    machine.emplace(MachineOptions{.device = device});
  }

  bool is_cpu() const { return GetParam() == std::string_view("cpu"); }

  void load(std::string_view text, std::uint64_t address = 0) {
    machine->load_program(assemble(text), address);
    reference.load_program(assemble(text), address);
  }
  void set_x(unsigned number, std::uint64_t value) {
    machine->set_x(number, value);
    reference.set_x(number, value);
  }

  void expect_same(const RunResult& result, const RunResult& expected) {
    EXPECT_EQ(result.stop_reason, expected.stop_reason)
        << name_of(result.stop_reason) << " instead of " << name_of(expected.stop_reason);
    EXPECT_EQ(result.instructions, expected.instructions);
    EXPECT_EQ(result.pc, expected.pc);
    EXPECT_EQ(result.immediate, expected.immediate);
    EXPECT_EQ(result.fault.address, expected.fault.address);
    EXPECT_EQ(result.fault.size, expected.fault.size);
    EXPECT_EQ(result.fault.access, expected.fault.access);
    EXPECT_EQ(result.fault.kind, expected.fault.kind);
    expect_same_machines();
  }
  void expect_same_machines() {
    EXPECT_EQ(machine->state(), reference.state());
    EXPECT_EQ(machine->retired_instructions(), reference.retired_instructions());
    EXPECT_EQ(machine->state_hash(), reference.state_hash());
  }
  // Runs both and compares.
  RunResult run(std::uint64_t limit = 1'000'000) {
    const RunResult result = machine->execute(limit);
    expect_same(result, reference.execute(limit));
    return result;
  }

  std::optional<Machine> machine;
  Machine reference;
};

// Results, stops, counts.

TEST_P(DeviceMachineTest, TellsItsDevice) {
  const std::string device = GetParam();
  EXPECT_TRUE(machine->device().starts_with(device)) << machine->device();
}

TEST_P(DeviceMachineTest, ALoopEndsAsOnTheCpu) {
  load(LOOP);
  EXPECT_EQ(run().stop_reason, StopReason::HALT);
}

TEST_P(DeviceMachineTest, EveryStopIsAsOnTheCpu) {
  for (const char* text : {
           "svc #5\n hlt #2", "hlt #3", "brk #4", "nop\n udf #0",
           "movz x1, #0x40, lsl #16\n ldr x0, [x1]",                                               // unmapped
           "movz x1, #0x40, lsl #16\n sub x1, x1, #4\n str q0, [x1]",                              // crosses the end
           "movz x1, #0x1001\n ldxr x0, [x1]",                                                     // alignment
           "movz x1, #0x1001\n stlr x0, [x1]",                                                     // of a store
           "movz x1, #0x1002\n br x1",                                                             // of the PC
           "movz x1, #0x80, lsl #32\n br x1",                                                      // unmapped PC
           "movz x1, #0x6000\n br x1",                                                             // zeros
           "movz x1, #0xab00, lsl #48\n movk x1, #0x2000\n str x1, [x1]\n ldr x2, [x1]\n hlt #0",  // tagged address
       }) {
    load(text);
    run();
    run(3);
  }
}

TEST_P(DeviceMachineTest, EveryLimitIsExactAndTheRunGoesOnFromThere) {
  load(LOOP);
  for (const std::uint64_t limit : {0, 1, 2, 3, 57, 100, 0, 1, 200, 1000}) run(limit);
}

TEST_P(DeviceMachineTest, TheVirtualCounterCountsFromTheStart) {
  load("again: mrs x0, cntvct_el0\n nop\n b again");
  run(1000);
  run(1001);
}

TEST_P(DeviceMachineTest, TheSyscallHookServesCallsWithoutStopping) {
  load("movz x5, #3\n again: svc #1\n str x0, [x1, #0x800]\n svc #2\n subs x5, x5, #1\n b.ne again\n hlt #0");
  for (Machine* each : {&*machine, &reference}) {
    each->set_syscall_hook([](Machine& self, std::uint32_t immediate) {
      self.set_x(0, self.x(0) + immediate + self.read<std::uint64_t>(0x800));
      return true;
    });
  }
  EXPECT_EQ(run().stop_reason, StopReason::HALT);
}

TEST_P(DeviceMachineTest, WhatAHookThrowsReachesTheCallerAndTheMachineCanGoOn) {
  load("movz x2, #1\n svc #0\n movz x2, #2\n hlt #0");
  machine->set_syscall_hook([](Machine&, std::uint32_t) -> bool { throw std::runtime_error("no"); });
  EXPECT_THROW(machine->execute(), std::runtime_error);
  EXPECT_EQ(machine->x(2), 1u);
  machine->set_syscall_hook({});
  EXPECT_EQ(machine->execute().stop_reason, StopReason::HALT);
  EXPECT_EQ(machine->x(2), 2u);
  EXPECT_EQ(machine->retired_instructions(), 4u);
}

TEST_P(DeviceMachineTest, BreakpointsStopBeforeTheirInstructionAndRunsGoOnThroughThem) {
  load("mov x0, #3\n loop: sub x0, x0, #1\n cbnz x0, loop\n hlt #0");
  const auto change = [&](auto&& action) {
    action(*machine);
    action(reference);
  };
  run(1);
  change([](Machine& each) { each.add_breakpoint(4); });
  // The run starts on it.
  for (int i = 0; i < 3; ++i) run();
  change([](Machine& each) {
    each.remove_breakpoint(4);
    each.add_breakpoint(12);
    each.set_pc(0);
  });
  EXPECT_EQ(run().pc, 12u);
  EXPECT_EQ(run().stop_reason, StopReason::HALT);
  EXPECT_TRUE(machine->has_breakpoint(12));
  EXPECT_FALSE(machine->has_breakpoint(4));
}

TEST_P(DeviceMachineTest, ABreakpointStopsInCodeThatTheGuestWrote) {
  // Copies its last two instructions to a page of zeros and calls them.
  load(R"(
      adr x1, code
      movz x2, #0x3000
      ldr x0, [x1]
      str x0, [x2]
      blr x2
      hlt #0
    code:
      add x5, x5, #1
      ret
  )");
  machine->add_breakpoint(0x3004);
  reference.add_breakpoint(0x3004);
  EXPECT_EQ(run().pc, 0x3004u);
  EXPECT_EQ(run().stop_reason, StopReason::HALT);
}

TEST_P(DeviceMachineTest, StepsThroughAProgram) {
  load(LOOP);
  machine->add_breakpoint(8);
  reference.add_breakpoint(8);
  for (int i = 0; i < 20; ++i) expect_same(machine->step(), reference.step());
}

// Code that changes.

TEST_P(DeviceMachineTest, CodeThatTheGuestRewritesIsExecutedAsRewritten) {
  set_x(0, assemble("mov x3, #77")[0]);
  load(R"(
      adr x1, target
      mov x4, #2
    again:
      bl target
      str w0, [x1]
      subs x4, x4, #1
      b.ne again
      svc #0
      b again
    target:
      mov x3, #11
      ret
  )");
  run();
  run();
  // The next run finds what the last one left.
  set_x(0, assemble("mov x3, #78")[0]);
  for (int i = 0; i < 3; ++i) run(20);
}

TEST_P(DeviceMachineTest, CodeThatTheHostRewritesIsExecutedAsRewritten) {
  load("mov x0, #1\n hlt #0");
  run();
  for (std::uint64_t address : {0u, 0x1000u, 0x2ff8u}) {
    load("mov x0, #2\n nop\n hlt #1", address);
    run();
    EXPECT_EQ(machine->x(0), 2u);
    set_x(0, 0);
  }
}

TEST_P(DeviceMachineTest, CodeThatRunsLongAfterItWasWrittenIsFound) {
  // Runs a loop in a page that it filled just before; long enough to be looked after.
  load(R"(
      adr x1, code
      movz x2, #0x3000
      ldp x5, x6, [x1]
      stp x5, x6, [x2]
      movz x7, #20, lsl #16
      br x2
    code:
      add x0, x0, #1
      subs x7, x7, #1
      b.ne code
      hlt #0
  )");
  EXPECT_EQ(run(UNLIMITED).stop_reason, StopReason::HALT);
}

// Memory.

TEST_P(DeviceMachineTest, WhatTheHostWritesBetweenRunsIsThere) {
  load("again: ldr x0, [x1]\n add x0, x0, #1\n str x0, [x1]\n svc #0\n b again");
  for (const std::uint64_t address : {0x5000, 0x5008, 0x9000, 0x200000, 0x5000}) {
    set_x(1, address);
    machine->write(address, address * 3);
    reference.write(address, address * 3);
    run();
    EXPECT_EQ(machine->read<std::uint64_t>(address), address * 3 + 1);
    run();
  }
}

TEST_P(DeviceMachineTest, APageThatWentAwayAndCameBackIsZeros) {
  load("again: ldr x0, [x1]\n add x2, x2, #1\n str x2, [x1]\n svc #0\n b again");
  for (const std::uint64_t address : {0x8000, 0x9000}) {
    set_x(1, address);
    machine->write(0x8000, std::uint64_t{5});
    reference.write(0x8000, std::uint64_t{5});
    run();
    for (Machine* each : {&*machine, &reference}) each->unmap_memory(0x8000, 0x2000);
    EXPECT_EQ(run().stop_reason, StopReason::MEMORY_FAULT);
    for (Machine* each : {&*machine, &reference}) each->map_memory(0x8000, 0x2000, Permissions::READ_WRITE);
    run();
    EXPECT_EQ(machine->x(0), 0u);
  }
}

TEST_P(DeviceMachineTest, PermissionsThatTheHostChangesHold) {
  load("again: str x0, [x1]\n svc #0\n b again");
  set_x(1, 0x8000);
  for (const Permissions permissions :
       {Permissions::READ, Permissions::ALL, Permissions::NONE, Permissions::READ_WRITE}) {
    machine->protect_memory(0x8000, 0x1000, permissions);
    reference.protect_memory(0x8000, 0x1000, permissions);
    run();
  }
  // And of the code itself.
  machine->protect_memory(0, 0x1000, Permissions::READ_WRITE);
  reference.protect_memory(0, 0x1000, Permissions::READ_WRITE);
  EXPECT_EQ(run().stop_reason, StopReason::MEMORY_FAULT);
}

TEST_P(DeviceMachineTest, RestoreBringsStateMemoryAndCodeBack) {
  load("ldr x0, [x1, #0x100]\n add x0, x0, #1\n str x0, [x1, #0x100]\n str w2, [x3]\n hlt #0");
  set_x(1, 0x10000);
  set_x(2, assemble("add x0, x0, #5")[0]);
  set_x(3, 4);
  const Snapshot start = machine->snapshot();
  const Snapshot expected_start = reference.snapshot();
  for (int i = 0; i < 3; ++i) {
    run();
    machine->set_pc(0);
    reference.set_pc(0);
    run();
    EXPECT_EQ(machine->x(0), 6u);
    machine->restore(start);
    reference.restore(expected_start);
    expect_same_machines();
  }
  // Also where the snapshot is another machine's.
  machine->restore(expected_start);
  run();
}

TEST_P(DeviceMachineTest, AnyMixOfRunsAndChangesOfTheHostEndsAsOnTheCpu) {
  // Adds up and stores at random places of 64 pages, some of which it executes.
  load(R"(
    again:
      mul x0, x0, x9
      add x0, x0, x10
      and x2, x11, x0, lsr #20
      add x2, x2, #0x10, lsl #12
      ldr x3, [x2]
      add x4, x4, x3
      str x4, [x2]
      tbz x0, #50, again
      blr x12
      b again
  )");
  set_x(9, 6364136223846793005u);
  set_x(10, 1442695040888963407u);
  set_x(11, 0x3fff8);
  set_x(12, 0x70000);
  std::mt19937_64 random(7);
  const auto both = [&](auto&& action) {
    action(*machine);
    action(reference);
  };
  std::vector<std::pair<Snapshot, Snapshot>> snapshots;
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const std::uint64_t page = 0x10000 + random() % 64 * 0x1000;
    const std::uint64_t pages = 1 + random() % 8;
    const auto permissions = static_cast<Permissions>(random() % 4 == 0 ? random() % 8 : 7);
    const std::uint64_t word = random();
    switch (random() % 8) {
      case 0: both([&](Machine& each) { each.map_memory(page, pages * 0x1000, permissions); }); break;
      case 1: both([&](Machine& each) { each.unmap_memory(page, 0x1000); }); break;
      case 2:
        both([&](Machine& each) {
          each.map_memory(page, 0x1000, Permissions::READ_WRITE);
          each.protect_memory(page, 0x1000, permissions);
        });
        break;
      case 3:
        both([&](Machine& each) {
          each.map_memory(0x70000, 0x1000, Permissions::ALL);
          each.load_program(assemble("add x5, x5, #3\n add x6, x6, x5\n ret"), 0x70000);
          if (word % 2 == 0) each.protect_memory(0x70000, 0x1000, Permissions::READ_EXECUTE);
        });
        break;
      case 4: snapshots.emplace_back(machine->snapshot(), reference.snapshot()); break;
      case 5:
        if (!snapshots.empty()) {
          const auto& [own, expected] = snapshots[word % snapshots.size()];
          machine->restore(own);
          reference.restore(expected);
        }
        break;
      default:
        both([&](Machine& each) {
          each.map_memory(0x20000, 0x4000, Permissions::ALL);
          each.write(0x20000 + word % 0x3ff8, word);
        });
    }
    both([&](Machine& each) { each.set_pc(0); });
    run(word % 3000);
  }
}

TEST_P(DeviceMachineTest, AGuestMayWriteFarMoreThanTheMemoryItBeganWith) {
  machine.emplace(MachineOptions{.memory_bytes = 0x10000, .device = GetParam()});
  reference = Machine(MachineOptions{.memory_bytes = 0x10000});
  load("again: str x1, [x1]\n add x1, x1, #1, lsl #12\n subs x2, x2, #1\n b.ne again\n svc #0\n b again");
  set_x(1, 0x8000);
  set_x(2, 2);
  run();
  for (Machine* each : {&*machine, &reference}) each->map_memory(1 << 28, 3000 * 4096, Permissions::READ_WRITE);
  set_x(1, 1 << 28);
  set_x(2, 3000);
  EXPECT_EQ(run().stop_reason, StopReason::SYSCALL);
  // What it no longer has makes room, too: addresses never come again here.
  for (std::uint64_t i = 1; i < 20; ++i) {
    for (Machine* each : {&*machine, &reference}) {
      each->unmap_memory((i << 28), 3000 * 4096);
      each->map_memory((i + 1) << 28, 300 * 4096, Permissions::READ_WRITE);
    }
    set_x(1, (i + 1) << 28);
    set_x(2, 300);
    EXPECT_EQ(run().stop_reason, StopReason::SYSCALL);
  }
}

TEST_P(DeviceMachineTest, ManyPagesMayComeAndGoAtOnce) {
  load("ldr x0, [x1]\n ldr x2, [x1, x3]\n hlt #0");
  run();
  machine->map_memory(1 << 30, 6000 * 4096, Permissions::READ_WRITE);
  reference.map_memory(1 << 30, 6000 * 4096, Permissions::READ_WRITE);
  const std::vector<std::byte> bytes(6000 * 4096, std::byte{0x5a});
  for (const std::size_t size : {std::size_t{40 * 4096}, bytes.size()}) {
    machine->write_memory(1 << 30, std::span(bytes).first(size));
    reference.write_memory(1 << 30, std::span(bytes).first(size));
    set_x(1, 1 << 30);
    set_x(3, size - 8);
    machine->set_pc(0);
    reference.set_pc(0);
    run();
    EXPECT_EQ(machine->x(2), 0x5a5a'5a5a'5a5a'5a5au);
  }
}

// What devices do not do.

TEST_P(DeviceMachineTest, WatchpointsAndHooksOfTheInterpreterAreRefusedElsewhere) {
  if (is_cpu()) GTEST_SKIP() << "they are there";
  const auto expect_refusal = [&](auto&& action, const char* what) {
    try {
      action();
      ADD_FAILURE() << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::INVALID_ARGUMENT);
      EXPECT_TRUE(std::string_view(error.what()).contains(what)) << error.what();
      EXPECT_TRUE(std::string_view(error.what()).contains("'cpu'")) << error.what();
    }
  };
  expect_refusal([&] { machine->add_watchpoint(0x1000, 8, Access::WRITE); }, "watchpoints");
  expect_refusal([&] { machine->set_memory_hook([](const MemoryAccess&) {}); }, "memory hooks");
  expect_refusal([&] { machine->set_block_hook([](std::uint64_t) {}); }, "block hooks");
  expect_refusal([&] { machine->set_instruction_hook([](std::uint64_t) {}); }, "instruction hooks");
  machine->set_memory_hook({});
}

// The modes.

TEST_P(DeviceMachineTest, ContinuousRunsBatchAfterBatch) {
  load(LOOP);
  const RunResult result = machine->execute_continuous({.batch_instructions = 7, .max_batches = 10});
  expect_same(result, reference.execute(70));
  expect_same(machine->execute_continuous({.batch_instructions = 50}), reference.execute());
  EXPECT_THROW(machine->execute_continuous({.batch_instructions = 0}), Error);
}

TEST_P(DeviceMachineTest, ContinuousMayLeaveTheNextBatchToTheDevice) {
  load(LOOP);
  expect_same(machine->execute_continuous({.batch_instructions = 7, .max_batches = 3, .dispatch = Dispatch::DEVICE}),
              reference.execute(21));
  expect_same(machine->execute_continuous({.batch_instructions = 7, .dispatch = Dispatch::DEVICE}),
              reference.execute());
}

TEST_P(DeviceMachineTest, ContinuousStopsAtItsTimeout) {
  load(COUNT_FOR_EVER);
  const auto start = steady_clock::now();
  const RunResult result = machine->execute_continuous({.batch_instructions = 1000, .timeout_seconds = 0.03});
  EXPECT_EQ(result.stop_reason, StopReason::TIMEOUT);
  EXPECT_GE(steady_clock::now() - start, milliseconds(30));
  reference.execute(result.instructions);
  expect_same_machines();
}

TEST_P(DeviceMachineTest, MegaRunsTheWholeBudget) {
  load(COUNT_FOR_EVER);
  const RunResult result = machine->execute_mega(300'001);
  expect_same(result, reference.execute(300'001));
  EXPECT_EQ(result.stop_reason, StopReason::INSTRUCTION_LIMIT);
}

TEST_P(DeviceMachineTest, ATimeoutStopsInTimeAndTheRunGoesOn) {
  load(COUNT_FOR_EVER);
  const auto start = steady_clock::now();
  const RunResult result = machine->execute(RunOptions{.timeout_seconds = 0.02});
  const auto elapsed = steady_clock::now() - start;
  EXPECT_EQ(result.stop_reason, StopReason::TIMEOUT);
  EXPECT_GE(elapsed, milliseconds(20));
  EXPECT_LT(elapsed, milliseconds(200));
  reference.execute(result.instructions);
  expect_same_machines();
  run(1001);
}

TEST_P(DeviceMachineTest, ACancellationBeforeARunStopsIt) {
  load(COUNT_FOR_EVER);
  machine->cancel();
  EXPECT_EQ(machine->execute().stop_reason, StopReason::CANCELLED);
  EXPECT_EQ(machine->retired_instructions(), 0u);
  run(10);
}

class DeviceMachineThreads : public DeviceMachineTest {};

TEST_P(DeviceMachineThreads, ARunInTheBackgroundEndsAsOneInTheForeground) {
  load(LOOP);
  EXPECT_THROW(machine->wait(), Error);
  for (int i = 0; i < 5; ++i) {
    machine->start({.instruction_limit = 100});
    const RunResult result = machine->wait();
    expect_same(result, reference.execute(100));
    EXPECT_FALSE(machine->is_running());
    EXPECT_EQ(machine->poll().instructions, result.instructions);
    EXPECT_EQ(machine->wait().instructions, result.instructions);
  }
  run();
}

TEST_P(DeviceMachineThreads, ProgressMovesAndACancellationLeavesAnExactState) {
  load(COUNT_FOR_EVER);
  EXPECT_FALSE(machine->poll().is_running);
  machine->start();
  std::uint64_t last = 0;
  for (int moves = 0; moves < 5;) {
    const Progress progress = machine->poll();
    ASSERT_TRUE(progress.is_running);
    ASSERT_GE(progress.instructions, last);
    if (progress.instructions > last) ++moves;
    last = progress.instructions;
    std::this_thread::yield();
  }
  const auto start = steady_clock::now();
  machine->cancel();
  const RunResult result = machine->wait();
  EXPECT_LT(steady_clock::now() - start, milliseconds(200));
  EXPECT_EQ(result.stop_reason, StopReason::CANCELLED);
  EXPECT_GE(result.instructions, last);
  EXPECT_EQ(machine->poll().instructions, result.instructions);
  reference.execute(result.instructions);
  expect_same_machines();
  run(1000);
}

TEST_P(DeviceMachineThreads, AMachineThatIsRunningRefusesEverythingElse) {
  load(COUNT_FOR_EVER);
  const Snapshot snapshot = machine->snapshot();
  machine->start();
  EXPECT_TRUE(machine->is_running());
  EXPECT_THROW(machine->start(), Error);
  EXPECT_THROW(machine->execute(1), Error);
  EXPECT_THROW(machine->state(), Error);
  EXPECT_THROW(machine->set_x(0, 1), Error);
  EXPECT_THROW(machine->write(0x8000, 1), Error);
  EXPECT_THROW(machine->read<int>(0x8000), Error);
  EXPECT_THROW(machine->map_memory(0, 0x1000, Permissions::ALL), Error);
  EXPECT_THROW(machine->snapshot(), Error);
  EXPECT_THROW(machine->restore(snapshot), Error);
  EXPECT_THROW(machine->state_hash(), Error);
  EXPECT_THROW(machine->retired_instructions(), Error);
  EXPECT_THROW(machine->add_breakpoint(0), Error);
  EXPECT_THROW(machine->set_syscall_hook({}), Error);
  EXPECT_FALSE(machine->device().empty());
  machine->cancel();
  machine->wait();
  machine->restore(snapshot);
  run(10);
}

TEST_P(DeviceMachineThreads, AMachineMayBeMovedAndDestroyedWhileItRuns) {
  load("again: add x0, x0, #1\n svc #0\n b again");
  std::atomic<int> calls = 0;
  machine->set_syscall_hook([&](Machine& self, std::uint32_t) {
    self.set_x(1, self.x(1) + 1);
    ++calls;
    return true;
  });
  machine->start();
  Machine moved = std::move(*machine);
  const int seen = calls;
  while (calls < seen + 3) std::this_thread::yield();
  EXPECT_TRUE(moved.is_running());
  Machine other(MachineOptions{.device = GetParam()});
  other.load_program(assemble(COUNT_FOR_EVER));
  other.start();
  other = std::move(moved);
  EXPECT_TRUE(other.is_running());
  other.cancel();
  EXPECT_EQ(other.wait().stop_reason, StopReason::CANCELLED);
  EXPECT_EQ(other.x(0), static_cast<std::uint64_t>(calls));
  other.start();
}

TEST_P(DeviceMachineThreads, WhatAHookThrowsInTheBackgroundIsThrownByWait) {
  load("movz x2, #1\n svc #0\n movz x2, #2\n hlt #0");
  machine->set_syscall_hook([](Machine& self, std::uint32_t) -> bool {
    EXPECT_EQ(self.x(2), 1u);
    throw std::runtime_error("no");
  });
  machine->start();
  EXPECT_THROW(machine->wait(), std::runtime_error);
  machine->set_syscall_hook({});
  machine->start();
  EXPECT_EQ(machine->wait().stop_reason, StopReason::HALT);
}

TEST_P(DeviceMachineThreads, StartReturnsAtOnce) {
  load(COUNT_FOR_EVER);
  auto fastest = steady_clock::duration::max();
  for (int i = 0; i < 10; ++i) {
    const auto start = steady_clock::now();
    machine->start();
    fastest = std::min(fastest, steady_clock::now() - start);
    machine->cancel();
    machine->wait();
  }
  EXPECT_LT(fastest, milliseconds(1));
}

std::string name_of_device(const ::testing::TestParamInfo<const char*>& info) {
  return info.param == std::string_view("host-lanes") ? "HostLanes" : info.param;
}

INSTANTIATE_TEST_SUITE_P(Devices, DeviceMachineTest, ::testing::Values("cpu", "host-lanes"), name_of_device);
INSTANTIATE_TEST_SUITE_P(Gpu, DeviceMachineTest, ::testing::Values("cuda"), name_of_device);
INSTANTIATE_TEST_SUITE_P(Devices, DeviceMachineThreads, ::testing::Values("cpu", "host-lanes"), name_of_device);
INSTANTIATE_TEST_SUITE_P(Gpu, DeviceMachineThreads, ::testing::Values("cuda"), name_of_device);

TEST(DeviceChoice, AnUnknownDeviceIsAnErrorThatNamesWhatThereIs) {
  for (const char* device : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"}) {
    try {
      const Machine machine(MachineOptions{.device = device});
      ADD_FAILURE() << device;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::INVALID_ARGUMENT);
      EXPECT_TRUE(std::string_view(error.what()).contains("'cpu'")) << error.what();
      EXPECT_TRUE(std::string_view(error.what()).contains("'host-lanes'")) << error.what();
    }
  }
}

TEST(DeviceChoice, WithoutAGpuTheErrorSaysWhatIsMissing) {
  if (why_no_gpu().empty()) GTEST_SKIP() << "there is a GPU";
  for (const char* device : {"cuda", "cuda:0"}) {
    try {
      const Machine machine(MachineOptions{.device = device});
      ADD_FAILURE() << device;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::UNAVAILABLE);
      EXPECT_TRUE(std::string_view(error.what()).contains(why_no_gpu())) << error.what();
    }
  }
}

}  // namespace

namespace engine::gpu {
namespace {

// A device whose memory does not grow, and which has only so much.
class SmallBackend final : public Backend {
 public:
  explicit SmallBackend(std::uint64_t limit_bytes) : inner_(make_host_backend(1)), limit_bytes_(limit_bytes) {}

  std::uint64_t trips = 0;
  std::uint64_t launches = 0;

  std::string name() const override { return "small"; }
  std::uint32_t warp_lanes() const override { return inner_->warp_lanes(); }
  std::uint32_t resident_warps() const override { return 1; }
  std::uint64_t free_memory_bytes() const override { return limit_bytes_; }
  std::unique_ptr<DeviceMemory> allocate(std::uint64_t size_bytes) override { return inner_->allocate(size_bytes); }
  std::unique_ptr<DeviceMemory> reserve(std::uint64_t size_bytes, std::uint64_t) override {
    if (size_bytes > limit_bytes_) throw Error(ErrorCode::OUT_OF_MEMORY, "the small device has not enough memory");
    return inner_->reserve(size_bytes, size_bytes);
  }
  std::unique_ptr<MappedMemory> allocate_mapped(std::uint64_t size_bytes) override {
    return inner_->allocate_mapped(size_bytes);
  }
  void write(DeviceAddress destination, std::span<const std::byte> source) override {
    ++trips;
    inner_->write(destination, source);
  }
  void read(std::span<std::byte> destination, DeviceAddress source) override {
    ++trips;
    inner_->read(destination, source);
  }
  void launch(Kernel kernel, std::uint32_t warps, DeviceAddress parameters) override {
    ++launches;
    inner_->launch(kernel, warps, parameters);
  }
  void launch_tensor(TensorKernel kernel, std::uint32_t blocks, std::uint32_t threads,
                     DeviceAddress parameters) override {
    inner_->launch_tensor(kernel, blocks, threads, parameters);
  }
  bool is_idle() override { return inner_->is_idle(); }
  void wait() override { inner_->wait(); }

 private:
  std::unique_ptr<Backend> inner_;
  std::uint64_t limit_bytes_;
};

class SmallDeviceTest : public ::testing::Test {
 protected:
  SmallDeviceTest() {
    auto owned = std::make_unique<SmallBackend>(8 << 20);
    backend = owned.get();
    device = std::make_unique<DeviceMachine>(std::move(owned), memory, state);
    memory.map(0, 0x10000, Permissions::ALL);
  }

  DeviceMachine::Outcome run(std::uint64_t limit = UNLIMITED) {
    return device->run(limit, retired, DeviceMachine::Start::BY_HOST, [] { return StopReason::RUNNING; }, UNLIMITED);
  }
  void load(std::string_view text) {
    const std::vector<std::uint32_t> words = assemble(text);
    memory.write(0, std::as_bytes(std::span(words)));
  }

  guest::AddressSpace memory{std::uint64_t{1} << 32};
  State state;
  std::uint64_t retired = 0;
  SmallBackend* backend = nullptr;
  std::unique_ptr<DeviceMachine> device;
};

TEST_F(SmallDeviceTest, WithoutMemoryTheRunStopsAndGoesOnOnceThereIsSome) {
  load("again: str x1, [x1]\n add x1, x1, #1, lsl #12\n subs x2, x2, #1\n b.ne again\n hlt #0");
  memory.map(1 << 28, 4000 * 4096, Permissions::READ_WRITE);
  state.x[1] = 1 << 28;
  state.x[2] = 4000;
  const auto outcome = run();
  EXPECT_EQ(outcome.reason, StopReason::OUT_OF_MEMORY);
  EXPECT_EQ(state.pc, 0u);
  EXPECT_GT(state.x[2], 0u);
  EXPECT_EQ(outcome.retired, (4000 - state.x[2]) * 4);
  EXPECT_EQ(memory.read_value<std::uint64_t>(state.x[1] - 4096), state.x[1] - 4096);
  // The guest gives back what it wrote, and what it still wants fits.
  EXPECT_LT(state.x[2], 3500u);
  memory.unmap(1 << 28, state.x[1] - (1 << 28));
  state.x[2] = 500;
  EXPECT_EQ(run().reason, StopReason::HALT);
  EXPECT_EQ(retired, outcome.retired + 500 * 4 + 1);
}

TEST_F(SmallDeviceTest, AStopCostsFewTrips) {
  load("again: svc #0\n b again");
  for (int i = 0; i < 3; ++i) run();
  backend->trips = backend->launches = 0;
  run();
  EXPECT_EQ(backend->trips, 2u);
  EXPECT_EQ(backend->launches, 1u);

  load("again: str x0, [x1]\n add x0, x0, #1\n svc #0\n b again");
  state.pc = 0;
  state.x[1] = 0x5000;
  for (int i = 0; i < 3; ++i) run();
  backend->trips = backend->launches = 0;
  // What the lane wrote costs two more, and its pages are clean again; what the host wrote costs one.
  memory.write_value<std::uint64_t>(0x5008, 1);
  run();
  EXPECT_EQ(backend->trips, 5u);
  EXPECT_EQ(backend->launches, 2u);
}

}  // namespace
}  // namespace engine::gpu
}  // namespace armillion
