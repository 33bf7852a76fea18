#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace armillion::test {

/// Assembles AArch64 text, with labels and several lines, into instruction words as they stand at any address that is a
/// multiple of 4 (all features of the table are allowed). A mistake in the text throws std::invalid_argument with the
/// assembler's message.
std::vector<std::uint32_t> assemble(std::string_view text);

/// The disassembly of one word without aliases, or "undefined".
std::string disassemble(std::uint32_t word);

}  // namespace armillion::test
