#pragma once

#include <cstdint>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"

namespace armillion::cli {

/// Waits on this TCP port of the loopback interface for a debugger that speaks GDB's remote serial protocol, and lets
/// it run the program. Returns when the program has ended or the debugger killed it; or when the debugger has gone:
/// then the stop reason is `RUNNING`, and the program is to run on. The limits are those of the whole session, of which
/// only the time counts in which the program runs; one that is reached ends it, and the debugger is told SIGXCPU. Error
/// where the port cannot be had.
ProcessResult serve_gdb(Process& process, std::uint16_t port, const RunOptions& limits);
RunResult serve_gdb(Machine& machine, std::uint16_t port, const RunOptions& limits);

}  // namespace armillion::cli
