#include "cli/gdb_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/error.hpp"
#include "cli/gdb_connection.hpp"
#include "cli/gdb_registers.hpp"
#include "cli/gdb_signals.hpp"
#include "cli/gdb_target.hpp"

namespace armillion::cli {

namespace {

constexpr std::size_t MAX_TRANSFER_BYTES = 0x4000;
// How long the guest runs between two looks at the connection.
constexpr double SLICE_SECONDS = 0.02;

// The protocol has signal numbers of its own.
unsigned signal_of(const ProcessResult& result) {
  switch (result.stop_reason) {
    case StopReason::EXITED: return gdb_signal(result.signal);
    case StopReason::UNDEFINED_INSTRUCTION: return gdb_signal(SIGILL);
    case StopReason::MEMORY_FAULT: return gdb_signal(result.fault.kind == FaultKind::ALIGNMENT ? SIGBUS : SIGSEGV);
    case StopReason::CANCELLED: return gdb_signal(SIGINT);
    default: return gdb_signal(SIGTRAP);
  }
}

// Takes a hexadecimal number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

class GdbServer {
 public:
  GdbServer(GdbTarget& target, std::uint16_t port, const RunOptions& limits)
      : target_(target), connection_(port), limits_(limits) {}

  ProcessResult serve() {
    last_.pc = target_.machine().pc();
    while (!finished_) {
      const auto packet = connection_.receive();
      if (!packet) {
        let_go();
        break;
      }
      const std::string reply = safe_answer(*packet);
      if (!finished_ || !reply.empty()) connection_.send(reply);
    }
    return total_;
  }

 private:
  static constexpr const char* BAD_ARGUMENT = "E16";  // EINVAL in hexadecimal
  static constexpr const char* BAD_ADDRESS = "E0e";   // EFAULT

  // What the debugger asks too much of the machine for is the debugger's mistake.
  std::string safe_answer(std::string_view packet) {
    try {
      return answer(packet);
    } catch (const Error&) {
      return BAD_ARGUMENT;
    }
  }

  std::string answer(std::string_view packet) {
    if (packet.empty()) return "";
    const char command = packet.front();
    std::string_view rest = packet.substr(1);
    switch (command) {
      case '?': return stop_reply();
      case 'g': return read_all_registers();
      case 'G': return write_all_registers(rest);
      case 'p': return read_register(rest);
      case 'P': return write_register(rest);
      case 'm': return read_memory(rest);
      case 'M': return write_memory(rest, /*is_binary=*/false);
      case 'X': return write_memory(rest, /*is_binary=*/true);
      case 'c': return resume(rest, Motion::CONTINUE);
      case 's': return resume(rest, Motion::STEP);
      case 'Z': return change_stop(rest, Change::ADD);
      case 'z': return change_stop(rest, Change::REMOVE);
      case 'H': return select_thread(rest);
      case 'T': return is_thread(rest) ? "OK" : BAD_ARGUMENT;
      case 'D': let_go(); return "OK";
      case 'k': kill(); return "";
      case 'q':
      case 'Q': return answer_query(packet);
      case 'v': return answer_verbose(packet);
      default: return "";  // not supported
    }
  }

  std::string answer_query(std::string_view packet) {
    if (packet.starts_with("qSupported")) {
      return fmt::format("PacketSize={:x};QStartNoAckMode+;qXfer:features:read+;{}swbreak+;vContSupported+",
                         MAX_TRANSFER_BYTES, target_.auxiliary_vector().empty() ? "" : "qXfer:auxv:read+;");
    }
    if (packet == "QStartNoAckMode") {
      connection_.stop_acknowledging();
      return "OK";
    }
    if (take(packet, "qXfer:features:read:target.xml:")) return read_part(gdb_target_description(), packet);
    if (take(packet, "qXfer:auxv:read::")) return read_part(target_.auxiliary_vector(), packet);
    if (packet == "qC") return fmt::format("QC{:x}", target_.current_thread());
    if (packet == "qAttached") return "1";
    if (packet == "qfThreadInfo") {
      std::string list;
      for (const int thread : target_.threads()) list += fmt::format("{}{:x}", list.empty() ? "m" : ",", thread);
      return list;
    }
    if (packet == "qsThreadInfo") return "l";
    return "";
  }

  std::string answer_verbose(std::string_view packet) {
    if (packet == "vCont?") return "vCont;c;C;s;S";
    if (packet.starts_with("vKill")) {
      kill();
      return "OK";
    }
    if (!take(packet, "vCont;")) return "";
    // The guest's threads take turns on one machine, so the first action is that of all.
    return resume("", packet.front() == 's' || packet.front() == 'S' ? Motion::STEP : Motion::CONTINUE);
  }

  // The program goes on without the debugger.
  void let_go() {
    remove_all_stops();
    total_.stop_reason = StopReason::RUNNING;
    finished_ = true;
  }

  // The program ends as if by SIGKILL.
  void kill() {
    total_.stop_reason = StopReason::EXITED;
    total_.signal = SIGKILL;
    total_.exit_code = 128 + SIGKILL;
    finished_ = true;
  }

  static std::string read_part(const std::string& whole, std::string_view range) {
    const auto offset = take_number(range);
    const auto length = take(range, ",") ? take_number(range) : std::nullopt;
    if (!offset || !length) return BAD_ARGUMENT;
    if (*offset >= whole.size()) return "l";
    const std::string part = whole.substr(*offset, *length);
    return (*offset + part.size() == whole.size() ? "l" : "m") + part;
  }

  // Registers: those of the selected thread; only the one on the machine can be written.

  State selected_state() const { return target_.thread_state(thread_); }

  std::string read_all_registers() {
    const State state = selected_state();
    std::string digits;
    for (unsigned i = 0; i < GDB_REGISTER_COUNT; ++i) digits += *gdb_read_register(state, i);
    return digits;
  }

  std::string read_register(std::string_view text) {
    const auto number = take_number(text);
    if (!number || *number >= GDB_REGISTER_COUNT) return BAD_ARGUMENT;
    return *gdb_read_register(selected_state(), static_cast<unsigned>(*number));
  }

  bool can_write_registers() const { return thread_ == target_.current_thread(); }

  std::string write_all_registers(std::string_view digits) {
    if (!can_write_registers()) return BAD_ARGUMENT;
    State state = target_.machine().state();
    for (unsigned i = 0; i < GDB_REGISTER_COUNT && !digits.empty(); ++i) {
      const std::string_view one = digits.substr(0, gdb_register_digits(i));
      if (!gdb_write_register(state, i, one)) return BAD_ARGUMENT;
      digits.remove_prefix(one.size());
    }
    target_.machine().state() = state;
    return "OK";
  }

  std::string write_register(std::string_view text) {
    const auto number = take_number(text);
    if (!number || *number >= GDB_REGISTER_COUNT || !take(text, "=") || !can_write_registers()) return BAD_ARGUMENT;
    return gdb_write_register(target_.machine().state(), static_cast<unsigned>(*number), text) ? "OK" : BAD_ARGUMENT;
  }

  std::string read_memory(std::string_view range) {
    const auto address = take_number(range);
    const auto length = take(range, ",") ? take_number(range) : std::nullopt;
    if (!address || !length) return BAD_ARGUMENT;
    std::string bytes(std::min<std::uint64_t>(*length, MAX_TRANSFER_BYTES / 2), '\0');
    try {
      target_.machine().read_memory(*address, std::as_writable_bytes(std::span(bytes)));
    } catch (const Error&) {
      return BAD_ADDRESS;
    }
    return to_hexadecimal(bytes);
  }

  std::string write_memory(std::string_view text, bool is_binary) {
    const auto address = take_number(text);
    const auto length = take(text, ",") ? take_number(text) : std::nullopt;
    if (!address || !length || !take(text, ":")) return BAD_ARGUMENT;
    const auto bytes = is_binary ? std::optional(std::string(text)) : from_hexadecimal(text);
    if (!bytes || bytes->size() != *length) return BAD_ARGUMENT;
    try {
      target_.machine().write_memory(*address, std::as_bytes(std::span(*bytes)));
    } catch (const Error&) {
      return BAD_ADDRESS;
    }
    return "OK";
  }

  // Breakpoints (types 0 and 1) and watchpoints (2: write, 3: read, 4: both).

  enum class Change : std::uint8_t { ADD, REMOVE };

  struct Watchpoint {
    std::uint64_t address;
    std::uint64_t size;
    Access access;

    friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
  };

  std::string change_stop(std::string_view text, Change change) {
    const auto type = take_number(text);
    const auto address = take(text, ",") ? take_number(text) : std::nullopt;
    const auto size = take(text, ",") ? take_number(text) : std::nullopt;
    if (!type || !address || !size) return BAD_ARGUMENT;
    const bool is_breakpoint = *type <= 1;
    // What could never stop the machine is refused: an address between two instructions, an empty range.
    if (is_breakpoint ? *address % 4 != 0 : *size == 0) return BAD_ARGUMENT;
    Machine& machine = target_.machine();
    if (is_breakpoint) {
      if (change == Change::ADD) {
        machine.add_breakpoint(*address);
        breakpoints_.push_back(*address);
      } else {
        machine.remove_breakpoint(*address);
        std::erase(breakpoints_, *address);
      }
      return "OK";
    }
    // GDB knows how to do without watchpoints, which only the CPU has.
    if (*type > 4 || machine.device() != "cpu") return "";
    for (const Access access : {Access::WRITE, Access::READ}) {
      if (*type == 2 && access == Access::READ) continue;
      if (*type == 3 && access == Access::WRITE) continue;
      const Watchpoint watchpoint{*address, *size, access};
      if (change == Change::ADD) {
        machine.add_watchpoint(*address, *size, access);
        watchpoints_.push_back(watchpoint);
      } else {
        machine.remove_watchpoint(*address, *size, access);
        std::erase(watchpoints_, watchpoint);
      }
    }
    return "OK";
  }

  void remove_all_stops() {
    for (const std::uint64_t address : breakpoints_) target_.machine().remove_breakpoint(address);
    breakpoints_.clear();
    for (const Watchpoint& watchpoint : watchpoints_) {
      target_.machine().remove_watchpoint(watchpoint.address, watchpoint.size, watchpoint.access);
    }
    watchpoints_.clear();
  }

  // Threads.

  bool is_thread(std::string_view text) const {
    const auto id = take_number(text);
    const auto threads = target_.threads();
    return id && std::ranges::find(threads, static_cast<int>(*id)) != threads.end();
  }

  std::string select_thread(std::string_view text) {
    if (text.empty()) return BAD_ARGUMENT;
    const char operation = text.front();
    text.remove_prefix(1);
    if (operation != 'g') return "OK";  // which thread goes on is the guest's scheduler's business
    if (text == "0" || text == "-1") {
      thread_ = target_.current_thread();
      return "OK";
    }
    if (!is_thread(text)) return BAD_ARGUMENT;
    thread_ = static_cast<int>(*take_number(text));
    return "OK";
  }

  // Running.

  enum class Motion : std::uint8_t { CONTINUE, STEP };

  std::string resume(std::string_view address, Motion motion) {
    if (const auto pc = take_number(address)) target_.machine().set_pc(*pc);
    // A signal that ends the program is shown first, with the program as it was then.
    const bool is_signal_shown = last_.signal != 0;
    bool is_over = false;
    do {
      RunOptions slice{.instruction_limit = limits_.instruction_limit - total_.instructions,
                       .timeout_seconds = SLICE_SECONDS};
      if (motion == Motion::STEP) slice = {.instruction_limit = std::min<std::uint64_t>(slice.instruction_limit, 1)};
      add(target_.run(slice));
      is_over = has_reached_limit();
      if (last_.stop_reason == StopReason::TIMEOUT && !is_over && connection_.interrupt_requested()) {
        last_.stop_reason = StopReason::CANCELLED;
      }
    } while (last_.stop_reason == StopReason::TIMEOUT && !is_over);
    thread_ = target_.current_thread();
    const bool has_ended = last_.stop_reason == StopReason::HALT || last_.stop_reason == StopReason::EXITED;
    finished_ = is_over || (has_ended && (last_.signal == 0 || is_signal_shown));
    return stop_reply();
  }

  // Whether it was a limit of the session, not the end of a step or a slice, that stopped the program.
  bool has_reached_limit() const {
    if (last_.stop_reason == StopReason::INSTRUCTION_LIMIT) return total_.instructions >= limits_.instruction_limit;
    return last_.stop_reason == StopReason::TIMEOUT && limits_.timeout_seconds > 0 &&
           total_.elapsed_seconds >= limits_.timeout_seconds;
  }

  void add(const ProcessResult& result) {
    const std::uint64_t instructions = total_.instructions + result.instructions;
    const double elapsed_seconds = total_.elapsed_seconds + result.elapsed_seconds;
    last_ = total_ = result;
    total_.instructions = instructions;
    total_.elapsed_seconds = elapsed_seconds;
  }

  std::string stop_reply() const {
    if (last_.stop_reason == StopReason::HALT) return "W00";
    if (last_.stop_reason == StopReason::EXITED && last_.signal == 0) return fmt::format("W{:02x}", last_.exit_code);
    if (finished_) {  // by a signal, or by a limit
      return fmt::format("X{:02x}", last_.stop_reason == StopReason::EXITED ? signal_of(last_) : gdb_signal(SIGXCPU));
    }
    std::string reply = fmt::format("T{:02x}thread:{:x};", signal_of(last_), target_.current_thread());
    if (last_.stop_reason == StopReason::BREAKPOINT) reply += "swbreak:;";
    if (last_.stop_reason == StopReason::WATCHPOINT) {
      reply += fmt::format("{}:{:x};", last_.fault.access == Access::READ ? "rwatch" : "watch", last_.fault.address);
    }
    return reply;
  }

  GdbTarget& target_;
  GdbConnection connection_;
  RunOptions limits_;
  int thread_ = target_.current_thread();
  std::vector<std::uint64_t> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  ProcessResult last_;
  ProcessResult total_;
  bool finished_ = false;
};

}  // namespace

ProcessResult serve_gdb(Process& process, std::uint16_t port, const RunOptions& limits) {
  const auto target = make_gdb_target(process);
  return GdbServer(*target, port, limits).serve();
}

RunResult serve_gdb(Machine& machine, std::uint16_t port, const RunOptions& limits) {
  const auto target = make_gdb_target(machine);
  RunResult result = GdbServer(*target, port, limits).serve();
  // A bare machine knows no exit: what killed it was the host.
  if (result.stop_reason == StopReason::EXITED) result.stop_reason = StopReason::CANCELLED;
  return result;
}

}  // namespace armillion::cli
