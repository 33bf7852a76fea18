#include "armillion/error.hpp"
#include "cli/bench/one_lane.hpp"
#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

std::string published_figures(const OneLaneProgram& program) {
  std::vector<std::string> figures;
  if (program.published_metal) figures.push_back(with_prefix(*program.published_metal));
  if (program.published_asynchronous) figures.push_back("asynchronous " + with_prefix(*program.published_asynchronous));
  if (program.published_batches) {
    figures.push_back(
        fmt::format("{}, batches of {}", with_prefix(*program.published_batches), program.published_batch));
  }
  return fmt::format("{}", fmt::join(figures, "; "));
}

}  // namespace

void report_modes(GuestPrograms&, const Options& options, Report& report) {
  report.line();
  report.line("## One lane");
  for (const std::string& device : options.devices) {
    report.line();
    report.line(fmt::format("Instructions per second of one machine on `{}`, by mode; loops run {} instructions:",
                            device, with_prefix(static_cast<double>(options.one_lane_instructions))));
    report.line();
    std::vector<std::string> head{"program"};
    for (const Mode& mode : modes()) head.emplace_back(mode.name);
    head.emplace_back("published");
    report.head(head);
    for (const OneLaneProgram& program : one_lane_programs()) {
      const std::uint64_t count = program.instructions != 0 ? program.instructions : options.one_lane_instructions;
      OneLane lane(program, {.device = device});
      OneLane on_cpu(program, {});
      on_cpu.run(modes().front(), count);
      std::vector<std::string> row{std::string(program.what)};
      for (const Mode& mode : modes()) {
        std::vector<double> times;
        for (unsigned i = 0; i < options.point.repetitions; ++i) {
          times.push_back(lane.run(mode, count).elapsed_seconds);
        }
        if (lane.state_hash() != on_cpu.state_hash()) {
          throw Error(ErrorCode::INVALID_ARGUMENT,
                      fmt::format("{} on {} ends otherwise than on the CPU", program.what, device));
        }
        row.push_back(with_prefix(static_cast<double>(count) / median(times)));
      }
      row.push_back(published_figures(program));
      report.row(row);
    }
  }
}

}  // namespace armillion::bench
