#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace armillion {

/// Turns instruction words into assembly text. It stands in a shared object of its own (it is made of LLVM's
/// disassembler), which is opened when the first `Disassembler` is made; nothing else of the library needs it. An
/// object is for one thread at a time.
class Disassembler {
 public:
  /// Error(UNAVAILABLE) where the shared object cannot be opened.
  Disassembler();
  ~Disassembler();
  Disassembler(Disassembler&&) noexcept;
  Disassembler& operator=(Disassembler&&) noexcept;

  /// The instruction as a GNU assembler takes it, with the targets of branches as absolute addresses, or
  /// ".word 0x........" where the word is no instruction of this machine.
  std::string disassemble(std::uint32_t word, std::uint64_t address) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace armillion
