#include "cli/gdb_registers.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace armillion::cli {

namespace {

constexpr unsigned SP_NUMBER = 31;
constexpr unsigned PC_NUMBER = 32;
constexpr unsigned CPSR_NUMBER = 33;
constexpr unsigned V0_NUMBER = 34;
constexpr unsigned FPSR_NUMBER = 66;
constexpr unsigned FPCR_NUMBER = 67;

std::size_t register_bytes(unsigned number) {
  if (number < CPSR_NUMBER) return 8;
  if (number >= V0_NUMBER && number < FPSR_NUMBER) return 16;
  return 4;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Where the register stands in the state; nullptr for CPSR, which is made of the flags.
template <class AnyState>
auto register_bytes_in(AnyState& state, unsigned number) {
  using Byte = std::conditional_t<std::is_const_v<AnyState>, const char, char>;
  const auto at = [](auto& member) { return reinterpret_cast<Byte*>(&member); };
  if (number < SP_NUMBER) return at(state.x[number]);
  if (number == SP_NUMBER) return at(state.sp);
  if (number == PC_NUMBER) return at(state.pc);
  if (number >= V0_NUMBER && number < FPSR_NUMBER) return at(state.vectors[number - V0_NUMBER]);
  if (number == FPSR_NUMBER) return at(state.fpsr);
  if (number == FPCR_NUMBER) return at(state.fpcr);
  return static_cast<Byte*>(nullptr);
}

/// One way to see a vector register: $v0.d and so on, as GDB has it where nothing is described.
struct Lanes {
  char letter;
  int count;
  int bits;
  /// GDB's name of the floating-point type; empty for none.
  const char* floating_point;
};

constexpr Lanes LANES[] = {{'d', 2, 64, "ieee_double"},
                           {'s', 4, 32, "ieee_single"},
                           {'h', 8, 16, "ieee_half"},
                           {'b', 16, 8, ""},
                           {'q', 1, 128, ""}};

// Vectors of floating-point numbers, unsigned and signed integers, and the union of them.
std::string describe(const Lanes& lanes) {
  const auto [letter, count, bits, floating_point] = lanes;
  std::string vectors;
  std::string fields;
  const auto add = [&](char kind, const std::string& type) {
    vectors += fmt::format("<vector id=\"v{}{}\" type=\"{}\" count=\"{}\"/>", letter, kind, type, count);
    fields += fmt::format("<field name=\"{0}\" type=\"v{1}{0}\"/>", kind, letter);
  };
  if (*floating_point != '\0') add('f', floating_point);
  add('u', fmt::format("uint{}", bits));
  add('s', fmt::format("int{}", bits));
  return vectors + fmt::format("<union id=\"vn{}\">{}</union>", letter, fields);
}

}  // namespace

std::string gdb_target_description() {
  std::string text =
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
      "<architecture>aarch64</architecture><feature name=\"org.gnu.gdb.aarch64.core\">";
  for (int i = 0; i < 31; ++i) text += fmt::format("<reg name=\"x{}\" bitsize=\"64\"/>", i);
  text +=
      "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/><reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>"
      "<flags id=\"cpsr_flags\" size=\"4\"><field name=\"V\" start=\"28\" end=\"28\"/><field name=\"C\" start=\"29\" "
      "end=\"29\"/><field name=\"Z\" start=\"30\" end=\"30\"/><field name=\"N\" start=\"31\" end=\"31\"/></flags>"
      "<reg name=\"cpsr\" bitsize=\"32\" type=\"cpsr_flags\"/></feature><feature name=\"org.gnu.gdb.aarch64.fpu\">";
  for (const Lanes& lanes : LANES) text += describe(lanes);
  text += "<union id=\"aarch64v\">";
  for (const Lanes& lanes : LANES) text += fmt::format("<field name=\"{0}\" type=\"vn{0}\"/>", lanes.letter);
  text += "</union>";
  for (int i = 0; i < 32; ++i) text += fmt::format("<reg name=\"v{}\" bitsize=\"128\" type=\"aarch64v\"/>", i);
  return text + "<reg name=\"fpsr\" bitsize=\"32\"/><reg name=\"fpcr\" bitsize=\"32\"/></feature></target>";
}

std::optional<std::string> gdb_read_register(const State& state, unsigned number) {
  if (number >= GDB_REGISTER_COUNT) return std::nullopt;
  const std::uint32_t nzcv = state.nzcv();
  const char* bytes = number == CPSR_NUMBER ? reinterpret_cast<const char*>(&nzcv) : register_bytes_in(state, number);
  return to_hexadecimal({bytes, register_bytes(number)});
}

bool gdb_write_register(State& state, unsigned number, std::string_view hexadecimal) {
  if (number >= GDB_REGISTER_COUNT) return false;
  const auto bytes = from_hexadecimal(hexadecimal);
  if (!bytes || bytes->size() != register_bytes(number)) return false;
  if (number == CPSR_NUMBER) {
    std::uint32_t nzcv = 0;
    std::memcpy(&nzcv, bytes->data(), sizeof nzcv);
    state.set_nzcv(nzcv);
  } else {
    std::memcpy(register_bytes_in(state, number), bytes->data(), bytes->size());
  }
  return true;
}

std::size_t gdb_register_digits(unsigned number) { return 2 * register_bytes(number); }

std::string to_hexadecimal(std::string_view bytes) {
  std::string digits;
  digits.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    digits += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    digits += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return digits;
}

std::optional<std::string> from_hexadecimal(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit_of(digits[i]);
    const int low = digit_of(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace armillion::cli
