#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "guest/address_space.hpp"

namespace armillion::guest::kernel {

/// What the kernel tells a program as it starts.
struct ProgramStart {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  /// As which path the program was started (AT_EXECFN).
  std::string path;
  std::uint64_t entry = 0;
  std::uint64_t program_headers_address = 0;
  std::uint64_t program_header_count = 0;
  /// Where the program interpreter lies, 0 without one (AT_BASE).
  std::uint64_t interpreter_base = 0;
  std::array<std::byte, 16> random_bytes{};
};

/// The capability words that tell a program which instructions there are (AT_HWCAP and AT_HWCAP2).
struct HardwareCapabilities {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};
HardwareCapabilities hardware_capabilities();

/// Writes arguments, environment and auxiliary vector to the top of the stack that ends at `top` (as create_elf_tables
/// does in the kernel) and returns the stack pointer to start with. Error(INVALID_ARGUMENT) where they take more than a
/// quarter of the stack's `size` bytes.
std::uint64_t write_initial_stack(AddressSpace& memory, std::uint64_t top, std::uint64_t size,
                                  const ProgramStart& start);

}  // namespace armillion::guest::kernel
