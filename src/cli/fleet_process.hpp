#pragma once

#include "armillion/process.hpp"
#include "cli/fleet_options.hpp"

namespace armillion::cli {

/// The process whose lanes a fleet has: not started, or run on the CPU to `FleetCommandOptions::at`. Its standard input
/// is empty. Error(INVALID_ARGUMENT) where it never gets there.
Process make_fleet_process(const FleetCommandOptions& options, FatalFault fatal_fault);

}  // namespace armillion::cli
