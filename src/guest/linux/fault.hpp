#pragma once

#include <cstdint>
#include <optional>

#include "armillion/machine.hpp"
#include "guest/linux/abi.hpp"

namespace armillion::guest::kernel {

/// What a stop of the machine means to the guest.
struct Fault {
  /// `detail` is the address.
  abi::SignalInfo info{};
  /// As ESR_EL1 would hold it; for faults of memory.
  std::optional<std::uint64_t> syndrome;
};

/// The signal for a stop with MEMORY_FAULT, UNDEFINED_INSTRUCTION, HALT or BREAKPOINT.
Fault fault_of(const RunResult& stop);

}  // namespace armillion::guest::kernel
