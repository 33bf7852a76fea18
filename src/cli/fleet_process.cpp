#include "cli/fleet_process.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "armillion/error.hpp"
#include "cli/symbol_lookup.hpp"

namespace armillion::cli {

namespace {

void run_to(Process& process, const FleetCommandOptions& options) {
  const std::uint64_t address = find_address(process, options.process.program, options.at);
  Machine& machine = process.machine();
  machine.add_breakpoint(address);
  const ProcessResult result =
      process.run({.instruction_limit = options.instruction_limit, .timeout_seconds = options.timeout_seconds});
  machine.remove_breakpoint(address);
  if (result.stop_reason == StopReason::BREAKPOINT && result.pc == address) return;
  const std::string how = result.stop_reason == StopReason::EXITED
                              ? fmt::format("it ended with exit code {}", result.exit_code)
                              : fmt::format("it stopped by {} at pc {:#x}", name_of(result.stop_reason), result.pc);
  throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("{} did not reach {}: {} after {} instructions",
                                                       options.process.program, options.at, how, result.instructions));
}

}  // namespace

Process make_fleet_process(const FleetCommandOptions& options, FatalFault fatal_fault) {
  ProcessOptions process_options = process_options_of(options);
  process_options.fatal_fault = fatal_fault;
  process_options.standard_input = InputStream::from_bytes("");
  Process process(process_options);
  if (!options.at.empty()) run_to(process, options);
  return process;
}

}  // namespace armillion::cli
