#include "guest/linux/kernel.hpp"

#include <algorithm>
#include <cstring>

#include "isa/system_registers.hpp"

// Signals on their way to threads, the frames of their handlers, and what becomes of them without a handler.
namespace armillion::guest::kernel {
namespace {

constexpr std::size_t MOST_QUEUED_SIGNALS = 1024;

enum class DefaultAction : std::uint8_t { TERMINATE, IGNORE };

// Stop signals are ignored: there is no one to continue the process.
DefaultAction default_action(std::int32_t signal) {
  switch (signal) {
    case SIGNAL_CHILD:
    case SIGNAL_CONTINUE:
    case SIGNAL_STOP:
    case SIGNAL_TERMINAL_STOP:
    case SIGNAL_TERMINAL_INPUT:
    case SIGNAL_TERMINAL_OUTPUT:
    case SIGNAL_URGENT:
    case SIGNAL_WINDOW: return DefaultAction::IGNORE;
    default: return DefaultAction::TERMINATE;
  }
}

bool is_ignored(const abi::SignalAction& action, std::int32_t signal) {
  return action.handler == abi::HANDLER_IGNORE ||
         (action.handler == abi::HANDLER_DEFAULT && default_action(signal) == DefaultAction::IGNORE);
}

// False where too many wait already. Ordinary signals always find room: each waits at most once.
bool queue(std::vector<abi::SignalInfo>& pending, const abi::SignalInfo& info) {
  if (info.signal < FIRST_REAL_TIME_SIGNAL) {
    const bool is_pending =
        std::ranges::any_of(pending, [&](const auto& other) { return other.signal == info.signal; });
    if (!is_pending) pending.push_back(info);
    return true;
  }
  if (pending.size() >= MOST_QUEUED_SIGNALS) return false;
  pending.push_back(info);
  return true;
}

// The pending signal with the lowest number outside of `mask`; signals of one number in the order they came.
std::vector<abi::SignalInfo>::iterator find_unblocked(std::vector<abi::SignalInfo>& pending, std::uint64_t mask) {
  auto found = pending.end();
  for (auto candidate = pending.begin(); candidate != pending.end(); ++candidate) {
    if ((mask & signal_bit(candidate->signal)) != 0) continue;
    if (found == pending.end() || candidate->signal < found->signal) found = candidate;
  }
  return found;
}

constexpr std::uint64_t align_down(std::uint64_t value) { return value & ~std::uint64_t{15}; }

bool is_on(const abi::SignalStack& stack, std::uint64_t sp) {
  return sp > stack.address && sp - stack.address <= stack.size;
}

void store_records(abi::MachineContext& context, const State& state, std::optional<std::uint64_t> syndrome) {
  abi::FloatingPointContext registers{};
  registers.magic = abi::FloatingPointContext::MAGIC;
  registers.size = sizeof registers;
  registers.fpsr = state.fpsr;
  registers.fpcr = state.fpcr;
  std::memcpy(registers.vectors, state.vectors, sizeof registers.vectors);
  std::memcpy(context.records, &registers, sizeof registers);
  if (syndrome) {
    const abi::SyndromeContext record{abi::SyndromeContext::MAGIC, sizeof record, *syndrome};
    std::memcpy(context.records + sizeof registers, &record, sizeof record);
  }
  // A record of zeros, which is there already, ends the list.
}

// False where the list of records is malformed.
bool load_records(const abi::MachineContext& context, State& state) {
  constexpr std::size_t HEADER_BYTES = 8;
  std::size_t offset = 0;
  bool has_registers = false;
  while (offset + HEADER_BYTES <= sizeof context.records) {
    std::uint32_t magic = 0;
    std::uint32_t size = 0;
    std::memcpy(&magic, context.records + offset, sizeof magic);
    std::memcpy(&size, context.records + offset + sizeof magic, sizeof size);
    if (magic == 0) return size == 0 && has_registers;
    if (size < HEADER_BYTES || size % 16 != 0 || size > sizeof context.records - offset) return false;
    if (magic == abi::FloatingPointContext::MAGIC) {
      abi::FloatingPointContext registers;
      if (size != sizeof registers) return false;
      std::memcpy(&registers, context.records + offset, sizeof registers);
      state.fpsr = registers.fpsr & isa::system_registers::FPSR_WRITABLE;
      state.fpcr = registers.fpcr & isa::system_registers::FPCR_WRITABLE;
      std::memcpy(state.vectors, registers.vectors, sizeof registers.vectors);
      has_registers = true;
    }
    offset += size;
  }
  return false;
}

}  // namespace

bool Kernel::send_to_process(const abi::SignalInfo& info) {
  if (is_ignored(signal_actions[static_cast<std::size_t>(info.signal)], info.signal)) return true;
  return queue(pending_signals, info);
}

bool Kernel::send_to_thread(Thread& target, const abi::SignalInfo& info) {
  // A blocked signal stays pending even where it is ignored: sigtimedwait may take it.
  const bool is_blocked = (target.signal_mask & signal_bit(info.signal)) != 0;
  if (!is_blocked && is_ignored(signal_actions[static_cast<std::size_t>(info.signal)], info.signal)) return true;
  return queue(target.pending_signals, info);
}

bool Kernel::would_be_handled(const Thread& target, std::int32_t signal) const {
  const abi::SignalAction& action = signal_actions[static_cast<std::size_t>(signal)];
  return action.handler != abi::HANDLER_DEFAULT && action.handler != abi::HANDLER_IGNORE &&
         (target.signal_mask & signal_bit(signal)) == 0;
}

void Kernel::force_signal(const abi::SignalInfo& info, std::optional<std::uint64_t> syndrome) {
  Thread& current = thread();
  if (!would_be_handled(current, info.signal)) return end_process({.code = 0, .signal = info.signal});
  fault_syndrome_ = syndrome;
  start_handler(info, signal_actions[static_cast<std::size_t>(info.signal)]);
  fault_syndrome_.reset();
}

bool Kernel::has_deliverable_signal(const Thread& target) const {
  const auto is_unblocked = [&](const abi::SignalInfo& info) {
    return (target.signal_mask & signal_bit(info.signal)) == 0;
  };
  return std::ranges::any_of(target.pending_signals, is_unblocked) ||
         std::ranges::any_of(pending_signals, is_unblocked);
}

std::optional<abi::SignalInfo> Kernel::take_deliverable_signal() {
  Thread& current = thread();
  for (auto* pending : {&current.pending_signals, &pending_signals}) {
    const auto found = find_unblocked(*pending, current.signal_mask);
    if (found == pending->end()) continue;
    const abi::SignalInfo info = *found;
    pending->erase(found);
    return info;
  }
  return std::nullopt;
}

std::optional<abi::SignalInfo> Kernel::take_signal_of(std::uint64_t set) {
  for (auto* pending : {&thread().pending_signals, &pending_signals}) {
    const auto found = find_unblocked(*pending, ~set);
    if (found == pending->end()) continue;
    const abi::SignalInfo info = *found;
    pending->erase(found);
    return info;
  }
  return std::nullopt;
}

void Kernel::discard_signal(std::int32_t signal) {
  const auto is_it = [signal](const abi::SignalInfo& info) { return info.signal == signal; };
  std::erase_if(pending_signals, is_it);
  for (auto& [id, target] : threads) std::erase_if(target.pending_signals, is_it);
}

void Kernel::deliver_signals() {
  Thread& current = thread();
  if (current.pending_signals.empty() && pending_signals.empty() && !current.interrupted_call &&
      !current.mask_to_restore) {
    return;
  }
  while (const auto info = take_deliverable_signal()) {
    const abi::SignalAction action = signal_actions[static_cast<std::size_t>(info->signal)];
    if (is_ignored(action, info->signal)) continue;
    if (action.handler == abi::HANDLER_DEFAULT) return end_process({.code = 0, .signal = info->signal});
    start_handler(*info, action);
    if (exit_status) return;
  }
  // No handler runs: an interrupted call is made again as if nothing had been.
  if (current.mask_to_restore) {
    current.signal_mask = *current.mask_to_restore;
    current.mask_to_restore.reset();
  }
  if (current.interrupted_call) {
    machine.state().x[0] = current.interrupted_call->first_argument;
    machine.state().pc -= 4;
    current.interrupted_call.reset();
  }
}

// Saves the thread's state in a frame on its stack and makes it go on in the handler (setup_rt_frame in the kernel).
void Kernel::start_handler(const abi::SignalInfo& info, const abi::SignalAction& action) {
  Thread& current = thread();
  State& state = machine.state();
  if (current.interrupted_call) {
    const bool restarts =
        current.interrupted_call->on_signal == OnSignal::RESTART_IF_ASKED && (action.flags & abi::SA_RESTARTING) != 0;
    if (restarts) {
      state.x[0] = current.interrupted_call->first_argument;
      state.pc -= 4;
    }
    current.interrupted_call.reset();
  }

  const std::uint64_t mask_before = current.mask_to_restore.value_or(current.signal_mask);
  current.mask_to_restore.reset();
  auto frame = std::make_unique<abi::SignalFrame>();
  frame->info = info;
  frame->context.stack = current.signal_stack;
  frame->context.signal_mask = mask_before;
  abi::MachineContext& context = frame->context.machine;
  context.fault_address = fault_syndrome_ ? info.detail : 0;
  std::ranges::copy(state.x, context.x);
  context.sp = state.sp;
  context.pc = state.pc;
  context.pstate = state.nzcv();
  store_records(context, state, fault_syndrome_);

  const abi::SignalStack& stack = current.signal_stack;
  const bool wants_stack = (action.flags & abi::SA_ON_STACK) != 0 && (stack.flags & abi::SS_DISABLED) == 0;
  std::uint64_t sp = wants_stack && !is_on(stack, state.sp) ? stack.address + stack.size : state.sp;
  sp = align_down(sp - sizeof(abi::FrameRecord));
  const std::uint64_t record_address = sp;
  sp = align_down(sp - sizeof(abi::SignalFrame));
  const abi::FrameRecord record{state.x[29], state.x[30]};
  if (!put(record_address, record) || !put(sp, *frame)) {
    // The kernel sends SIGSEGV for a frame that does not fit. Its own handler would need a frame too: where the
    // signal is that one already, or not caught on another stack, the process ends.
    return force_after_bad_frame(info.signal);
  }

  state.x[0] = static_cast<std::uint64_t>(info.signal);
  if ((action.flags & abi::SA_WITH_INFO) != 0) {
    state.x[1] = sp + offsetof(abi::SignalFrame, info);
    state.x[2] = sp + offsetof(abi::SignalFrame, context);
  }
  state.x[29] = record_address;
  state.x[30] = (action.flags & abi::SA_WITH_RESTORER) != 0 ? action.restorer : signal_return_address;
  state.sp = sp;
  state.pc = action.handler;
  state.exclusive_size = 0;
  if ((current.signal_stack.flags & abi::SS_AUTO_DISARM) != 0) {
    current.signal_stack = {.address = 0, .flags = abi::SS_DISABLED, .padding = 0, .size = 0};
  }

  current.signal_mask |= action.mask & ~UNBLOCKABLE_SIGNALS;
  if ((action.flags & abi::SA_NO_DEFER) == 0) current.signal_mask |= signal_bit(info.signal);
  if ((action.flags & abi::SA_RESET_HANDLER) != 0) {
    signal_actions[static_cast<std::size_t>(info.signal)].handler = abi::HANDLER_DEFAULT;
  }
}

void Kernel::force_after_bad_frame(std::int32_t signal) {
  abi::SignalInfo info{};
  info.signal = SIGNAL_SEGMENTATION;
  info.code = abi::CODE_KERNEL;
  const abi::SignalAction& action = signal_actions[SIGNAL_SEGMENTATION];
  const bool has_own_stack = (action.flags & abi::SA_ON_STACK) != 0;
  if (signal == SIGNAL_SEGMENTATION || !has_own_stack) return end_process({.code = 0, .signal = SIGNAL_SEGMENTATION});
  force_signal(info, std::nullopt);
}

bool Kernel::return_from_handler() {
  State& state = machine.state();
  const auto frame = memory.read_value<abi::SignalFrame>(state.sp, Permissions::READ);
  if (state.sp % 16 != 0 || !frame) return false;
  const abi::MachineContext& context = frame->context.machine;
  // Only user mode with condition flags can be returned to.
  constexpr std::uint64_t CONDITION_FLAGS = 0xf000'0000;
  State restored = state;
  std::ranges::copy(context.x, restored.x);
  restored.sp = context.sp;
  restored.pc = context.pc;
  restored.set_nzcv(static_cast<std::uint32_t>(context.pstate & CONDITION_FLAGS));
  restored.exclusive_size = 0;
  if (!load_records(context, restored)) return false;
  state = restored;
  thread().signal_mask = frame->context.signal_mask & ~UNBLOCKABLE_SIGNALS;
  // The stack is restored as by sigaltstack, errors ignored.
  abi::SignalStack stack = frame->context.stack;
  stack.flags &= abi::SS_DISABLED | abi::SS_AUTO_DISARM;
  if (!is_on(thread().signal_stack, state.sp)) thread().signal_stack = stack;
  return true;
}

std::string_view signal_name(std::int32_t signal) {
  constexpr std::string_view NAMES[] = {
      "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
      "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
      "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
      "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
  };
  if (signal > 0 && signal < FIRST_REAL_TIME_SIGNAL) return NAMES[signal];
  return is_signal(signal) ? "SIGRT" : "";
}

}  // namespace armillion::guest::kernel
