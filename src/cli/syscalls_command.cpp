#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "armillion/process.hpp"
#include "cli/commands.hpp"

namespace armillion::cli {

namespace {

const char* name_of(SystemCallInfo::Support support) {
  return support == SystemCallInfo::Support::SUPPORTED ? "supported" : "ENOSYS";
}

void print_text(const std::vector<SystemCallInfo>& calls) {
  for (const SystemCallInfo& call : calls)
    fmt::print("{:4}  {:<26} {}\n", call.number, call.name, name_of(call.support));
}

void print_markdown(const std::vector<SystemCallInfo>& calls) {
  std::size_t supported = 0;
  for (const SystemCallInfo& call : calls) supported += call.support == SystemCallInfo::Support::SUPPORTED ? 1 : 0;
  fmt::print(
      "# System calls\n\n"
      "Made by `armillion syscalls --markdown`. {} of Linux's {} system calls for AArch64 are supported. The others "
      "return\n"
      "ENOSYS and are reported once on standard error.\n\n"
      "| number | name | |\n|---|---|---|\n",
      supported, calls.size());
  for (const SystemCallInfo& call : calls)
    fmt::print("| {} | `{}` | {} |\n", call.number, call.name, name_of(call.support));
}

}  // namespace

void add_syscalls_command(CLI::App& app, int& exit_status) {
  auto markdown = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("syscalls", "Print the Linux system calls and which are supported");
  command->add_flag("--markdown", *markdown, "As the page of the documentation");
  command->callback([markdown, &exit_status] {
    if (*markdown) {
      print_markdown(system_calls());
    } else {
      print_text(system_calls());
    }
    exit_status = 0;
  });
}

}  // namespace armillion::cli
