#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "armillion/state.hpp"
#include "program_generator.hpp"

namespace armillion::conformance {

/// How a program ended: at its HLT or after its limit, with `trouble` empty, or otherwise as that says.
struct ProgramEnd {
  State state;
  std::vector<std::byte> memory;
  std::string trouble;
};

/// Something that runs programs from their start.
class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;
  /// Runs at most `instruction_limit` instructions; the HLT at the end does not count.
  virtual ProgramEnd run(const Program& program, std::uint64_t instruction_limit) = 0;
};

/// The library's own machine, through its public interface.
std::unique_ptr<ProgramRunner> make_machine_runner();

/// Unicorn, an emulator made of qemu 5.
std::unique_ptr<ProgramRunner> make_unicorn_runner();

}  // namespace armillion::conformance
