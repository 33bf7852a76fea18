#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "cli/commands.hpp"
#include "cli/gdb_server.hpp"
#include "cli/guest_options.hpp"
#include "cli/interrupt.hpp"
#include "cli/option_checks.hpp"
#include "cli/profiler.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/statistics.hpp"
#include "cli/stop_description.hpp"
#include "cli/tracer.hpp"

namespace armillion::cli {

namespace {

// How often a run comes back to show its progress.
constexpr double PROGRESS_SECONDS = 0.25;

// Runs in slices, so that progress can be shown, until something other than a slice's end stops the run. `Runner` is a
// Machine's or Process's way to run with given options; `before` is what ran already and counts, too.
template <class Result, class Runner>
Result run_with_progress(const RunCommandOptions& options, const Result& before, const Runner& runner) {
  ProgressLine progress;
  std::uint64_t instructions = before.instructions;
  double elapsed_seconds = before.elapsed_seconds;
  while (true) {
    const double remaining_seconds = options.timeout_seconds > 0 ? options.timeout_seconds - elapsed_seconds : 1e300;
    RunOptions slice;
    if (options.instruction_limit != UNLIMITED) {
      slice.instruction_limit = options.instruction_limit - std::min(options.instruction_limit, instructions);
    }
    slice.timeout_seconds = std::clamp(remaining_seconds, 1e-9, PROGRESS_SECONDS);
    Result result = runner(slice);
    instructions += result.instructions;
    elapsed_seconds += result.elapsed_seconds;
    if (result.stop_reason != StopReason::TIMEOUT ||
        (options.timeout_seconds > 0 && elapsed_seconds >= options.timeout_seconds)) {
      result.instructions = instructions;
      result.elapsed_seconds = elapsed_seconds;
      return result;
    }
    progress.update(instructions, elapsed_seconds);
  }
}

// With --gdb a debugger runs the program first, as far as it likes. What it leaves runs on as without one.
template <class Target, class Runner>
auto run_or_debug(const RunCommandOptions& options, Target& target, const Runner& runner) {
  decltype(runner(RunOptions())) before;
  if (options.gdb_port != 0) {
    before = serve_gdb(target, options.gdb_port,
                       {.instruction_limit = options.instruction_limit, .timeout_seconds = options.timeout_seconds});
    if (before.stop_reason != StopReason::RUNNING) return before;
  }
  const InterruptHandler interrupt(target);
  return run_with_progress(options, before, runner);
}

// The same with samples, where a profile is wanted.
template <class Target, class Runner>
auto run_or_profile(const RunCommandOptions& options, Target& target, const Runner& runner) {
  if (options.profile.empty()) return run_or_debug(options, target, runner);
  Profiler profiler(target, std::filesystem::path(options.process.program).filename(), options.profile,
                    options.profile_period);
  auto result = run_or_debug(options, target, [&](const RunOptions& slice) { return profiler.run(slice, runner); });
  profiler.write();
  return result;
}

// A process that shows a fault before it ends by it is made to end.
ProcessResult run_past_faults(Process& process, const RunOptions& options) {
  const ProcessResult result = process.run(options);
  if (result.stop_reason == StopReason::EXITED || result.signal == 0) return result;
  ProcessResult end = process.run(options);
  end.instructions += result.instructions;
  end.elapsed_seconds += result.elapsed_seconds;
  return end;
}

// Tells on standard error why a run ended, unless it ended by exit.
void report_stop(const RunResult& result, const std::string& location) {
  switch (result.stop_reason) {
    case StopReason::EXITED:
    case StopReason::HALT: return;
    case StopReason::MEMORY_FAULT:
      fmt::print(stderr, "armillion: memory_fault at pc {}: {}\n", location, describe_fault(result.fault));
      return;
    default:
      fmt::print(stderr, "armillion: {} at pc {} after {} instructions\n", name_of(result.stop_reason), location,
                 result.instructions);
  }
}

// Where a bare machine stops by itself, that of a Linux program which the same would have ended.
int exit_status_of(const RunResult& result, int exit_code) {
  constexpr int SIGNALLED = 128;
  switch (result.stop_reason) {
    case StopReason::EXITED: return exit_code;
    case StopReason::HALT: return 0;
    case StopReason::INSTRUCTION_LIMIT:
    case StopReason::TIMEOUT:
    case StopReason::DEADLOCK: return LIMIT_REACHED;  // nothing but a limit would end a deadlock
    case StopReason::UNDEFINED_INSTRUCTION: return SIGNALLED + SIGILL;
    case StopReason::MEMORY_FAULT: return SIGNALLED + (result.fault.kind == FaultKind::ALIGNMENT ? SIGBUS : SIGSEGV);
    case StopReason::BREAKPOINT: return SIGNALLED + SIGTRAP;
    case StopReason::SYSCALL: return SIGNALLED + SIGSYS;
    case StopReason::CANCELLED: return SIGNALLED + SIGINT;
    default: return OWN_ERROR;
  }
}

std::vector<std::byte> read_file(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw Error(ErrorCode::FILE_UNREADABLE, path + " is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::FILE_UNREADABLE, path + " cannot be opened: " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

int run_flat(const RunCommandOptions& options) {
  Machine machine(MachineOptions{.memory_bytes = options.flat_memory_bytes,
                                 .device = options.process.device,
                                 .engine = options.process.engine,
                                 .tensor_batch = options.process.tensor_batch,
                                 .tensor_loops = options.process.tensor_loops});
  machine.load_program(read_file(options.process.program), options.flat_address);
  StatisticsOutput statistics(options.stats);
  std::optional<Tracer> tracer;
  if (!options.trace.empty()) tracer.emplace(machine, options.trace);
  const RunResult result =
      run_or_profile(options, machine, [&](const RunOptions& slice) { return machine.execute(slice); });
  if (tracer) tracer->finish();
  report_stop(result, fmt::format("{:#x}", result.pc));
  const int exit_status = exit_status_of(result, 0);
  if (statistics.is_wanted()) {
    statistics.write({options.process.program, machine.device(), machine.engine(), result, exit_status,
                      machine.state_hash(), machine.tensor_statistics()});
  }
  return exit_status;
}

int run_process(const RunCommandOptions& options) {
  ProcessOptions process_options = process_options_of(options);
  if (options.print_system_calls) {
    process_options.on_system_call = [](std::string_view line) { fmt::print(stderr, "{}\n", line); };
  }

  // A debugger wants to look at a fault before the program ends by it.
  if (options.gdb_port != 0) process_options.fatal_fault = FatalFault::STOP;

  Process process(process_options);
  StatisticsOutput statistics(options.stats);
  std::optional<Tracer> tracer;
  if (!options.trace.empty()) tracer.emplace(process.machine(), options.trace);
  const ProcessResult result =
      run_or_profile(options, process, [&](const RunOptions& slice) { return run_past_faults(process, slice); });
  if (tracer) tracer->finish();
  const std::string location = describe_location(process, result.pc);
  if (result.stop_reason == StopReason::EXITED && result.signal != 0) {
    fmt::print(stderr, "armillion: the program was ended by signal {} ({}) at pc {}\n", result.signal,
               strsignal(result.signal), location);
  }
  report_stop(result, location);
  const int exit_status = exit_status_of(result, result.exit_code);
  if (statistics.is_wanted()) {
    statistics.write({options.process.program, process.machine().device(), process.machine().engine(), result,
                      exit_status, process.state_hash(), process.machine().tensor_statistics()});
  }
  return exit_status;
}

// Options that are there for something else are mistakes: the run would not be what was asked for.
void check_options(const CLI::App& command, const RunCommandOptions& options) {
  const auto refuse = [&](std::initializer_list<const char*> names, const char* why) {
    for (const char* name : names) {
      if (command.count(name) > 0) throw Error(ErrorCode::INVALID_ARGUMENT, std::string(name) + why);
    }
  };
  if (options.flat) {
    refuse({"--dir", "--cwd", "--env", "--sysroot", "--memory-limit", "--stack-size", "--strace"},
           " is for Linux programs: a bare machine (--flat) has none of it");
    if (!options.process.arguments.empty()) {
      throw Error(ErrorCode::INVALID_ARGUMENT, "a bare machine (--flat) takes no arguments");
    }
  } else {
    refuse({"--flat-address", "--flat-memory"}, " is for flat binaries: it goes with --flat");
  }
  if (options.process.engine != "tensor") {
    refuse({"--batch", "--accelerate-loops"}, " is for the tensor engine: it goes with --engine tensor");
  }
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Run a program: armillion run [OPTIONS] PROGRAM [ARGUMENTS...]\n"
      "The exit status is the program's; 128 + n where signal n ended it, or would have ended it on Linux where a\n"
      "bare machine stops; 124 where a limit did, or where all threads wait for ever; 125 for errors of armillion\n"
      "itself.");
  command->prefix_command();
  command->add_option("--instruction-limit", options->instruction_limit, "Stop after exactly this many instructions")
      ->transform(whole_number());
  command->add_option("--timeout", options->timeout_seconds, "Stop after this many seconds")->check(seconds());
  command->add_option("--stats", options->stats, "Write figures of the run as JSON to FILE, or - for standard error")
      ->check(not_empty())
      ->type_name("FILE");
  command
      ->add_option("--trace", options->trace,
                   "Write every instruction with the registers it changes to FILE, or - for standard error")
      ->check(not_empty())
      ->type_name("FILE");
  command
      ->add_option("--profile", options->profile,
                   "Write where the program spends its instructions: FILE.json for speedscope, any other\n"
                   "has collapsed stacks for flamegraph.pl and the like")
      ->check(not_empty())
      ->type_name("FILE");
  command
      ->add_option("--profile-period", options->profile_period,
                   "Instructions from one sample of the profile to the next")
      ->transform(whole_number(1))
      ->capture_default_str();
  command->add_flag("--strace", options->print_system_calls, "Print system calls on standard error");
  add_guest_options(*command, *options);
  command->add_option("--device", options->process.device,
                      "Where to run: cpu; cuda for the first GPU, cuda:N for another; host-lanes");
  command->add_option("--engine", options->process.engine,
                      "How to run: interpreter; tensor, which executes batches of instructions as arrays");
  command->add_option("--batch", options->process.tensor_batch, "Most instructions of a batch of the tensor engine")
      ->check(CLI::Range(1u, LARGEST_BATCH))
      ->capture_default_str();
  command->add_flag_callback(
      "--accelerate-loops", [options] { options->process.tensor_loops = LoopAcceleration::ON; },
      "Let the tensor engine execute counted loops at once; --stats tells how much that was");
  command->add_option("--gdb", options->gdb_port, "Wait for gdb-multiarch on this TCP port of the loopback interface")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65535));
  command->add_flag("--flat", options->flat, "PROGRAM is a flat binary for a bare machine: no Linux, HLT ends the run");
  command->add_option("--flat-address", options->flat_address, "Where the flat binary is loaded and starts")
      ->transform(whole_number());
  command->add_option("--flat-memory", options->flat_memory_bytes, "Memory of the bare machine, in bytes")
      ->transform(CLI::AsSizeValue(false));
  command->footer(
      "Examples:\n"
      "  armillion run ./hello world\n"
      "  armillion run --stats - --clock virtual --seed 7 ./simulation\n"
      "  armillion run --dir ./data:/data:rw ./convert /data/in /data/out\n"
      "  armillion run --sysroot /usr/aarch64-linux-gnu ./dynamic\n"
      "  armillion run --gdb 1234 ./hello      then: gdb-multiarch ./hello -ex 'target remote :1234'");
  command->callback([command, options, &exit_status] {
    take_program(*command, *options);
    check_options(*command, *options);
    exit_status = options->flat ? run_flat(*options) : run_process(*options);
    InterruptHandler::end_if_interrupted();
  });
}

}  // namespace armillion::cli
