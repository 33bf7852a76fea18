#include "armillion/symbols.hpp"

#include <gtest/gtest.h>

namespace armillion {
namespace {

using Kind = Symbol::Kind;

SymbolTable example() {
  return SymbolTable({{"end", 0x1200, 0, Kind::OTHER},
                      {"main", 0x1000, 0x80, Kind::FUNCTION},
                      {"main_label", 0x1000, 0, Kind::OTHER},
                      {"data", 0x1100, 0x10, Kind::OBJECT},
                      {"data", 0x1180, 0x10, Kind::OBJECT}});
}

TEST(SymbolTable, FindsByName) {
  const SymbolTable table = example();
  EXPECT_EQ(table.find("main")->address, 0x1000u);
  EXPECT_EQ(table.find("data")->address, 0x1100u) << "the one at the lowest address";
  EXPECT_EQ(table.find("nothing"), nullptr);
}

TEST(SymbolTable, FindsByAddressAndPrefersFunctions) {
  const SymbolTable table = example();
  EXPECT_EQ(table.find(0x1000)->to_string(), "main");
  EXPECT_EQ(table.find(0x107f)->to_string(), "main+0x7f");
  EXPECT_EQ(table.find(0x1104)->to_string(), "data+0x4");
  EXPECT_EQ(table.find(0x1300)->to_string(), "end+0x100") << "a symbol of unknown size reaches on";
  EXPECT_FALSE(table.find(0xfff));
}

TEST(SymbolTable, SurvivesBeingCopied) {
  SymbolTable copy;
  {
    const SymbolTable table = example();
    copy = table;
  }
  EXPECT_EQ(copy.find("main")->name, "main");
  EXPECT_EQ(copy.find(0x1108)->symbol->name, "data");
}

TEST(SymbolTable, MayBeEmpty) {
  const SymbolTable table;
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.find("main"), nullptr);
  EXPECT_FALSE(table.find(0x1000));
}

}  // namespace
}  // namespace armillion
