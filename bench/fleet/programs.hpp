#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "armillion/machine.hpp"

namespace armillion::bench {

/// A function of bench/fleet_programs.
struct FleetProgram {
  std::string_view name;
  /// The same source, compiled for the host.
  std::uint64_t (*native)(std::uint64_t lane, std::uint64_t rounds);
  /// Where it lies in the guest's memory.
  std::uint64_t address = 0;
};

/// The functions as a guest has them: a machine with all of them in memory that stands before its first instruction.
/// It calls the function at X2 with X0 and X1 and stops with `SYSCALL` behind that, any number of times.
class GuestPrograms {
 public:
  GuestPrograms();

  /// Those that compute. The names are the functions'.
  std::span<const FleetProgram> programs() const { return programs_; }
  /// Error(INVALID_ARGUMENT) where there is none of this name.
  const FleetProgram& program(std::string_view name) const;
  /// `write_pages`, whose second argument is a number of pages.
  const FleetProgram& page_writer() const { return page_writer_; }

  Machine& start() { return start_; }

 private:
  std::vector<FleetProgram> programs_;
  FleetProgram page_writer_;
  Machine start_;
};

/// The same functions as a static Linux program for AArch64, see fleet_programs/linux_main.c.
std::span<const std::byte> linux_program();

}  // namespace armillion::bench
