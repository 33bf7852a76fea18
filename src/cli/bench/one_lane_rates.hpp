#pragma once

#include <cstdint>

#include "armillion/machine.hpp"
#include "cli/bench/benchmarks.hpp"
#include "cli/bench/one_lane.hpp"

namespace armillion::bench {

/// How fast a machine runs one of the small programs. What it comes to is compared with the interpreter on the CPU.
class OneLaneRates {
 public:
  OneLaneRates(const OneLaneProgram& program, const MachineOptions& machine, const BenchOptions& options);

  /// Error(UNAVAILABLE) where the machine's state is another one in the end.
  Figure of(const Mode& mode);

 private:
  const OneLaneProgram& program_;
  const BenchOptions& options_;
  OneLane lane_;
  OneLane on_cpu_;
};

}  // namespace armillion::bench
