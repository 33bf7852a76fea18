#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/hash.hpp"
#include "armillion/permissions.hpp"
#include "armillion/state.hpp"
#include "armillion/stop_reason.hpp"
#include "armillion/tensor.hpp"

namespace armillion {

/// No limit on the number of instructions.
inline constexpr std::uint64_t UNLIMITED = ~std::uint64_t{0};

/// How a machine is made.
struct MachineOptions {
  /// Size of the flat memory that is mapped from address 0 with all permissions; rounded up to whole 4 KiB pages. 0
  /// maps nothing. Pages cost host memory only once written.
  std::uint64_t memory_bytes = 4 * 1024 * 1024;
  /// Upper bound of all writable memory that the machine may map, in bytes, `memory_bytes` included.
  std::uint64_t memory_limit_bytes = std::uint64_t{16} * 1024 * 1024 * 1024;
  /// Where the machine runs: "cpu", "cuda" for the first GPU that can be used, "cuda:0" and up for one of them (see
  /// `devices`), or "host-lanes", a GPU's code on the CPU, which is for tests. Results are the same everywhere.
  std::string device = "cpu";
  /// How it executes instructions: "interpreter", or "tensor", which executes batches of them as arrays: slower, and
  /// there to show how that way works (docs/tensor.md), on the CPU and on GPUs. Results are the same.
  std::string engine = "interpreter";
  /// Most instructions of a batch of the tensor engine, 1 to `LARGEST_BATCH`.
  std::uint32_t tensor_batch = 512;
  /// Whether the tensor engine executes many iterations of a loop at once; only for the device "cpu".
  LoopAcceleration tensor_loops = LoopAcceleration::OFF;
};

/// What ends a run that would otherwise go on.
struct RunOptions {
  /// Stops with `INSTRUCTION_LIMIT` after exactly this many instructions.
  std::uint64_t instruction_limit = UNLIMITED;
  /// Stops with `TIMEOUT` after about this many seconds (within 20 ms); 0 for no limit,
  /// less than 0 or no number is Error(INVALID_ARGUMENT).
  double timeout_seconds = 0;
};

/// Who begins the next batch of `Machine::execute_continuous`.
enum class Dispatch : std::uint8_t {
  /// The host, which launches each batch.
  HOST,
  /// The device itself: its program stays there from batch to batch. Small batches are then as fast as large ones.
  DEVICE,
};

/// How `Machine::execute_continuous` runs.
struct ContinuousOptions {
  /// Instructions of one batch; more than 0.
  std::uint64_t batch_instructions = 1'000'000;
  /// Stops with `INSTRUCTION_LIMIT` after this many full batches.
  std::uint64_t max_batches = UNLIMITED;
  /// Stops with `TIMEOUT` after about this many seconds (within 20 ms); 0 for no limit,
  /// less than 0 or no number is Error(INVALID_ARGUMENT).
  double timeout_seconds = 0;
  /// Who begins the next batch.
  Dispatch dispatch = Dispatch::HOST;
};

/// How far the run is that `Machine::start` began.
struct Progress {
  /// Whether it is still going on.
  bool is_running = false;
  /// Instructions that the run has retired, as of the last time that its engine told: every few milliseconds while
  /// it runs, exact afterwards.
  std::uint64_t instructions = 0;
};

/// What a run did and why it stopped.
struct RunResult {
  /// Instructions retired by this run.
  std::uint64_t instructions = 0;
  /// Wall time of the run.
  double elapsed_seconds = 0;
  /// Why it stopped.
  StopReason stop_reason = StopReason::RUNNING;
  /// Where the machine would go on.
  std::uint64_t pc = 0;
  /// The 16-bit immediate of the `SVC`, `HLT` or `BRK` that stopped the run; 0 otherwise.
  std::uint32_t immediate = 0;
  /// What was not allowed where `stop_reason` is `MEMORY_FAULT`; what touched a watchpoint where it is `WATCHPOINT`.
  MemoryFault fault;

  /// Instructions per second; 0 where the run took no time that could be measured.
  double ips() const { return elapsed_seconds > 0 ? static_cast<double>(instructions) / elapsed_seconds : 0; }
};

/// A guest access, as a memory hook sees it: called before the access takes effect.
struct MemoryAccess {
  /// The instruction's address.
  std::uint64_t pc = 0;
  /// The first byte's address.
  std::uint64_t address = 0;
  /// In bytes, up to 64.
  std::uint32_t size = 0;
  /// READ or WRITE.
  Access access = Access::READ;
};

/// A machine's whole state at one moment; cheap to copy, may be restored any number of times, also into another
/// machine and on another thread.
class Snapshot {
 public:
  /// Of no moment: going back to it is Error(INVALID_ARGUMENT).
  Snapshot();
  Snapshot(const Snapshot&);
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(const Snapshot&);
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

 private:
  friend class Machine;
  struct Data;
  std::shared_ptr<const Data> data_;
};

namespace guest {
class AddressSpace;
}
namespace engine::gpu {
class DeviceMachine;
}

/// One AArch64 machine: state and memory, executed on the CPU or on a GPU. It has no hidden global state: any number of
/// machines may run on any number of threads, each machine on one thread at a time.
///
/// While a run that `start` began is going on, the machine's hook of system calls may use it, on the thread of that
/// run; elsewhere only `poll`, `is_running`, `wait`, `cancel` and `device` may be called. Everything else is
/// Error(INVALID_ARGUMENT).
class Machine {
 public:
  /// Error(INVALID_ARGUMENT) for a device that does not exist, Error(UNAVAILABLE) for a GPU that is not there or cannot
  /// be used, saying why.
  explicit Machine(const MachineOptions& options = {});
  /// A machine that is running may be moved. What is left may only be assigned to or destroyed.
  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;
  /// Cancels a run that `start` began, and waits for it.
  ~Machine();

  /// What the machine runs on: "cpu", "cuda:0" and up, or "host-lanes".
  std::string device() const;

  /// @name Program and state
  /// @{

  /// Writes instructions to `address` and sets PC to it. Error(BAD_ADDRESS) where they do not fit into mapped memory.
  void load_program(std::span<const std::uint32_t> words, std::uint64_t address = 0);
  /// The same for instructions as bytes, the lowest byte of each first.
  void load_program(std::span<const std::byte> bytes, std::uint64_t address = 0);

  /// The address of the next instruction.
  std::uint64_t pc() const { return state().pc; }
  /// Sets it.
  void set_pc(std::uint64_t address) { state().pc = address; }
  /// X0 to X30 and, as number 31, SP. Error(INVALID_ARGUMENT) for a higher number.
  std::uint64_t x(unsigned number) const;
  /// Sets one of them.
  void set_x(unsigned number, std::uint64_t value);
  /// V0 to V31, all 128 bits. Error(INVALID_ARGUMENT) for a higher number.
  VectorRegister vector(unsigned number) const;
  /// Sets one of them.
  void set_vector(unsigned number, VectorRegister value);
  /// N, Z, C, V in bits 31 to 28.
  std::uint32_t nzcv() const { return state().nzcv(); }
  /// Sets them; all other bits are ignored.
  void set_nzcv(std::uint32_t value) { state().set_nzcv(value); }
  /// Everything at once. Between runs it may be changed freely; `zero` must stay 0.
  State& state();
  const State& state() const;

  /// @}
  /// @name Memory
  /// What the host reads and writes ignores permissions. Error(BAD_ADDRESS), with nothing changed, where a byte is not
  /// mapped.
  /// @{

  /// Copies as many bytes as `destination` has from `address` on.
  void read_memory(std::uint64_t address, std::span<std::byte> destination) const;
  /// Copies all bytes of `source` to `address` and on.
  void write_memory(std::uint64_t address, std::span<const std::byte> source);
  /// The `sizeof(T)` bytes at `address` as a value of the host.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  T read(std::uint64_t address) const {
    T value;
    read_memory(address, std::as_writable_bytes(std::span<T, 1>(&value, 1)));
    return value;
  }
  /// Copies the bytes of `value` to `address`.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void write(std::uint64_t address, const T& value) {
    write_memory(address, std::as_bytes(std::span<const T, 1>(&value, 1)));
  }
  /// Maps pages of zeros, in place of what is there. Error(INVALID_ARGUMENT) where address and size, in bytes, are not
  /// multiples of 4096 or go beyond 48 bits, Error(OUT_OF_MEMORY) where `MachineOptions::memory_limit_bytes` would be
  /// passed.
  void map_memory(std::uint64_t address, std::uint64_t size_bytes, Permissions permissions);
  /// Nothing is mapped there afterwards. Error(INVALID_ARGUMENT) as above.
  void unmap_memory(std::uint64_t address, std::uint64_t size_bytes);
  /// Other permissions for mapped pages. Errors as above, and Error(BAD_ADDRESS) where part of the range is not mapped.
  void protect_memory(std::uint64_t address, std::uint64_t size_bytes, Permissions permissions);

  /// @}
  /// @name Running
  /// All of these do the same to the machine, to the bit, on every device; they differ in when the host looks.
  /// @{

  /// Runs until a stop: one launch on a GPU, which the host waits for. A run that ended by limit, timeout,
  /// cancellation, syscall, breakpoint, watchpoint or for want of memory goes on where it stopped when called again.
  RunResult execute(const RunOptions& options = {});
  /// The same with an instruction limit.
  RunResult execute(std::uint64_t instruction_limit);
  /// Runs batch after batch until a stop, the last batch or the timeout; on a GPU each is one launch, unless the device
  /// begins the next one itself (`ContinuousOptions::dispatch`). Between two batches
  /// the host looks at timeout and cancellation, also where the device could not be told while it runs.
  /// Error(INVALID_ARGUMENT) for batches of 0 instructions.
  RunResult execute_continuous(const ContinuousOptions& options = {});
  /// Runs until a stop or until all of `total_instructions` have retired, in one launch on a GPU.
  RunResult execute_mega(std::uint64_t total_instructions);
  /// One instruction; a breakpoint at PC is passed over.
  RunResult step();

  /// Begins what `execute` does and returns at once (within 100 us); a thread that the machine keeps goes on with it.
  /// Error(INVALID_ARGUMENT) where the machine is running.
  void start(const RunOptions& options = {});
  /// How far that run is; where none was started, all zero. Costs no synchronisation with a device.
  Progress poll() const noexcept;
  /// Whether that run is still going on.
  bool is_running() const noexcept;
  /// Waits for the end of the run that `start` began. What a hook threw in it is thrown here. May be called again.
  /// Error(INVALID_ARGUMENT) where none was started.
  RunResult wait();
  /// Makes the current run, or the next, stop with `CANCELLED` soon (within 20 ms); the machine can go on from there.
  /// May be called on any thread.
  void cancel() noexcept;
  /// Instructions retired by all runs of this machine since it was made; restored with a snapshot. In a memory hook,
  /// what retired lately is missing.
  std::uint64_t retired_instructions() const;
  /// How the machine executes instructions: "interpreter" or "tensor".
  std::string engine() const;
  /// What the tensor engine has done; all zero for any other.
  TensorStatistics tensor_statistics() const;

  /// @}
  /// @name Snapshots
  /// @{

  /// The whole machine at this moment; costs nothing until memory is written.
  Snapshot snapshot();
  /// Back to that moment; costs in proportion to the memory written since. Breakpoints, watchpoints and hooks stay.
  /// Error(OUT_OF_MEMORY) where the snapshot's mappings pass this machine's memory limit, Error(INVALID_ARGUMENT) for a
  /// snapshot of no moment.
  void restore(const Snapshot& snapshot);
  /// A hash of state and memory: the same for the same machine on any engine, device and host.
  Hash128 state_hash() const;

  /// @}
  /// @name Breakpoints, watchpoints, hooks
  /// They cost nothing while there are none. An empty function removes a hook, also in the hook itself. What a hook
  /// throws ends the run and reaches its caller; the machine can go on from there. Only the hook of system calls may
  /// run the machine. Watchpoints and all other hooks are for the CPU: setting one on another device is
  /// Error(INVALID_ARGUMENT).
  /// @{

  /// Stops with `BREAKPOINT` before the instruction at `address`, except where a run starts there. The address is a
  /// multiple of 4, else Error(INVALID_ARGUMENT).
  void add_breakpoint(std::uint64_t address);
  /// Nothing where there is none.
  void remove_breakpoint(std::uint64_t address);
  /// Whether there is one at `address`.
  bool has_breakpoint(std::uint64_t address) const;
  /// The addresses of all breakpoints, in ascending order.
  std::vector<std::uint64_t> breakpoints() const;
  /// Stops with `WATCHPOINT` after an instruction that accesses [address, address + size) in this way (READ or WRITE).
  /// Error(INVALID_ARGUMENT) for EXECUTE and for an empty range.
  void add_watchpoint(std::uint64_t address, std::uint64_t size_bytes, Access access);
  /// Removes the watchpoint that was added with the same arguments; nothing where there is none.
  void remove_watchpoint(std::uint64_t address, std::uint64_t size_bytes, Access access);
  /// Called before every load and store. It may change memory and mappings, but not registers.
  void set_memory_hook(std::function<void(const MemoryAccess&)> hook);
  /// Called with the address of every basic block as it is entered: after each branch instruction, taken or not, and
  /// where a run starts.
  void set_block_hook(std::function<void(std::uint64_t pc)> hook);
  /// Called at every `SVC` with its immediate; the machine may be read and changed in it. Where it returns true the
  /// call is served and the run goes on; otherwise the run stops with `SYSCALL`.
  void set_syscall_hook(std::function<bool(Machine&, std::uint32_t immediate)> hook);
  /// Called with the PC before every instruction. For tracing; slow.
  void set_instruction_hook(std::function<void(std::uint64_t pc)> hook);

  /// @}

  /// @cond INTERNAL
  /// For the library's own layers.
  guest::AddressSpace& address_space();
  const guest::AddressSpace& address_space() const;
  /// What runs the machine where that is a device; nullptr on the CPU.
  engine::gpu::DeviceMachine* device_machine();
  void set_retired_instructions(std::uint64_t count);
  /// As `execute`, but `elapsed_seconds` is 0: to look at the clock twice takes as long as a short run.
  RunResult execute_untimed(const RunOptions& options);
  /// @endcond

 private:
  struct Implementation;
  class Borrowed;
  explicit Machine(std::unique_ptr<Implementation> implementation) noexcept;
  Implementation& idle() const;

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace armillion
