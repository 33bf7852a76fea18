#include "guest/linux/fault.hpp"

#include "guest/linux/signal_numbers.hpp"

namespace armillion::guest::kernel {
namespace {

// ESR_EL1 of an instruction or data abort (Arm ARM D24.2.40): exception class, a 32-bit instruction, and the fault
// status code for level 3.
std::uint64_t abort_syndrome(const MemoryFault& fault) {
  constexpr std::uint64_t INSTRUCTION_ABORT = 0x20;
  constexpr std::uint64_t DATA_ABORT = 0x24;
  constexpr std::uint64_t LONG_INSTRUCTION = 1 << 25;
  constexpr std::uint64_t WRITE_NOT_READ = 1 << 6;
  std::uint64_t status = 0;
  switch (fault.kind) {
    case FaultKind::UNMAPPED: status = 0b000111; break;
    case FaultKind::PERMISSION: status = 0b001111; break;
    case FaultKind::ALIGNMENT: status = 0b100001; break;
  }
  const std::uint64_t exception_class = fault.access == Access::EXECUTE ? INSTRUCTION_ABORT : DATA_ABORT;
  return exception_class << 26 | LONG_INSTRUCTION | (fault.access == Access::WRITE ? WRITE_NOT_READ : 0) | status;
}

// Linux does not show the tag of an address that has one (TBI0).
std::uint64_t without_tag(std::uint64_t address) {
  return (address >> 55 & 1) == 0 ? address & 0x00ff'ffff'ffff'ffff : address;
}

}  // namespace

Fault fault_of(const RunResult& stop) {
  Fault fault;
  fault.info.detail = stop.pc;
  switch (stop.stop_reason) {
    case StopReason::MEMORY_FAULT:
      fault.info.detail = without_tag(stop.fault.address);
      fault.syndrome = abort_syndrome(stop.fault);
      if (stop.fault.kind == FaultKind::ALIGNMENT) {
        fault.info.signal = SIGNAL_BUS;
        fault.info.code = abi::CODE_BUS_ALIGNMENT;
      } else {
        fault.info.signal = SIGNAL_SEGMENTATION;
        fault.info.code =
            stop.fault.kind == FaultKind::UNMAPPED ? abi::CODE_SEGMENT_UNMAPPED : abi::CODE_SEGMENT_ACCESS;
      }
      break;
    case StopReason::BREAKPOINT:
      fault.info.signal = SIGNAL_TRAP;
      fault.info.code = abi::CODE_TRAP_BREAKPOINT;
      break;
    default:
      fault.info.signal = SIGNAL_ILLEGAL_INSTRUCTION;
      fault.info.code = abi::CODE_ILLEGAL_OPCODE;
      break;
  }
  return fault;
}

}  // namespace armillion::guest::kernel
