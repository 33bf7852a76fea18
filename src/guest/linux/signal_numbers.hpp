#pragma once

#include <cstdint>
#include <string_view>

namespace armillion::guest::kernel {

/// Signals have the same numbers on AArch64 and x86-64; they stand here because the kernel's own code must not mix them
/// up with the host's signals.
enum Signal : std::int32_t {
  SIGNAL_HANG_UP = 1,
  SIGNAL_INTERRUPT = 2,
  SIGNAL_QUIT = 3,
  SIGNAL_ILLEGAL_INSTRUCTION = 4,
  SIGNAL_TRAP = 5,
  SIGNAL_ABORT = 6,
  SIGNAL_BUS = 7,
  SIGNAL_FLOATING_POINT = 8,
  SIGNAL_KILL = 9,
  SIGNAL_USER_1 = 10,
  SIGNAL_SEGMENTATION = 11,
  SIGNAL_USER_2 = 12,
  SIGNAL_PIPE = 13,
  SIGNAL_ALARM = 14,
  SIGNAL_TERMINATE = 15,
  SIGNAL_CHILD = 17,
  SIGNAL_CONTINUE = 18,
  SIGNAL_STOP = 19,
  SIGNAL_TERMINAL_STOP = 20,
  SIGNAL_TERMINAL_INPUT = 21,
  SIGNAL_TERMINAL_OUTPUT = 22,
  SIGNAL_URGENT = 23,
  SIGNAL_WINDOW = 28,
  SIGNAL_COUNT = 64,
};

/// Signals from this one on queue up instead of merging.
inline constexpr std::int32_t FIRST_REAL_TIME_SIGNAL = 32;

/// "SIGSEGV"; "SIGRT_3" and the like for real-time signals; empty for what is no signal.
std::string_view signal_name(std::int32_t signal);

constexpr bool is_signal(std::int32_t number) { return number >= 1 && number <= SIGNAL_COUNT; }

/// A set of signals as the kernel stores it: bit 0 is signal 1.
constexpr std::uint64_t signal_bit(std::int32_t signal) { return std::uint64_t{1} << (signal - 1); }
/// What can be neither blocked nor caught.
inline constexpr std::uint64_t UNBLOCKABLE_SIGNALS = signal_bit(SIGNAL_KILL) | signal_bit(SIGNAL_STOP);

}  // namespace armillion::guest::kernel
