#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "guest/linux/abi.hpp"
#include "guest/linux/thread.hpp"

namespace armillion::guest::kernel {

inline constexpr Nanoseconds NANOSECONDS_PER_SECOND = 1'000'000'000;

/// Nothing where the fields are out of range. Times beyond 500 years are all the same.
constexpr std::optional<Nanoseconds> to_nanoseconds(const abi::Timespec& time) {
  constexpr std::int64_t MOST_SECONDS = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= 1'000'000'000) return std::nullopt;
  const std::int64_t seconds = time.seconds < MOST_SECONDS ? time.seconds : MOST_SECONDS - 1;
  return static_cast<Nanoseconds>(seconds) * NANOSECONDS_PER_SECOND + static_cast<Nanoseconds>(time.nanoseconds);
}

constexpr std::optional<Nanoseconds> to_nanoseconds(const abi::Timeval& time) {
  if (time.microseconds < 0 || time.microseconds >= 1'000'000) return std::nullopt;
  return to_nanoseconds(abi::Timespec{time.seconds, time.microseconds * 1000});
}

constexpr abi::Timespec to_timespec(Nanoseconds time) {
  return {static_cast<std::int64_t>(time / NANOSECONDS_PER_SECOND),
          static_cast<std::int64_t>(time % NANOSECONDS_PER_SECOND)};
}

constexpr abi::Timeval to_timeval(Nanoseconds time) {
  return {static_cast<std::int64_t>(time / NANOSECONDS_PER_SECOND),
          static_cast<std::int64_t>(time % NANOSECONDS_PER_SECOND / 1000)};
}

/// The sum, or the latest time there is.
constexpr Nanoseconds later(Nanoseconds time, Nanoseconds duration) {
  Nanoseconds sum = 0;
  return __builtin_add_overflow(time, duration, &sum) ? std::numeric_limits<Nanoseconds>::max() : sum;
}

}  // namespace armillion::guest::kernel
