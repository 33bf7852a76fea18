#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armillion {

/// A named address of a program.
struct Symbol {
  /// What it names.
  enum class Kind : std::uint8_t { FUNCTION, OBJECT, OTHER };

  /// As the file has it.
  std::string name;
  /// Where it is in the guest's memory.
  std::uint64_t address = 0;
  /// In bytes; 0 where the file does not say.
  std::uint64_t size = 0;
  /// What it names.
  Kind kind = Kind::OTHER;
};

/// The symbols of a program, found by name and by address.
class SymbolTable {
 public:
  /// Without symbols.
  SymbolTable() = default;
  /// Takes symbols in any order.
  explicit SymbolTable(std::vector<Symbol> symbols);

  /// Whether there are no symbols.
  bool empty() const { return symbols_.empty(); }
  /// How many symbols there are.
  std::size_t size() const { return symbols_.size(); }
  /// All symbols in the order of their addresses.
  const std::vector<Symbol>& symbols() const { return symbols_; }

  /// The symbol of this name, the one at the lowest address where there are several, or nullptr.
  const Symbol* find(std::string_view name) const;

  /// A symbol and how many bytes behind its start an address lies.
  struct Location {
    /// Of the table that found it, which must outlive this.
    const Symbol* symbol = nullptr;
    /// In bytes.
    std::uint64_t offset = 0;

    /// "name" or "name+0x1c".
    std::string to_string() const;
  };
  /// The symbol that covers `address`; one of unknown size reaches to the next one. Functions are preferred.
  std::optional<Location> find(std::uint64_t address) const;

 private:
  std::vector<Symbol> symbols_;
  // Indices into `symbols_` in the order of the names.
  std::vector<std::uint32_t> by_name_;
};

}  // namespace armillion
