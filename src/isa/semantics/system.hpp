#pragma once

#include "isa/semantics/common.hpp"
#include "isa/system_registers.hpp"

// Exception generation, hints, barriers, PSTATE, system instructions and registers (C4.1, "Branches, Exception
// Generating and System instructions", and C5 of the Arm Architecture Reference Manual).
namespace armillion::isa::semantics {

// Exception generation.

template <class M>
ARMILLION_INLINE void svc(M& m, Unsigned<16> immediate) {
  m.supervisor_call(immediate);
}

template <class M>
ARMILLION_INLINE void brk(M& m, Unsigned<16> immediate) {
  m.breakpoint(immediate);
}

template <class M>
ARMILLION_INLINE void hlt(M& m, Unsigned<16> immediate) {
  m.halt(immediate);
}

// Hints. None does anything here: YIELD, WFE, WFI, SEV and the like speak of other processors; the hints of BTI and of
// pointer authentication, which share a word with NOP on purpose, do nothing on a processor without these features.

template <class M>
ARMILLION_INLINE void hint(M&, Unsigned<7>) {}

template <class M>
ARMILLION_INLINE void hint_pointer_authentication(M&, Unsigned<7>) {}

template <class M>
ARMILLION_INLINE void hint_branch_target(M&, Unsigned<7>) {}

// Barriers. A machine does one thing after the other, so there is nothing to order.

template <class M>
ARMILLION_INLINE void clrex(M& m) {
  m.set_exclusive(0, 0);
}

template <class M>
ARMILLION_INLINE void dsb(M&) {}

template <class M>
ARMILLION_INLINE void dmb(M&) {}

template <class M>
ARMILLION_INLINE void isb(M&) {}

// PSTATE.

template <class M>
ARMILLION_INLINE void cfinv(M& m) {
  Flags flags = m.flags();
  flags.c ^= 1;
  m.set_flags(flags);
}

template <class M>
ARMILLION_INLINE void xaflag(M& m) {
  const bool z = m.flags().z;
  const bool c = m.flags().c;
  m.set_flags({.n = !c && !z, .z = z && c, .c = c || z, .v = !c && z});
}

template <class M>
ARMILLION_INLINE void axflag(M& m) {
  const bool z = m.flags().z;
  const bool c = m.flags().c;
  const bool v = m.flags().v;
  m.set_flags({.n = 0, .z = z || v, .c = c && !v, .v = 0});
}

// System instructions.

template <class M>
ARMILLION_INLINE void ic_ivau(M& m, X address) {
  m.invalidate_instructions(m.template read<std::uint64_t>(address));
}

/// The bytes that DC ZVA clears at once.
struct ZeroBlock {
  std::uint64_t words[system_registers::ZERO_BLOCK_BYTES / 8];
};

template <class M>
ARMILLION_INLINE void dc_zva(M& m, X address) {
  constexpr std::uint64_t OFFSET_BITS = system_registers::ZERO_BLOCK_BYTES - 1;
  m.template store<ZeroBlock>(m.template read<std::uint64_t>(address) & ~OFFSET_BITS, ZeroBlock{});
}

/// Cache maintenance by address has no cache to maintain, but it faults where the address cannot be read.
template <class M>
ARMILLION_INLINE void maintain_cache(M& m, X address) {
  m.template load<std::uint8_t>(m.template read<std::uint64_t>(address));
}

template <class M>
ARMILLION_INLINE void dc_cvac(M& m, X address) {
  maintain_cache(m, address);
}

template <class M>
ARMILLION_INLINE void dc_cvau(M& m, X address) {
  maintain_cache(m, address);
}

template <class M>
ARMILLION_INLINE void dc_civac(M& m, X address) {
  maintain_cache(m, address);
}

// System registers.

template <class M>
ARMILLION_INLINE void mrs_nzcv(M& m, XDestination d) {
  const Flags flags = m.flags();
  const std::uint32_t nzcv =
      std::uint32_t{flags.n} << 3 | std::uint32_t{flags.z} << 2 | std::uint32_t{flags.c} << 1 | std::uint32_t{flags.v};
  m.write(d, nzcv << 28);
}

template <class M>
ARMILLION_INLINE void msr_nzcv(M& m, X source) {
  m.set_flags(flags_from_field(m.template read<std::uint32_t>(source) >> 28));
}

template <class M>
ARMILLION_INLINE void mrs_fpcr(M& m, XDestination d) {
  m.write(d, m.fpcr());
}

template <class M>
ARMILLION_INLINE void msr_fpcr(M& m, X source) {
  m.set_fpcr(m.template read<std::uint32_t>(source) & system_registers::FPCR_WRITABLE);
}

template <class M>
ARMILLION_INLINE void mrs_fpsr(M& m, XDestination d) {
  m.write(d, m.fpsr());
}

template <class M>
ARMILLION_INLINE void msr_fpsr(M& m, X source) {
  m.set_fpsr(m.template read<std::uint32_t>(source) & system_registers::FPSR_WRITABLE);
}

template <class M>
ARMILLION_INLINE void mrs_tpidr_el0(M& m, XDestination d) {
  m.write(d, m.tpidr_el0());
}

template <class M>
ARMILLION_INLINE void msr_tpidr_el0(M& m, X source) {
  m.set_tpidr_el0(m.template read<std::uint64_t>(source));
}

template <class M>
ARMILLION_INLINE void mrs_tpidrro_el0(M& m, XDestination d) {
  m.write(d, std::uint64_t{0});
}

template <class M>
ARMILLION_INLINE void mrs_ctr_el0(M& m, XDestination d) {
  m.write(d, system_registers::CTR_EL0);
}

template <class M>
ARMILLION_INLINE void mrs_dczid_el0(M& m, XDestination d) {
  m.write(d, system_registers::DCZID_EL0);
}

template <class M>
ARMILLION_INLINE void mrs_cntfrq_el0(M& m, XDestination d) {
  m.write(d, system_registers::CNTFRQ_EL0);
}

template <class M>
ARMILLION_INLINE void mrs_cntvct_el0(M& m, XDestination d) {
  m.write(d, m.virtual_counter());
}

template <class M>
ARMILLION_INLINE void mrs_identification(M& m, Unsigned<4> crm, Unsigned<3> op2, XDestination d) {
  m.write(d, system_registers::identification_register(crm, op2));
}

}  // namespace armillion::isa::semantics
