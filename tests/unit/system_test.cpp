#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "armillion/machine.hpp"
#include "support/assembler.hpp"

// The rows that no oracle can cover, because they read an implementation's choice or stop the machine (see the list
// that tests/conformance/isa_differential prints): checked against the manual by hand.
namespace armillion {
namespace {

std::uint64_t value_of(std::string_view system_register) {
  Machine machine;
  machine.load_program(test::assemble("mrs x0, " + std::string(system_register) + "\n hlt #0"));
  EXPECT_EQ(machine.execute(10).stop_reason, StopReason::HALT) << system_register;
  return machine.x(0);
}

TEST(System, DcZvaClearsTheAlignedBlockThatDczidTellsTheSizeOf) {
  // DCZID_EL0.BS is the logarithm of the block's size in words; DZP is clear, so DC ZVA is allowed.
  const std::uint64_t dczid = value_of("dczid_el0");
  EXPECT_EQ(dczid, 4u);
  const std::uint64_t block_bytes = 4ull << (dczid & 15);
  Machine machine;
  machine.load_program(test::assemble("dc zva, x1\n hlt #0"));
  const std::vector<std::byte> ones(256, std::byte{0xff});
  machine.write_memory(0x2000, ones);
  machine.set_x(1, 0x2000 + block_bytes + 13);
  machine.execute(10);
  for (std::uint64_t offset = 0; offset < ones.size(); ++offset) {
    const bool inside = offset >= block_bytes && offset < 2 * block_bytes;
    EXPECT_EQ(machine.read<std::uint8_t>(0x2000 + offset), inside ? 0 : 0xff) << offset;
  }
}

TEST(System, DcZvaNeedsWritePermission) {
  Machine machine;
  machine.load_program(test::assemble("dc zva, x1\n hlt #0"));
  machine.protect_memory(0x2000, 0x1000, Permissions::READ);
  machine.set_x(1, 0x2000);
  const RunResult result = machine.execute(10);
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.access, Access::WRITE);
}

TEST(System, CtrTellsLinesOf64Bytes) {
  const std::uint64_t ctr = value_of("ctr_el0");
  EXPECT_EQ(4u << (ctr & 15), 64u);        // IminLine
  EXPECT_EQ(4u << (ctr >> 16 & 15), 64u);  // DminLine
  EXPECT_EQ(ctr >> 28 & 3, 0u);            // IDC and DIC: programs maintain the caches
  EXPECT_EQ(ctr >> 31 & 1, 1u);            // RES1
}

TEST(System, TheCounterRunsAtTheFrequencyThatCntfrqTells) {
  EXPECT_EQ(value_of("cntfrq_el0"), 1'000'000'000u);
  EXPECT_EQ(value_of("cntvct_el0"), 0u);
}

TEST(System, IdentificationRegistersClaimWhatTheTableHas) {
  const auto field = [](std::uint64_t value, int low) { return value >> low & 15; };
  const std::uint64_t isar0 = value_of("id_aa64isar0_el1");
  EXPECT_EQ(field(isar0, 4), 2u);   // AES and PMULL
  EXPECT_EQ(field(isar0, 8), 1u);   // SHA1
  EXPECT_EQ(field(isar0, 12), 2u);  // SHA256 and SHA512
  EXPECT_EQ(field(isar0, 16), 1u);  // CRC32
  EXPECT_EQ(field(isar0, 20), 2u);  // LSE
  EXPECT_EQ(field(isar0, 28), 1u);  // RDM
  EXPECT_EQ(field(isar0, 32), 1u);  // SHA3
  EXPECT_EQ(field(isar0, 44), 1u);  // DotProd
  EXPECT_EQ(field(isar0, 48), 0u);  // no FHM
  EXPECT_EQ(field(isar0, 52), 2u);  // FlagM2
  const std::uint64_t isar1 = value_of("id_aa64isar1_el1");
  EXPECT_EQ(field(isar1, 12), 1u);  // JSCVT
  EXPECT_EQ(field(isar1, 16), 1u);  // FCMA
  EXPECT_EQ(field(isar1, 20), 2u);  // LRCPC2
  EXPECT_EQ(field(isar1, 32), 1u);  // FRINTTS
  EXPECT_EQ(field(isar1, 44), 1u);  // BF16
  EXPECT_EQ(field(isar1, 52), 1u);  // I8MM
  const std::uint64_t pfr0 = value_of("id_aa64pfr0_el1");
  EXPECT_EQ(field(pfr0, 16), 1u);  // floating point with FP16
  EXPECT_EQ(field(pfr0, 20), 1u);  // Advanced SIMD with FP16
  EXPECT_EQ(field(pfr0, 32), 0u);  // no SVE
}

// Cache maintenance by address takes part in translation and needs permission to read, at any alignment.

class CacheMaintenanceTest : public ::testing::TestWithParam<const char*> {
 protected:
  RunResult run(std::uint64_t address) {
    machine.load_program(test::assemble(GetParam() + std::string(", x1")));
    machine.set_x(1, address);
    return machine.execute(1);
  }

  Machine machine;
};

TEST_P(CacheMaintenanceTest, FaultsWhereNothingIsMapped) {
  constexpr std::uint64_t UNMAPPED = (std::uint64_t{1} << 40) + 13;
  const RunResult result = run(UNMAPPED);
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.kind, FaultKind::UNMAPPED);
  EXPECT_EQ(result.fault.access, Access::READ);
  EXPECT_EQ(result.fault.address, UNMAPPED);
  EXPECT_EQ(result.instructions, 0u);
}

TEST_P(CacheMaintenanceTest, FaultsWhereReadingIsForbidden) {
  machine.protect_memory(0x2000, 0x1000, Permissions::NONE);
  const RunResult result = run(0x2fff);
  EXPECT_EQ(result.stop_reason, StopReason::MEMORY_FAULT);
  EXPECT_EQ(result.fault.kind, FaultKind::PERMISSION);
  EXPECT_EQ(result.fault.access, Access::READ);
}

TEST_P(CacheMaintenanceTest, PassesWhereReadingIsAllowedAndChangesNothing) {
  machine.write<std::uint64_t>(0x2000, 42);
  machine.protect_memory(0x2000, 0x1000, Permissions::READ);
  for (const std::uint64_t address : {0x2000ull, 0x2001ull, 0x2fffull, 0x5a00'0000'0000'2000ull}) {
    EXPECT_EQ(run(address).stop_reason, StopReason::INSTRUCTION_LIMIT) << std::hex << address;
    EXPECT_EQ(machine.read<std::uint64_t>(0x2000), 42u);
  }
}

INSTANTIATE_TEST_SUITE_P(System, CacheMaintenanceTest, ::testing::Values("dc cvac", "dc cvau", "dc civac"));

// The flags of a floating-point comparison, as FCMP sets them and in the other format (C6, AXFLAG and XAFLAG). The
// bits of CRm should be zero; of what the manual allows where they are not, they are ignored here.

struct ComparisonFlags {
  const char* outcome;
  std::uint32_t arm;
  std::uint32_t external;
};

constexpr ComparisonFlags COMPARISON_FLAGS[] = {
    {"less", 0x8000'0000, 0x0000'0000},
    {"equal", 0x6000'0000, 0x6000'0000},
    {"greater", 0x2000'0000, 0x2000'0000},
    {"unordered", 0x3000'0000, 0x4000'0000},
};

std::uint32_t flags_after(std::string_view text, std::uint32_t crm, std::uint32_t nzcv) {
  std::vector<std::uint32_t> words = test::assemble(text);
  words[0] |= crm << 8;
  Machine machine;
  machine.load_program(words);
  machine.set_nzcv(nzcv);
  EXPECT_EQ(machine.execute(1).stop_reason, StopReason::INSTRUCTION_LIMIT) << text << ' ' << crm;
  return machine.nzcv();
}

TEST(System, FlagsAreConvertedBetweenTheFormatsOfComparisonsWhateverCrmIs) {
  for (std::uint32_t crm = 0; crm < 16; ++crm) {
    for (const ComparisonFlags& flags : COMPARISON_FLAGS) {
      EXPECT_EQ(flags_after("axflag", crm, flags.arm), flags.external) << flags.outcome << ", CRm " << crm;
      EXPECT_EQ(flags_after("xaflag", crm, flags.external), flags.arm) << flags.outcome << ", CRm " << crm;
      // XAFLAG reads Z and C only, AXFLAG N not.
      EXPECT_EQ(flags_after("xaflag", crm, flags.external ^ 0x9000'0000), flags.arm) << flags.outcome;
      EXPECT_EQ(flags_after("axflag", crm, flags.arm ^ 0x8000'0000), flags.external) << flags.outcome;
    }
  }
}

TEST(System, WhatBelongsToHigherExceptionLevelsIsUndefined) {
  // WFET is not of EL1, but of FEAT_WFxT, which is not there.
  for (const char* text : {"hvc #0", "smc #0", "eret", "mrs x0, sctlr_el1", "msr daifset, #2", "tlbi vmalle1",
                           ".arch armv8.7-a\n wfet x0"}) {
    Machine machine;
    machine.load_program(test::assemble(text));
    EXPECT_EQ(machine.execute(1).stop_reason, StopReason::UNDEFINED_INSTRUCTION) << text;
  }
}

TEST(System, FpcrAndFpsrKeepTheirDefinedBitsOnly) {
  Machine machine;
  machine.load_program(test::assemble("msr fpcr, x0\n msr fpsr, x0\n mrs x1, fpcr\n mrs x2, fpsr\n hlt #0"));
  machine.set_x(0, ~0ull);
  machine.execute(10);
  EXPECT_EQ(machine.x(1), 0x07c8'0000u);  // AHP, DN, FZ, RMode, FZ16
  EXPECT_EQ(machine.x(2), 0x0800'009fu);  // QC, IDC, IXC, UFC, OFC, DZC, IOC
}

}  // namespace
}  // namespace armillion
