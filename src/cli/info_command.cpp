#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/disassembler.hpp"
#include "armillion/error.hpp"
#include "armillion/isa.hpp"
#include "armillion/version.hpp"
#include "cli/commands.hpp"

namespace armillion::cli {

namespace {

void print_device(const DeviceInfo& device) {
  const bool is_cpu = device.name == "cpu";
  std::vector<std::string> facts;
  if (!device.description.empty()) facts.push_back(device.description);
  facts.push_back(fmt::format("{:.1f} GiB", static_cast<double>(device.memory_bytes) / (1 << 30)));
  facts.push_back(fmt::format("{} {}", device.units, is_cpu ? "threads" : "multiprocessors"));
  if (!device.compute_capability.empty()) facts.push_back("compute capability " + device.compute_capability);
  if (!device.driver.empty()) facts.push_back("driver " + device.driver);
  fmt::print("{:13} {}\n", device.name, fmt::join(facts, ", "));
}

// A line a device, and one that says why there is no GPU where there is none.
void print_devices() {
  const std::vector<DeviceInfo> list = devices();
  std::vector<std::string> names;
  names.reserve(list.size());
  for (const DeviceInfo& device : list) names.push_back(device.name);
  fmt::print("devices       {}\n", fmt::join(names, " "));
  for (const DeviceInfo& device : list) print_device(device);
  if (const std::string reason = why_no_gpu(); !reason.empty()) fmt::print("gpu           none: {}\n", reason);
}

}  // namespace

void add_info_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("info", "Print what this build can do on this machine");
  command->callback([&exit_status] {
    const auto table = instruction_table();
    std::set<std::string> features;
    for (const InstructionInfo& row : table) features.insert(row.feature);
    std::string disassembler = "available";
    try {
      Disassembler probe;
    } catch (const Error& error) {
      disassembler = error.what();
    }
    fmt::print("version       {}\n", VERSION);
    print_devices();
    fmt::print("engines       interpreter, tensor\n");
    fmt::print("instructions  {} encodings\n", table.size());
    fmt::print("features      {}\n", fmt::join(features, " "));
    fmt::print("disassembler  {}\n", disassembler);
    exit_status = 0;
  });
}

}  // namespace armillion::cli
