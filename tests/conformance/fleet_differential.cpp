// Compares the lanes of a fleet with the CPU's machine, bit for bit: every row of the instruction table, words that are
// no instructions, and random programs. See README.md.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "armillion/device.hpp"
#include "lane_tests.hpp"

namespace armillion::conformance {
namespace {

using Clock = std::chrono::steady_clock;

/// What tests exit with where they cannot run.
constexpr int SKIPPED = 77;
/// Programs write many pages, so fewer lanes run them.
constexpr std::uint64_t LANES_FOR_ONE_OF_PROGRAMS = 8;
constexpr double PROGRESS_SECONDS = 10;

struct Options {
  std::string device = "host-lanes";
  std::uint64_t lanes = 4096;
  std::uint64_t seed = 1;
  double seconds = 0;
  std::string rows = "*";
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void print(const LaneTally& tally, double seconds) {
  std::printf("%lu lanes, %lu instructions in %.1f s: %lu lanes differ\n", tally.lanes, tally.instructions, seconds,
              tally.mismatches);
  std::fflush(stdout);
}

// Once through all rows, and then for as long as was asked for, instructions and programs in turn.
LaneTally run(const Options& options) {
  InstructionLanes instructions(options.seed, options.rows, options.device);
  if (instructions.row_count() == 0) {
    throw std::runtime_error("there is no row with a name like " + options.rows);
  }
  std::printf("%zu rows on %s, %lu lanes at once, seed %lu\n%s", instructions.row_count(), options.device.c_str(),
              options.lanes, options.seed, instructions.not_covered().c_str());
  LaneTally tally;
  const Clock::time_point start = Clock::now();
  double next_progress = PROGRESS_SECONDS;
  const auto step = [&](auto& tests, std::uint64_t lanes) {
    tests.run(lanes, tally);
    if (seconds_since(start) < next_progress) return;
    print(tally, seconds_since(start));
    next_progress = seconds_since(start) + PROGRESS_SECONDS;
  };
  while (!instructions.has_covered_all_rows()) step(instructions, options.lanes);
  if (options.rows == "*") {
    ProgramLanes programs(options.seed, options.device);
    const std::uint64_t lanes = std::max<std::uint64_t>(1, options.lanes / LANES_FOR_ONE_OF_PROGRAMS);
    for (int i = 0; i < 2; ++i) step(programs, lanes);
    while (seconds_since(start) < options.seconds) {
      step(instructions, options.lanes);
      step(programs, lanes);
    }
  }
  while (seconds_since(start) < options.seconds) step(instructions, options.lanes);
  print(tally, seconds_since(start));
  return tally;
}

int run(int count, char** arguments) {
  CLI::App app("Compares the lanes of fleets with machines on the CPU, bit for bit");
  Options options;
  app.add_option("--device", options.device, "Where the fleets run: host-lanes, cpu, cuda")->capture_default_str();
  app.add_option("--lanes", options.lanes, "Lanes of a fleet")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", options.seed, "What the tests are made from")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Goes on for so long once every row had its turn")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--rows", options.rows, "Only rows whose names match this shell pattern, and no programs")
      ->capture_default_str();
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (options.device.starts_with("cuda") && !why_no_gpu().empty()) {
    std::printf("skipped: %s\n", why_no_gpu().c_str());
    return SKIPPED;
  }
  return run(options).mismatches == 0 ? 0 : 1;
}

}  // namespace
}  // namespace armillion::conformance

int main(int count, char** arguments) {
  try {
    return armillion::conformance::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fleet_differential: %s\n", error.what());
    return 1;
  }
}
