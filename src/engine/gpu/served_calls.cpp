#include "engine/gpu/served_calls.hpp"

#include <algorithm>

namespace armillion::engine::gpu {

LaneProcess lane_process(const guest::kernel::Delegation& delegation) {
  LaneProcess process{};
  process.served = SERVES_BREAK;
  if (delegation.has_virtual_clock) process.served |= SERVES_CLOCK;
  if (delegation.may_exit) process.served |= SERVES_EXIT;
  process.break_start = delegation.break_start;
  process.break_listed = guest::page_align_up(delegation.break_end);
  process.break_end = delegation.break_end;
  process.break_limit = delegation.break_limit;
  process.skipped_time = delegation.skipped_time;
  std::ranges::copy(delegation.output_room, process.output_room);
  return process;
}

}  // namespace armillion::engine::gpu
