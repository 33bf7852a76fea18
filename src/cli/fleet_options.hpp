#pragma once

#include <cstdint>
#include <string>

#include "cli/guest_options.hpp"

namespace armillion::cli {

/// What the command line of `armillion fleet` says.
struct FleetCommandOptions : GuestOptions {
  std::string device = "cpu";
  /// Machines at a time; 0 for what suits the device.
  std::uint64_t lanes = 0;
  /// A folder, a file or FIRST:END; empty for none.
  std::string inputs;
  /// The function that each lane calls; empty where each runs the program.
  std::string call;
  /// Empty for 64-bit integers.
  std::string signature;
  /// The function whose results are compared with those of `call`; empty for none.
  std::string against;
  /// Where the process is run to before the lanes start; empty for nowhere.
  std::string at;
  /// File for the rows; empty for none.
  std::string output;
  /// Folder for what lanes write to their standard streams; empty for none.
  std::string captures;
  /// File for the page; empty for none.
  std::string report;
  std::uint64_t instruction_limit = UNLIMITED;
  double timeout_seconds = 0;
  /// The device's memory that lanes may take for what they write; 0 for most of what is free.
  std::uint64_t device_memory_bytes = 0;
  unsigned threads = 0;
  bool quiet = false;
};

}  // namespace armillion::cli
