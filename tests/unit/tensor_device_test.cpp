// The tensor engine's code for GPUs, on the host: threads that work on a batch together end programs as the interpreter
// does, with the same batches and waves however many they are.
#include "engine/tensor/device/tensor_device.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/random_source.hpp"
#include "engine/gpu/host_backend.hpp"
#include "engine/state_hash.hpp"
#include "engine/tensor/decode.hpp"
#include "support/assembler.hpp"
#include "support/random_program.hpp"

namespace armillion::engine::tensor {
namespace {

using conformance::RandomSource;
using test::RandomProgram;

constexpr unsigned THREADS = 7;
constexpr std::uint64_t MEMORY_BYTES = 1 << 20;
// Instrumented code takes several times as long.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t PROGRAMS = 10;
#else
constexpr std::uint64_t PROGRAMS = 32;
#endif

struct Program {
  std::vector<std::uint32_t> code;
  State state;
};

struct Stop {
  StopReason reason;
  std::uint64_t retired;
  std::uint64_t pc;
  std::uint32_t immediate;
  std::uint64_t fault_address;
  Hash128 hash;

  friend bool operator==(const Stop&, const Stop&) = default;
  friend void PrintTo(const Stop& stop, std::ostream* out) {
    *out << name_of(stop.reason) << " after " << stop.retired << " at " << std::hex << stop.pc << ", immediate "
         << stop.immediate << ", fault at " << stop.fault_address << ", hash " << stop.hash.to_string();
  }
};

struct Run {
  std::vector<Stop> stops;
  TensorStatistics statistics;
};

// Runs the program past what stops it. With `threads` 0 the interpreter does.
Run run(const Program& program, std::uint64_t limit, std::uint32_t batch, unsigned threads) {
  constexpr std::size_t MOST_STOPS = 12;
  guest::AddressSpace memory(MEMORY_BYTES);
  memory.map(0, MEMORY_BYTES, Permissions::ALL);
  memory.write(RandomProgram::CODE_ADDRESS, std::as_bytes(std::span(program.code)));
  Interpreter interpreter(memory);
  State& state = interpreter.state();
  state = program.state;
  state.pc = RandomProgram::CODE_ADDRESS;
  std::optional<TensorDevice> device;
  if (threads > 0) device.emplace(gpu::make_host_backend(1, threads), interpreter, memory, batch);
  const Interpreter::Poll poll = [] { return StopReason::RUNNING; };
  Run result;
  std::uint64_t retired = 0;
  while (retired < limit && result.stops.size() < MOST_STOPS) {
    const std::uint64_t left = limit - retired;
    const Interpreter::Outcome outcome = device ? device->run(left, retired, Interpreter::Start::BY_HOST, poll)
                                                : interpreter.run(left, retired, Interpreter::Start::BY_HOST, poll);
    result.stops.push_back({outcome.reason, outcome.retired, state.pc, outcome.immediate, outcome.fault.address,
                            state_hash(state, memory.hash())});
    state.pc += 4;
  }
  if (device) result.statistics = device->statistics();
  return result;
}

// Runs it on the interpreter, on one thread and on several. Returns what the engine has done.
TensorStatistics expect_same(const Program& program, std::uint64_t limit, std::uint32_t batch) {
  const Run expected = run(program, limit, batch, 0);
  const Run one = run(program, limit, batch, 1);
  const Run several = run(program, limit, batch, THREADS);
  EXPECT_EQ(one.stops, expected.stops) << "one thread, batch " << batch;
  EXPECT_EQ(several.stops, expected.stops) << "several threads, batch " << batch;
  EXPECT_EQ(several.statistics.batches, one.statistics.batches) << "batch " << batch;
  EXPECT_EQ(several.statistics.waves, one.statistics.waves) << "batch " << batch;
  EXPECT_EQ(several.statistics.gathered, one.statistics.gathered) << "batch " << batch;
  EXPECT_EQ(several.statistics.instructions_in_batches, one.statistics.instructions_in_batches) << "batch " << batch;
  EXPECT_EQ(several.statistics.instructions_single, one.statistics.instructions_single) << "batch " << batch;
  EXPECT_EQ(several.statistics.wrong_guesses, one.statistics.wrong_guesses) << "batch " << batch;
  EXPECT_EQ(several.statistics.branches_both_ways, one.statistics.branches_both_ways) << "batch " << batch;
  EXPECT_EQ(several.statistics.conflicts, one.statistics.conflicts) << "batch " << batch;
  return several.statistics;
}

Program program_of(std::string_view text) { return {test::assemble(text), {}}; }

double average_batch(const TensorStatistics& statistics) {
  return static_cast<double>(statistics.gathered) / static_cast<double>(statistics.batches);
}

TEST(TensorDevice, ThreadsEndRandomProgramsAsTheInterpreterDoes) {
  const test::RandomWords words;
  TensorStatistics total;
  for (std::uint64_t seed = 0; seed < PROGRAMS; ++seed) {
    RandomSource random(seed);
    Program program{test::random_code(random, words), {}};
    test::randomise_registers(program.state, random);
    constexpr std::uint32_t BATCHES[] = {33, 1024, 4096, LARGEST_BATCH};
    const TensorStatistics statistics = expect_same(program, 600, BATCHES[seed % 4]);
    total.conflicts += statistics.conflicts;
    total.wrong_guesses += statistics.wrong_guesses;
    if (seed % 4 == 0) expect_same(program, 60, 1);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(total.conflicts, 0u);
  EXPECT_GT(total.wrong_guesses, PROGRAMS / 2);
}

// A loop of instructions that batches hold and that go on behind themselves.
Program random_loop(RandomSource& random, const test::RandomWords& words) {
  Program program{test::assemble("movz x15, #5, lsl #16\nagain:\n"), {}};
  const std::uint32_t length = 8 + random.below(32);
  while (program.code.size() < length) {
    const std::uint32_t word = random.one_in(3) ? words.draw_access(random) : words.draw_arithmetic(random);
    const BatchOp op = make_batch_op(word);
    bool is_wanted = op.is_batchable && op.flow == Flow::NEXT;
    for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
      if ((op.writes & place_bit(place)) != 0 && op.slots[place] == 15) is_wanted = false;
    }
    if (is_wanted) program.code.push_back(word);
  }
  program.code.push_back(0xd100'05ef);                                                 // sub x15, x15, #1
  program.code.push_back(0xb500'000f | ((0x8'0000 - (length - 1)) << 5 & 0xff'ffe0));  // cbnz x15, again
  test::randomise_registers(program.state, random);
  return program;
}

TEST(TensorDevice, ThreadsEndRandomLoopsInLargeBatchesAsTheInterpreterDoes) {
  const test::RandomWords words;
  double largest = 0;
  std::uint64_t conflicts = 0;
  for (std::uint64_t seed = 0; seed < PROGRAMS; ++seed) {
    RandomSource random(1'000 + seed);
    const Program program = random_loop(random, words);
    const TensorStatistics statistics = expect_same(program, 6'000, seed % 2 == 0 ? LARGEST_BATCH : 4096);
    largest = std::max(largest, average_batch(statistics));
    conflicts += statistics.conflicts;
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(largest, 1'024);
  EXPECT_GT(conflicts, 0u);
}

TEST(TensorDevice, ThreadsEndRandomLoopsWithBranchesAsTheInterpreterDoes) {
  const test::RandomWords words;
  std::uint64_t both_ways = 0;
  for (std::uint64_t seed = 0; seed < PROGRAMS; ++seed) {
    RandomSource random(2'000 + seed);
    Program program{test::random_branchy_loop(random, words), {}};
    test::randomise_registers(program.state, random);
    program.state.x[27] = random.bits() | 1;
    program.state.x[28] = 200;
    constexpr std::uint32_t BATCHES[] = {33, 1024, 4096, LARGEST_BATCH};
    both_ways += expect_same(program, 3'000, BATCHES[seed % 4]).branches_both_ways;
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(both_ways, PROGRAMS);
}

constexpr std::string_view ADD_ARRAYS = R"(
    movz x0, #4, lsl #16
    movz x1, #2, lsl #16
    movz x2, #6, lsl #16
    movz x3, #10, lsl #16
  again:
    ldr x4, [x1], #8
    ldr x5, [x2], #8
    add x4, x4, x5
    eor x4, x4, x0
    str x4, [x3], #8
    sub x0, x0, #1
    cbnz x0, again
    hlt #0)";

// Of all sizes and at all distances, so that later ones cover earlier ones in part; some cross pages.
constexpr std::string_view OVERLAPPING_STORES = R"(
    movz x0, #4, lsl #16
    movz x9, #2, lsl #16
  again:
    add x1, x1, #3
    and x2, x1, #0x1fff
    add x3, x9, x2
    str x1, [x3]
    strh w0, [x3, #5]
    stp x0, x1, [x3, #-8]
    strb w1, [x9]
    sub x0, x0, #1
    cbnz x0, again
    hlt #0)";

TEST(TensorDevice, ThreadsFillTheLargestBatches) {
  for (const std::string_view text : {ADD_ARRAYS, OVERLAPPING_STORES}) {
    const TensorStatistics statistics = expect_same(program_of(text), 140'000, LARGEST_BATCH);
    EXPECT_LE(statistics.batches, 6u) << text;
    for (const std::uint32_t batch : {33u, 1024u, 4096u}) expect_same(program_of(text), batch * 4, batch);
  }
}

// Loads that see the stores before them; of variables that share a granule, one is written once and read often.
constexpr std::string_view VARIABLES_IN_MEMORY = R"(
    movz x9, #2, lsl #16
    movz w0, #4, lsl #16
    str w0, [x9, #12]
  again:
    ldr w1, [x9, #8]
    ldrb w2, [x9, #13]
    add w1, w1, w2
    str w1, [x9, #8]
    ldr w3, [x9, #12]
    strb w3, [x9, #17]
    ldur x4, [x9, #11]
    sub w0, w0, #1
    cbnz w0, again
    hlt #0)";

TEST(TensorDevice, ThreadsOrderLoadsBehindStores) {
  const TensorStatistics statistics = expect_same(program_of(VARIABLES_IN_MEMORY), 9'000, LARGEST_BATCH);
  EXPECT_GT(average_batch(statistics), 200);
  EXPECT_GT(statistics.conflicts, 1u);
  // Loads that see what was stored wait for it.
  EXPECT_GT(statistics.waves, statistics.instructions_in_batches / 9);
  expect_same(program_of(VARIABLES_IN_MEMORY), 2'000, 1024);
}

// A chain through all of a batch.
TEST(TensorDevice, ThreadsExecuteDeepBatches) {
  const TensorStatistics statistics = expect_same(program_of(R"(
    movz x0, #4, lsl #16
    mov x1, #3
  again:
    mul x1, x1, x1
    eor x1, x1, x0
    add x2, x2, x1
    sub x0, x0, #1
    cbnz x0, again
    hlt #0)"),
                                                  8'000, LARGEST_BATCH);
  EXPECT_LE(statistics.batches, 4u);
  EXPECT_GT(statistics.waves, 3'000u);
}

}  // namespace
}  // namespace armillion::engine::tensor
