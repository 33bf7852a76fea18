#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/machine.hpp"
#include "isa/floating_point.hpp"
#include "support/assembler.hpp"

// Those parts of instructions that tests/conformance/oracle_limits.hpp takes from the comparison with qemu, checked by
// hand against the pseudocode of the Arm Architecture Reference Manual (DDI 0487). `system_test.cpp` has the system
// instructions.
namespace armillion {
namespace {

using isa::fp::ALTERNATIVE_HALF;
using isa::fp::DEFAULT_NAN;
using isa::fp::DIVISION_BY_ZERO;
using isa::fp::FLUSH;
using isa::fp::FLUSH_HALF;
using isa::fp::INEXACT;
using isa::fp::INPUT_DENORMAL;
using isa::fp::INVALID_OPERATION;

constexpr std::uint64_t DATA = 0x4000;
constexpr std::uint64_t UNMAPPED = std::uint64_t{1} << 40;
constexpr std::uint64_t OLD_VALUE = 0x0123'4567'89ab'cdef;

class OracleLimitsTest : public ::testing::Test {
 protected:
  // Executes one instruction.
  RunResult run(std::string_view text) {
    machine.load_program(test::assemble(text));
    return machine.execute(1);
  }

  void expect_alignment_fault(std::string_view text, Access access) {
    const RunResult result = run(text);
    EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT) << text;
    EXPECT_EQ(result.fault.kind, FaultKind::ALIGNMENT) << text;
    EXPECT_EQ(result.fault.access, access) << text;
    EXPECT_EQ(result.instructions, 0u) << text;
  }

  Machine machine;
};

// FCVTZS Hd, Hn, #fbits: FPToFixed with 16 bits of result and rounding to zero, the rest of Vd zero.

struct HalfToFixed {
  std::uint16_t operand;
  int fraction_bits;
  std::uint16_t result;
  std::uint32_t exceptions;
};

class FixedScalarHalfTest : public OracleLimitsTest {
 protected:
  void expect(const HalfToFixed& conversion, std::uint32_t fpcr) {
    State& state = machine.state();
    state.fpcr = fpcr;
    state.fpsr = DIVISION_BY_ZERO;
    // What is above the operand does not count, and what is above the result is cleared.
    state.vectors[1] = {0xffff'7e00'3c00'0000 | conversion.operand, ~std::uint64_t{0}};
    state.vectors[0] = {~std::uint64_t{0}, ~std::uint64_t{0}};
    run("fcvtzs h0, h1, #" + std::to_string(conversion.fraction_bits));
    const VectorRegister expected = {conversion.result, 0};
    SCOPED_TRACE(::testing::Message() << std::hex << conversion.operand << " #" << std::dec << conversion.fraction_bits
                                      << " FPCR " << std::hex << fpcr);
    EXPECT_EQ(machine.vector(0), expected) << std::hex << machine.vector(0).low;
    EXPECT_EQ(machine.state().fpsr, DIVISION_BY_ZERO | conversion.exceptions);
  }
};

TEST_F(FixedScalarHalfTest, RoundsTowardsZeroInEveryRoundingMode) {
  constexpr HalfToFixed CONVERSIONS[] = {
      {0x0000, 1, 0, 0},             // 0
      {0x8000, 16, 0, 0},            // -0
      {0x3e00, 1, 3, 0},             // 1.5
      {0x3e00, 8, 0x180, 0},         // 1.5
      {0xbe00, 1, 0xfffd, 0},        // -1.5
      {0x3d00, 1, 2, INEXACT},       // 1.25: 2.5
      {0xbd00, 1, 0xfffe, INEXACT},  // -1.25: -2.5
      {0xb400, 1, 0, INEXACT},       // -0.25: -0.5
      {0x37ff, 16, 0x7ff0, 0},       // the largest below 0.5
  };
  for (std::uint32_t rounding = 0; rounding < 4; ++rounding) {
    for (const HalfToFixed& conversion : CONVERSIONS) expect(conversion, rounding << 22);
  }
}

TEST_F(FixedScalarHalfTest, SaturatesAtSixteenBitsWithInvalidOperationAlone) {
  constexpr HalfToFixed CONVERSIONS[] = {
      {0x7bff, 1, 0x7fff, INVALID_OPERATION},   // 65504, the largest
      {0xfbff, 16, 0x8000, INVALID_OPERATION},  // -65504
      {0x3800, 16, 0x7fff, INVALID_OPERATION},  // 0.5: 32768
      {0xb800, 16, 0x8000, 0},                  // -0.5: -32768
      {0xb801, 16, 0x8000, INVALID_OPERATION},  // the next below -0.5
      {0x73ff, 1, 0x7ff0, 0},                   // 16376: 32752
      {0x7400, 1, 0x7fff, INVALID_OPERATION},   // 16384: 32768
      {0x7c00, 1, 0x7fff, INVALID_OPERATION},   // infinity
      {0xfc00, 16, 0x8000, INVALID_OPERATION},  // -infinity
  };
  // FPUnpack takes halves for IEEE's, whatever FPCR.AHP says.
  for (const std::uint32_t fpcr : {std::uint32_t{0}, ALTERNATIVE_HALF, FLUSH | FLUSH_HALF}) {
    for (const HalfToFixed& conversion : CONVERSIONS) expect(conversion, fpcr);
  }
}

TEST_F(FixedScalarHalfTest, TurnsEveryNanIntoZeroWithInvalidOperation) {
  for (const std::uint32_t fpcr : {std::uint32_t{0}, DEFAULT_NAN, ALTERNATIVE_HALF}) {
    for (const std::uint16_t nan : {0x7e00, 0xfe00, 0x7d01, 0xfc01, 0x7fff}) {
      expect({nan, 1, 0, INVALID_OPERATION}, fpcr);
      expect({nan, 16, 0, INVALID_OPERATION}, fpcr);
    }
  }
}

TEST_F(FixedScalarHalfTest, FlushesSubnormalNumbersSilentlyWhereFz16Says) {
  constexpr HalfToFixed EXACT[] = {
      {0x0001, 16, 0, INEXACT},  // 2^-24: 2^-8
      {0x03ff, 16, 3, INEXACT},  // just below 2^-14: 3.996
      {0x83ff, 16, 0xfffd, INEXACT},
      {0x0300, 16, 3, 0},
  };
  for (const HalfToFixed& conversion : EXACT) {
    expect(conversion, 0);
    expect(conversion, FLUSH);
    // FPUnpack raises Input Denormal for the wider formats only.
    expect({conversion.operand, conversion.fraction_bits, 0, 0}, FLUSH_HALF);
  }
  // A normal number whose result is below one is not flushed.
  expect({0x0400, 1, 0, INEXACT}, FLUSH_HALF);
}

// FJCVTZS: FPToFixedJS. A flushed number is zero but its fraction is not, so that it does not count as exact.

TEST_F(OracleLimitsTest, FjcvtzsClearsZForAFlushedNumberAndRaisesInputDenormal) {
  const auto expect = [&](std::uint64_t operand, std::uint32_t fpcr, bool exact, std::uint32_t exceptions) {
    SCOPED_TRACE(::testing::Message() << std::hex << operand << " FPCR " << fpcr);
    State& state = machine.state();
    state.fpcr = fpcr;
    state.fpsr = 0;
    state.vectors[1] = {operand, 0};
    state.x[0] = ~std::uint64_t{0};
    state.set_nzcv(exact ? 0xb000'0000 : 0xf000'0000);
    run("fjcvtzs w0, d1");
    EXPECT_EQ(machine.x(0), 0u);
    EXPECT_EQ(machine.nzcv(), exact ? 0x4000'0000u : 0u);
    EXPECT_EQ(machine.state().fpsr, exceptions);
  };
  constexpr std::uint64_t MINUS = std::uint64_t{1} << 63;
  constexpr std::uint64_t LARGEST_SUBNORMAL = 0x000f'ffff'ffff'ffff;
  for (const std::uint64_t subnormal : {std::uint64_t{1}, LARGEST_SUBNORMAL}) {
    for (const std::uint64_t sign : {std::uint64_t{0}, MINUS}) {
      expect(sign | subnormal, FLUSH, false, INPUT_DENORMAL);
      expect(sign | subnormal, 0, false, INEXACT);
      expect(sign | subnormal, FLUSH_HALF, false, INEXACT);
    }
  }
  expect(0, FLUSH, true, 0);
  expect(MINUS, FLUSH, false, 0);
  // The smallest normal number is not flushed.
  expect(LARGEST_SUBNORMAL + 1, FLUSH, false, INEXACT);
}

// LDAPR: aligned to the size of the access, as there is no FEAT_LSE2.

TEST_F(OracleLimitsTest, LdaprFaultsWhereItIsNotAligned) {
  machine.write<std::uint64_t>(DATA, OLD_VALUE);
  machine.write<std::uint64_t>(DATA + 8, OLD_VALUE);
  struct Load {
    const char* text;
    std::uint64_t size_bytes;
    std::uint64_t loaded;
  };
  constexpr Load LOADS[] = {{"ldaprb w0, [x1]", 1, 0xef},
                            {"ldaprh w0, [x1]", 2, 0xcdef},
                            {"ldapr w0, [x1]", 4, 0x89ab'cdef},
                            {"ldapr x0, [x1]", 8, OLD_VALUE}};
  for (const Load& load : LOADS) {
    machine.set_x(1, DATA);
    EXPECT_EQ(run(load.text).stop_reason, StopReason::INSTRUCTION_LIMIT) << load.text;
    EXPECT_EQ(machine.x(0), load.loaded) << load.text;
    for (std::uint64_t offset = 1; offset < load.size_bytes; ++offset) {
      machine.set_x(0, 42);
      machine.set_x(1, DATA + offset);
      expect_alignment_fault(load.text, Access::READ);
      EXPECT_EQ(machine.x(0), 42u) << load.text;
    }
  }
}

// What qemu's signal does not tell: whether the access was a write. An atomic one is the read that comes first.
TEST_F(OracleLimitsTest, AlignmentFaultsTellLoadsFromStores) {
  machine.set_x(1, DATA + 1);
  for (const char* store : {"stlr x0, [x1]", "stllr x0, [x1]", "stlur x0, [x1]", "stxr w2, x0, [x1]"}) {
    expect_alignment_fault(store, Access::WRITE);
  }
  for (const char* load : {"ldar x0, [x1]", "ldlar x0, [x1]", "ldapur x0, [x1]", "ldapursh x0, [x1]",
                           "ldapursw x0, [x1]", "ldxr x0, [x1]", "ldxp x0, x2, [x1]", "ldadd x0, x2, [x1]",
                           "swp x0, x2, [x1]", "cas x0, x2, [x1]", "casp x2, x3, x4, x5, [x1]"}) {
    expect_alignment_fault(load, Access::READ);
  }
}

// Exclusive stores: ExclusiveMonitorsPass checks the alignment before it looks at the monitor, which decides whether
// memory is accessed.

struct ExclusiveStore {
  const char* text;
  std::uint32_t size_bytes;
};

constexpr ExclusiveStore EXCLUSIVE_STORES[] = {
    {"stxrb w0, w2, [x1]", 1},  {"stxrh w0, w2, [x1]", 2},     {"stxr w0, w2, [x1]", 4},
    {"stxr w0, x2, [x1]", 8},   {"stxp w0, w2, w3, [x1]", 8},  {"stxp w0, x2, x3, [x1]", 16},
    {"stlxrb w0, w2, [x1]", 1}, {"stlxrh w0, w2, [x1]", 2},    {"stlxr w0, w2, [x1]", 4},
    {"stlxr w0, x2, [x1]", 8},  {"stlxp w0, w2, w3, [x1]", 8}, {"stlxp w0, x2, x3, [x1]", 16},
};

TEST_F(OracleLimitsTest, ExclusiveStoresFaultWhereTheyAreNotAlignedWhateverTheMonitorHolds) {
  for (const ExclusiveStore& store : EXCLUSIVE_STORES) {
    for (std::uint64_t offset = 1; offset < store.size_bytes; ++offset) {
      for (const bool is_held : {false, true}) {
        machine.write<std::uint64_t>(DATA, OLD_VALUE);
        machine.write<std::uint64_t>(DATA + 8, OLD_VALUE);
        machine.set_x(0, 42);
        machine.set_x(1, DATA + offset);
        machine.state().exclusive_address = is_held ? DATA + offset : 0;
        machine.state().exclusive_size = is_held ? store.size_bytes : 0;
        expect_alignment_fault(store.text, Access::WRITE);
        EXPECT_EQ(machine.x(0), 42u) << store.text << " wrote its status";
        EXPECT_EQ(machine.read<std::uint64_t>(DATA), OLD_VALUE) << store.text;
        EXPECT_EQ(machine.read<std::uint64_t>(DATA + 8), OLD_VALUE) << store.text;
      }
    }
  }
}

TEST_F(OracleLimitsTest, ExclusiveStoresAreAlignedToTheirWholeSizeOnly) {
  for (const ExclusiveStore& store : EXCLUSIVE_STORES) {
    machine.set_x(1, DATA + store.size_bytes);
    machine.set_x(2, 7);
    machine.state().exclusive_address = DATA + store.size_bytes;
    machine.state().exclusive_size = store.size_bytes;
    EXPECT_EQ(run(store.text).stop_reason, StopReason::INSTRUCTION_LIMIT) << store.text;
    EXPECT_EQ(machine.x(0), 0u) << store.text;
    EXPECT_EQ(machine.read<std::uint8_t>(DATA + store.size_bytes), 7u) << store.text;
  }
}

// Whether an abort or the monitor comes first is the implementation's choice: here nothing is accessed then.
TEST_F(OracleLimitsTest, AnExclusiveStoreWithoutTheMonitorDoesNotTouchMemory) {
  for (const ExclusiveStore& store : EXCLUSIVE_STORES) {
    machine.set_x(0, 42);
    machine.set_x(1, UNMAPPED);
    machine.state().exclusive_size = 0;
    EXPECT_EQ(run(store.text).stop_reason, StopReason::INSTRUCTION_LIMIT) << store.text;
    EXPECT_EQ(machine.x(0), 1u) << store.text;
  }
}

// CASP of X30 and the register behind it, which is XZR and not SP.

class CaspOfLastPairTest : public OracleLimitsTest {
 protected:
  CaspOfLastPairTest() {
    machine.set_x(31, STACK);
    machine.set_x(1, DATA);
  }

  void set_memory(std::uint64_t first, std::uint64_t second) {
    machine.write<std::uint64_t>(DATA, first);
    machine.write<std::uint64_t>(DATA + 8, second);
  }
  void expect_memory(std::uint64_t first, std::uint64_t second) {
    EXPECT_EQ(machine.read<std::uint64_t>(DATA), first);
    EXPECT_EQ(machine.read<std::uint64_t>(DATA + 8), second);
  }

  static constexpr std::uint64_t STACK = 0x8000;
};

TEST_F(CaspOfLastPairTest, ComparesTheSecondWithZero) {
  for (const char* order : {"", "a", "l", "al"}) {
    set_memory(OLD_VALUE, 0);
    machine.set_x(30, OLD_VALUE);
    machine.set_x(2, 2);
    machine.set_x(3, 3);
    run("casp" + std::string(order) + " x30, xzr, x2, x3, [x1]");
    expect_memory(2, 3);
    EXPECT_EQ(machine.x(30), OLD_VALUE);
    EXPECT_EQ(machine.x(31), STACK);
    EXPECT_EQ(machine.state().zero, 0u);
  }
}

TEST_F(CaspOfLastPairTest, DropsTheSecondOldValue) {
  // SP's value in memory is no match.
  set_memory(OLD_VALUE, STACK);
  machine.set_x(30, OLD_VALUE);
  run("casp x30, xzr, x2, x3, [x1]");
  expect_memory(OLD_VALUE, STACK);
  EXPECT_EQ(machine.x(30), OLD_VALUE);
  EXPECT_EQ(machine.x(31), STACK);
  EXPECT_EQ(machine.state().zero, 0u);

  set_memory(5, 6);
  run("casp x30, xzr, x2, x3, [x1]");
  expect_memory(5, 6);
  EXPECT_EQ(machine.x(30), 5u);
  EXPECT_EQ(machine.x(31), STACK);
  EXPECT_EQ(machine.state().zero, 0u);
}

TEST_F(CaspOfLastPairTest, StoresZeroForTheSecondNewValue) {
  set_memory(5, 6);
  machine.set_x(2, 5);
  machine.set_x(3, 6);
  machine.set_x(30, OLD_VALUE);
  run("casp x2, x3, x30, xzr, [x1]");
  expect_memory(OLD_VALUE, 0);
  EXPECT_EQ(machine.x(2), 5u);
  EXPECT_EQ(machine.x(3), 6u);
}

TEST_F(CaspOfLastPairTest, HasAFormForWords) {
  set_memory(0x89ab'cdef, 9);
  machine.set_x(30, OLD_VALUE);
  machine.set_x(2, ~std::uint64_t{0});
  machine.set_x(3, 3);
  run("casp w30, wzr, w2, w3, [x1]");
  expect_memory(0x0000'0003'ffff'ffff, 9);
  // The old word, extended with zeros.
  EXPECT_EQ(machine.x(30), 0x89ab'cdefu);
  EXPECT_EQ(machine.x(31), STACK);

  run("casp w30, wzr, w2, w3, [x1]");
  expect_memory(0x0000'0003'ffff'ffff, 9);
  EXPECT_EQ(machine.x(30), 0xffff'ffffu);
  EXPECT_EQ(machine.x(31), STACK);
}

}  // namespace
}  // namespace armillion
