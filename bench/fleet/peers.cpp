#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>

#include "armillion/error.hpp"
#include "cli/bench/child_process.hpp"
#include "fleet/sections.hpp"

namespace armillion::bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Work that all peers do: a program in lanes from 0 on, whose results add up to a sum.
struct Work {
  const FleetProgram& program;
  std::uint64_t lanes;
  std::uint64_t rounds;
};

// The Linux program as a file, while this lives.
class ProgramFile {
 public:
  ProgramFile() : descriptor_(memfd_create("fleet_programs", 0)) {
    const std::span<const std::byte> bytes = linux_program();
    if (descriptor_ < 0 || write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw Error(ErrorCode::FILE_UNREADABLE, "the program for the emulator cannot be written");
    }
  }
  ~ProgramFile() { close(descriptor_); }
  ProgramFile(const ProgramFile&) = delete;
  ProgramFile& operator=(const ProgramFile&) = delete;

  std::string path() const { return fmt::format("/proc/{}/fd/{}", getpid(), descriptor_); }

 private:
  int descriptor_;
};

std::uint64_t run_natively(const Work& work, unsigned cores) {
  std::atomic<std::uint64_t> sum = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < cores; ++i) {
    threads.emplace_back([&, i] {
      std::uint64_t part = 0;
      for (std::uint64_t lane = i; lane < work.lanes; lane += cores) part += work.program.native(lane, work.rounds);
      sum += part;
    });
  }
  threads.clear();
  return sum;
}

std::uint64_t run_on_qemu(const Work& work, unsigned cores, const std::string& qemu, const std::string& file) {
  std::vector<std::unique_ptr<ChildProcess>> processes;
  for (unsigned i = 0; i < cores; ++i) {
    const std::uint64_t first = work.lanes * i / cores;
    const std::uint64_t end = work.lanes * (i + 1) / cores;
    processes.push_back(std::make_unique<ChildProcess>(
        std::vector<std::string>{qemu, file, std::string(work.program.name), std::to_string(first), std::to_string(end),
                                 std::to_string(work.rounds)}));
  }
  std::uint64_t sum = 0;
  for (const auto& process : processes) sum += std::stoull(process->finish());
  return sum;
}

// The median time of a peer for the work; its sum must be right.
double time_peer(std::string_view peer, const Work& work, std::uint64_t expected_sum, unsigned repetitions,
                 const std::function<std::uint64_t()>& run) {
  std::vector<double> times;
  for (unsigned i = 0; i < repetitions; ++i) {
    const Clock::time_point start = Clock::now();
    const std::uint64_t sum = run();
    times.push_back(seconds_since(start));
    if (sum != expected_sum) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  fmt::format("{} comes to another result of {}", peer, work.program.name));
    }
  }
  return median(times);
}

}  // namespace

void report_peers(GuestPrograms& guest, const Options& options, Report& report) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const std::uint64_t lanes = std::ranges::max(options.lanes);
  std::vector<std::string> devices{"cpu", "host-lanes"};
  for (const std::string& device : options.devices) {
    if (std::ranges::find(devices, device) == devices.end()) devices.push_back(device);
  }
  std::string version;
  if (!options.qemu.empty()) {
    version = output_of({options.qemu, "--version"});
    version.resize(version.find('\n'));
  }
  report.line();
  report.line("## Peers");
  report.line();
  report.line(
      fmt::format("{} lanes, all {} processors of the host, instructions per second of all lanes together{}. The "
                  "rounds are what `cpu` does in the time of a point. Instructions are the guest's, also for "
                  "the host's own code. Times are from start to end of everything, qemu's processes included:",
                  lanes, cores, version.empty() ? "" : "; " + version));
  report.line();
  std::vector<std::string> head{"program", "native"};
  if (!options.qemu.empty()) head.emplace_back("qemu");
  head.insert(head.end(), devices.begin(), devices.end());
  report.head(head);

  const ProgramFile file;
  std::vector<std::unique_ptr<ProgramFleet>> fleets;
  for (const std::string& device : devices) fleets.push_back(std::make_unique<ProgramFleet>(guest, device, lanes));
  for (const FleetProgram* program : options.programs) {
    const Point point = fleets.front()->measure(*program, options.point);
    const Work work{*program, lanes, point.rounds};
    const std::uint64_t sum = run_natively(work, cores);
    const auto cell_of = [&](std::string_view peer, const std::function<std::uint64_t()>& run) {
      const double seconds = time_peer(peer, work, sum, options.point.repetitions, run);
      return with_prefix(static_cast<double>(point.instructions) / seconds);
    };
    std::vector<std::string> row{std::string(program->name)};
    row.push_back(cell_of("native", [&] { return run_natively(work, cores); }));
    if (!options.qemu.empty()) {
      row.push_back(cell_of("qemu", [&] { return run_on_qemu(work, cores, options.qemu, file.path()); }));
    }
    for (std::size_t i = 0; i < devices.size(); ++i) {
      ProgramFleet& fleet = *fleets[i];
      row.push_back(cell_of(devices[i], [&] {
        fleet.fleet().reset();
        fleet.run(*program, work.rounds, Inputs::DIFFERENT);
        const std::vector<std::uint64_t> results = fleet.fleet().x(0);
        return std::accumulate(results.begin(), results.end(), std::uint64_t{0});
      }));
    }
    report.row(row);
  }
}

}  // namespace armillion::bench
