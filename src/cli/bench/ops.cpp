#include "armillion/ops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/ops/executor.hpp"
#include "cli/bench/arrays.hpp"
#include "cli/bench/benchmarks.hpp"
#include "cli/bench/timing.hpp"

namespace armillion::bench {

namespace {

using Memory = ops::Buffer<float>;

const std::vector<std::uint64_t> SIZES{1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24};
// Calls whose time on a GPU is asked for at once.
constexpr std::size_t MOST_CALLS_AT_ONCE = 200;
// Of exp, in units in the last place (docs/ops.md).
constexpr double EXP_BOUND = 4;
// Of sums and dot products, in units of 2^-24 of the magnitudes (docs/ops.md); a product is another rounding.
constexpr double SUM_BOUND = 72;

// What the operations are called with, and what comes of them: `result` of add, exp and copy, `reduced` of the others.
struct HostData {
  explicit HostData(std::size_t size)
      : arrays(size, -2, 2), a(arrays.a(), size), b(arrays.b(), size), result(arrays.result(), size) {}

  Arrays arrays;
  std::span<const float> a;
  std::span<const float> b;
  std::span<float> result;
  float reduced = 0;
};

struct DeviceData {
  DeviceData(const ops::Executor& executor, const HostData& host)
      : a(executor, host.a), b(executor, host.b), result(executor, host.a.size()) {}

  Memory a;
  Memory b;
  Memory result;
  float reduced = 0;
};

void expect(bool is_right, const char* operation, std::size_t size) {
  if (!is_right) {
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("{} of {} elements has come to a wrong result", operation, size));
  }
}

void check_elements(const char* operation, std::span<const float> result,
                    const std::function<bool(std::size_t i, float value)>& is_right) {
  for (std::size_t i = 0; i < result.size(); ++i) expect(is_right(i, result[i]), operation, result.size());
}

bool is_near_sum(double value, double exact, double magnitudes) {
  return std::abs(value - exact) <= SUM_BOUND * 0x1p-24 * magnitudes;
}

void check_copy(const HostData& data, std::span<const float> result, float) {
  check_elements("copy", result, [&](std::size_t i, float value) { return value == data.a[i]; });
}

void check_add(const HostData& data, std::span<const float> result, float) {
  check_elements("add", result, [&](std::size_t i, float value) { return value == data.a[i] + data.b[i]; });
}

void check_exp(const HostData& data, std::span<const float> result, float) {
  check_elements("exp", result, [&](std::size_t i, float value) {
    const double exact = std::exp(static_cast<double>(data.a[i]));
    const double unit = std::ldexp(1.0, std::ilogb(exact) - (std::numeric_limits<float>::digits - 1));
    return std::abs(static_cast<double>(value) - exact) <= EXP_BOUND * unit;
  });
}

void check_sum(const HostData& data, std::span<const float>, float reduced) {
  double sum = 0;
  double magnitudes = 0;
  for (const float element : data.a) {
    sum += static_cast<double>(element);
    magnitudes += std::abs(static_cast<double>(element));
  }
  expect(is_near_sum(static_cast<double>(reduced), sum, magnitudes), "sum", data.a.size());
}

void check_dot(const HostData& data, std::span<const float>, float reduced) {
  double sum = 0;
  double magnitudes = 0;
  for (std::size_t i = 0; i < data.a.size(); ++i) {
    const double product = static_cast<double>(data.a[i]) * static_cast<double>(data.b[i]);
    sum += product;
    magnitudes += std::abs(product);
  }
  expect(is_near_sum(static_cast<double>(reduced), sum, magnitudes), "dot", data.a.size());
}

struct Operation {
  const char* name;
  SeriesKind kind;
  /// Arrays that it reads or writes.
  int arrays;
  void (*on_host)(HostData& data);
  void (*on_device)(DeviceData& data);
  void (*check)(const HostData& data, std::span<const float> result, float reduced);
};

const std::vector<Operation> OPERATIONS{
    {"copy", SeriesKind::BOUND, 2,
     [](HostData& data) { std::memcpy(data.result.data(), data.a.data(), data.a.size_bytes()); },
     [](DeviceData& data) { ops::copy(data.a, data.result); }, check_copy},
    // A second way to copy, which writes past the host's caches where arrays are large. The faster of the two counts.
    {"copy", SeriesKind::BOUND, 2, [](HostData& data) { ops::mul(data.a, 1.0F, data.result); },
     [](DeviceData& data) { ops::mul(data.a, 1.0F, data.result); }, check_copy},
    {"add", SeriesKind::MEASURED, 3, [](HostData& data) { ops::add(data.a, data.b, data.result); },
     [](DeviceData& data) { ops::add(data.a, data.b, data.result); }, check_add},
    {"sum", SeriesKind::MEASURED, 1, [](HostData& data) { data.reduced = ops::sum(data.a); },
     [](DeviceData& data) { data.reduced = ops::sum(data.a); }, check_sum},
    {"dot", SeriesKind::MEASURED, 2, [](HostData& data) { data.reduced = ops::dot(data.a, data.b); },
     [](DeviceData& data) { data.reduced = ops::dot(data.a, data.b); }, check_dot},
    {"exp", SeriesKind::MEASURED, 2, [](HostData& data) { ops::exp(data.a, data.result); },
     [](DeviceData& data) { ops::exp(data.a, data.result); }, check_exp},
};

// The figures of all operations on arrays of one size: of those of one name, the best.
class Figures {
 public:
  Figures(Result& result, std::size_t size, const std::string& where) : result_(result), size_(size), where_(where) {}

  // Seconds of a call, in each measurement.
  void add(const Operation& operation, const std::vector<double>& seconds) {
    const double bytes = static_cast<double>(operation.arrays) * static_cast<double>(size_ * sizeof(float));
    std::vector<double> rates;
    rates.reserve(seconds.size());
    for (const double taken : seconds) rates.push_back(bytes / taken);
    Figure figure = Figure::of_samples(std::move(rates));
    double& best = best_[operation.name];
    if (figure.rate <= best) return;
    best = figure.rate;
    const char* const meaning = operation.kind == SeriesKind::BOUND ? ": the roofline" : "";
    result_.set(size_, fmt::format("{}, {}{}", operation.name, where_, meaning), std::move(figure), operation.kind);
  }

 private:
  Result& result_;
  std::size_t size_;
  std::string where_;
  std::map<std::string, double> best_;
};

// The GPU's own time of an operation's kernels.
Contender device_contender(ops::Executor& executor, DeviceData& data, const Operation& operation) {
  return {operation.name, [&executor, &data, &operation](std::size_t calls) {
            const std::size_t measured = std::min(calls, MOST_CALLS_AT_ONCE);
            operation.on_device(data);
            executor.start_timing();
            for (std::size_t i = 0; i < measured; ++i) operation.on_device(data);
            return executor.times().kernel_seconds * static_cast<double>(calls) / static_cast<double>(measured);
          }};
}

void measure_on_host(Result& result, HostData& data, const BenchOptions& options) {
  std::vector<Contender> contenders;
  contenders.reserve(OPERATIONS.size());
  for (const Operation& operation : OPERATIONS) {
    contenders.push_back(contender(operation.name, [&data, &operation] { operation.on_host(data); }));
  }
  const auto seconds = measure_calls(contenders, {.rounds = options.repetitions, .seconds = options.seconds});
  Figures figures(result, data.a.size(), "host");
  for (std::size_t i = 0; i < OPERATIONS.size(); ++i) {
    const Operation& operation = OPERATIONS[i];
    std::ranges::fill(data.result, 0.0F);
    operation.on_host(data);
    operation.check(data, data.result, data.reduced);
    figures.add(operation, seconds[i]);
  }
}

struct Device {
  explicit Device(const std::string& wanted)
      : executor(ops::Executor::cuda(wanted)), name(wanted == "cuda" ? executor.name() : wanted) {}

  ops::Executor executor;
  std::string name;
};

void measure_on_device(Result& result, Device& device, const HostData& host, const BenchOptions& options) {
  ops::Executor& executor = device.executor;
  DeviceData data(executor, host);
  std::vector<Contender> contenders;
  contenders.reserve(OPERATIONS.size());
  for (const Operation& operation : OPERATIONS) contenders.push_back(device_contender(executor, data, operation));
  const auto seconds = measure_calls(contenders, {.rounds = options.repetitions, .seconds = options.seconds});
  std::vector<float> elements(host.a.size());
  Figures figures(result, host.a.size(), device.name);
  for (std::size_t i = 0; i < OPERATIONS.size(); ++i) {
    const Operation& operation = OPERATIONS[i];
    std::ranges::fill(elements, 0.0F);
    data.result.upload(elements);
    operation.on_device(data);
    data.result.download(elements);
    operation.check(host, elements, data.reduced);
    figures.add(operation, seconds[i]);
  }
}

}  // namespace

Result measure_ops(const BenchOptions& options) {
  Result result("ops", "Vector kernels on float32, by the length of arrays", Result::Shape::LINES, "elements",
                "byte/s");
  std::vector<Device> devices;
  for (const std::string& device : options.devices) {
    if (device != "cpu") devices.emplace_back(device);
  }
  for (const std::uint64_t size : options.sizes.empty() ? SIZES : options.sizes) {
    HostData data(size);
    options.on_step(fmt::format("{} elements on the host", size));
    measure_on_host(result, data, options);
    for (Device& device : devices) {
      options.on_step(fmt::format("{} elements on {}", size, device.name));
      measure_on_device(result, device, data, options);
    }
  }
  result.add_note(
      fmt::format("Host: one thread, target {}. What is read and written: 12 bytes an element by add, 4 by "
                  "sum, 8 by the others. The roofline is the faster of two copies in the same run.",
                  ops::target()));
  if (!devices.empty()) result.add_note("Devices: the time of the kernels alone, on a GPU by its own clock.");
  return result;
}

}  // namespace armillion::bench
