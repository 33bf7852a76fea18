#pragma once

#include "cli/fleet_options.hpp"

namespace armillion::cli {

/// `armillion fleet` without `--call`: runs the program with every input. Returns the exit status.
int run_fleet_programs(const FleetCommandOptions& options);

}  // namespace armillion::cli
