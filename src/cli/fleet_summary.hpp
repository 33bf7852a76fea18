#pragma once

#include <string>

#include "cli/fleet_rounds.hpp"

namespace armillion::cli {

/// Prints on standard output what the rounds came to, except for why lanes stopped.
void print_summary(const FleetRounds& rounds);

// The facts of a summary, in words.

/// With the device's own name where it has one; "cuda" is the first GPU.
std::string describe_device(const std::string& name);
std::string describe_inputs(const FleetRounds& rounds);
std::string describe_time(const FleetRounds& rounds);
std::string describe_speed(const FleetTotals& totals);

/// Prints one more line of a summary. Where `name` is empty it goes on with the fact above.
void print_fact(const std::string& name, const std::string& text);

/// Whether the lane ended in its own way, and not well: not by returning or by exit code 0, nor by a limit of the
/// host's.
bool has_failed(const LaneResult& result);

/// The exit status of what lanes did: 125 where a lane was out of memory, 1 where `has_failures`, 124 where a limit or
/// the timeout ended a lane or kept one from running, otherwise 0.
int exit_status_of(const FleetRounds& rounds, bool has_failures);

}  // namespace armillion::cli
