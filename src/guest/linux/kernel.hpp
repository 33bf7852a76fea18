#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "armillion/machine.hpp"
#include "armillion/process.hpp"
#include "guest/address_space.hpp"
#include "guest/linux/file_table.hpp"
#include "guest/linux/memory_files.hpp"
#include "guest/linux/memory_map.hpp"
#include "guest/linux/name_space.hpp"
#include "guest/linux/random.hpp"
#include "guest/linux/result.hpp"
#include "guest/linux/signal_numbers.hpp"
#include "guest/linux/standard_streams.hpp"
#include "guest/linux/thread.hpp"

namespace armillion::guest::kernel {

/// The number of the process and of its first thread.
inline constexpr std::int32_t PROCESS_ID = 1000;
inline constexpr std::int32_t PARENT_PROCESS_ID = 1;
/// The guest's user and group. Files of the user who runs the host program seem to belong to them.
inline constexpr std::uint32_t USER_ID = 1000;

/// How a process ended.
struct ExitStatus {
  int code = 0;
  /// 0 for an exit of its own.
  int signal = 0;
};

/// The ITIMER_REAL timer.
struct AlarmTimer {
  std::optional<Nanoseconds> deadline;
  Nanoseconds interval = 0;
};

/// All that the kernel knows of a process and that a snapshot holds.
struct KernelState {
  std::map<std::int32_t, Thread> threads;
  /// Whose state is on the machine; the thread may have ended.
  std::int32_t current_thread = PROCESS_ID;
  std::int32_t next_thread_id = PROCESS_ID + 1;
  /// Instructions until the next thread's turn.
  std::uint64_t quantum_left = 0;
  std::uint64_t next_wait_order = 0;

  FileTable files;
  DirectoryReference working_directory;
  std::uint32_t file_mode_mask = 022;
  std::uint64_t next_inode = 2;

  MemoryMap mappings;

  /// By signal number; number 0 is unused.
  std::array<abi::SignalAction, SIGNAL_COUNT + 1> signal_actions{};
  std::vector<abi::SignalInfo> pending_signals;
  AlarmTimer alarm;

  /// How far the virtual clock was set forward, in nanoseconds.
  Nanoseconds skipped_time = 0;
  /// What whoever served calls in the kernel's place has told the guest of the host's steady clock.
  Nanoseconds latest_steady_time = 0;
  RandomGenerator random{RandomSource::SEEDED, 0};

  std::array<abi::ResourceLimit, abi::LIMIT_COUNT> limits{};
  std::array<char, 16> thread_name{};
  /// What /proc/self/cmdline shows.
  std::string command_line;
  std::optional<ExitStatus> exit_status;

  /// A copy whose open files are its own.
  KernelState copy() const;
};

/// The Linux kernel as one process sees it. System calls are functions on it, see `handlers.hpp`; here is what they
/// share.
class Kernel : public KernelState {
 public:
  Kernel(Machine& machine, const ProcessOptions& options);

  Machine& machine;
  AddressSpace& memory;
  const ProcessOptions options;
  NameSpace names;
  /// Where the page with the code that ends signal handlers lies.
  std::uint64_t signal_return_address = 0;
  std::shared_ptr<MemoryFileBudget> file_budget;
  std::shared_ptr<CapturedOutput> captured_outputs[3];
  /// Bytes on their way between the guest and its files.
  std::array<std::byte, 65536> transfer_buffer;
  /// The bytes of the program.
  std::span<const std::byte> program_file;

  // Running (run_loop.cpp).

  ProcessResult run(const RunOptions& run_options);
  void cancel() noexcept;
  /// Runs the machine for one slice: `Machine::execute`, unless something else runs it in its place.
  std::function<RunResult(const RunOptions&)> execute;
  /// Makes the run return with `CANCELLED` before the next slice.
  void suspend() { cancelled_.store(true, std::memory_order_relaxed); }
  /// Whether there is one thread, which runs, and nothing that could interrupt it but its own doing.
  bool is_uninterrupted() const;
  /// Puts the machine's registers where the current thread keeps them, for a snapshot or a debugger.
  void save_current_thread();
  void end_process(ExitStatus status);

  // System calls under way.

  Thread& thread() { return threads.at(current_thread); }
  /// Where the call is made again after it was blocked: how it was blocked and why it is made again.
  const Call* resumed_call() const { return resumed_call_ ? &*resumed_call_ : nullptr; }
  /// Makes the current thread wait. The call is made again with the same arguments.
  CallResult block(Wait wait);
  /// Tells the host, once, that the guest wanted something that is not supported. `key` is a system call's number.
  CallResult unsupported(std::uint32_t key, std::string_view name);

  // Time (time.cpp).

  /// CLOCK_MONOTONIC.
  Nanoseconds now() const;
  /// CLOCK_REALTIME, since 1970.
  Nanoseconds time_of_day() const;
  /// The processor time that the process took.
  Nanoseconds processor_time() const;

  // The guest's memory.

  template <class T>
  Result<T> get(std::uint64_t address) const {
    const auto value = memory.read_value<T>(address, Permissions::READ);
    if (!value) return fail(EFAULT);
    return *value;
  }
  template <class T>
  Result<void> put(std::uint64_t address, const T& value) {
    if (!memory.write_value(address, value, Permissions::WRITE)) return fail(EFAULT);
    return {};
  }
  /// A path: EFAULT where it is not readable, ENAMETOOLONG where it is longer than paths may be.
  Result<std::string> get_path(std::uint64_t address) const;
  /// How many bytes from `address` on allow `wanted`, at most `size`.
  std::uint64_t accessible_bytes(std::uint64_t address, std::uint64_t size, Permissions wanted) const;

  // Files (paths.cpp).

  /// Makes this kernel's own captured outputs take what is written to the standard streams, whosever they were, and
  /// lets the guest read `input` from standard input; nullptr leaves what another kernel's snapshot had, where it was
  /// bytes.
  void adopt_standard_streams(const std::shared_ptr<const std::string>& input);

  /// Where a path argument leads, from a directory argument on.
  Result<Location> locate(std::int32_t directory, std::uint64_t path_address, FinalLink final_link);
  /// The same where the path may be empty to mean the descriptor's own file (AT_EMPTY_PATH); then the file is returned.
  struct Target {
    FileReference file;
    std::optional<Location> location;
  };
  Result<Target> locate_target(std::int32_t directory, std::uint64_t path_address, std::uint32_t at_flags);

  // Signals (signals.cpp).

  /// False where too many signals wait already.
  bool send_to_process(const abi::SignalInfo& info);
  bool send_to_thread(Thread& target, const abi::SignalInfo& info);
  /// A signal that the current thread cannot put off: a fault of its own.
  void force_signal(const abi::SignalInfo& info, std::optional<std::uint64_t> syndrome);
  /// Whether a handler would take this signal now.
  bool would_be_handled(const Thread& target, std::int32_t signal) const;
  bool has_deliverable_signal(const Thread& target) const;
  /// Removes and returns a pending signal of this set, blocked or not.
  std::optional<abi::SignalInfo> take_signal_of(std::uint64_t set);
  /// Forgets pending signals of this number.
  void discard_signal(std::int32_t signal);
  /// Puts back what the frame at SP saved. False where there is no valid frame.
  bool return_from_handler();
  /// Runs what pending signals ask for before the current thread goes on.
  void deliver_signals();

  // Threads (threads.cpp, futex.cpp).

  void end_thread(int code);
  /// Wakes up to `count` threads that wait on the address with one of these bits; returns how many.
  std::uint32_t wake_futex(std::uint64_t address, std::uint32_t count, std::uint32_t bits);

  // Files in memory (mapped_files.cpp).

  /// Fills [start, end), which is mapped and zero, from the file and notes it in `kind`, which is
  /// `mappings.private_files` or `mappings.shared_files`.
  void map_file(FileMappings& kind, std::uint64_t start, std::uint64_t end, const FileReference& file,
                std::uint64_t offset);
  /// Copies the file's bytes to [start, end) of its mapping, which is zero.
  void fill_from_file(const FileMapping& mapping, std::uint64_t start, std::uint64_t end);
  /// Writes what was stored through shared file mappings in [start, end) to their files.
  void write_back(std::uint64_t start, std::uint64_t end);
  /// Writes what was stored through any shared mapping of bytes [low, high) of a file, in whole pages, to it, and shows
  /// it in the others.
  void synchronise(const FileIdentity& file, std::uint64_t low, std::uint64_t high);
  /// Shows bytes [low, high) of a file in its shared mappings, after `synchronise`.
  void refresh(const FileIdentity& file, std::uint64_t low, std::uint64_t high);
  /// Makes a change to bytes [low, high) of a file, which its shared mappings show then. Returns what `change` does.
  template <class Change>
  auto change_file(const std::optional<FileIdentity>& file, std::uint64_t low, std::uint64_t high, Change change) {
    if (file) synchronise(*file, low, high);
    auto result = change();
    if (file) refresh(*file, low, high);
    return result;
  }
  /// As the file's functions do, at its own position without an offset; what its shared mappings show agrees.
  Result<std::uint64_t> read_file(OpenFile& file, std::span<std::byte> destination,
                                  std::optional<std::uint64_t> offset);
  Result<std::uint64_t> write_file(OpenFile& file, std::span<const std::byte> source,
                                   std::optional<std::uint64_t> offset);
  Result<void> resize_file(OpenFile& file, std::uint64_t size);

 private:
  struct Run;
  void begin_call();
  void resume_call();
  void make_call(std::uint32_t number, const std::array<std::uint64_t, 6>& arguments);
  Thread* choose_thread();
  void wake_blocked_threads();
  void wake(Thread& target, WakeReason reason);
  void fire_alarm();
  std::optional<Nanoseconds> next_deadline() const;
  StopReason wait_for_host(const Run& current_run);
  void load_thread(Thread& next);
  std::uint64_t slice_length(const Run& current_run) const;
  std::optional<StopReason> execute_slice(Run& current_run);
  std::optional<StopReason> serve_fault(const RunResult& stop);

  void start_handler(const abi::SignalInfo& info, const abi::SignalAction& action);
  void force_after_bad_frame(std::int32_t signal);
  std::optional<abi::SignalInfo> take_deliverable_signal();

  // The call that is being made, and how it was blocked where it is made again.
  std::uint32_t call_number_ = 0;
  std::array<std::uint64_t, 6> call_arguments_{};
  std::optional<Call> resumed_call_;

  std::atomic<bool> cancelled_{false};
  std::bitset<512> reported_calls_;
  // The syndrome of the fault that is being delivered, for the signal frame.
  std::optional<std::uint64_t> fault_syndrome_;
  // A fault that was reported by FatalFault::STOP; when it comes again the process ends.
  std::optional<std::uint64_t> reported_fault_pc_;
  int reported_signal_ = 0;
  // How long the host was waited for while the virtual clock stood still.
  Nanoseconds waited_for_host_ = 0;
};

}  // namespace armillion::guest::kernel
