#include "ops/cuda.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "armillion/device.hpp"
#include "armillion/error.hpp"
#include "armillion/ops.hpp"
#include "armillion/ops/buffer_matrices.hpp"
#include "armillion/ops/executor.hpp"
#include "cli/bench/arrays.hpp"
#include "engine/gpu/cuda_context.hpp"
#include "engine/gpu/device_choice.hpp"

namespace armillion::bench {
namespace {

namespace cuda = engine::gpu::cuda;
using engine::gpu::CudaContext;
using Memory = ops::Buffer<float>;
using Span = std::span<const float>;

/// The median seconds of what `measure` says of a call.
double median_of(unsigned rounds, const std::function<double()>& measure) {
  measure();
  std::vector<double> seconds;
  for (unsigned round = 0; round < rounds; ++round) seconds.push_back(measure());
  return median(std::move(seconds));
}

/// The GPU's time of a call's kernels.
double kernel_seconds(ops::Executor& executor, const std::function<void()>& call) {
  executor.start_timing();
  call();
  return executor.times().kernel_seconds;
}

double transfer_seconds(ops::Executor& executor, const std::function<void()>& call) {
  executor.start_timing();
  call();
  return executor.times().transfer_seconds;
}

/// Until the result is there.
double call_seconds(const ops::Executor& executor, const std::function<void()>& call) {
  executor.wait();
  const auto start = std::chrono::steady_clock::now();
  call();
  executor.wait();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Random numbers between -1 and 1, quickly made (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators").
std::vector<float> random_numbers(std::size_t size, std::uint64_t seed) {
  std::vector<float> numbers(size);
  std::uint64_t state = seed;
  for (float& number : numbers) {
    std::uint64_t x = state += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    number = static_cast<float>(static_cast<std::int64_t>(x ^ (x >> 31))) * 0x1p-63F;
  }
  return numbers;
}

/// Copies within a GPU's memory, by its driver.
class DriverCopy {
 public:
  explicit DriverCopy(int index) : context_(CudaContext::open(index)), driver_(context_->driver()) {
    const CudaContext::Use use(*context_);
    context_->check(driver_.cuStreamCreate(&stream_, cuda::STREAM_NON_BLOCKING), "making a stream");
    for (cuda::Event& event : events_) {
      context_->check(driver_.cuEventCreate(&event, cuda::EVENT_DEFAULT), "making an event");
    }
  }
  ~DriverCopy() {
    context_->release([this] {
      for (const cuda::Event event : events_) driver_.cuEventDestroy_v2(event);
      driver_.cuStreamDestroy_v2(stream_);
    });
  }
  DriverCopy(const DriverCopy&) = delete;
  DriverCopy& operator=(const DriverCopy&) = delete;

  double seconds(const Memory& source, const Memory& result) {
    const CudaContext::Use use(*context_);
    context_->check(driver_.cuEventRecord(events_[0], stream_), "recording an event");
    context_->check(
        driver_.cuMemcpyDtoDAsync_v2(result.address(), source.address(), source.size() * sizeof(float), stream_),
        "copying memory");
    context_->check(driver_.cuEventRecord(events_[1], stream_), "recording an event");
    context_->check(driver_.cuEventSynchronize(events_[1]), "waiting for a copy");
    float milliseconds = 0;
    context_->check(driver_.cuEventElapsedTime(&milliseconds, events_[0], events_[1]), "reading a time");
    return static_cast<double>(milliseconds) / 1000;
  }

 private:
  std::shared_ptr<CudaContext> context_;
  const cuda::Driver& driver_;
  cuda::Stream stream_ = nullptr;
  std::array<cuda::Event, 2> events_{};
};

std::string rate(double bytes, double seconds) { return fmt::format("{:.0f}", bytes / seconds / 1e9); }

void report_bandwidth(ops::Executor& executor, const CudaOptions& options, unsigned rounds, Report& report) {
  const std::size_t size = options.bandwidth_size;
  const double array_bytes = static_cast<double>(size * sizeof(float));
  report.line();
  report.line(fmt::format("### {} float32 elements, {:.1f} GiB an array", size, array_bytes / 0x1p30));
  report.line();
  Memory a(executor, size);
  Memory b(executor, size);
  Memory result(executor, size);
  std::vector<float> numbers = random_numbers(size, 1);
  const double upload = transfer_seconds(executor, [&] { a.upload(numbers); });
  b.upload(random_numbers(size, 2));

  struct Row {
    const char* name;
    double bytes;
    double seconds;
  };
  std::vector<Row> rows;
  double copy_rate = 0;
  const auto measure = [&](const char* name, double arrays, const std::function<double()>& seconds) {
    rows.push_back({name, arrays * array_bytes, median_of(rounds, seconds)});
    return rows.back().bytes / rows.back().seconds;
  };
  const auto by_kernel = [&](const std::function<void()>& call) {
    return [&executor, call] { return kernel_seconds(executor, call); };
  };
  if (const auto index = engine::gpu::gpu_index(executor.name())) {
    DriverCopy driver_copy(*index);
    executor.wait();
    copy_rate = measure("copy by cuMemcpyDtoD", 2, [&] { return driver_copy.seconds(a, result); });
  }
  copy_rate = std::max(copy_rate, measure("copy", 2, by_kernel([&] { ops::copy(a, result); })));
  float reduced = 0;
  measure("add", 3, by_kernel([&] { ops::add(a, b, result); }));
  result.download(numbers);
  const double download = transfer_seconds(executor, [&] { result.download(numbers); });
  measure("add in place", 3, by_kernel([&] { ops::add(result, b, result); }));
  measure("mul by a scalar", 2, by_kernel([&] { ops::mul(a, 3.0F, result); }));
  measure("fma in place", 4, by_kernel([&] { ops::fma(a, b, result, result); }));
  measure("exp", 2, by_kernel([&] { ops::exp(a, result); }));
  measure("gelu", 2, by_kernel([&] { ops::gelu(a, result); }));
  measure("sum", 1, by_kernel([&] { reduced = ops::sum(a); }));
  measure("dot", 2, by_kernel([&] { reduced = ops::dot(a, b); }));
  measure("max", 1, by_kernel([&] { reduced = ops::max(a); }));

  report.head({"kernel", "bytes", "time", "GB/s", "of the faster copy"});
  for (const Row& row : rows) {
    report.row({row.name, fmt::format("{:.2f} GiB", row.bytes / 0x1p30), as_time(row.seconds),
                rate(row.bytes, row.seconds), fmt::format("{:.1f} %", 100 * row.bytes / row.seconds / copy_rate)});
  }
  report.line();
  report.line(fmt::format("Host to GPU {} GB/s, GPU to host {} GB/s, from and to ordinary memory.",
                          rate(array_bytes, upload), rate(array_bytes, download)));
}

/// An operation on two arrays, which writes to a third or to an element of it.
struct Operation {
  const char* name;
  /// Arrays that it reads, and whether it writes one.
  int operands;
  bool writes;
  void (*on_arrays)(Span a, Span b, std::span<float> result);
  void (*on_buffers)(const Memory& a, const Memory& b, Memory& result);
};

float reduced_value;

#define ARMILLION_UNARY(NAME)                                                 \
  {#NAME, 1, true, [](Span a, Span, std::span<float> r) { ops::NAME(a, r); }, \
   [](const Memory& a, const Memory&, Memory& r) { ops::NAME(a, r); }}
#define ARMILLION_REDUCTION(NAME)                                                         \
  {#NAME, 1, false, [](Span a, Span, std::span<float>) { reduced_value = ops::NAME(a); }, \
   [](const Memory& a, const Memory&, Memory&) { reduced_value = ops::NAME(a); }}

const std::vector<Operation> OPERATIONS{
    {"add", 2, true, [](Span a, Span b, std::span<float> r) { ops::add(a, b, r); },
     [](const Memory& a, const Memory& b, Memory& r) { ops::add(a, b, r); }},
    ARMILLION_UNARY(relu),
    ARMILLION_UNARY(exp),
    ARMILLION_UNARY(log),
    ARMILLION_UNARY(sigmoid),
    ARMILLION_UNARY(tanh),
    ARMILLION_UNARY(gelu),
    ARMILLION_REDUCTION(sum),
    ARMILLION_REDUCTION(max),
    {"softmax", 1, true, [](Span a, Span, std::span<float> r) { ops::softmax(a, r); },
     [](const Memory& a, const Memory&, Memory& r) { ops::softmax(a, r); }},
    {"prefix_sum", 1, true, [](Span a, Span, std::span<float> r) { ops::prefix_sum(a, r); },
     [](const Memory& a, const Memory&, Memory& r) { ops::prefix_sum(a, r); }},
    {"dot", 2, false, [](Span a, Span b, std::span<float>) { reduced_value = ops::dot(a, b); },
     [](const Memory& a, const Memory& b, Memory&) { reduced_value = ops::dot(a, b); }},
};
#undef ARMILLION_UNARY
#undef ARMILLION_REDUCTION

void report_operation(ops::Executor& executor, const Operation& operation, std::size_t size,
                      const TimingOptions& timing, Report& report) {
  const Arrays arrays(size, 0, 4);
  const Span a(arrays.a(), size);
  const Span b(arrays.b(), size);
  const std::span<float> result(arrays.result(), size);
  Memory buffers[]{{executor, a}, {executor, b}, {executor, size}};
  const auto call = [&] { operation.on_buffers(buffers[0], buffers[1], buffers[2]); };
  const double on_host =
      seconds_per_call({contender("ops", [&] { operation.on_arrays(a, b, result); })}, timing).front();
  const double upload = median_of(timing.rounds, [&] {
    return transfer_seconds(executor, [&] {
      buffers[0].upload(a);
      if (operation.operands > 1) buffers[1].upload(b);
    });
  });
  const double kernel = median_of(timing.rounds, [&] { return kernel_seconds(executor, call); });
  const double whole = median_of(timing.rounds, [&] { return call_seconds(executor, call); });
  std::string download;
  if (operation.writes) {
    download = as_time(
        median_of(timing.rounds, [&] { return transfer_seconds(executor, [&] { buffers[2].download(result); }); }));
  }
  report.row({operation.name, std::to_string(size), as_time(on_host), as_time(upload), as_time(kernel), download,
              as_time(whole), fmt::format("{:.2f}", on_host / kernel), fmt::format("{:.2f}", on_host / whole)});
}

void report_products(ops::Executor& executor, const CudaOptions& options, unsigned rounds, Report& report) {
  report.line();
  report.line("### Products of a square matrix with another and with a vector");
  report.line();
  report.head({"type", "size", "gemm", "TFLOP/s", "gemv", "GB/s"});
  const auto row = [&]<class T>(const char* type, T, std::size_t size) {
    const std::vector<float> numbers = random_numbers(size * size, size);
    const std::vector<T> elements(numbers.begin(), numbers.end());
    const ops::Buffer<T> a(executor, elements);
    const ops::Buffer<T> b(executor, elements);
    const ops::Buffer<T> x(executor, std::span(elements).first(size));
    ops::Buffer<T> c(executor, size * size);
    ops::Buffer<T> y(executor, size);
    const ops::BufferMatrix of_a(a, size, size);
    const double gemm = median_of(rounds, [&] {
      return kernel_seconds(
          executor, [&] { ops::gemm(of_a, ops::BufferMatrix(b, size, size), ops::BufferMatrix(c, size, size)); });
    });
    const double gemv = median_of(rounds, [&] { return kernel_seconds(executor, [&] { ops::gemv(of_a, x, y); }); });
    const double n = static_cast<double>(size);
    report.row({type, std::to_string(size), as_time(gemm), fmt::format("{:.2f}", 2 * n * n * n / gemm / 1e12),
                as_time(gemv), rate(n * n * sizeof(T), gemv)});
  };
  for (const std::size_t size : options.matrix_sizes) row("float32", float{}, size);
  for (const std::size_t size : options.matrix_sizes) row("float64", double{}, size);
}

std::string description_of(const std::string& name) {
  for (const DeviceInfo& device : devices()) {
    if (device.name == name) return fmt::format("{}, {}, driver {}", name, device.description, device.driver);
  }
  return name + ": the GPU's code on the CPU, whose times say nothing of a GPU";
}

}  // namespace

void report_cuda(const CudaOptions& options, const TimingOptions& timing, Report& report) {
  report.line();
  report.line("## Calls on float32 arrays on a GPU");
  report.line();
  std::optional<ops::Executor> executor;
  try {
    executor.emplace(ops::Executor::cuda(options.device));
  } catch (const Error& error) {
    report.line(fmt::format("Not measured: {} cannot be used: {}.", options.device, error.what()));
    return;
  }
  report.line(fmt::format("Device: {}.", description_of(options.device == "cuda" ? executor->name() : options.device)));
  try {
    report_bandwidth(*executor, options, timing.rounds, report);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::OUT_OF_MEMORY) throw;
    report.line(fmt::format("Not measured: {}.", error.what()));
  }
  report.line();
  report.line("### Transfers and kernels");
  report.line();
  report.line(
      "`upload` and `download` copy operands and the result between the host and the GPU, `kernel` is the GPU's");
  report.line(
      "own time, `call` the host's from the call to the end of the wait for it, all without transfers of arrays.");
  report.line();
  report.head({"operation", "size", "ops", "upload", "kernel", "download", "call", "ops / kernel", "ops / call"});
  for (const Operation& operation : OPERATIONS) {
    for (const std::size_t size : options.sizes) report_operation(*executor, operation, size, timing, report);
  }
  report_products(*executor, options, timing.rounds, report);
}

}  // namespace armillion::bench
