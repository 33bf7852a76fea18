#include "armillion/fleet.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "armillion/device.hpp"
#include "support/assembler.hpp"

namespace armillion {
namespace {

using test::assemble;

// The parameter is the device. Each lane must end as a machine of its own does.
class FleetTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "cuda" && !why_no_gpu().empty()) GTEST_SKIP() << "there is no GPU: " << why_no_gpu();
  }

  FleetOptions options(std::uint64_t lanes) const { return {.lanes = lanes, .device = GetParam()}; }

  // What the lane would be alone, from `start`, with this state.
  static void expect_like_alone(Fleet& fleet, std::uint64_t lane, Machine& alone, const RunResult& expected) {
    const LaneResult result = fleet.result(lane);
    EXPECT_EQ(result.stop_reason, expected.stop_reason) << name_of(result.stop_reason) << " in lane " << lane;
    EXPECT_EQ(result.instructions, expected.instructions);
    EXPECT_EQ(result.pc, expected.pc);
    EXPECT_EQ(fleet.state(lane), alone.state());
    EXPECT_EQ(fleet.state_hash(lane), alone.state_hash());
    if (expected.stop_reason == StopReason::MEMORY_FAULT) {
      EXPECT_EQ(result.fault.address, expected.fault.address);
      EXPECT_EQ(result.fault.access, expected.fault.access);
      EXPECT_EQ(result.fault.kind, expected.fault.kind);
    }
  }
};

// By X0 modulo 8: stores and halts, faults, is undefined, loops for ever, makes a call, reads and writes far apart.
constexpr const char* MANY_ENDS = R"(
    and x1, x0, #7
    adr x2, table
    ldrsw x3, [x2, x1, lsl #2]
    add x3, x2, x3
    br x3
  table:
    .word sum - table, fault - table, undefined - table, forever - table, call - table, pages - table, sum - table
    .word sum - table
  sum:
    movz x4, #0x8000
    and x5, x0, #0x1ff
  again:
    str x5, [x4], #8
    add x6, x6, x5
    mul x6, x6, x0
    subs x5, x5, #1
    b.pl again
    hlt #1
  fault:
    str x0, [x4, #8]
    movz x4, #0x1000, lsl #16
    str x0, [x4]
  undefined:
    .inst 0
  forever:
    add x6, x6, #1
    b forever
  call:
    svc #7
    hlt #2
  pages:
    movz x4, #0x1
    movz x5, #40
  page:
    lsl x7, x4, #12
    str x4, [x7, x0, lsl #0]
    add x4, x4, #1
    subs x5, x5, #1
    b.ne page
    hlt #3
)";

TEST_P(FleetTest, LanesEndAsTheyDoAlone) {
  constexpr std::uint64_t LANES = 200;
  Machine start;
  start.load_program(assemble(MANY_ENDS));
  Fleet fleet(start, options(LANES));
  std::vector<std::uint64_t> inputs(LANES);
  for (std::uint64_t i = 0; i < LANES; ++i) inputs[i] = i * 2654435761u % 4096 / 8 * 8 + i % 8;
  fleet.set_x(0, inputs);
  const FleetResult outcome = fleet.run({.instruction_limit = 50'000});
  const Snapshot snapshot = start.snapshot();
  std::uint64_t instructions = 0;
  FleetResult expected_outcome;
  for (std::uint64_t lane = 0; lane < LANES; ++lane) {
    start.restore(snapshot);
    start.set_x(0, inputs[lane]);
    const RunResult expected = start.execute(50'000);
    expect_like_alone(fleet, lane, start, expected);
    instructions += expected.instructions;
    ++expected_outcome.stops[static_cast<std::size_t>(expected.stop_reason)];
  }
  EXPECT_EQ(outcome.instructions, instructions);
  EXPECT_EQ(outcome.stops, expected_outcome.stops);
  EXPECT_GT(outcome.ips(), 0);
}

TEST_P(FleetTest, ALaneEndsTheSameAmongOthers) {
  Machine start;
  start.load_program(assemble(MANY_ENDS));
  Fleet many(start, options(70));
  std::vector<std::uint64_t> inputs(70);
  for (std::uint64_t i = 0; i < inputs.size(); ++i) inputs[i] = i * 5 + 3;
  many.set_x(0, inputs);
  many.run({.instruction_limit = 3000});
  for (const std::uint64_t lane : {0, 1, 31, 33, 69}) {
    Fleet alone(start, options(1));
    alone.set_x(0, std::array{inputs[lane]});
    alone.run({.instruction_limit = 3000});
    EXPECT_EQ(alone.state_hash(0), many.state_hash(lane));
    EXPECT_EQ(alone.result(0).instructions, many.result(lane).instructions);
    EXPECT_EQ(alone.result(0).stop_reason, many.result(lane).stop_reason);
  }
}

TEST_P(FleetTest, UnalignedAccessesOfTheFirstPageAreChecked) {
  // Page 0 is the one whose address has no bits. Lanes of one warp write to it; those of another read it afterwards.
  Machine start;
  start.load_program(assemble(R"(
      movz x1, #1
      ldr x2, [x1, #7]
      cbz x0, read
      str x0, [x1, #256]
    read:
      ldr x3, [x1, #256]
      hlt #0
  )"),
                     0x10000);
  Fleet fleet(start, options(64));
  std::vector<std::uint64_t> values(64);
  values[0] = 0x1234;
  fleet.set_x(0, values);
  fleet.run();
  EXPECT_EQ(fleet.x(3), values);
  Machine without_page({.memory_bytes = 0});
  without_page.map_memory(0x10000, 4096, Permissions::ALL);
  without_page.load_program(assemble("movz x1, #1\n ldr x2, [x1]\n hlt #0"), 0x10000);
  Fleet faulting(without_page, options(2));
  EXPECT_EQ(faulting.run().stopped_by(StopReason::MEMORY_FAULT), 2u);
}

TEST_P(FleetTest, RunsInPieces) {
  Machine start;
  start.load_program(assemble(MANY_ENDS));
  Fleet fleet(start, options(40));
  fleet.set_x(0, std::vector<std::uint64_t>(40, 400));
  for (int i = 0; i < 7; ++i) {
    const FleetResult outcome = fleet.run({.instruction_limit = 13});
    EXPECT_EQ(outcome.stopped_by(StopReason::INSTRUCTION_LIMIT), 40u);
    EXPECT_EQ(outcome.instructions, 40u * 13);
  }
  fleet.run();
  start.set_x(0, 400);
  const RunResult expected = start.execute();
  expect_like_alone(fleet, 39, start, expected);
  // A lane that has halted stays so.
  EXPECT_EQ(fleet.run().instructions, 0u);
}

TEST_P(FleetTest, LanesHaveLimitsOfTheirOwn) {
  Machine start;
  start.load_program(assemble("again: add x1, x1, #1\n b again"));
  Fleet fleet(start, options(3));
  fleet.set_instruction_limit(1, 10);
  fleet.run({.instruction_limit = 100});
  EXPECT_EQ(fleet.result(0).instructions, 100u);
  EXPECT_EQ(fleet.result(1).instructions, 10u);
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::INSTRUCTION_LIMIT);
  fleet.run({.instruction_limit = 100});
  EXPECT_EQ(fleet.result(0).instructions, 200u);
  EXPECT_EQ(fleet.result(1).instructions, 10u);
  fleet.set_instruction_limit(1, 7);
  fleet.run({.instruction_limit = 100});
  EXPECT_EQ(fleet.result(1).instructions, 17u);
}

TEST_P(FleetTest, GoesOnBehindACallAndABreakpoint) {
  Machine start;
  start.load_program(assemble("svc #3\n add x1, x1, #1\n add x1, x1, #2\n hlt #0"));
  start.add_breakpoint(8);
  Fleet fleet(start, options(2));
  fleet.run();
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::SYSCALL);
  EXPECT_EQ(fleet.result(1).immediate, 3u);
  fleet.run();
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::BREAKPOINT);
  EXPECT_EQ(fleet.result(1).pc, 8u);
  fleet.run();
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::HALT);
  EXPECT_EQ(fleet.x(1), (std::vector<std::uint64_t>{3, 3}));
}

TEST_P(FleetTest, MemoryOfLanesIsReadAndWritten) {
  Machine start;
  start.load_program(assemble("movz x1, #0x8ffc\n ldr x0, [x1]\n add x0, x0, #1\n str x0, [x1, #16]\n hlt #0"));
  start.write<std::uint64_t>(0x9004, 5);
  Fleet fleet(start, options(33));
  std::vector<std::uint64_t> values(33);
  for (std::uint64_t i = 0; i < values.size(); ++i) values[i] = i * 1'000'000'007;
  fleet.write_memory_of_all(0x8ffc, std::as_bytes(std::span(values)));
  fleet.write_memory(7, 0x8ffc, std::as_bytes(std::span(values).first(1)));
  fleet.run();
  const std::vector<std::byte> bytes = fleet.read_memory_of_all(0x900c, 8);
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + i * 8, 8);
    EXPECT_EQ(value, i == 7 ? 1 : values[i] + 1);
    std::uint64_t shared = 0;
    fleet.read_memory(i, 0x9004, std::as_writable_bytes(std::span(&shared, 1)));
    EXPECT_EQ(shared, i == 7 ? 5u : 5u);
  }
  std::array<std::byte, 8> out_of_bounds{};
  EXPECT_THROW(fleet.read_memory(3, 4 * 1024 * 1024 - 4, out_of_bounds), Error);
  EXPECT_THROW(fleet.write_memory(3, 4 * 1024 * 1024 - 4, out_of_bounds), Error);
}

TEST_P(FleetTest, ResetsLanes) {
  Machine start;
  start.load_program(assemble("movz x1, #0x8000\n ldr x2, [x1]\n add x2, x2, #1\n str x2, [x1]\n hlt #0"));
  start.write<std::uint64_t>(0x8000, 41);
  Fleet fleet(start, options(40));
  fleet.run();
  const Hash128 done = fleet.state_hash(5);
  fleet.reset(5);
  EXPECT_EQ(fleet.state_hash(5), start.state_hash());
  EXPECT_EQ(fleet.state_hash(6), done);
  EXPECT_EQ(fleet.result(5).stop_reason, StopReason::RUNNING);
  EXPECT_EQ(fleet.run().instructions, 5u);
  EXPECT_EQ(fleet.state_hash(5), done);
  fleet.reset();
  EXPECT_EQ(fleet.state_hash(39), start.state_hash());
  EXPECT_EQ(fleet.run().instructions, 40u * 5);
  EXPECT_EQ(fleet.state_hash(39), done);
}

TEST_P(FleetTest, RefillsLanesWhileOthersRun) {
  // Counts X0 down; X0 of lane 3 never ends.
  Machine start;
  start.load_program(assemble("again: add x1, x1, #1\n subs x0, x0, #1\n b.ne again\n hlt #0"));
  Fleet fleet(start, options(8));
  std::vector<std::uint64_t> counts(8, 5);
  counts[3] = ~std::uint64_t{0};
  fleet.set_x(0, counts);
  std::vector<int> refills(8);
  FleetRunOptions run_options{.instruction_limit = 3'000'000};
  run_options.on_stop = [&](std::uint64_t lane) {
    if (fleet.result(lane).stop_reason != StopReason::HALT || refills[lane] == 3) return false;
    ++refills[lane];
    State state = start.state();
    state.x[0] = lane + 10;
    state.x[1] = fleet.state(lane).x[1];
    fleet.set_state(lane, state);
    return true;
  };
  fleet.run(run_options);
  for (std::uint64_t lane = 0; lane < 8; ++lane) {
    if (lane == 3) {
      EXPECT_EQ(fleet.result(lane).stop_reason, StopReason::INSTRUCTION_LIMIT);
      EXPECT_EQ(fleet.result(lane).instructions, 3'000'000u);
    } else {
      EXPECT_EQ(fleet.x(1)[lane], 5 + 3 * (lane + 10));
      EXPECT_EQ(refills[lane], 3);
    }
  }
}

TEST_P(FleetTest, CallsAFunctionInEveryLane) {
  Machine start;
  // (integer, integer, float) -> float through the stack, and recursion.
  start.load_program(assemble(R"(
    work:
      stp x29, x30, [sp, #-32]!
      str x0, [sp, #16]
      add x0, x0, x1
      bl double
      scvtf s1, x0
      fadd s0, s0, s1
      ldr x0, [sp, #16]
      ldp x29, x30, [sp], #32
      ret
    double:
      add x0, x0, x0
      ret
  )"));
  start.set_x(31, 0x20000);
  constexpr std::uint64_t LANES = 100;
  Fleet fleet(start, options(LANES));
  std::vector<std::int64_t> first(LANES);
  std::vector<std::uint32_t> second(LANES);
  std::vector<float> third(LANES);
  for (std::uint64_t i = 0; i < LANES; ++i) {
    first[i] = static_cast<std::int64_t>(i) - 50;
    second[i] = static_cast<std::uint32_t>(i * 3);
    third[i] = static_cast<float>(i) / 7;
  }
  for (int round = 0; round < 2; ++round) {
    const std::vector<float> sums = fleet.call<float(std::int64_t, std::uint32_t, float)>(0, first, second, third);
    for (std::uint64_t i = 0; i < LANES; ++i) {
      EXPECT_EQ(sums[i], third[i] + static_cast<float>(2 * (first[i] + static_cast<std::int64_t>(second[i]))));
    }
  }
  const std::array counting{CallArgument::counting_from(CallArgument::Kind::INTEGER, 1'000'000)};
  const CallResult doubled = fleet.call(0x24, counting);
  ASSERT_TRUE(doubled.all_returned());
  EXPECT_EQ(doubled.instructions, LANES * 2);
  for (std::uint64_t i = 0; i < LANES; ++i) EXPECT_EQ(doubled.values[i], 2 * (1'000'000 + i));
  EXPECT_EQ(fleet.result(4).stop_reason, StopReason::RETURNED);
  EXPECT_EQ(fleet.result(4).instructions, 2u);
  // Afterwards lanes are as they were.
  EXPECT_EQ(fleet.state(9), start.state());
}

TEST_P(FleetTest, ComparesCalls) {
  Machine start;
  // The second function has bit 40 of the result set where bit 3 of the argument is, and fails for 0x105.
  start.load_program(assemble(R"(
      lsl x0, x0, #1
      ret
    other:
      cmp x0, #0x105
      b.eq 1f
      ubfx x1, x0, #3, #1
      lsl x0, x0, #1
      orr x0, x0, x1, lsl #40
      ret
    1: udf #0
  )"));
  constexpr std::uint64_t OTHER = 8;
  Fleet fleet(start, options(100));
  std::uint64_t most_stopped = 0;
  FleetRunOptions run_options;
  run_options.on_progress = [&](const FleetProgress& progress) {
    most_stopped = std::max(most_stopped, progress.stopped_lanes);
  };
  const auto compare = [&](std::uint64_t first_argument, unsigned bits) {
    const std::array arguments{CallArgument::counting_from(CallArgument::Kind::INTEGER, first_argument)};
    return fleet.compare_calls(0, OTHER, arguments, CallArgument::Kind::INTEGER, bits, run_options);
  };
  const CallComparison whole = compare(0, 64);
  EXPECT_EQ(whole.first.stopped_by(StopReason::RETURNED), 100u);
  EXPECT_EQ(whole.second.stopped_by(StopReason::RETURNED), 100u);
  EXPECT_EQ(whole.first.instructions, 200u);
  EXPECT_EQ(whole.second.instructions, 600u);
  std::vector<std::uint64_t> lanes;
  for (const CallDifference& difference : whole.differences) {
    lanes.push_back(difference.lane);
    EXPECT_EQ(difference.first, (CallOutcome{StopReason::RETURNED, difference.lane * 2}));
    EXPECT_EQ(difference.second, (CallOutcome{StopReason::RETURNED, difference.lane * 2 | 1ull << 40}));
  }
  std::vector<std::uint64_t> expected;
  for (std::uint64_t lane = 0; lane < 100; ++lane) {
    if ((lane & 8) != 0) expected.push_back(lane);
  }
  EXPECT_EQ(lanes, expected);
  EXPECT_EQ(fleet.result(3).instructions, 6u);
  EXPECT_EQ(fleet.state(9), start.state());

  EXPECT_TRUE(compare(0, 40).differences.empty());
  EXPECT_LE(most_stopped, 200u);

  const CallComparison failing = compare(0x100, 40);
  ASSERT_EQ(failing.differences.size(), 1u);
  EXPECT_EQ(failing.differences[0].lane, 5u);
  EXPECT_EQ(failing.differences[0].first, (CallOutcome{StopReason::RETURNED, 0x20a}));
  EXPECT_EQ(failing.differences[0].second.stop_reason, StopReason::UNDEFINED_INSTRUCTION);
  EXPECT_EQ(compare(0x100, 64).differences.size(), 49u);  // 48 with bit 3, and that one

  EXPECT_THROW(compare(0, 0), Error);
  EXPECT_THROW(compare(0, 65), Error);
}

TEST_P(FleetTest, ComparesCallsThatAllDiffer) {
  Machine start;
  start.load_program(assemble("ret\n add x0, x0, #1\n ret"));
  constexpr std::uint64_t LANES = (1 << 16) + 100;  // more than a device notes by itself
  Fleet fleet(start, options(LANES));
  const std::array arguments{CallArgument::counting_from(CallArgument::Kind::INTEGER, 7)};
  const CallComparison outcome = fleet.compare_calls(0, 4, arguments);
  ASSERT_EQ(outcome.differences.size(), LANES);
  for (std::uint64_t lane = 0; lane < LANES; ++lane) {
    ASSERT_EQ(outcome.differences[lane].lane, lane);
    ASSERT_EQ(outcome.differences[lane].first.value, lane + 7);
    ASSERT_EQ(outcome.differences[lane].second.value, lane + 8);
  }
}

TEST_P(FleetTest, SaysWhichCallsDoNotReturn) {
  Machine start;
  start.load_program(assemble("cbz x0, 1f\n ret\n 1: ldr x0, [x0, #-8]\n ret"));
  Fleet fleet(start, options(4));
  const std::array<std::uint64_t, 4> values{1, 0, 2, 3};
  const std::array arguments{CallArgument(CallArgument::Kind::INTEGER, values)};
  const CallResult result = fleet.call(0, arguments);
  EXPECT_FALSE(result.all_returned());
  EXPECT_EQ(result.stopped_by(StopReason::RETURNED), 3u);
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_THROW(fleet.call<int(int)>(0, std::vector<int>{1, 0, 2, 3}), Error);
  EXPECT_THROW(fleet.call<int(int)>(0, std::vector<int>{1, 2}), Error);
}

TEST_P(FleetTest, StopsInTime) {
  Machine start;
  start.load_program(assemble("again: add x1, x1, #1\n b again"));
  Fleet fleet(start, options(100));
  const auto begin = std::chrono::steady_clock::now();
  const FleetResult outcome = fleet.run({.timeout_seconds = 0.05});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(outcome.stopped_by(StopReason::TIMEOUT), 100u);
}

TEST_P(FleetTest, ThreadsMayCancel) {
  Machine start;
  start.load_program(assemble("again: add x1, x1, #1\n b again"));
  Fleet fleet(start, options(10));
  std::atomic<bool> is_running{false};
  FleetRunOptions run_options;
  run_options.on_progress = [&](const FleetProgress&) { is_running = true; };
  std::thread other([&] {
    while (!is_running) std::this_thread::yield();
    fleet.cancel();
  });
  const FleetResult outcome = fleet.run(run_options);
  other.join();
  EXPECT_EQ(outcome.stopped_by(StopReason::CANCELLED), 10u);
  // The state is exact: each lane has counted what it retired, and goes on.
  const std::uint64_t retired = fleet.result(2).instructions;
  EXPECT_EQ(fleet.x(1)[2], (retired + 1) / 2);
  EXPECT_EQ(fleet.run({.instruction_limit = 5}).stopped_by(StopReason::INSTRUCTION_LIMIT), 10u);
  EXPECT_EQ(fleet.result(2).instructions, retired + 5);
}

TEST_P(FleetTest, AFailedAccessOfTheHostLeavesLanesAsTheyAre) {
  Machine start;
  start.load_program(assemble("add x1, x1, #1\n hlt #0"));
  Fleet fleet(start, options(3));
  std::array<std::byte, 8> bytes{};
  EXPECT_THROW(fleet.read_memory(1, std::uint64_t{1} << 40, bytes), Error);
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::RUNNING);
  EXPECT_EQ(fleet.run().stopped_by(StopReason::HALT), 3u);
  EXPECT_THROW(fleet.read_memory(1, std::uint64_t{1} << 40, bytes), Error);
  EXPECT_EQ(fleet.result(1).stop_reason, StopReason::HALT);
  EXPECT_EQ(fleet.run().instructions, 0u);
}

TEST_P(FleetTest, ABranchToAnAddressThatIsNoneFaults) {
  Machine start;
  start.load_program(assemble("mov x0, #-1\n br x0"));
  Fleet fleet(start, options(2));
  fleet.run();
  const RunResult expected = start.execute();
  expect_like_alone(fleet, 1, start, expected);
}

TEST_P(FleetTest, RunsFromTheStartAfterACall) {
  Machine start;
  start.load_program(assemble("mov x0, #7\n hlt #0\n add x0, x0, x0\n ret"));
  Fleet fleet(start, options(2));
  EXPECT_EQ((fleet.call<int(int)>(8, std::vector<int>{20, 21})), (std::vector<int>{40, 42}));
  EXPECT_EQ(fleet.run().stopped_by(StopReason::HALT), 2u);
  EXPECT_EQ(fleet.result(1).instructions, 2u);
  EXPECT_EQ(fleet.x(0), (std::vector<std::uint64_t>{7, 7}));
}

TEST_P(FleetTest, LanesThatStoppedAtABreakpointGoOnInTheSameRun) {
  Machine start;
  start.load_program(assemble("add x1, x1, #1\n add x1, x1, #2\n hlt #0"));
  start.add_breakpoint(4);
  Fleet fleet(start, options(2));
  FleetRunOptions run_options;
  run_options.on_stop = [&](std::uint64_t lane) { return fleet.result(lane).stop_reason == StopReason::BREAKPOINT; };
  EXPECT_EQ(fleet.run(run_options).stopped_by(StopReason::HALT), 2u);
  EXPECT_EQ(fleet.x(1), (std::vector<std::uint64_t>{3, 3}));
}

TEST_P(FleetTest, ALaneThatLoopsForEverDoesNotKeepOthersFromRunning) {
  Machine start;
  start.load_program(assemble("again: cbz x0, again\n hlt #0"));
  FleetOptions one_thread = options(100);
  one_thread.threads = 1;
  Fleet fleet(start, one_thread);
  std::vector<std::uint64_t> values(100, 1);
  values[0] = 0;
  fleet.set_x(0, values);
  const FleetResult outcome = fleet.run({.timeout_seconds = 2});
  EXPECT_EQ(outcome.stopped_by(StopReason::HALT), 99u);
  EXPECT_EQ(fleet.result(0).stop_reason, StopReason::TIMEOUT);
}

TEST_P(FleetTest, ManyLanesShareALargeAddressSpace) {
  // A GPU has memory for a copy of these 16 MiB for each of some thousand lanes.
  const std::uint64_t lanes = GetParam() == "cuda" ? 100'000 : 1'000;
  constexpr std::uint64_t BYTES = 16 << 20;
  Machine start({.memory_bytes = BYTES});
  start.load_program(assemble(R"(
      mov x1, #0xfff000
      ldr x2, [x1, #0xff0]
      add x2, x2, x0
      str x2, [x1, x0, lsl #3]
      and x3, x0, #0x7
      add x3, x3, #1
      str x2, [x1, x3, lsl #3]
      lsl x4, x3, #20
      str x2, [x4]
      hlt #0
  )"));
  for (std::uint64_t address = 0x1000; address < BYTES; address += 0x1000) start.write(address + 8, address);
  start.write(std::uint64_t{0xfffff0}, std::uint64_t{0x1234});
  Fleet fleet(start, options(lanes));
  std::vector<std::uint64_t> inputs(lanes);
  for (std::uint64_t i = 0; i < lanes; ++i) inputs[i] = i % 512;
  fleet.set_x(0, inputs);
  const FleetResult outcome = fleet.run();
  EXPECT_EQ(outcome.stops[static_cast<std::size_t>(StopReason::HALT)], lanes);
  const Snapshot snapshot = start.snapshot();
  for (const std::uint64_t lane : {std::uint64_t{0}, std::uint64_t{77}, lanes / 2 + 3, lanes - 1}) {
    start.restore(snapshot);
    start.set_x(0, inputs[lane]);
    expect_like_alone(fleet, lane, start, start.execute());
  }
}

TEST_P(FleetTest, RefusesWhatIsNotThere) {
  Machine start;
  EXPECT_THROW(Fleet(start, options(0)), Error);
  EXPECT_THROW(Fleet(start, {.device = "abacus"}), Error);
  Fleet fleet(start, options(2));
  EXPECT_THROW(fleet.state(2), Error);
  EXPECT_THROW(fleet.x(32), Error);
  EXPECT_THROW(fleet.set_x(0, std::array<std::uint64_t, 3>{}), Error);
  EXPECT_THROW(fleet.reset(5), Error);
}

INSTANTIATE_TEST_SUITE_P(Cpu, FleetTest, ::testing::Values("cpu"));
INSTANTIATE_TEST_SUITE_P(HostLanes, FleetTest, ::testing::Values("host-lanes"));
INSTANTIATE_TEST_SUITE_P(Gpu, FleetTest, ::testing::Values("cuda"));

TEST(DeviceFleetTest, LanesThatRunOutOfMemoryGoOn) {
  Machine start;
  start.load_program(assemble(R"(
      movz x4, #1
      movz x5, #40
    page:
      lsl x7, x4, #12
      str x5, [x7]
      add x4, x4, #1
      subs x5, x5, #1
      b.ne page
      hlt #3
  )"));
  // A frame is 128 KiB: room for 10 of the 40 pages.
  Fleet fleet(start, {.lanes = 64, .device = "host-lanes", .memory_bytes = 4 << 17, .memory_limit_bytes = 10 << 17});
  EXPECT_EQ(fleet.run().stopped_by(StopReason::OUT_OF_MEMORY), 64u);
  EXPECT_EQ(fleet.run().instructions, 0u);
  fleet.add_memory(std::uint64_t{100} << 17);
  EXPECT_EQ(fleet.run().stopped_by(StopReason::HALT), 64u);
  const RunResult expected = start.execute();
  EXPECT_EQ(fleet.state_hash(63), start.state_hash());
  EXPECT_EQ(fleet.result(63).instructions, expected.instructions);
}

}  // namespace
}  // namespace armillion
