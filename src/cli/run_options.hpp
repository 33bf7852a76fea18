#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "armillion/process.hpp"

namespace armillion::cli {

/// What the command line of `armillion run` says.
struct RunCommandOptions {
  ProcessOptions process;
  std::vector<std::string> directories;
  std::string clock = "real";
  std::string engine = "interpreter";
  std::uint64_t instruction_limit = UNLIMITED;
  double timeout_seconds = 0;
  /// File for the statistics, "-" for standard error; empty for none.
  std::string stats;
  /// File for the trace, "-" for standard error; empty for none.
  std::string trace;
  bool print_system_calls = false;
  /// The program is a flat binary for a bare machine.
  bool flat = false;
  std::uint64_t flat_address = 0;
  std::uint64_t flat_memory_bytes = MachineOptions{}.memory_bytes;
  /// TCP port of the GDB server; 0 for none.
  std::uint16_t gdb_port = 0;
};

/// HOST[:GUEST][:ro|:rw]. GUEST is the host's absolute path where it is left out, the access read-only.
/// Error(INVALID_ARGUMENT) where it is not of that form.
GrantedDirectory parse_granted_directory(const std::string& text);

}  // namespace armillion::cli
