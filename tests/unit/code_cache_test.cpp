#include "engine/interpreter/code_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "armillion/machine.hpp"
#include "guest/address_space.hpp"
#include "isa/predecode.hpp"
#include "support/assembler.hpp"

namespace armillion::engine {
namespace {

using test::assemble;

constexpr std::uint64_t PAGE = 0x4000;

// A cache that follows its address space, as the interpreter's does.
class CachedCode final : private guest::CodeObserver {
 public:
  CachedCode() {
    memory.map(0, 0x10000, Permissions::ALL);
    memory.set_code_observer(this);
  }

  void write(std::uint64_t address, std::string_view text) {
    const auto words = assemble(text);
    memory.write(address, std::as_bytes(std::span(words)));
  }

  // What the cache holds for the instruction at `address`, after it was decoded if it was not.
  const MicroOp& decoded(std::uint64_t address) {
    DecodedPage& page = cache.page(address & guest::PAGE_MASK);
    const std::uint64_t index = address % PAGE_BYTES / 4;
    if (page.ops[index].handler == DECODE_OP) cache.decode(page, index, Breakpoints::KEEP);
    return page.ops[index];
  }
  bool is_decoded(std::uint64_t address) {
    return cache.page(address & guest::PAGE_MASK).ops[address % PAGE_BYTES / 4].handler != DECODE_OP;
  }

  guest::AddressSpace memory{1 << 30};
  CodeCache cache{memory};

 private:
  void on_code_written(std::uint64_t address, std::uint64_t size, std::uint64_t old_serial) override {
    cache.invalidate(address, size, old_serial);
  }
};

// Whether two operations are the same instruction with the same operands.
bool are_equal(const MicroOp& first, const MicroOp& second) {
  return first.handler == second.handler && first.immediate == second.immediate &&
         std::equal(std::begin(first.registers), std::end(first.registers), std::begin(second.registers));
}

bool is(const MicroOp& op, std::string_view text) { return are_equal(op, isa::predecode(assemble(text)[0])); }

TEST(CodeCache, DecodesInstructionsWhenTheyAreFirstAskedFor) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1\n mov x1, #2\n hlt #3");
  EXPECT_FALSE(code.is_decoded(PAGE));
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #1"));
  EXPECT_FALSE(code.is_decoded(PAGE + 4));
  EXPECT_TRUE(is(code.decoded(PAGE + 8), "hlt #3"));
  EXPECT_EQ(code.cache.page(PAGE).ops[PAGE_INSTRUCTIONS].handler, PAGE_END_OP);
}

TEST(CodeCache, AWriteForgetsOnlyWhatItTouches) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1\n mov x1, #2\n mov x2, #3\n mov x3, #4");
  for (std::uint64_t i = 0; i < 4; ++i) code.decoded(PAGE + i * 4);
  code.memory.write_value<std::uint16_t>(PAGE + 7, 0);  // the last byte of one instruction, the first of the next
  EXPECT_TRUE(code.is_decoded(PAGE));
  EXPECT_FALSE(code.is_decoded(PAGE + 4));
  EXPECT_FALSE(code.is_decoded(PAGE + 8));
  EXPECT_TRUE(code.is_decoded(PAGE + 12));
}

TEST(CodeCache, AWriteAcrossPagesForgetsOnBothSides) {
  CachedCode code;
  code.write(PAGE - 8, "mov x0, #1\n mov x1, #2\n mov x2, #3\n mov x3, #4");
  for (std::uint64_t i = 0; i < 4; ++i) code.decoded(PAGE - 8 + i * 4);
  code.write(PAGE - 4, "mov x4, #5\n mov x5, #6");
  EXPECT_TRUE(code.is_decoded(PAGE - 8));
  EXPECT_TRUE(is(code.decoded(PAGE - 4), "mov x4, #5"));
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x5, #6"));
  EXPECT_TRUE(code.is_decoded(PAGE + 4));
}

TEST(CodeCache, RestoringASnapshotKeepsWhatWasDecodedOfItsPages) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1");
  code.decoded(PAGE);
  const guest::MemorySnapshot snapshot = code.memory.snapshot();
  code.memory.write_value<std::uint8_t>(0x1000, 1);  // another page
  code.memory.restore(snapshot);
  EXPECT_TRUE(code.is_decoded(PAGE));
}

TEST(CodeCache, RestoringASnapshotForgetsWhatWasDecodedOfOtherContents) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1\n mov x1, #1");
  code.decoded(PAGE);
  code.decoded(PAGE + 4);
  const guest::MemorySnapshot snapshot = code.memory.snapshot();
  code.write(PAGE, "mov x0, #2\n mov x1, #2");
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #2"));
  EXPECT_TRUE(is(code.decoded(PAGE + 4), "mov x1, #2"));
  code.memory.restore(snapshot);
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #1"));
  EXPECT_TRUE(is(code.decoded(PAGE + 4), "mov x1, #1"));
}

TEST(CodeCache, AWriteToARestoredPageDoesNotMakeOlderOperationsValid) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1\n mov x1, #1");
  code.decoded(PAGE);
  const guest::MemorySnapshot snapshot = code.memory.snapshot();
  code.write(PAGE, "mov x0, #2\n mov x1, #2");
  code.decoded(PAGE);
  code.decoded(PAGE + 4);
  code.memory.restore(snapshot);
  code.write(PAGE + 4, "mov x1, #3");
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #1"));
  EXPECT_TRUE(is(code.decoded(PAGE + 4), "mov x1, #3"));
}

TEST(CodeCache, MappingAndMovingPagesForgetsTheirCode) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1");
  code.decoded(PAGE);
  code.memory.map(PAGE, guest::PAGE_SIZE, Permissions::ALL);
  EXPECT_EQ(code.decoded(PAGE).handler, UNDEFINED_OP);
  code.write(PAGE, "mov x0, #2");
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #2"));
  code.memory.move(PAGE, 0x20000, guest::PAGE_SIZE);
  EXPECT_TRUE(is(code.decoded(0x20000), "mov x0, #2"));
  code.memory.map(PAGE, guest::PAGE_SIZE, Permissions::ALL);
  code.write(PAGE, "mov x0, #3");
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #3"));
  code.memory.move(0x20000, PAGE, guest::PAGE_SIZE);
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #2"));
}

TEST(CodeCache, SpacesThatShareASnapshotDoNotSeeEachOthersCode) {
  CachedCode first;
  first.write(PAGE, "mov x0, #1\n mov x1, #1");
  first.decoded(PAGE);
  CachedCode second;
  second.memory.restore(first.memory.snapshot());
  second.decoded(PAGE);
  first.write(PAGE, "mov x0, #2");
  second.write(PAGE + 4, "mov x1, #3");
  EXPECT_TRUE(is(first.decoded(PAGE), "mov x0, #2"));
  EXPECT_TRUE(is(first.decoded(PAGE + 4), "mov x1, #1"));
  EXPECT_TRUE(is(second.decoded(PAGE), "mov x0, #1"));
  EXPECT_TRUE(is(second.decoded(PAGE + 4), "mov x1, #3"));
  // What the second wrote goes to the first, whose operations of that page are of other contents.
  first.memory.restore(second.memory.snapshot());
  EXPECT_TRUE(is(first.decoded(PAGE), "mov x0, #1"));
  EXPECT_TRUE(is(first.decoded(PAGE + 4), "mov x1, #3"));
}

TEST(CodeCache, BreakpointsAreInWhatIsDecodedUnlessTheyAreIgnored) {
  CachedCode code;
  code.write(PAGE, "mov x0, #1");
  code.decoded(PAGE);
  code.cache.add_breakpoint(PAGE);
  EXPECT_EQ(code.decoded(PAGE).handler, BREAKPOINT_OP);
  DecodedPage& page = code.cache.page(PAGE);
  code.cache.decode(page, 0, Breakpoints::IGNORE);
  EXPECT_TRUE(is(page.ops[0], "mov x0, #1"));
  code.write(PAGE, "mov x0, #2");
  EXPECT_EQ(code.decoded(PAGE).handler, BREAKPOINT_OP);
  code.cache.remove_breakpoint(PAGE);
  EXPECT_TRUE(is(code.decoded(PAGE), "mov x0, #2"));
}

// Any sequence of writes, snapshots, restores and moves between two spaces: what the caches hold is what memory holds.
TEST(CodeCache, NeverHoldsAnythingElseThanMemoryUnderRandomUse) {
  std::mt19937_64 random(1);
  CachedCode spaces[2];
  std::vector<guest::MemorySnapshot> snapshots{spaces[0].memory.snapshot()};
  const std::uint32_t words[] = {assemble("mov x0, #1")[0], assemble("mov x0, #2")[0], assemble("mov x0, #3")[0]};
  for (int i = 0; i < 50'000; ++i) {
    CachedCode& space = spaces[random() % 2];
    const std::uint64_t address = random() % 3 * guest::PAGE_SIZE + random() % 8 * 4;
    switch (random() % 16) {
      case 0:
        if (snapshots.size() > 4) snapshots.erase(snapshots.begin() + static_cast<std::ptrdiff_t>(random() % 4));
        snapshots.push_back(space.memory.snapshot());
        break;
      case 1: space.memory.restore(snapshots[random() % snapshots.size()]); break;
      case 2: space.memory.map(address & guest::PAGE_MASK, guest::PAGE_SIZE, Permissions::ALL); break;
      case 3:
      case 4:
      case 5:
      case 6: space.memory.write_value(address, words[random() % 3]); break;
      default: {
        const MicroOp expected = isa::predecode(*space.memory.read_value<std::uint32_t>(address));
        ASSERT_TRUE(are_equal(space.decoded(address), expected)) << "step " << i;
      }
    }
  }
}

// Many machines on many threads rewrite code that they share.
TEST(CodeCacheThreads, MachinesThatRewriteSharedCodeEachExecuteTheirOwn) {
  Machine origin;
  origin.load_program(assemble("target: mov x0, #0\n hlt #0"), PAGE);
  origin.execute(1);
  origin.set_pc(PAGE);
  const Snapshot snapshot = origin.snapshot();
  const std::uint32_t first_move = assemble("mov x0, #0")[0];
  std::vector<std::thread> threads;
  std::vector<int> mistakes(4);
  for (std::uint32_t thread = 0; thread < mistakes.size(); ++thread) {
    threads.emplace_back([&, thread] {
      Machine machine(MachineOptions{.memory_bytes = 0});
      Snapshot own;
      for (std::uint32_t round = 0; round < 2000; ++round) {
        machine.restore(round % 3 == 2 ? own : snapshot);
        const std::uint32_t value = thread * 10'000 + round;
        machine.write(PAGE, first_move | value << 5);
        if (round % 3 == 1) own = machine.snapshot();
        machine.execute();
        if (machine.x(0) != value) ++mistakes[thread];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : mistakes) EXPECT_EQ(count, 0);
}

// Snapshots wander between threads, so that a page's last owner changes without any lock.
TEST(CodeCacheThreads, SnapshotsMayGoFromThreadToThread) {
  std::vector<Snapshot> snapshots(3);
  {
    Machine origin;
    origin.load_program(assemble("ldr x1, [x0, #0x800]\n add x1, x1, #1\n str x1, [x0, #0x800]\n b #-12"), PAGE);
    origin.set_x(0, PAGE);
    std::ranges::fill(snapshots, origin.snapshot());
  }
  std::vector<std::thread> threads;
  std::vector<std::uint64_t> sums(3);
  for (std::size_t thread = 0; thread < sums.size(); ++thread) {
    threads.emplace_back([&sums, thread, mine = std::exchange(snapshots[thread], {})]() mutable {
      for (int round = 0; round < 50; ++round) {
        Machine machine(MachineOptions{.memory_bytes = 0});
        machine.restore(mine);
        mine = {};
        machine.execute(50'000);
        machine.protect_memory(0x8000, 0x1000, Permissions::READ);
        machine.execute(50'000);
        machine.protect_memory(0x8000, 0x1000, Permissions::ALL);
        sums[thread] = machine.read<std::uint64_t>(PAGE + 0x800);
        mine = machine.snapshot();
      }
    });
  }
  snapshots.clear();
  for (std::thread& thread : threads) thread.join();
  for (const std::uint64_t sum : sums) EXPECT_EQ(sum, 50u * 25'000);
}

}  // namespace
}  // namespace armillion::engine
