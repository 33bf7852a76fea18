#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <poll.h>
#include <time.h>

#include "engine/time_limit.hpp"
#include "guest/linux/fault.hpp"
#include "guest/linux/kernel.hpp"

// How a process runs: one thread after the other, a fixed number of instructions each.
namespace armillion::guest::kernel {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Instructions until the next thread's turn where several want to run.
constexpr std::uint64_t QUANTUM = 100'000;
/// How long the host is waited for at once: as often a cancellation is looked for.
constexpr Nanoseconds LONGEST_HOST_WAIT = 10'000'000;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// BRK is a breakpoint that the guest brought along.
bool is_breakpoint_instruction(std::uint32_t word) { return (word & 0xffe0'001f) == 0xd420'0000; }

}  // namespace

/// One call of `run`.
struct Kernel::Run {
  RunOptions options;
  SteadyClock::time_point start;
  std::uint64_t retired_before = 0;
  std::uint64_t retired = 0;
  std::uint64_t start_pc = 0;
  /// The last stop of the machine.
  RunResult stop;

  std::uint64_t instructions_left() const { return options.instruction_limit - retired; }
  double seconds_left() const { return options.timeout_seconds - seconds_since(start); }
  bool has_timeout() const { return options.timeout_seconds > 0; }
};

KernelState KernelState::copy() const {
  FileCopier copier;
  KernelState result = *this;
  result.files = files.copy(copier);
  for (auto& [id, thread] : result.threads) {
    if (!thread.call) continue;
    for (Wait::File& waiting : thread.call->wait.files) waiting.file = copier.copy(waiting.file);
  }
  for (FileMappings* mappings : {&result.mappings.private_files, &result.mappings.shared_files}) {
    for (auto& [start, mapping] : mappings->all()) mapping.file = copier.copy(mapping.file);
  }
  return result;
}

void Kernel::cancel() noexcept {
  cancelled_.store(true, std::memory_order_relaxed);
  machine.cancel();
}

ProcessResult Kernel::run(const RunOptions& run_options) {
  engine::check_time_limit(run_options.timeout_seconds);
  Run current_run{.options = run_options,
                  .start = SteadyClock::now(),
                  .retired_before = machine.retired_instructions(),
                  .retired = 0,
                  .start_pc = machine.pc(),
                  .stop = {}};
  reported_signal_ = 0;
  ProcessResult result;
  while (true) {
    current_run.retired = machine.retired_instructions() - current_run.retired_before;
    std::optional<StopReason> reason;
    if (exit_status) {
      reason = StopReason::EXITED;
    } else if (cancelled_.exchange(false, std::memory_order_relaxed)) {
      reason = StopReason::CANCELLED;
    } else if (current_run.instructions_left() == 0) {
      reason = StopReason::INSTRUCTION_LIMIT;
    } else if (current_run.has_timeout() && current_run.seconds_left() <= 0) {
      reason = StopReason::TIMEOUT;
    } else if (Thread* next = choose_thread()) {
      load_thread(*next);
      if (next->call) {
        resume_call();
      } else {
        deliver_signals();
        if (!exit_status) reason = execute_slice(current_run);
      }
    } else {
      reason = wait_for_host(current_run);
    }
    if (reason && *reason != StopReason::RUNNING) {
      result.stop_reason = *reason;
      break;
    }
  }
  result.instructions = machine.retired_instructions() - current_run.retired_before;
  result.elapsed_seconds = seconds_since(current_run.start);
  result.pc = machine.pc();
  result.immediate = current_run.stop.immediate;
  result.fault = current_run.stop.fault;
  result.signal = reported_signal_;
  if (exit_status) {
    result.exit_code = exit_status->signal != 0 ? 128 + exit_status->signal : exit_status->code;
    result.signal = exit_status->signal;
  }
  return result;
}

bool Kernel::is_uninterrupted() const {
  const auto current = threads.find(current_thread);
  return threads.size() == 1 && current != threads.end() && current->second.status == Thread::Status::RUNNABLE &&
         !current->second.call && !alarm.deadline && pending_signals.empty() &&
         current->second.pending_signals.empty() && !exit_status;
}

void Kernel::end_process(ExitStatus status) {
  if (exit_status) return;
  write_back(0, ADDRESS_LIMIT);
  exit_status = status;
}

// Choosing a thread.

Thread* Kernel::choose_thread() {
  fire_alarm();
  const auto current = threads.find(current_thread);
  const auto is_runnable = [](const Thread& thread) { return thread.status == Thread::Status::RUNNABLE; };
  if (current != threads.end() && is_runnable(current->second) && quantum_left > 0) return &current->second;

  wake_blocked_threads();
  quantum_left = QUANTUM;
  // The next in the order of their numbers, the current one last.
  auto next = threads.upper_bound(current_thread);
  for (std::size_t i = 0; i < threads.size(); ++i, ++next) {
    if (next == threads.end()) next = threads.begin();
    if (is_runnable(next->second)) return &next->second;
  }
  return nullptr;
}

void Kernel::load_thread(Thread& next) {
  waited_for_host_ = 0;
  if (next.id == current_thread) return;
  save_current_thread();
  machine.state() = next.state;
  // Another thread may have written what this one watches; its next store-exclusive fails, as after a context switch.
  machine.state().exclusive_size = 0;
  machine.state().exclusive_address = 0;
  current_thread = next.id;
}

void Kernel::save_current_thread() {
  if (const auto current = threads.find(current_thread); current != threads.end()) {
    current->second.state = machine.state();
  }
}

void Kernel::wake(Thread& target, WakeReason reason) {
  target.status = Thread::Status::RUNNABLE;
  target.call->reason = reason;
}

void Kernel::wake_blocked_threads() {
  for (auto& [id, blocked] : threads) {
    if (blocked.status != Thread::Status::BLOCKED) continue;
    const Wait& wait = blocked.call->wait;
    const auto is_awaited = [&wait](const abi::SignalInfo& info) {
      return (wait.signals & signal_bit(info.signal)) != 0;
    };
    const auto is_ready = [](const Wait::File& waiting) {
      return (waiting.file->ready_events() & waiting.events) != 0;
    };
    if (std::ranges::any_of(wait.files, is_ready) || std::ranges::any_of(blocked.pending_signals, is_awaited) ||
        std::ranges::any_of(pending_signals, is_awaited)) {
      wake(blocked, WakeReason::EVENT);
    } else if (has_deliverable_signal(blocked)) {
      wake(blocked, WakeReason::SIGNAL);
    } else if (wait.deadline && *wait.deadline <= now()) {
      wake(blocked, WakeReason::TIMEOUT);
    }
  }
}

std::optional<Nanoseconds> Kernel::next_deadline() const {
  std::optional<Nanoseconds> earliest = alarm.deadline;
  for (const auto& [id, blocked] : threads) {
    if (blocked.status != Thread::Status::BLOCKED || !blocked.call->wait.deadline) continue;
    earliest = std::min(earliest.value_or(*blocked.call->wait.deadline), *blocked.call->wait.deadline);
  }
  return earliest;
}

void Kernel::fire_alarm() {
  if (!alarm.deadline || *alarm.deadline > now()) return;
  if (alarm.interval > 0) {
    // Expirations that nobody could see merge into one.
    const Nanoseconds late = now() - *alarm.deadline;
    *alarm.deadline += (late / alarm.interval + 1) * alarm.interval;
  } else {
    alarm.deadline.reset();
  }
  abi::SignalInfo info{};
  info.signal = SIGNAL_ALARM;
  info.code = abi::CODE_KERNEL;
  send_to_process(info);
}

// All threads wait: for time to pass, for the host, or for nothing that could come.
StopReason Kernel::wait_for_host(const Run& current_run) {
  std::vector<pollfd> requests;
  for (const auto& [id, blocked] : threads) {
    if (blocked.status != Thread::Status::BLOCKED) continue;
    for (const Wait::File& waiting : blocked.call->wait.files) {
      if (waiting.events == 0) continue;
      const auto events = static_cast<short>(((waiting.events & abi::EVENT_IN) != 0 ? POLLIN : 0) |
                                             ((waiting.events & abi::EVENT_OUT) != 0 ? POLLOUT : 0));
      for (const int descriptor : waiting.file->waitable_descriptors()) requests.push_back({descriptor, events, 0});
    }
  }
  const auto deadline = next_deadline();
  if (requests.empty() && !deadline) return StopReason::DEADLOCK;
  const Nanoseconds time = now();
  const Nanoseconds until_deadline = deadline ? *deadline - std::min(time, *deadline) : LONGEST_HOST_WAIT;
  const bool is_virtual = options.clock == ClockSource::VIRTUAL;
  if (is_virtual && requests.empty()) {
    skipped_time += until_deadline;
    return StopReason::RUNNING;
  }

  Nanoseconds duration = std::min(until_deadline, LONGEST_HOST_WAIT);
  if (current_run.has_timeout()) {
    duration = std::min(duration, static_cast<Nanoseconds>(std::max(0.0, current_run.seconds_left()) * 1e9));
  }
  const auto start = SteadyClock::now();
  const timespec timeout{.tv_sec = 0, .tv_nsec = static_cast<long>(duration)};
  const int ready = ::ppoll(requests.data(), requests.size(), &timeout, nullptr);
  // The virtual clock stands still while the host is waited for, and jumps once the wait has lasted as long as the
  // guest asked for.
  if (is_virtual && deadline && ready <= 0) {
    waited_for_host_ += static_cast<Nanoseconds>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyClock::now() - start).count());
    if (waited_for_host_ >= until_deadline) {
      skipped_time += until_deadline;
      waited_for_host_ = 0;
    }
  }
  return StopReason::RUNNING;
}

// Executing.

std::uint64_t Kernel::slice_length(const Run& current_run) const {
  std::uint64_t length = current_run.instructions_left();
  if (threads.size() > 1) length = std::min(length, quantum_left);
  if (alarm.deadline) {
    // With the virtual clock the alarm comes at an exact instruction.
    const bool is_exact = options.clock == ClockSource::VIRTUAL && *alarm.deadline > now();
    length = std::min(length, is_exact ? *alarm.deadline - now() : QUANTUM);
  }
  return length;
}

std::optional<StopReason> Kernel::execute_slice(Run& current_run) {
  const bool resumes_here = current_run.retired == 0 && machine.pc() == current_run.start_pc;
  if (!resumes_here && machine.has_breakpoint(machine.pc())) return StopReason::BREAKPOINT;

  RunOptions slice{.instruction_limit = slice_length(current_run), .timeout_seconds = 0};
  // Not quite 0, which would mean no limit.
  if (current_run.has_timeout()) slice.timeout_seconds = std::max(current_run.seconds_left(), 1e-9);
  current_run.stop = execute(slice);
  if (threads.size() > 1) quantum_left -= std::min(quantum_left, current_run.stop.instructions);

  switch (current_run.stop.stop_reason) {
    case StopReason::SYSCALL: begin_call(); return std::nullopt;
    case StopReason::MEMORY_FAULT:
    case StopReason::UNDEFINED_INSTRUCTION:
    case StopReason::HALT: return serve_fault(current_run.stop);
    case StopReason::BREAKPOINT: {
      const auto word = memory.read_value<std::uint32_t>(machine.pc());
      if (word && is_breakpoint_instruction(*word)) return serve_fault(current_run.stop);
      return StopReason::BREAKPOINT;
    }
    // A kick that a cancellation left behind, which was seen elsewhere, is no reason to stop; nor is a slice's end.
    case StopReason::CANCELLED:
    case StopReason::INSTRUCTION_LIMIT:
    case StopReason::TIMEOUT: return std::nullopt;
    default: return current_run.stop.stop_reason;
  }
}

std::optional<StopReason> Kernel::serve_fault(const RunResult& stop) {
  const Fault fault = fault_of(stop);
  const bool is_reported = reported_fault_pc_ == stop.pc;
  reported_fault_pc_.reset();
  if (options.fatal_fault == FatalFault::STOP && !is_reported && !would_be_handled(thread(), fault.info.signal)) {
    reported_fault_pc_ = stop.pc;
    reported_signal_ = fault.info.signal;
    return stop.stop_reason;
  }
  force_signal(fault.info, fault.syndrome);
  return std::nullopt;
}

}  // namespace armillion::guest::kernel
