#pragma once

#include <cstdint>
#include <string>

#include "cli/guest_options.hpp"

namespace armillion::cli {

/// What the command line of `armillion run` says.
struct RunCommandOptions : GuestOptions {
  std::uint64_t instruction_limit = UNLIMITED;
  double timeout_seconds = 0;
  /// File for the statistics, "-" for standard error; empty for none.
  std::string stats;
  /// File for the trace, "-" for standard error; empty for none.
  std::string trace;
  /// File for the profile; empty for none.
  std::string profile;
  /// Instructions from one sample to the next.
  std::uint64_t profile_period = 10'007;
  bool print_system_calls = false;
  /// The program is a flat binary for a bare machine.
  bool flat = false;
  std::uint64_t flat_address = 0;
  std::uint64_t flat_memory_bytes = MachineOptions{}.memory_bytes;
  /// TCP port of the GDB server; 0 for none.
  std::uint16_t gdb_port = 0;
};

}  // namespace armillion::cli
