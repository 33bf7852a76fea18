#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "armillion/process.hpp"

namespace armillion::test {

/// Where the only segment of a small program starts: its ELF header, then its code.
inline constexpr std::uint64_t SMALL_PROGRAM_ADDRESS = 0x40'0000;
/// Where the code starts, which is the entry point.
inline constexpr std::uint64_t SMALL_PROGRAM_CODE = SMALL_PROGRAM_ADDRESS + 0x1000;

/// A static ELF file that consists of this assembly text, in one segment of `memory_bytes` that the program may read,
/// write and execute.
std::vector<std::byte> small_program(std::string_view assembly, std::uint64_t memory_bytes = 0x10000);

/// Options for a program that has nothing of the host: its streams are kept in memory, its time is virtual.
ProcessOptions isolated_options(std::vector<std::byte> program);

}  // namespace armillion::test
