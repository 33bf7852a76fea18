#pragma once

#include <cstddef>
#include <cstdint>

namespace armillion {

/// Why a machine stopped. One enumeration for every engine and device.
enum class StopReason : std::uint8_t {
  /// Not stopped: between two slices of one run, or never run.
  RUNNING = 0,
  /// `HLT` was executed on a bare machine. PC is the address of the `HLT`, which counts as retired.
  HALT = 1,
  /// `SVC` was executed on a bare machine. PC is the address after the `SVC`, which counts as retired.
  SYSCALL = 2,
  /// The instruction limit was reached, to the instruction.
  INSTRUCTION_LIMIT = 3,
  /// A breakpoint of the host was reached, or `BRK` was executed. PC is its address; it did not retire.
  BREAKPOINT = 4,
  /// An access touched a watched range. PC is the address after the accessing instruction, which retired.
  WATCHPOINT = 5,
  /// The word at PC is not an instruction of this machine.
  UNDEFINED_INSTRUCTION = 6,
  /// The instruction at PC made an access that memory does not allow; state is as before it.
  MEMORY_FAULT = 7,
  /// The guest process ended: by exit, or by a signal.
  EXITED = 8,
  /// The time limit was reached.
  TIMEOUT = 9,
  /// The host asked the run to stop.
  CANCELLED = 10,
  /// Every thread of the process waits, and nothing is left that could wake one.
  DEADLOCK = 11,
  /// A device has no memory left for what the lane wants to write; state is as before the instruction. Once the
  /// host has made room, the lane goes on.
  OUT_OF_MEMORY = 12,
  /// The function that the host called has returned. PC is its return address.
  RETURNED = 13,
};

/// How many stop reasons there are.
inline constexpr std::size_t STOP_REASON_COUNT = 14;

/// What an access that faulted was doing.
enum class Access : std::uint8_t { READ, WRITE, EXECUTE };

/// Why an access faulted.
enum class FaultKind : std::uint8_t {
  /// Nothing is mapped at the address (Linux: SIGSEGV, SEGV_MAPERR).
  UNMAPPED,
  /// The page's permissions forbid the access (Linux: SIGSEGV, SEGV_ACCERR).
  PERMISSION,
  /// An exclusive, atomic or ordered access, or the PC, is not aligned (Linux: SIGBUS, BUS_ADRALN).
  ALIGNMENT,
};

/// The access that made a run stop with `MEMORY_FAULT`.
struct MemoryFault {
  /// First byte of the access that is not allowed.
  std::uint64_t address = 0;
  /// Size of the whole access in bytes.
  std::uint32_t size = 0;
  /// What it was doing.
  Access access = Access::READ;
  /// Why it is not allowed.
  FaultKind kind = FaultKind::UNMAPPED;
};

/// The stop reason's name in lower case, for instance "instruction_limit". Never null.
constexpr const char* name_of(StopReason reason) {
  switch (reason) {
    case StopReason::RUNNING: return "running";
    case StopReason::HALT: return "halt";
    case StopReason::SYSCALL: return "syscall";
    case StopReason::INSTRUCTION_LIMIT: return "instruction_limit";
    case StopReason::BREAKPOINT: return "breakpoint";
    case StopReason::WATCHPOINT: return "watchpoint";
    case StopReason::UNDEFINED_INSTRUCTION: return "undefined_instruction";
    case StopReason::MEMORY_FAULT: return "memory_fault";
    case StopReason::EXITED: return "exited";
    case StopReason::TIMEOUT: return "timeout";
    case StopReason::CANCELLED: return "cancelled";
    case StopReason::DEADLOCK: return "deadlock";
    case StopReason::OUT_OF_MEMORY: return "out_of_memory";
    case StopReason::RETURNED: return "returned";
  }
  return "unknown";
}

}  // namespace armillion
