#include <algorithm>
#include <optional>
#include <vector>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/linux/time_conversion.hpp"

// The futex call. All threads share one address space, so a futex is its address, private or not.
namespace armillion::guest::kernel {
namespace {

// Operations and their flags (linux/futex.h).
enum Operation : std::uint32_t {
  WAIT = 0,
  WAKE = 1,
  REQUEUE = 3,
  COMPARE_REQUEUE = 4,
  WAKE_OPERATION = 5,
  WAIT_BITS = 9,
  WAKE_BITS = 10,
};
constexpr std::uint32_t PRIVATE_FLAG = 128;
constexpr std::uint32_t TIME_OF_DAY_FLAG = 256;
constexpr std::uint32_t ALL_BITS = ~0u;

// Threads that wait on the address, those that began first in front.
std::vector<Thread*> waiters_on(Kernel& kernel, std::uint64_t address) {
  std::vector<Thread*> waiters;
  for (auto& [id, thread] : kernel.threads) {
    if (thread.status != Thread::Status::BLOCKED) continue;
    const Wait& wait = thread.call->wait;
    if (wait.futex_bits != 0 && wait.futex_address == address) waiters.push_back(&thread);
  }
  std::ranges::sort(waiters, {}, &Thread::wait_order);
  return waiters;
}

CallResult wait_on(Kernel& kernel, std::uint64_t address, std::uint32_t expected, std::uint32_t bits,
                   std::uint64_t timeout, std::uint32_t operation) {
  if (const Call* resumed = kernel.resumed_call()) {
    if (resumed->reason == WakeReason::FUTEX) return 0;
    if (resumed->reason == WakeReason::TIMEOUT) return fail(ETIMEDOUT);
    return fail(EINTR);
  }
  if (bits == 0) return fail(EINVAL);
  Wait wait;
  wait.futex_address = address;
  wait.futex_bits = bits;
  if (timeout != 0) {
    const auto time = kernel.get<abi::Timespec>(timeout);
    if (!time) return fail(time.error());
    const auto nanoseconds = to_nanoseconds(*time);
    if (!nanoseconds) return fail(EINVAL);
    // WAIT takes a duration, WAIT_BITS a point of time on one of two clocks.
    const bool is_absolute = (operation & ~(PRIVATE_FLAG | TIME_OF_DAY_FLAG)) == WAIT_BITS;
    const bool is_time_of_day = (operation & TIME_OF_DAY_FLAG) != 0;
    const Nanoseconds clock = is_time_of_day ? kernel.time_of_day() : kernel.now();
    const Nanoseconds duration = is_absolute ? *nanoseconds - std::min(*nanoseconds, clock) : *nanoseconds;
    wait.deadline = later(kernel.now(), duration);
    // A duration would start afresh if the call were made again.
    if (!is_absolute) wait.on_signal = OnSignal::INTERRUPT;
  }
  const auto value = kernel.get<std::uint32_t>(address);
  if (!value) return fail(value.error());
  if (*value != expected) return fail(EAGAIN);
  return kernel.block(std::move(wait));
}

CallResult requeue(Kernel& kernel, std::uint64_t address, std::uint32_t wake_count, std::uint64_t requeue_count,
                   std::uint64_t other_address) {
  std::int64_t affected = kernel.wake_futex(address, wake_count, ALL_BITS);
  for (Thread* waiter : waiters_on(kernel, address)) {
    if (requeue_count-- == 0) break;
    waiter->call->wait.futex_address = other_address;
    waiter->wait_order = kernel.next_wait_order++;
    ++affected;
  }
  return affected;
}

// FUTEX_WAKE_OP: changes the second word, wakes on the first and, if the second's old value compares so, on the second.
CallResult wake_with_operation(Kernel& kernel, std::uint64_t address, std::uint32_t count, std::uint32_t other_count,
                               std::uint64_t other_address, std::uint32_t code) {
  const auto signed_field = [code](unsigned shift) { return static_cast<std::int32_t>(code << shift) >> 20; };
  const std::uint32_t operation = code >> 28 & 7;
  const bool is_shift = (code >> 31) != 0;
  const std::uint32_t comparison = code >> 24 & 15;
  const std::int32_t compared = signed_field(20);
  const std::uint32_t operand = is_shift ? 1u << (signed_field(8) & 31) : static_cast<std::uint32_t>(signed_field(8));

  const auto old = kernel.get<std::uint32_t>(other_address);
  if (!old) return fail(old.error());
  std::uint32_t changed = 0;
  switch (operation) {
    case 0: changed = operand; break;
    case 1: changed = *old + operand; break;
    case 2: changed = *old | operand; break;
    case 3: changed = *old & ~operand; break;
    case 4: changed = *old ^ operand; break;
    default: return fail(ENOSYS);
  }
  if (const auto stored = kernel.put(other_address, changed); !stored) return stored;
  const auto value = static_cast<std::int32_t>(*old);
  bool holds = false;
  switch (comparison) {
    case 0: holds = value == compared; break;
    case 1: holds = value != compared; break;
    case 2: holds = value < compared; break;
    case 3: holds = value <= compared; break;
    case 4: holds = value > compared; break;
    case 5: holds = value >= compared; break;
    default: return fail(ENOSYS);
  }
  std::int64_t woken = kernel.wake_futex(address, count, ALL_BITS);
  if (holds) woken += kernel.wake_futex(other_address, other_count, ALL_BITS);
  return woken;
}

}  // namespace

std::uint32_t Kernel::wake_futex(std::uint64_t address, std::uint32_t count, std::uint32_t bits) {
  std::uint32_t woken = 0;
  for (Thread* waiter : waiters_on(*this, address)) {
    if (woken == count) break;
    if ((waiter->call->wait.futex_bits & bits) == 0) continue;
    wake(*waiter, WakeReason::FUTEX);
    ++woken;
  }
  return woken;
}

CallResult calls::futex(Kernel& kernel, Address word, Flags operation, std::uint32_t value, std::uint64_t timeout,
                        Address other_word, std::uint32_t value_3) {
  if (word.value % sizeof(std::uint32_t) != 0) return fail(EINVAL);
  switch (operation.bits & ~(PRIVATE_FLAG | TIME_OF_DAY_FLAG)) {
    case WAIT: return wait_on(kernel, word.value, value, ALL_BITS, timeout, operation.bits);
    case WAIT_BITS: return wait_on(kernel, word.value, value, value_3, timeout, operation.bits);
    case WAKE: return kernel.wake_futex(word.value, value, ALL_BITS);
    case WAKE_BITS:
      if (value_3 == 0) return fail(EINVAL);
      return kernel.wake_futex(word.value, value, value_3);
    case COMPARE_REQUEUE: {
      const auto current = kernel.get<std::uint32_t>(word.value);
      if (!current) return fail(current.error());
      if (*current != value_3) return fail(EAGAIN);
      return requeue(kernel, word.value, value, timeout, other_word.value);
    }
    case REQUEUE: return requeue(kernel, word.value, value, timeout, other_word.value);
    case WAKE_OPERATION:
      return wake_with_operation(kernel, word.value, value, static_cast<std::uint32_t>(timeout), other_word.value,
                                 value_3);
    // Mutexes with priority inheritance: the C library does without where they are missing.
    default: return fail(ENOSYS);
  }
}

}  // namespace armillion::guest::kernel
