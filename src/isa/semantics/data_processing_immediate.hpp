#pragma once

#include "isa/semantics/common.hpp"

// Data processing, immediate (C4.1, "Data Processing -- Immediate", of the Arm Architecture Reference Manual).
namespace armillion::isa::semantics {

template <class M>
ARMILLION_INLINE void adr(M& m, AdrOffset offset, XDestination d) {
  m.write(d, m.pc() + static_cast<std::uint64_t>(offset.value));
}

template <class M>
ARMILLION_INLINE void adrp(M& m, AdrOffset offset, XDestination d) {
  m.write(d, (m.pc() & ~0xfffull) + (static_cast<std::uint64_t>(offset.value) << 12));
}

template <class M>
ARMILLION_INLINE void add_immediate(M& m, Flag sf, Flag shift, Unsigned<12> immediate, XOrSp n, XOrSp d) {
  by_width(sf, [&]<class T> {
    const T operand2 = static_cast<T>(immediate.value) << (shift ? 12 : 0);
    m.write(d, static_cast<T>(m.template read<T>(n) + operand2));
  });
}

template <class M>
ARMILLION_INLINE void adds_immediate(M& m, Flag sf, Flag shift, Unsigned<12> immediate, XOrSp n, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = static_cast<T>(immediate.value) << (shift ? 12 : 0);
    const auto [result, flags] = add_with_carry<T>(m.template read<T>(n), operand2, false);
    m.set_flags(flags);
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void sub_immediate(M& m, Flag sf, Flag shift, Unsigned<12> immediate, XOrSp n, XOrSp d) {
  by_width(sf, [&]<class T> {
    const T operand2 = static_cast<T>(immediate.value) << (shift ? 12 : 0);
    m.write(d, static_cast<T>(m.template read<T>(n) - operand2));
  });
}

template <class M>
ARMILLION_INLINE void subs_immediate(M& m, Flag sf, Flag shift, Unsigned<12> immediate, XOrSp n, XDestination d) {
  by_width(sf, [&]<class T> {
    const T operand2 = static_cast<T>(immediate.value) << (shift ? 12 : 0);
    const auto [result, flags] = subtract<T>(m.template read<T>(n), operand2);
    m.set_flags(flags);
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void and_immediate(M& m, Flag sf, LogicalMask mask, X n, XOrSp d) {
  by_width(sf, [&]<class T> { m.write(d, static_cast<T>(m.template read<T>(n) & static_cast<T>(mask.value))); });
}

template <class M>
ARMILLION_INLINE void orr_immediate(M& m, Flag sf, LogicalMask mask, X n, XOrSp d) {
  by_width(sf, [&]<class T> { m.write(d, static_cast<T>(m.template read<T>(n) | static_cast<T>(mask.value))); });
}

template <class M>
ARMILLION_INLINE void eor_immediate(M& m, Flag sf, LogicalMask mask, X n, XOrSp d) {
  by_width(sf, [&]<class T> { m.write(d, static_cast<T>(m.template read<T>(n) ^ static_cast<T>(mask.value))); });
}

template <class M>
ARMILLION_INLINE void ands_immediate(M& m, Flag sf, LogicalMask mask, X n, XDestination d) {
  by_width(sf, [&]<class T> {
    const T result = m.template read<T>(n) & static_cast<T>(mask.value);
    m.set_flags(logical_flags(result));
    m.write(d, result);
  });
}

template <class M>
ARMILLION_INLINE void movn(M& m, Flag sf, Unsigned<2> shift, Unsigned<16> immediate, XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, static_cast<T>(~(static_cast<T>(immediate.value) << (shift * 16)))); });
}

template <class M>
ARMILLION_INLINE void movz(M& m, Flag sf, Unsigned<2> shift, Unsigned<16> immediate, XDestination d) {
  by_width(sf, [&]<class T> { m.write(d, static_cast<T>(static_cast<T>(immediate.value) << (shift * 16))); });
}

template <class M>
ARMILLION_INLINE void movk(M& m, Flag sf, Unsigned<2> shift, Unsigned<16> immediate, X d) {
  by_width(sf, [&]<class T> {
    const T cleared = m.template read<T>(d) & static_cast<T>(~(static_cast<T>(0xffff) << (shift * 16)));
    m.write(destination(d), static_cast<T>(cleared | static_cast<T>(immediate.value) << (shift * 16)));
  });
}

template <class M>
ARMILLION_INLINE void sbfm(M& m, Flag sf, BitfieldShifts shifts, X n, XDestination d) {
  by_width(sf, [&]<class T> {
    using SignedT = std::make_signed_t<T>;
    const T shifted = m.template read<T>(n) << shifts.left();
    m.write(d, static_cast<T>(static_cast<SignedT>(shifted) >> shifts.right()));
  });
}

template <class M>
ARMILLION_INLINE void bfm(M& m, Flag sf, BitfieldShifts shifts, X n, X d) {
  by_width(sf, [&]<class T> {
    const T source = static_cast<T>(m.template read<T>(n) << shifts.left()) >> shifts.right();
    const T mask = static_cast<T>(static_cast<T>(~T{0}) << shifts.left()) >> shifts.right();
    m.write(destination(d), static_cast<T>((m.template read<T>(d) & ~mask) | source));
  });
}

template <class M>
ARMILLION_INLINE void ubfm(M& m, Flag sf, BitfieldShifts shifts, X n, XDestination d) {
  by_width(sf, [&]<class T> {
    const T shifted = m.template read<T>(n) << shifts.left();
    m.write(d, static_cast<T>(shifted >> shifts.right()));
  });
}

template <class M>
ARMILLION_INLINE void extr(M& m, Flag sf, Flag, X low, Unsigned<6> lsb, X high, XDestination d) {
  by_width(sf, [&]<class T> {
    constexpr unsigned BITS = sizeof(T) * 8;
    const T low_part = m.template read<T>(low) >> lsb.value;
    const T high_part = lsb.value == 0 ? T{0} : static_cast<T>(m.template read<T>(high) << (BITS - lsb.value));
    m.write(d, static_cast<T>(high_part | low_part));
  });
}

}  // namespace armillion::isa::semantics
