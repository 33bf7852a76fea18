#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "armillion/error.hpp"
#include "cli/call_inputs.hpp"
#include "cli/input_source.hpp"
#include "cli/program_inputs.hpp"

namespace armillion::cli {
namespace {

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "there was no error";
  return "";
}

class FleetInputsTest : public ::testing::Test {
 protected:
  FleetInputsTest() {
    std::string name = ::testing::TempDir() + "armillion_inputs_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FleetInputsTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  InputSource lines(const std::string& text) { return parse_input_source(write("lines", text)); }

  std::filesystem::path folder_;
};

TEST_F(FleetInputsTest, RangesAreHalfOpen) {
  const IntegerRange range = parse_range("-3:2^32");
  EXPECT_TRUE(range.first == -3);
  EXPECT_EQ(range.count(), (std::uint64_t{1} << 32) + 3);
  EXPECT_EQ(parse_range("0x10:0x11").count(), 1U);
  EXPECT_EQ(parse_range("1:2^64").count(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_NE(error_of([] { parse_range("3:3"); }).find("empty"), std::string::npos);
  EXPECT_NE(error_of([] { parse_range("3:-3"); }).find("empty"), std::string::npos);
  EXPECT_NE(error_of([] { parse_range("0:2^64"); }).find("2^64 - 1"), std::string::npos);
  EXPECT_NE(error_of([] { parse_range("0:"); }).find("'' is no integer"), std::string::npos);
  EXPECT_NE(error_of([] { parse_range("0:x"); }).find("'x' is no integer"), std::string::npos);
  EXPECT_NE(error_of([] { parse_range("12"); }).find("FIRST:END"), std::string::npos);
}

TEST_F(FleetInputsTest, SourcesAreToldApart) {
  EXPECT_EQ(parse_input_source("").kind, InputSource::Kind::NONE);
  EXPECT_EQ(parse_input_source("0:10").kind, InputSource::Kind::RANGE);
  EXPECT_EQ(parse_input_source("-5:0x10").kind, InputSource::Kind::RANGE);
  EXPECT_EQ(parse_input_source(folder_.string()).kind, InputSource::Kind::FOLDER);
  EXPECT_EQ(parse_input_source(write("1:2", "x\n")).kind, InputSource::Kind::FILE);
  const std::string missing = (folder_ / "missing").string();
  EXPECT_NE(error_of([&] { parse_input_source(missing); }).find(missing + ": No such file"), std::string::npos);
}

TEST_F(FleetInputsTest, CallsCountThroughARangeWithoutKeepingIt) {
  CallInputs inputs(parse_input_source("0:2^32"), parse_signature("f32(f32)"), 1);
  EXPECT_EQ(inputs.count(), std::uint64_t{1} << 32);
  static_cast<void>(inputs.next(1000));
  const CallBatch batch = inputs.next(1000);
  EXPECT_EQ(batch.value(7, 0), 1007U);
  const std::vector<CallArgument> arguments = batch.arguments(inputs.signature());
  ASSERT_EQ(arguments.size(), 1U);
  EXPECT_EQ(arguments[0].kind(), CallArgument::Kind::FLOATING_POINT);
  EXPECT_TRUE(arguments[0].values().empty());
  EXPECT_EQ(arguments[0].first(), 1000U);
}

TEST_F(FleetInputsTest, RangesFitTheParameter) {
  const auto count = [](const char* range, const char* signature) {
    return CallInputs(parse_input_source(range), parse_signature(signature), 1).count();
  };
  EXPECT_EQ(count("-128:256", "u64(i8)"), 384U);
  EXPECT_EQ(count("-2^63:0", "u64(u64)"), std::uint64_t{1} << 63);
  EXPECT_NE(error_of([&] { count("-129:0", "u64(i8)"); }).find("8 bits of i8"), std::string::npos);
  EXPECT_NE(error_of([&] { count("0:257", "u64(u8)"); }).find("8 bits of u8"), std::string::npos);
  EXPECT_NE(error_of([&] { count("0:9", "u64(u8, u8)"); }).find("takes 2 arguments"), std::string::npos);
  EXPECT_NE(error_of([&] { count("0:9", "u64()"); }).find("takes 0 arguments"), std::string::npos);
}

TEST_F(FleetInputsTest, LinesAreReadInBatches) {
  CallInputs inputs(lines("1 0.5\n\t-1   0x3f800000 \r\n3 nan"), parse_signature("f32(i32, f32)"), 1);
  EXPECT_EQ(inputs.count(), 3U);
  const CallBatch first = inputs.next(2);
  EXPECT_EQ(first.value(0, 0), 1U);
  EXPECT_EQ(first.value(0, 1), 0x3f000000U);
  EXPECT_EQ(first.value(1, 0), ~std::uint64_t{0});
  EXPECT_EQ(first.value(1, 1), 0x3f800000U);
  const CallBatch second = inputs.next(1);
  EXPECT_EQ(second.value(0, 0), 3U);
  EXPECT_EQ(second.arguments(inputs.signature())[1].values().size(), 1U);
}

TEST_F(FleetInputsTest, LinesWithoutASignatureAreIntegers) {
  EXPECT_EQ(CallInputs(lines("1 2 3\n4 5 6\n"), std::nullopt, 1).signature().to_string(), "u64(u64, u64, u64)");
  EXPECT_NE(error_of([&] { CallInputs(lines("1 2\n1\n"), std::nullopt, 1); }).find("lines, line 2: there is 1 value"),
            std::string::npos);
  EXPECT_NE(error_of([&] { CallInputs(lines("\n1\n"), std::nullopt, 1); }).find("line 1"), std::string::npos);
  EXPECT_NE(error_of([&] { CallInputs(lines("1 2 3 4 5 6 7 8 9\n"), std::nullopt, 1); }).find("line 1: there are 9"),
            std::string::npos);
}

TEST_F(FleetInputsTest, LinesThatDoNotFitAreNamedBeforeAnythingRuns) {
  const auto signature = parse_signature("u64(u8)");
  EXPECT_NE(error_of([&] { CallInputs(lines("1\n2\n256\n"), signature, 1); }).find("line 3: '256' is no value of u8"),
            std::string::npos);
  EXPECT_NE(error_of([&] { CallInputs(lines("1\n\n"), signature, 1); }).find("line 2: there are 0 values"),
            std::string::npos);
  EXPECT_NE(error_of([&] { CallInputs(lines(""), signature, 1); }).find("has no lines"), std::string::npos);
}

TEST_F(FleetInputsTest, PipesAreReadLikeFiles) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << "1\n2\n3\n"; });
  CallInputs inputs(parse_input_source(pipe), std::nullopt, 1);
  writer.join();
  EXPECT_EQ(inputs.count(), 3U);
  EXPECT_EQ(inputs.next(3).value(2, 0), 3U);
}

TEST_F(FleetInputsTest, CallsWithoutInputsHaveNoParameters) {
  CallInputs inputs({}, parse_signature("u64()"), 5);
  EXPECT_EQ(inputs.count(), 5U);
  EXPECT_TRUE(inputs.next(5).arguments(inputs.signature()).empty());
  EXPECT_NE(error_of([] { CallInputs({}, std::nullopt, 5); }).find("--inputs"), std::string::npos);
  EXPECT_NE(error_of([&] { CallInputs(parse_input_source(folder_.string()), std::nullopt, 1); }).find("is a folder"),
            std::string::npos);
}

TEST(SplitArgumentsTest, KeepsQuotedWordsTogether) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_arguments(""), Words{});
  EXPECT_EQ(split_arguments("  a  b\tc "), (Words{"a", "b", "c"}));
  EXPECT_EQ(split_arguments(R"("a b" c"d e"f "")"), (Words{"a b", "cd ef", ""}));
  EXPECT_EQ(split_arguments(R"(it's \n)"), (Words{"it's", "\\n"}));
  EXPECT_EQ(split_arguments("a \"b"), std::nullopt);
}

TEST_F(FleetInputsTest, ProgramsAreGivenIntegers) {
  ProgramInputs inputs(parse_input_source("-1:2"), 1);
  EXPECT_EQ(inputs.count(), 3U);
  EXPECT_TRUE(inputs.are_arguments());
  for (const std::string expected : {"-1", "0", "1"}) {
    const ProgramInput input = inputs.next();
    EXPECT_EQ(input.arguments, std::vector{expected});
    EXPECT_EQ(input.name.text, expected);
    EXPECT_EQ(input.name.kind, Cell::Kind::NUMBER);
  }
}

TEST_F(FleetInputsTest, ProgramsAreGivenTheWordsOfLines) {
  ProgramInputs inputs(lines("a \"b c\"\n\n"), 1);
  EXPECT_EQ(inputs.count(), 2U);
  const ProgramInput input = inputs.next();
  EXPECT_EQ(input.arguments, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(input.name.text, "a \"b c\"");
  EXPECT_EQ(inputs.next().arguments, std::vector<std::string>{});
  EXPECT_NE(error_of([&] { ProgramInputs(lines("a\n\"b\n"), 1); }).find("line 2: a double quote"), std::string::npos);
  EXPECT_NE(error_of([&] { ProgramInputs(lines(""), 1); }).find("has no lines"), std::string::npos);
}

TEST_F(FleetInputsTest, ProgramsAreGivenFilesInTheOrderOfTheirNames) {
  write("b", "2");
  write("a", std::string("\0\xff", 2));
  std::filesystem::create_directory(folder_ / "c");
  ProgramInputs inputs(parse_input_source(folder_.string()), 1);
  EXPECT_EQ(inputs.count(), 2U);
  EXPECT_FALSE(inputs.are_arguments());
  const ProgramInput input = inputs.next();
  EXPECT_EQ(input.name.text, "a");
  EXPECT_EQ(input.standard_input, std::string("\0\xff", 2));
  EXPECT_EQ(input.arguments, std::nullopt);
  EXPECT_EQ(inputs.next().standard_input, "2");
  const InputSource empty = parse_input_source((folder_ / "c").string());
  EXPECT_NE(error_of([&] { ProgramInputs(empty, 1); }).find("no files in the folder"), std::string::npos);
}

TEST_F(FleetInputsTest, ProgramsWithoutInputsAreAllTheSame) {
  ProgramInputs inputs({}, 3);
  EXPECT_EQ(inputs.count(), 3U);
  const ProgramInput input = inputs.next();
  EXPECT_FALSE(input.arguments.has_value());
  EXPECT_FALSE(input.standard_input.has_value());
  EXPECT_EQ(input.name.kind, Cell::Kind::EMPTY);
}

}  // namespace
}  // namespace armillion::cli
