#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/machine.hpp"

namespace armillion::bench {

/// A small program that one machine runs: a loop that never ends, or a straight line that halts.
struct OneLaneProgram {
  std::string_view what;
  std::vector<std::uint32_t> words;
  /// How much of it runs; 0 for as much as one likes.
  std::uint64_t instructions = 0;

  // What was published for it, in instructions per second: see published.hpp.

  /// Of one kernel, which the host waits for.
  std::optional<double> published_metal = {};
  std::optional<double> published_asynchronous = {};
  /// In batches of so many instructions that are executed as arrays.
  std::optional<double> published_batches = {};
  std::uint32_t published_batch = 0;
};

/// Those of the published benchmark of an earlier emulator.
const std::vector<OneLaneProgram>& one_lane_programs();

/// One of the ways in which a machine runs. Each does the same.
struct Mode {
  std::string_view name;
  RunResult (*run)(Machine& machine, std::uint64_t instructions);
};

/// The first of them is `Machine::execute`, the last one asynchronous.
std::span<const Mode> modes();
/// So many instructions or a few more, which fill the batches of all modes.
std::uint64_t whole_batches(std::uint64_t instructions);

/// One machine with one of the programs, and memory for what it stores.
class OneLane {
 public:
  /// Of the options, memory is not used.
  OneLane(const OneLaneProgram& program, MachineOptions options);

  /// Runs exactly so many instructions from the start. Error(UNAVAILABLE) where it runs others.
  RunResult run(const Mode& mode, std::uint64_t instructions);
  Hash128 state_hash() const { return machine_.state_hash(); }
  std::string device() const { return machine_.device(); }

 private:
  Machine machine_;
  Snapshot start_;
};

}  // namespace armillion::bench
