#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <thread>

#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

constexpr unsigned char ONE_LANE_PROGRAM[] = {
#embed "one_lane.elf"
};

constexpr std::uint64_t STORE_BYTES = 4096;
constexpr std::uint64_t STORE_ADDRESS = 0x10000000;
constexpr std::chrono::milliseconds POLL_PERIOD{1};

struct OneLaneProgram {
  std::string_view what;
  std::string_view symbol;
  /// How much of it runs; 0 for as much as the command line says.
  std::uint64_t instructions;
  /// What the authors of an emulator in Metal, MLX and PyTorch published for it, on an Apple M4 Pro.
  std::string_view published;
};

constexpr std::array PROGRAMS{
    OneLaneProgram{"ADD, B", "add_loop", 0, "2.1 M; asynchronous 3.49 M"},
    OneLaneProgram{"ADD, STR, B", "add_store_loop", 0, "1.9 M; asynchronous 3.05 M"},
    OneLaneProgram{"branchy loop", "branchy_loop", 0, "422, batches of 64"},
    OneLaneProgram{"10,000 ADDs in a line", "straight_10000", 10'001, "119 k, batches of 512"},
    OneLaneProgram{"100,000 ADDs in a line", "straight_100000", 100'001, "119 k, batches of 512"},
};

// One of the ways in which a machine runs. Each does the same.
struct Mode {
  std::string_view name;
  RunResult (*run)(Machine& machine, std::uint64_t instructions);
};

template <std::uint64_t BATCH_INSTRUCTIONS, Dispatch DISPATCH>
RunResult run_in_batches(Machine& machine, std::uint64_t instructions) {
  const std::uint64_t batch = std::min(instructions, BATCH_INSTRUCTIONS);
  return machine.execute_continuous(
      {.batch_instructions = batch, .max_batches = (instructions + batch - 1) / batch, .dispatch = DISPATCH});
}

RunResult run_beside_the_host(Machine& machine, std::uint64_t instructions) {
  machine.start({.instruction_limit = instructions});
  while (machine.poll().is_running) std::this_thread::sleep_for(POLL_PERIOD);
  return machine.wait();
}

constexpr std::array MODES{
    Mode{"execute", [](Machine& machine, std::uint64_t instructions) { return machine.execute(instructions); }},
    Mode{"batches of 1 M", run_in_batches<1'000'000, Dispatch::HOST>},
    Mode{"of 10 K", run_in_batches<10'000, Dispatch::HOST>},
    Mode{"of 1 K", run_in_batches<1'000, Dispatch::HOST>},
    Mode{"of 1 K, self-dispatching", run_in_batches<1'000, Dispatch::DEVICE>},
    Mode{"execute_mega",
         [](Machine& machine, std::uint64_t instructions) { return machine.execute_mega(instructions); }},
    Mode{"start, poll, wait", run_beside_the_host},
};

// The programs in memory, with somewhere to store.
class OneLane {
 public:
  explicit OneLane(const std::string& device) : machine_({.memory_bytes = 0, .device = device}) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(ONE_LANE_PROGRAM));
    ProcessOptions options;
    options.program = "one_lane";
    options.program_bytes = {bytes.begin(), bytes.end()};
    Process loader(options);
    symbols_ = loader.symbols();
    machine_.restore(loader.machine().snapshot());
    machine_.map_memory(STORE_ADDRESS, STORE_BYTES, Permissions::READ_WRITE);
    machine_.set_x(0, 1);
    machine_.set_x(1, STORE_ADDRESS);
    start_ = machine_.snapshot();
  }

  RunResult run(const OneLaneProgram& program, const Mode& mode, std::uint64_t instructions) {
    machine_.restore(start_);
    machine_.set_pc(symbols_.find(program.symbol)->address);
    const RunResult result = mode.run(machine_, instructions);
    if (result.instructions != instructions) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  fmt::format("{} of {} instructions were run by {}", result.instructions, instructions, mode.name));
    }
    return result;
  }
  Hash128 state_hash() const { return machine_.state_hash(); }

 private:
  Machine machine_;
  SymbolTable symbols_;
  Snapshot start_;
};

}  // namespace

void report_modes(GuestPrograms&, const Options& options, Report& report) {
  report.line();
  report.line("## One lane");
  for (const std::string& device : options.devices) {
    report.line();
    report.line(fmt::format("Instructions per second of one machine on `{}`, by mode; loops run {} instructions:",
                            device, with_prefix(static_cast<double>(options.one_lane_instructions))));
    report.line();
    std::vector<std::string> head{"program"};
    for (const Mode& mode : MODES) head.emplace_back(mode.name);
    head.emplace_back("published, Metal");
    report.head(head);
    OneLane lane(device);
    OneLane on_cpu("cpu");
    for (const OneLaneProgram& program : PROGRAMS) {
      const std::uint64_t count = program.instructions != 0 ? program.instructions : options.one_lane_instructions;
      on_cpu.run(program, MODES.front(), count);
      std::vector<std::string> row{std::string(program.what)};
      for (const Mode& mode : MODES) {
        std::vector<double> times;
        for (unsigned i = 0; i < options.point.repetitions; ++i) {
          times.push_back(lane.run(program, mode, count).elapsed_seconds);
        }
        if (lane.state_hash() != on_cpu.state_hash()) {
          throw Error(ErrorCode::INVALID_ARGUMENT,
                      fmt::format("{} on {} ends otherwise than on the CPU", program.what, device));
        }
        row.push_back(with_prefix(static_cast<double>(count) / median(times)));
      }
      row.emplace_back(program.published);
      report.row(row);
    }
  }
}

}  // namespace armillion::bench
