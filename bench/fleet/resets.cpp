#include <algorithm>
#include <chrono>

#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

void report_resets(GuestPrograms& guest, const Options& options, Report& report) {
  const std::uint64_t lanes = std::ranges::max(options.lanes);
  report.line();
  report.line("## Resets");
  for (const std::string& device : options.devices) {
    report.line();
    report.line(fmt::format("Lanes of `{}` that go back to their start in a second, {} at once:", device, lanes));
    report.line();
    report.head({"pages written", "resets/s", "runs and resets/s", "one reset of all lanes"});
    ProgramFleet fleet(guest, device, lanes);
    for (const std::uint64_t pages : {4, 16, 64}) {
      std::vector<double> resets;
      std::vector<double> cycles;
      for (unsigned i = 0; i < options.point.repetitions; ++i) {
        const Clock::time_point cycle = Clock::now();
        fleet.run(guest.page_writer(), pages, Inputs::DIFFERENT);
        const Clock::time_point start = Clock::now();
        fleet.fleet().reset();
        // A device may do it later; what it is asked now it answers afterwards.
        fleet.fleet().result(0);
        resets.push_back(seconds_since(start));
        cycles.push_back(seconds_since(cycle));
      }
      const auto count = static_cast<double>(lanes);
      report.row({fmt::format("{}", pages), with_prefix(count / median(resets)), with_prefix(count / median(cycles)),
                  as_time(median(resets))});
    }
  }
}

}  // namespace armillion::bench
