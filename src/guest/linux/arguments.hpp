#pragma once

#include <cstdint>

// Types of system call arguments. They say how a register's 64 bits are read (an `int` is the low 32, as in the kernel)
// and how --strace prints the argument.
namespace armillion::guest::kernel {

/// A file descriptor, or AT_FDCWD.
struct Descriptor {
  std::int32_t number;
};
/// Address of a path.
struct Path {
  std::uint64_t address;
};
/// Address of any data, or of code.
struct Address {
  std::uint64_t value;
};
/// Address of bytes that the call reads; the next argument is their number.
struct Text {
  std::uint64_t address;
};
/// `O_` flags.
struct OpenFlags {
  std::uint32_t bits;
};
/// Other flags, in hexadecimal.
struct Flags {
  std::uint32_t bits;
};
/// Flags in a whole register.
struct WideFlags {
  std::uint64_t bits;
};
/// A file mode, in octal.
struct FileMode {
  std::uint32_t bits;
};
/// PROT_ flags.
struct Protection {
  std::uint32_t bits;
};
struct SignalNumber {
  std::int32_t value;
};
// Plain numbers: std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, in decimal.

}  // namespace armillion::guest::kernel
