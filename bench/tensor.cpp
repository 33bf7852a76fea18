// Measures the tensor engine beside the interpreter and the figures of an earlier system, and prints Markdown. Each
// program ends in the same state on all engines, or the benchmark fails.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/machine.hpp"
#include "cli/bench/tensor_programs.hpp"
#include "cli/bench/timing.hpp"
#include "report.hpp"
#include "tensor/arrays.hpp"
#include "tensor/phases.hpp"

namespace armillion::bench {
namespace {

struct Options {
  double seconds = 0.2;
  unsigned repetitions = 5;
  std::string output;
  std::string device = "cpu";
};

/// The published figure of a program at a batch: instructions per second of an emulator of this kind in PyTorch on an
/// Apple M4 Pro; 0 where there is none.
double published_ips(const TensorProgram& program, std::uint32_t batch) {
  for (const auto& [published_batch, ips] : program.published) {
    if (published_batch == batch) return ips;
  }
  return 0;
}

// On the interpreter, on the CPU, where `batch` is 0.
Machine make_machine(const TensorProgram& program, std::uint32_t batch, const std::string& device,
                     LoopAcceleration loops = LoopAcceleration::OFF) {
  MachineOptions options;
  options.tensor_loops = loops;
  if (batch != 0) {
    options.device = device;
    options.engine = "tensor";
    options.tensor_batch = batch;
  }
  Machine machine(options);
  machine.load_program(program.words);
  return machine;
}

// One run of the program from its start.
RunResult run_once(Machine& machine, const Snapshot& start) {
  machine.restore(start);
  return machine.execute();
}

double measure_ips(Machine& machine, const Snapshot& start, const Options& options) {
  return median_rate(options.repetitions, options.seconds, [&] {
    const RunResult result = run_once(machine, start);
    if (result.stop_reason != StopReason::HALT) {
      throw Error(ErrorCode::BAD_PROGRAM, fmt::format("a program stopped with {}", name_of(result.stop_reason)));
    }
    return result.instructions;
  });
}

void measure_program(Report& report, const TensorProgram& program, const Options& options) {
  report.line(fmt::format("### {}", program.title));
  report.line();
  report.head(
      {"batch", "instructions/s", "published", "times", "instructions a batch", "waves a batch", "not committed"});
  Machine reference = make_machine(program, 0, "cpu");
  const Snapshot reference_start = reference.snapshot();
  run_once(reference, reference_start);
  for (const std::uint32_t batch : {1u, 64u, 128u, 256u, 512u, 1024u, 4096u, LARGEST_BATCH}) {
    Machine machine = make_machine(program, batch, options.device);
    const double ips = measure_ips(machine, machine.snapshot(), options);
    if (machine.state_hash() != reference.state_hash()) {
      throw Error(ErrorCode::UNAVAILABLE, fmt::format("{}: the engines differ at batch {}", program.title, batch));
    }
    const double published = published_ips(program, batch);
    const TensorStatistics statistics = machine.tensor_statistics();
    const auto batches = static_cast<double>(statistics.batches);
    const auto in_batches = static_cast<double>(statistics.instructions_in_batches);
    report.row({fmt::format("{}", batch), with_prefix(ips), published > 0 ? with_prefix(published) : "",
                published > 0 ? fmt::format("{:.0f}", ips / published) : "",
                fmt::format("{:.0f}", in_batches / batches),
                fmt::format("{:.1f}", static_cast<double>(statistics.waves) / batches),
                as_percentage(1 - in_batches / static_cast<double>(statistics.gathered))});
  }
  Machine solving = make_machine(program, 512, "cpu", LoopAcceleration::ON);
  const double ips = measure_ips(solving, solving.snapshot(), options);
  const TensorStatistics statistics = solving.tensor_statistics();
  if (solving.state_hash() != reference.state_hash()) {
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("{}: the engines differ with loops at once", program.title));
  }
  if (statistics.instructions_accelerated > 0) {
    const auto executed = static_cast<double>(statistics.instructions_in_batches + statistics.instructions_single);
    const double part = executed / (executed + static_cast<double>(statistics.instructions_accelerated));
    report.row({"512 on the CPU, loops at once", with_prefix(ips), "", "", "", "", ""});
    report.row({"the same, only what was executed", with_prefix(ips * part), "", "", "", "", ""});
  }
  report.row(
      {"interpreter on the CPU", with_prefix(measure_ips(reference, reference_start, options)), "", "", "", "", ""});
  report.line();
}

void measure_arrays(Report& report, const Options& options) {
  report.line("### Array operations without control flow");
  report.line();
  report.line(
      "Additions of 64-bit registers, element by element: the kernel of ADD without gathering, renaming or order,");
  report.line("and additions of 32-bit integers by armillion::ops. Published: 44.8 M operations/s.");
  report.line();
  report.head({"elements", "ADD of the engine, operations/s", "armillion::ops::add, operations/s", "times published"});
  for (const std::size_t count :
       {std::size_t{64}, std::size_t{512}, std::size_t{4096}, std::size_t{65536}, std::size_t{1} << 20}) {
    const double kernel =
        count <= LARGEST_BATCH ? kernel_operations_per_second(count, options.repetitions, options.seconds) : 0;
    const double ops = ops_operations_per_second(count, options.repetitions, options.seconds);
    report.row({fmt::format("{}", count), kernel > 0 ? with_prefix(kernel) : "", with_prefix(ops),
                fmt::format("{:.0f}", ops / 44.8e6)});
  }
  report.line();
}

void measure_device_arrays(Report& report, const Options& options) {
  report.line("### Array operations without control flow");
  report.line();
  report.line(
      "Additions of 64-bit integers by a kernel of the device, 100 launches to a wait. Published: 44.8 M "
      "operations/s.");
  report.line();
  report.head({"elements", "operations/s", "times published"});
  for (const std::size_t count :
       {std::size_t{64}, std::size_t{512}, std::size_t{4096}, std::size_t{65536}, std::size_t{1} << 20}) {
    const double rate = device_operations_per_second(options.device, count, options.repetitions, options.seconds);
    report.row({fmt::format("{}", count), with_prefix(rate), fmt::format("{:.0f}", rate / 44.8e6)});
  }
  report.line();
}

void measure_phase_times(Report& report, const std::vector<TensorProgram>& programs, const Options& options) {
  report.line("### Where the time goes");
  report.line();
  report.line("One batch of 4,096 instructions, nanoseconds an instruction.");
  report.line();
  report.head({"program", "gather and decode", "rename", "order", "execute"});
  for (const TensorProgram& program : programs) {
    const PhaseTimes times = measure_phases(program.words, 4096, options.repetitions, options.seconds);
    report.row({program.title, fmt::format("{:.1f}", times.gather * 1e9), fmt::format("{:.1f}", times.rename * 1e9),
                fmt::format("{:.1f}", times.order * 1e9), fmt::format("{:.1f}", times.execute * 1e9)});
  }
  report.line();
}

int run(int count, char** arguments) {
  Options options;
  CLI::App app("Measures the tensor engine.");
  app.add_option("--seconds", options.seconds, "Least time of one measurement")->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "Measurements of each figure; the median counts")
      ->capture_default_str();
  app.add_option("--device", options.device, "Where the engine runs: cpu, cuda, host-lanes")->capture_default_str();
  app.add_option("--output", options.output, "Write the Markdown to this file, too");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  Report report;
  const std::vector<TensorProgram> programs = tensor_programs();
  report.line(fmt::format("The tensor engine on the device {}.", options.device));
  report.line();
  for (const TensorProgram& program : programs) measure_program(report, program, options);
  if (options.device == "cpu") {
    measure_arrays(report, options);
    measure_phase_times(report, programs, options);
  } else {
    measure_device_arrays(report, options);
  }
  report.write(options.output);
  return 0;
}

}  // namespace
}  // namespace armillion::bench

int main(int count, char** arguments) {
  try {
    return armillion::bench::run(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tensor: {}\n", error.what());
    return 1;
  }
}
