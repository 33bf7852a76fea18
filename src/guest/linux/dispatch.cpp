#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "guest/linux/call_format.hpp"
#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"

// From the number in X8 to a handler and back.
namespace armillion::guest::kernel {
namespace {

constexpr std::size_t CALL_COUNT = 512;

// An argument as its type reads the register: an `int` parameter is the low half.
template <class T>
T convert(std::uint64_t value) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(value);
  } else {
    using Field = decltype([](T argument) {
      auto [field] = argument;
      return field;
    }(std::declval<T>()));
    return T{static_cast<Field>(value)};
  }
}

template <class... T>
std::string format_arguments(Kernel& kernel, const CallArguments& arguments) {
  std::string text;
  [&]<std::size_t... INDEX>(std::index_sequence<INDEX...>) {
    ((text += (INDEX == 0 ? "" : ", ") + format_argument(kernel, convert<T>(arguments[INDEX]), arguments, INDEX)), ...);
  }(std::index_sequence_for<T...>());
  return text;
}

template <class... T>
CallResult invoke_with(CallResult (*handler)(Kernel&, T...), Kernel& kernel, const CallArguments& arguments) {
  static_assert(sizeof...(T) <= std::tuple_size_v<CallArguments>);
  return [&]<std::size_t... INDEX>(std::index_sequence<INDEX...>) {
    return handler(kernel, convert<T>(arguments[INDEX])...);
  }(std::index_sequence_for<T...>());
}

template <class... T>
constexpr auto formatter_of(CallResult (*)(Kernel&, T...)) {
  return &format_arguments<T...>;
}

struct CallEntry {
  std::string_view name;
  CallResult (*invoke)(Kernel&, const CallArguments&) = nullptr;
  std::string (*format)(Kernel&, const CallArguments&) = nullptr;
  bool is_declined = false;
};

template <auto HANDLER>
constexpr CallEntry entry_for(std::string_view name) {
  return {.name = name,
          .invoke = [](Kernel& kernel, const CallArguments& a) { return invoke_with(HANDLER, kernel, a); },
          .format = formatter_of(HANDLER)};
}

constexpr std::array<CallEntry, CALL_COUNT> CALLS = [] {
  std::array<CallEntry, CALL_COUNT> entries{};
#define SYSTEM_CALL(NUMBER_, NAME_) entries[NUMBER_] = entry_for<&calls::NAME_>(#NAME_);
#define UNSUPPORTED(NUMBER_, NAME_) entries[NUMBER_] = {.name = #NAME_};
#define DECLINED(NUMBER_, NAME_) entries[NUMBER_] = {.name = #NAME_, .is_declined = true};
#include "guest/linux/system_calls.inc"
#undef SYSTEM_CALL
#undef UNSUPPORTED
#undef DECLINED
  return entries;
}();

const CallEntry* find_entry(std::uint32_t number) {
  return number < CALL_COUNT && !CALLS[number].name.empty() ? &CALLS[number] : nullptr;
}

// Where the guest asks for more memory than there is, the host's or the limit's, that is the guest's error.
CallResult invoke_safely(CallResult (*invoke)(Kernel&, const CallArguments&), Kernel& kernel,
                         const CallArguments& arguments) {
  try {
    return invoke(kernel, arguments);
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::OUT_OF_MEMORY) return fail(ENOMEM);
    throw;
  }
}

std::string describe(Kernel& kernel, const CallEntry* entry, std::uint32_t number, const CallArguments& arguments) {
  const std::string prefix =
      kernel.threads.size() > 1 ? fmt::format("[thread {}] ", kernel.current_thread) : std::string();
  if (entry == nullptr) return fmt::format("{}syscall_{}({:#x}, ...)", prefix, number, arguments[0]);
  if (entry->format == nullptr) return fmt::format("{}{}({:#x}, ...)", prefix, entry->name, arguments[0]);
  return fmt::format("{}{}({})", prefix, entry->name, entry->format(kernel, arguments));
}

}  // namespace

void Kernel::begin_call() {
  const State& state = machine.state();
  std::array<std::uint64_t, 6> arguments;
  std::copy_n(state.x, arguments.size(), arguments.begin());
  resumed_call_.reset();
  make_call(static_cast<std::uint32_t>(state.x[8]), arguments);
}

void Kernel::resume_call() {
  resumed_call_ = std::exchange(thread().call, std::nullopt);
  make_call(resumed_call_->number, resumed_call_->arguments);
  resumed_call_.reset();
}

CallResult Kernel::block(Wait wait) {
  // A call that a signal woke, and that found nothing else to return for, is interrupted.
  if (resumed_call_ && resumed_call_->reason == WakeReason::SIGNAL) return fail(EINTR);
  Thread& current = thread();
  current.call = Call{call_number_, call_arguments_, std::move(wait), WakeReason::EVENT};
  current.wait_order = next_wait_order++;
  current.status = Thread::Status::BLOCKED;
  return CallResult::blocked();
}

void Kernel::make_call(std::uint32_t number, const std::array<std::uint64_t, 6>& arguments) {
  call_number_ = number;
  call_arguments_ = arguments;
  const CallEntry* entry = find_entry(number);
  std::string description;
  if (options.on_system_call) description = describe(*this, entry, number, arguments);

  const CallResult result = [&]() -> CallResult {
    if (entry == nullptr) return unsupported(number, "unknown");
    if (entry->invoke != nullptr) return invoke_safely(entry->invoke, *this, arguments);
    if (entry->is_declined) return fail(ENOSYS);
    return unsupported(number, entry->name);
  }();
  if (result.kind() == CallResult::Kind::BLOCKED) return;
  if (options.on_system_call) options.on_system_call(description + format_result(result));
  if (result.kind() == CallResult::Kind::NO_VALUE) return;

  machine.state().x[0] = static_cast<std::uint64_t>(result.value());
  Thread& current = thread();
  const bool is_interrupted = resumed_call_ && resumed_call_->reason == WakeReason::SIGNAL && result.value() == -EINTR;
  if (is_interrupted) {
    current.interrupted_call = {arguments[0], resumed_call_->wait.on_signal};
  } else if (current.mask_to_restore) {
    current.signal_mask = *current.mask_to_restore;
    current.mask_to_restore.reset();
  }
}

CallResult Kernel::unsupported(std::uint32_t key, std::string_view name) {
  // Numbers that Linux does not have share one report.
  const std::size_t slot = std::min<std::size_t>(key, reported_calls_.size() - 1);
  const bool is_new = !reported_calls_[slot];
  reported_calls_.set(slot);
  if (is_new && options.on_unsupported_system_call) options.on_unsupported_system_call(key, name);
  return fail(ENOSYS);
}

}  // namespace armillion::guest::kernel

namespace armillion {

std::vector<SystemCallInfo> system_calls() {
  using Support = SystemCallInfo::Support;
  std::vector<SystemCallInfo> result;
  for (unsigned number = 0; number < guest::kernel::CALL_COUNT; ++number) {
    const auto& entry = guest::kernel::CALLS[number];
    if (entry.name.empty()) continue;
    result.push_back({number, entry.name, entry.invoke != nullptr ? Support::SUPPORTED : Support::UNSUPPORTED});
  }
  return result;
}

}  // namespace armillion
