#include <fmt/format.h>

#include <vector>

#include "armillion/error.hpp"
#include "armillion/machine.hpp"
#include "cli/bench/benchmarks.hpp"
#include "cli/bench/published.hpp"
#include "cli/bench/tensor_programs.hpp"
#include "cli/bench/timing.hpp"

namespace armillion::bench {

namespace {

const std::vector<std::uint64_t> BATCHES{1, 64, 128, 256, 512, 1024, 4096, LARGEST_BATCH};

Machine machine_with(const TensorProgram& program, const MachineOptions& options) {
  Machine machine(options);
  machine.load_program(program.words);
  return machine;
}

Figure measure(Machine& machine, const TensorProgram& program, const BenchOptions& options) {
  const Snapshot start = machine.snapshot();
  return Figure::of_samples(measure_rates(options.repetitions, options.seconds, [&] {
    machine.restore(start);
    const RunResult result = machine.execute();
    if (result.stop_reason != StopReason::HALT) {
      throw Error(ErrorCode::UNAVAILABLE, fmt::format("{}: stopped by {}", program.title, name_of(result.stop_reason)));
    }
    return result.instructions;
  }));
}

void measure_batches(Result& result, const TensorProgram& program, const std::string& device,
                     const BenchOptions& options, const std::string& series) {
  Machine interpreter = machine_with(program, {});
  options.on_step(fmt::format("{} by the interpreter", program.title));
  const Figure by_interpreter = measure(interpreter, program, options);
  for (const std::uint64_t batch : options.sizes.empty() ? BATCHES : options.sizes) {
    if (batch > LARGEST_BATCH) {
      throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("batches have at most {} instructions", LARGEST_BATCH));
    }
    options.on_step(fmt::format("{} on {}, batches of {}", program.title, device, batch));
    Machine machine = machine_with(
        program, {.device = device, .engine = "tensor", .tensor_batch = static_cast<std::uint32_t>(batch)});
    Figure figure = measure(machine, program, options);
    if (machine.state_hash() != interpreter.state_hash()) {
      throw Error(ErrorCode::UNAVAILABLE, fmt::format("{}: the engines differ at batch {}", program.title, batch));
    }
    result.set(batch, series, std::move(figure));
  }
  result.set("interpreter, cpu", {}, series, by_interpreter);
}

}  // namespace

Result measure_tensor(const BenchOptions& options) {
  Result result("tensor", "The tensor engine, by the size of batches", Result::Shape::LINES, "batch", "instructions/s");
  const std::vector<std::string> devices = options.devices.empty() ? std::vector<std::string>{"cpu"} : options.devices;
  for (const std::string& device : devices) {
    for (const TensorProgram& program : tensor_programs()) {
      const std::string series = devices.size() > 1 ? fmt::format("{}, {}", program.title, device) : program.title;
      measure_batches(result, program, device, options, series);
    }
  }
  for (const auto& [batch, ips] : published::PYTORCH_STRAIGHT_LINE) {
    result.set(batch, "published: PyTorch, ADDs in a line", {ips, {}}, SeriesKind::PUBLISHED);
  }
  const auto& [batch, ips] = published::PYTORCH_BRANCHY_LOOP;
  result.set(batch, "published: PyTorch, branchy loop", {ips, {}}, SeriesKind::PUBLISHED);
  result.add_note("Published: of an earlier emulator, on an Apple M4 Pro.");
  return result;
}

}  // namespace armillion::bench
