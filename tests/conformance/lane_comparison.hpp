#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"
#include "armillion/machine.hpp"
#include "guest/lane_block.h"

namespace armillion::conformance {

/// The first of the instructions in front of those under test: LDP X0, X1, [X0] and SVC #0. `LaneBlock::entry` is the
/// address of it.
inline constexpr std::uint32_t ENTRY_WORDS[] = {0xa9400400, 0xd4000001};
inline constexpr std::uint64_t ENTRY_BYTES = sizeof ENTRY_WORDS;

struct MemoryRange {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

/// A lane that did not end as a machine of its own.
struct LaneMismatch {
  std::uint64_t lane = 0;
  /// What differs, in lines.
  std::string report;
};

struct LaneOutcome {
  /// Instructions under test that all lanes have retired.
  std::uint64_t instructions = 0;
  std::uint64_t mismatches = 0;
  /// The first of them.
  std::vector<LaneMismatch> reported;
};

/// Runs lanes that start with one memory as a fleet on a device, and each of them on a machine on the CPU, and compares
/// how they end: why, where, after how many instructions, state and all of memory.
class LaneComparison {
 public:
  /// `image` has the memory that all lanes start with, but for their blocks and the code that loads those, which are
  /// added. Where memory differs is looked for in `ranges`.
  LaneComparison(Machine image, std::string device, std::vector<MemoryRange> ranges);

  /// Lets each lane retire up to `instruction_limit` instructions behind its entry.
  LaneOutcome run(std::span<const LaneBlock> lanes, std::uint64_t instruction_limit);
  /// Of a lane that differs after `instruction_limit` instructions: the number of instructions after which it first
  /// does.
  std::uint64_t first_difference(const LaneBlock& lane, std::uint64_t instruction_limit);
  /// PC of that lane on the CPU after so many instructions.
  std::uint64_t pc_after(const LaneBlock& lane, std::uint64_t instructions);

 private:
  struct End;

  void start_alone(Machine& machine, const LaneBlock& lane) const;
  End end_alone(Machine& machine, const LaneBlock& lane, std::uint64_t instruction_limit) const;
  std::vector<End> ends_alone(std::span<const LaneBlock> lanes, std::uint64_t instruction_limit) const;
  std::string report(const Fleet& fleet, std::uint64_t lane, const End& expected, const End& actual,
                     Machine& machine) const;

  Machine image_;
  Snapshot start_;
  std::string device_;
  std::vector<MemoryRange> ranges_;
};

}  // namespace armillion::conformance
