#pragma once

#include <cstdint>

// The clocks of the interface. Freestanding: devices serve them too.
namespace armillion::guest::kernel {

/// Where the virtual clock starts, in nanoseconds since 1970: 2024-01-01 00:00:00 UTC.
inline constexpr std::uint64_t VIRTUAL_EPOCH = 1'704'067'200ull * 1'000'000'000;

/// Clock numbers of the interface (linux/time.h).
enum Clock : std::int32_t {
  CLOCK_OF_DAY = 0,
  CLOCK_STEADY = 1,
  CLOCK_PROCESS = 2,
  CLOCK_THREAD = 3,
  CLOCK_STEADY_RAW = 4,
  CLOCK_OF_DAY_COARSE = 5,
  CLOCK_STEADY_COARSE = 6,
  CLOCK_SINCE_BOOT = 7,
  CLOCK_INTERNATIONAL_ATOMIC = 11,
};

/// What a clock counts.
enum class ClockKind : std::uint8_t { OF_DAY, STEADY, PROCESSOR, NONE };

constexpr ClockKind kind_of_clock(std::int32_t clock) {
  // Negative numbers name the processor time of a process or thread, of which there are only our own.
  if (clock < 0) return ClockKind::PROCESSOR;
  switch (clock) {
    case CLOCK_OF_DAY:
    case CLOCK_OF_DAY_COARSE:
    case CLOCK_INTERNATIONAL_ATOMIC: return ClockKind::OF_DAY;
    case CLOCK_STEADY:
    case CLOCK_STEADY_RAW:
    case CLOCK_STEADY_COARSE:
    case CLOCK_SINCE_BOOT: return ClockKind::STEADY;
    case CLOCK_PROCESS:
    case CLOCK_THREAD: return ClockKind::PROCESSOR;
    default: return ClockKind::NONE;
  }
}

}  // namespace armillion::guest::kernel
