#pragma once

#include <string>
#include <string_view>

namespace armillion::cli {

/// The text as HTML and SVG have it between tags: what has a meaning there is written as references. What is not UTF-8
/// becomes U+FFFD, and control characters are shown as JSON writes them, for XML has no other way to hold them.
std::string to_markup(std::string_view text);

}  // namespace armillion::cli
