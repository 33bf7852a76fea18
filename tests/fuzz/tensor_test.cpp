// The tensor engine against the interpreter: random programs of integer instructions, branches, loads and stores, which
// overlap each other and the code, end in the same stops with the same counts and states, whatever the batch.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "armillion/machine.hpp"
#include "conformance/random_source.hpp"
#include "support/random_program.hpp"

namespace armillion {
namespace {

using conformance::RandomSource;
using test::RandomProgram;
using test::RandomWords;

constexpr std::uint64_t MEMORY_BYTES = RandomProgram::MEMORY_BYTES;
constexpr std::uint64_t CODE_ADDRESS = RandomProgram::CODE_ADDRESS;
constexpr std::uint32_t CODE_WORDS = RandomProgram::CODE_WORDS;
constexpr std::uint64_t DATA_ADDRESS = RandomProgram::DATA_ADDRESS;
constexpr std::uint64_t LIMIT = 3'000;
constexpr std::size_t MOST_STOPS = 30;
// Instrumented code takes several times as long.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t PROGRAMS = 2'000;
#else
constexpr std::uint64_t PROGRAMS = 8'000;
#endif
constexpr std::uint32_t BATCHES[] = {1, 2, 7, 64, 512, 4096, LARGEST_BATCH};
constexpr std::uint32_t DEVICE_BATCHES[] = {1, 33, 1024, 4096, LARGEST_BATCH};

void randomise(Machine& machine, RandomSource& random, const RandomWords& words) {
  machine.load_program(test::random_code(random, words), CODE_ADDRESS);
  test::randomise_registers(machine.state(), random);
}

struct Stop {
  StopReason reason;
  std::uint64_t instructions;
  std::uint64_t pc;
  std::uint32_t immediate;
  std::uint64_t fault_address;
  std::uint32_t fault_size;
  Access fault_access;
  FaultKind fault_kind;
  std::string hash;

  friend bool operator==(const Stop&, const Stop&) = default;
  friend void PrintTo(const Stop& stop, std::ostream* out) {
    *out << name_of(stop.reason) << " after " << stop.instructions << " at " << std::hex << stop.pc << ", immediate "
         << stop.immediate << ", fault at " << stop.fault_address << " of " << stop.fault_size << ", hash "
         << stop.hash;
  }
};

/// Machines of both engines with the same random program.
class TensorEngine : public ::testing::Test {
 protected:
  TensorEngine() { make_tensors(); }

  void make_tensors() {
    tensors.clear();
    names.clear();
    for (const std::uint32_t batch : BATCHES) {
      tensors.push_back(std::make_unique<Machine>(
          MachineOptions{.memory_bytes = MEMORY_BYTES, .engine = "tensor", .tensor_batch = batch}));
      names.push_back("batch " + std::to_string(batch));
    }
    // The code of GPUs, too: on the host, or where the environment says.
    const char* device = std::getenv("ARMILLION_TENSOR_DEVICE");
    for (const std::uint32_t batch : DEVICE_BATCHES) {
      tensors.push_back(std::make_unique<Machine>(MachineOptions{.memory_bytes = MEMORY_BYTES,
                                                                 .device = device == nullptr ? "host-lanes" : device,
                                                                 .engine = "tensor",
                                                                 .tensor_batch = batch}));
      names.push_back("batch " + std::to_string(batch) + " on a device");
    }
  }

  void begin(std::uint64_t seed) {
    RandomSource random(seed);
    randomise(reference, random, words);
    start = reference.snapshot();
  }

  // Runs from the start, past what stops the machine, in pieces of the given length.
  std::vector<Stop> run(Machine& machine, std::uint64_t piece) const {
    machine.restore(start);
    std::vector<Stop> stops;
    std::uint64_t instructions = 0;
    while (instructions < LIMIT && stops.size() < MOST_STOPS) {
      const RunResult result = machine.execute(std::min(piece, LIMIT - instructions));
      instructions += result.instructions;
      if (result.stop_reason != StopReason::INSTRUCTION_LIMIT && result.stop_reason != StopReason::BREAKPOINT) {
        machine.set_pc(result.pc + 4);
      }
      stops.push_back({result.stop_reason, result.instructions, result.pc, result.immediate, result.fault.address,
                       result.fault.size, result.fault.access, result.fault.kind, machine.state_hash().to_string()});
    }
    return stops;
  }

  void expect_same(std::uint64_t seed, std::uint64_t piece) {
    const std::vector<Stop> expected = run(reference, piece);
    // Devices take their time.
    const std::size_t count = seed % 8 == 0 ? tensors.size() : std::size(BATCHES);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(run(*tensors[i], piece), expected) << "seed " << seed << ", " << names[i] << ", piece " << piece;
      ASSERT_EQ(tensors[i]->retired_instructions(), reference.retired_instructions());
    }
  }

  RandomWords words;
  std::vector<std::string> names;
  Machine reference{MachineOptions{.memory_bytes = MEMORY_BYTES}};
  std::vector<std::unique_ptr<Machine>> tensors;
  Snapshot start;
};

TEST_F(TensorEngine, EndsRandomProgramsAsTheInterpreterDoes) {
  TensorStatistics totals;
  for (std::uint64_t seed = 0; seed < PROGRAMS; ++seed) {
    begin(seed);
    expect_same(seed, LIMIT);
    if (HasFatalFailure()) return;
    if (seed % 20 != 19) continue;
    const TensorStatistics statistics = tensors[4]->tensor_statistics();
    totals.batches += statistics.batches;
    totals.waves += statistics.waves;
    totals.instructions_in_batches += statistics.instructions_in_batches;
    totals.instructions_single += statistics.instructions_single;
    totals.wrong_guesses += statistics.wrong_guesses;
    totals.conflicts += statistics.conflicts;
    // What engines have learnt about the programs before would spare them mistakes.
    make_tensors();
  }
  // The programs reach what is hard in a batch.
  EXPECT_GT(totals.conflicts, PROGRAMS / 20);
  EXPECT_GT(totals.wrong_guesses, PROGRAMS / 2);
  EXPECT_GT(totals.instructions_single, PROGRAMS / 2);
  EXPECT_GT(totals.instructions_in_batches, 10 * totals.instructions_single);
  EXPECT_GT(totals.instructions_in_batches, 5 * totals.batches);
  EXPECT_GT(totals.instructions_in_batches, totals.waves);
}

TEST_F(TensorEngine, EndsRandomLoopsWithBranchesAsTheInterpreterDoes) {
  RandomSource pieces(3);
  for (std::uint64_t seed = 400'000; seed < 400'000 + PROGRAMS / 2; ++seed) {
    RandomSource random(seed);
    reference.load_program(test::random_branchy_loop(random, words), CODE_ADDRESS);
    test::randomise_registers(reference.state(), random);
    reference.set_x(27, random.bits() | 1);
    reference.set_x(28, 20 + random.below(200));
    start = reference.snapshot();
    expect_same(seed, pieces.one_in(2) ? LIMIT : 1 + pieces.below(300));
    if (HasFatalFailure()) return;
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    // In batches of one a branch has no other lanes.
    if (names[i].starts_with("batch 1 ") || names[i] == "batch 1") continue;
    EXPECT_GT(tensors[i]->tensor_statistics().branches_both_ways, PROGRAMS) << names[i];
  }
}

TEST_F(TensorEngine, StopsAtLimitsWhereTheInterpreterDoes) {
  RandomSource random(1);
  for (std::uint64_t seed = 100'000; seed < 102'000; ++seed) {
    begin(seed);
    expect_same(seed, 1 + random.below(random.one_in(2) ? 40 : 1'000));
    if (HasFatalFailure()) return;
  }
}

TEST_F(TensorEngine, StopsAtBreakpointsWhereTheInterpreterDoes) {
  RandomSource random(2);
  for (std::uint64_t seed = 200'000; seed < 202'000; ++seed) {
    begin(seed);
    std::vector<std::uint64_t> addresses;
    for (int i = 0; i < 4; ++i) addresses.push_back(CODE_ADDRESS + random.below(CODE_WORDS) * 4);
    for (const std::uint64_t address : addresses) {
      reference.add_breakpoint(address);
      for (const auto& tensor : tensors) tensor->add_breakpoint(address);
    }
    expect_same(seed, LIMIT);
    if (HasFatalFailure()) return;
    for (const std::uint64_t address : addresses) {
      reference.remove_breakpoint(address);
      for (const auto& tensor : tensors) tensor->remove_breakpoint(address);
    }
  }
}

// A loop of additions of constants and moves, closed by CBNZ or by B.NE.
std::vector<std::uint32_t> random_counted_loop(RandomSource& random) {
  std::vector<std::uint32_t> words;
  const auto number = [&] { return random.one_in(12) ? 31 : random.below(4); };
  const auto small = [&] { return random.one_in(3) ? random.below(4096) : random.below(3); };
  const std::uint32_t length = 1 + random.below(5);
  for (std::uint32_t i = 0; i < length; ++i) {
    const std::uint32_t d = number();
    // Mostly the register itself, or nothing would come back to where it was.
    const std::uint32_t n = random.one_in(4) ? number() : d;
    switch (random.below(8)) {
      case 0: words.push_back(0xaa00'03e0 | n << 16 | d); break;                               // mov
      case 1: words.push_back(0x5280'0000 | random.below(2) << 31 | small() << 5 | d); break;  // movz
      case 2: words.push_back(0x9240'0000 | random.below(8) << 10 | n << 5 | d); break;        // and: no such loop
      default:                                                                                 // add, adds, sub, subs
        words.push_back(0x1100'0000 | (static_cast<std::uint32_t>(random.bits()) & 0xe000'0000) |
                        (random.one_in(8) ? 1u << 22 : 0) | small() << 10 | n << 5 | d);
    }
  }
  const std::uint32_t back = ((0x8'0000 - length) << 5 & 0xff'ffe0);
  words.push_back(random.one_in(2) ? 0x5400'0001 | back                                              // b.ne
                                   : 0x3500'0000 | random.below(2) << 31 | back | random.below(4));  // cbnz
  words.push_back(0x9100'0421);                                                                      // add x1, x1, #1
  words.push_back(0xd440'0000);                                                                      // hlt
  return words;
}

TEST_F(TensorEngine, EndsLoopsThatItSolvesAsTheInterpreterDoes) {
  Machine solving(MachineOptions{
      .memory_bytes = MEMORY_BYTES, .engine = "tensor", .tensor_batch = 64, .tensor_loops = LoopAcceleration::ON});
  RandomSource random(5);
  TensorStatistics before;
  std::uint64_t solved = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    // Each at an address of its own: an engine remembers loops that it could not solve.
    reference.load_program(random_counted_loop(random), random.below(MEMORY_BYTES / 4 - 16) * 4);
    State& state = reference.state();
    for (unsigned i = 0; i < 4; ++i) {
      state.x[i] = random.below(4) == 0 ? random.integer(64) : random.below(3) << 12 | random.below(3'000);
      if (random.one_in(4)) state.x[i] = 0 - state.x[i];
    }
    state.sp = random.below(1'000);
    start = reference.snapshot();
    const std::uint64_t limit = random.one_in(2) ? 30'000 : 1 + random.below(2'000);
    solving.restore(start);
    const RunResult expected = reference.execute(limit);
    const RunResult result = solving.execute(limit);
    ASSERT_EQ(result.stop_reason, expected.stop_reason) << "seed " << seed;
    ASSERT_EQ(result.instructions, expected.instructions) << "seed " << seed;
    ASSERT_EQ(solving.state_hash(), reference.state_hash()) << "seed " << seed;
    const TensorStatistics statistics = solving.tensor_statistics();
    ASSERT_EQ(statistics.instructions_in_batches + statistics.instructions_single +
                  statistics.instructions_accelerated -
                  (before.instructions_in_batches + before.instructions_single + before.instructions_accelerated),
              result.instructions);
    solved += statistics.instructions_accelerated > before.instructions_accelerated ? 1 : 0;
    before = statistics;
  }
  EXPECT_GT(solved, 2'000u);
}

TEST_F(TensorEngine, RunsTheSameWhenItIsWatched) {
  for (std::uint64_t seed = 300'000; seed < 300'500; ++seed) {
    begin(seed);
    std::uint64_t seen = 0;
    std::uint64_t expected = 0;
    reference.set_memory_hook([&](const MemoryAccess& access) { expected = expected * 31 + access.address; });
    tensors[4]->set_memory_hook([&](const MemoryAccess& access) { seen = seen * 31 + access.address; });
    const std::vector<Stop> stops = run(reference, LIMIT);
    ASSERT_EQ(run(*tensors[4], LIMIT), stops) << "seed " << seed;
    ASSERT_EQ(seen, expected) << "seed " << seed;
    reference.set_memory_hook({});
    tensors[4]->set_memory_hook({});
    reference.add_watchpoint(DATA_ADDRESS + 64, 8, Access::WRITE);
    tensors[4]->add_watchpoint(DATA_ADDRESS + 64, 8, Access::WRITE);
    const std::vector<Stop> watched = run(reference, LIMIT);
    ASSERT_EQ(run(*tensors[4], LIMIT), watched) << "seed " << seed;
    reference.remove_watchpoint(DATA_ADDRESS + 64, 8, Access::WRITE);
    tensors[4]->remove_watchpoint(DATA_ADDRESS + 64, 8, Access::WRITE);
  }
}

}  // namespace
}  // namespace armillion
