#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

// What CLI11 does not refuse by itself of an option's value, or only in a way that says little.
namespace armillion::cli {

/// A value that is not empty.
CLI::Validator not_empty();
/// NAME=VALUE.
CLI::Validator assignment();
/// A whole number of 64 bits without a sign, not less than `least`: decimal, hexadecimal ("0x10") or a power of two
/// ("2^32").
CLI::Validator whole_number(std::uint64_t least = 0);
/// A length of time: seconds, more than 0.
CLI::Validator seconds();

}  // namespace armillion::cli
