#pragma once

#include <cstdint>

#include "engine/gpu/lane_memory.hpp"
#include "guest/linux/clock_numbers.hpp"

// The most frequent system calls of lanes that are Linux processes, served where the lane runs: the launch goes on. The
// host learns of them from the lane's LaneProcess and from the launch's log. What a lane cannot do it leaves to the
// host, with nothing changed.
namespace armillion::engine::gpu {

namespace call_number {
#define SYSTEM_CALL(NUMBER_, NAME_) inline constexpr std::uint32_t NAME_ = NUMBER_;
#define UNSUPPORTED(NUMBER_, NAME_)
#define DECLINED(NUMBER_, NAME_)
#include "guest/linux/system_calls.inc"
#undef SYSTEM_CALL
#undef UNSUPPORTED
#undef DECLINED
}  // namespace call_number

enum class CallOutcome : std::uint32_t {
  SERVED,
  /// The process has ended.
  EXITED,
  FOR_HOST,
  /// Has to be made again: another lane of the warp was in the way, or there was no memory, which the lane's control
  /// says.
  AGAIN,
};

/// A lane's call: its arguments in X0 and up, and what retired before it.
struct LaneCall {
  LaneMemory memory;
  ARMILLION_SHARED std::uint64_t* registers;
  std::uint64_t retired_before;

  ARMILLION_INLINE std::uint64_t argument(std::uint32_t number) const { return registers[number * WARP_LANES]; }
  ARMILLION_INLINE void set_result(std::uint64_t value) const { registers[0] = value; }
  ARMILLION_INLINE ARMILLION_GLOBAL LaneProcess& process() const {
    return target::global<LaneProcess>(memory.launch->processes)[memory.lane_index()];
  }
};

/// What follows where memory could not be accessed: the host finds out what the guest is told.
ARMILLION_INLINE CallOutcome after_failed_access(const LaneMemory& memory) {
  ARMILLION_GLOBAL LaneControl& control = memory.control();
  if (control.stop != static_cast<std::uint8_t>(StopReason::MEMORY_FAULT)) return CallOutcome::AGAIN;
  control.stop = static_cast<std::uint8_t>(StopReason::RUNNING);
  return CallOutcome::FOR_HOST;
}

ARMILLION_INLINE bool is_user_range(std::uint64_t address, std::uint64_t size) {
  return address >> 48 == 0 && size <= (std::uint64_t{1} << 48) - address;
}

/// Longer writes go to the host, so that the log has room for many.
inline constexpr std::uint64_t MOST_LOGGED_BYTES = 16 * 1024;

ARMILLION_INLINE CallOutcome serve_write(const LaneCall& call) {
  const auto descriptor = static_cast<std::uint32_t>(call.argument(0));
  const std::uint64_t address = call.argument(1);
  const std::uint64_t size = call.argument(2);
  if (descriptor != 1 && descriptor != 2) return CallOutcome::FOR_HOST;
  ARMILLION_GLOBAL std::uint64_t& room = call.process().output_room[descriptor - 1];
  if (size == 0 || size > room || size > MOST_LOGGED_BYTES || !is_user_range(address, size)) {
    return CallOutcome::FOR_HOST;
  }
  auto* launch = const_cast<ARMILLION_GLOBAL Launch*>(call.memory.launch);
  const std::uint64_t record_bytes = sizeof(LoggedWrite) + (size + 7) / 8 * 8;
  const std::uint64_t place = target::fetch_add(&launch->call_log_used, record_bytes);
  if (place + record_bytes > launch->call_log_bytes) return CallOutcome::FOR_HOST;
  auto* record = target::global<std::uint64_t>(launch->call_log + place);
  record[1] = call.memory.lane_index();
  std::uint64_t done = 0;
  while (done < size) {
    const std::uint64_t left = size - done;
    alignas(8) unsigned char bytes[8] = {};
    const auto step = static_cast<std::uint32_t>(left < sizeof bytes ? left : sizeof bytes);
    if (!load_bytes(call.memory, address + done, step, bytes)) break;
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bytes, sizeof word);
    record[2 + done / 8] = word;
    done += step;
  }
  const std::uint64_t kind = done == size ? descriptor : SKIPPED_WRITE;
  target::publish(record, kind << 32 | size);
  if (done != size) return after_failed_access(call.memory);
  room -= size;
  call.set_result(size);
  return CallOutcome::SERVED;
}

ARMILLION_INLINE CallOutcome serve_break(const LaneCall& call) {
  ARMILLION_GLOBAL LaneProcess& process = call.process();
  const std::uint64_t end = call.argument(0);
  if ((process.served & SERVES_BREAK) == 0) return CallOutcome::FOR_HOST;
  if (end >= process.break_start && end <= std::uint64_t{1} << 48) {
    const std::uint64_t top = whole_pages(process.break_end);
    if (whole_pages(end) < top || whole_pages(end) > process.break_limit) return CallOutcome::FOR_HOST;
    process.break_end = end;
    if (whole_pages(end) > top) call.memory.shared->region_list = NOT_COMPARED;
  }
  call.set_result(process.break_end);
  return CallOutcome::SERVED;
}

/// The time of a virtual clock: what has retired, this call too.
ARMILLION_INLINE std::uint64_t virtual_time(const LaneCall& call, guest::kernel::ClockKind kind) {
  std::uint64_t now = call.retired_before + 1;
  if (kind != guest::kernel::ClockKind::PROCESSOR) now += call.process().skipped_time;
  if (kind == guest::kernel::ClockKind::OF_DAY) now += guest::kernel::VIRTUAL_EPOCH;
  return now;
}

/// The time of one of the host's clocks, late by what passed between its reading and the launch.
ARMILLION_INLINE std::uint64_t host_time(const LaneCall& call, guest::kernel::ClockKind kind) {
  const ARMILLION_GLOBAL Launch& launch = *call.memory.launch;
  const std::uint64_t first_look = target::load_shared_word(&launch.first_look);
  const std::uint64_t now = target::nanoseconds();
  const std::uint64_t passed = first_look != 0 && now > first_look ? now - first_look : 0;
  if (kind == guest::kernel::ClockKind::OF_DAY) return launch.host_time_of_day + passed;
  const std::uint64_t steady_time = launch.host_steady_time + passed;
  ARMILLION_GLOBAL std::uint64_t& told = call.process().steady_time;
  if (steady_time > told) told = steady_time;
  return told;
}

ARMILLION_INLINE CallOutcome serve_clock(const LaneCall& call) {
  using guest::kernel::ClockKind;
  constexpr std::uint64_t SECOND = 1'000'000'000;
  const std::uint32_t served = call.process().served;
  const ClockKind kind = guest::kernel::kind_of_clock(static_cast<std::int32_t>(call.argument(0)));
  const std::uint64_t address = call.argument(1);
  std::uint64_t time[2];
  if (kind == ClockKind::NONE || !is_user_range(address, sizeof time)) return CallOutcome::FOR_HOST;
  std::uint64_t now = 0;
  if ((served & SERVES_VIRTUAL_CLOCK) != 0) {
    now = virtual_time(call, kind);
  } else if ((served & SERVES_HOST_CLOCK) != 0 && kind != ClockKind::PROCESSOR) {
    now = host_time(call, kind);
  } else {
    return CallOutcome::FOR_HOST;
  }
  time[0] = now / SECOND;
  time[1] = now % SECOND;
  alignas(8) unsigned char bytes[sizeof time];
  __builtin_memcpy(bytes, time, sizeof time);
  if (!store_bytes(call.memory, address, sizeof time, bytes)) return after_failed_access(call.memory);
  call.set_result(0);
  return CallOutcome::SERVED;
}

ARMILLION_INLINE CallOutcome serve_exit(const LaneCall& call) {
  if ((call.process().served & SERVES_EXIT) == 0) return CallOutcome::FOR_HOST;
  ARMILLION_GLOBAL LaneControl& control = call.memory.control();
  control.stop = static_cast<std::uint8_t>(StopReason::EXITED);
  control.immediate = static_cast<std::uint32_t>(call.argument(0) & 0xff);
  control.finality = EXITED_BY_ITSELF;
  return CallOutcome::EXITED;
}

/// Serves the call whose number is in X8.
ARMILLION_COLD inline CallOutcome serve_call(LaneCall call) {
  if (call.memory.launch->processes == 0) return CallOutcome::FOR_HOST;
  switch (static_cast<std::uint32_t>(call.argument(8))) {
    case call_number::write: return serve_write(call);
    case call_number::brk: return serve_break(call);
    case call_number::clock_gettime: return serve_clock(call);
    case call_number::exit_group: return serve_exit(call);
    default: return CallOutcome::FOR_HOST;
  }
}

}  // namespace armillion::engine::gpu
