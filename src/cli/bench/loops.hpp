#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "armillion/machine.hpp"

namespace armillion::bench {

/// A loop that ends, of one kind of instructions. X0 is a number to start from, X1 how often the loop is gone through;
/// at the end X0 is what came of it. It can stand at any address, and may use the memory from LOOP_MEMORY_ADDRESS on.
struct Loop {
  std::string_view name;
  /// Without an instruction at the end.
  std::vector<std::uint32_t> words;
  /// What X0 is at the end, computed by the host.
  std::uint64_t (*expected)(std::uint64_t start, std::uint64_t iterations);
};

inline constexpr std::uint64_t LOOP_MEMORY_ADDRESS = 0x10'0000;
inline constexpr std::uint64_t LOOP_MEMORY_BYTES = 4096;

const std::vector<Loop>& loops();

/// A machine that is about to run the loop and then to halt; X0 is 1 and X1 is 0.
Machine machine_with(const Loop& loop, const MachineOptions& options = {});

/// A static AArch64 Linux program that does the same, writes the resulting X0 to its standard output, lowest byte
/// first, and exits with 0. The file's bytes.
std::vector<std::byte> linux_program_of(const Loop& loop, std::uint64_t start, std::uint64_t iterations);

}  // namespace armillion::bench
