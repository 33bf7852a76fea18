#include "cli/value_type.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "armillion/error.hpp"
#include "cli/integer_text.hpp"

namespace armillion::cli {
namespace {

TEST(IntegerTextTest, ReadsDecimalHexadecimalAndPowersOfTwo) {
  EXPECT_TRUE(parse_integer("0") == WideInteger{0});
  EXPECT_TRUE(parse_integer("18446744073709551615") == (WideInteger{1} << 64) - 1);
  EXPECT_TRUE(parse_integer("0xffffFFFFffffFFFF") == (WideInteger{1} << 64) - 1);
  EXPECT_TRUE(parse_integer("0X1f") == WideInteger{31});
  EXPECT_TRUE(parse_integer("2^0") == WideInteger{1});
  EXPECT_TRUE(parse_integer("2^64") == WideInteger{1} << 64);
  EXPECT_TRUE(parse_integer("-42") == WideInteger{-42});
  EXPECT_TRUE(parse_integer("-0x10") == WideInteger{-16});
  EXPECT_TRUE(parse_integer("-2^63") == -(WideInteger{1} << 63));
}

TEST(IntegerTextTest, RefusesWhatIsNoInteger) {
  for (const char* text : {"", "-", "--1", "+1", "1 ", " 1", "1x", "x", "0x", "0xg", "2^", "2^65", "2^-1", "2^2^2",
                           "1.0", "18446744073709551616", "0x10000000000000000", "0x-1"}) {
    EXPECT_FALSE(parse_integer(text).has_value()) << text;
  }
}

std::string error_of(std::string_view text, ValueType type) {
  try {
    static_cast<void>(parse_value(text, type));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::INVALID_ARGUMENT);
    return error.what();
  }
  return "";
}

TEST(ValueTypeTest, HasNamesAndWidths) {
  for (const ValueTypeInfo& info : VALUE_TYPES) {
    EXPECT_EQ(find_value_type(info.name), info.type);
    EXPECT_EQ(name_of(info.type), info.name);
    EXPECT_EQ(bits_of(info.type), info.bits);
  }
  EXPECT_EQ(find_value_type("f16"), std::nullopt);
  EXPECT_EQ(find_value_type(""), std::nullopt);
  EXPECT_EQ(mask_of(ValueType::U8), 0xff);
  EXPECT_EQ(mask_of(ValueType::F32), 0xffffffff);
  EXPECT_EQ(mask_of(ValueType::PTR), ~std::uint64_t{0});
  EXPECT_EQ(kind_of(ValueType::F64), CallArgument::Kind::FLOATING_POINT);
  EXPECT_EQ(kind_of(ValueType::PTR), CallArgument::Kind::INTEGER);
}

TEST(ValueTypeTest, ExtendsIntegersByTheirSign) {
  EXPECT_EQ(parse_value("-1", ValueType::I8), ~std::uint64_t{0});
  EXPECT_EQ(parse_value("255", ValueType::I8), ~std::uint64_t{0});
  EXPECT_EQ(parse_value("0x80", ValueType::I8), 0xffffffffffffff80);
  EXPECT_EQ(parse_value("-1", ValueType::U8), 0xff);
  EXPECT_EQ(parse_value("-2^31", ValueType::I32), 0xffffffff80000000);
  EXPECT_EQ(parse_value("4294967295", ValueType::U32), 0xffffffff);
  EXPECT_EQ(parse_value("-1", ValueType::U64), ~std::uint64_t{0});
  EXPECT_EQ(parse_value("18446744073709551615", ValueType::I64), ~std::uint64_t{0});
}

TEST(ValueTypeTest, RefusesIntegersThatDoNotFit) {
  EXPECT_NE(error_of("256", ValueType::U8).find("does not fit into 8 bits"), std::string::npos);
  EXPECT_NE(error_of("-129", ValueType::I8).find("does not fit into 8 bits"), std::string::npos);
  EXPECT_NE(error_of("2^32", ValueType::I32).find("does not fit into 32 bits"), std::string::npos);
  EXPECT_NE(error_of("2^64", ValueType::U64).find("does not fit into 64 bits"), std::string::npos);
  EXPECT_NE(error_of("-9223372036854775809", ValueType::I64).find("does not fit"), std::string::npos);
  EXPECT_NE(error_of("1.5", ValueType::U64).find("'1.5' is no value of u64"), std::string::npos);
}

TEST(ValueTypeTest, ReadsFloatingPointNumbers) {
  EXPECT_EQ(parse_value("0.5", ValueType::F32), 0x3f000000);
  EXPECT_EQ(parse_value("0.49999997", ValueType::F32), 0x3effffff);
  EXPECT_EQ(parse_value("-0", ValueType::F32), 0x80000000);
  EXPECT_EQ(parse_value("1e-45", ValueType::F32), 1);
  EXPECT_EQ(parse_value("-inf", ValueType::F32), 0xff800000);
  EXPECT_EQ(parse_value("nan", ValueType::F32), 0x7fc00000);
  EXPECT_EQ(parse_value("0x3f800000", ValueType::F32), 0x3f800000);
  EXPECT_EQ(parse_value("0x1", ValueType::F64), 1);
  EXPECT_EQ(parse_value("0.1", ValueType::F64), 0x3fb999999999999a);
}

TEST(ValueTypeTest, RefusesFloatingPointNumbersThatAreNone) {
  for (const char* text : {"", "x", "1,5", "0.5f", "1e", "--1", "0x", "0x123456789", "0x1p3", "1 2"}) {
    EXPECT_NE(error_of(text, ValueType::F32).find("is no value of f32"), std::string::npos) << text;
  }
  EXPECT_NE(error_of("1e39", ValueType::F32).find("too large"), std::string::npos);
  EXPECT_NE(error_of("1e-60", ValueType::F32).find("too close to 0"), std::string::npos);
  EXPECT_EQ(error_of("1e39", ValueType::F64), "");
}

TEST(ValueTypeTest, FormatsValuesSoThatTheyReadBackAsTheSameBits) {
  for (const std::uint64_t bits :
       {0x00000000ULL, 0x80000000ULL, 0x00000001ULL, 0x007fffffULL, 0x3effffffULL, 0x3f800000ULL, 0x4b800000ULL,
        0x7f7fffffULL, 0x7f800000ULL, 0xff800000ULL, 0x7fc00000ULL, 0x7f800001ULL, 0xffc12345ULL, 0x501502f9ULL}) {
    EXPECT_EQ(parse_value(format_value(bits, ValueType::F32), ValueType::F32), bits)
        << format_value(bits, ValueType::F32);
  }
  for (const std::uint64_t bits : {0x8000000000000000ULL, 0x7ff0000000000001ULL, 0x3fb999999999999aULL, 1ULL}) {
    EXPECT_EQ(parse_value(format_value(bits, ValueType::F64), ValueType::F64), bits);
  }
  for (const std::uint64_t bits : {0ULL, 0x7fULL, 0x80ULL, 0xffULL}) {
    EXPECT_EQ(parse_value(format_value(bits, ValueType::I8), ValueType::I8) & 0xff, bits);
    EXPECT_EQ(parse_value(format_value(bits, ValueType::U8), ValueType::U8), bits);
  }
}

TEST(ValueTypeTest, FormatsValuesByTheirType) {
  EXPECT_EQ(format_value(~std::uint64_t{0}, ValueType::U64), "18446744073709551615");
  EXPECT_EQ(format_value(~std::uint64_t{0}, ValueType::I64), "-1");
  EXPECT_EQ(format_value(0xabcdef0180, ValueType::I8), "-128");
  EXPECT_EQ(format_value(0xabcdef0180, ValueType::U8), "128");
  EXPECT_EQ(format_value(0x400580, ValueType::PTR), "0x400580");
  EXPECT_EQ(format_value(0x3f800000, ValueType::F32), "1.0");
  EXPECT_EQ(format_value(0x80000000, ValueType::F32), "-0.0");
  EXPECT_EQ(format_value(0x7fc00001, ValueType::F32), "0x7fc00001");
  EXPECT_EQ(describe_value(0x3effffff, ValueType::F32), "0.49999997 (0x3effffff)");
  EXPECT_EQ(describe_value(0, ValueType::F64), "0.0 (0x0000000000000000)");
  EXPECT_EQ(describe_value(0x7fc00001, ValueType::F32), "nan (0x7fc00001)");
  EXPECT_EQ(describe_value(7, ValueType::U8), "7");
}

}  // namespace
}  // namespace armillion::cli
