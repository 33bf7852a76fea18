#pragma once

#include <cstdint>

#include "isa/semantics/memory.hpp"

// Loads and stores of one register (C4.1.94 of the Arm Architecture Reference Manual).
namespace armillion::isa::semantics {

/// The address `offset` elements of type T behind `base`.
template <class T, class M>
ARMILLION_INLINE std::uint64_t scaled_address(M& m, XOrSp base, Unsigned<12> offset) {
  return m.template read<std::uint64_t>(base) + std::uint64_t{offset.value} * sizeof(T);
}

/// How an index register becomes an offset (shared/functions, ExtendReg): all 64 bits where `is_doubleword` is set,
/// otherwise the low 32, signed where `is_signed` is; then, where `is_scaled` is set, in units of the access.
struct IndexExtension {
  Flag is_signed;
  Flag is_doubleword;
  Flag is_scaled;
};

template <class T, class M>
ARMILLION_INLINE std::uint64_t register_offset_address(M& m, XOrSp base, X index, IndexExtension extension) {
  std::uint64_t offset = m.template read<std::uint64_t>(index);
  if (!extension.is_doubleword) {
    const auto word = static_cast<std::uint32_t>(offset);
    offset = extension.is_signed ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(word)}) : word;
  }
  return m.template read<std::uint64_t>(base) + (extension.is_scaled ? offset * sizeof(T) : offset);
}

/// The size code of a SIMD register from the two fields that spell it.
ARMILLION_INLINE constexpr std::uint32_t vector_register_size(Unsigned<2> size, Flag quad) {
  return size.value | quad.value << 2;
}

// Unsigned offset.

template <class M>
ARMILLION_INLINE void str_unsigned_offset(M& m, Unsigned<2> size, Unsigned<12> offset, XOrSp n, X t) {
  by_size(size, [&]<class T> { store_low_bits<T>(m, scaled_address<T>(m, n, offset), t); });
}

template <class M>
ARMILLION_INLINE void ldr_unsigned_offset(M& m, Unsigned<2> size, Unsigned<12> offset, XOrSp n, XDestination t) {
  by_size(size, [&]<class T> { load_zero_extended<T>(m, scaled_address<T>(m, n, offset), t); });
}

template <class M>
ARMILLION_INLINE void ldrsb_unsigned_offset(M& m, Flag is_word, Unsigned<12> offset, XOrSp n, XDestination t) {
  load_sign_extended<std::int8_t>(m, is_word, scaled_address<std::int8_t>(m, n, offset), t);
}

template <class M>
ARMILLION_INLINE void ldrsh_unsigned_offset(M& m, Flag is_word, Unsigned<12> offset, XOrSp n, XDestination t) {
  load_sign_extended<std::int16_t>(m, is_word, scaled_address<std::int16_t>(m, n, offset), t);
}

template <class M>
ARMILLION_INLINE void ldrsw_unsigned_offset(M& m, Unsigned<12> offset, XOrSp n, XDestination t) {
  load_sign_extended<std::int32_t>(m, scaled_address<std::int32_t>(m, n, offset), t);
}

template <class M>
ARMILLION_INLINE void str_simd_unsigned_offset(M& m, Unsigned<2> size, Flag quad, Unsigned<12> offset, XOrSp n, V t) {
  by_vector_register_size(vector_register_size(size, quad),
                          [&]<class T> { store_vector_register<T>(m, scaled_address<T>(m, n, offset), t); });
}

template <class M>
ARMILLION_INLINE void ldr_simd_unsigned_offset(M& m, Unsigned<2> size, Flag quad, Unsigned<12> offset, XOrSp n, V t) {
  by_vector_register_size(vector_register_size(size, quad),
                          [&]<class T> { load_vector_register<T>(m, scaled_address<T>(m, n, offset), t); });
}

// Pre- and post-index.

template <class M>
ARMILLION_INLINE void str_indexed(M& m, Unsigned<2> size, Signed<9> offset, Flag pre_index, XOrSp n, X t) {
  indexed(m, pre_index, n, offset, [&](std::uint64_t address) {
    return by_size(size, [&]<class T> { return store_low_bits<T>(m, address, t); });
  });
}

template <class M>
ARMILLION_INLINE void ldr_indexed(M& m, Unsigned<2> size, Signed<9> offset, Flag pre_index, XOrSp n, XDestination t) {
  indexed(m, pre_index, n, offset, [&](std::uint64_t address) {
    return by_size(size, [&]<class T> { return load_zero_extended<T>(m, address, t); });
  });
}

template <class M>
ARMILLION_INLINE void ldrsb_indexed(M& m, Flag is_word, Signed<9> offset, Flag pre_index, XOrSp n, XDestination t) {
  indexed(m, pre_index, n, offset,
          [&](std::uint64_t address) { return load_sign_extended<std::int8_t>(m, is_word, address, t); });
}

template <class M>
ARMILLION_INLINE void ldrsh_indexed(M& m, Flag is_word, Signed<9> offset, Flag pre_index, XOrSp n, XDestination t) {
  indexed(m, pre_index, n, offset,
          [&](std::uint64_t address) { return load_sign_extended<std::int16_t>(m, is_word, address, t); });
}

template <class M>
ARMILLION_INLINE void ldrsw_indexed(M& m, Signed<9> offset, Flag pre_index, XOrSp n, XDestination t) {
  indexed(m, pre_index, n, offset,
          [&](std::uint64_t address) { return load_sign_extended<std::int32_t>(m, address, t); });
}

template <class M>
ARMILLION_INLINE void str_simd_indexed(M& m, Unsigned<2> size, Flag quad, Signed<9> offset, Flag pre_index, XOrSp n,
                                       V t) {
  indexed(m, pre_index, n, offset, [&](std::uint64_t address) {
    return by_vector_register_size(vector_register_size(size, quad),
                                   [&]<class T> { return store_vector_register<T>(m, address, t); });
  });
}

template <class M>
ARMILLION_INLINE void ldr_simd_indexed(M& m, Unsigned<2> size, Flag quad, Signed<9> offset, Flag pre_index, XOrSp n,
                                       V t) {
  indexed(m, pre_index, n, offset, [&](std::uint64_t address) {
    return by_vector_register_size(vector_register_size(size, quad),
                                   [&]<class T> { return load_vector_register<T>(m, address, t); });
  });
}

// Register offset.

template <class M>
ARMILLION_INLINE void str_register(M& m, Unsigned<2> size, X index, Flag is_signed, Flag is_doubleword, Flag is_scaled,
                                   XOrSp n, X t) {
  by_size(size, [&]<class T> {
    store_low_bits<T>(m, register_offset_address<T>(m, n, index, {is_signed, is_doubleword, is_scaled}), t);
  });
}

template <class M>
ARMILLION_INLINE void ldr_register(M& m, Unsigned<2> size, X index, Flag is_signed, Flag is_doubleword, Flag is_scaled,
                                   XOrSp n, XDestination t) {
  by_size(size, [&]<class T> {
    load_zero_extended<T>(m, register_offset_address<T>(m, n, index, {is_signed, is_doubleword, is_scaled}), t);
  });
}

template <class M>
ARMILLION_INLINE void ldrsb_register(M& m, Flag is_word, X index, Flag is_signed, Flag is_doubleword, Flag is_scaled,
                                     XOrSp n, XDestination t) {
  const IndexExtension extension{is_signed, is_doubleword, is_scaled};
  load_sign_extended<std::int8_t>(m, is_word, register_offset_address<std::int8_t>(m, n, index, extension), t);
}

template <class M>
ARMILLION_INLINE void ldrsh_register(M& m, Flag is_word, X index, Flag is_signed, Flag is_doubleword, Flag is_scaled,
                                     XOrSp n, XDestination t) {
  const IndexExtension extension{is_signed, is_doubleword, is_scaled};
  load_sign_extended<std::int16_t>(m, is_word, register_offset_address<std::int16_t>(m, n, index, extension), t);
}

template <class M>
ARMILLION_INLINE void ldrsw_register(M& m, X index, Flag is_signed, Flag is_doubleword, Flag is_scaled, XOrSp n,
                                     XDestination t) {
  const IndexExtension extension{is_signed, is_doubleword, is_scaled};
  load_sign_extended<std::int32_t>(m, register_offset_address<std::int32_t>(m, n, index, extension), t);
}

template <class M>
ARMILLION_INLINE void str_simd_register(M& m, Unsigned<2> size, Flag quad, X index, Flag is_signed, Flag is_doubleword,
                                        Flag is_scaled, XOrSp n, V t) {
  by_vector_register_size(vector_register_size(size, quad), [&]<class T> {
    store_vector_register<T>(m, register_offset_address<T>(m, n, index, {is_signed, is_doubleword, is_scaled}), t);
  });
}

template <class M>
ARMILLION_INLINE void ldr_simd_register(M& m, Unsigned<2> size, Flag quad, X index, Flag is_signed, Flag is_doubleword,
                                        Flag is_scaled, XOrSp n, V t) {
  by_vector_register_size(vector_register_size(size, quad), [&]<class T> {
    load_vector_register<T>(m, register_offset_address<T>(m, n, index, {is_signed, is_doubleword, is_scaled}), t);
  });
}

// Unscaled offset.

template <class M>
ARMILLION_INLINE void stur(M& m, Unsigned<2> size, Signed<9> offset, XOrSp n, X t) {
  by_size(size, [&]<class T> { store_low_bits<T>(m, address_at(m, n, offset), t); });
}

template <class M>
ARMILLION_INLINE void ldur(M& m, Unsigned<2> size, Signed<9> offset, XOrSp n, XDestination t) {
  by_size(size, [&]<class T> { load_zero_extended<T>(m, address_at(m, n, offset), t); });
}

template <class M>
ARMILLION_INLINE void ldursb(M& m, Flag is_word, Signed<9> offset, XOrSp n, XDestination t) {
  load_sign_extended<std::int8_t>(m, is_word, address_at(m, n, offset), t);
}

template <class M>
ARMILLION_INLINE void ldursh(M& m, Flag is_word, Signed<9> offset, XOrSp n, XDestination t) {
  load_sign_extended<std::int16_t>(m, is_word, address_at(m, n, offset), t);
}

template <class M>
ARMILLION_INLINE void ldursw(M& m, Signed<9> offset, XOrSp n, XDestination t) {
  load_sign_extended<std::int32_t>(m, address_at(m, n, offset), t);
}

template <class M>
ARMILLION_INLINE void stur_simd(M& m, Unsigned<2> size, Flag quad, Signed<9> offset, XOrSp n, V t) {
  by_vector_register_size(vector_register_size(size, quad),
                          [&]<class T> { store_vector_register<T>(m, address_at(m, n, offset), t); });
}

template <class M>
ARMILLION_INLINE void ldur_simd(M& m, Unsigned<2> size, Flag quad, Signed<9> offset, XOrSp n, V t) {
  by_vector_register_size(vector_register_size(size, quad),
                          [&]<class T> { load_vector_register<T>(m, address_at(m, n, offset), t); });
}

// Unprivileged: at EL0 the same as with an unscaled offset.

template <class M>
ARMILLION_INLINE void sttr(M& m, Unsigned<2> size, Signed<9> offset, XOrSp n, X t) {
  stur(m, size, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldtr(M& m, Unsigned<2> size, Signed<9> offset, XOrSp n, XDestination t) {
  ldur(m, size, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldtrsb(M& m, Flag is_word, Signed<9> offset, XOrSp n, XDestination t) {
  ldursb(m, is_word, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldtrsh(M& m, Flag is_word, Signed<9> offset, XOrSp n, XDestination t) {
  ldursh(m, is_word, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldtrsw(M& m, Signed<9> offset, XOrSp n, XDestination t) {
  ldursw(m, offset, n, t);
}

// Acquire and release at an unscaled offset. The guest's accesses happen in its program's order as it is; what is left
// of the ordering is that the address must be aligned.

template <class M>
ARMILLION_INLINE void stlur(M& m, Unsigned<2> size, Signed<9> offset, XOrSp n, X t) {
  if (require_alignment(m, address_at(m, n, offset), 1u << size, Access::WRITE)) stur(m, size, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldapur(M& m, Unsigned<2> size, Signed<9> offset, XOrSp n, XDestination t) {
  if (require_alignment(m, address_at(m, n, offset), 1u << size, Access::READ)) ldur(m, size, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldapursb(M& m, Flag is_word, Signed<9> offset, XOrSp n, XDestination t) {
  ldursb(m, is_word, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldapursh(M& m, Flag is_word, Signed<9> offset, XOrSp n, XDestination t) {
  if (require_alignment(m, address_at(m, n, offset), 2, Access::READ)) ldursh(m, is_word, offset, n, t);
}

template <class M>
ARMILLION_INLINE void ldapursw(M& m, Signed<9> offset, XOrSp n, XDestination t) {
  if (require_alignment(m, address_at(m, n, offset), 4, Access::READ)) ldursw(m, offset, n, t);
}

// Literals.

template <class M>
ARMILLION_INLINE void ldr_literal(M& m, Flag is_doubleword, BranchOffset<19> offset, XDestination t) {
  by_width(is_doubleword,
           [&]<class T> { load_zero_extended<T>(m, m.pc() + static_cast<std::uint64_t>(offset.value), t); });
}

template <class M>
ARMILLION_INLINE void ldrsw_literal(M& m, BranchOffset<19> offset, XDestination t) {
  load_sign_extended<std::int32_t>(m, m.pc() + static_cast<std::uint64_t>(offset.value), t);
}

template <class M>
ARMILLION_INLINE void ldr_simd_literal(M& m, Unsigned<2> size, BranchOffset<19> offset, V t) {
  by_vector_register_size(
      2 + size, [&]<class T> { load_vector_register<T>(m, m.pc() + static_cast<std::uint64_t>(offset.value), t); });
}

// Prefetches are hints, and there is no cache to take them.

template <class M>
ARMILLION_INLINE void prfm_unsigned_offset(M&, Unsigned<12>, XOrSp, Unsigned<5>) {}

template <class M>
ARMILLION_INLINE void prfm_register(M&, X, Flag, Flag, Flag, XOrSp, Unsigned<5>) {}

template <class M>
ARMILLION_INLINE void prfm_literal(M&, BranchOffset<19>, Unsigned<5>) {}

template <class M>
ARMILLION_INLINE void prfum(M&, Signed<9>, XOrSp, Unsigned<5>) {}

template <class M>
ARMILLION_INLINE void rprfm(M&, X, Flag, Flag, Flag, XOrSp, Unsigned<3>) {}

}  // namespace armillion::isa::semantics
