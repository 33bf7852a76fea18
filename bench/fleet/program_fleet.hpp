#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"
#include "cli/bench/timing.hpp"
#include "fleet/programs.hpp"

namespace armillion::bench {

/// What the lanes of a fleet compute with.
enum class Inputs : std::uint8_t {
  /// Lane k gets the number k.
  DIFFERENT,
  /// All lanes get the number 1, so that they all go the same way.
  SAME,
};

/// What memory the lanes start a run with.
enum class Memory : std::uint8_t {
  /// They have written nothing: the first write to a page copies it.
  FRESH,
  /// They have all pages of their own that the run writes.
  WRITTEN,
};

/// What one point of a table was measured with.
struct PointOptions {
  /// How long a run shall take about, where one round takes less.
  double seconds = 1;
  unsigned repetitions = 3;
  Inputs inputs = Inputs::DIFFERENT;
  Memory memory = Memory::FRESH;
};

struct Point {
  std::uint64_t rounds = 0;
  /// Of all lanes in one run, and the median of the runs' times.
  std::uint64_t instructions = 0;
  double seconds = 0;

  double ips() const { return static_cast<double>(instructions) / seconds; }
};

/// A fleet whose lanes run the programs. Throws an `Error` where a run does not end as it must.
class ProgramFleet {
 public:
  ProgramFleet(GuestPrograms& guest, const std::string& device, std::uint64_t lanes);

  /// Runs the program once in all lanes, with the memory that they have.
  FleetResult run(const FleetProgram& program, std::uint64_t rounds, Inputs inputs);
  /// Finds the number of rounds that takes the time, and runs as often as asked for.
  Point measure(const FleetProgram& program, const PointOptions& options);
  /// Compares some lanes after a run with a machine on the CPU and with the program on the host, bit for bit: state,
  /// instructions, and what the program may have written. Error(INVALID_ARGUMENT) that says what differs.
  void check(const FleetProgram& program, std::uint64_t rounds, Inputs inputs);

  Fleet& fleet() { return fleet_; }

 private:
  std::uint64_t input_of(std::uint64_t lane, Inputs inputs) const;

  GuestPrograms& guest_;
  Fleet fleet_;
};

}  // namespace armillion::bench
