#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/version.hpp"
#include "cli/commands.hpp"

namespace {

// The words of the command line without the "--" that may stand before the program of a command that runs programs:
// CLI11 would take it for the end of the subcommand.
std::vector<std::string> without_separator(const CLI::App& app, std::vector<std::string> words) {
  if (words.empty() || (words.front() != "run" && words.front() != "fleet")) return words;
  const CLI::App* const command = app.get_subcommand(words.front());
  for (std::size_t i = 1; i < words.size() && words[i].starts_with('-'); ++i) {
    if (words[i] == "--") {
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    const CLI::Option* const option = command->get_option_no_throw(words[i]);
    if (option != nullptr && option->get_expected_max() > 0) ++i;  // its value, which may be "-"
  }
  return words;
}

int run(int argument_count, char** arguments) {
  CLI::App app("Runs AArch64 (Arm 64-bit) programs, exactly.", "armillion");
  app.set_version_flag("--version", fmt::format("armillion {}", armillion::VERSION));
  app.require_subcommand(0, 1);
  app.set_help_all_flag("--help-all", "Print the help of all commands and exit");
  app.footer(
      "Examples:\n"
      "  armillion run ./hello                         run a static AArch64 Linux program\n"
      "  armillion run --stats - ./primes 1000         the same, with figures as JSON\n"
      "  armillion fleet --inputs seeds/ ./parser      many machines at once, an input to each\n"
      "  armillion bench fleet --plot fleets.svg       how fast this machine is, as a table and a picture\n"
      "  armillion isa --feature FEAT_LSE              the instructions of a feature\n"
      "  armillion disassemble ./hello --symbol main   what a function is made of");
  int exit_status = 0;
  armillion::cli::add_run_command(app, exit_status);
  armillion::cli::add_fleet_command(app, exit_status);
  armillion::cli::add_bench_command(app, exit_status);
  armillion::cli::add_disassemble_command(app, exit_status);
  armillion::cli::add_isa_command(app, exit_status);
  armillion::cli::add_syscalls_command(app, exit_status);
  armillion::cli::add_info_command(app, exit_status);
  armillion::cli::add_completion_command(app, exit_status);
  try {
    auto words = without_separator(app, {arguments + 1, arguments + argument_count});
    std::ranges::reverse(words);  // CLI11 takes them from the back
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    // --help and --version are such errors, too.
    if (error.get_exit_code() == 0) return app.exit(error);
    throw armillion::Error(armillion::ErrorCode::INVALID_ARGUMENT,
                           fmt::format("{}; --help shows what there is", error.what()));
  }
  if (app.get_subcommands().empty()) {
    throw armillion::Error(armillion::ErrorCode::INVALID_ARGUMENT, "name a command; 'armillion --help' shows them");
  }
  return exit_status;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    const int exit_status = run(argument_count, arguments);
    std::cout.flush();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout) {
      throw armillion::Error(armillion::ErrorCode::FILE_UNREADABLE, "standard output cannot be written");
    }
    return exit_status;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "armillion: {}\n", error.what());
    return armillion::cli::OWN_ERROR;
  }
}
