#include "cli/stop_description.hpp"

#include <fmt/format.h>

namespace armillion::cli {

std::string describe_fault(const MemoryFault& fault) {
  const char* const access = fault.access == Access::READ ? "read" : fault.access == Access::WRITE ? "write" : "fetch";
  const char* const why = fault.kind == FaultKind::UNMAPPED     ? "nothing is mapped there"
                          : fault.kind == FaultKind::PERMISSION ? "the page does not allow it"
                                                                : "it is not aligned";
  return fmt::format("{} of {} bytes at {:#x}: {}", access, fault.size, fault.address, why);
}

std::string describe_location(const Process& process, std::uint64_t address) {
  std::string location = fmt::format("{:#x}", address);
  if (const auto symbol = process.symbols().find(address)) location += " (" + symbol->to_string() + ")";
  return location;
}

}  // namespace armillion::cli
