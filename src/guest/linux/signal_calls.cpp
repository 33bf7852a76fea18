#include <optional>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/linux/time_conversion.hpp"

// System calls on signals.
namespace armillion::guest::kernel::calls {
namespace {

constexpr std::uint64_t MASK_BYTES = sizeof(std::uint64_t);

abi::SignalInfo sent_by_user(SignalNumber signal, std::int32_t code) {
  abi::SignalInfo info{};
  info.signal = signal.value;
  info.code = code;
  info.detail = static_cast<std::uint64_t>(USER_ID) << 32 | static_cast<std::uint32_t>(PROCESS_ID);
  return info;
}

// Signal number 0 only asks whether the target is there.
bool is_signal_or_probe(SignalNumber signal) { return signal.value == 0 || is_signal(signal.value); }

CallResult send_to_thread_id(Kernel& kernel, std::int32_t id, const abi::SignalInfo& info) {
  const auto target = kernel.threads.find(id);
  if (target == kernel.threads.end()) return fail(ESRCH);
  if (info.signal != 0 && !kernel.send_to_thread(target->second, info)) return fail(EAGAIN);
  return 0;
}

// What the guest gives to the queueing calls; the number in it is overruled by the argument.
Result<abi::SignalInfo> read_info(Kernel& kernel, SignalNumber signal, Address address) {
  auto info = kernel.get<abi::SignalInfo>(address.value);
  if (!info) return info;
  // Codes of the kernel's own signals cannot be forged.
  if (info->code >= 0 || info->code == abi::CODE_THREAD_KILL) return fail(EPERM);
  info->signal = signal.value;
  return info;
}

}  // namespace

CallResult rt_sigaction(Kernel& kernel, SignalNumber signal, Address action, Address old_action,
                        std::uint64_t mask_size) {
  if (mask_size != MASK_BYTES || !is_signal(signal.value)) return fail(EINVAL);
  const std::uint64_t bit = signal_bit(signal.value);
  if (action.value != 0 && (bit & UNBLOCKABLE_SIGNALS) != 0) return fail(EINVAL);
  std::optional<abi::SignalAction> wanted;
  if (action.value != 0) {
    const auto given = kernel.get<abi::SignalAction>(action.value);
    if (!given) return fail(given.error());
    wanted = *given;
    wanted->mask &= ~UNBLOCKABLE_SIGNALS;
  }
  abi::SignalAction& current = kernel.signal_actions[static_cast<std::size_t>(signal.value)];
  if (old_action.value != 0) {
    if (const auto stored = kernel.put(old_action.value, current); !stored) return stored;
  }
  if (wanted) {
    current = *wanted;
    // What is ignored from now on is no longer pending (POSIX, sigaction).
    if (wanted->handler == abi::HANDLER_IGNORE) kernel.discard_signal(signal.value);
  }
  return 0;
}

CallResult rt_sigprocmask(Kernel& kernel, std::int32_t how, Address mask, Address old_mask, std::uint64_t mask_size) {
  enum How : std::int32_t { BLOCK = 0, UNBLOCK = 1, SET = 2 };
  if (mask_size != MASK_BYTES) return fail(EINVAL);
  std::uint64_t& current = kernel.thread().signal_mask;
  const std::uint64_t old = current;
  if (mask.value != 0) {
    const auto given = kernel.get<std::uint64_t>(mask.value);
    if (!given) return fail(given.error());
    switch (how) {
      case BLOCK: current |= *given; break;
      case UNBLOCK: current &= ~*given; break;
      case SET: current = *given; break;
      default: return fail(EINVAL);
    }
    current &= ~UNBLOCKABLE_SIGNALS;
  }
  return old_mask.value != 0 ? CallResult(kernel.put(old_mask.value, old)) : CallResult(0);
}

CallResult rt_sigreturn(Kernel& kernel) {
  if (!kernel.return_from_handler()) {
    abi::SignalInfo info{};
    info.signal = SIGNAL_SEGMENTATION;
    info.code = abi::CODE_KERNEL;
    kernel.force_signal(info, std::nullopt);
  }
  return CallResult::no_value();
}

CallResult rt_sigpending(Kernel& kernel, Address mask, std::uint64_t mask_size) {
  if (mask_size > MASK_BYTES) return fail(EINVAL);
  std::uint64_t pending = 0;
  for (const auto& info : kernel.thread().pending_signals) pending |= signal_bit(info.signal);
  for (const auto& info : kernel.pending_signals) pending |= signal_bit(info.signal);
  return kernel.put(mask.value, pending & kernel.thread().signal_mask);
}

CallResult rt_sigsuspend(Kernel& kernel, Address mask, std::uint64_t mask_size) {
  if (mask_size != MASK_BYTES) return fail(EINVAL);
  Thread& thread = kernel.thread();
  if (kernel.resumed_call() == nullptr) {
    const auto wanted = kernel.get<std::uint64_t>(mask.value);
    if (!wanted) return fail(wanted.error());
    thread.mask_to_restore = thread.signal_mask;
    thread.signal_mask = *wanted & ~UNBLOCKABLE_SIGNALS;
  }
  Wait wait;
  wait.on_signal = OnSignal::INTERRUPT;
  return kernel.block(std::move(wait));
}

CallResult rt_sigtimedwait(Kernel& kernel, Address set, Address info, Address timeout, std::uint64_t mask_size) {
  if (mask_size != MASK_BYTES) return fail(EINVAL);
  const auto wanted = kernel.get<std::uint64_t>(set.value);
  if (!wanted) return fail(wanted.error());
  const std::uint64_t signals = *wanted & ~UNBLOCKABLE_SIGNALS;
  if (const auto taken = kernel.take_signal_of(signals)) {
    if (info.value != 0) {
      if (const auto stored = kernel.put(info.value, *taken); !stored) return stored;
    }
    return taken->signal;
  }
  Wait wait;
  wait.signals = signals;
  wait.on_signal = OnSignal::INTERRUPT;
  if (const Call* resumed = kernel.resumed_call()) {
    if (resumed->reason == WakeReason::TIMEOUT) return fail(EAGAIN);
    wait.deadline = resumed->wait.deadline;
  } else if (timeout.value != 0) {
    const auto time = kernel.get<abi::Timespec>(timeout.value);
    if (!time) return fail(time.error());
    const auto duration = to_nanoseconds(*time);
    if (!duration) return fail(EINVAL);
    if (*duration == 0) return fail(EAGAIN);
    wait.deadline = later(kernel.now(), *duration);
  }
  return kernel.block(std::move(wait));
}

CallResult rt_sigqueueinfo(Kernel& kernel, std::int32_t process, SignalNumber signal, Address info) {
  if (!is_signal(signal.value)) return fail(EINVAL);
  if (process != PROCESS_ID) return fail(ESRCH);
  const auto given = read_info(kernel, signal, info);
  if (!given) return fail(given.error());
  if (!kernel.send_to_process(*given)) return fail(EAGAIN);
  return 0;
}

CallResult rt_tgsigqueueinfo(Kernel& kernel, std::int32_t process, std::int32_t thread, SignalNumber signal,
                             Address info) {
  if (!is_signal(signal.value)) return fail(EINVAL);
  if (process != PROCESS_ID) return fail(ESRCH);
  const auto given = read_info(kernel, signal, info);
  if (!given) return fail(given.error());
  return send_to_thread_id(kernel, thread, *given);
}

CallResult sigaltstack(Kernel& kernel, Address stack, Address old_stack) {
  abi::SignalStack& current = kernel.thread().signal_stack;
  const std::uint64_t sp = kernel.machine.state().sp;
  const bool is_on_it =
      (current.flags & abi::SS_DISABLED) == 0 && sp > current.address && sp - current.address <= current.size;
  abi::SignalStack old = current;
  if (is_on_it) old.flags |= abi::SS_ON_STACK;
  if (stack.value != 0) {
    auto wanted = kernel.get<abi::SignalStack>(stack.value);
    if (!wanted) return fail(wanted.error());
    if (is_on_it) return fail(EPERM);
    const std::int32_t mode = wanted->flags & ~abi::SS_AUTO_DISARM;
    if (mode != 0 && mode != abi::SS_DISABLED && mode != abi::SS_ON_STACK) return fail(EINVAL);
    if (mode == abi::SS_DISABLED) {
      wanted->address = 0;
      wanted->size = 0;
    } else if (wanted->size < abi::SMALLEST_SIGNAL_STACK) {
      return fail(ENOMEM);
    }
    wanted->flags &= ~abi::SS_ON_STACK;
    current = *wanted;
  }
  return old_stack.value != 0 ? CallResult(kernel.put(old_stack.value, old)) : CallResult(0);
}

CallResult kill(Kernel& kernel, std::int32_t process, SignalNumber signal) {
  if (!is_signal_or_probe(signal)) return fail(EINVAL);
  // 0 and negative numbers mean groups, of which the process is the only member.
  const bool is_own = process == PROCESS_ID || process == 0 || process == -PROCESS_ID || process == -1;
  if (!is_own) return fail(ESRCH);
  if (signal.value != 0) kernel.send_to_process(sent_by_user(signal, abi::CODE_USER));
  return 0;
}

CallResult tkill(Kernel& kernel, std::int32_t thread, SignalNumber signal) {
  if (thread <= 0 || !is_signal_or_probe(signal)) return fail(EINVAL);
  return send_to_thread_id(kernel, thread, sent_by_user(signal, abi::CODE_THREAD_KILL));
}

CallResult tgkill(Kernel& kernel, std::int32_t process, std::int32_t thread, SignalNumber signal) {
  if (process <= 0 || thread <= 0 || !is_signal_or_probe(signal)) return fail(EINVAL);
  if (process != PROCESS_ID) return fail(ESRCH);
  return send_to_thread_id(kernel, thread, sent_by_user(signal, abi::CODE_THREAD_KILL));
}

}  // namespace armillion::guest::kernel::calls
