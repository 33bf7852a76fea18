#include <fmt/format.h>

#include "cli/bench/benchmarks.hpp"
#include "cli/bench/one_lane_rates.hpp"

namespace armillion::bench {

Result measure_gpu(const BenchOptions& options) {
  Result result("gpu", "One machine on a device, by who begins its batches", Result::Shape::BARS, "program",
                "instructions/s");
  const std::vector<std::string> devices = options.devices.empty() ? std::vector<std::string>{"cuda"} : options.devices;
  for (const OneLaneProgram& program : one_lane_programs()) {
    for (const std::string& device : devices) {
      OneLaneRates rates(program, {.device = device}, options);
      for (const Mode& mode : modes()) {
        options.on_step(fmt::format("{} on {}, {}", program.what, device, mode.name));
        const std::string series =
            devices.size() > 1 ? fmt::format("{}, {}", device, mode.name) : std::string(mode.name);
        result.set(std::string(program.what), {}, series, rates.of(mode));
      }
    }
  }
  return result;
}

}  // namespace armillion::bench
