#include "cli/markup_text.hpp"

#include <cstddef>

#include "cli/json_text.hpp"

namespace armillion::cli {

std::string to_markup(std::string_view text) {
  // A JSON string has only valid UTF-8, and control characters are escaped so that they can be seen.
  const std::string quoted = to_json_string(text);
  std::string markup;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && (quoted[i + 1] == '"' || quoted[i + 1] == '\\')) ++i;
    switch (quoted[i]) {
      case '&': markup += "&amp;"; break;
      case '<': markup += "&lt;"; break;
      case '>': markup += "&gt;"; break;
      default: markup += quoted[i];
    }
  }
  return markup;
}

}  // namespace armillion::cli
