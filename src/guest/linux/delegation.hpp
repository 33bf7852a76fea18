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
  /// Whether time is the count of retired instructions, with this on top.
  bool has_virtual_clock = false;
  Nanoseconds skipped_time = 0;
  /// Whether nothing is left to do when the process ends.
  bool may_exit = false;
};

Delegation delegate_calls(Kernel& kernel);
/// The break was moved to `end`, within the limit.
void settle_break(Kernel& kernel, std::uint64_t end);
/// Bytes were written to a descriptor that had room for them.
void settle_output(Kernel& kernel, std::int32_t descriptor, std::span<const std::byte> bytes);

}  // namespace armillion::guest::kernel
