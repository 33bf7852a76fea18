#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"

namespace armillion::fleet {

/// General registers are numbered as in the architecture, with SP as number 31; of vector registers the low half
/// counts, and writing it makes the high half 0.
enum class RegisterFile : std::uint8_t { GENERAL, VECTOR };

/// A call that the host makes in every lane.
struct Call {
  std::uint64_t address = 0;
  std::span<const CallArgument> arguments;
  CallArgument::Kind result = CallArgument::Kind::INTEGER;
};

/// Where functions that the host calls return to. Nothing is ever mapped there: it lies above every stack.
inline constexpr std::uint64_t RETURN_ADDRESS = 0xffff'ffff'fff0;
inline constexpr unsigned LINK_REGISTER = 30;

/// How often the caller hears of progress.
inline constexpr std::chrono::milliseconds PROGRESS_PERIOD{100};

/// Whether a lane that stopped for this reason goes on when the fleet runs again.
constexpr bool is_resumable(StopReason reason) {
  switch (reason) {
    case StopReason::RUNNING:
    case StopReason::SYSCALL:
    case StopReason::INSTRUCTION_LIMIT:
    case StopReason::BREAKPOINT:
    case StopReason::WATCHPOINT:
    case StopReason::TIMEOUT:
    case StopReason::CANCELLED:
    case StopReason::OUT_OF_MEMORY: return true;
    case StopReason::HALT:
    case StopReason::UNDEFINED_INSTRUCTION:
    case StopReason::MEMORY_FAULT:
    case StopReason::EXITED:
    case StopReason::DEADLOCK:
    case StopReason::RETURNED: return false;
  }
  return false;
}

/// What runs the lanes of a fleet. Arguments have been checked. Lanes are as the moment that they started from until
/// something is done to them.
class LaneEngine {
 public:
  virtual ~LaneEngine() = default;

  virtual std::string device() const = 0;

  virtual State state(std::uint64_t lane) = 0;
  virtual void set_state(std::uint64_t lane, const State& state) = 0;
  virtual std::vector<std::uint64_t> registers(RegisterFile file, unsigned number) = 0;
  virtual void set_registers(RegisterFile file, unsigned number, std::span<const std::uint64_t> values) = 0;
  /// The bytes of `count` lanes from `first` on, lane by lane. Error(BAD_ADDRESS).
  virtual void read_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                           std::span<std::byte> bytes) = 0;
  virtual void write_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                            std::span<const std::byte> bytes) = 0;
  virtual void set_instruction_limit(std::uint64_t lane, std::uint64_t instructions) = 0;

  virtual LaneResult result(std::uint64_t lane) = 0;
  virtual std::vector<LaneResult> results() = 0;
  virtual std::vector<Hash128> state_hashes(std::uint64_t first, std::uint64_t count) = 0;

  /// `cancelled` may become true at any time; who calls makes it false again.
  virtual FleetResult run(const FleetRunOptions& options, std::atomic<bool>& cancelled) = 0;
  /// Resets all lanes, calls, and resets them again, except for their results.
  virtual CallResult call(const Call& call, const FleetRunOptions& options, std::atomic<bool>& cancelled) = 0;
  /// Makes `first`, and the same call of `second_address`, and compares what they return in the bits of `mask`.
  virtual CallComparison compare(const Call& first, std::uint64_t second_address, std::uint64_t mask,
                                 const FleetRunOptions& options, std::atomic<bool>& cancelled);
  virtual void reset() = 0;
  virtual void reset(std::uint64_t lane) = 0;
  virtual void add_memory(std::uint64_t bytes) = 0;

  // Lanes of a process.
  virtual void set_standard_input(std::uint64_t lane, std::string bytes) = 0;
  /// Puts the lane at the start of the program, with these arguments.
  virtual void set_arguments(std::uint64_t lane, const std::vector<std::string>& arguments) = 0;
  /// `descriptor` is 1 or 2.
  virtual std::string captured_output(std::uint64_t lane, int descriptor) = 0;
};

/// What a call came to in all lanes.
struct CallOutcomes {
  std::vector<std::uint64_t> values;
  /// Empty where all lanes have returned.
  std::vector<LaneResult> results;

  CallOutcome operator[](std::uint64_t lane) const {
    return {results.empty() ? StopReason::RETURNED : results[lane].stop_reason, values[lane]};
  }
};

/// The lanes in which they are not the same, in ascending order; of values, the bits of `mask` count.
std::vector<CallDifference> differences_between(const CallOutcomes& first, const CallOutcomes& second,
                                                std::uint64_t mask);

/// The options of a second call, whose progress counts from the end of the first on.
FleetRunOptions options_after(const FleetRunOptions& options, const FleetResult& first);

/// Error(BAD_ADDRESS) that says which bytes of which lane are not mapped.
[[noreturn]] void throw_bad_address(std::uint64_t lane, std::uint64_t address, std::uint64_t size_bytes);

}  // namespace armillion::fleet
