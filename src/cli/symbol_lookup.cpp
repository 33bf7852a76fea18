#include "cli/symbol_lookup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "cli/integer_text.hpp"

namespace armillion::cli {

namespace {

constexpr std::size_t MOST_SUGGESTIONS = 3;

// How many characters must be changed, added or taken away to make one text the other (Levenshtein's distance).
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t i = 0; i <= to.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row[to.size()];
}

// Names that may have been meant, the nearest first.
std::vector<std::string> names_near(const SymbolTable& symbols, const std::string& name) {
  const std::size_t most_changes = std::max<std::size_t>(1, name.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const Symbol& symbol : symbols.symbols()) {
    const std::size_t lengths_apart =
        std::max(symbol.name.size(), name.size()) - std::min(symbol.name.size(), name.size());
    if (symbol.kind != Symbol::Kind::FUNCTION || lengths_apart > most_changes) continue;
    const std::size_t changes = edit_distance(symbol.name, name);
    if (changes <= most_changes) near.emplace_back(changes, symbol.name);
  }
  std::ranges::sort(near);
  const auto duplicates = std::ranges::unique(near);
  near.erase(duplicates.begin(), duplicates.end());
  std::vector<std::string> names;
  for (const auto& [changes, near_name] : near) {
    if (names.size() < MOST_SUGGESTIONS) names.push_back(near_name);
  }
  return names;
}

}  // namespace

const Symbol& find_symbol(const Process& process, const std::string& program, const std::string& name) {
  if (const Symbol* const symbol = process.symbols().find(name)) return *symbol;
  std::string message = fmt::format("{} has no symbol '{}'", program, name);
  if (process.symbols().empty()) {
    message += ": it was stripped of them";
  } else if (const auto near = names_near(process.symbols(), name); !near.empty()) {
    message += fmt::format("; did you mean '{}'?", fmt::join(near, "' or '"));
  }
  throw Error(ErrorCode::INVALID_ARGUMENT, message);
}

std::uint64_t find_address(const Process& process, const std::string& program, const std::string& text) {
  if (text.starts_with("0x")) {
    if (const auto address = parse_integer(text)) return static_cast<std::uint64_t>(*address);
  }
  return find_symbol(process, program, text).address;
}

}  // namespace armillion::cli
