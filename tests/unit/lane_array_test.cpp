#include "engine/gpu/lane_array.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/machine.hpp"
#include "engine/gpu/host_backend.hpp"
#include "support/assembler.hpp"

// The lanes' interpreter, run on the host, against the CPU's.
namespace armillion::engine::gpu {
namespace {

using test::assemble;

StopReason reason(const LaneControl& control) { return static_cast<StopReason>(control.stop); }

// A bare machine, and lanes that start from it. The parameter is whether lanes of a warp share frames.
class LaneArrayTest : public ::testing::TestWithParam<bool> {
 protected:
  LaneArrayTest() : backend(make_host_backend(2)) {}

  std::unique_ptr<LaneArray> lanes_of(std::string_view text, std::uint64_t count, std::uint64_t limit,
                                      std::uint64_t frame_bytes = 4 << 20) {
    machine.load_program(assemble(text));
    auto lanes = std::make_unique<LaneArray>(
        *backend, LaneArrayOptions{.lanes = count, .is_interleaved = GetParam(), .frame_bytes = frame_bytes});
    lanes->load(machine.address_space(), machine.state(), 0, {});
    lanes->reset(limit);
    return lanes;
  }

  // Runs lane `lane` and the machine, whose states have been set alike, and compares all that they end in.
  void expect_same_end(LaneArray& lanes, std::uint64_t lane, std::uint64_t limit) {
    const RunResult expected = machine.execute(limit);
    const LaneControl control = lanes.control(lane);
    EXPECT_EQ(reason(control), expected.stop_reason) << name_of(reason(control));
    EXPECT_EQ(control.retired, expected.instructions);
    EXPECT_EQ(lanes.state(lane), machine.state());
    EXPECT_EQ(lanes.state(lane).pc, expected.pc);
    if (expected.stop_reason == StopReason::MEMORY_FAULT) {
      EXPECT_EQ(control.fault.address, expected.fault.address);
      EXPECT_EQ(control.fault.size, expected.fault.size);
      EXPECT_EQ(control.fault.access, expected.fault.access);
      EXPECT_EQ(control.fault.kind, expected.fault.kind);
    }
    std::vector<std::byte> memory(0x20000);
    std::vector<std::byte> expected_memory(memory.size());
    machine.read_memory(0, expected_memory);
    EXPECT_EQ(lanes.read_memory(lane, 1, 0, memory.size(), memory).front(), 1);
    EXPECT_EQ(memory, expected_memory);
  }

  std::unique_ptr<Backend> backend;
  Machine machine;
};

constexpr const char* LOOP = R"(
    movz x1, #0x8000
    movz x2, #100
  again:
    str x0, [x1], #8
    add x0, x0, x2, lsl #3
    eor x3, x3, x0
    subs x2, x2, #1
    b.ne again
    hlt #7
)";

TEST_P(LaneArrayTest, RunsALoopWithStoresToItsHalt) {
  auto lanes = lanes_of(LOOP, 3, 1'000'000);
  lanes->launch(1'000'000);
  expect_same_end(*lanes, 2, 1'000'000);
  EXPECT_EQ(lanes->control(0).immediate, 7u);
}

TEST_P(LaneArrayTest, StopsAtAnyInstructionLimit) {
  for (std::uint64_t limit : {0, 1, 2, 3, 57, 500, 502, 503, 504}) {
    machine = Machine();
    auto lanes = lanes_of(LOOP, 1, limit);
    lanes->launch(1'000'000);
    expect_same_end(*lanes, 0, limit);
  }
}

TEST_P(LaneArrayTest, GoesOnBetweenLaunches) {
  auto lanes = lanes_of(LOOP, 2, 1'000'000);
  for (int i = 0; i < 80; ++i) lanes->launch(7);
  expect_same_end(*lanes, 1, 1'000'000);
}

TEST_P(LaneArrayTest, LanesHaveMemoryOfTheirOwn) {
  auto lanes = lanes_of("str x0, [x1]\n ldr x2, [x1, #8]\n hlt #0", 70, 100);
  std::vector<State> states = lanes->states(0, 70);
  for (std::uint64_t lane = 0; lane < 70; ++lane) {
    states[lane].x[0] = lane + 1;
    states[lane].x[1] = 0x5000 + lane % 3 * 0x1000;
  }
  lanes->set_states(0, states);
  lanes->launch(100);
  for (std::uint64_t lane : {0, 1, 31, 32, 69}) {
    std::uint64_t word = 0;
    for (std::uint64_t page = 0; page < 3; ++page) {
      lanes->read_memory(lane, 1, 0x5000 + page * 0x1000, 8, std::as_writable_bytes(std::span(&word, 1)));
      EXPECT_EQ(word, lane % 3 == page ? lane + 1 : 0);
    }
  }
}

TEST_P(LaneArrayTest, FaultsLikeTheInterpreter) {
  for (const char* text : {
           "movz x1, #0x40, lsl #16\n ldr x0, [x1]",                   // unmapped
           "movz x1, #0x40, lsl #16\n sub x1, x1, #4\n ldr x0, [x1]",  // crosses the end
           "movz x1, #0x40, lsl #16\n sub x1, x1, #4\n str q0, [x1]",
           "movz x1, #0x1001\n ldxr x0, [x1]",  // alignment
           "movz x1, #0x1001\n stlr x0, [x1]",  // of a store
           "movz x1, #0x1002\n br x1",          // PC alignment
           "movz x1, #0x80, lsl #32\n br x1",   // unmapped PC
           "nop\n .inst 0\n",                   // undefined
           "brk #3", "svc #5",
           "movz x1, #0xab00, lsl #48\n movk x1, #0x2000\n str x1, [x1]\n ldr x2, [x1]\n hlt #0",  // tagged address
       }) {
    machine = Machine();
    auto lanes = lanes_of(text, 1, 100);
    lanes->launch(100);
    expect_same_end(*lanes, 0, 100);
  }
}

TEST_P(LaneArrayTest, ExecutesCodeThatALaneWrites) {
  // Turns the instruction behind the loop's end into "add x5, x5, #1", and calls a page that was empty.
  const std::uint32_t add = assemble("add x5, x5, #1").front();
  const std::uint32_t ret = assemble("ret").front();
  auto lanes = lanes_of(R"(
      adr x1, patched
      str w2, [x1]
      movz x6, #0x3000
      str w2, [x6]
      str w3, [x6, #4]
      blr x6
    patched:
      hlt #1
      str w2, [x6, #8]
      hlt #2
  )",
                        2, 100);
  State state = lanes->state(0);
  state.x[2] = add;
  state.x[3] = ret;
  lanes->set_state(1, state);
  lanes->launch(100);
  machine.state() = state;
  expect_same_end(*lanes, 1, 100);
  EXPECT_EQ(lanes->state(1).x[5], 2u);
}

TEST_P(LaneArrayTest, ResetBringsMemoryAndStateBack) {
  auto lanes = lanes_of(LOOP, 40, 1'000'000);
  lanes->launch(1'000'000);
  EXPECT_GT(lanes->frames_used(), 0u);
  lanes->reset(300);
  EXPECT_EQ(lanes->frames_used(), 0u);
  std::uint64_t word = 1;
  lanes->read_memory(39, 1, 0x8008, 8, std::as_writable_bytes(std::span(&word, 1)));
  EXPECT_EQ(word, 0u);
  lanes->launch(1'000'000);
  expect_same_end(*lanes, 39, 300);
}

TEST_P(LaneArrayTest, RunsOutOfFramesAndGoesOnWhenThereAreMore) {
  constexpr const char* WRITES_PAGES = R"(
      movz x1, #0x4000
      movz x2, #12
    again:
      str x2, [x1]
      add x1, x1, #1, lsl #12
      subs x2, x2, #1
      b.ne again
      hlt #0
  )";
  auto lanes = lanes_of(WRITES_PAGES, 64, 1000, GetParam() ? 16 * 131072 : 400 * 4096);
  lanes->launch(1000);
  int stopped = 0;
  for (const LaneControl& control : lanes->controls()) stopped += reason(control) == StopReason::OUT_OF_MEMORY ? 1 : 0;
  EXPECT_GT(stopped, 0);
  ASSERT_TRUE(lanes->add_frames(8 << 20));
  lanes->revive_out_of_memory();
  lanes->launch(1000);
  expect_same_end(*lanes, 63, 1000);
  EXPECT_EQ(lanes->state(0), machine.state());
}

TEST_P(LaneArrayTest, AnInterruptedLaneGoesOn) {
  auto lanes = lanes_of("again: add x0, x0, #1\n b again", 1, UNLIMITED);
  lanes->launch(UNLIMITED);
  lanes->interrupt();
  lanes->wait();
  const LaneControl control = lanes->control(0);
  EXPECT_EQ(reason(control), StopReason::RUNNING);
  EXPECT_EQ(lanes->state(0).x[0], (control.retired + 1) / 2);
}

// Of a process whose heap is empty at 0x20000, behind memory that ends there.
LaneProcess process_at_work() {
  LaneProcess process{};
  process.served = SERVES_BREAK | SERVES_VIRTUAL_CLOCK | SERVES_EXIT;
  process.break_start = process.break_listed = process.break_end = 0x40'0000;
  process.break_limit = 0x40'2000;
  process.skipped_time = 7;
  process.output_room[0] = 100;
  return process;
}

TEST_P(LaneArrayTest, ServesCallsOfProcessesInTheLaunch) {
  auto lanes = lanes_of(R"(
      mov x8, #214
      mov x0, #0
      svc #0
      mov x20, x0
      add x0, x0, #0x1000
      svc #0
      str x0, [x20, #0xff8]
      mov x8, #113
      mov x0, #1
      add x1, x20, #0x10
      svc #0
      mov x9, #0x6968
      str x9, [x20]
      mov x8, #64
      mov x0, #1
      mov x1, x20
      add x2, x19, #1
      svc #0
      mov x21, x0
      mov x8, #94
      mov x0, #0x107
      svc #0
  )",
                        3, 1000);
  lanes->serve_calls(process_at_work());
  lanes->reset(1000);
  lanes->set_cells_counting(19, 0, 1);
  lanes->launch(1000);
  std::vector<std::string> written(3);
  lanes->drain_writes([&](std::uint64_t lane, std::uint32_t descriptor, std::span<const std::byte> bytes) {
    EXPECT_EQ(descriptor, 1u);
    written.at(lane).append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  lanes->wait();
  lanes->drain_writes([&](std::uint64_t lane, std::uint32_t, std::span<const std::byte> bytes) {
    written.at(lane).append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  EXPECT_EQ(written, (std::vector<std::string>{"h", "hi", std::string("hi\0", 3)}));
  for (std::uint64_t lane = 0; lane < 3; ++lane) {
    const LaneControl control = lanes->control(lane);
    EXPECT_EQ(reason(control), StopReason::EXITED);
    EXPECT_EQ(control.finality, EXITED_BY_ITSELF);
    EXPECT_EQ(control.immediate, 7u);
    EXPECT_EQ(control.retired, 22u);
    EXPECT_EQ(lanes->state(lane).x[21], lane + 1);
    const LaneProcess process = lanes->processes(lane, 1).front();
    EXPECT_EQ(process.break_end, 0x40'1000u);
    EXPECT_EQ(process.output_room[0], 100 - (lane + 1));
    std::uint64_t nanoseconds = 0;
    lanes->read_memory(lane, 1, 0x40'0018, sizeof nanoseconds, std::as_writable_bytes(std::span(&nanoseconds, 1)));
    EXPECT_EQ(nanoseconds, 11u + 7);
  }
}

// What the host's clock says, in nanoseconds.
std::uint64_t host_time(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

TEST_P(LaneArrayTest, TellsTheTimeOfTheHost) {
  auto lanes = lanes_of(R"(
      mov x8, #214
      add x0, x20, #0x1000
      svc #0
      mov x8, #113
      mov x0, #1
      mov x1, x20
      svc #0
      movz x9, #0x1, lsl #16
    again: subs x9, x9, #1
      b.ne again
      mov x0, #1
      add x1, x20, #16
      svc #0
      mov x0, #0
      add x1, x20, #32
      svc #0
      mov x0, #2
      svc #0
  )",
                        3, UNLIMITED);
  LaneProcess process = process_at_work();
  process.served = SERVES_BREAK | SERVES_HOST_CLOCK;
  lanes->serve_calls(process);
  lanes->reset(UNLIMITED);
  lanes->set_cells(20, std::array<std::uint64_t, 3>{0x40'0000, 0x40'0000, 0x40'0000});
  const std::uint64_t steady_before = host_time(CLOCK_MONOTONIC);
  const std::uint64_t day_before = host_time(CLOCK_REALTIME);
  lanes->launch(UNLIMITED);
  lanes->wait();
  const std::uint64_t steady_after = host_time(CLOCK_MONOTONIC);
  const std::uint64_t day_after = host_time(CLOCK_REALTIME);
  for (std::uint64_t lane = 0; lane < 3; ++lane) {
    // The processor's time is the host's to tell.
    EXPECT_EQ(reason(lanes->control(lane)), StopReason::SYSCALL);
    EXPECT_EQ(lanes->state(lane).x[0], 2u);
    std::array<std::uint64_t, 6> words{};
    lanes->read_memory(lane, 1, 0x40'0000, sizeof words, std::as_writable_bytes(std::span(words)));
    const auto time = [&words](std::size_t i) { return words[2 * i] * 1'000'000'000 + words[2 * i + 1]; };
    EXPECT_LT(words[1], 1'000'000'000u);
    EXPECT_GE(time(0), steady_before);
    EXPECT_GT(time(1), time(0)) << "131,072 instructions take longer than the clock's step";
    EXPECT_LE(time(1), steady_after);
    EXPECT_GE(time(2), day_before);
    EXPECT_LE(time(2), day_after);
    EXPECT_EQ(lanes->processes(lane, 1).front().steady_time, time(1));
  }
  // It does not fall behind what it told before.
  process.steady_time = steady_after + 1'000'000'000'000;
  lanes->serve_calls(process);
  lanes->reset(UNLIMITED);
  lanes->set_cells(20, std::array<std::uint64_t, 3>{0x40'0000, 0x40'0000, 0x40'0000});
  lanes->launch(UNLIMITED);
  lanes->wait();
  std::array<std::uint64_t, 2> words{};
  lanes->read_memory(0, 1, 0x40'0010, sizeof words, std::as_writable_bytes(std::span(words)));
  EXPECT_EQ(words[0] * 1'000'000'000 + words[1], process.steady_time);
}

// Branches of all kinds and distances, taken and not: what was read ahead of one must not be executed by mistake. They
// lie around the distances that an operation can say, and on both sides of a page's end.
TEST_P(LaneArrayTest, BranchesGoWhereTheySayWhateverWasReadAhead) {
  std::string text = "mov x9, #3\n b start\n";
  for (const int distance : {1, 2, 126, 127, 128, 129, 130, 600}) {
    const std::string name = std::to_string(distance);
    const std::string padding = ".rept " + std::to_string(distance - 1) + "\n add x1, x1, #1\n .endr\n";
    // Back from its end to its start, twice by each kind of branch; forward over it.
    text += "back" + name + ": add x2, x2, #3\n" + padding;
    text += "subs x9, x9, #1\n b.ne back" + name + "\n mov x9, #2\n b over" + name + "\n";
    text += "again" + name + ": sub x9, x9, #1\n" + padding + "cbnz x9, again" + name + "\n mov x9, #4\n";
    text += "bits" + name + ": lsr x9, x9, #1\n" + padding + "tbz x9, #0, bits" + name + "\n mov x9, #3\n ret\n";
    text += "over" + name + ": bl again" + name + "\n bl bits" + name + "\n b next" + name + "\n hlt #9\n" + padding;
    text += "next" + name + ": add x3, x3, #7\n";
    if (distance == 1) text += "b end" + name + "\n start: b back" + name + "\n end" + name + ": nop\n";
  }
  text += "hlt #0\n";
  for (const std::uint64_t limit : {std::uint64_t{100'000}, std::uint64_t{1'237}, std::uint64_t{2'001}}) {
    auto lanes = lanes_of(text, 1, limit);
    lanes->launch(limit);
    lanes->wait();
    expect_same_end(*lanes, 0, limit);
  }
}

TEST_P(LaneArrayTest, LeavesCallsToTheHostThatItCannotServe) {
  // Too much to write, memory that is not there, a break that goes down or too far, a descriptor, a clock.
  const std::array<std::array<std::uint64_t, 4>, 7> calls{{{64, 1, 0, 101},
                                                           {64, 1, 0x80'0000, 1},
                                                           {64, 1, std::uint64_t{1} << 50, 1},
                                                           {214, 0x40'3000, 0, 0},
                                                           {64, 2, 0, 1},
                                                           {113, 99, 0, 0},
                                                           {63, 0, 0, 1}}};
  auto lanes = lanes_of("svc #3\n hlt #0", calls.size(), 1000);
  lanes->serve_calls(process_at_work());
  lanes->reset(1000);
  for (std::uint64_t lane = 0; lane < calls.size(); ++lane) {
    State state = lanes->state(lane);
    state.x[8] = calls[lane][0];
    for (std::size_t i = 0; i < 3; ++i) state.x[i] = calls[lane][i + 1];
    lanes->set_state(lane, state);
  }
  const std::vector<State> before = lanes->states(0, calls.size());
  lanes->launch(1000);
  lanes->wait();
  lanes->drain_writes([](std::uint64_t, std::uint32_t, std::span<const std::byte>) { FAIL(); });
  for (std::uint64_t lane = 0; lane < calls.size(); ++lane) {
    EXPECT_EQ(reason(lanes->control(lane)), StopReason::SYSCALL) << lane;
    EXPECT_EQ(lanes->control(lane).immediate, 3u);
    State expected = before[lane];
    expected.pc += 4;
    EXPECT_EQ(lanes->state(lane), expected);
    EXPECT_EQ(lanes->processes(lane, 1).front().break_end, 0x40'0000u);
  }
}

TEST_P(LaneArrayTest, LanesMayHaveMappingsOfTheirOwn) {
  auto lanes = lanes_of("str x1, [x0]\n ldr x2, [x0]\n hlt #0", 3, 1000);
  lanes->serve_calls(process_at_work());
  lanes->reset(1000);
  const auto everything = static_cast<std::uint32_t>(Permissions::ALL);
  const auto readable = static_cast<std::uint32_t>(Permissions::READ);
  const std::vector<MemoryRegion> more{{0, 0x40'0000, everything, 0}, {0x80'0000, 0x80'1000, everything, 0}};
  const std::vector<MemoryRegion> less{{0, 0x40'0000, everything, 0}, {0x80'0000, 0x80'1000, readable, 0}};
  std::vector<LaneProcess> processes = lanes->processes(0, 3);
  processes[1].region_list = lanes->region_list(more);
  processes[2].region_list = lanes->region_list(less);
  EXPECT_EQ(lanes->region_list(more), processes[1].region_list);
  lanes->set_processes(0, processes);
  lanes->set_cells_counting(0, 0x80'0000, 0);
  lanes->set_cells_counting(1, 5, 1);
  lanes->launch(1000);
  EXPECT_EQ(reason(lanes->control(0)), StopReason::MEMORY_FAULT);
  EXPECT_EQ(lanes->control(0).fault.kind, FaultKind::UNMAPPED);
  EXPECT_EQ(reason(lanes->control(1)), StopReason::HALT);
  EXPECT_EQ(lanes->state(1).x[2], 6u);
  EXPECT_EQ(reason(lanes->control(2)), StopReason::MEMORY_FAULT);
  EXPECT_EQ(lanes->control(2).fault.kind, FaultKind::PERMISSION);
}

INSTANTIATE_TEST_SUITE_P(Memory, LaneArrayTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Interleaved" : "Flat"; });

}  // namespace
}  // namespace armillion::engine::gpu
