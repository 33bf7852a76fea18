#include <algorithm>
#include <optional>

#include <time.h>

#include "guest/linux/clock_numbers.hpp"
#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/linux/time_conversion.hpp"

// Clocks, sleeping and the alarm timer.
namespace armillion::guest::kernel {
namespace {

Nanoseconds host_time(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<Nanoseconds>(time.tv_sec) * NANOSECONDS_PER_SECOND + static_cast<Nanoseconds>(time.tv_nsec);
}

std::optional<Nanoseconds> read_clock(const Kernel& kernel, std::int32_t clock) {
  switch (kind_of_clock(clock)) {
    case ClockKind::OF_DAY: return kernel.time_of_day();
    case ClockKind::STEADY: return kernel.now();
    case ClockKind::PROCESSOR: return kernel.processor_time();
    case ClockKind::NONE: break;
  }
  return std::nullopt;
}

CallResult sleep_until(Kernel& kernel, Nanoseconds deadline, Address remaining) {
  const Call* resumed = kernel.resumed_call();
  if (resumed != nullptr && resumed->reason == WakeReason::TIMEOUT) return 0;
  if (resumed != nullptr && resumed->reason == WakeReason::SIGNAL && remaining.value != 0) {
    const Nanoseconds left = deadline - std::min(deadline, kernel.now());
    if (!kernel.put(remaining.value, to_timespec(left))) return fail(EFAULT);
  }
  if (resumed == nullptr && deadline <= kernel.now()) return 0;
  Wait wait;
  wait.deadline = deadline;
  wait.on_signal = OnSignal::INTERRUPT;
  return kernel.block(std::move(wait));
}

}  // namespace

Nanoseconds Kernel::now() const {
  if (options.clock == ClockSource::REAL) return std::max(host_time(CLOCK_MONOTONIC), latest_steady_time);
  return machine.retired_instructions() + skipped_time;
}

Nanoseconds Kernel::time_of_day() const {
  if (options.clock == ClockSource::REAL) return host_time(CLOCK_REALTIME);
  return VIRTUAL_EPOCH + now();
}

Nanoseconds Kernel::processor_time() const {
  if (options.clock == ClockSource::REAL) return host_time(CLOCK_PROCESS_CPUTIME_ID);
  return machine.retired_instructions();
}

namespace calls {

CallResult clock_gettime(Kernel& kernel, std::int32_t clock, Address time) {
  const auto value = read_clock(kernel, clock);
  if (!value) return fail(EINVAL);
  return kernel.put(time.value, to_timespec(*value));
}

CallResult clock_getres(Kernel& kernel, std::int32_t clock, Address resolution) {
  if (!read_clock(kernel, clock)) return fail(EINVAL);
  if (resolution.value == 0) return 0;
  return kernel.put(resolution.value, abi::Timespec{0, 1});
}

CallResult gettimeofday(Kernel& kernel, Address time, Address zone) {
  if (time.value != 0) {
    if (const auto stored = kernel.put(time.value, to_timeval(kernel.time_of_day())); !stored) return stored;
  }
  // `struct timezone`: Greenwich, no daylight saving.
  if (zone.value != 0) return kernel.put(zone.value, std::uint64_t{0});
  return 0;
}

CallResult nanosleep(Kernel& kernel, Address duration, Address remaining) {
  return clock_nanosleep(kernel, CLOCK_STEADY, 0, duration, remaining);
}

CallResult clock_nanosleep(Kernel& kernel, std::int32_t clock, std::int32_t flags, Address duration,
                           Address remaining) {
  constexpr std::int32_t ABSOLUTE = 1;
  if (clock < 0 || clock == CLOCK_THREAD || !read_clock(kernel, clock)) return fail(EINVAL);
  const auto time = kernel.get<abi::Timespec>(duration.value);
  if (!time) return fail(time.error());
  const auto nanoseconds = to_nanoseconds(*time);
  if (!nanoseconds) return fail(EINVAL);
  if (const Call* resumed = kernel.resumed_call()) {
    return sleep_until(kernel, *resumed->wait.deadline, (flags & ABSOLUTE) != 0 ? Address{0} : remaining);
  }
  if ((flags & ABSOLUTE) == 0) return sleep_until(kernel, later(kernel.now(), *nanoseconds), remaining);
  const Nanoseconds clock_now = *read_clock(kernel, clock);
  return sleep_until(kernel, later(kernel.now(), *nanoseconds - std::min(*nanoseconds, clock_now)), Address{0});
}

CallResult times(Kernel& kernel, Address buffer) {
  constexpr Nanoseconds TICK = NANOSECONDS_PER_SECOND / abi::CLOCK_TICKS;
  if (buffer.value != 0) {
    const abi::Times times{static_cast<std::int64_t>(kernel.processor_time() / TICK), 0, 0, 0};
    if (const auto stored = kernel.put(buffer.value, times); !stored) return stored;
  }
  return static_cast<std::int64_t>(kernel.now() / TICK);
}

CallResult getitimer(Kernel& kernel, std::int32_t timer, Address value) {
  if (timer != 0) return fail(EINVAL);
  abi::IntervalTimer current{};
  current.interval = to_timeval(kernel.alarm.interval);
  if (kernel.alarm.deadline) {
    current.value = to_timeval(*kernel.alarm.deadline - std::min(*kernel.alarm.deadline, kernel.now()));
  }
  return kernel.put(value.value, current);
}

// Only ITIMER_REAL: the others measure processor time, which is not kept by the timer here.
CallResult setitimer(Kernel& kernel, std::int32_t timer, Address value, Address old_value) {
  if (timer != 0) return fail(EINVAL);
  abi::IntervalTimer wanted{};
  if (value.value != 0) {
    const auto given = kernel.get<abi::IntervalTimer>(value.value);
    if (!given) return fail(given.error());
    wanted = *given;
  }
  const auto first = to_nanoseconds(wanted.value);
  const auto interval = to_nanoseconds(wanted.interval);
  if (!first || !interval) return fail(EINVAL);
  if (old_value.value != 0) {
    if (const auto result = getitimer(kernel, timer, old_value); result.value() < 0) return result;
  }
  kernel.alarm.deadline.reset();
  if (*first > 0) kernel.alarm.deadline = later(kernel.now(), *first);
  kernel.alarm.interval = *interval;
  return 0;
}

}  // namespace calls
}  // namespace armillion::guest::kernel
