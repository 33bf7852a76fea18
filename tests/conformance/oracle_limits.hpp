#pragma once

#include <cstdint>
#include <string_view>

// What qemu 7.2 as a program for Linux cannot tell us, and why, and what later versions cannot. Everything else is
// compared.
namespace armillion::conformance {

/// A row that is not compared at all.
struct UncoveredRow {
  std::string_view name;
  std::string_view reason;
};

inline constexpr UncoveredRow UNCOVERED_ROWS[] = {
    {"svc", "would call the kernel; the engine's tests cover it"},
    {"hlt", "stops our machine, where a program under Linux gets SIGILL; the engine's tests cover it"},
    {"dc_zva", "clears 512 bytes in qemu, as its DCZID_EL0 says, and 64 in Armillion"},
    {"mrs_ctr_el0", "reads an implementation's choice"},
    {"mrs_dczid_el0", "reads an implementation's choice"},
    {"mrs_cntfrq_el0", "reads an implementation's choice"},
    {"mrs_cntvct_el0", "reads the time"},
    {"mrs_identification", "reads an implementation's choice"},
};

/// A row after which some bits of the destination, Vd, are not compared, but must be zero in ours.
struct RowWithStrayBits {
  std::string_view name;
  std::uint64_t bits;
  std::string_view reason;
};

inline constexpr RowWithStrayBits ROWS_WITH_STRAY_BITS[] = {
    {"fcvtzs_fixed_scalar_half", 0xffff'0000,
     "qemu is wrong: it extends the sign of the result to 32 bits, where the rest of Vd becomes zero"},
};

/// A row of which some words are not compared.
struct RestrictedRow {
  std::string_view name;
  bool (*is_compared)(std::uint32_t word);
  std::string_view reason;
};

constexpr bool has_offset_from_zero(std::uint32_t word) { return (word & 1u << 20) == 0; }
constexpr bool has_ones_where_they_should_be(std::uint32_t word) { return (word & 0x001f7c00) == 0x001f7c00; }

inline constexpr RestrictedRow RESTRICTED_ROWS[] = {
    {"xaflag", [](std::uint32_t word) { return (word & 0xf00) == 0; },
     "CRm should be zero: qemu takes other values as undefined, processors ignore them"},
    {"axflag", [](std::uint32_t word) { return (word & 0xf00) == 0; },
     "CRm should be zero: qemu takes other values as undefined, processors ignore them"},
    {"casp", [](std::uint32_t word) { return (word >> 16 & 31) != 30; },
     "where the first pair is X30 and XZR, qemu 7.2 writes what belongs to XZR to SP"},
};

/// From this version on the CPU `max` has FEAT_LSE2, which lets unaligned exclusives, atomics and ordered accesses pass
/// where they stay within 16 bytes. Armillion does not announce it and raises an alignment fault there, as qemu 7.2
/// does: tests that end so are not made for these versions.
inline constexpr int FIRST_QEMU_WITH_LSE2 = 8;

/// Rows of which these versions also cannot tell some words.
inline constexpr RestrictedRow ROWS_RESTRICTED_BY_LATER_QEMU[] = {
    {"stlur", has_offset_from_zero, "qemu 8.1 to 9.0 take the offset as unsigned"},
    {"ldapur", has_offset_from_zero, "as stlur"},
    {"ldapursb", has_offset_from_zero, "as stlur"},
    {"ldapursh", has_offset_from_zero, "as stlur"},
    {"ldapursw", has_offset_from_zero, "as stlur"},
    {"stlr", has_ones_where_they_should_be, "qemu takes other values than ones in Rs and Rt2 as undefined"},
    {"stllr", has_ones_where_they_should_be, "as stlr"},
    {"ldar", has_ones_where_they_should_be, "as stlr"},
    {"ldlar", has_ones_where_they_should_be, "as stlr"},
    {"fcmla_by_element_half", [](std::uint32_t word) { return (word & 1u << 30) != 0; },
     "qemu 8.2 raises exceptions for lanes above a vector of 64 bits; 7.2 does not"},
};

/// A row whose memory faults qemu does not raise. Only tests that do not fault are made.
struct RowWithoutFaults {
  std::string_view name;
  std::string_view reason;
};

inline constexpr RowWithoutFaults ROWS_WITHOUT_FAULTS[] = {
    {"dc_cvac", "qemu does nothing for cache maintenance; processors check the address"},
    {"dc_cvau", "qemu does nothing for cache maintenance; processors check the address"},
    {"dc_civac", "qemu does nothing for cache maintenance; processors check the address"},
    {"ldapr", "qemu 7.2 does not check its alignment"},
    {"stxr",
     "qemu looks at the monitor before it checks the alignment; ExclusiveMonitorsPass has it the other way round"},
    {"stlxr", "as stxr"},
    {"stxp", "as stxr"},
    {"stlxp", "as stxr"},
};

/// A row that is compared only with these bits of FPCR clear.
struct RowWithoutModes {
  std::string_view name;
  std::uint32_t fpcr_bits;
  std::string_view reason;
};

inline constexpr std::uint32_t FPCR_FZ = 1u << 24;

inline constexpr RowWithoutModes ROWS_WITHOUT_MODES[] = {
    {"fjcvtzs", FPCR_FZ,
     "qemu sets Z for a subnormal number that is flushed; FPToFixedJS clears it, as it is not exact"},
};

/// The bits of FPCR and FPSR that AArch64 has. qemu also keeps LEN, STRIDE and the condition flags of AArch32's FPSCR
/// there, which are RES0 where only AArch64 is implemented.
inline constexpr std::uint32_t FPCR_BITS = 0x07c80000;
inline constexpr std::uint32_t FPSR_BITS = 0x0800009f;

/// The entry of `table` with this name, or nullptr.
template <class Entry, std::size_t SIZE>
constexpr const Entry* find(const Entry (&table)[SIZE], std::string_view name) {
  for (const Entry& entry : table) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace armillion::conformance
