#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/hash.hpp"
#include "armillion/machine.hpp"
#include "armillion/process.hpp"
#include "armillion/state.hpp"
#include "armillion/stop_reason.hpp"

namespace armillion {

/// How a fleet is made.
struct FleetOptions {
  /// How many machines there are.
  std::uint64_t lanes = 1;
  /// What runs them: "cpu" (all cores), "cuda" or "cuda:N" (see `devices`), or "host-lanes", the GPU's code on the CPU.
  std::string device = "cpu";
  /// Memory of the device for pages that lanes write, in bytes, at first; 0 for what suits the number of lanes. The CPU
  /// has no such bound.
  std::uint64_t memory_bytes = 0;
  /// The same at most; 0 for three quarters of what is free.
  std::uint64_t memory_limit_bytes = 0;
  /// Threads of the CPU; 0 for one for each core.
  unsigned threads = 0;
};

/// How far a run of a fleet has come.
struct FleetProgress {
  /// All lanes of the fleet.
  std::uint64_t lanes = 0;
  /// Those that are not running any more.
  std::uint64_t stopped_lanes = 0;
  /// Instructions that all lanes have retired in this run.
  std::uint64_t instructions = 0;
  /// Wall time since the run began.
  double elapsed_seconds = 0;
};

/// What ends a run of a fleet, and who is told of it.
struct FleetRunOptions {
  /// What each lane may retire in this run. A lane's own limit, see `Fleet::set_instruction_limit`, counts too.
  std::uint64_t instruction_limit = UNLIMITED;
  /// Lanes that still run after about this many seconds stop with `TIMEOUT`; 0 for no limit,
  /// less than 0 or no number is Error(INVALID_ARGUMENT).
  double timeout_seconds = 0;
  /// Called a few times a second while lanes run, on the calling thread.
  std::function<void(const FleetProgress&)> on_progress = {};
  /// Called for each lane that stopped, between two launches, on the calling thread. It may give the lane new input, by
  /// the fleet's functions for one lane, and return true to let it run again while the others go on.
  std::function<bool(std::uint64_t lane)> on_stop = {};
};

/// What a run of a fleet did.
struct FleetResult {
  /// Instructions that all lanes retired in this run.
  std::uint64_t instructions = 0;
  /// Wall time of the run.
  double elapsed_seconds = 0;
  /// How many lanes are stopped for each reason, by its number. `RUNNING` is never among them.
  std::array<std::uint64_t, STOP_REASON_COUNT> stops{};

  /// How many lanes are stopped for this reason.
  std::uint64_t stopped_by(StopReason reason) const { return stops[static_cast<std::size_t>(reason)]; }
  /// Instructions per second of all lanes together.
  double ips() const { return elapsed_seconds > 0 ? static_cast<double>(instructions) / elapsed_seconds : 0; }
};

/// What one lane did and why it stopped.
struct LaneResult {
  /// Instructions retired since the fleet was made or the lane was reset.
  std::uint64_t instructions = 0;
  /// `RUNNING` where it has not stopped since it was made or reset.
  StopReason stop_reason = StopReason::RUNNING;
  /// Where it would go on.
  std::uint64_t pc = 0;
  /// See `RunResult::immediate`.
  std::uint32_t immediate = 0;
  /// See `RunResult::fault`.
  MemoryFault fault;
  /// See `ProcessResult::exit_code`. Counts only where `stop_reason` is `EXITED`.
  int exit_code = 0;
  /// See `ProcessResult::signal`. Counts only where `stop_reason` is `EXITED`.
  int signal = 0;
};

/// An argument of a call in every lane.
class CallArgument {
 public:
  /// Where the procedure call standard passes it: X0 to X7 for integers and pointers, V0 to V7 for floating-point
  /// numbers.
  enum class Kind : std::uint8_t { INTEGER, FLOATING_POINT };

  /// A value for each lane: the register's low 64 bits. Floating-point numbers are given by their bits. The values must
  /// outlive the call.
  CallArgument(Kind kind, std::span<const std::uint64_t> values) : kind_(kind), values_(values) {}
  /// Lane k gets `first + k`.
  static CallArgument counting_from(Kind kind, std::uint64_t first) {
    CallArgument argument(kind, {});
    argument.is_counting_ = true;
    argument.first_ = first;
    return argument;
  }

  /// Where it is passed.
  Kind kind() const { return kind_; }
  /// Whether lane k gets `first() + k`.
  bool is_counting() const { return is_counting_; }
  /// Empty where it counts.
  std::span<const std::uint64_t> values() const { return values_; }
  /// Lane 0's value where it counts.
  std::uint64_t first() const { return first_; }

 private:
  Kind kind_;
  std::span<const std::uint64_t> values_;
  bool is_counting_ = false;
  std::uint64_t first_ = 0;
};

/// What a call in every lane returned.
struct CallResult : FleetResult {
  /// X0, or the low half of V0, for each lane. Counts where the lane stopped with `RETURNED`.
  std::vector<std::uint64_t> values;

  /// Whether every lane has returned.
  bool all_returned() const { return stopped_by(StopReason::RETURNED) == values.size(); }
};

/// What a call came to in one lane.
struct CallOutcome {
  /// `RETURNED`, or why the call did not come back.
  StopReason stop_reason = StopReason::RETURNED;
  /// X0, or the low half of V0. Counts where the lane stopped with `RETURNED`.
  std::uint64_t value = 0;

  friend bool operator==(const CallOutcome&, const CallOutcome&) = default;
};

/// A lane in which two functions did not come to the same.
struct CallDifference {
  /// The lane's number.
  std::uint64_t lane = 0;
  /// What the first function came to.
  CallOutcome first;
  /// What the second function came to.
  CallOutcome second;
};

/// What two functions came to in every lane.
struct CallComparison {
  /// All lanes with the first function.
  FleetResult first;
  /// All lanes with the second function.
  FleetResult second;
  /// In ascending order of lanes.
  std::vector<CallDifference> differences;
};

namespace detail {

template <class T>
constexpr CallArgument::Kind CALL_KIND =
    std::is_floating_point_v<T> ? CallArgument::Kind::FLOATING_POINT : CallArgument::Kind::INTEGER;

/// A value as its register's low 64 bits have it. Integers of less than 64 bits are extended by their sign, which no
/// callee may rely on.
template <class T>
std::uint64_t to_register(T value) {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8);
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    return std::bit_cast<Bits>(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

template <class T>
T from_register(std::uint64_t bits) {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8);
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    return std::bit_cast<T>(static_cast<Bits>(bits));
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<std::uint8_t>(bits) != 0;  // the rest of the register is the callee's
  } else {
    return static_cast<T>(bits);
  }
}

}  // namespace detail

/// Many machines that start from one moment of one machine or process, a machine to a lane. They share what none of
/// them has written, run independently of each other, and each ends exactly as it would alone, on any device.
///
/// Between runs each lane can be examined and changed. One thread at a time, except for `cancel`.
class Fleet {
 public:
  /// Lanes that are what `machine` is now, with its breakpoints. Hooks and watchpoints are not taken over.
  /// Error(UNAVAILABLE) or Error(INVALID_ARGUMENT) where there is no such device, Error(OUT_OF_MEMORY) where it has no
  /// room.
  explicit Fleet(Machine& machine, const FleetOptions& options = {});
  /// Lanes that are what `process` is now, wherever it stopped. They share what it has read of its files; system calls
  /// are served for each lane. Its standard output and error are captured, lane by lane; what it inherits of the host's
  /// standard input it sees as empty. Error(INVALID_ARGUMENT) where the process has ended and, on a device other than
  /// "cpu", where it has several threads, a timer or a signal that waits.
  explicit Fleet(Process& process, const FleetOptions& options = {});
  /// What is left may only be assigned to or destroyed.
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;
  ~Fleet();

  /// How many machines there are.
  std::uint64_t lanes() const;
  /// As `devices` names it.
  std::string device() const;

  /// @name Lanes
  /// A number that is not a lane's or a register's is Error(INVALID_ARGUMENT), and so are values that are not one for
  /// each lane.
  /// @{

  /// All registers of a lane.
  State state(std::uint64_t lane) const;
  /// Sets them. `State::zero` must stay 0.
  void set_state(std::uint64_t lane, const State& state);
  /// X0 to X30, and SP as number 31, of all lanes; one value for each.
  std::vector<std::uint64_t> x(unsigned number) const;
  /// Sets that register in all lanes.
  void set_x(unsigned number, std::span<const std::uint64_t> values);
  /// The low halves of V0 to V31 of all lanes.
  std::vector<std::uint64_t> d(unsigned number) const;
  /// Sets them, and the high halves to 0.
  void set_d(unsigned number, std::span<const std::uint64_t> values);
  /// Copies as many bytes as `destination` has. What the host reads and writes ignores permissions. Error(BAD_ADDRESS)
  /// where a byte is not mapped.
  void read_memory(std::uint64_t lane, std::uint64_t address, std::span<std::byte> destination) const;
  /// Errors as above; what lies before the byte that is not mapped may have been written.
  void write_memory(std::uint64_t lane, std::uint64_t address, std::span<const std::byte> source);
  /// The same bytes of all lanes at once: `size_bytes` of lane 0, then of lane 1, and so on. Error(OUT_OF_MEMORY) where
  /// they are more than there can be.
  std::vector<std::byte> read_memory_of_all(std::uint64_t address, std::uint64_t size_bytes) const;
  /// The same: `bytes` has lane 0's bytes first, as many of each lane, else Error(INVALID_ARGUMENT).
  void write_memory_of_all(std::uint64_t address, std::span<const std::byte> bytes);
  /// How many instructions the lane may retire from now on. It stops with `INSTRUCTION_LIMIT` then, and does not run
  /// again until it has a new one.
  void set_instruction_limit(std::uint64_t lane, std::uint64_t instructions);

  /// @}
  /// @name Lanes of a process
  /// Error(INVALID_ARGUMENT) in a fleet of bare machines.
  /// @{

  /// What the lane reads from its standard input, in place of what the process had.
  void set_standard_input(std::uint64_t lane, std::string bytes);
  /// The lane's `argv[1]` and up. Only where the process has not started: Error(INVALID_ARGUMENT) once it has retired
  /// an instruction. Puts the lane back to its start.
  void set_arguments(std::uint64_t lane, const std::vector<std::string>& arguments);
  /// What the lane has written to standard output (1) or standard error (2) since it was made or reset.
  std::string captured_output(std::uint64_t lane, int descriptor = 1) const;

  /// @}
  /// @name Running
  /// @{

  /// Runs all lanes that are not stopped for good until they stop: a lane that halted, faulted or exited is left alone;
  /// one that stopped by a limit of the run, a timeout, cancellation, a breakpoint, a system call, or for want of
  /// memory goes on. A lane that wants to write a page for which the device has no memory stops with `OUT_OF_MEMORY`,
  /// unless `memory_limit_bytes` lets the fleet take more.
  FleetResult run(const FleetRunOptions& options = {});
  /// Makes the current run, or the next, stop its lanes with `CANCELLED` soon (within 20 ms). May be called on any
  /// thread.
  void cancel() noexcept;
  /// Adds to `FleetOptions::memory_limit_bytes`, so that lanes that are out of memory can go on. Nothing on the CPU.
  void add_memory(std::uint64_t bytes);

  /// What the lane did. Error(INVALID_ARGUMENT) where there is no such lane.
  LaneResult result(std::uint64_t lane) const;
  /// What all lanes did.
  std::vector<LaneResult> results() const;
  /// The hash that the lane's machine or process would give alone (`Machine::state_hash`, `Process::state_hash`).
  Hash128 state_hash(std::uint64_t lane) const;
  /// The hashes of all lanes.
  std::vector<Hash128> state_hashes() const;

  /// All lanes back to the moment that they started from, without inputs or limits of their own. On the device.
  void reset();
  /// One lane back to that moment.
  void reset(std::uint64_t lane);

  /// @}
  /// @name Calling functions
  /// @{

  /// Calls the function at `address` in every lane, by the procedure call standard (AAPCS64): resets all lanes, passes
  /// up to 8 arguments of each kind in registers, and runs each lane until the function returns, which is the stop
  /// reason `RETURNED`, or it stops for another reason. `result` says where the value is returned.
  /// Afterwards lanes are reset again; their results stay until something is done to them. Error(INVALID_ARGUMENT) for
  /// too many arguments, and where their values are not as many as the lanes.
  CallResult call(std::uint64_t address, std::span<const CallArgument> arguments,
                  CallArgument::Kind result = CallArgument::Kind::INTEGER, const FleetRunOptions& options = {});

  /// Calls two functions one after the other, each as `call` does, and tells in which lanes they did not come to the
  /// same: another stop reason, or where both returned, another value in the low `result_bits` bits (1 to 64), which is
  /// compared on the device. The limits of `options` are for each of the calls. Afterwards the lanes' results are those
  /// of the second. Errors as above.
  CallComparison compare_calls(std::uint64_t first_address, std::uint64_t second_address,
                               std::span<const CallArgument> arguments,
                               CallArgument::Kind result = CallArgument::Kind::INTEGER, unsigned result_bits = 64,
                               const FleetRunOptions& options = {});

  /// The same as `call` with C++ types, for instance `call<float(float, int)>(address, floats, ints)`, with a span of
  /// values for each argument, one for each lane. Error(INVALID_ARGUMENT) where a lane did not return.
  template <class Signature, class... Spans>
  auto call(std::uint64_t address, const Spans&... arguments) {
    return TypedCall<Signature>::call(*this, address, arguments...);
  }
  /// @}

 private:
  template <class Signature>
  struct TypedCall;

  [[noreturn]] static void throw_not_returned(const CallResult& result);

  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

template <class Result, class... Arguments>
struct Fleet::TypedCall<Result(Arguments...)> {
  static std::vector<Result> call(Fleet& fleet, std::uint64_t address, std::span<const Arguments>... spans) {
    const std::array<std::vector<std::uint64_t>, sizeof...(Arguments)> values{registers_of(spans)...};
    const std::array<CallArgument::Kind, sizeof...(Arguments)> kinds{detail::CALL_KIND<Arguments>...};
    std::vector<CallArgument> arguments;
    for (std::size_t i = 0; i < values.size(); ++i) arguments.emplace_back(kinds[i], values[i]);
    const CallResult outcome = fleet.call(address, arguments, detail::CALL_KIND<Result>);
    if (!outcome.all_returned()) throw_not_returned(outcome);
    std::vector<Result> results;
    results.reserve(outcome.values.size());
    for (const std::uint64_t bits : outcome.values) results.push_back(detail::from_register<Result>(bits));
    return results;
  }

 private:
  template <class T>
  static std::vector<std::uint64_t> registers_of(std::span<const T> values) {
    std::vector<std::uint64_t> registers;
    registers.reserve(values.size());
    for (const T value : values) registers.push_back(detail::to_register(value));
    return registers;
  }
};

}  // namespace armillion
