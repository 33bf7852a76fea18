#pragma once

#include <cstdint>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"

namespace armillion::cli {

/// Waits on this TCP port of the loopback interface for a debugger that speaks GDB's remote serial protocol, and lets it
/// run the program. Returns when the program has ended, or when the debugger detached (the program then runs to its
/// end) or killed it. Error where the port cannot be had.
ProcessResult serve_gdb(Process& process, std::uint16_t port);
RunResult serve_gdb(Machine& machine, std::uint16_t port);

}  // namespace armillion::cli
