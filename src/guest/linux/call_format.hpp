#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "guest/linux/arguments.hpp"
#include "guest/linux/result.hpp"

// How --strace prints system calls.
namespace armillion::guest::kernel {

class Kernel;

/// The six argument registers.
using CallArguments = std::array<std::uint64_t, 6>;

/// Argument number `index` of a call, as text. One overload for each type of argument.
std::string format_argument(Kernel&, Descriptor, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, Path, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, Address, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, Text, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, OpenFlags, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, Flags, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, WideFlags, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, FileMode, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, Protection, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, SignalNumber, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, std::int32_t, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, std::uint32_t, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, std::int64_t, const CallArguments&, std::size_t index);
std::string format_argument(Kernel&, std::uint64_t, const CallArguments&, std::size_t index);

/// " = 3", " = 0xffff80000000" or " = -1 ENOENT (No such file or directory)"; " = ?" for a call that does not return.
std::string format_result(const CallResult& result);

}  // namespace armillion::guest::kernel
