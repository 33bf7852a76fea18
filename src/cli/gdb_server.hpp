#pragma once

#include <cstdint>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"

namespace armillion::cli {

/// Waits on this TCP port of the loopback interface for a debugger that speaks GDB's remote serial protocol, and lets
/// it run the program. Returns when the program has ended or the debugger killed it; or when the debugger has gone:
/// then the stop reason is `RUNNING`, and the program is to run on. Error where the port cannot be had.
ProcessResult serve_gdb(Process& process, std::uint16_t port);
RunResult serve_gdb(Machine& machine, std::uint16_t port);

}  // namespace armillion::cli
