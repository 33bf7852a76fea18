#include <fmt/format.h>

#include "cli/bench/benchmarks.hpp"
#include "cli/bench/one_lane.hpp"
#include "cli/bench/one_lane_rates.hpp"

namespace armillion::bench {

Result measure_seeds(const BenchOptions& options) {
  Result result("seeds", "The loops of an earlier emulator's benchmark, on one machine", Result::Shape::BARS, "program",
                "instructions/s");
  const std::vector<std::string> devices = options.devices.empty() ? std::vector<std::string>{"cpu"} : options.devices;
  for (const OneLaneProgram& program : one_lane_programs()) {
    const std::string row(program.what);
    for (const std::string& device : devices) {
      options.on_step(fmt::format("{} on {}", row, device));
      OneLaneRates rates(program, {.device = device}, options);
      result.set(row, {}, device == "cpu" ? "cpu, interpreter" : device, rates.of(modes().front()));
      if (device != "cpu") {
        result.set(row, {}, device + ", asynchronous", rates.of(modes().back()));
        continue;
      }
      options.on_step(fmt::format("{} by the tensor engine", row));
      OneLaneRates batches(program, {.engine = "tensor"}, options);
      result.set(row, {}, "cpu, tensor engine, batches of 512", batches.of(modes().front()));
    }
    const auto set_published = [&](const char* series, const std::optional<double>& ips) {
      if (ips) result.set(row, {}, series, {*ips, {}}, SeriesKind::PUBLISHED);
    };
    set_published("published: Metal", program.published_metal);
    set_published("published: Metal, asynchronous", program.published_asynchronous);
    set_published("published: PyTorch, in batches", program.published_batches);
  }
  result.add_note(
      "Published: on an Apple M4 Pro; in batches of 512 where ADDs are in a line, of 64 where there are branches.");
  return result;
}

}  // namespace armillion::bench
