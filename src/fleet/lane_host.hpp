#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"
#include "fleet/lane_engine.hpp"
#include "guest/address_space.hpp"
#include "guest/linux/delegation.hpp"

namespace armillion::fleet {

/// One lane at one moment, on the host.
struct LaneMoment {
  Snapshot machine;
  /// In place of `machine` where lanes are processes.
  ProcessSnapshot process;
};

/// What the host keeps of a lane besides its machine: for lanes of processes.
struct LaneStreams {
  /// What the lane is to read from standard input from its next run on; nullptr for what it has.
  std::shared_ptr<const std::string> new_input;
  /// What it has written to standard output and standard error.
  std::array<std::string, 2> outputs;
};

/// What all lanes start from, and how to make more of it.
class LaneSource {
 public:
  explicit LaneSource(Machine& machine);
  explicit LaneSource(Process& process);

  bool is_process() const { return options_.has_value(); }
  const LaneMoment& start() const { return start_; }
  /// Its machine alone, of processes too.
  const Snapshot& machine_start() const { return machine_start_; }
  const State& state() const { return state_; }
  std::uint64_t retired_instructions() const { return retired_instructions_; }
  std::uint64_t memory_limit_bytes() const { return memory_limit_bytes_; }
  const std::vector<std::uint64_t>& breakpoints() const { return breakpoints_; }
  /// Of a process, for processes that take its snapshots. Error(INVALID_ARGUMENT) for a machine.
  const ProcessOptions& options() const;

 private:
  LaneMoment start_;
  Snapshot machine_start_;
  State state_;
  std::uint64_t retired_instructions_;
  std::uint64_t memory_limit_bytes_;
  std::vector<std::uint64_t> breakpoints_;
  std::optional<ProcessOptions> options_;
};

/// A machine or process of the host that becomes any lane in turn.
class LaneHost {
 public:
  explicit LaneHost(const LaneSource& source);
  ~LaneHost();
  LaneHost(const LaneHost&) = delete;
  LaneHost& operator=(const LaneHost&) = delete;

  Machine& machine();
  /// Becomes the lane; takes its streams, which `save` gives back.
  void restore(const LaneMoment& moment, LaneStreams& streams);
  LaneMoment save(LaneStreams& streams);
  /// The process with other arguments, before its first instruction. `source` is of a process that has not started.
  LaneMoment start_with(const LaneSource& source, const std::vector<std::string>& arguments);
  Hash128 state_hash() const;
  /// Until the next `restore` the lane runs a function that the host called: where it comes to RETURN_ADDRESS it has
  /// returned.
  void expect_return() { expects_return_ = true; }
  /// The machine alone as all lanes start, for a function that the host calls; of a process, its kernel stays as it is.
  void restore_machine(const LaneSource& source);
  /// Whether a process runs with its kernel, or its machine runs alone, which stops where it would need one.
  enum class With : std::uint8_t { KERNEL, MACHINE };
  /// Runs the lane on the host.
  ProcessResult run(const RunOptions& options, With with = With::KERNEL);
  void cancel() noexcept;

  /// Goes on with a lane of a process that ran elsewhere until `stop`, after which `take_over` makes this host's
  /// machine what the lane is then. The host's kernel does what it has to, until the lane can run on, which is told by
  /// `RUNNING` (elsewhere, or here where its call waits for something), or stops for good or by `limit`: the number of
  /// instructions that the lane may retire, those before `stop` included.
  ProcessResult serve(const RunResult& stop, std::uint64_t limit, const std::function<void()>& take_over);
  /// Whether it can run elsewhere at all: it has one thread, and no timer.
  bool can_run_elsewhere() const;
  /// For lanes of processes: what it takes to serve their calls elsewhere, and the host's part where that was done.
  guest::kernel::Delegation delegate_calls() const;
  void settle_calls(const guest::kernel::ServedCalls& served);

 private:
  RunResult execute(const RunOptions& options);

  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Process> process_;
  bool expects_return_ = false;
};

/// Adds what a run on the host did to what a lane has done.
void add_run(LaneResult& result, const ProcessResult& run);

void set_register(Machine& machine, RegisterFile file, unsigned number, std::uint64_t value);

/// The hash of a process that has one thread, whose machine has this hash.
Hash128 process_state_hash(Hash128 machine);

}  // namespace armillion::fleet
