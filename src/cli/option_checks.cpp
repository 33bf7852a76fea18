#include "cli/option_checks.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "cli/integer_text.hpp"

namespace armillion::cli {

CLI::Validator not_empty() {
  return CLI::Validator([](const std::string& text) { return text.empty() ? "must not be empty" : ""; }, "");
}

CLI::Validator assignment() {
  const auto check = [](const std::string& text) {
    const bool has_name = text.find('=') != std::string::npos && !text.starts_with('=');
    return has_name ? std::string() : fmt::format("takes NAME=VALUE, not '{}'", text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator whole_number(std::uint64_t least) {
  const auto check = [least](std::string& text) {
    const auto number = parse_integer(text);
    if (!number || *number < least || *number > std::numeric_limits<std::uint64_t>::max()) {
      return fmt::format("takes a whole number from {} to 2^64 - 1, not '{}'", least, text);
    }
    // In the one form that CLI11 reads.
    text = fmt::format("{}", static_cast<std::uint64_t>(*number));
    return std::string();
  };
  return CLI::Validator(check, "");
}

CLI::Validator seconds() {
  const auto check = [](const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
    return is_number && value > 0 ? std::string() : fmt::format("takes seconds, more than 0, not '{}'", text);
  };
  return CLI::Validator(check, "");
}

}  // namespace armillion::cli
