#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "armillion/error.hpp"
#include "cli/commands.hpp"
#include "cli/fleet_calls.hpp"
#include "cli/fleet_options.hpp"
#include "cli/fleet_programs.hpp"
#include "cli/option_checks.hpp"
#include "cli/row_writer.hpp"

namespace armillion::cli {

namespace {

constexpr const char* HELP_FOOTER =
    "Inputs:\n"
    "  FIRST:END  the integers from FIRST up to, but without, END: a lane's only argument. They may be written 42, "
    "-42,\n"
    "             0x2a or 2^32. Where the function takes a floating-point number, they are its bits.\n"
    "  FILE       a line is a lane's arguments, with white space between them. Of a program, they follow ARGUMENTS, "
    "and\n"
    "             double quotes keep words together.\n"
    "  FOLDER     a file, by name, is a lane's standard input.\n"
    "  More inputs than lanes are run in rounds. Lanes are numbered through all of them.\n"
    "\n"
    "Types:\n"
    "  i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 ptr, up to 8 integers and 8 floating-point numbers. Without --signature, "
    "a\n"
    "  function takes 64-bit integers, one from a range, as many as a line has from a file, and returns one.\n"
    "  Floating-point numbers are written 0.5, 1e-3, inf, nan, or as bits: 0x3f000000. NaNs are always printed as "
    "bits.\n"
    "\n"
    "A function that is called finds memory as the file has it: nothing has been initialized. Where it needs more,\n"
    "--at main has everything ready that comes before main.\n"
    "\n"
    "Examples:\n"
    "  armillion fleet --inputs corpus/ --output runs.csv ./parser\n"
    "  armillion fleet --inputs corpus/ --report runs.html ./parser\n"
    "  armillion fleet --inputs 0:1000 --device cuda ./simulation\n"
    "  armillion fleet --call isqrt --inputs 0:2^32 --against isqrt_by_newton ./program\n"
    "  armillion fleet --call powf --signature 'f32(f32, f32)' --inputs pairs.txt --output powers.csv ./program";

// What can be said before any file is opened.
void check_options(const FleetCommandOptions& options) {
  if (!options.output.empty()) static_cast<void>(row_format_of(options.output));
  if (!options.report.empty() && !options.against.empty()) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                "--report shows one function's lanes: leave --against out, or use --output");
  }
  if (!options.call.empty()) {
    if (!options.captures.empty()) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  "--captures is for programs: of calls, nothing is kept but their results");
    }
    return;
  }
  for (const auto& [name, value] : {std::pair("--signature", &options.signature), {"--against", &options.against}}) {
    if (!value->empty()) {
      throw Error(ErrorCode::INVALID_ARGUMENT, std::string(name) + " says more of a call: name the function by --call");
    }
  }
}

}  // namespace

void add_fleet_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<FleetCommandOptions>();
  // What lanes do shall not depend on when and where they run.
  options->clock = "virtual";
  CLI::App* command = app.add_subcommand(
      "fleet",
      "Run a program, or call one of its functions, in many lanes at once, each with an input of its own:\n"
      "armillion fleet [OPTIONS] PROGRAM [ARGUMENTS...]\n"
      "The exit status is 0 where all lanes returned or exited with 0; 1 where a lane did not, or where results "
      "differ\n"
      "from those of --against; 124 where a limit ended a lane or the timeout the run; 125 for errors of armillion\n"
      "itself.");
  command->prefix_command();
  command
      ->add_option("--device", options->device,
                   "Where to run: cpu; cuda for the first GPU, cuda:N for another; host-lanes")
      ->type_name("DEVICE");
  command
      ->add_option("--lanes", options->lanes,
                   "Lanes at a time, or without --inputs in all; by default what suits the device")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32))
      ->type_name("N");
  command->add_option("--inputs", options->inputs, "What lanes are given, see below")
      ->check(not_empty())
      ->type_name("FIRST:END|FILE|FOLDER");
  command->add_option("--call", options->call, "Call this function in every lane: a symbol, or an address 0x...")
      ->check(not_empty())
      ->type_name("SYMBOL");
  command->add_option("--signature", options->signature, "The function's type, see below; by default 'u64(u64)'")
      ->check(not_empty())
      ->type_name("TYPE(TYPE, ...)");
  command->add_option("--against", options->against, "Call this function, too, and compare the results bit for bit")
      ->check(not_empty())
      ->type_name("SYMBOL");
  command->add_option("--at", options->at, "Run the program on the CPU to this symbol first; lanes start there")
      ->check(not_empty())
      ->type_name("SYMBOL");
  command
      ->add_option("--output", options->output,
                   "Write a row for each lane, with --against for each difference; .csv or .jsonl")
      ->check(not_empty())
      ->type_name("FILE");
  command
      ->add_option("--captures", options->captures,
                   "Write what lane N prints to FOLDER/N.out, and to N.err what it prints on standard error")
      ->check(not_empty())
      ->type_name("FOLDER");
  command
      ->add_option("--report", options->report,
                   "Write a page that shows how lanes ended, for a browser: one HTML file; not with --against")
      ->check(not_empty())
      ->type_name("FILE");
  command
      ->add_option("--instruction-limit,--limit", options->instruction_limit,
                   "Stop each lane after exactly this many instructions")
      ->transform(whole_number())
      ->type_name("N");
  command->add_option("--timeout", options->timeout_seconds, "Stop everything after this many seconds")
      ->check(seconds())
      ->type_name("SECONDS");
  command
      ->add_option("--device-memory", options->device_memory_bytes,
                   "Most memory of a GPU for what lanes write; by default 3/4 of what is free")
      ->transform(CLI::AsSizeValue(false));
  command->add_option("--threads", options->threads, "Threads of the CPU; by default one for each core")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  command->add_flag("--quiet", options->quiet, "Print neither progress nor a summary");
  add_guest_options(*command, *options);
  command->footer(HELP_FOOTER);
  command->callback([command, options, &exit_status] {
    take_program(*command, *options);
    check_options(*options);
    exit_status = options->call.empty() ? run_fleet_programs(*options) : run_fleet_calls(*options);
  });
}

}  // namespace armillion::cli
