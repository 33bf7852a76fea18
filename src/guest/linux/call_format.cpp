#include "guest/linux/call_format.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "guest/linux/kernel.hpp"

namespace armillion::guest::kernel {
namespace {

constexpr std::size_t LONGEST_TEXT = 32;
constexpr std::size_t LONGEST_PATH = 256;

struct FlagName {
  std::uint32_t bits;
  std::string_view name;
};

// The names of the set bits joined by '|', the rest in hexadecimal. A name with several bits comes before its parts.
std::string join_flags(std::string text, std::uint32_t bits, std::span<const FlagName> names) {
  const auto append = [&text](std::string_view name) {
    if (!text.empty()) text += '|';
    text += name;
  };
  for (const FlagName& flag : names) {
    if ((bits & flag.bits) != flag.bits) continue;
    append(flag.name);
    bits &= ~flag.bits;
  }
  if (bits != 0) append(fmt::format("{:#x}", bits));
  return text.empty() ? "0" : text;
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char character : text) {
    switch (character) {
      case '\n': result += "\\n"; break;
      case '\t': result += "\\t"; break;
      case '\r': result += "\\r"; break;
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      default:
        if (character >= ' ' && character <= '~') {
          result += character;
        } else {
          result += fmt::format("\\x{:02x}", static_cast<unsigned char>(character));
        }
    }
  }
  return result + '"';
}

}  // namespace

std::string format_argument(Kernel&, Descriptor descriptor, const CallArguments&, std::size_t) {
  return descriptor.number == abi::AT_WORKING_DIRECTORY ? "AT_FDCWD" : fmt::format("{}", descriptor.number);
}

std::string format_argument(Kernel& kernel, Path path, const CallArguments& arguments, std::size_t index) {
  const auto text = kernel.memory.read_string(path.address, LONGEST_PATH);
  return text ? in_quotes(*text) : format_argument(kernel, Address{path.address}, arguments, index);
}

std::string format_argument(Kernel&, Address address, const CallArguments&, std::size_t) {
  return address.value == 0 ? "NULL" : fmt::format("{:#x}", address.value);
}

std::string format_argument(Kernel& kernel, Text text, const CallArguments& arguments, std::size_t index) {
  const std::uint64_t size = index + 1 < arguments.size() ? arguments[index + 1] : 0;
  std::string bytes(std::min<std::uint64_t>(size, LONGEST_TEXT), '\0');
  if (!kernel.memory.read(text.address, std::as_writable_bytes(std::span(bytes)))) {
    return format_argument(kernel, Address{text.address}, arguments, index);
  }
  return in_quotes(bytes) + (size > LONGEST_TEXT ? "..." : "");
}

std::string format_argument(Kernel&, OpenFlags flags, const CallArguments&, std::size_t) {
  static constexpr std::string_view MODES[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
  static constexpr FlagName NAMES[] = {
      {abi::O_TEMPORARY_FILE, "O_TMPFILE"}, {abi::O_CREATE, "O_CREAT"},          {abi::O_EXCLUSIVE, "O_EXCL"},
      {abi::O_NO_TERMINAL, "O_NOCTTY"},     {abi::O_TRUNCATE, "O_TRUNC"},        {abi::O_APPENDING, "O_APPEND"},
      {abi::O_NON_BLOCKING, "O_NONBLOCK"},  {abi::O_DATA_SYNC, "O_DSYNC"},       {abi::O_ONLY_DIRECTORY, "O_DIRECTORY"},
      {abi::O_NO_FOLLOW, "O_NOFOLLOW"},     {abi::O_DIRECT_IO, "O_DIRECT"},      {abi::O_LARGE_FILE, "O_LARGEFILE"},
      {abi::O_NO_ACCESS_TIME, "O_NOATIME"}, {abi::O_CLOSE_ON_EXEC, "O_CLOEXEC"}, {abi::O_PATH_ONLY, "O_PATH"},
  };
  return join_flags(std::string(MODES[flags.bits & abi::O_ACCESS_MODE]), flags.bits & ~abi::O_ACCESS_MODE, NAMES);
}

std::string format_argument(Kernel&, Flags flags, const CallArguments&, std::size_t) {
  return flags.bits == 0 ? "0" : fmt::format("{:#x}", flags.bits);
}

std::string format_argument(Kernel&, WideFlags flags, const CallArguments&, std::size_t) {
  return flags.bits == 0 ? "0" : fmt::format("{:#x}", flags.bits);
}

std::string format_argument(Kernel&, FileMode mode, const CallArguments&, std::size_t) {
  return fmt::format("{:04o}", mode.bits);
}

std::string format_argument(Kernel&, Protection protection, const CallArguments&, std::size_t) {
  static constexpr FlagName NAMES[] = {
      {abi::PROTECTION_READ, "PROT_READ"},
      {abi::PROTECTION_WRITE, "PROT_WRITE"},
      {abi::PROTECTION_EXECUTE, "PROT_EXEC"},
      {abi::PROTECTION_BTI, "PROT_BTI"},
  };
  return protection.bits == 0 ? "PROT_NONE" : join_flags("", protection.bits, NAMES);
}

std::string format_argument(Kernel&, SignalNumber signal, const CallArguments&, std::size_t) {
  if (!is_signal(signal.value)) return fmt::format("{}", signal.value);
  const std::string_view name = signal_name(signal.value);
  return signal.value < FIRST_REAL_TIME_SIGNAL ? std::string(name)
                                               : fmt::format("{}_{}", name, signal.value - FIRST_REAL_TIME_SIGNAL);
}

std::string format_argument(Kernel&, std::int32_t value, const CallArguments&, std::size_t) {
  return fmt::format("{}", value);
}
std::string format_argument(Kernel&, std::uint32_t value, const CallArguments&, std::size_t) {
  return fmt::format("{}", value);
}
std::string format_argument(Kernel&, std::int64_t value, const CallArguments&, std::size_t) {
  return fmt::format("{}", value);
}
std::string format_argument(Kernel&, std::uint64_t value, const CallArguments&, std::size_t) {
  return fmt::format("{}", value);
}

std::string format_result(const CallResult& result) {
  if (result.kind() != CallResult::Kind::VALUE) return " = ?";
  constexpr std::int64_t LARGEST_ERROR = 4095;
  const std::int64_t value = result.value();
  if (value < 0 && value >= -LARGEST_ERROR) {
    const int error = static_cast<int>(-value);
    const char* name = ::strerrorname_np(error);
    return fmt::format(" = -1 {} ({})", name != nullptr ? name : "?", ::strerrordesc_np(error));
  }
  // Large values are addresses.
  constexpr std::int64_t SMALLEST_ADDRESS = 0x10000;
  return value >= SMALLEST_ADDRESS && value % 4096 == 0 ? fmt::format(" = {:#x}", value) : fmt::format(" = {}", value);
}

}  // namespace armillion::guest::kernel
