#include <array>
#include <utility>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"

// Threads: how they begin and end, and what they may ask of the scheduler.
namespace armillion::guest::kernel {
namespace {

constexpr std::size_t MOST_THREADS = 1024;

// The list of mutexes that a thread holds (linux/futex.h): when it ends, waiters are told that the owner died.
struct RobustList {
  std::uint64_t first;
  std::int64_t futex_offset;
  std::uint64_t pending;
};

void abandon_mutex(Kernel& kernel, std::uint64_t word_address, std::int32_t owner) {
  constexpr std::uint32_t OWNER_DIED = 0x40000000;
  constexpr std::uint32_t WAITERS = 0x80000000;
  constexpr std::uint32_t OWNER_BITS = 0x3fffffff;
  const auto word = kernel.get<std::uint32_t>(word_address);
  if (!word || (*word & OWNER_BITS) != static_cast<std::uint32_t>(owner)) return;
  if (!kernel.put(word_address, (*word & WAITERS) | OWNER_DIED)) return;
  if ((*word & WAITERS) != 0) kernel.wake_futex(word_address, 1, ~0u);
}

void abandon_mutexes(Kernel& kernel, std::uint64_t list_address, std::int32_t owner) {
  // As many entries as the kernel follows (ROBUST_LIST_LIMIT): the list may be a circle.
  constexpr int MOST_ENTRIES = 2048;
  const auto list = kernel.get<RobustList>(list_address);
  if (!list) return;
  // Bit 0 of an entry marks a mutex with priority inheritance.
  const auto word_of = [&](std::uint64_t entry) {
    return (entry & ~std::uint64_t{1}) + static_cast<std::uint64_t>(list->futex_offset);
  };
  std::uint64_t entry = list->first;
  for (int i = 0; i < MOST_ENTRIES && (entry & ~std::uint64_t{1}) != list_address; ++i) {
    const auto next = kernel.get<std::uint64_t>(entry & ~std::uint64_t{1});
    if (entry != list->pending) abandon_mutex(kernel, word_of(entry), owner);
    if (!next) return;
    entry = *next;
  }
  if (list->pending != 0) abandon_mutex(kernel, word_of(list->pending), owner);
}

bool is_own_thread(const Kernel& kernel, std::int32_t id) { return id == 0 || kernel.threads.contains(id); }

}  // namespace

void Kernel::end_thread(int code) {
  Thread& ending = thread();
  if (ending.robust_list != 0) abandon_mutexes(*this, ending.robust_list, ending.id);
  if (ending.clear_child_id != 0 && put(ending.clear_child_id, std::uint32_t{0})) {
    wake_futex(ending.clear_child_id, 1, ~0u);
  }
  if (threads.size() == 1) return end_process({.code = code & 0xff, .signal = 0});
  threads.erase(current_thread);
}

namespace calls {

CallResult clone(Kernel& kernel, WideFlags flags, Address stack, Address parent_id, Address tls, Address child_id) {
  constexpr std::uint64_t THREAD_FLAGS = abi::CLONE_SHARE_MEMORY | abi::CLONE_SHARE_SIGNALS | abi::CLONE_AS_THREAD;
  constexpr std::uint32_t CLONE_NUMBER = 220;
  if ((flags.bits & THREAD_FLAGS) != THREAD_FLAGS) return kernel.unsupported(CLONE_NUMBER, "clone (fork)");
  if (kernel.threads.size() >= MOST_THREADS) return fail(EAGAIN);

  Thread child;
  child.id = kernel.next_thread_id;
  child.state = kernel.machine.state();
  child.state.x[0] = 0;
  child.state.exclusive_size = 0;
  if (stack.value != 0) child.state.sp = stack.value;
  if ((flags.bits & abi::CLONE_SET_TLS) != 0) child.state.tpidr_el0 = tls.value;
  child.signal_mask = kernel.thread().signal_mask;
  if ((flags.bits & abi::CLONE_CLEAR_CHILD_ID) != 0) child.clear_child_id = child_id.value;
  if ((flags.bits & abi::CLONE_SET_PARENT_ID) != 0) {
    if (const auto stored = kernel.put(parent_id.value, child.id); !stored) return stored;
  }
  // A bad address here is the child's own problem, as in the kernel.
  if ((flags.bits & abi::CLONE_SET_CHILD_ID) != 0) (void)kernel.put(child_id.value, child.id);

  ++kernel.next_thread_id;
  const std::int64_t id = child.id;
  kernel.threads.emplace(child.id, std::move(child));
  return id;
}

CallResult exit(Kernel& kernel, std::int32_t code) {
  kernel.end_thread(code);
  return CallResult::no_value();
}

CallResult exit_group(Kernel& kernel, std::int32_t code) {
  kernel.end_process({.code = code & 0xff, .signal = 0});
  return CallResult::no_value();
}

CallResult set_tid_address(Kernel& kernel, Address address) {
  kernel.thread().clear_child_id = address.value;
  return kernel.current_thread;
}

CallResult set_robust_list(Kernel& kernel, Address head, std::uint64_t size) {
  if (size != sizeof(RobustList)) return fail(EINVAL);
  kernel.thread().robust_list = head.value;
  return 0;
}

CallResult get_robust_list(Kernel& kernel, std::int32_t thread, Address head, Address size) {
  const auto target = kernel.threads.find(thread == 0 ? kernel.current_thread : thread);
  if (target == kernel.threads.end()) return fail(ESRCH);
  if (const auto stored = kernel.put(size.value, std::uint64_t{sizeof(RobustList)}); !stored) return stored;
  return kernel.put(head.value, target->second.robust_list);
}

CallResult sched_yield(Kernel& kernel) {
  kernel.quantum_left = 0;
  return 0;
}

// There is one processor, number 0.
CallResult sched_getaffinity(Kernel& kernel, std::int32_t thread, std::uint64_t size, Address mask) {
  const std::uint64_t processors = 1;
  if (size < sizeof processors || size % sizeof processors != 0) return fail(EINVAL);
  if (!is_own_thread(kernel, thread)) return fail(ESRCH);
  if (const auto stored = kernel.put(mask.value, processors); !stored) return stored;
  return sizeof processors;
}

CallResult sched_setaffinity(Kernel& kernel, std::int32_t thread, std::uint64_t size, Address mask) {
  if (!is_own_thread(kernel, thread)) return fail(ESRCH);
  std::uint8_t processors = 0;
  if (size > 0) {
    const auto given = kernel.get<std::uint8_t>(mask.value);
    if (!given) return fail(given.error());
    processors = *given;
  }
  return (processors & 1) != 0 ? CallResult(0) : fail(EINVAL);
}

CallResult sched_getscheduler(Kernel& kernel, std::int32_t thread) {
  return is_own_thread(kernel, thread) ? CallResult(0) : fail(ESRCH);
}

CallResult sched_getparam(Kernel& kernel, std::int32_t thread, Address parameters) {
  if (!is_own_thread(kernel, thread)) return fail(ESRCH);
  return kernel.put(parameters.value, std::int32_t{0});
}

// SCHED_FIFO and SCHED_RR have priorities 1 to 99, the others none.
CallResult sched_get_priority_max(Kernel&, std::int32_t policy) {
  if (policy < 0 || policy > 6 || policy == 4) return fail(EINVAL);
  return policy == 1 || policy == 2 ? 99 : 0;
}

CallResult sched_get_priority_min(Kernel&, std::int32_t policy) {
  if (policy < 0 || policy > 6 || policy == 4) return fail(EINVAL);
  return policy == 1 || policy == 2 ? 1 : 0;
}

CallResult getcpu(Kernel& kernel, Address cpu, Address node) {
  for (const Address address : {cpu, node}) {
    if (address.value == 0) continue;
    if (const auto stored = kernel.put(address.value, std::uint32_t{0}); !stored) return stored;
  }
  return 0;
}

// Threads take turns on one processor, so every barrier has been passed when it is asked for.
CallResult membarrier(Kernel&, std::int32_t command, Flags flags, std::int32_t) {
  constexpr std::int32_t QUERY = 0;
  constexpr std::int32_t ALL_COMMANDS = 0x1f;
  if (flags.bits != 0) return fail(EINVAL);
  if (command == QUERY) return ALL_COMMANDS;
  const bool is_one_command = command > 0 && (command & (command - 1)) == 0 && (command & ALL_COMMANDS) != 0;
  return is_one_command ? CallResult(0) : fail(EINVAL);
}

// A process without fork has no children to wait for.
CallResult wait4(Kernel&, std::int32_t, Address, Flags, Address) { return fail(ECHILD); }
CallResult waitid(Kernel&, std::int32_t, std::int32_t, Address, Flags, Address) { return fail(ECHILD); }

}  // namespace calls
}  // namespace armillion::guest::kernel
