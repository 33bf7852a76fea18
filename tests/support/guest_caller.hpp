#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "armillion/process.hpp"
#include "support/assembler.hpp"
#include "support/elf_file.hpp"

namespace armillion::test {

inline constexpr std::uint64_t GUEST_CODE = 0x40'0000;
/// Where programs made here have memory to read and write.
inline constexpr std::uint64_t GUEST_DATA = 0x50'0000;
inline constexpr std::uint64_t GUEST_DATA_BYTES = 0x1'0000;

/// A static program of this assembly text, with GUEST_DATA_BYTES of memory at GUEST_DATA.
inline std::vector<std::byte> guest_program(std::string_view assembly) {
  ElfFile file;
  const auto code = assemble(assembly);
  file.header.e_entry = GUEST_CODE;
  file.add_segment(GUEST_CODE, PF_R | PF_X, std::as_bytes(std::span(code)));
  file.add_segment(GUEST_DATA, PF_R | PF_W, {}).p_memsz = GUEST_DATA_BYTES;
  return file.bytes();
}

/// Options for a program that has nothing of the host, neither its streams nor its time.
inline ProcessOptions isolated(std::vector<std::byte> program) {
  ProcessOptions options;
  options.program = "/program";
  options.program_bytes = std::move(program);
  options.clock = ClockSource::VIRTUAL;
  options.standard_input = InputStream::from_bytes("some input\n");
  options.standard_output = OutputStream::capture();
  options.standard_error = OutputStream::capture();
  return options;
}

/// A process whose system calls the host makes, one by one.
class GuestCaller {
 public:
  GuestCaller() : GuestCaller(ProcessOptions()) {}
  /// With other options: the program, streams and clock of `isolated` are put into them.
  explicit GuestCaller(ProcessOptions options)
      : process([&] {
          ProcessOptions base = isolated(guest_program("again: svc #0\n b again"));
          base.directories = std::move(options.directories);
          base.working_directory = std::move(options.working_directory);
          base.memory_limit_bytes = options.memory_limit_bytes;
          base.on_system_call = std::move(options.on_system_call);
          base.on_unsupported_system_call = std::move(options.on_unsupported_system_call);
          return base;
        }()) {}

  /// What the call returns in X0.
  template <class... T>
  std::int64_t call(std::uint64_t number, T... arguments) {
    State& state = process.machine().state();
    std::size_t index = 0;
    ((state.x[index++] = static_cast<std::uint64_t>(arguments)), ...);
    state.x[8] = number;
    state.pc = GUEST_CODE;
    last = process.run(RunOptions{.instruction_limit = 1, .timeout_seconds = 10});
    // A call that waited is over when the next instruction has run.
    if (state.pc == GUEST_CODE + 4 && last.stop_reason == StopReason::INSTRUCTION_LIMIT) {
      last = process.run(RunOptions{.instruction_limit = 1, .timeout_seconds = 10});
    }
    return static_cast<std::int64_t>(state.x[0]);
  }

  /// Puts a zero-terminated text at an address and returns the address.
  std::uint64_t put(std::string_view text, std::uint64_t address = GUEST_DATA) {
    const std::string terminated(text);
    process.machine().write_memory(address, std::as_bytes(std::span(terminated.c_str(), terminated.size() + 1)));
    return address;
  }

  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::uint64_t put_value(const T& value, std::uint64_t address = GUEST_DATA) {
    process.machine().write(address, value);
    return address;
  }

  template <class T>
  T get(std::uint64_t address = GUEST_DATA) {
    return process.machine().read<T>(address);
  }

  std::string get_text(std::uint64_t address, std::size_t size) {
    std::string text(size, '\0');
    process.machine().read_memory(address, std::as_writable_bytes(std::span(text)));
    return text;
  }

  Process process;
  ProcessResult last;
};

}  // namespace armillion::test
