#include "cli/call_signature.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "armillion/error.hpp"

namespace armillion::cli {
namespace {

TEST(CallSignatureTest, IsReadWithOrWithoutBlanks) {
  const CallSignature signature = parse_signature(" f32 ( i8,u16 ,ptr, f64 ) ");
  EXPECT_EQ(signature.result, ValueType::F32);
  EXPECT_EQ(signature.parameters,
            (std::vector<ValueType>{ValueType::I8, ValueType::U16, ValueType::PTR, ValueType::F64}));
  EXPECT_EQ(signature.to_string(), "f32(i8, u16, ptr, f64)");
  EXPECT_EQ(parse_signature("u64()").parameters.size(), 0U);
  EXPECT_EQ(parse_signature("u64( )").to_string(), "u64()");
}

TEST(CallSignatureTest, MayHaveEightParametersOfEachKind) {
  const std::string eight = "i64, f32, i64, f32, i64, f32, i64, f32, i64, f64, i64, f64, i64, f64, i64, f64";
  EXPECT_EQ(parse_signature("f64(" + eight + ")").parameters.size(), 16U);
  EXPECT_THROW(parse_signature("f64(" + eight + ", i8)"), Error);
  EXPECT_THROW(parse_signature("f64(" + eight + ", f32)"), Error);
}

TEST(CallSignatureTest, OfIntegersIsMadeByTheirNumber) {
  EXPECT_EQ(integer_signature(0).to_string(), "u64()");
  EXPECT_EQ(integer_signature(2).to_string(), "u64(u64, u64)");
}

// What the message says, and where it points.
struct Mistake {
  std::string message;
  std::size_t column = 0;
};

Mistake mistake_in(std::string_view text) {
  try {
    static_cast<void>(parse_signature(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::INVALID_ARGUMENT);
    const std::string what = error.what();
    const std::size_t first_end = what.find('\n');
    const std::size_t second_end = what.find('\n', first_end + 1);
    EXPECT_EQ(what.substr(first_end + 1, second_end - first_end - 1), "  " + std::string(text));
    return {what.substr(0, first_end), what.substr(second_end + 1).find('^') - 2};
  }
  ADD_FAILURE() << text << " was accepted";
  return {};
}

TEST(CallSignatureTest, MistakesAreShownAtTheirPlace) {
  struct Case {
    std::string text;
    std::string message;
    std::size_t column;
  };
  for (const Case& c :
       {Case{"", "a type is missing", 0}, Case{"f23(f32)", "'f23'", 0}, Case{"f32", "'('", 3},
        Case{"f32 f32", "'('", 4}, Case{"f32(", "a type is missing", 4}, Case{"f32(f32", "',' or ')'", 7},
        Case{"f32(f32, )", "a type is missing", 9}, Case{"f32(f32 f32)", "',' or ')'", 8}, Case{"f32(f23)", "'f23'", 4},
        Case{"f32(f32) x", "ends before", 9}, Case{"F32(f32)", "'F32'", 0}, Case{"void(f32)", "'void'", 0},
        Case{"u8(u8,u8,u8,u8,u8,u8,u8,u8,u8)", "only 8 integer", 27}}) {
    const Mistake mistake = mistake_in(c.text);
    EXPECT_NE(mistake.message.find(c.message), std::string::npos) << mistake.message;
    EXPECT_EQ(mistake.column, c.column) << c.text;
  }
}

}  // namespace
}  // namespace armillion::cli
