#pragma once

#include <string>
#include <vector>

#include "armillion/process.hpp"

namespace CLI {
class App;
}

namespace armillion::cli {

/// What a command line says of a program and its surroundings.
struct GuestOptions {
  ProcessOptions process;
  /// As `parse_granted_directory` reads them.
  std::vector<std::string> directories;
  /// "real" or "virtual".
  std::string clock = "real";
};

/// Adds the options of the program's surroundings to a command that runs programs.
void add_guest_options(CLI::App& command, GuestOptions& options);

/// Takes what follows the options of a command with `prefix_command`: PROGRAM [ARGUMENTS...]. Error(INVALID_ARGUMENT)
/// where there is no program, or an option that the command does not have.
void take_program(const CLI::App& command, GuestOptions& options);

/// The options of the process that the command line asks for. What the program asks of the kernel in vain is told on
/// standard error. Error(INVALID_ARGUMENT).
ProcessOptions process_options_of(const GuestOptions& options);

/// HOST[:GUEST][:ro|:rw]. GUEST is the host's absolute path where it is left out, the access read-only.
/// Error(INVALID_ARGUMENT) where it is not of that form.
GrantedDirectory parse_granted_directory(const std::string& text);

}  // namespace armillion::cli
