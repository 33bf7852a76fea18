#include "cli/value_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <system_error>

#include "armillion/error.hpp"
#include "cli/integer_text.hpp"

namespace armillion::cli {

namespace {

const ValueTypeInfo& info_of(ValueType type) { return *std::ranges::find(VALUE_TYPES, type, &ValueTypeInfo::type); }

bool is_signed(ValueType type) { return info_of(type).name.starts_with('i'); }

[[noreturn]] void throw_no_value(std::string_view text, ValueType type, std::string_view reason) {
  throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("'{}' is no value of {}: {}", text, name_of(type), reason));
}

std::uint64_t sign_extend(std::uint64_t bits, unsigned width) {
  const unsigned shift = 64 - width;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << shift) >> shift);
}

std::uint64_t parse_integer_value(std::string_view text, ValueType type) {
  const unsigned width = bits_of(type);
  const auto integer = parse_integer(text);
  if (!integer) throw_no_value(text, type, "integers are written 42, -42, 0x2a or 2^5");
  if (*integer < -(WideInteger{1} << (width - 1)) || *integer >= WideInteger{1} << width) {
    throw_no_value(text, type, fmt::format("it does not fit into {} bits", width));
  }
  const auto bits = static_cast<std::uint64_t>(*integer) & mask_of(type);
  return is_signed(type) ? sign_extend(bits, width) : bits;
}

template <class T, class Bits>
std::uint64_t parse_floating_point(std::string_view text, ValueType type) {
  if (text.starts_with("0x")) {
    const auto bits = parse_integer(text);
    if (!bits || *bits > mask_of(type)) {
      throw_no_value(text, type, fmt::format("its bits are up to {} hexadecimal digits", bits_of(type) / 4));
    }
    return static_cast<std::uint64_t>(*bits);
  }
  T value = 0;
  const auto [stop, error] = std::from_chars(text.begin(), text.end(), value);
  if (error == std::errc::result_out_of_range) throw_no_value(text, type, "it is too large or too close to 0");
  if (error != std::errc() || stop != text.end()) {
    throw_no_value(text, type, "numbers are written 0.5, -1e10, inf or nan, bit patterns 0x3f000000");
  }
  return std::bit_cast<Bits>(value);
}

template <class T, class Bits>
std::string format_floating_point(std::uint64_t bits) {
  const T value = std::bit_cast<T>(static_cast<Bits>(bits));
  if (std::isnan(value)) return fmt::format("{:#0{}x}", static_cast<Bits>(bits), sizeof(T) * 2 + 2);
  std::string text = fmt::format("{}", value);
  // That it is no integer shall show, also to those who read -0.
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::optional<ValueType> find_value_type(std::string_view name) {
  const auto* const found = std::ranges::find(VALUE_TYPES, name, &ValueTypeInfo::name);
  return found == VALUE_TYPES.end() ? std::nullopt : std::optional(found->type);
}

std::string_view name_of(ValueType type) { return info_of(type).name; }

unsigned bits_of(ValueType type) { return info_of(type).bits; }

bool is_floating_point(ValueType type) { return type == ValueType::F32 || type == ValueType::F64; }

CallArgument::Kind kind_of(ValueType type) {
  return is_floating_point(type) ? CallArgument::Kind::FLOATING_POINT : CallArgument::Kind::INTEGER;
}

std::uint64_t mask_of(ValueType type) { return ~std::uint64_t{0} >> (64 - bits_of(type)); }

std::uint64_t parse_value(std::string_view text, ValueType type) {
  switch (type) {
    case ValueType::F32: return parse_floating_point<float, std::uint32_t>(text, type);
    case ValueType::F64: return parse_floating_point<double, std::uint64_t>(text, type);
    default: return parse_integer_value(text, type);
  }
}

std::string format_value(std::uint64_t bits, ValueType type) {
  switch (type) {
    case ValueType::F32: return format_floating_point<float, std::uint32_t>(bits);
    case ValueType::F64: return format_floating_point<double, std::uint64_t>(bits);
    case ValueType::PTR: return fmt::format("{:#x}", bits);
    default: break;
  }
  if (is_signed(type)) return fmt::format("{}", static_cast<std::int64_t>(sign_extend(bits, bits_of(type))));
  return fmt::format("{}", bits & mask_of(type));
}

std::string describe_value(std::uint64_t bits, ValueType type) {
  if (!is_floating_point(type)) return format_value(bits, type);
  const std::uint64_t own_bits = bits & mask_of(type);
  const bool is_nan = type == ValueType::F32 ? std::isnan(std::bit_cast<float>(static_cast<std::uint32_t>(own_bits)))
                                             : std::isnan(std::bit_cast<double>(own_bits));
  return fmt::format("{} ({:#0{}x})", is_nan ? "nan" : format_value(bits, type), own_bits, bits_of(type) / 4 + 2);
}

}  // namespace armillion::cli
