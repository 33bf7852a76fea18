#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>

namespace armillion::conformance {

/// `printf` into a string.
[[gnu::format(printf, 1, 2)]] inline std::string text(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  char buffer[512];
  const int length = std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return {buffer, static_cast<std::size_t>(length < 0 ? 0 : length < 511 ? length : 511)};
}

}  // namespace armillion::conformance
