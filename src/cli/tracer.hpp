#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "armillion/disassembler.hpp"
#include "armillion/machine.hpp"

namespace armillion::cli {

/// Writes one line for each instruction: its address and disassembly, and the registers that it changed.
class Tracer {
 public:
  /// Hooks into the machine, which must outlive the tracer. `path` is a file, or "-" for standard error. Error where
  /// the file cannot be written or there is no disassembler.
  Tracer(Machine& machine, const std::string& path);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Leaves the machine, and writes what is left to write. Error where a line could not be written.
  void finish();

 private:
  void on_instruction(std::uint64_t pc);
  void finish_line();

  Machine& machine_;
  Disassembler disassembler_;
  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  /// The line of the instruction that is running, still without what it changes; empty before the first.
  std::string line_;
  State before_;
};

}  // namespace armillion::cli
