#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/hash.hpp"
#include "armillion/machine.hpp"
#include "armillion/stop_reason.hpp"
#include "armillion/symbols.hpp"

namespace armillion {

/// What a guest may do in a folder of the host that it was granted.
enum class DirectoryAccess : std::uint8_t { READ_ONLY, READ_WRITE };

/// A folder of the host that a guest sees.
struct GrantedDirectory {
  /// Path on the host; must exist.
  std::string host;
  /// Absolute path in the guest's name space where the folder appears.
  std::string guest;
  /// Whether it may write there.
  DirectoryAccess access = DirectoryAccess::READ_ONLY;
};

/// Where the guest's time comes from.
enum class ClockSource : std::uint8_t {
  /// The host's clocks.
  REAL,
  /// Retired instructions: one is one nanosecond, and the clock starts on 2024-01-01 00:00:00 UTC. A process that only
  /// waits for time to pass goes on at once, its clock set forward. The same run sees the same times.
  VIRTUAL,
};

/// Where the guest's randomness (getrandom, /dev/urandom, the stack protector's key) comes from.
enum class RandomSource : std::uint8_t {
  /// A generator started from `ProcessOptions::seed`: the same run sees the same numbers.
  SEEDED,
  /// The host's getrandom.
  HOST,
};

/// What a guest reads from its standard input.
struct InputStream {
  /// Where it comes from.
  enum class Kind : std::uint8_t { INHERIT, BYTES };
  /// INHERIT: the host's descriptor 0. BYTES: `bytes`, then the end of the file.
  Kind kind = Kind::INHERIT;
  /// What is read where `kind` is BYTES.
  std::string bytes;

  /// A stream of these bytes.
  static InputStream from_bytes(std::string bytes) { return {Kind::BYTES, std::move(bytes)}; }
};

/// Where a guest's standard output or standard error goes.
struct OutputStream {
  /// Where it goes.
  enum class Kind : std::uint8_t { INHERIT, CAPTURE, CALLBACK };
  /// INHERIT: the host's descriptor 1 or 2. CAPTURE: kept in memory, see `Process::captured_output`. CALLBACK: handed
  /// to `callback` as it is written.
  Kind kind = Kind::INHERIT;
  /// Called with what is written where `kind` is CALLBACK.
  std::function<void(std::string_view)> callback;
  /// Where CAPTURE has kept this many bytes, further writes fail with ENOSPC.
  std::uint64_t capture_limit_bytes = std::uint64_t{64} * 1024 * 1024;

  /// A stream that is kept in memory.
  static OutputStream capture() { return {Kind::CAPTURE, {}}; }
  /// A stream that is handed on.
  static OutputStream to_callback(std::function<void(std::string_view)> callback) {
    return {Kind::CALLBACK, std::move(callback)};
  }
};

/// What happens when an instruction faults and no handler of the guest takes the signal.
enum class FatalFault : std::uint8_t {
  /// The process ends by the signal, as it would on Linux.
  TERMINATE,
  /// The run stops with the machine's own reason, state as before the instruction, so that a debugger can look. The
  /// next run ends the process.
  STOP,
};

/// How a process is made: its program, and what it gets to see of the host.
struct ProcessOptions {
  /// The program: a path on the host. It need not lie in a granted folder.
  std::string program;
  /// The program's bytes where they are not to be read from `program`, which then is only a name.
  std::vector<std::byte> program_bytes;
  /// What the guest sees as `argv[0]`; empty for `program`.
  std::string program_name;
  /// `argv[1]` and up.
  std::vector<std::string> arguments;
  /// "NAME=value" each. Nothing is inherited from the host.
  std::vector<std::string> environment;

  /// A folder of the host that holds the program interpreter and shared libraries of dynamically linked programs. The
  /// guest sees it read-only as "/". Empty for none.
  std::string sysroot;
  /// What else of the host's files the guest sees. A deeper guest path hides what lies under a shallower one.
  std::vector<GrantedDirectory> directories;
  /// Working directory in the guest's name space.
  std::string working_directory = "/";

  /// Where its time comes from.
  ClockSource clock = ClockSource::REAL;
  /// Where its randomness comes from.
  RandomSource random = RandomSource::SEEDED;
  /// Where `RandomSource::SEEDED` starts.
  std::uint64_t seed = 0;

  /// Where the program's instructions run, see `MachineOptions::device`. Its system calls are served on the host.
  std::string device = "cpu";
  /// See `MachineOptions::engine`.
  std::string engine = "interpreter";
  /// See `MachineOptions::tensor_batch`.
  std::uint32_t tensor_batch = 512;
  /// See `MachineOptions::tensor_loops`.
  LoopAcceleration tensor_loops = LoopAcceleration::OFF;
  /// Upper bound of all memory that the guest may write to, in bytes.
  std::uint64_t memory_limit_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;
  /// Size of the main thread's stack in bytes, rounded up to whole pages.
  std::uint64_t stack_bytes = std::uint64_t{8} * 1024 * 1024;

  /// Descriptor 0.
  InputStream standard_input;
  /// Descriptor 1.
  OutputStream standard_output;
  /// Descriptor 2.
  OutputStream standard_error;

  /// What a fault that no handler takes does.
  FatalFault fatal_fault = FatalFault::TERMINATE;

  /// Called with one line for each system call, as it returns: name, arguments, result. For instance
  /// `openat(AT_FDCWD, "/data/input", O_RDONLY|O_CLOEXEC) = 3`.
  std::function<void(std::string_view line)> on_system_call;
  /// Called once for each system call that is not supported, when the guest first makes it; it got ENOSYS.
  std::function<void(unsigned number, std::string_view name)> on_unsupported_system_call;
};

/// What a run of a process did and why it stopped. `EXITED` stands for exits and fatal signals alike.
struct ProcessResult : RunResult {
  /// What the process returned to its parent, 0 to 255; 128 + `signal` where a signal ended it. Counts only where
  /// `stop_reason` is `EXITED`.
  int exit_code = 0;
  /// Number of the signal that ended the process, or that is about to (see `FatalFault::STOP`); 0 for none.
  int signal = 0;
};

/// A whole process at one moment: the machine and what the kernel knows of it (threads, signals, mappings, open files
/// with their offsets, clock, randomness). What lies in files and in the host's streams is not part of it. Cheap to
/// copy.
class ProcessSnapshot {
 public:
  /// Of no moment: going back to it is Error(INVALID_ARGUMENT).
  ProcessSnapshot();
  ProcessSnapshot(const ProcessSnapshot&);
  ProcessSnapshot(ProcessSnapshot&&) noexcept;
  ProcessSnapshot& operator=(const ProcessSnapshot&);
  ProcessSnapshot& operator=(ProcessSnapshot&&) noexcept;
  ~ProcessSnapshot();

 private:
  friend class Process;
  struct Data;
  std::shared_ptr<const Data> data_;
};

namespace guest::kernel {
class Kernel;
}

/// An AArch64 Linux program: a machine together with a Linux kernel's view of it. By default the program has its three
/// standard streams and nothing else of the host.
///
/// Threads of the guest take turns on the one machine in a fixed order and for a fixed number of instructions, so runs
/// are deterministic: with the virtual clock, seeded randomness and the same input, the same program always executes
/// the same instructions.
class Process {
 public:
  /// Loads the program. Error(FILE_UNREADABLE) or Error(BAD_PROGRAM) where the program, its interpreter or a granted
  /// folder cannot be used, Error(INVALID_ARGUMENT) for options that contradict each other or a device that does not
  /// exist, Error(UNAVAILABLE) for a device that cannot be used, Error(OUT_OF_MEMORY) where the program does not fit
  /// into the memory limit.
  explicit Process(const ProcessOptions& options);
  /// What is left may only be assigned to or destroyed.
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();

  /// Runs until the process ends or stops for another reason. After a limit, timeout, cancellation, breakpoint or
  /// watchpoint the next call goes on. `DEADLOCK` means that every thread waits for another one, for ever. A process
  /// that has ended stays so: the result repeats how.
  ProcessResult run(const RunOptions& options = {});
  /// One instruction of the thread that is on the machine.
  ProcessResult step() { return run(RunOptions{.instruction_limit = 1}); }
  /// Makes the current run, or the next, stop with `CANCELLED` soon (within 20 ms). May be called on any thread.
  void cancel() noexcept;

  /// The machine with the state of the current thread. Between runs it may be examined and changed.
  Machine& machine();
  const Machine& machine() const;
  /// Symbols of the program itself at their addresses in memory; read from the file on the first call.
  const SymbolTable& symbols() const;
  /// Where the program starts: its own entry point, not its interpreter's.
  std::uint64_t entry_point() const;
  /// Instructions retired by all threads since the process was made.
  std::uint64_t retired_instructions() const;

  /// One thread of the guest, for debuggers.
  struct ThreadView {
    /// Its number, as gettid gives it.
    int id = 0;
    /// Its registers.
    State state;
  };
  /// All threads in ascending order of their numbers.
  std::vector<ThreadView> threads() const;
  /// The number of the thread whose state is on the machine.
  int current_thread() const;

  /// What was written so far to a standard stream that is captured; `descriptor` is 1 or 2, else
  /// Error(INVALID_ARGUMENT).
  const std::string& captured_output(int descriptor = 1) const;

  /// The whole process at this moment; costs nothing until memory is written.
  ProcessSnapshot snapshot();
  /// Back to that moment of this process; costs in proportion to the memory written since. Captured output goes back
  /// with it. Error(INVALID_ARGUMENT) for a snapshot of no moment.
  void restore(const ProcessSnapshot& snapshot);
  /// A hash of memory and of the state of all threads.
  Hash128 state_hash() const;

  /// @cond INTERNAL
  /// For the library's own layers.
  guest::kernel::Kernel& kernel();
  /// @endcond

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// One system call of the AArch64 Linux interface.
struct SystemCallInfo {
  /// UNSUPPORTED ones return ENOSYS.
  enum class Support : std::uint8_t { SUPPORTED, UNSUPPORTED };

  /// What X8 has at the call.
  unsigned number = 0;
  /// Linux's name, for instance "openat".
  std::string_view name;
  /// What this library does with it.
  Support support = Support::UNSUPPORTED;
};

/// All system calls that Linux has, by number, with what this library does with each.
std::vector<SystemCallInfo> system_calls();

}  // namespace armillion
