#include "ops/executors.hpp"

#include <fmt/format.h>

#include <span>

#include "armillion/ops.hpp"
#include "armillion/ops/buffer_matrices.hpp"
#include "armillion/ops/executor.hpp"
#include "cli/bench/arrays.hpp"

namespace armillion::bench {
namespace {

using Span = std::span<const float>;
using Memory = ops::Buffer<float>;

/// An operation on two arrays, which writes to a third or to an element of it.
struct Operation {
  const char* name;
  void (*on_arrays)(Span a, Span b, std::span<float> result);
  void (*on_buffers)(const Memory& a, const Memory& b, Memory& result, float& reduced);
};

const std::vector<Operation> OPERATIONS{
    {"add", [](Span a, Span b, std::span<float> result) { ops::add(a, b, result); },
     [](const Memory& a, const Memory& b, Memory& result, float&) { ops::add(a, b, result); }},
    {"relu", [](Span a, Span, std::span<float> result) { ops::relu(a, result); },
     [](const Memory& a, const Memory&, Memory& result, float&) { ops::relu(a, result); }},
    {"exp", [](Span a, Span, std::span<float> result) { ops::exp(a, result); },
     [](const Memory& a, const Memory&, Memory& result, float&) { ops::exp(a, result); }},
    {"softmax", [](Span a, Span, std::span<float> result) { ops::softmax(a, result); },
     [](const Memory& a, const Memory&, Memory& result, float&) { ops::softmax(a, result); }},
    {"sum", [](Span a, Span, std::span<float> result) { result[0] = ops::sum(a); },
     [](const Memory& a, const Memory&, Memory&, float& reduced) { reduced = ops::sum(a); }},
    {"max", [](Span a, Span, std::span<float> result) { result[0] = ops::max(a); },
     [](const Memory& a, const Memory&, Memory&, float& reduced) { reduced = ops::max(a); }},
    {"dot", [](Span a, Span b, std::span<float> result) { result[0] = ops::dot(a, b); },
     [](const Memory& a, const Memory& b, Memory&, float& reduced) { reduced = ops::dot(a, b); }},
};

/// `where` is "DEVICE" or "DEVICE/ENGINE".
ops::Executor machine_of(const std::string& where) {
  const std::size_t slash = where.find('/');
  if (slash == std::string::npos) return ops::Executor::machine(where);
  return ops::Executor::machine(where.substr(0, slash), where.substr(slash + 1));
}

/// A machine with the arrays in its memory.
struct OnMachine {
  OnMachine(const std::string& where, const Arrays& arrays, std::size_t size)
      : executor(machine_of(where)),
        a(executor, Span(arrays.a(), size)),
        b(executor, Span(arrays.b(), size)),
        result(executor, size) {}

  void call(const Operation& operation) { operation.on_buffers(a, b, result, reduced); }

  /// Of one call.
  std::uint64_t instructions(const Operation& operation) {
    const std::uint64_t before = executor.retired_instructions();
    call(operation);
    return executor.retired_instructions() - before;
  }

  ops::Executor executor;
  Memory a;
  Memory b;
  Memory result;
  float reduced = 0;
};

void report_row(const Operation& operation, const std::vector<std::string>& wheres, std::size_t size,
                const TimingOptions& timing, Report& report) {
  const Arrays arrays(size, -4, 4);
  const Span a(arrays.a(), size);
  const Span b(arrays.b(), size);
  const std::span<float> result(arrays.result(), size);
  std::vector<Contender> contenders{contender("ops", [&] { operation.on_arrays(a, b, result); })};
  std::vector<OnMachine> machines;
  for (const std::string& where : wheres) machines.emplace_back(where, arrays, size);
  for (OnMachine& machine : machines) {
    contenders.push_back(contender(machine.executor.name(), [&] { machine.call(operation); }));
  }
  const std::vector<double> seconds = seconds_per_call(contenders, timing);
  std::vector<std::string> cells{operation.name, std::to_string(size), as_time(seconds[0]),
                                 std::to_string(machines.front().instructions(operation))};
  for (std::size_t i = 1; i < seconds.size(); ++i) {
    cells.push_back(as_time(seconds[i]));
    cells.push_back(fmt::format("{:.0f}", seconds[i] / seconds[0]));
  }
  report.row(cells);
}

}  // namespace

void report_executors(const std::vector<std::string>& wheres, const std::vector<std::size_t>& sizes,
                      const TimingOptions& timing, Report& report) {
  report.line();
  report.line("## Calls on float32 arrays as AArch64 instructions of a machine");
  report.line();
  std::vector<std::string> head{"operation", "size", "ops", "instructions"};
  for (const std::string& where : wheres) {
    head.push_back("machine on " + where);
    head.emplace_back("/ ops");
  }
  report.head(head);
  for (const Operation& operation : OPERATIONS) {
    for (const std::size_t size : sizes) report_row(operation, wheres, size, timing, report);
  }
}

}  // namespace armillion::bench
