#include "armillion/process.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "armillion/device.hpp"
#include "support/guest_caller.hpp"

namespace armillion {
namespace {

using test::GUEST_CODE;
using test::GUEST_DATA;
using test::guest_program;
using test::isolated;

// Reads its input a byte at a time, adds one to each and writes it; exits with the number of bytes.
constexpr const char* SHIFT_INPUT = R"(
        movz x20, #0x50, lsl #16
        mov x21, #0
next:   mov x0, #0
        mov x1, x20
        mov x2, #1
        mov x8, #63
        svc #0
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
)";

// Two threads that add to a word each in turns of their own, until the first has counted to 100,000.
constexpr const char* TWO_THREADS = R"(
        movz x20, #0x50, lsl #16
        movz x0, #0x0900
        movk x0, #0x0001, lsl #16
        add x1, x20, #0x8000
        mov x8, #220
        svc #0
        cbz x0, second
        movz x3, #0x86a0
        movk x3, #1, lsl #16
first:  ldr x4, [x20]
        add x4, x4, #1
        str x4, [x20]
        cmp x4, x3
        b.lo first
        ldr x0, [x20, #8]
        and x0, x0, #0xff
        mov x8, #94
        svc #0
second: ldr x4, [x20, #8]
        add x4, x4, #1
        str x4, [x20, #8]
        b second
)";

constexpr const char* EXIT_WITH_ARGUMENT_COUNT = "ldr x0, [sp]\n mov x8, #93\n svc #0";

TEST(Process, RunsAProgramToItsExit) {
  ProcessOptions options = isolated(guest_program(SHIFT_INPUT));
  options.standard_input = InputStream::from_bytes("HAL");
  Process process(options);
  const ProcessResult result = process.run();
  EXPECT_EQ(result.stop_reason, StopReason::EXITED);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(process.captured_output(), "IBM");
  EXPECT_EQ(result.instructions, process.retired_instructions());
  EXPECT_EQ(process.run().exit_code, 3) << "it stays ended";
  EXPECT_EQ(process.run().instructions, 0u);
}

TEST(Process, PassesArgumentsAndEnvironment) {
  ProcessOptions options = isolated(guest_program(EXIT_WITH_ARGUMENT_COUNT));
  options.arguments = {"a", "b"};
  options.environment = {"C=d"};
  EXPECT_EQ(Process(options).run().exit_code, 3);
}

TEST(Process, HandsOutputToACallback) {
  std::string text;
  ProcessOptions options = isolated(guest_program(SHIFT_INPUT));
  options.standard_output = OutputStream::to_callback([&](std::string_view part) { text += part; });
  EXPECT_EQ(Process(options).run().exit_code, 11);
  EXPECT_EQ(text, "tpnf!joqvu\x0b");
}

TEST(Process, StopsAtExactlyTheLimitAndGoesOn) {
  Process whole(isolated(guest_program(SHIFT_INPUT)));
  const std::uint64_t total = whole.run().instructions;
  for (const std::uint64_t step : {1u, 7u, 50u}) {
    Process process(isolated(guest_program(SHIFT_INPUT)));
    ProcessResult result;
    std::uint64_t sum = 0;
    do {
      result = process.run(RunOptions{.instruction_limit = step});
      sum += result.instructions;
      if (result.stop_reason == StopReason::INSTRUCTION_LIMIT) ASSERT_EQ(result.instructions, step);
    } while (result.stop_reason == StopReason::INSTRUCTION_LIMIT);
    EXPECT_EQ(sum, total);
    EXPECT_EQ(process.captured_output(), whole.captured_output());
    EXPECT_EQ(process.state_hash(), whole.state_hash());
  }
}

TEST(Process, SwitchesThreadsAtTheSameInstructionsHoweverItIsRun) {
  Process whole(isolated(guest_program(TWO_THREADS)));
  const ProcessResult expected = whole.run();
  EXPECT_EQ(expected.stop_reason, StopReason::EXITED);
  EXPECT_GT(whole.machine().read<std::uint64_t>(GUEST_DATA + 8), 50'000u) << "the second thread had its turns";
  Process parts(isolated(guest_program(TWO_THREADS)));
  ProcessResult result;
  do {
    result = parts.run(RunOptions{.instruction_limit = 12'345});
  } while (result.stop_reason == StopReason::INSTRUCTION_LIMIT);
  EXPECT_EQ(result.exit_code, expected.exit_code);
  EXPECT_EQ(parts.retired_instructions(), whole.retired_instructions());
  EXPECT_EQ(parts.state_hash(), whole.state_hash());
}

TEST(Process, ShowsItsThreads) {
  Process process(isolated(guest_program(TWO_THREADS)));
  process.run(RunOptions{.instruction_limit = 1'000});
  const auto threads = process.threads();
  ASSERT_EQ(threads.size(), 2u);
  EXPECT_EQ(threads[0].id, process.current_thread());
  EXPECT_EQ(threads[0].state.pc, process.machine().pc());
  EXPECT_EQ(threads[1].state.sp, GUEST_DATA + 0x8000);
}

TEST(Process, GoesBackToASnapshot) {
  Process process(isolated(guest_program(SHIFT_INPUT)));
  process.run(RunOptions{.instruction_limit = 60});
  const std::string early = process.captured_output();
  const Hash128 hash = process.state_hash();
  const ProcessSnapshot snapshot = process.snapshot();
  const ProcessResult first = process.run();
  const std::string output = process.captured_output();
  for (int i = 0; i < 3; ++i) {
    process.restore(snapshot);
    EXPECT_EQ(process.captured_output(), early);
    EXPECT_EQ(process.state_hash(), hash);
    const ProcessResult again = process.run();
    EXPECT_EQ(again.exit_code, first.exit_code);
    EXPECT_EQ(again.instructions, first.instructions);
    EXPECT_EQ(process.captured_output(), output);
  }
  EXPECT_THROW(process.restore(ProcessSnapshot()), Error);
}

TEST(Process, SnapshotsThreadsAndTheirTurns) {
  Process process(isolated(guest_program(TWO_THREADS)));
  process.run(RunOptions{.instruction_limit = 123'456});
  const ProcessSnapshot snapshot = process.snapshot();
  process.run();
  const Hash128 hash = process.state_hash();
  process.restore(snapshot);
  process.run();
  EXPECT_EQ(process.state_hash(), hash);
}

TEST(Process, ReportsThatNothingCanGoOn) {
  // A futex that nobody wakes.
  Process process(isolated(guest_program(R"(
        movz x0, #0x50, lsl #16
        mov x1, #0
        mov x2, #0
        mov x3, #0
        mov x8, #98
        svc #0
        )")));
  EXPECT_EQ(process.run().stop_reason, StopReason::DEADLOCK);
  EXPECT_EQ(process.run().stop_reason, StopReason::DEADLOCK);
}

TEST(Process, StopsAtBreakpointsWhereverSlicesEnd) {
  Process process(isolated(guest_program(TWO_THREADS)));
  // The start of the second thread's loop, which many turns begin near.
  const std::uint64_t address = GUEST_CODE + 18 * 4;
  process.machine().add_breakpoint(address);
  for (int i = 0; i < 100; ++i) {
    const ProcessResult result = process.run();
    ASSERT_EQ(result.stop_reason, StopReason::BREAKPOINT);
    ASSERT_EQ(result.pc, address);
    ASSERT_EQ(process.machine().read<std::uint64_t>(GUEST_DATA + 8), static_cast<std::uint64_t>(i));
  }
}

TEST(Process, WaitsNoLongerThanItsTimeout) {
  ProcessOptions options = isolated(guest_program(R"(
        movz x0, #0x50, lsl #16
        movz x1, #1000
        stp x1, xzr, [x0]
        mov x1, #0
        mov x8, #101
        svc #0
        mov x0, #5
        mov x8, #94
        svc #0
        )"));
  options.clock = ClockSource::REAL;
  Process process(options);
  const ProcessResult result = process.run(RunOptions{.timeout_seconds = 0.05});
  EXPECT_EQ(result.stop_reason, StopReason::TIMEOUT);
  EXPECT_GE(result.elapsed_seconds, 0.05);
  EXPECT_LT(result.elapsed_seconds, 1);
  options.clock = ClockSource::VIRTUAL;
  EXPECT_EQ(Process(options).run().exit_code, 5) << "virtual time passes at once";
}

TEST(Process, IsCancelledFromOtherThreadsWhileItRunsOrWaits) {
  for (const char* code : {"again: b again", R"(
        movz x0, #0x50, lsl #16
        movz x1, #1000
        stp x1, xzr, [x0]
        mov x1, #0
        mov x8, #101
        svc #0
        )"}) {
    ProcessOptions options = isolated(guest_program(code));
    options.clock = ClockSource::REAL;
    Process process(options);
    for (int i = 0; i < 3; ++i) {
      std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        process.cancel();
      });
      EXPECT_EQ(process.run(RunOptions{.timeout_seconds = 10}).stop_reason, StopReason::CANCELLED);
      canceller.join();
    }
  }
}

TEST(Process, RunsOnSeveralThreadsOfTheHostAtOnce) {
  std::vector<std::thread> threads;
  std::vector<Hash128> hashes(4);
  for (Hash128& hash : hashes) {
    threads.emplace_back([&hash] {
      Process process(isolated(guest_program(SHIFT_INPUT)));
      process.run();
      hash = process.state_hash();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Hash128& hash : hashes) EXPECT_EQ(hash, hashes[0]);
}

TEST(Process, SaysWhatIsWrongWithItsOptions) {
  const auto code_of = [](const ProcessOptions& options) -> std::optional<ErrorCode> {
    try {
      const Process process(options);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  };
  const ProcessOptions good = isolated(guest_program("udf #0"));
  EXPECT_EQ(code_of(good), std::nullopt);
  ProcessOptions options = good;
  options.program_bytes.clear();
  options.program = "/nonexistent";
  EXPECT_EQ(code_of(options), ErrorCode::FILE_UNREADABLE);
  options = good;
  options.program_bytes.resize(100);
  EXPECT_EQ(code_of(options), ErrorCode::BAD_PROGRAM);
  options = good;
  options.working_directory = "/nonexistent";
  EXPECT_EQ(code_of(options), ErrorCode::INVALID_ARGUMENT);
  options = good;
  options.stack_bytes = options.memory_limit_bytes + 1;
  EXPECT_EQ(code_of(options), ErrorCode::INVALID_ARGUMENT);
  options = good;
  options.memory_limit_bytes = 1 << 16;
  options.stack_bytes = 1 << 16;
  EXPECT_EQ(code_of(options), ErrorCode::OUT_OF_MEMORY);
  options = good;
  options.arguments.assign(1, std::string(8 << 20, 'a'));
  EXPECT_EQ(code_of(options), ErrorCode::INVALID_ARGUMENT);
  for (std::vector<std::string>* texts : {&options.arguments, &options.environment}) {
    options = good;
    texts->emplace_back("A=\0B", 4);
    EXPECT_EQ(code_of(options), ErrorCode::INVALID_ARGUMENT);
  }
  options = good;
  options.directories = {{"/nonexistent", "/data"}};
  EXPECT_EQ(code_of(options), ErrorCode::FILE_UNREADABLE);
}

TEST(Process, NeedsTheInterpreterOfADynamicProgram) {
  test::ElfFile file;
  const auto code = test::assemble("udf #0");
  file.add_segment(GUEST_CODE, PF_R | PF_X, std::as_bytes(std::span(code)));
  Elf64_Phdr interpreter{};
  interpreter.p_type = PT_INTERP;
  interpreter.p_offset = file.add_bytes(std::as_bytes(std::span("/lib/interpreter")));
  interpreter.p_filesz = sizeof "/lib/interpreter";
  file.segments.push_back(interpreter);
  ProcessOptions options = isolated(file.bytes());
  EXPECT_THROW(Process{options}, Error);

  // With a sysroot that has one, the program starts there.
  std::string folder = ::testing::TempDir() + "armillion_sysroot_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::filesystem::create_directory(folder + "/lib");
  test::ElfFile loader;
  const auto loader_code = test::assemble("mov x0, #9\n mov x8, #94\n svc #0");
  loader.header.e_type = ET_DYN;
  loader.header.e_entry = 0x1000;
  loader.add_segment(0x1000, PF_R | PF_X, std::as_bytes(std::span(loader_code)));
  const auto bytes = loader.bytes();
  std::ofstream(folder + "/lib/interpreter", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  options.sysroot = folder;
  EXPECT_EQ(Process(options).run().exit_code, 9);
  std::filesystem::remove_all(folder);
}

// On other devices: the instructions run there, the calls are served here. The parameter is the device.
class ProcessOnDeviceTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string_view("cuda") && !why_no_gpu().empty()) GTEST_SKIP() << why_no_gpu();
  }

  static ProcessOptions options(std::string_view program) {
    ProcessOptions options = isolated(guest_program(program));
    options.device = GetParam();
    return options;
  }
};

TEST_P(ProcessOnDeviceTest, EndsAsOnTheCpu) {
  for (const char* program : {SHIFT_INPUT, TWO_THREADS, EXIT_WITH_ARGUMENT_COUNT, "udf #0", "ldr x0, [x0]"}) {
    Process process(options(program));
    Process expected(isolated(guest_program(program)));
    const ProcessResult result = process.run();
    const ProcessResult expected_result = expected.run();
    EXPECT_EQ(result.stop_reason, expected_result.stop_reason);
    EXPECT_EQ(result.exit_code, expected_result.exit_code);
    EXPECT_EQ(result.signal, expected_result.signal);
    EXPECT_EQ(result.instructions, expected_result.instructions);
    EXPECT_EQ(process.captured_output(), expected.captured_output());
    EXPECT_EQ(process.state_hash(), expected.state_hash());
  }
}

TEST_P(ProcessOnDeviceTest, StopsAtEveryLimitAndGoesOnFromASnapshot) {
  Process process(options(TWO_THREADS));
  Process expected(isolated(guest_program(TWO_THREADS)));
  for (const std::uint64_t limit : {1, 6, 50'001, 200'000}) {
    EXPECT_EQ(process.run({.instruction_limit = limit}).instructions, limit);
    expected.run({.instruction_limit = limit});
    ASSERT_EQ(process.state_hash(), expected.state_hash()) << limit;
  }
  const ProcessSnapshot snapshot = process.snapshot();
  const ProcessResult end = process.run();
  EXPECT_EQ(end.exit_code, expected.run().exit_code);
  const Hash128 hash = process.state_hash();
  process.restore(snapshot);
  EXPECT_EQ(process.run().instructions, end.instructions);
  EXPECT_EQ(process.state_hash(), hash);
}

TEST_P(ProcessOnDeviceTest, TheHostsClockDoesNotRunBack) {
  // The time from the lane, then from the host, which also serves getpid, in turn.
  ProcessOptions with_clock = options(R"(
      sub sp, sp, #16
      mov x20, #0
      mov x22, #200
    again:
      mov x0, #1
      mov x1, sp
      mov x8, #113
      svc #0
      ldp x9, x10, [sp]
      movz x11, #0xca00
      movk x11, #0x3b9a, lsl #16
      madd x21, x9, x11, x10
      cmp x21, x20
      b.lo wrong
      mov x20, x21
      mov x8, #172
      tbz x22, #0, skip
      mov x0, sp
      mov x1, #0
      mov x8, #169
    skip:
      svc #0
      subs x22, x22, #1
      b.ne again
      mov x0, #3
      b end
    wrong:
      mov x0, #4
    end:
      mov x8, #94
      svc #0
  )");
  with_clock.clock = ClockSource::REAL;
  EXPECT_EQ(Process(with_clock).run().exit_code, 3);
}

TEST_P(ProcessOnDeviceTest, StopsAtBreakpointsAndTimeouts) {
  Process process(options("mov x1, #5\n again: add x0, x0, #1\n b again"));
  process.machine().add_breakpoint(GUEST_CODE + 4);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const ProcessResult result = process.run();
    EXPECT_EQ(result.stop_reason, StopReason::BREAKPOINT);
    EXPECT_EQ(result.pc, GUEST_CODE + 4);
    EXPECT_EQ(process.machine().x(0), i);
  }
  process.machine().remove_breakpoint(GUEST_CODE + 4);
  EXPECT_EQ(process.run({.timeout_seconds = 0.01}).stop_reason, StopReason::TIMEOUT);
  process.cancel();
  EXPECT_EQ(process.run().stop_reason, StopReason::CANCELLED);
}

INSTANTIATE_TEST_SUITE_P(HostLanes, ProcessOnDeviceTest, ::testing::Values("host-lanes"),
                         [](const auto&) { return "HostLanes"; });
INSTANTIATE_TEST_SUITE_P(Gpu, ProcessOnDeviceTest, ::testing::Values("cuda"), [](const auto&) { return "Cuda"; });

}  // namespace
}  // namespace armillion
