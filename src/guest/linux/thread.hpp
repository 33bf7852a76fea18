#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "armillion/state.hpp"
#include "guest/linux/abi.hpp"
#include "guest/linux/open_file.hpp"

namespace armillion::guest::kernel {

/// Nanoseconds on the guest's steady clock (CLOCK_MONOTONIC).
using Nanoseconds = std::uint64_t;

/// What happens to a waiting call when a signal handler runs.
enum class OnSignal : std::uint8_t {
  /// It fails with EINTR, or is made again where the handler has SA_RESTART.
  RESTART_IF_ASKED,
  /// It fails with EINTR.
  INTERRUPT,
};

/// What a blocked thread waits for: whichever comes first.
struct Wait {
  struct File {
    FileReference file;
    /// `EVENT_` bits, of which one suffices. Just what the call that is made again then returns for, or it would be
    /// made again for ever.
    std::uint32_t events = 0;
  };

  std::optional<Nanoseconds> deadline;
  std::vector<File> files;
  /// A futex_wake on this address with one of these bits; 0 bits for none.
  std::uint64_t futex_address = 0;
  std::uint32_t futex_bits = 0;
  /// One of these signals becomes pending, blocked or not.
  std::uint64_t signals = 0;
  OnSignal on_signal = OnSignal::RESTART_IF_ASKED;
  /// What the call has already done (bytes written), for when it is made again.
  std::uint64_t progress = 0;
};

/// Why a blocked call is made again.
enum class WakeReason : std::uint8_t { EVENT, FUTEX, TIMEOUT, SIGNAL };

/// A system call under way.
struct Call {
  std::uint32_t number = 0;
  std::array<std::uint64_t, 6> arguments{};
  Wait wait;
  WakeReason reason = WakeReason::EVENT;
};

/// One thread of the guest. While it is on the machine its state is there, and the one here is stale.
struct Thread {
  std::int32_t id = 0;
  State state;

  enum class Status : std::uint8_t { RUNNABLE, BLOCKED };
  Status status = Status::RUNNABLE;
  /// The call that blocks the thread or, where it is runnable, is to be made again.
  std::optional<Call> call;
  /// Position in the order in which threads began to wait for futexes.
  std::uint64_t wait_order = 0;

  std::uint64_t signal_mask = 0;
  /// The mask that comes back once the call that replaced it (sigsuspend, ppoll) is over.
  std::optional<std::uint64_t> mask_to_restore;
  std::vector<abi::SignalInfo> pending_signals;
  abi::SignalStack signal_stack{.address = 0, .flags = abi::SS_DISABLED, .padding = 0, .size = 0};

  /// A call was cut short by a signal, and how to make it again: its first argument.
  struct InterruptedCall {
    std::uint64_t first_argument = 0;
    OnSignal on_signal = OnSignal::INTERRUPT;
  };
  std::optional<InterruptedCall> interrupted_call;

  /// Where to write 0 and wake a futex when the thread ends (set_tid_address, CLONE_CHILD_CLEARTID); 0 for none.
  std::uint64_t clear_child_id = 0;
  std::uint64_t robust_list = 0;
};

}  // namespace armillion::guest::kernel
