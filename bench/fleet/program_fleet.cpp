#include "fleet/program_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "armillion/error.hpp"

namespace armillion::bench {

namespace {

// What the programs write lies on the stack: less than so much of it.
constexpr std::uint64_t STACK_BYTES = 0x4000;

std::vector<std::byte> stack_of(const Machine& machine, std::uint64_t end) {
  std::vector<std::byte> bytes(STACK_BYTES);
  machine.read_memory(end - STACK_BYTES, bytes);
  return bytes;
}

}  // namespace

ProgramFleet::ProgramFleet(GuestPrograms& guest, const std::string& device, std::uint64_t lanes)
    : guest_(guest), fleet_(guest.start(), {.lanes = lanes, .device = device}) {}

std::uint64_t ProgramFleet::input_of(std::uint64_t lane, Inputs inputs) const {
  return inputs == Inputs::DIFFERENT ? lane : 1;
}

FleetResult ProgramFleet::run(const FleetProgram& program, std::uint64_t rounds, Inputs inputs) {
  std::vector<std::uint64_t> values(fleet_.lanes());
  for (std::uint64_t lane = 0; lane < values.size(); ++lane) values[lane] = input_of(lane, inputs);
  fleet_.set_x(0, values);
  std::ranges::fill(values, rounds);
  fleet_.set_x(1, values);
  std::ranges::fill(values, program.address);
  fleet_.set_x(2, values);
  const FleetResult result = fleet_.run();
  if (result.stopped_by(StopReason::SYSCALL) != fleet_.lanes()) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("{} of {} lanes came to the end of {}; lane 0 was stopped by {}",
                            result.stopped_by(StopReason::SYSCALL), fleet_.lanes(), program.name,
                            name_of(fleet_.result(0).stop_reason)));
  }
  return result;
}

Point ProgramFleet::measure(const FleetProgram& program, const PointOptions& options) {
  Point point;
  point.rounds = count_that_takes(options.seconds, [&](std::uint64_t rounds) {
    fleet_.reset();
    return run(program, rounds, options.inputs).elapsed_seconds;
  });
  std::vector<double> times;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    fleet_.reset();
    if (options.memory == Memory::WRITTEN) run(program, 1, options.inputs);
    const FleetResult result = run(program, point.rounds, options.inputs);
    point.instructions = result.instructions;
    times.push_back(result.elapsed_seconds);
  }
  point.seconds = median(times);
  if (options.memory == Memory::FRESH) check(program, point.rounds, options.inputs);
  return point;
}

void ProgramFleet::check(const FleetProgram& program, std::uint64_t rounds, Inputs inputs) {
  const std::uint64_t last = fleet_.lanes() - 1;
  Machine alone({.memory_bytes = 0});
  const Snapshot start = guest_.start().snapshot();
  for (const std::uint64_t lane : std::set<std::uint64_t>{0, 1, 31, 32, last / 2, last}) {
    if (lane > last) continue;
    alone.restore(start);
    alone.set_x(0, input_of(lane, inputs));
    alone.set_x(1, rounds);
    alone.set_x(2, program.address);
    const RunResult expected = alone.execute();
    const std::uint64_t stack_end = alone.x(31);
    std::vector<std::byte> stack(STACK_BYTES);
    fleet_.read_memory(lane, stack_end - STACK_BYTES, stack);
    const char* difference = nullptr;
    if (fleet_.result(lane).instructions != expected.instructions) difference = "the number of instructions";
    if (stack != stack_of(alone, stack_end)) difference = "the memory";
    if (fleet_.state(lane) != alone.state()) difference = "the state";
    if (program.native(input_of(lane, inputs), rounds) != alone.x(0)) difference = "the result on the host";
    if (difference != nullptr) {
      throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("{} of lane {} of {} with {} rounds of {} differs",
                                                           difference, lane, fleet_.device(), rounds, program.name));
    }
  }
}

}  // namespace armillion::bench
