#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/bench/timing.hpp"
#include "report.hpp"

namespace armillion::bench {

/// A table of calls on buffers of each of the machines, beside the same calls on arrays: instructions of a call, times,
/// and how often the array's call fits into the machine's. A machine is "DEVICE" or "DEVICE/ENGINE".
void report_executors(const std::vector<std::string>& wheres, const std::vector<std::size_t>& sizes,
                      const TimingOptions& timing, Report& report);

}  // namespace armillion::bench
