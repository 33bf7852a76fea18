#pragma once

#include <cstdint>

// What the system registers of EL0 hold, where that is a constant, and which of their bits can be written.
namespace armillion::isa::system_registers {

/// The bits of FPCR that hold what was written: AHP, DN, FZ, RMode and FZ16. No exception traps, so the others are RAZ.
inline constexpr std::uint32_t FPCR_WRITABLE = 0x07c80000;

/// The bits of FPSR that hold what was written: QC and the cumulative exceptions IDC, IXC, UFC, OFC, DZC and IOC.
inline constexpr std::uint32_t FPSR_WRITABLE = 0x0800009f;

/// DCZID_EL0 holds the size of the block that DC ZVA clears, as the logarithm of its number of words.
inline constexpr std::uint32_t ZERO_BLOCK_BYTES = 64;
inline constexpr std::uint64_t DCZID_EL0 = 4;
static_assert(ZERO_BLOCK_BYTES == 4u << DCZID_EL0);

/// CTR_EL0: lines of 64 bytes in both caches. IDC and DIC are clear: a program that writes instructions has to say so,
/// with DC CVAU and IC IVAU, before it executes them.
inline constexpr std::uint64_t CTR_EL0 = 0x8444c004;

/// CNTFRQ_EL0, in hertz: a tick of CNTVCT_EL0 is a nanosecond.
inline constexpr std::uint64_t CNTFRQ_EL0 = 1'000'000'000;

/// MIDR_EL1: implementer 0 (reserved for software), architecture 15 (see the ID registers), a part number of our own.
inline constexpr std::uint64_t MIDR_EL1 = 0x000f0410;

/// MPIDR_EL1: only the bit that is RES1, as under Linux.
inline constexpr std::uint64_t MPIDR_EL1 = 0x80000000;

/// A field of four bits of an identification register.
constexpr std::uint64_t id_field(int lowest_bit, std::uint64_t value) { return value << lowest_bit; }

/// ID_AA64PFR0_EL1: EL0 and EL1 run AArch64 only; floating point and Advanced SIMD, both with half precision.
inline constexpr std::uint64_t ID_AA64PFR0_EL1 = id_field(0, 1)     // EL0
                                                 | id_field(4, 1)   // EL1
                                                 | id_field(16, 1)  // FP, with FEAT_FP16
                                                 | id_field(20, 1)  // AdvSIMD, with FEAT_FP16
    ;

/// ID_AA64DFR0_EL1: the debug architecture of Armv8.0, which is mandatory.
inline constexpr std::uint64_t ID_AA64DFR0_EL1 = id_field(0, 6);

inline constexpr std::uint64_t ID_AA64ISAR0_EL1 = id_field(4, 2)     // AES, PMULL
                                                  | id_field(8, 1)   // SHA1
                                                  | id_field(12, 2)  // SHA256, SHA512
                                                  | id_field(16, 1)  // CRC32
                                                  | id_field(20, 2)  // LSE
                                                  | id_field(28, 1)  // RDM
                                                  | id_field(32, 1)  // SHA3
                                                  | id_field(44, 1)  // DotProd
                                                  | id_field(52, 2)  // FlagM, FlagM2
    ;

/// ID_AA64ISAR1_EL1: the hints of pointer authentication do nothing, so it is not claimed here.
inline constexpr std::uint64_t ID_AA64ISAR1_EL1 = id_field(12, 1)    // JSCVT
                                                  | id_field(16, 1)  // FCMA
                                                  | id_field(20, 2)  // LRCPC, LRCPC2
                                                  | id_field(32, 1)  // FRINTTS
                                                  | id_field(44, 1)  // BF16
                                                  | id_field(52, 1)  // I8MM
    ;

/// ID_AA64MMFR0_EL1 as Linux shows it to programs: translation granules of 4 KiB and 64 KiB "not implemented".
inline constexpr std::uint64_t ID_AA64MMFR0_EL1 = id_field(24, 15) | id_field(28, 15);

/// The identification register with op0 3, op1 0, CRn 0 and these CRm and op2 ("AArch64 System Register Descriptions"
/// in the Arm Architecture Reference Manual). Those that are not named here, the ones of AArch32 among them, read as
/// zero.
constexpr std::uint64_t identification_register(std::uint32_t crm, std::uint32_t op2) {
  switch (crm << 3 | op2) {
    case 0 << 3 | 0: return MIDR_EL1;
    case 0 << 3 | 5: return MPIDR_EL1;
    case 4 << 3 | 0: return ID_AA64PFR0_EL1;
    case 5 << 3 | 0: return ID_AA64DFR0_EL1;
    case 6 << 3 | 0: return ID_AA64ISAR0_EL1;
    case 6 << 3 | 1: return ID_AA64ISAR1_EL1;
    case 7 << 3 | 0: return ID_AA64MMFR0_EL1;
    default: return 0;
  }
}

}  // namespace armillion::isa::system_registers
