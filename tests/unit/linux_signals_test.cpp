// Signals as programs meet them: frames, masks, faults, and what ends the process.
#include <gtest/gtest.h>

#include <cerrno>

#include "guest/linux/abi.hpp"
#include "guest/linux/signal_numbers.hpp"
#include "support/guest_caller.hpp"

namespace armillion::guest::kernel {
namespace {

using test::GUEST_CODE;
using test::GUEST_DATA;

// Installs `handler` (an address in X19) for the signal in W20 with the flags in X21, then runs the test's code.
constexpr const char* INSTALL = R"(
        adr x19, handler
        movz x22, #0x50, lsl #16
        str x19, [x22]
        str x21, [x22, #8]
        str xzr, [x22, #16]
        str xzr, [x22, #24]
        mov x0, x20
        mov x1, x22
        mov x2, #0
        mov x3, #8
        mov x8, #134
        svc #0
)";

class SignalTest : public ::testing::Test {
 protected:
  // A program that has a handler for `signal` with `flags`; `body` ends with the label "handler:" and its code.
  void start(std::int32_t signal, std::uint64_t flags, const std::string& body) {
    process.emplace(test::isolated(test::guest_program("mov x20, #" + std::to_string(signal) + "\n mov x21, #" +
                                                       std::to_string(flags) + "\n" + INSTALL + body)));
  }
  State& state() { return process->machine().state(); }

  // Runs to the handler's first instruction, which the body marks with BRK.
  ProcessResult run() { return process->run(RunOptions{.instruction_limit = 10'000}); }

  std::optional<Process> process;
};

TEST_F(SignalTest, HandlersFindAFrameLikeTheKernels) {
  start(SIGNAL_SEGMENTATION, abi::SA_WITH_INFO, R"(
        mov x25, #0x77
        fmov v9.2d, #1.0
        cmp x25, #0x77
        mov x3, #0x1234
        str x3, [x3]
        handler: mov x28, sp
        brk #0
        )");
  run();
  EXPECT_EQ(state().x[0], 11u);
  const std::uint64_t sp = state().x[28];
  EXPECT_EQ(sp % 16, 0u);
  EXPECT_EQ(state().x[1], sp);
  EXPECT_EQ(state().x[2], sp + 128);
  const auto frame = process->machine().read<abi::SignalFrame>(sp);
  EXPECT_EQ(frame.info.signal, 11);
  EXPECT_EQ(frame.info.code, abi::CODE_SEGMENT_UNMAPPED);
  EXPECT_EQ(frame.info.detail, 0x1234u);
  const abi::MachineContext& context = frame.context.machine;
  EXPECT_EQ(context.fault_address, 0x1234u);
  EXPECT_EQ(context.x[25], 0x77u);
  EXPECT_EQ(context.x[3], 0x1234u);
  EXPECT_EQ(context.pstate, 0x6000'0000u) << "Z and C";
  EXPECT_EQ(process->machine().read<std::uint32_t>(context.pc), 0xf900'0063u) << "str x3, [x3]";
  abi::FloatingPointContext registers;
  std::memcpy(&registers, context.records, sizeof registers);
  EXPECT_EQ(registers.magic, abi::FloatingPointContext::MAGIC);
  EXPECT_EQ(registers.size, 528u);
  EXPECT_EQ(registers.vectors[18], 0x3ff0'0000'0000'0000u);
  abi::SyndromeContext syndrome;
  std::memcpy(&syndrome, context.records + sizeof registers, sizeof syndrome);
  EXPECT_EQ(syndrome.magic, abi::SyndromeContext::MAGIC);
  EXPECT_EQ(syndrome.syndrome, 0x9200'0047u) << "a data abort: a write, translation fault of level 3";
  // The frame record: the interrupted code's frame pointer and link register.
  EXPECT_EQ(state().x[29], sp + sizeof frame);
  EXPECT_EQ(process->machine().read<std::uint64_t>(state().x[29] + 8), context.x[30]);
}

TEST_F(SignalTest, ReturningFromAHandlerRestoresEverything) {
  start(SIGNAL_USER_1, 0, R"(
        mov x25, #1000
        fmov v9.2d, #1.0
        mov x0, #1000
        mov x1, #10
        mov x8, #129
        cmp x25, #1000
        svc #0
        cset x26, eq
        mov x27, x0
        brk #1
        handler: mov x25, #0
        movi v9.2d, #0
        cmp x25, #1
        ret
        )");
  EXPECT_EQ(run().signal, SIGNAL_TRAP) << "the BRK behind the call";
  EXPECT_EQ(state().x[25], 1000u);
  EXPECT_EQ(state().x[26], 1u) << "the flags";
  EXPECT_EQ(state().x[27], 0u) << "what kill returned";
  EXPECT_EQ(state().vectors[9].low, 0x3ff0'0000'0000'0000u);
}

TEST_F(SignalTest, AreBlockedWhileTheirHandlerRuns) {
  const std::string body = R"(
        mov x0, #1000
        mov x1, #10
        mov x8, #129
        svc #0
        mov x0, #7
        mov x8, #94
        svc #0
        handler: add x23, x23, #1
        cmp x23, #3
        b.eq out
        mov x0, #1000
        mov x1, #10
        mov x8, #129
        svc #0
        add x24, x24, #1
        ret
        out: brk #2
        )";
  start(SIGNAL_USER_1, 0, body);
  run();
  EXPECT_EQ(state().x[24], 0u) << "registers come back with the frame, so no handler's count lasts";
  start(SIGNAL_USER_1, abi::SA_NO_DEFER, body);
  run();
  EXPECT_EQ(state().x[23], 3u) << "nested";
}

TEST_F(SignalTest, EndTheProcessWhereNothingHandlesThem) {
  for (const auto& [code, signal] : std::initializer_list<std::pair<const char*, int>>{
           {"udf #0", SIGNAL_ILLEGAL_INSTRUCTION},
           {"hlt #0", SIGNAL_ILLEGAL_INSTRUCTION},
           {"brk #5", SIGNAL_TRAP},
           {"mov x0, #8\n ldr x0, [x0]", SIGNAL_SEGMENTATION},
           {"movz x0, #0x40, lsl #16\n str x0, [x0]", SIGNAL_SEGMENTATION},
           {"mov x0, #3\n ldxr x1, [sp]\n add x0, sp, #1\n ldxr x1, [x0]", SIGNAL_BUS},
           {"mov x0, #2\n br x0", SIGNAL_BUS},
           {"br xzr", SIGNAL_SEGMENTATION},
           {"mov x0, #1000\n mov x1, #9\n mov x8, #129\n svc #0", SIGNAL_KILL},
       }) {
    Process process(test::isolated(test::guest_program(code)));
    const ProcessResult result = process.run();
    EXPECT_EQ(result.stop_reason, StopReason::EXITED) << code;
    EXPECT_EQ(result.signal, signal) << code;
    EXPECT_EQ(result.exit_code, 128 + signal) << code;
  }
}

TEST_F(SignalTest, EndTheProcessWhereTheFrameDoesNotFit) {
  start(SIGNAL_USER_1, 0, R"(
        mov sp, x22
        mov x0, #1000
        mov x1, #10
        mov x8, #129
        svc #0
        handler: brk #0
        )");
  EXPECT_EQ(run().signal, SIGNAL_SEGMENTATION) << "there is no room below the stack pointer";
}

TEST_F(SignalTest, EndTheProcessWhereAHandlerReturnsToNoFrame) {
  Process process(test::isolated(test::guest_program("mov x8, #139\n svc #0")));
  EXPECT_EQ(process.run().signal, SIGNAL_SEGMENTATION);
}

TEST_F(SignalTest, CanBeLookedAtBeforeTheyEndTheProcess) {
  ProcessOptions options = test::isolated(test::guest_program("mov x0, #8\n mov x1, #5\n ldr x1, [x0]"));
  options.fatal_fault = FatalFault::STOP;
  Process process(options);
  const ProcessResult first = process.run();
  EXPECT_EQ(first.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(first.signal, SIGNAL_SEGMENTATION);
  EXPECT_EQ(first.fault.address, 8u);
  EXPECT_EQ(process.machine().x(1), 5u);
  const ProcessResult second = process.run();
  EXPECT_EQ(second.stop_reason, StopReason::EXITED);
  EXPECT_EQ(second.exit_code, 139);
}

TEST_F(SignalTest, InterruptWaitingCallsOrRestartThem) {
  // A pipe that nobody writes to, a timer, and a read; X25 counts the handler's calls through memory.
  const std::string body = R"(
        add x0, x22, #64
        mov x1, #0
        mov x8, #59
        svc #0
        add x1, x22, #128
        mov x3, #1
        stp xzr, xzr, [x1]
        stp xzr, x3, [x1, #16]
        mov x0, #0
        mov x2, #0
        mov x8, #103
        svc #0
        ldr w0, [x22, #64]
        add x1, x22, #256
        mov x2, #1
        mov x8, #63
        svc #0
        brk #3
        handler: movz x3, #0x50, lsl #16
        mov x4, #99
        str x4, [x3, #512]
        ret
        )";
  start(SIGNAL_ALARM, 0, body);
  EXPECT_EQ(run().signal, SIGNAL_TRAP);
  EXPECT_EQ(static_cast<std::int64_t>(state().x[0]), -EINTR);
  EXPECT_EQ(process->machine().read<std::uint64_t>(GUEST_DATA + 512), 99u);

  start(SIGNAL_ALARM, abi::SA_RESTARTING, body);
  EXPECT_EQ(run().stop_reason, StopReason::DEADLOCK) << "the read goes on after the handler";
  EXPECT_EQ(process->machine().read<std::uint64_t>(GUEST_DATA + 512), 99u);
}

}  // namespace
}  // namespace armillion::guest::kernel
