#include "cli/row_writer.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "armillion/error.hpp"
#include "cli/json_text.hpp"

namespace armillion::cli {
namespace {

class RowWriterTest : public ::testing::Test {
 protected:
  RowWriterTest() {
    std::string name = ::testing::TempDir() + "armillion_rows_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~RowWriterTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string contents(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const std::vector<std::vector<Cell>>& rows) const {
    RowWriter writer(path(name), {"first", "se\"cond"});
    for (const std::vector<Cell>& row : rows) writer.write(row);
    writer.close();
  }

  std::filesystem::path folder_;
};

TEST_F(RowWriterTest, WritesCsv) {
  write("rows.csv", {{Cell::from_number("1"), Cell::from_text("plain text")},
                     {Cell(), Cell::from_text("a,b")},
                     {Cell::from_text("say \"hi\""), Cell::from_text("two\nlines\r")}});
  EXPECT_EQ(contents("rows.csv"),
            "first,\"se\"\"cond\"\n1,plain text\n,\"a,b\"\n\"say \"\"hi\"\"\",\"two\nlines\r\"\n");
}

TEST_F(RowWriterTest, WritesJsonLines) {
  write("rows.jsonl", {{Cell::from_number("-1.5e3"), Cell::from_text("a,\"b\"\n")}, {Cell(), Cell::from_text("")}});
  EXPECT_EQ(contents("rows.jsonl"),
            "{\"first\": -1.5e3, \"se\\\"cond\": \"a,\\\"b\\\"\\u000a\"}\n{\"first\": null, \"se\\\"cond\": \"\"}\n");
}

TEST_F(RowWriterTest, WritesManyRowsInOrder) {
  std::vector<std::vector<Cell>> rows;
  for (int i = 0; i < 200'000; ++i) rows.push_back({Cell::from_number(std::to_string(i)), Cell::from_text("x")});
  write("rows.csv", rows);
  std::ifstream file(path("rows.csv"));
  std::string line;
  std::getline(file, line);
  for (int i = 0; i < 200'000; ++i) {
    ASSERT_TRUE(std::getline(file, line));
    ASSERT_EQ(line, std::to_string(i) + ",x");
  }
  EXPECT_FALSE(std::getline(file, line));
}

TEST_F(RowWriterTest, TellsTheFormatByTheName) {
  EXPECT_EQ(row_format_of("a.jsonl.csv"), RowFormat::CSV);
  EXPECT_EQ(row_format_of("a.jsonl"), RowFormat::JSON_LINES);
  for (const char* name : {"", "a", "a.json", "csv", "a.CSV"}) EXPECT_THROW(row_format_of(name), Error) << name;
}

TEST_F(RowWriterTest, ReportsWhatCannotBeWritten) {
  EXPECT_THROW(RowWriter(path("no/such/folder.csv"), {"a"}), Error);
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no full device";
  std::filesystem::create_symlink("/dev/full", folder_ / "full.csv");
  RowWriter writer(path("full.csv"), {"a"});
  const std::vector<Cell> row{Cell::from_number("1")};
  writer.write(row);
  EXPECT_THROW(writer.flush(), Error);
  RowWriter another(path("full.csv"), {"a"});
  EXPECT_THROW(another.close(), Error);
}

TEST(JsonTextTest, EscapesWhatAStringCannotHold) {
  EXPECT_EQ(to_json_string(""), "\"\"");
  EXPECT_EQ(to_json_string("a\"\\/\t"), "\"a\\\"\\\\/\\u0009\"");
  EXPECT_EQ(to_json_string(std::string("\0\x7f", 2)), "\"\\u0000\x7f\"");
}

TEST(JsonTextTest, KeepsUtf8AndReplacesOtherBytes) {
  const std::string euro = "\xe2\x82\xac";
  const std::string face = "\xf0\x9f\x98\x80";
  EXPECT_EQ(to_json_string("\xc3\xbc" + euro + face), "\"\xc3\xbc" + euro + face + "\"");
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(to_json_string("\xff"), "\"" + replaced + "\"");
  EXPECT_EQ(to_json_string("\xc3x"), "\"" + replaced + "x\"");
  EXPECT_EQ(to_json_string("\xc3"), "\"" + replaced + "\"");
  // Longer than needed, a surrogate, above U+10FFFF, cut off.
  EXPECT_EQ(to_json_string("\xc0\xaf"), "\"" + replaced + replaced + "\"");
  EXPECT_EQ(to_json_string("\xe0\x80\xaf"), "\"" + replaced + replaced + replaced + "\"");
  EXPECT_EQ(to_json_string("\xed\xa0\x80"), "\"" + replaced + replaced + replaced + "\"");
  EXPECT_EQ(to_json_string("\xf4\x90\x80\x80"), "\"" + replaced + replaced + replaced + replaced + "\"");
  EXPECT_EQ(to_json_string("\xe2\x82"), "\"" + replaced + replaced + "\"");
}

}  // namespace
}  // namespace armillion::cli
