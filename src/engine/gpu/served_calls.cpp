#include "engine/gpu/served_calls.hpp"

#include <algorithm>

#include <time.h>

namespace armillion::engine::gpu {

LaneProcess lane_process(const guest::kernel::Delegation& delegation) {
  LaneProcess process{};
  process.served = SERVES_BREAK;
  process.served |= delegation.has_virtual_clock ? SERVES_VIRTUAL_CLOCK : SERVES_HOST_CLOCK;
  if (delegation.may_exit) process.served |= SERVES_EXIT;
  process.break_start = delegation.break_start;
  process.break_listed = guest::page_align_up(delegation.break_end);
  process.break_end = delegation.break_end;
  process.break_limit = delegation.break_limit;
  process.skipped_time = delegation.skipped_time;
  process.steady_time = delegation.latest_steady_time;
  std::ranges::copy(delegation.output_room, process.output_room);
  return process;
}

void set_clocks(Launch& launch) {
  const auto read = [](clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
  };
  launch.host_time_of_day = read(CLOCK_REALTIME);
  launch.host_steady_time = read(CLOCK_MONOTONIC);
}

guest::kernel::ServedCalls served_calls(const LaneProcess& process) {
  return {.break_end = process.break_end, .steady_time = process.steady_time};
}

}  // namespace armillion::engine::gpu
