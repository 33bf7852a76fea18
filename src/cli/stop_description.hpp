#pragma once

#include <cstdint>
#include <string>

#include "armillion/process.hpp"
#include "armillion/stop_reason.hpp"

namespace armillion::cli {

/// For instance "read of 8 bytes at 0x10: nothing is mapped there".
std::string describe_fault(const MemoryFault& fault);

/// An address with the symbol it belongs to, for instance "0x4005a4 (main+0x10)".
std::string describe_location(const Process& process, std::uint64_t address);

}  // namespace armillion::cli
