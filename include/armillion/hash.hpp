#pragma once

#include <cstdint>
#include <string>

namespace armillion {

/// A 128-bit hash, printed as 32 hexadecimal digits.
struct Hash128 {
  /// Bits 63 to 0.
  std::uint64_t low = 0;
  /// Bits 127 to 64.
  std::uint64_t high = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;

  /// 32 lower-case hexadecimal digits, the high half first.
  std::string to_string() const {
    std::string text(32, '0');
    for (int i = 0; i < 32; ++i) {
      const std::uint64_t half = i < 16 ? high : low;
      text[static_cast<std::size_t>(i)] = "0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 15];
    }
    return text;
  }
};

}  // namespace armillion
