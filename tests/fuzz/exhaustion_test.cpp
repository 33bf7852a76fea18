// Programs that want more than there is: they get the error or the signal that Linux would give them, and the host's
// memory stays within bounds.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "fuzz/small_program.hpp"

namespace armillion {
namespace {

using test::isolated_options;
using test::small_program;

constexpr std::uint64_t MIB = 1 << 20;

// Several times the 64 MiB that `isolated_options` grants: decoded instructions take four times the memory of their
// words, and sanitizers have their own overhead.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t MOST_HOST_BYTES = 1536 * MIB;
#else
constexpr std::uint64_t MOST_HOST_BYTES = 512 * MIB;
#endif

std::uint64_t most_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

ProcessResult run_to_end(const ProcessOptions& options) {
  Process process(options);
  const ProcessResult result = process.run(RunOptions{.timeout_seconds = 60});
  EXPECT_EQ(result.stop_reason, StopReason::EXITED) << name_of(result.stop_reason);
  EXPECT_LT(most_resident_bytes(), MOST_HOST_BYTES);
  return result;
}

// What the tests' programs end with: exit with the error number of the call whose result is in X0.
constexpr std::string_view EXIT_WITH_ERROR = R"(
    failed: neg x0, x0
    leave:  mov x8, #94
            svc #0
)";

// Runs code that calls the kernel until it fails and then goes to `failed`; returns the error number.
int error_of(std::string_view assembly) {
  const ProcessResult result =
      run_to_end(isolated_options(small_program(std::string(assembly) + std::string(EXIT_WITH_ERROR))));
  EXPECT_EQ(result.signal, 0);
  return result.exit_code;
}

TEST(Exhaustion, MappingMemoryEndsInEnomem) {
  EXPECT_EQ(error_of(R"(
    again:  mov x0, #0
            mov x1, #0x100000
            mov x2, #3          // PROT_READ | PROT_WRITE
            mov x3, #0x22       // MAP_PRIVATE | MAP_ANONYMOUS
            mov x4, #-1
            mov x5, #0
            mov x8, #222        // mmap
            svc #0
            cmn x0, #4095
            b.hs failed
            add x1, x0, #0x100, lsl #12
    touch:  str x0, [x0]
            add x0, x0, #1, lsl #12
            cmp x0, x1
            b.lo touch
            b again
  )"),
            ENOMEM);
}

TEST(Exhaustion, OneHugeMappingIsEnomem) {
  EXPECT_EQ(error_of(R"(
            mov x0, #0
            mov x1, #0x400000000000
            mov x2, #3
            mov x3, #0x22
            mov x4, #-1
            mov x5, #0
            mov x8, #222
            svc #0
  )"),
            ENOMEM);
}

TEST(Exhaustion, ReservedMemoryThatBecomesWritableIsCounted) {
  EXPECT_EQ(error_of(R"(
            mov x0, #0
            mov x1, #0x400000000   // 16 GiB, PROT_NONE
            mov x2, #0
            mov x3, #0x4022        // MAP_NORESERVE too
            mov x4, #-1
            mov x5, #0
            mov x8, #222
            svc #0
            cmn x0, #4095
            b.hs failed
            mov x2, #3
            mov x8, #226           // mprotect
            svc #0
  )"),
            ENOMEM);
}

TEST(Exhaustion, MovingTheBreakStopsAtTheLimit) {
  EXPECT_EQ(error_of(R"(
            mov x0, #0
            mov x8, #214        // brk
            svc #0
    again:  mov x19, x0
            add x0, x0, #0x100, lsl #12
            svc #0
            cmp x0, x19
            b.eq full           // a break that cannot be moved stays
    touch:  str x0, [x19]
            add x19, x19, #1, lsl #12
            cmp x19, x0
            b.lo touch
            b again
    full:   mov x0, #-12
  )"),
            ENOMEM);
}

TEST(Exhaustion, ManySmallMappingsEndInEnomem) {
  EXPECT_EQ(error_of(R"(
            mov x19, #0x100000000
    again:  mov x0, x19         // every other page, so that no two mappings are one
            mov x1, #4096
            mov x2, #1          // PROT_READ: costs nothing of the memory limit
            mov x3, #0x32       // MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
            mov x4, #-1
            mov x5, #0
            mov x8, #222
            svc #0
            cmn x0, #4095
            b.hs failed
            add x19, x19, #2, lsl #12
            b again
  )"),
            ENOMEM);
}

TEST(Exhaustion, ReadingHugeMappingsCostsNothing) {
  EXPECT_EQ(error_of(R"(
            mov x0, #0
            mov x1, #0x80000000    // 2 GiB; may be refused, as it is more than the limit
            mov x2, #1
            mov x3, #0x4022
            mov x4, #-1
            mov x5, #0
            mov x8, #222
            svc #0
            cmn x0, #4095
            b.hs leave_with_0
            mov x1, #0x80000000
            add x1, x0, x1
    touch:  ldr x2, [x0]
            add x0, x0, #1, lsl #12
            cmp x0, x1
            b.lo touch
    leave_with_0: mov x0, #0
  )"),
            0);
}

TEST(Exhaustion, DeepRecursionIsASegmentationFault) {
  const ProcessResult result = run_to_end(isolated_options(small_program(R"(
    deeper: sub sp, sp, #1024
            stp x29, x30, [sp]
            bl deeper
  )")));
  EXPECT_EQ(result.signal, SIGSEGV);
  EXPECT_EQ(result.exit_code, 128 + SIGSEGV);
}

TEST(Exhaustion, AHandlerOnAnExhaustedStackIsASegmentationFault) {
  const ProcessResult result = run_to_end(isolated_options(small_program(R"(
            adr x0, handler
            str x0, [sp, #-64]!
            str xzr, [sp, #8]
            str xzr, [sp, #16]
            str xzr, [sp, #24]
            mov x0, #11         // SIGSEGV
            mov x1, sp
            mov x2, #0
            mov x3, #8
            mov x8, #134        // rt_sigaction
            svc #0
    deeper: sub sp, sp, #1024
            stp x29, x30, [sp]
            bl deeper
    handler: b handler
  )")));
  EXPECT_EQ(result.signal, SIGSEGV);
}

TEST(Exhaustion, ExecutingALotOfCodeStaysInBounds) {
  const ProcessResult result = run_to_end(isolated_options(small_program(R"(
            adr x0, end
            mov x2, #48 * 1024 * 1024
            add x1, x0, x2
            ldr w3, filler
            dup v0.4s, w3
    fill:   stp q0, q0, [x0], #32
            cmp x0, x1
            b.lo fill
            b end               // through 48 MiB of no-operations, up to zeros
    filler: nop
    end:    nop
  )",
                                                                         50 * MIB)));
  EXPECT_EQ(result.signal, SIGILL);
  EXPECT_GT(result.instructions, 12 * MIB);
}

TEST(Exhaustion, ModifyingCodeForeverStaysInBounds) {
  EXPECT_EQ(error_of(R"(
            adr x0, patched
            ldr w1, add_1
            ldr w2, add_2
            mov x3, #0
            mov x4, #0x40000
    again:  str w1, [x0]
            dc cvau, x0
            ic ivau, x0
    patched: nop
            eor w1, w1, w2      // the one, then the other
            eor w2, w1, w2
            eor w1, w1, w2
            subs x4, x4, #1
            b.ne again
            mov x5, #0x60000    // half of them added 1, half 2
            sub x0, x5, x3
            b failed
    add_1:  add x3, x3, #1
    add_2:  add x3, x3, #2
  )"),
            0);
}

TEST(Exhaustion, CloningThreadsEndsInEagain) {
  EXPECT_EQ(error_of(R"(
    again:  mov x0, #0x0f00
            movk x0, #0x5, lsl #16   // CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM
            mov x1, sp
            mov x2, #0
            mov x3, #0
            mov x4, #0
            mov x8, #220        // clone
            svc #0
            cmn x0, #4095
            b.hs failed
            cbnz x0, again
    wait:   mov x0, sp          // the child waits for ever
            mov x1, #128        // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
            ldr w2, [sp]
            mov x3, #0
            mov x8, #98         // futex
            svc #0
            b wait
  )"),
            EAGAIN);
}

TEST(Exhaustion, OpeningPipesAndFillingThemEndsInEmfile) {
  EXPECT_EQ(error_of(R"(
    again:  sub x0, sp, #16
            mov x1, #0x800      // O_NONBLOCK
            mov x8, #59         // pipe2
            svc #0
            cmn x0, #4095
            b.hs failed
    fill:   ldr w0, [sp, #-12]
            adr x1, again
            mov x2, #4096
            mov x8, #64         // write
            svc #0
            cmn x0, #4095
            b.lo fill
            b again
  )"),
            EMFILE);
}

TEST(Exhaustion, WritingToAMemoryFileEndsInAnError) {
  const int error = error_of(R"(
            adr x0, name
            mov x1, #0
            mov x8, #279        // memfd_create
            svc #0
            cmn x0, #4095
            b.hs failed
            mov x19, x0
    again:  mov x0, x19
            adr x1, again
            mov x2, #8192
            mov x8, #64         // write
            svc #0
            cmn x0, #4095
            b.hs failed
            b again
    name:   .word 0x66
  )");
  EXPECT_TRUE(error == ENOSPC || error == ENOMEM || error == EFBIG) << error;
}

TEST(Exhaustion, AHugeMemoryFileIsAnError) {
  const int error = error_of(R"(
            adr x0, name
            mov x1, #0
            mov x8, #279        // memfd_create
            svc #0
            cmn x0, #4095
            b.hs failed
            mov x1, #0x4000000000000000
            mov x8, #46         // ftruncate
            svc #0
            b failed
    name:   .word 0x66
  )");
  EXPECT_TRUE(error == ENOSPC || error == ENOMEM || error == EFBIG) << error;
}

TEST(Exhaustion, QueueingBlockedSignalsEndsInEagain) {
  EXPECT_EQ(error_of(R"(
            mov x0, #-1
            str x0, [sp, #-256]!
            mov x0, #2          // SIG_SETMASK
            mov x1, sp
            mov x2, #0
            mov x3, #8
            mov x8, #135        // rt_sigprocmask
            svc #0
            mov x8, #172        // getpid
            svc #0
            mov x19, x0
            mov x0, #40
            str x0, [sp]        // si_signo
            mov w0, #-1
            str w0, [sp, #8]    // si_code: SI_QUEUE
    again:  mov x0, x19
            mov x1, #40
            mov x2, sp
            mov x8, #138        // rt_sigqueueinfo
            svc #0
            cbz x0, again
  )"),
            EAGAIN);
}

TEST(Exhaustion, CapturedOutputIsFullAtItsLimit) {
  EXPECT_EQ(error_of(R"(
    again:  mov x0, #1
            adr x1, again
            mov x2, #4096
            mov x8, #64         // write
            svc #0
            cmn x0, #4095
            b.lo again
  )"),
            ENOSPC);
}

TEST(Exhaustion, EndlessTransfersEnd) {
  EXPECT_EQ(error_of(R"(
            mov x0, #-100
            adr x1, zero
            mov x2, #0
            mov x8, #56         // openat
            svc #0
            mov x19, x0
            mov x0, #-100
            adr x1, null
            mov x2, #1
            svc #0
            cmn x0, #4095
            b.hs failed
            mov x1, x19
            mov x2, #0
            mov x3, #0x4000000000000000
            mov x8, #71         // sendfile
            svc #0
            cmn x0, #4095
            b.hs failed
            mov x0, #0
            b leave
    zero:   .asciz "/dev/zero"
    null:   .asciz "/dev/null"
            .balign 4
  )"),
            0);
}

TEST(Exhaustion, ACircleOfRobustMutexesIsLeft) {
  EXPECT_EQ(error_of(R"(
            sub x0, sp, #256
            str x0, [x0]        // the list's head is its own successor's predecessor
            sub x1, sp, #128
            str x1, [x0]
            str x1, [x1]        // an entry that follows itself
            str xzr, [x0, #8]
            str xzr, [x0, #16]
            mov x1, #24
            mov x8, #99         // set_robust_list
            svc #0
            mov x0, #0
            mov x8, #93         // exit
            svc #0
  )"),
            0);
}

TEST(Exhaustion, EpollInstancesThatWatchEachOtherAreRefused) {
  const int error = error_of(R"(
            mov x0, #0
            mov x8, #20         // epoll_create1
            svc #0
            mov x19, x0
            mov x0, #0
            svc #0
            mov x20, x0
            mov x8, #21         // epoll_ctl
            mov x0, x19
            mov x1, #1          // EPOLL_CTL_ADD
            mov x2, x20
            sub x3, sp, #64
            mov x4, #5
            str x4, [x3]
            svc #0
            cbnz x0, failed
            mov x0, x20
            mov x2, x19
            svc #0
            cbnz x0, failed
            mov x0, x19
            sub x1, sp, #64
            mov x2, #1
            mov x3, #0
            mov x4, #0
            mov x5, #8
            mov x8, #22         // epoll_pwait
            svc #0
  )");
  EXPECT_TRUE(error == ELOOP || error == EINVAL) << error;
}

ErrorCode error_when_loading(const ProcessOptions& options) {
  try {
    Process process(options);
  } catch (const Error& error) {
    EXPECT_LT(most_resident_bytes(), MOST_HOST_BYTES);
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::INVALID_ARGUMENT;
}

TEST(Exhaustion, AHugeSegmentIsAnError) {
  EXPECT_EQ(error_when_loading(isolated_options(small_program("nop", 65 * MIB))), ErrorCode::OUT_OF_MEMORY);
  EXPECT_EQ(error_when_loading(isolated_options(small_program("nop", std::uint64_t{1} << 46))),
            ErrorCode::OUT_OF_MEMORY);
  EXPECT_EQ(error_when_loading(isolated_options(small_program("nop", ~std::uint64_t{0} << 16))),
            ErrorCode::BAD_PROGRAM);
}

TEST(Exhaustion, AHugeStackIsAnError) {
  for (const std::uint64_t stack_bytes : {65 * MIB, std::uint64_t{1} << 47, ~std::uint64_t{0}}) {
    ProcessOptions options = isolated_options(small_program("nop"));
    options.stack_bytes = stack_bytes;
    EXPECT_EQ(error_when_loading(options), ErrorCode::INVALID_ARGUMENT) << stack_bytes;
  }
}

TEST(Exhaustion, ArgumentsThatDoNotFitOnTheStackAreAnError) {
  ProcessOptions options = isolated_options(small_program("nop"));
  options.arguments.assign(100, std::string(MIB / 2, 'a'));
  EXPECT_EQ(error_when_loading(options), ErrorCode::INVALID_ARGUMENT);
}

TEST(Exhaustion, AMachineThatIsLargerThanItsLimitIsAnError) {
  for (const std::uint64_t memory_bytes : {65 * MIB, std::uint64_t{1} << 47, ~std::uint64_t{0}}) {
    EXPECT_THROW(Machine(MachineOptions{.memory_bytes = memory_bytes, .memory_limit_bytes = 64 * MIB}), Error);
  }
}

}  // namespace
}  // namespace armillion
