#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/program_fleet.hpp"
#include "fleet/programs.hpp"
#include "report.hpp"

namespace armillion::bench {

/// What the command line asks for.
struct Options {
  std::vector<std::string> devices;
  std::vector<std::uint64_t> lanes;
  std::vector<const FleetProgram*> programs;
  PointOptions point;
  /// What loops of one lane run.
  std::uint64_t one_lane_instructions = 0;
  /// An emulator of Linux programs to compare with; empty for none.
  std::string qemu;
};

// Each section measures one thing and reports it.

/// Instructions per second of all lanes together, by program and number of lanes.
void report_throughput(GuestPrograms& guest, const Options& options, Report& report);
/// Instructions per second of one machine, in each of its modes.
void report_modes(GuestPrograms& guest, const Options& options, Report& report);
/// What copying at the first write, checked accesses, and lanes that go different ways cost.
void report_costs(GuestPrograms& guest, const Options& options, Report& report);
/// How fast lanes that have written some pages go back to their start.
void report_resets(GuestPrograms& guest, const Options& options, Report& report);
/// How long it takes to open a device, to start, to ask for progress, and to cancel.
void report_latency(GuestPrograms& guest, const Options& options, Report& report);
/// The same work on all cores of this host: by the host's own code, by qemu, and by fleets.
void report_peers(GuestPrograms& guest, const Options& options, Report& report);

/// Makes a fleet of one lane on a device and runs one instruction. Returns the seconds that took.
double time_to_open(const std::string& device);

}  // namespace armillion::bench
