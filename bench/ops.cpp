// Measures the vector kernels beside Eigen, plain compiled loops, a BLAS, numpy and themselves as instructions of a
// machine, and prints Markdown. See README.md.
#include "armillion/ops.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>

#include "cli/bench/arrays.hpp"
#include "cli/bench/timing.hpp"
#include "ops/cuda.hpp"
#include "ops/executors.hpp"
#include "ops/matrix_products.hpp"
#include "ops/numpy_peer.hpp"
#include "ops/peers.hpp"
#include "report.hpp"

namespace armillion::bench {
namespace {

const std::vector<std::string> SECTION_NAMES{"addition", "functions", "matrices", "executors", "cuda"};

struct CommandLine {
  std::string target = ops::target();
  std::string python = "python3";
  std::string output;
  std::vector<std::size_t> sizes{256, 1024, 3072, 4096, 16384, 65536, std::size_t{1} << 20, std::size_t{1} << 24};
  std::vector<std::size_t> function_sizes{1024, 65536};
  std::vector<std::size_t> matrix_sizes{64, 256, 512, 1024};
  std::vector<std::string> machines{"cpu", "cpu/tensor", "host-lanes"};
  CudaOptions cuda;
  std::vector<std::string> sections = SECTION_NAMES;
  TimingOptions timing;
};

void add_options(CLI::App& app, CommandLine& line) {
  app.add_option("--target", line.target, "The kernels' target")
      ->check(CLI::IsMember(ops::targets()))
      ->capture_default_str();
  app.add_option("--numpy", line.python, "A Python interpreter that has numpy; empty to leave it out")
      ->capture_default_str();
  app.add_option("--sizes", line.sizes, "Sizes of arrays that are added")->delimiter(',')->capture_default_str();
  app.add_option("--function-sizes", line.function_sizes, "Sizes of arrays for the other operations")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--matrix-sizes", line.matrix_sizes, "Rows of square matrices")->delimiter(',')->capture_default_str();
  app.add_option("--machines", line.machines,
                 "Machines that operations run on as AArch64 instructions: DEVICE or DEVICE/ENGINE")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--cuda-device", line.cuda.device, "The GPU of the section cuda: cuda, cuda:N, host-lanes")
      ->capture_default_str();
  app.add_option("--cuda-sizes", line.cuda.sizes, "Sizes of arrays on the GPU")->delimiter(',')->capture_default_str();
  app.add_option("--cuda-matrix-sizes", line.cuda.matrix_sizes, "Rows of square matrices on the GPU")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--cuda-bandwidth-size", line.cuda.bandwidth_size,
                 "Size of the arrays that the GPU's bandwidth is measured with; there are three")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sections", line.sections, "What to measure, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(SECTION_NAMES))
      ->capture_default_str();
  app.add_option("--rounds", line.timing.rounds, "Measurements of each figure, whose median counts")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", line.timing.seconds, "Time of one measurement, where one call does not take longer")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--output", line.output, "Also writes the report to this file");
}

/// The public calls, in the shape of a peer's functions.
const Peer OPS{
    .name = "ops",
    .add = [](const float* a, const float* b, float* result,
              std::size_t size) { ops::add(std::span(a, size), std::span(b, size), std::span(result, size)); },
    .relu = [](const float* x, float* result,
               std::size_t size) { ops::relu(std::span(x, size), std::span(result, size)); },
    .exp = [](const float* x, float* result,
              std::size_t size) { ops::exp(std::span(x, size), std::span(result, size)); },
    .log = [](const float* x, float* result,
              std::size_t size) { ops::log(std::span(x, size), std::span(result, size)); },
    .sigmoid = [](const float* x, float* result,
                  std::size_t size) { ops::sigmoid(std::span(x, size), std::span(result, size)); },
    .tanh = [](const float* x, float* result,
               std::size_t size) { ops::tanh(std::span(x, size), std::span(result, size)); },
    .gelu = [](const float* x, float* result,
               std::size_t size) { ops::gelu(std::span(x, size), std::span(result, size)); },
    .softmax = [](const float* x, float* result,
                  std::size_t size) { ops::softmax(std::span(x, size), std::span(result, size)); },
    .sum = [](const float* x, std::size_t size) { return ops::sum(std::span(x, size)); },
    .max = [](const float* x, std::size_t size) { return ops::max(std::span(x, size)); },
    .dot = [](const float* a, const float* b,
              std::size_t size) { return ops::dot(std::span(a, size), std::span(b, size)); },
    .gemm =
        [](const float* a, const float* b, float* c, std::size_t size) {
          const auto matrix = [size](auto* data) { return ops::MatrixView(std::span(data, size * size), size, size); };
          ops::gemm(matrix(a), matrix(b), matrix(c));
        },
    .gemv =
        [](const float* a, const float* x, float* y, std::size_t size) {
          ops::gemv(ops::MatrixView(std::span(a, size * size), size, size), std::span(x, size), std::span(y, size));
        },
};

/// Products of matrices by the library's own kernels, as where there is no BLAS.
const Peer OWN_KERNELS{
    .name = "ops, no BLAS",
    .gemm =
        [](const float* a, const float* b, float* c, std::size_t size) {
          ops::multiply_by_kernels(ops::MatrixProduct<float>{.rows = size,
                                                             .columns = size,
                                                             .depth = size,
                                                             .alpha = 1,
                                                             .a = a,
                                                             .a_stride = size,
                                                             .b = b,
                                                             .b_stride = size,
                                                             .beta = 0,
                                                             .c = c,
                                                             .c_stride = size});
        },
    .gemv =
        [](const float* a, const float* x, float* y, std::size_t size) {
          ops::multiply_by_kernels(ops::VectorProduct<float>{
              .rows = size, .columns = size, .alpha = 1, .a = a, .a_stride = size, .x = x, .beta = 0, .y = y});
        },
};

// How functions of each shape are called with arrays.

Contender contender_of(const char* name, void (*function)(const float*, const float*, float*, std::size_t),
                       const Arrays& arrays, std::size_t size) {
  return contender(name,
                   [=, a = arrays.a(), b = arrays.b(), result = arrays.result()] { function(a, b, result, size); });
}

Contender contender_of(const char* name, void (*function)(const float*, float*, std::size_t), const Arrays& arrays,
                       std::size_t size) {
  return contender(name, [=, x = arrays.a(), result = arrays.result()] { function(x, result, size); });
}

Contender contender_of(const char* name, float (*function)(const float*, const float*, std::size_t),
                       const Arrays& arrays, std::size_t size) {
  return contender(name,
                   [=, a = arrays.a(), b = arrays.b(), result = arrays.result()] { *result = function(a, b, size); });
}

Contender contender_of(const char* name, float (*function)(const float*, std::size_t), const Arrays& arrays,
                       std::size_t size) {
  return contender(name, [=, x = arrays.a(), result = arrays.result()] { *result = function(x, size); });
}

/// An operation that peers have a function for, and what its arguments are drawn from.
struct Operation {
  const char* name;
  float low;
  float high;
  std::optional<Contender> (*of)(const Peer& peer, const Arrays& arrays, std::size_t size);
};

template <auto FUNCTION>
std::optional<Contender> of(const Peer& peer, const Arrays& arrays, std::size_t size) {
  if (peer.*FUNCTION == nullptr) return std::nullopt;
  return contender_of(peer.name, peer.*FUNCTION, arrays, size);
}

const std::vector<Operation> ADDITION{{"add", -4, 4, of<&Peer::add>}};
const std::vector<Operation> FUNCTIONS{
    {"relu", -4, 4, of<&Peer::relu>},       {"exp", -4, 4, of<&Peer::exp>},   {"log", 0, 4, of<&Peer::log>},
    {"sigmoid", -4, 4, of<&Peer::sigmoid>}, {"tanh", -4, 4, of<&Peer::tanh>}, {"gelu", -4, 4, of<&Peer::gelu>},
    {"softmax", -4, 4, of<&Peer::softmax>}, {"sum", -4, 4, of<&Peer::sum>},   {"max", -4, 4, of<&Peer::max>},
    {"dot", -4, 4, of<&Peer::dot>},
};
const std::vector<Operation> MATRIX_PRODUCTS{{"gemm", -1, 1, of<&Peer::gemm>}, {"gemv", -1, 1, of<&Peer::gemv>}};

constexpr const char* NUMPY = "numpy";

struct Table {
  const char* title;
  const std::vector<Operation>& operations;
  const std::vector<std::size_t>& sizes;
  /// The arrays' elements for a size.
  std::size_t (*elements)(std::size_t size);
  /// Columns: our own ways, the public call first, and others.
  std::vector<std::string> own;
  std::vector<std::string> others;
};

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with("model name")) return text.substr(text.find(':') + 2);
  }
  return "unknown";
}

class Benchmark {
 public:
  Benchmark(const CommandLine& line, Report& report) : line_(line), report_(report) {
    // What numpy calls AVX-512: as Eigen and the loops, it is to use AVX2.
    if (!line.python.empty())
      numpy_.emplace(line.python, "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL");
  }

  void print_head(int count, char** arguments) {
    std::string command = std::filesystem::path(arguments[0]).filename();
    for (int i = 1; i < count; ++i) command += fmt::format(" {}", arguments[i]);
    report_.line("# Vector kernels");
    report_.line();
    report_.line(fmt::format("{:%Y-%m-%d}: `{}`", std::chrono::system_clock::now(), command));
    report_.line();
    report_.line(fmt::format("- CPU: {}", cpu_model()));
    report_.line(fmt::format("- ops: target {}", ops::target()));
    report_.line(fmt::format("- Eigen and plain loops: {}", compiled_peers_description()));
    report_.line(fmt::format("- BLAS: {}", blas_description()));
    report_.line(fmt::format("- numpy: {}", numpy_ ? numpy_->version() : "left out"));
  }

  /// A row for each operation and size.
  void print(const Table& table) {
    report_.line();
    report_.line(fmt::format("## {}", table.title));
    report_.line();
    std::vector<std::string> head{"operation", "size"};
    head.insert(head.end(), table.own.begin(), table.own.end());
    head.insert(head.end(), table.others.begin(), table.others.end());
    head.emplace_back("best other / ops");
    report_.head(head);
    for (const Operation& operation : table.operations) {
      for (const std::size_t size : table.sizes) {
        const Arrays arrays(table.elements(size), operation.low, operation.high);
        print_row(table, operation, size, seconds_by_name(contenders_of(operation, size, arrays)));
      }
    }
  }

 private:
  std::vector<Contender> contenders_of(const Operation& operation, std::size_t size, const Arrays& arrays) {
    std::vector<Contender> contenders;
    for (const Peer* const peer : {&OPS, &OWN_KERNELS, &EIGEN, &PLAIN_LOOPS, &BLAS}) {
      if (auto found = operation.of(*peer, arrays, size)) contenders.push_back(std::move(*found));
    }
    if (numpy_) {
      if (auto found = numpy_->contender(operation.name, size)) contenders.push_back(std::move(*found));
    }
    return contenders;
  }

  std::map<std::string, double> seconds_by_name(const std::vector<Contender>& contenders) {
    const std::vector<double> seconds = seconds_per_call(contenders, line_.timing);
    std::map<std::string, double> by_name;
    for (std::size_t i = 0; i < contenders.size(); ++i) by_name[contenders[i].name] = seconds[i];
    return by_name;
  }

  void print_row(const Table& table, const Operation& operation, std::size_t size,
                 const std::map<std::string, double>& seconds) {
    std::vector<std::string> cells{operation.name, std::to_string(size)};
    const auto add_cell = [&](const std::string& name) {
      cells.push_back(seconds.contains(name) ? as_time(seconds.at(name)) : "");
    };
    std::ranges::for_each(table.own, add_cell);
    std::ranges::for_each(table.others, add_cell);
    double best = HUGE_VAL;
    for (const std::string& name : table.others)
      best = seconds.contains(name) ? std::min(best, seconds.at(name)) : best;
    cells.push_back(fmt::format("{:.2f}", best / seconds.at(OPS.name)));
    report_.row(cells);
  }

  const CommandLine& line_;
  Report& report_;
  std::optional<Numpy> numpy_;
};

int run(int count, char** arguments) {
  CLI::App app("Measures vector kernels beside others and prints Markdown tables");
  CommandLine line;
  add_options(app, line);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  ops::set_target(line.target);
  Report report;
  Benchmark benchmark(line, report);
  benchmark.print_head(count, arguments);
  const std::vector<std::string> others{EIGEN.name, PLAIN_LOOPS.name, BLAS.name, NUMPY};
  const std::vector<std::string> without_blas{EIGEN.name, PLAIN_LOOPS.name, NUMPY};
  const auto same = [](std::size_t size) { return size; };
  const auto square = [](std::size_t size) { return size * size; };
  for (const std::string& section : line.sections) {
    if (section == "addition") {
      benchmark.print({"Addition of float32 arrays", ADDITION, line.sizes, same, {OPS.name}, without_blas});
    } else if (section == "functions") {
      benchmark.print({"Functions of float32 arrays", FUNCTIONS, line.function_sizes, same, {OPS.name}, others});
    } else if (section == "matrices") {
      benchmark.print({"Products of a square float32 matrix with another and with a vector",
                       MATRIX_PRODUCTS,
                       line.matrix_sizes,
                       square,
                       {OPS.name, OWN_KERNELS.name},
                       others});
    } else if (section == "cuda") {
      report_cuda(line.cuda, line.timing, report);
    } else {
      report_executors(line.machines, line.function_sizes, line.timing, report);
    }
  }
  report.write(line.output);
  return 0;
}

}  // namespace
}  // namespace armillion::bench

int main(int count, char** arguments) {
  try {
    return armillion::bench::run(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ops: {}\n", error.what());
    return 1;
  }
}
