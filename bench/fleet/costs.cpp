#include <algorithm>

#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

// How much longer the first took than the second, per instruction.
double extra_cost(const Point& with, const Point& without) { return without.ips() / with.ips() - 1; }

// The same run with pages to be copied and with pages that are the lanes' own: few rounds, in which every page that a
// lane writes is written for the first time, and then as many as in the table of throughput.
void report_copy_on_write(ProgramFleet& fleet, GuestPrograms& guest, const Options& options, Report& report) {
  const FleetProgram& program = guest.program("byte_hash_with_stores");
  for (const double seconds : {0.0, options.point.seconds}) {
    PointOptions point = options.point;
    point.seconds = seconds;
    const Point fresh = fleet.measure(program, point);
    point.memory = Memory::WRITTEN;
    const Point written = fleet.measure(program, point);
    report.row({fmt::format("copy on write, {} rounds of {}", fresh.rounds, program.name), with_prefix(fresh.ips()),
                with_prefix(written.ips()), as_percentage(extra_cost(fresh, written))});
  }
  for (const std::uint64_t pages : {4, 16, 64}) {
    std::vector<double> fresh;
    std::vector<double> written;
    FleetResult result;
    for (unsigned i = 0; i < options.point.repetitions; ++i) {
      fleet.fleet().reset();
      fresh.push_back(fleet.run(guest.page_writer(), pages, Inputs::DIFFERENT).elapsed_seconds);
      result = fleet.run(guest.page_writer(), pages, Inputs::DIFFERENT);
      written.push_back(result.elapsed_seconds);
    }
    const double lane_pages = static_cast<double>(fleet.fleet().lanes() * pages);
    report.row({fmt::format("first write to {} pages of each lane, pages/s", pages),
                with_prefix(lane_pages / median(fresh)), with_prefix(lane_pages / median(written)),
                as_percentage(median(fresh) / median(written) - 1)});
  }
}

void report_stores(ProgramFleet& fleet, GuestPrograms& guest, const Options& options, Report& report) {
  const Point with = fleet.measure(guest.program("byte_hash_with_stores"), options.point);
  const Point without = fleet.measure(guest.program("byte_hash_without_stores"), options.point);
  report.row({"a checked store in a loop of six instructions, against the loop without", with_prefix(with.ips()),
              with_prefix(without.ips()), as_percentage(extra_cost(with, without))});
}

void report_divergence(ProgramFleet& fleet, const Options& options, Report& report) {
  for (const FleetProgram* program : options.programs) {
    const Point different = fleet.measure(*program, options.point);
    PointOptions point = options.point;
    point.inputs = Inputs::SAME;
    const Point same = fleet.measure(*program, point);
    report.row({fmt::format("different inputs in {}, against the same", program->name), with_prefix(different.ips()),
                with_prefix(same.ips()), as_percentage(extra_cost(different, same))});
  }
}

}  // namespace

void report_costs(GuestPrograms& guest, const Options& options, Report& report) {
  const std::uint64_t lanes = std::ranges::max(options.lanes);
  report.line();
  report.line("## Costs");
  for (const std::string& device : options.devices) {
    report.line();
    report.line(fmt::format("`{}`, {} lanes, instructions per second of all lanes together:", device, lanes));
    report.line();
    report.head({"what", "with", "without", "costs"});
    ProgramFleet fleet(guest, device, lanes);
    report_copy_on_write(fleet, guest, options, report);
    report_stores(fleet, guest, options, report);
    report_divergence(fleet, options, report);
  }
}

}  // namespace armillion::bench
