#pragma once

#include <string>

#include "armillion/process.hpp"

namespace armillion::cli {

/// The program's symbol of this name. Error(INVALID_ARGUMENT) that names similar ones where there is none.
const Symbol& find_symbol(const Process& process, const std::string& program, const std::string& name);

/// The address of a symbol, or the address itself where `text` is one, written "0x...".
std::uint64_t find_address(const Process& process, const std::string& program, const std::string& text);

}  // namespace armillion::cli
