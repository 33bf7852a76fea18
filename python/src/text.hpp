#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace armillion::python {

/// "0x" and lower-case digits without leading zeros.
inline std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(value));
  return value == 0 ? "0x0" : text;
}

}  // namespace armillion::python
