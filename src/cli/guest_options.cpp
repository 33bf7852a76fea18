#include "cli/guest_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

#include "armillion/error.hpp"
#include "cli/option_checks.hpp"

namespace armillion::cli {

void add_guest_options(CLI::App& command, GuestOptions& options) {
  command.add_option("--dir", options.directories, "Grant the program a folder (default access: ro)")
      ->type_name("HOST[:GUEST][:ro|:rw]")
      ->allow_extra_args(false);
  command
      .add_option("--cwd", options.process.working_directory, "The program's working directory, as the program sees it")
      ->type_name("FOLDER");
  command.add_option("--env", options.process.environment, "Set a variable of the program's environment")
      ->check(assignment())
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("--sysroot", options.process.sysroot,
                  "Folder with the interpreter and libraries of dynamically linked programs")
      ->type_name("FOLDER");
  command
      .add_option("--clock", options.clock,
                  "real: the host's time; virtual: a nanosecond an instruction, the same in every run")
      ->check(CLI::IsMember({"real", "virtual"}));
  command.add_option("--seed", options.process.seed, "Start of the program's randomness")->transform(whole_number());
  command
      .add_option("--memory-limit", options.process.memory_limit_bytes, "Most memory the program can have, in bytes")
      ->transform(CLI::AsSizeValue(false));
  command.add_option("--stack-size", options.process.stack_bytes, "Size of the main thread's stack, in bytes")
      ->transform(CLI::AsSizeValue(false));
}

void take_program(const CLI::App& command, GuestOptions& options) {
  const std::vector<std::string> words = command.remaining();
  const std::string& name = command.get_name();
  if (words.empty()) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("{}: name a PROGRAM; 'armillion {} --help' shows how", name, name));
  }
  if (words.front().starts_with("-")) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("{}: there is no option {}; 'armillion {} --help' shows them", name, words.front(), name));
  }
  options.process.program = words.front();
  options.process.arguments.assign(words.begin() + 1, words.end());
}

ProcessOptions process_options_of(const GuestOptions& options) {
  ProcessOptions process = options.process;
  for (const std::string& text : options.directories) process.directories.push_back(parse_granted_directory(text));
  process.clock = options.clock == "virtual" ? ClockSource::VIRTUAL : ClockSource::REAL;
  // The lanes of a fleet share it, and each of them makes its own calls.
  struct Told {
    std::mutex mutex;
    std::set<unsigned> numbers;
  };
  process.on_unsupported_system_call = [told = std::make_shared<Told>()](unsigned number, std::string_view name) {
    const std::scoped_lock lock(told->mutex);
    if (!told->numbers.insert(number).second) return;
    fmt::print(stderr, "armillion: system call {} ({}) is not supported: the program gets ENOSYS\n", number, name);
  };
  return process;
}

}  // namespace armillion::cli
