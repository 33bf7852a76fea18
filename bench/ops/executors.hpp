#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/bench/timing.hpp"
#include "report.hpp"

namespace armillion::bench {

/// A table of calls on buffers of the executor `machine` on each device, beside the same calls on arrays: instructions
/// of a call, times, and how often the array's call fits into the machine's.
void report_executors(const std::vector<std::string>& devices, const std::vector<std::size_t>& sizes,
                      const TimingOptions& timing, Report& report);

}  // namespace armillion::bench
