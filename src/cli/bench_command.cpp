#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/tensor.hpp"
#include "armillion/version.hpp"
#include "cli/bench/benchmarks.hpp"
#include "cli/commands.hpp"
#include "cli/fleet_summary.hpp"
#include "cli/output_file.hpp"
#include "cli/progress.hpp"

namespace armillion::cli {

namespace {

using bench::BenchOptions;
using bench::Result;

struct Benchmark {
  const char* name;
  Result (*measure)(const BenchOptions& options);
  /// Where it measures without --device.
  const char* usual_device;
  /// The option that says at which sizes it measures; nullptr for none.
  const char* sizes_option;
};

constexpr std::array BENCHMARKS{
    Benchmark{"seeds", bench::measure_seeds, "cpu", nullptr},
    Benchmark{"cpu", bench::measure_cpu, "cpu", nullptr},
    Benchmark{"gpu", bench::measure_gpu, "cuda", nullptr},
    Benchmark{"fleet", bench::measure_fleets, "cpu", "--lanes"},
    Benchmark{"ops", bench::measure_ops, "cpu", "--elements"},
    Benchmark{"tensor", bench::measure_tensor, "cpu", "--batches"},
};

constexpr const char* HELP_FOOTER =
    "Benchmarks:\n"
    "  seeds   the small loops of the earlier emulator that Armillion goes back to, in Metal, MLX and PyTorch: one\n"
    "          machine, beside what was published of that emulator\n"
    "  cpu     loops of integers, memory, floating point, vectors and branches on the CPU: the interpreter, the\n"
    "          tensor engine, and qemu-aarch64 where it is on the PATH\n"
    "  gpu     one machine on a device, by default cuda, by who begins its batches and how large they are\n"
    "  fleet   all lanes of a fleet together, by their number (--lanes)\n"
    "  ops     vector kernels on the host and on each --device cuda, by the length of arrays (--elements), beside a\n"
    "          copy, which is what memory allows\n"
    "  tensor  the tensor engine by the size of batches (--batches), beside published figures\n"
    "\n"
    "  A device takes about half a minute. What programs and kernels come to is checked before it counts. A figure is\n"
    "  the median of the repetitions.\n"
    "\n"
    "Devices:\n"
    "  cpu, where nothing else is said; cuda for the first GPU, cuda:N for another; host-lanes for the GPU's code on\n"
    "  the CPU, which is for tests.\n"
    "\n"
    "Examples:\n"
    "  armillion bench seeds\n"
    "  armillion bench fleet --plot fleets.svg\n"
    "  armillion bench fleet --device cpu,cuda --lanes 1,1024,65536 --plot fleets.svg\n"
    "  armillion bench ops --device cuda --json ops.json --output ops.md";

struct BenchCommandOptions {
  std::string benchmark;
  std::vector<std::string> devices;
  std::vector<std::uint64_t> lanes;
  std::vector<std::uint64_t> batches;
  std::vector<std::uint64_t> elements;
  double seconds = 0.1;
  unsigned repetitions = 5;
  std::string output;
  std::string json;
  std::string plot;
};

const Benchmark& benchmark_of(const std::string& name) {
  return *std::ranges::find(BENCHMARKS, name, [](const Benchmark& benchmark) { return std::string(benchmark.name); });
}

// The sizes of the benchmark's own option. Those of other benchmarks are mistakes.
std::vector<std::uint64_t> sizes_of(const BenchCommandOptions& options, const Benchmark& benchmark) {
  std::vector<std::uint64_t> sizes;
  for (const auto& [option, values] :
       {std::pair("--lanes", &options.lanes), {"--batches", &options.batches}, {"--elements", &options.elements}}) {
    if (values->empty()) continue;
    if (benchmark.sizes_option == nullptr || std::string(benchmark.sizes_option) != option) {
      throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("the benchmark {} takes no {}", benchmark.name, option));
    }
    sizes = *values;
  }
  std::ranges::sort(sizes);
  const auto repeated = std::ranges::unique(sizes);
  sizes.erase(repeated.begin(), repeated.end());
  return sizes;
}

void check_files(const BenchCommandOptions& options) {
  if (!options.plot.empty() && !options.plot.ends_with(".svg")) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "--plot writes SVG: name a file that ends in .svg, not " + options.plot);
  }
  const std::vector<std::string> paths{options.output, options.json, options.plot};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!paths[i].empty() && std::ranges::count(paths, paths[i]) > 1) {
      throw Error(ErrorCode::INVALID_ARGUMENT, paths[i] + " is named by two options: each writes a file of its own");
    }
  }
}

// What it takes to print the same again.
std::string command_line_of(const BenchCommandOptions& options, const std::vector<std::string>& devices,
                            const Benchmark& benchmark, const std::vector<std::uint64_t>& sizes) {
  std::string text = fmt::format("armillion bench {} --device {}", benchmark.name, fmt::join(devices, ","));
  if (!sizes.empty()) text += fmt::format(" {} {}", benchmark.sizes_option, fmt::join(sizes, ","));
  return text + fmt::format(" --seconds {} --repetitions {}", options.seconds, options.repetitions);
}

int run_benchmark(const BenchCommandOptions& options) {
  const Benchmark& benchmark = benchmark_of(options.benchmark);
  check_files(options);
  BenchOptions measured{.devices = options.devices,
                        .seconds = options.seconds,
                        .repetitions = options.repetitions,
                        .sizes = sizes_of(options, benchmark)};
  OutputFile output(options.output);
  OutputFile json(options.json);
  OutputFile plot(options.plot);

  std::optional<Result> result;
  {
    ProgressLine progress;
    measured.on_step = [&](const std::string& what) { progress.tell(what); };
    result.emplace(benchmark.measure(measured));
  }
  std::vector<std::string> devices = options.devices;
  if (devices.empty()) devices.emplace_back(benchmark.usual_device);
  result->add_note(fmt::format("{:%Y-%m-%d}, Armillion {}: {}", std::chrono::system_clock::now(), VERSION,
                               command_line_of(options, devices, benchmark, measured.sizes)));
  // The host's part in it is the CPU's, wherever the rest was done.
  result->add_note(describe_device("cpu"));
  for (const std::string& device : devices) {
    if (device != "cpu") result->add_note(describe_device(device));
  }

  const std::string table = result->to_markdown();
  fmt::print("{}", table);
  if (output.is_wanted()) output.write(table);
  if (json.is_wanted()) json.write(result->to_json());
  if (plot.is_wanted()) plot.write(result->to_svg());
  return 0;
}

}  // namespace

void add_bench_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<BenchCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure how fast this machine is, print a table in Markdown, and draw it where --plot asks for that");
  std::vector<std::string> names;
  names.reserve(BENCHMARKS.size());
  for (const Benchmark& benchmark : BENCHMARKS) names.emplace_back(benchmark.name);
  command->add_option("BENCHMARK", options->benchmark, "What to measure, see below")
      ->required()
      ->check(CLI::IsMember(names));
  command
      ->add_option("--device", options->devices,
                   "Where: cpu, cuda, cuda:N or host-lanes, see below; several with commas between")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("DEVICE");
  const auto add_sizes = [&](const char* name, std::vector<std::uint64_t>& sizes, std::uint64_t most,
                             const char* description) {
    command->add_option(name, sizes, description)
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(std::uint64_t{1}, most))
        ->type_name("N,...");
  };
  add_sizes("--lanes", options->lanes, std::uint64_t{1} << 24, "Of fleet: how many lanes");
  add_sizes("--elements", options->elements, std::uint64_t{1} << 30, "Of ops: how long arrays are");
  add_sizes("--batches", options->batches, LARGEST_BATCH, "Of tensor: how many instructions a batch has");
  command->add_option("--seconds", options->seconds, "Time of one measurement")
      ->check(CLI::Range(0.0001, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_option("--repetitions", options->repetitions, "Measurements of each figure, whose median counts")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  const CLI::Validator named([](const std::string& text) { return text.empty() ? "must not be empty" : ""; }, "");
  command->add_option("--output", options->output, "Also write the table to this file")
      ->check(named)
      ->type_name("FILE");
  command->add_option("--json", options->json, "Write all figures, with each measurement, to this file")
      ->check(named)
      ->type_name("FILE");
  command->add_option("--plot", options->plot, "Draw the figures: an SVG file, for browsers and documents")
      ->check(named)
      ->type_name("FILE.svg");
  command->footer(HELP_FOOTER);
  command->callback([options, &exit_status] { exit_status = run_benchmark(*options); });
}

}  // namespace armillion::cli
