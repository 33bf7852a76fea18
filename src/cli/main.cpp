#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "armillion/error.hpp"
#include "armillion/version.hpp"
#include "cli/commands.hpp"

namespace {

int run(int argument_count, char** arguments) {
  CLI::App app("Runs AArch64 (Arm 64-bit) programs, exactly.", "armillion");
  app.set_version_flag("--version", fmt::format("armillion {}", armillion::VERSION));
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Print the help of all commands and exit");
  app.footer(
      "Examples:\n"
      "  armillion run ./hello                         run a static AArch64 Linux program\n"
      "  armillion run --stats - ./primes 1000         the same, with figures as JSON\n"
      "  armillion isa --feature FEAT_LSE              the instructions of a feature\n"
      "  armillion disassemble ./hello --symbol main   what a function is made of");
  int exit_status = 0;
  armillion::cli::add_run_command(app, exit_status);
  armillion::cli::add_disassemble_command(app, exit_status);
  armillion::cli::add_isa_command(app, exit_status);
  armillion::cli::add_syscalls_command(app, exit_status);
  armillion::cli::add_info_command(app, exit_status);
  armillion::cli::add_completion_command(app, exit_status);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    // 0 for --help and --version; a mistake in the arguments is ours to report.
    return app.exit(error) == 0 ? 0 : armillion::cli::OWN_ERROR;
  }
  return exit_status;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    return run(argument_count, arguments);
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "armillion: {}\n", error.what());
    return armillion::cli::OWN_ERROR;
  }
}
