#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <thread>

#include "armillion/disassembler.hpp"
#include "armillion/error.hpp"
#include "armillion/isa.hpp"
#include "armillion/version.hpp"
#include "cli/commands.hpp"

namespace armillion::cli {

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
    fmt::print("devices       cpu ({} threads)\n", std::thread::hardware_concurrency());
    fmt::print("engines       interpreter\n");
    fmt::print("instructions  {} encodings\n", table.size());
    fmt::print("features      {}\n", fmt::join(features, " "));
    fmt::print("disassembler  {}\n", disassembler);
    exit_status = 0;
  });
}

}  // namespace armillion::cli
