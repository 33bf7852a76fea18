// Counted loops over arrays, which the tensor engine executes for many iterations at once, against the interpreter:
// random ones, whose arrays overlap each other, end with the memory, are read-only, or are the loop's own code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "armillion/machine.hpp"
#include "conformance/random_source.hpp"

namespace armillion {
namespace {

using conformance::RandomSource;

constexpr std::uint64_t MEMORY_BYTES = 64 * 1024;
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t LOOPS = 10'000;
#else
constexpr std::uint64_t LOOPS = 40'000;
#endif

// X0 counts; X1 to X4 are addresses, X8 is an index that stays, X9 is where X1 ends; the others are values.
std::uint32_t address_register(RandomSource& random) { return 1 + random.below(4); }
std::uint32_t value_register(RandomSource& random) {
  if (random.one_in(16)) return 31;
  return random.one_in(16) ? random.below(9) : 5 + random.below(3);
}

// Mostly forward by whole elements.
std::uint32_t random_step(RandomSource& random, std::uint32_t bytes) {
  const std::uint32_t step = random.one_in(6) ? random.below(24) : bytes * (1 + random.below(8) / 6);
  return random.one_in(6) ? 0 - step : step;
}

std::uint32_t random_access(RandomSource& random) {
  const std::uint32_t n = (random.one_in(12) ? 31 : address_register(random)) << 5;
  const std::uint32_t t = value_register(random);
  const std::uint32_t size = random.one_in(2) ? 2 : random.below(4);
  if (random.one_in(16)) return 0x5800'0000 | random.below(256) << 5 | t;                  // LDR, a literal
  if (random.one_in(24)) return size << 30 | 0x0880'fc00 | random.below(2) << 22 | n | t;  // STLR, LDAR
  if (random.one_in(8)) {  // LDP, STP, mostly post-indexed
    const std::uint32_t mode = random.one_in(3) ? random.below(4) : 1;
    const std::uint32_t imm = random_step(random, 2) & 0x7f;
    return random.below(2) << 31 | 0x2800'0000 | mode << 23 | random.below(2) << 22 | imm << 15 |
           value_register(random) << 10 | n | t;
  }
  const std::uint32_t base = size << 30 | 0x3800'0000 | random.below(random.one_in(4) ? 4 : 2) << 22 | n | t;
  switch (random.below(6)) {
    case 0: return base | 0x0100'0000 | random.below(4) << 10;  // [n, #i]
    case 1: {                                                   // [n, m], the index mostly X0 or X8
      const std::uint32_t m = random.one_in(2) ? 8 : random.below(9);
      const std::uint32_t extend = random.one_in(6) ? 2 | random.below(2) << 2 : 3;
      return base | 0x0020'0800 | m << 16 | extend << 13 | random.below(2) << 12;
    }
    case 2: return base | (random_step(random, 1u << size) & 0x1ff) << 12;           // unscaled
    case 3: return base | 0xc00 | (random_step(random, 1u << size) & 0x1ff) << 12;   // pre-indexed
    default: return base | 0x400 | (random_step(random, 1u << size) & 0x1ff) << 12;  // post-indexed
  }
}

std::uint32_t random_arithmetic(RandomSource& random) {
  const std::uint32_t d = value_register(random);
  const std::uint32_t n = value_register(random) << 5;
  const std::uint32_t m = value_register(random) << 16;
  const std::uint32_t width = random.below(2) << 31;
  const std::uint32_t condition = random.below(16) << 12;
  switch (random.below(14)) {
    case 0:
      return width | 0x1b00'0000 | m | random.below(2) << 15 | value_register(random) << 10 | n | d;  // madd, msub
    case 1: return width | 0x1a80'0000 | m | condition | random.below(2) << 10 | n | d;               // csel, csinc
    case 2: return width | 0x6b00'0000 | m | n | (random.one_in(2) ? 31 : d);                         // subs
    case 3: return width | 0x1ac0'2000 | m | n | d;                                                   // lslv
    case 4: return width | random.below(4) << 29 | 0x1100'0000 | random.below(64) << 10 | n | d;      // add #i, ...
    case 5: {  // and the registers that address, rarely one of them from another or from SP
      const std::uint32_t x = address_register(random);
      const std::uint32_t from = random.one_in(8) ? (random.one_in(2) ? 31 : address_register(random)) : x;
      return 0x9100'0000 | random.below(2) << 30 | random.below(9) << 10 | from << 5 | x;
    }
    case 6: return width | random.below(4) << 29 | 0x0a00'0000 | m | random.below(8) << 10 | n | d;  // and, orr, ...
    case 7: return width | 0x5280'0000 | random.below(8) << 5 | d;                                   // movz
    case 8: return width | 0x7280'0000 | random.below(8) << 5 | d;                                   // movk
    case 9: return 0xb340'0000 | random.below(64) << 16 | random.below(64) << 10 | n | d;            // bfm
    case 10: {  // mov of 32 bits, to an address register mostly
      const std::uint32_t x = random.one_in(4) ? d : address_register(random);
      return 0x2a00'03e0 | (random.one_in(2) ? 8 : address_register(random)) << 16 | x;
    }
    case 11: return width | random.below(2) << 30 | 0x3a40'0000 | m | condition | n | random.below(16);  // ccmn, ccmp
    case 12: return width | random.below(4) << 29 | 0x1a00'0000 | m | n | d;  // adc, sbc, ...
    default: return width | random.below(2) << 30 | 0x0b00'0000 | m | n | d;  // add, sub
  }
}

std::vector<std::uint32_t> random_loop(RandomSource& random) {
  std::vector<std::uint32_t> words;
  const std::uint32_t length = 2 + random.below(6);
  words.reserve(length + 4);
  for (std::uint32_t i = 0; i < length; ++i) {
    words.push_back(random.one_in(2) ? random_access(random) : random_arithmetic(random));
  }
  switch (random.below(4)) {
    case 0: words.push_back(0xd100'0400); break;               // sub x0, x0, #1
    case 1: words.push_back(0xf100'0400); break;               // subs x0, x0, #1
    case 2: words.push_back(0x5100'0400); break;               // sub w0, w0, #1
    default: words.push_back(0xeb00'001f | 9 << 16 | 1 << 5);  // cmp x1, x9
  }
  const bool has_flags = (words.back() & 0x2000'0000) != 0;
  const std::uint32_t back = (0x8'0000 - static_cast<std::uint32_t>(words.size())) << 5 & 0xff'ffe0;
  words.push_back(has_flags ? 0x5400'0001 | back : 0xb500'0000 | back);  // b.ne, cbnz x0
  words.push_back(0x9a9f'17e5);                                          // cset x5, eq
  words.push_back(0xd440'0000);                                          // hlt
  return words;
}

void randomise(Machine& machine, RandomSource& random, std::uint64_t code) {
  State& state = machine.state();
  for (unsigned i = 0; i < 31; ++i) state.x[i] = random.one_in(2) ? random.integer(64) : random.below(300);
  const std::uint64_t near = 0x8000 + random.below(64);
  for (unsigned i = 1; i < 5; ++i) {
    switch (random.below(8)) {
      case 0: state.x[i] = near + random.below(64); break;             // overlapping
      case 1: state.x[i] = MEMORY_BYTES - random.below(4'000); break;  // soon at the end
      case 2: state.x[i] = code - random.below(400); break;            // soon in the code
      default: state.x[i] = std::uint64_t{i} * 0x2000 + 0x5000 + random.below(8) * 8;
    }
  }
  state.x[0] = random.one_in(8) ? random.below(1'000'000) : random.below(2'000);
  state.x[8] = random.below(512);
  state.sp = 0xc000 + random.below(3) * 8;
  if (random.one_in(32)) state.x[1 + random.below(4)] |= random.bits() << 56;  // a tag
  state.x[9] = state.x[1] + random.below(2'000) * 4;
  state.set_nzcv(static_cast<std::uint32_t>(random.bits()));
}

TEST(ArrayLoops, EndAsOnTheInterpreter) {
  const MachineOptions options{
      .memory_bytes = MEMORY_BYTES, .engine = "tensor", .tensor_batch = 64, .tensor_loops = LoopAcceleration::ON};
  Machine reference(MachineOptions{.memory_bytes = MEMORY_BYTES});
  Machine loops(options);
  RandomSource random(1);
  std::vector<std::byte> contents(0xa000);
  for (std::byte& byte : contents) byte = static_cast<std::byte>(random.bits());
  reference.write_memory(0x5000, contents);
  const Snapshot empty = reference.snapshot();
  std::uint64_t accelerated = 0;
  std::uint64_t before = 0;
  std::uint64_t faults = 0;
  for (std::uint64_t seed = 0; seed < LOOPS; ++seed) {
    reference.restore(empty);
    // Each at an address of its own: an engine remembers the loops of which it could make nothing.
    const std::uint64_t code = random.below(0x4000 / 4) * 4;
    reference.load_program(random_loop(random), code);
    randomise(reference, random, code);
    if (random.one_in(64)) reference.set_pc(code + 2);
    const Snapshot start = reference.snapshot();
    loops.restore(start);
    const std::uint64_t limit = random.one_in(2) ? 20'000 : 1 + random.below(4'000);
    const RunResult expected = reference.execute(limit);
    const RunResult result = loops.execute(limit);
    ASSERT_EQ(result.stop_reason, expected.stop_reason) << "seed " << seed;
    ASSERT_EQ(result.instructions, expected.instructions) << "seed " << seed;
    ASSERT_EQ(result.fault.address, expected.fault.address) << "seed " << seed;
    ASSERT_EQ(loops.state_hash(), reference.state_hash()) << "seed " << seed;
    faults += expected.stop_reason == StopReason::MEMORY_FAULT ? 1 : 0;
    const std::uint64_t now = loops.tensor_statistics().instructions_accelerated;
    accelerated += now > before ? 1 : 0;
    before = now;
  }
  // Many are, of all kinds.
  EXPECT_GT(accelerated, LOOPS / 20);
  EXPECT_GT(faults, LOOPS / 50);
}

struct NamedProgram {
  const char* name;
  std::vector<std::uint32_t> words;
};

// What random loops come upon too rarely.
TEST(ArrayLoops, OfASpecialKindEndAsOnTheInterpreter) {
  constexpr std::uint32_t HALT = 0xd440'0000;
  const NamedProgram programs[] = {
      {"a base that is written back as 64 bits of a copy of 32",
       {0x2a02'03e1 /* mov w1, w2 */, 0xf840'8425 /* ldr x5, [x1], #8 */, 0x8b01'00c6 /* add x6, x6, x1 */,
        0xd100'0400 /* sub x0, x0, #1 */, 0xb5ff'ff80 /* cbnz x0 */, HALT}},
      {"such a base that is stored",
       {0x1100'1161 /* add w1, w11, #4 */, 0xf840'8425 /* ldr x5, [x1], #8 */, 0xf800'8461 /* str x1, [x3], #8 */,
        0xd100'0400 /* sub x0, x0, #1 */, 0xb5ff'ff80 /* cbnz x0 */, HALT}},
      {"MOVK to ZR", {0xf280'00bf /* movk xzr, #5 */, 0x8b1f'00a5 /* add x5, x5, xzr */, HALT}},
      {"BFXIL to ZR", {0xb340'1c3f /* bfxil xzr, x1, #0, #8 */, 0x8b1f'00a5 /* add x5, x5, xzr */, HALT}},
      {"CAS of ZR", {0xc8bf'7c41 /* cas xzr, x1, [x2] */, 0x8b1f'00a5 /* add x5, x5, xzr */, HALT}},
      {"MOVK to ZR and a branch on it", {0x7280'00bf /* movk wzr, #5 */, 0xb500'005f /* cbnz xzr */, HALT, HALT}},
      {"MOVK to ZR in a loop",
       {0xf280'00bf /* movk xzr, #5 */, 0xd100'0400 /* sub x0, x0, #1 */, 0xb5ff'ffc0 /* cbnz x0 */,
        0x8b1f'00a5 /* add x5, x5, xzr */, HALT}},
      {"a loop that reads flags of the iteration before",
       {0x9a05'00c6 /* adc x6, x6, x5 */, 0xf100'0400 /* subs x0, x0, #1 */, 0x54ff'ffc1 /* b.ne */, HALT}},
      {"a loop that copies within one array",
       {0xf940'0065 /* ldr x5, [x3] */, 0xf800'8c65 /* str x5, [x3, #8]! */, 0xd100'0400 /* sub x0, x0, #1 */,
        0xb5ff'ffa0 /* cbnz x0 */, HALT}},
  };
  for (const NamedProgram& program : programs) {
    Machine reference(MachineOptions{.memory_bytes = MEMORY_BYTES});
    reference.load_program(program.words);
    State& state = reference.state();
    for (unsigned i = 0; i < 31; ++i) state.x[i] = 3 * i;
    state.x[0] = 1'000;
    state.x[2] = 0x4000;
    state.x[3] = 0x8000;
    state.x[11] = 0x4000;
    const Snapshot start = reference.snapshot();
    const RunResult expected = reference.execute(1'000'000);
    ASSERT_EQ(expected.stop_reason, StopReason::HALT) << program.name;
    for (const LoopAcceleration loops : {LoopAcceleration::OFF, LoopAcceleration::ON}) {
      Machine machine(MachineOptions{.memory_bytes = MEMORY_BYTES, .engine = "tensor", .tensor_loops = loops});
      machine.restore(start);
      const RunResult result = machine.execute(1'000'000);
      EXPECT_EQ(result.stop_reason, expected.stop_reason) << program.name;
      EXPECT_EQ(result.instructions, expected.instructions) << program.name;
      EXPECT_EQ(machine.state_hash(), reference.state_hash()) << program.name;
    }
  }
}

}  // namespace
}  // namespace armillion
