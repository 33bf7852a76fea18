#include "cli/bench/one_lane_rates.hpp"

#include <fmt/format.h>

#include "armillion/error.hpp"
#include "cli/bench/timing.hpp"

namespace armillion::bench {

OneLaneRates::OneLaneRates(const OneLaneProgram& program, const MachineOptions& machine, const BenchOptions& options)
    : program_(program), options_(options), lane_(program, machine), on_cpu_(program, {}) {}

Figure OneLaneRates::of(const Mode& mode) {
  std::uint64_t instructions = program_.instructions;
  if (instructions == 0) {
    instructions = whole_batches(count_that_takes(
        options_.seconds, [&](std::uint64_t count) { return lane_.run(mode, whole_batches(count)).elapsed_seconds; }));
  }
  // Going back to the start is no part of it.
  std::vector<double> samples;
  lane_.run(mode, instructions);
  for (unsigned i = 0; i < options_.repetitions; ++i) {
    double done = 0;
    double elapsed = 0;
    do {
      elapsed += lane_.run(mode, instructions).elapsed_seconds;
      done += static_cast<double>(instructions);
    } while (elapsed < options_.seconds && program_.instructions != 0);
    samples.push_back(done / elapsed);
  }
  on_cpu_.run(modes().front(), instructions);
  if (lane_.state_hash() != on_cpu_.state_hash()) {
    throw Error(ErrorCode::UNAVAILABLE,
                fmt::format("{} on {} ends otherwise than on the CPU", program_.what, lane_.device()));
  }
  return Figure::of_samples(std::move(samples));
}

}  // namespace armillion::bench
