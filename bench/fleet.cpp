// Measures fleets over the public interface, and prints Markdown. See README.md.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>

#include "armillion/device.hpp"
#include "armillion/version.hpp"
#include "fleet/sections.hpp"

namespace armillion::bench {
namespace {

using Section = void (*)(GuestPrograms&, const Options&, Report&);

const std::map<std::string, Section> SECTIONS{
    {"throughput", report_throughput}, {"modes", report_modes},     {"costs", report_costs},
    {"resets", report_resets},         {"latency", report_latency}, {"peers", report_peers},
};

struct CommandLine {
  std::vector<std::string> devices{"cpu"};
  std::vector<std::uint64_t> lanes{1, 32, 1024, 16384, 65536, 262144};
  std::vector<std::string> programs;
  std::vector<std::string> sections{"throughput"};
  unsigned repetitions = 3;
  double seconds = 1;
  std::uint64_t one_lane_instructions = 100'000'000;
  std::string qemu;
  std::string output;
  std::string time_open;
};

void add_options(CLI::App& app, CommandLine& line) {
  std::vector<std::string> names;
  for (const auto& [name, section] : SECTIONS) names.push_back(name);
  app.add_option("--device", line.devices, "Where to measure: cpu, host-lanes, cuda; may be repeated")
      ->capture_default_str();
  app.add_option("--lanes", line.lanes, "Numbers of lanes; sections of one number take the largest")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--programs", line.programs, "Only these programs, separated by commas")->delimiter(',');
  app.add_option("--sections", line.sections, "What to measure, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  app.add_option("--repetitions", line.repetitions, "Runs of a point, whose median counts")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", line.seconds, "Time of one run of a point, where one round does not take longer")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--one-lane-instructions", line.one_lane_instructions, "What the loops of the section `modes` run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--qemu", line.qemu, "An emulator of AArch64 Linux programs for the section `peers`")
      ->check(CLI::ExistingFile);
  app.add_option("--output", line.output, "Also writes the report to this file");
  app.add_option("--time-open", line.time_open, "Prints the seconds that the first fleet of a device takes")
      ->group("");  // for the section `latency`
}

void print_head(int count, char** arguments, Report& report) {
  std::string command = std::filesystem::path(arguments[0]).filename();
  for (int i = 1; i < count; ++i) command += fmt::format(" {}", arguments[i]);
  report.line("# Fleets");
  report.line();
  report.line(fmt::format("{:%Y-%m-%d}, Armillion {}: `{}`", std::chrono::system_clock::now(), VERSION, command));
  report.line();
  for (const DeviceInfo& device : devices()) {
    report.line(fmt::format("- `{}`: {}, {} {}{}{}", device.name, device.description, device.units,
                            device.name == "cpu" ? "threads" : "multiprocessors",
                            device.driver.empty() ? "" : ", driver ", device.driver));
  }
}

int run(int count, char** arguments) {
  CLI::App app("Measures fleets of AArch64 machines and prints Markdown tables");
  CommandLine line;
  add_options(app, line);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (!line.time_open.empty()) {
    fmt::print("{}\n", time_to_open(line.time_open));
    return 0;
  }
  GuestPrograms guest;
  Options options{.devices = line.devices,
                  .lanes = line.lanes,
                  .programs = {},
                  .point = {.seconds = line.seconds, .repetitions = line.repetitions},
                  .one_lane_instructions = line.one_lane_instructions,
                  .qemu = line.qemu};
  for (const std::string& name : line.programs) options.programs.push_back(&guest.program(name));
  if (line.programs.empty()) {
    for (const FleetProgram& program : guest.programs()) options.programs.push_back(&program);
  }
  Report report;
  print_head(count, arguments, report);
  for (const std::string& section : line.sections) SECTIONS.at(section)(guest, options, report);
  report.write(line.output);
  return 0;
}

}  // namespace
}  // namespace armillion::bench

int main(int count, char** arguments) {
  try {
    return armillion::bench::run(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "fleet: {}\n", error.what());
    return 1;
  }
}
