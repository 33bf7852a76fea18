#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

#include "armillion/error.hpp"
#include "cli/bench/benchmarks.hpp"
#include "cli/bench/child_process.hpp"
#include "cli/bench/loops.hpp"
#include "cli/bench/timing.hpp"

namespace armillion::bench {

namespace {

constexpr const char* QEMU = "qemu-aarch64";
// A run of qemu is not measured in less: its start takes some 10 ms.
constexpr double SHORTEST_QEMU_SECONDS = 0.1;
// Of machine_with.
constexpr std::uint64_t START = 1;

void check(const Loop& loop, const std::string& engine, std::uint64_t iterations, std::uint64_t outcome) {
  const std::uint64_t expected = loop.expected(START, iterations);
  if (outcome == expected) return;
  throw Error(ErrorCode::UNAVAILABLE, fmt::format("{} iterations of the loop '{}' come to {:#x} by {}, not to {:#x}",
                                                  iterations, loop.name, outcome, engine, expected));
}

// A loop on a machine.
class LoopMachine {
 public:
  explicit LoopMachine(const Loop& loop, const MachineOptions& options = {})
      : loop_(loop), machine_(machine_with(loop, options)), start_(machine_.snapshot()) {}

  // Error(UNAVAILABLE) where it comes to something else than it must.
  RunResult run(std::uint64_t iterations) {
    machine_.restore(start_);
    machine_.set_x(1, iterations);
    const RunResult result = machine_.execute();
    check(loop_, machine_.engine(), iterations, machine_.x(0));
    return result;
  }

 private:
  const Loop& loop_;
  Machine machine_;
  Snapshot start_;
};

Figure measure_engine(const Loop& loop, const MachineOptions& machine, const BenchOptions& options) {
  LoopMachine measured(loop, machine);
  const std::uint64_t iterations =
      count_that_takes(options.seconds, [&](std::uint64_t count) { return measured.run(count).elapsed_seconds; });
  return Figure::of_samples(repeat(options.repetitions, [&] { return measured.run(iterations).ips(); }));
}

// A file in memory, which other programs can open by its path.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes) : descriptor_(memfd_create("loop", 0)) {
    if (descriptor_ < 0 || ::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw Error(ErrorCode::FILE_UNREADABLE, fmt::format("no file in memory can be made: {}", std::strerror(errno)));
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  /// For programs that this one starts while the file is there.
  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

// The seconds from its start to its exit.
double run_by_qemu(const Loop& loop, std::uint64_t iterations) {
  const MemoryFile program(linux_program_of(loop, START, iterations));
  const auto start = std::chrono::steady_clock::now();
  const std::string output = output_of({QEMU, program.path()});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::uint64_t outcome = 0;
  if (output.size() != sizeof(outcome)) {
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("{} wrote {} bytes in place of 8", QEMU, output.size()));
  }
  std::memcpy(&outcome, output.data(), sizeof(outcome));
  check(loop, QEMU, iterations, outcome);
  return seconds;
}

// From its start to its exit, less what a run of one iteration takes.
Figure measure_qemu(const Loop& loop, const BenchOptions& options) {
  const double start = median(repeat(std::max(3U, options.repetitions), [&] { return run_by_qemu(loop, 1); }));
  const double seconds = std::max(options.seconds, SHORTEST_QEMU_SECONDS);
  const std::uint64_t iterations =
      count_that_takes(seconds, [&](std::uint64_t count) { return run_by_qemu(loop, count) - start; });
  const auto instructions = static_cast<double>(LoopMachine(loop).run(iterations).instructions);
  return Figure::of_samples(repeat(options.repetitions, [&] {
    return instructions / std::max(run_by_qemu(loop, iterations) - start, SHORTEST_QEMU_SECONDS / 100);
  }));
}

// The first line of what it says of itself; nothing where it is not there.
std::optional<std::string> qemu_version() {
  try {
    const std::string text = output_of({QEMU, "--version"});
    return text.substr(0, text.find('\n'));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

Result measure_cpu(const BenchOptions& options) {
  if (!options.devices.empty() && options.devices != std::vector<std::string>{"cpu"}) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the benchmark cpu is of the device cpu: leave --device out");
  }
  Result result("cpu", "Engines of the CPU, by kind of instructions", Result::Shape::BARS, "loop", "instructions/s");
  const std::optional<std::string> qemu = qemu_version();
  for (const Loop& loop : loops()) {
    const std::string row(loop.name);
    options.on_step(row + " by the interpreter");
    result.set(row, {}, "interpreter", measure_engine(loop, {}, options));
    options.on_step(row + " by the tensor engine");
    result.set(row, {}, "tensor engine", measure_engine(loop, {.engine = "tensor"}, options));
    if (!qemu) continue;
    options.on_step(fmt::format("{} by {}", row, QEMU));
    result.set(row, {}, QEMU, measure_qemu(loop, options));
  }
  result.add_note("The tensor engine: batches of 512 instructions.");
  result.add_note(qemu ? *qemu + ", a translator: from start to exit, less the time of a run of one iteration."
                       : fmt::format("{} is not on the PATH and is left out.", QEMU));
  return result;
}

}  // namespace armillion::bench
