#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "guest/linux/kernel.hpp"

// The most frequent system calls in the kernel's place: whoever runs a process's machine elsewhere serves them there,
// and the kernel learns of it afterwards.
namespace armillion::guest::kernel {

/// What it takes to serve them as the kernel would.
struct Delegation {
  /// The heap, and how far up the break may go as far as the kernel is concerned: whole pages.
  std::uint64_t break_start = 0;
  std::uint64_t break_end = 0;
  std::uint64_t break_limit = 0;
  /// How many bytes descriptors 1 and 2 take at once and whenever they come; 0 where they are not the standard streams.
  std::array<std::uint64_t, 2> output_room{};
  /// Whether time is the count of retired instructions, with this on top; else it is the host's.
  bool has_virtual_clock = false;
  Nanoseconds skipped_time = 0;
  /// Of the host's steady clock, what the guest was told last elsewhere.
  Nanoseconds latest_steady_time = 0;
  /// Whether nothing is left to do when the process ends.
  bool may_exit = false;
};

Delegation delegate_calls(Kernel& kernel);

/// What was served and that the kernel has to know.
struct ServedCalls {
  /// Where the break is now, within the limit.
  std::uint64_t break_end = 0;
  /// The latest steady time that was told.
  Nanoseconds steady_time = 0;
};
void settle_calls(Kernel& kernel, const ServedCalls& served);
/// Bytes were written to a descriptor that had room for them.
void settle_output(Kernel& kernel, std::int32_t descriptor, std::span<const std::byte> bytes);

}  // namespace armillion::guest::kernel
