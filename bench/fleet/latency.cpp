#include <stdlib.h>
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "armillion/error.hpp"
#include "armillion/fleet.hpp"
#include "cli/bench/child_process.hpp"
#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t BRANCH_TO_ITSELF = 0x14000000;
constexpr int LAUNCHES = 200;
constexpr int CANCELLATIONS = 20;
constexpr int POLLS = 1000;
constexpr std::chrono::milliseconds RUNNING_TIME{20};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Machine endless_machine() {
  Machine machine({.memory_bytes = 4096});
  machine.load_program(std::vector<std::uint32_t>{BRANCH_TO_ITSELF});
  return machine;
}

// Of a fleet of one lane.
double median_launch(const std::string& device) {
  Machine machine = endless_machine();
  Fleet fleet(machine, {.lanes = 1, .device = device});
  std::vector<double> times;
  for (int i = 0; i < LAUNCHES; ++i) {
    const Clock::time_point start = Clock::now();
    fleet.run({.instruction_limit = 1});
    times.push_back(seconds_since(start));
  }
  return median(times);
}

struct Cancellation {
  double median_seconds;
  double longest_seconds;
};

Cancellation time_cancellation(const std::string& device, std::uint64_t lanes) {
  Machine machine = endless_machine();
  Fleet fleet(machine, {.lanes = lanes, .device = device});
  std::vector<double> times;
  for (int i = 0; i < CANCELLATIONS; ++i) {
    std::atomic<bool> runs = false;
    FleetRunOptions options;
    options.on_progress = [&](const FleetProgress&) { runs = true; };
    Clock::time_point end;
    std::thread runner([&] {
      fleet.run(options);
      end = Clock::now();
    });
    while (!runs) std::this_thread::yield();
    const Clock::time_point start = Clock::now();
    fleet.cancel();
    runner.join();
    times.push_back(std::chrono::duration<double>(end - start).count());
  }
  return {median(times), std::ranges::max(times)};
}

// What the caller of `Machine::start` waits for, and what the other calls cost while the machine runs.
struct AsynchronousLatency {
  double start_seconds;
  double poll_seconds;
  double cancel_seconds;
  double longest_cancel_seconds;
};

AsynchronousLatency time_asynchronous_run(const std::string& device) {
  Machine machine({.memory_bytes = 4096, .device = device});
  machine.load_program(std::vector<std::uint32_t>{BRANCH_TO_ITSELF});
  std::vector<double> starts;
  std::vector<double> polls;
  std::vector<double> cancellations;
  for (int i = 0; i < CANCELLATIONS; ++i) {
    const Clock::time_point start = Clock::now();
    machine.start();
    starts.push_back(seconds_since(start));
    std::this_thread::sleep_for(RUNNING_TIME);
    const Clock::time_point poll = Clock::now();
    for (int k = 0; k < POLLS; ++k) machine.poll();
    polls.push_back(seconds_since(poll) / POLLS);
    const Clock::time_point cancel = Clock::now();
    machine.cancel();
    machine.wait();
    cancellations.push_back(seconds_since(cancel));
  }
  return {median(starts), median(polls), median(cancellations), std::ranges::max(cancellations)};
}

// Device code is compiled once for a process, so each time is one of a process of its own.
double time_to_open_in_child(const std::string& device) {
  const std::string output = output_of({"/proc/self/exe", "--time-open", device});
  return std::stod(output);
}

// A folder that is there as long as this.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "armillion-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) {
      throw Error(ErrorCode::FILE_UNREADABLE, "no folder can be made in " + path_);
    }
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

double time_to_open(const std::string& device) {
  const Clock::time_point start = Clock::now();
  Machine machine = endless_machine();
  Fleet fleet(machine, {.lanes = 1, .device = device});
  fleet.run({.instruction_limit = 1});
  return seconds_since(start);
}

void report_latency(GuestPrograms&, const Options& options, Report& report) {
  report.line();
  report.line("## Latency");
  report.line();
  const std::uint64_t lanes = std::ranges::max(options.lanes);
  report.head({"device", "first fleet, nothing cached", "first fleet, cached", "fleet's run of one instruction",
               "cancel 1 lane: median, longest", fmt::format("cancel {} lanes: median, longest", lanes),
               "Machine::start", "poll", "cancel and wait: median, longest"});
  for (const std::string& device : options.devices) {
    const TemporaryFolder cache;
    setenv("ARMILLION_CACHE_DIR", cache.path().c_str(), 1);
    const double cold = time_to_open_in_child(device);
    std::vector<double> cached;
    for (unsigned i = 0; i < options.point.repetitions; ++i) cached.push_back(time_to_open_in_child(device));
    unsetenv("ARMILLION_CACHE_DIR");
    const Cancellation one = time_cancellation(device, 1);
    const Cancellation all = time_cancellation(device, lanes);
    const AsynchronousLatency machine = time_asynchronous_run(device);
    report.row({device, as_time(cold), as_time(median(cached)), as_time(median_launch(device)),
                fmt::format("{}, {}", as_time(one.median_seconds), as_time(one.longest_seconds)),
                fmt::format("{}, {}", as_time(all.median_seconds), as_time(all.longest_seconds)),
                as_time(machine.start_seconds), as_time(machine.poll_seconds),
                fmt::format("{}, {}", as_time(machine.cancel_seconds), as_time(machine.longest_cancel_seconds))});
  }
}

}  // namespace armillion::bench
