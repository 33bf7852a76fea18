#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "armillion/fleet.hpp"

namespace armillion::cli {

/// The types that the command passes to functions and gets from them.
enum class ValueType : std::uint8_t { I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, PTR };

struct ValueTypeInfo {
  ValueType type;
  std::string_view name;
  unsigned bits;
};
inline constexpr std::array<ValueTypeInfo, 11> VALUE_TYPES{{{ValueType::I8, "i8", 8},
                                                            {ValueType::I16, "i16", 16},
                                                            {ValueType::I32, "i32", 32},
                                                            {ValueType::I64, "i64", 64},
                                                            {ValueType::U8, "u8", 8},
                                                            {ValueType::U16, "u16", 16},
                                                            {ValueType::U32, "u32", 32},
                                                            {ValueType::U64, "u64", 64},
                                                            {ValueType::F32, "f32", 32},
                                                            {ValueType::F64, "f64", 64},
                                                            {ValueType::PTR, "ptr", 64}}};

std::optional<ValueType> find_value_type(std::string_view name);
std::string_view name_of(ValueType type);
unsigned bits_of(ValueType type);
bool is_floating_point(ValueType type);
/// Which registers pass it.
CallArgument::Kind kind_of(ValueType type);
/// The bits of a register that belong to a value of this type; callees may leave anything in the others.
std::uint64_t mask_of(ValueType type);

/// Reads a value into its register's low 64 bits. Integers are written as `parse_integer` reads them, and may be any
/// that have a representation in so many bits, signed or not. Floating-point numbers are decimal, "inf", "nan" or their
/// bits as "0x...". Error(INVALID_ARGUMENT) for anything else.
std::uint64_t parse_value(std::string_view text, ValueType type);

/// As short as `parse_value` needs to read the same bits again: decimal numbers, but pointers and NaNs, which have more
/// than one representation, as hexadecimal bits.
std::string format_value(std::uint64_t bits, ValueType type);
/// The same, followed by the bits in brackets for floating-point numbers: "0.5 (0x3f000000)".
std::string describe_value(std::uint64_t bits, ValueType type);

}  // namespace armillion::cli
