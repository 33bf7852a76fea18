#include "cli/integer_text.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace armillion::cli {

namespace {

std::optional<WideInteger> parse_digits(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), value, base);
  if (error != std::errc() || stop != digits.end()) return std::nullopt;
  return value;
}

std::optional<WideInteger> parse_magnitude(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_digits(text.substr(2), 16);
  if (!text.starts_with("2^")) return parse_digits(text, 10);
  const auto exponent = parse_digits(text.substr(2), 10);
  if (!exponent || *exponent > 64) return std::nullopt;
  return WideInteger{1} << static_cast<int>(*exponent);
}

}  // namespace

std::optional<WideInteger> parse_integer(std::string_view text) {
  if (!text.starts_with('-')) return parse_magnitude(text);
  const auto magnitude = parse_magnitude(text.substr(1));
  if (!magnitude) return std::nullopt;
  return -*magnitude;
}

}  // namespace armillion::cli
