#pragma once

#include <cstdint>
#include <string>

namespace armillion::cli {

/// With three figures and a letter for a power of thousand: "950", "1.23 k", "312 G".
std::string with_prefix(double number);

/// "1,234,567".
std::string with_separators(std::uint64_t number);

}  // namespace armillion::cli
