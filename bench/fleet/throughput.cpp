#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

void report_device(GuestPrograms& guest, const Options& options, const std::string& device, Report& report) {
  std::vector<std::string> head{"program"};
  for (const std::uint64_t lanes : options.lanes) head.push_back(fmt::format("{}", lanes));
  report.line();
  report.line(fmt::format("Instructions per second of all lanes of `{}` together, by number of lanes:", device));
  report.line();
  // All programs of one number of lanes share a fleet, so a table is known only when all of it is measured.
  std::vector<std::vector<std::string>> rows;
  std::vector<std::vector<double>> rates(options.lanes.size());
  for (const FleetProgram* program : options.programs) rows.push_back({std::string(program->name)});
  for (std::size_t i = 0; i < options.lanes.size(); ++i) {
    ProgramFleet fleet(guest, device, options.lanes[i]);
    for (std::size_t k = 0; k < options.programs.size(); ++k) {
      const Point point = fleet.measure(*options.programs[k], options.point);
      fmt::print(stderr, "{}, {} lanes, {}: {} instructions/s in {}, {} rounds\n", device, options.lanes[i],
                 options.programs[k]->name, with_prefix(point.ips()), as_time(point.seconds), point.rounds);
      rows[k].push_back(with_prefix(point.ips()));
      rates[i].push_back(point.ips());
    }
  }
  report.head(head);
  for (const auto& row : rows) report.row(row);
  std::vector<std::string> medians{"median program"};
  for (const auto& rate : rates) medians.push_back(with_prefix(median(rate)));
  report.row(medians);
}

}  // namespace

void report_throughput(GuestPrograms& guest, const Options& options, Report& report) {
  report.line();
  report.line("## Throughput");
  for (const std::string& device : options.devices) report_device(guest, options, device, report);
}

}  // namespace armillion::bench
