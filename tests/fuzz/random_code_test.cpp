// Machines that execute random instructions: whatever they do, it ends in a stop reason, and how a run is cut into
// pieces or watched does not change what it does.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "armillion/isa.hpp"
#include "armillion/machine.hpp"
#include "conformance/random_source.hpp"

namespace armillion {
namespace {

using conformance::RandomSource;

constexpr std::uint64_t MEMORY_BYTES = 64 * 1024;
constexpr std::uint64_t CODE_ADDRESS = 0x4000;
constexpr std::size_t CODE_WORDS = 256;
// Several pages' worth: where less than a page's is left, the interpreter goes step by step.
constexpr std::uint64_t LIMIT = 4'000;
constexpr std::size_t MOST_STOPS = 100;

/// Words that match rows of the instruction table, with random fields.
class RowWords {
 public:
  RowWords() {
    for (const InstructionInfo& row : instruction_table()) {
      Row fixed;
      for (const char c : row.pattern) {
        fixed.mask = fixed.mask << 1 | (c == '0' || c == '1' ? 1 : 0);
        fixed.value = fixed.value << 1 | (c == '1' ? 1 : 0);
      }
      rows_.push_back(fixed);
    }
  }

  /// Every row comes up equally often. The word may be reserved, or another row's.
  std::uint32_t draw(RandomSource& random) const {
    const Row& row = rows_[random.below(static_cast<std::uint32_t>(rows_.size()))];
    return row.value | (static_cast<std::uint32_t>(random.bits()) & ~row.mask);
  }

 private:
  struct Row {
    std::uint32_t mask = 0;
    std::uint32_t value = 0;
  };
  std::vector<Row> rows_;
};

std::uint64_t random_register(RandomSource& random) {
  switch (random.below(4)) {
    case 0: return random.integer(64);
    case 1: return random.below(MEMORY_BYTES) & ~15ull;
    case 2: return CODE_ADDRESS + random.below(CODE_WORDS) * 4;
    default: return random.below(MEMORY_BYTES + 64);
  }
}

void randomise(Machine& machine, RandomSource& random, const RowWords& rows) {
  std::vector<std::uint32_t> code(CODE_WORDS);
  // Mostly what is an instruction, so that runs get somewhere.
  for (std::uint32_t& word : code)
    word = random.one_in(16) ? static_cast<std::uint32_t>(random.bits()) : rows.draw(random);
  machine.load_program(code, CODE_ADDRESS);
  State& state = machine.state();
  for (std::uint64_t& value : state.x) value = random_register(random);
  state.sp = random_register(random);
  for (VectorRegister& vector : state.vectors) vector = {random.integer(64), random.bits()};
  state.set_nzcv(static_cast<std::uint32_t>(random.bits()));
  state.fpcr = static_cast<std::uint32_t>(random.bits()) & 0x07c8'0000;  // AHP, DN, FZ, RMode, FZ16
  state.tpidr_el0 = random.bits();
  machine.set_pc(CODE_ADDRESS + random.below(CODE_WORDS) * 4);
}

bool is_stop_of_bare_machine(StopReason reason) {
  switch (reason) {
    case StopReason::HALT:
    case StopReason::SYSCALL:
    case StopReason::INSTRUCTION_LIMIT:
    case StopReason::BREAKPOINT:
    case StopReason::UNDEFINED_INSTRUCTION:
    case StopReason::MEMORY_FAULT: return true;
    default: return false;
  }
}

/// A machine with a random program that starts again from the same state as often as a test needs it.
class RandomCode : public ::testing::Test {
 protected:
  void begin(std::uint64_t seed) {
    RandomSource random(seed);
    randomise(machine, random, rows);
    start = machine.snapshot();
  }

  struct Outcome {
    std::uint64_t instructions = 0;
    /// In the order in which they came.
    std::vector<StopReason> stops;
    std::string hash;

    friend bool operator==(const Outcome&, const Outcome&) = default;
    friend void PrintTo(const Outcome& outcome, std::ostream* out) {
      *out << outcome.instructions << " instructions, hash " << outcome.hash << ", stops:";
      for (const StopReason stop : outcome.stops) *out << ' ' << name_of(stop);
    }
  };

  // Runs LIMIT instructions from the start, past what stops the machine, in pieces: the first of one length, all others
  // of another.
  Outcome run(std::uint64_t first, std::uint64_t others) { return run_on(machine, first, others); }
  Outcome run_on(Machine& any, std::uint64_t first, std::uint64_t others) {
    any.restore(start);
    Outcome outcome;
    std::uint64_t piece = first;
    while (outcome.instructions < LIMIT && outcome.stops.size() < MOST_STOPS) {
      const RunResult result = any.execute(std::min(piece, LIMIT - outcome.instructions));
      outcome.instructions += result.instructions;
      piece = others;
      if (result.stop_reason == StopReason::INSTRUCTION_LIMIT) continue;
      outcome.stops.push_back(result.stop_reason);
      any.set_pc(result.pc + 4);
    }
    outcome.hash = any.state_hash().to_string();
    return outcome;
  }

  RowWords rows;
  Machine machine{MachineOptions{.memory_bytes = MEMORY_BYTES}};
  Snapshot start;
};

TEST_F(RandomCode, EndsInAReasonOfTheEnumeration) {
  std::array<unsigned, 256> counts{};
  for (std::uint64_t seed = 0; seed < 100'000; ++seed) {
    begin(seed);
    const Outcome outcome = run(LIMIT, LIMIT);
    ASSERT_LE(outcome.instructions, LIMIT) << "seed " << seed;
    ASSERT_EQ(machine.state().zero, 0u) << "seed " << seed;
    for (const StopReason stop : outcome.stops) {
      ASSERT_TRUE(is_stop_of_bare_machine(stop)) << name_of(stop) << ", seed " << seed;
      ++counts[static_cast<std::size_t>(stop)];
    }
  }
  // The programs get into everything that can stop a machine.
  for (const StopReason reason : {StopReason::HALT, StopReason::SYSCALL, StopReason::BREAKPOINT,
                                  StopReason::UNDEFINED_INSTRUCTION, StopReason::MEMORY_FAULT}) {
    EXPECT_GT(counts[static_cast<std::size_t>(reason)], 1'000u) << name_of(reason);
  }
}

TEST_F(RandomCode, OfRandomWordsEndsInAReasonOfTheEnumeration) {
  RandomSource random(1);
  for (int i = 0; i < 50'000; ++i) {
    std::vector<std::uint32_t> code(64);
    for (std::uint32_t& word : code) word = static_cast<std::uint32_t>(random.bits());
    machine.load_program(code, random.below(MEMORY_BYTES / 4 - 64) * 4);
    ASSERT_TRUE(is_stop_of_bare_machine(machine.execute(LIMIT).stop_reason)) << "program " << i;
  }
}

TEST_F(RandomCode, GoesOnAfterAStopWhereverTheHostPutsThePc) {
  RandomSource random(2);
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    begin(seed);
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t pc = random.one_in(4) ? random.integer(64) : random.below(MEMORY_BYTES + 4096);
      machine.set_pc(pc);
      const RunResult result = machine.execute(LIMIT);
      ASSERT_TRUE(is_stop_of_bare_machine(result.stop_reason)) << name_of(result.stop_reason) << ", seed " << seed;
      if (pc % 4 != 0 || pc >= MEMORY_BYTES) {
        ASSERT_EQ(result.stop_reason, StopReason::MEMORY_FAULT) << "pc " << pc;
        ASSERT_EQ(result.fault.access, Access::EXECUTE) << "pc " << pc;
        ASSERT_EQ(result.instructions, 0u) << "pc " << pc;
      }
    }
  }
}

TEST_F(RandomCode, RunsTheSameInTwoPiecesAsInOne) {
  RandomSource random(3);
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    begin(seed);
    const Outcome expected = run(LIMIT, LIMIT);
    const std::uint64_t first = 1 + random.below(LIMIT);
    ASSERT_EQ(run(first, LIMIT), expected) << "seed " << seed << ", cut after " << first;
  }
}

TEST_F(RandomCode, RunsTheSameStepByStep) {
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    begin(seed);
    const Outcome expected = run(LIMIT, LIMIT);
    ASSERT_EQ(run(1, 1), expected) << "seed " << seed;
  }
}

TEST_F(RandomCode, RunsTheSameWhenItIsWatched) {
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    begin(seed);
    const Outcome expected = run(LIMIT, LIMIT);
    std::uint64_t blocks = 0;
    std::uint64_t instructions = 0;
    machine.set_memory_hook([](const MemoryAccess& access) { ASSERT_LE(access.size, 64u); });
    ASSERT_EQ(run(LIMIT, LIMIT), expected) << "memory hook, seed " << seed;
    machine.set_block_hook([&](std::uint64_t) { ++blocks; });
    ASSERT_EQ(run(LIMIT, LIMIT), expected) << "memory and block hook, seed " << seed;
    machine.set_instruction_hook([&](std::uint64_t) { ++instructions; });
    ASSERT_EQ(run(LIMIT, LIMIT), expected) << "all hooks, seed " << seed;
    ASSERT_GE(instructions, expected.instructions) << "seed " << seed;
    ASSERT_GT(blocks, 0u) << "seed " << seed;
    machine.set_memory_hook({});
    machine.set_block_hook({});
    machine.set_instruction_hook({});
    ASSERT_EQ(run(LIMIT, LIMIT), expected) << "hooks removed, seed " << seed;
  }
}

TEST_F(RandomCode, RunsTheSameFromARestoredSnapshotInAnotherMachine) {
  Machine other(MachineOptions{.memory_bytes = MEMORY_BYTES});
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    begin(seed);
    ASSERT_EQ(run_on(other, LIMIT, LIMIT), run(LIMIT, LIMIT)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace armillion
