#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "armillion/isa.hpp"
#include "cli/commands.hpp"

namespace armillion::cli {

namespace {

struct IsaOptions {
  std::string feature;
  bool markdown = false;
};

// What all rows have in common today: see the engines' documentation.
constexpr const char* STATE = "interpreter";

void print_text(const std::vector<InstructionInfo>& table) {
  std::size_t width = 4;
  for (const InstructionInfo& row : table) width = std::max(width, row.name.size());
  fmt::print("{:<{}}  {:<24} {:<32}  {}\n", "name", width, "feature", "encoding, bit 31 first", "executed by");
  for (const InstructionInfo& row : table) {
    fmt::print("{:<{}}  {:<24} {}  {}\n", row.name, width, row.feature, row.pattern, STATE);
  }
  fmt::print("{} encodings\n", table.size());
}

void print_markdown(const std::vector<InstructionInfo>& table) {
  std::map<std::string, std::size_t> counts;
  for (const InstructionInfo& row : table) ++counts[row.feature];
  fmt::print(
      "# Instructions\n\n"
      "Made from the instruction table by `armillion isa --markdown`. A word that is none of these stops a machine "
      "with\n"
      "`undefined_instruction`. In an encoding, bit 31 first, a letter stands for a field and `-` for an ignored bit;\n"
      "fields in upper case are constants of a handler.\n\n"
      "| feature | encodings |\n|---|---|\n");
  for (const auto& [feature, count] : counts) fmt::print("| {} | {} |\n", feature, count);
  fmt::print("| all | {} |\n\n| name | feature | encoding | executed by |\n|---|---|---|---|\n", table.size());
  for (const InstructionInfo& row : table) {
    fmt::print("| `{}` | {} | `{}` | {} |\n", row.name, row.feature, row.pattern, STATE);
  }
}

}  // namespace

void add_isa_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<IsaOptions>();
  CLI::App* command = app.add_subcommand("isa", "Print the instruction table");
  command->add_option("--feature", options->feature, "Only the instructions of this feature, for instance FEAT_LSE");
  command->add_flag("--markdown", options->markdown, "As the page of the documentation");
  command->callback([options, &exit_status] {
    std::vector<InstructionInfo> table = instruction_table();
    if (!options->feature.empty()) {
      std::erase_if(table, [&](const InstructionInfo& row) { return row.feature != options->feature; });
      if (table.empty()) {
        throw std::runtime_error("no instruction has the feature '" + options->feature +
                                 "'; 'armillion isa' shows the names");
      }
    }
    if (options->markdown) {
      print_markdown(table);
    } else {
      print_text(table);
    }
    exit_status = 0;
  });
}

}  // namespace armillion::cli
