#pragma once

#include <string>
#include <string_view>

namespace armillion::cli {

/// A JSON string (RFC 8259, section 7) with its quotes. What is not UTF-8 in `text` becomes U+FFFD, for a JSON text has
/// no other way to hold it.
std::string to_json_string(std::string_view text);

}  // namespace armillion::cli
