#pragma once

#include <csignal>

namespace armillion::cli {

/// The number of a Linux signal in GDB's remote protocol, which has numbers of its own (include/gdb/signals.def in
/// GDB's sources). 143, "unknown", for a signal that the protocol does not have.
constexpr unsigned gdb_signal(int signal) {
  switch (signal) {
    // These have the same numbers.
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGFPE:
    case SIGKILL:
    case SIGSEGV:
    case SIGPIPE:
    case SIGALRM:
    case SIGTERM: return static_cast<unsigned>(signal);
    case SIGBUS: return 10;
    case SIGSYS: return 12;
    case SIGURG: return 16;
    case SIGSTOP: return 17;
    case SIGTSTP: return 18;
    case SIGCONT: return 19;
    case SIGCHLD: return 20;
    case SIGTTIN: return 21;
    case SIGTTOU: return 22;
    case SIGIO: return 23;
    case SIGXCPU: return 24;
    case SIGXFSZ: return 25;
    case SIGVTALRM: return 26;
    case SIGPROF: return 27;
    case SIGWINCH: return 28;
    case SIGUSR1: return 30;
    case SIGUSR2: return 31;
    case SIGPWR: return 32;
    case 32: return 77;
    case 64: return 78;
    default: return signal >= 33 && signal <= 63 ? static_cast<unsigned>(signal) + 12 : 143;
  }
}

}  // namespace armillion::cli
