#pragma once

#include "cli/fleet_options.hpp"

namespace armillion::cli {

/// `armillion fleet --call`: calls a function with every input, or two and compares them. Returns the exit status.
int run_fleet_calls(const FleetCommandOptions& options);

}  // namespace armillion::cli
