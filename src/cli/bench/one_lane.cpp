#include "cli/bench/one_lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "armillion/error.hpp"
#include "cli/bench/instruction_words.hpp"
#include "cli/bench/published.hpp"

namespace armillion::bench {

namespace {

using namespace words;

constexpr std::uint64_t PAGE_BYTES = 4096;
constexpr std::uint64_t CODE_ADDRESS = 0x40'0000;
constexpr std::uint64_t STORE_ADDRESS = 0x1000'0000;
constexpr std::chrono::milliseconds POLL_PERIOD{1};

// X0 is what is added to, X1 where it is stored.
Words add_loop() { return {add_immediate(0, 0, 1), branch(-1)}; }
Words add_store_loop() { return {add_immediate(0, 0, 1), store(0, 1), branch(-2)}; }

// Two branches that go by the bits of a xorshift generator's numbers; X0 is its state.
Words branchy_loop() {
  return {
      eor_shifted_left(0, 0, 0, 13),  //
      eor_shifted_right(0, 0, 0, 7),  //
      eor_shifted_left(0, 0, 0, 17),  //
      branch_if_bit_clear(0, 0, 2),   // over the next instruction
      add_immediate(2, 2, 1),         //
      branch_if_bit_set(0, 5, 2),     // over the next instruction
      sub_immediate(3, 3, 1),         //
      branch(-7),
  };
}

Words straight_line(std::size_t length) {
  Words line(length, add_immediate(0, 0, 1));
  line.push_back(HALT);
  return line;
}

// Instructions of the modes' batches.
constexpr std::uint64_t LARGE_BATCH = 1'000'000;
constexpr std::uint64_t MIDDLE_BATCH = 10'000;
constexpr std::uint64_t SMALL_BATCH = 1'000;

template <std::uint64_t BATCH_INSTRUCTIONS, Dispatch DISPATCH>
RunResult run_in_batches(Machine& machine, std::uint64_t instructions) {
  const std::uint64_t batch = std::min(instructions, BATCH_INSTRUCTIONS);
  return machine.execute_continuous(
      {.batch_instructions = batch, .max_batches = (instructions + batch - 1) / batch, .dispatch = DISPATCH});
}

RunResult run_beside_the_host(Machine& machine, std::uint64_t instructions) {
  machine.start({.instruction_limit = instructions});
  while (machine.poll().is_running) std::this_thread::sleep_for(POLL_PERIOD);
  return machine.wait();
}

constexpr std::array MODES{
    Mode{"execute", [](Machine& machine, std::uint64_t instructions) { return machine.execute(instructions); }},
    Mode{"batches of 1 M", run_in_batches<LARGE_BATCH, Dispatch::HOST>},
    Mode{"batches of 10 K", run_in_batches<MIDDLE_BATCH, Dispatch::HOST>},
    Mode{"batches of 1 K", run_in_batches<SMALL_BATCH, Dispatch::HOST>},
    Mode{"batches of 1 K, self-dispatching", run_in_batches<SMALL_BATCH, Dispatch::DEVICE>},
    Mode{"execute_mega",
         [](Machine& machine, std::uint64_t instructions) { return machine.execute_mega(instructions); }},
    Mode{"start, poll, wait", run_beside_the_host},
};

MachineOptions without_memory(MachineOptions options) {
  options.memory_bytes = 0;
  return options;
}

}  // namespace

const std::vector<OneLaneProgram>& one_lane_programs() {
  const double line = published::PYTORCH_STRAIGHT_LINE.back().second;
  const std::uint32_t line_batch = published::PYTORCH_STRAIGHT_LINE.back().first;
  static const std::vector<OneLaneProgram> PROGRAMS{
      {.what = "ADD, B",
       .words = add_loop(),
       .published_metal = published::METAL_ADD_LOOP,
       .published_asynchronous = published::ASYNCHRONOUS_ADD_LOOP},
      {.what = "ADD, STR, B",
       .words = add_store_loop(),
       .published_metal = published::METAL_ADD_STORE_LOOP,
       .published_asynchronous = published::ASYNCHRONOUS_ADD_STORE_LOOP},
      {.what = "branchy loop",
       .words = branchy_loop(),
       .published_batches = published::PYTORCH_BRANCHY_LOOP.second,
       .published_batch = published::PYTORCH_BRANCHY_LOOP.first},
      {.what = "10,000 ADDs in a line",
       .words = straight_line(10'000),
       .instructions = 10'001,
       .published_batches = line,
       .published_batch = line_batch},
      {.what = "100,000 ADDs in a line",
       .words = straight_line(100'000),
       .instructions = 100'001,
       .published_batches = line,
       .published_batch = line_batch},
  };
  return PROGRAMS;
}

std::span<const Mode> modes() { return MODES; }

std::uint64_t whole_batches(std::uint64_t instructions) {
  const std::uint64_t step = instructions > LARGE_BATCH    ? LARGE_BATCH
                             : instructions > MIDDLE_BATCH ? MIDDLE_BATCH
                                                           : SMALL_BATCH;
  return (instructions + step - 1) / step * step;
}

OneLane::OneLane(const OneLaneProgram& program, MachineOptions options) : machine_(without_memory(std::move(options))) {
  const auto code = std::as_bytes(std::span(program.words));
  machine_.map_memory(CODE_ADDRESS, (code.size() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES,
                      Permissions::READ_EXECUTE);
  machine_.load_program(program.words, CODE_ADDRESS);
  machine_.map_memory(STORE_ADDRESS, PAGE_BYTES, Permissions::READ_WRITE);
  machine_.set_x(0, 1);
  machine_.set_x(1, STORE_ADDRESS);
  start_ = machine_.snapshot();
}

RunResult OneLane::run(const Mode& mode, std::uint64_t instructions) {
  machine_.restore(start_);
  const RunResult result = mode.run(machine_, instructions);
  if (result.instructions != instructions) {
    throw Error(ErrorCode::UNAVAILABLE,
                fmt::format("{} of {} instructions were run by {}", result.instructions, instructions, mode.name));
  }
  return result;
}

}  // namespace armillion::bench
