#include "armillion/symbols.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace armillion {

SymbolTable::SymbolTable(std::vector<Symbol> symbols) : symbols_(std::move(symbols)), by_name_(symbols_.size()) {
  std::ranges::sort(symbols_, {}, [](const Symbol& symbol) { return std::tie(symbol.address, symbol.name); });
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::ranges::sort(by_name_, {},
                    [this](std::uint32_t index) { return std::pair(std::string_view(symbols_[index].name), index); });
}

const Symbol* SymbolTable::find(std::string_view name) const {
  const auto name_of = [this](std::uint32_t index) { return std::string_view(symbols_[index].name); };
  const auto found = std::ranges::lower_bound(by_name_, name, {}, name_of);
  return found == by_name_.end() || name_of(*found) != name ? nullptr : &symbols_[*found];
}

std::optional<SymbolTable::Location> SymbolTable::find(std::uint64_t address) const {
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](std::uint64_t value, const Symbol& symbol) { return value < symbol.address; });
  // Walk back over symbols that start at or before the address. A few are enough: what covers the address is near, and
  // markers of data and code within functions carry no name here.
  const Symbol* best = nullptr;
  constexpr int STEPS = 32;
  for (int step = 0; step < STEPS && after != symbols_.begin(); ++step) {
    --after;
    const bool covers = after->size == 0 || address - after->address < after->size;
    if (!covers) continue;
    if (best != nullptr && after->address != best->address && best->size != 0) break;
    const bool better = best == nullptr || (after->size != 0 && best->size == 0) ||
                        (after->address == best->address && after->kind == Symbol::Kind::FUNCTION &&
                         best->kind != Symbol::Kind::FUNCTION);
    if (better) best = &*after;
    if (best->size != 0 && best->kind == Symbol::Kind::FUNCTION) break;
  }
  if (best == nullptr) return std::nullopt;
  return Location{best, address - best->address};
}

std::string SymbolTable::Location::to_string() const {
  return offset == 0 ? symbol->name : fmt::format("{}+{:#x}", symbol->name, offset);
}

}  // namespace armillion
