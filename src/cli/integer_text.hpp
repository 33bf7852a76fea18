#pragma once

#include <optional>
#include <string_view>

namespace armillion::cli {

/// Holds every integer of 64 bits, with a sign or without, and 2^64, which ends the range of all of them.
using WideInteger = __int128;

/// Reads decimal ("42"), hexadecimal ("0x2a") and powers of two ("2^32"), each with a minus before it or not. Nothing
/// where the text is not wholly such a number, or where its magnitude has more than 64 bits and is not 2^64.
std::optional<WideInteger> parse_integer(std::string_view text);

}  // namespace armillion::cli
