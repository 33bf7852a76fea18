#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace armillion::conformance {

/// LLVM's disassembler for the instruction set that Armillion has: Armv8.0-A and the features of feature.hpp.
class LlvmDisassembler {
 public:
  LlvmDisassembler();
  ~LlvmDisassembler();

  /// The mnemonic that the word has without aliases, or an empty view where it is no instruction.
  std::string_view mnemonic(std::uint32_t word);

  /// The whole instruction without aliases, or an empty string.
  std::string print(std::uint32_t word);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace armillion::conformance
