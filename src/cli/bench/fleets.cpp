#include <fmt/format.h>

#include <set>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/fleet.hpp"
#include "cli/bench/benchmarks.hpp"
#include "cli/bench/loops.hpp"
#include "cli/bench/timing.hpp"

namespace armillion::bench {

namespace {

const std::vector<std::uint64_t> LANES_OF_A_GPU{1, 32, 1024, 16'384, 65'536, 262'144};
const std::vector<std::uint64_t> LANES_OF_A_CPU{1, 4, 16, 64, 256, 1024, 4096};

// A loop in many lanes, each of which starts from another number.
class LoopFleet {
 public:
  LoopFleet(const Loop& loop, const std::string& device, std::uint64_t lanes)
      : loop_(loop), machine_(machine_with(loop)), fleet_(machine_, {.lanes = lanes, .device = device}) {}

  FleetResult run(std::uint64_t iterations) {
    fleet_.reset();
    std::vector<std::uint64_t> values(fleet_.lanes());
    for (std::uint64_t lane = 0; lane < values.size(); ++lane) values[lane] = start_of(lane);
    fleet_.set_x(0, values);
    values.assign(values.size(), iterations);
    fleet_.set_x(1, values);
    return fleet_.run();
  }

  /// Compares some lanes with a machine on the CPU. Error(UNAVAILABLE) where they differ.
  void check(std::uint64_t iterations) {
    const std::uint64_t last = fleet_.lanes() - 1;
    const Snapshot start = machine_.snapshot();
    for (const std::uint64_t lane : std::set<std::uint64_t>{0, 1, 31, last / 2, last}) {
      if (lane > last) continue;
      machine_.restore(start);
      machine_.set_x(0, start_of(lane));
      machine_.set_x(1, iterations);
      machine_.execute();
      if (fleet_.state_hash(lane) != machine_.state_hash() ||
          machine_.x(0) != loop_.expected(start_of(lane), iterations)) {
        throw Error(ErrorCode::UNAVAILABLE, fmt::format("lane {} of {} on {} ends the loop '{}' otherwise than it must",
                                                        lane, fleet_.lanes(), fleet_.device(), loop_.name));
      }
    }
    machine_.restore(start);
  }

 private:
  // Not 0, from which a xorshift generator does not come away.
  static std::uint64_t start_of(std::uint64_t lane) { return lane + 1; }

  const Loop& loop_;
  Machine machine_;
  Fleet fleet_;
};

Figure measure_fleet(const Loop& loop, const std::string& device, std::uint64_t lanes, const BenchOptions& options) {
  LoopFleet fleet(loop, device, lanes);
  const std::uint64_t iterations =
      count_that_takes(options.seconds, [&](std::uint64_t count) { return fleet.run(count).elapsed_seconds; });
  std::vector<double> samples = repeat(options.repetitions, [&] { return fleet.run(iterations).ips(); });
  fleet.check(iterations);
  return Figure::of_samples(std::move(samples));
}

}  // namespace

Result measure_fleets(const BenchOptions& options) {
  Result result("fleet", "Fleets: all lanes together, by their number", Result::Shape::LINES, "lanes",
                "instructions/s");
  const std::vector<std::string> devices = options.devices.empty() ? std::vector<std::string>{"cpu"} : options.devices;
  for (const std::string& device : devices) {
    const auto& usual = device.starts_with("cuda") ? LANES_OF_A_GPU : LANES_OF_A_CPU;
    for (const std::uint64_t lanes : options.sizes.empty() ? usual : options.sizes) {
      for (const Loop& loop : loops()) {
        options.on_step(fmt::format("a fleet of {} on {}: {}", lanes, device, loop.name));
        const std::string series =
            devices.size() > 1 ? fmt::format("{}, {}", loop.name, device) : std::string(loop.name);
        result.set(lanes, series, measure_fleet(loop, device, lanes, options));
      }
    }
  }
  result.add_note("Each lane starts its loop from a number of its own, so that lanes go different ways in 'branches'.");
  return result;
}

}  // namespace armillion::bench
