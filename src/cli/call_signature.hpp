#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/value_type.hpp"

namespace armillion::cli {

/// What a function takes and returns.
struct CallSignature {
  ValueType result = ValueType::U64;
  std::vector<ValueType> parameters;

  /// As `parse_signature` reads it.
  std::string to_string() const;
};

/// How many parameters of each kind, integers and floating-point numbers, registers pass (AAPCS64, section 6.8.2).
inline constexpr std::size_t MOST_PARAMETERS_OF_A_KIND = 8;

/// Reads TYPE(TYPE, ...), for instance "f32(f32, i32)" or "u64()". Error(INVALID_ARGUMENT) that points at the place
/// where it is not of that form.
CallSignature parse_signature(std::string_view text);

/// A function of this many 64-bit integers.
CallSignature integer_signature(std::size_t parameters);

}  // namespace armillion::cli
