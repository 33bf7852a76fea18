#include "cli/number_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace armillion::cli {

std::string with_prefix(double number) {
  constexpr std::array PREFIXES{"", " k", " M", " G", " T", " P"};
  std::size_t prefix = 0;
  while (number >= 999.5 && prefix + 1 < PREFIXES.size()) {
    number /= 1000;
    ++prefix;
  }
  return fmt::format("{:.3g}{}", number, PREFIXES[prefix]);
}

std::string with_separators(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  }
  return digits;
}

}  // namespace armillion::cli
