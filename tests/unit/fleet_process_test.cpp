#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/fleet.hpp"
#include "armillion/process.hpp"
#include "support/guest_caller.hpp"

namespace armillion {
namespace {

using test::guest_program;
using test::isolated;

// By the first byte of its input: writes the rest of it with each byte plus one and exits with their number; or grows
// its heap, maps and unmaps memory first; or faults; or loops for ever; or sleeps.
constexpr const char* MANY_WAYS = R"(
        movz x20, #0x50, lsl #16
        mov x21, #0
        bl get
        cbz x0, done
        ldrb w22, [x20]
        cmp w22, #'h'
        b.eq heap
        cmp w22, #'f'
        b.eq fault
        cmp w22, #'l'
        b.eq forever
        cmp w22, #'s'
        b.eq sleep
next:   bl get
        cbz x0, done
        ldrb w3, [x20]
        add w3, w3, #1
        strb w3, [x20]
        mov x0, #1
        mov x1, x20
        mov x2, #1
        mov x8, #64
        svc #0
        add x21, x21, #1
        b next
done:   mov x0, x21
        mov x8, #94
        svc #0
get:    mov x0, #0
        mov x1, x20
        mov x2, #1
        mov x8, #63
        svc #0
        ret
heap:   mov x0, #0
        mov x8, #214
        svc #0
        mov x23, x0
        add x0, x0, #0x3000
        mov x8, #214
        svc #0
        str x20, [x23, #0x1008]
        mov x0, #0
        mov x1, #0x2000
        mov x2, #3
        mov x3, #0x22
        mov x4, #-1
        mov x5, #0
        mov x8, #222
        svc #0
        str x0, [x0, #0x1ff0]
        mov x1, #0x1000
        mov x8, #215
        svc #0
        ldr x1, [x23, #0x1008]
        b next
fault:  mov x1, #8
        str x1, [x1]
forever: add x21, x21, #1
        b forever
sleep:  adr x0, duration
        mov x1, #0
        mov x8, #101
        svc #0
        b next
        .balign 8
duration: .quad 0, 5000000
)";

// Writes its first argument and exits with the number of them.
constexpr const char* WRITE_ARGUMENT = R"(
        ldr x19, [sp]
        cmp x19, #2
        b.lt done
        ldr x1, [sp, #16]
        mov x2, #0
length: ldrb w3, [x1, x2]
        cbz w3, write
        add x2, x2, #1
        b length
write:  mov x0, #1
        mov x8, #64
        svc #0
done:   mov x0, x19
        mov x8, #94
        svc #0
)";

class ProcessFleetTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "cuda" && !why_no_gpu().empty()) GTEST_SKIP() << "there is no GPU: " << why_no_gpu();
  }

  FleetOptions options(std::uint64_t lanes) const { return {.lanes = lanes, .device = GetParam()}; }

  static void expect_like_alone(const Fleet& fleet, std::uint64_t lane, const Process& alone,
                                const ProcessResult& expected) {
    const LaneResult result = fleet.result(lane);
    EXPECT_EQ(result.stop_reason, expected.stop_reason) << name_of(result.stop_reason) << " in lane " << lane;
    EXPECT_EQ(result.instructions, expected.instructions) << "lane " << lane;
    EXPECT_EQ(result.pc, expected.pc);
    if (expected.stop_reason == StopReason::EXITED) {
      EXPECT_EQ(result.exit_code, expected.exit_code);
      EXPECT_EQ(result.signal, expected.signal);
    }
    EXPECT_EQ(fleet.captured_output(lane), alone.captured_output());
    EXPECT_EQ(fleet.state_hash(lane), alone.state_hash()) << "lane " << lane;
    EXPECT_EQ(fleet.state(lane), alone.machine().state());
  }
};

TEST_P(ProcessFleetTest, LanesEndAsTheyDoAlone) {
  const ProcessOptions program = isolated(guest_program(MANY_WAYS));
  Process start(program);
  std::vector<std::string> inputs;
  for (int i = 0; i < 70; ++i) {
    inputs.push_back(std::string(1, "xhxflxshxx"[i % 10]) + std::string(static_cast<std::size_t>(i % 7), 'a'));
  }
  inputs[60] = "";
  Fleet fleet(start, options(inputs.size()));
  for (std::uint64_t lane = 0; lane < inputs.size(); ++lane) fleet.set_standard_input(lane, inputs[lane]);
  const FleetResult outcome = fleet.run({.instruction_limit = 20'000});
  std::uint64_t instructions = 0;
  FleetResult expected_outcome;
  for (std::uint64_t lane = 0; lane < inputs.size(); ++lane) {
    ProcessOptions own = program;
    own.standard_input = InputStream::from_bytes(inputs[lane]);
    Process alone(own);
    const ProcessResult expected = alone.run({.instruction_limit = 20'000});
    expect_like_alone(fleet, lane, alone, expected);
    instructions += expected.instructions;
    ++expected_outcome.stops[static_cast<std::size_t>(expected.stop_reason)];
  }
  EXPECT_EQ(outcome.instructions, instructions);
  EXPECT_EQ(outcome.stops, expected_outcome.stops);
}

TEST_P(ProcessFleetTest, RunsInPieces) {
  const ProcessOptions program = isolated(guest_program(MANY_WAYS));
  Process start(program);
  Fleet fleet(start, options(3));
  const std::vector<std::string> inputs{"xabc", "habc", "xyz"};
  for (std::uint64_t lane = 0; lane < inputs.size(); ++lane) fleet.set_standard_input(lane, inputs[lane]);
  for (int i = 0; i < 200; ++i) fleet.run({.instruction_limit = 1});
  for (std::uint64_t lane = 0; lane < inputs.size(); ++lane) {
    ProcessOptions own = program;
    own.standard_input = InputStream::from_bytes(inputs[lane]);
    Process alone(own);
    expect_like_alone(fleet, lane, alone, alone.run());
  }
}

TEST_P(ProcessFleetTest, NoSystemCallIsLostWhereATimeoutEndsTheRun) {
  const ProcessOptions program = isolated(guest_program(MANY_WAYS));
  Process start(program);
  Fleet fleet(start, options(40));
  const std::string input(300, 'x');
  for (std::uint64_t lane = 0; lane < 40; ++lane) fleet.set_standard_input(lane, input);
  int runs = 0;
  while (fleet.run({.timeout_seconds = 0.002}).stopped_by(StopReason::EXITED) < 40) ASSERT_LT(++runs, 10'000);
  ProcessOptions own = program;
  own.standard_input = InputStream::from_bytes(input);
  Process alone(own);
  const ProcessResult expected = alone.run();
  for (const std::uint64_t lane : {0, 31, 39}) expect_like_alone(fleet, lane, alone, expected);
}

TEST_P(ProcessFleetTest, StartsWhereTheProcessStopped) {
  ProcessOptions program = isolated(guest_program(MANY_WAYS));
  program.standard_input = InputStream::from_bytes("xabcdef");
  Process start(program);
  start.run({.instruction_limit = 60});
  const std::string before = start.captured_output();
  Fleet fleet(start, options(2));
  fleet.set_standard_input(1, "12");
  fleet.run();
  start.run();
  EXPECT_EQ(before + fleet.captured_output(0), start.captured_output());
  EXPECT_EQ(fleet.captured_output(1).substr(fleet.captured_output(1).size() - 2), "23");
  // Back at that moment.
  fleet.reset(0);
  EXPECT_EQ(fleet.captured_output(0), "");
  fleet.run();
  EXPECT_EQ(before + fleet.captured_output(0), start.captured_output());
}

TEST_P(ProcessFleetTest, LanesHaveArgumentsOfTheirOwn) {
  const ProcessOptions program = isolated(guest_program(WRITE_ARGUMENT));
  Process start(program);
  Fleet fleet(start, options(40));
  for (std::uint64_t lane = 1; lane < 40; ++lane) {
    fleet.set_arguments(lane, std::vector<std::string>(lane, "word" + std::to_string(lane)));
  }
  fleet.run();
  for (std::uint64_t lane = 0; lane < 40; ++lane) {
    ProcessOptions own = program;
    own.arguments = std::vector<std::string>(lane, "word" + std::to_string(lane));
    Process alone(own);
    expect_like_alone(fleet, lane, alone, alone.run());
  }
  start.step();
  Fleet late(start, options(1));
  EXPECT_THROW(late.set_arguments(0, {}), Error);
  start.run();
  EXPECT_THROW(Fleet(start, options(1)), Error);
}

TEST_P(ProcessFleetTest, CallsFunctionsThatMakeSystemCalls) {
  // The function at the program's end grows the heap and returns its argument plus the new break's low bits.
  const ProcessOptions program = isolated(guest_program(R"(
        mov x0, #1
        mov x8, #94
        svc #0
grow:   mov x9, x0
        mov x0, #0
        mov x8, #214
        svc #0
        add x0, x0, #0x1000
        svc #0
        str x9, [x0, #-8]
        ldr x0, [x0, #-8]
        ret
)"));
  Process start(program);
  Fleet fleet(start, options(35));
  std::vector<std::uint64_t> values(35);
  for (std::uint64_t i = 0; i < values.size(); ++i) values[i] = i * i;
  EXPECT_EQ((fleet.call<std::uint64_t(std::uint64_t)>(start.entry_point() + 12, values)), values);
  EXPECT_EQ(fleet.result(3).stop_reason, StopReason::RETURNED);
  EXPECT_EQ(fleet.state(3), start.machine().state());
}

TEST_P(ProcessFleetTest, BareMachinesHaveNoStreams) {
  Machine machine;
  Fleet fleet(machine, options(1));
  EXPECT_THROW(fleet.set_standard_input(0, "x"), Error);
  EXPECT_THROW(fleet.captured_output(0), Error);
}

INSTANTIATE_TEST_SUITE_P(Cpu, ProcessFleetTest, ::testing::Values("cpu"));
INSTANTIATE_TEST_SUITE_P(HostLanes, ProcessFleetTest, ::testing::Values("host-lanes"));
INSTANTIATE_TEST_SUITE_P(Gpu, ProcessFleetTest, ::testing::Values("cuda"));

}  // namespace
}  // namespace armillion
