#pragma once

namespace CLI {
class App;
}

// Each adds one subcommand to `armillion`. A subcommand that ran leaves its exit status in `exit_status`; what goes
// wrong leaves it as an exception, which `main` reports.
namespace armillion::cli {

/// Exit status of the command for mistakes of its own: what env, timeout and docker use.
inline constexpr int OWN_ERROR = 125;
/// Exit status where a limit or the timeout ended a run: what timeout uses.
inline constexpr int LIMIT_REACHED = 124;

void add_run_command(CLI::App& app, int& exit_status);
void add_fleet_command(CLI::App& app, int& exit_status);
void add_bench_command(CLI::App& app, int& exit_status);
void add_disassemble_command(CLI::App& app, int& exit_status);
void add_isa_command(CLI::App& app, int& exit_status);
void add_syscalls_command(CLI::App& app, int& exit_status);
void add_info_command(CLI::App& app, int& exit_status);
void add_completion_command(CLI::App& app, int& exit_status);

}  // namespace armillion::cli
