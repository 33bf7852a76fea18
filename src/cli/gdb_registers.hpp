#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "armillion/state.hpp"

// Registers as GDB numbers them for AArch64: X0 to X30, SP, PC, CPSR, V0 to V31, FPSR, FPCR; in the order of the target
// description.
namespace armillion::cli {

inline constexpr unsigned GDB_REGISTER_COUNT = 68;

/// The description of the target in XML (GDB manual, appendix G).
std::string gdb_target_description();

/// The register's bytes as hexadecimal digits; nothing where there is no such register.
std::optional<std::string> gdb_read_register(const State& state, unsigned number);

/// Sets a register from hexadecimal digits; false where there is no such register or the digits do not fit.
bool gdb_write_register(State& state, unsigned number, std::string_view hexadecimal);

/// How many hexadecimal digits the register has.
std::size_t gdb_register_digits(unsigned number);

/// Bytes to hexadecimal digits and back. Nothing where a character is no digit or one is left over.
std::string to_hexadecimal(std::string_view bytes);
std::optional<std::string> from_hexadecimal(std::string_view digits);

}  // namespace armillion::cli
