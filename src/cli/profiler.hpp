#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"
#include "armillion/stop_reason.hpp"
#include "armillion/symbols.hpp"
#include "cli/output_file.hpp"

namespace armillion::cli {

/// Notes where a program is after every so many instructions, on any device. Samples are at exact instructions, so that
/// the same run has the same profile, and the program cannot tell that it is watched.
class Profiler {
 public:
  /// The machine or process must outlive the profiler. `path` is the file that `write` fills: with JSON for speedscope
  /// where its name ends in ".json", else with collapsed stacks, the lines "outermost;...;innermost instructions" that
  /// flamegraph.pl, inferno and speedscope read. Error where it cannot be opened. `period` is more than 0.
  Profiler(const Machine& machine, std::string name, const std::string& path, std::uint64_t period);
  Profiler(const Process& process, std::string name, const std::string& path, std::uint64_t period);

  /// Runs what `runner(RunOptions)` runs, in parts that end at samples. Returns what one run would.
  template <class Runner>
  auto run(const RunOptions& options, const Runner& runner) {
    std::uint64_t instructions = 0;
    double elapsed_seconds = 0;
    while (true) {
      RunOptions part = options;
      if (options.instruction_limit != UNLIMITED) part.instruction_limit -= instructions;
      const bool ends_at_sample = until_sample_ < part.instruction_limit;
      part.instruction_limit = std::min(part.instruction_limit, until_sample_);
      if (options.timeout_seconds > 0) part.timeout_seconds = std::max(options.timeout_seconds - elapsed_seconds, 1e-9);
      auto result = runner(part);
      instructions += result.instructions;
      elapsed_seconds += result.elapsed_seconds;
      until_sample_ -= result.instructions;
      if (until_sample_ == 0) {
        take_sample();
        until_sample_ = period_;
      }
      if (result.stop_reason != StopReason::INSTRUCTION_LIMIT || !ends_at_sample) {
        result.instructions = instructions;
        result.elapsed_seconds = elapsed_seconds;
        return result;
      }
    }
  }

  /// Writes the samples to the file. Error where that fails.
  void write();

 private:
  using Stack = std::vector<std::uint32_t>;  // frames, from the outermost inwards

  void take_sample();
  std::string frame_name(std::uint64_t address) const;
  std::uint32_t frame_number(const std::string& name);
  std::string collapsed() const;
  std::string speedscope() const;

  const Machine* machine_;
  const Process* process_ = nullptr;
  int main_thread_ = 0;
  std::string name_;
  bool is_speedscope_;
  OutputFile file_;
  std::uint64_t period_;
  std::uint64_t until_sample_;
  SymbolTable no_symbols_;
  std::vector<std::string> frames_;
  std::map<std::string, std::uint32_t> frame_numbers_;
  std::vector<Stack> stacks_;
  std::map<Stack, std::size_t> stack_numbers_;
  /// The stack of each sample, in order.
  std::vector<std::size_t> samples_;
};

}  // namespace armillion::cli
