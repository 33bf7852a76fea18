#pragma once

#include "isa/integer_vector.hpp"
#include "isa/semantics/common.hpp"

// SIMD copy (Advanced SIMD copy, and scalar copy).
namespace armillion::isa::semantics {

// An element to all elements.

template <class M>
ARMILLION_INLINE void dup_element_byte(M& m, Flag q, Unsigned<4> index, V rn, V rd) {
  m.write(rd, clip(broadcast(m.read(rn).template get<std::uint8_t>(index)), q));
}

template <class M>
ARMILLION_INLINE void dup_element_halfword(M& m, Flag q, Unsigned<3> index, V rn, V rd) {
  m.write(rd, clip(broadcast(m.read(rn).template get<std::uint16_t>(index)), q));
}

template <class M>
ARMILLION_INLINE void dup_element_word(M& m, Flag q, Unsigned<2> index, V rn, V rd) {
  m.write(rd, clip(broadcast(m.read(rn).template get<std::uint32_t>(index)), q));
}

template <class M>
ARMILLION_INLINE void dup_element_doubleword(M& m, Unsigned<1> index, V rn, V rd) {
  m.write(rd, broadcast(m.read(rn).template get<std::uint64_t>(index)));
}

// An element to the lowest one, clearing the others.

template <class M>
ARMILLION_INLINE void dup_element_scalar_byte(M& m, Unsigned<4> index, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).template get<std::uint8_t>(index)));
}

template <class M>
ARMILLION_INLINE void dup_element_scalar_halfword(M& m, Unsigned<3> index, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).template get<std::uint16_t>(index)));
}

template <class M>
ARMILLION_INLINE void dup_element_scalar_word(M& m, Unsigned<2> index, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).template get<std::uint32_t>(index)));
}

template <class M>
ARMILLION_INLINE void dup_element_scalar_doubleword(M& m, Unsigned<1> index, V rn, V rd) {
  m.write(rd, integer::scalar(m.read(rn).template get<std::uint64_t>(index)));
}

// A general register to all elements.

template <class M>
ARMILLION_INLINE void dup_general_byte(M& m, Flag q, X rn, V rd) {
  m.write(rd, clip(broadcast(static_cast<std::uint8_t>(m.template read<std::uint32_t>(rn))), q));
}

template <class M>
ARMILLION_INLINE void dup_general_halfword(M& m, Flag q, X rn, V rd) {
  m.write(rd, clip(broadcast(static_cast<std::uint16_t>(m.template read<std::uint32_t>(rn))), q));
}

template <class M>
ARMILLION_INLINE void dup_general_word(M& m, Flag q, X rn, V rd) {
  m.write(rd, clip(broadcast(m.template read<std::uint32_t>(rn)), q));
}

template <class M>
ARMILLION_INLINE void dup_general_doubleword(M& m, X rn, V rd) {
  m.write(rd, broadcast(m.template read<std::uint64_t>(rn)));
}

// An element to a general register.

template <class M>
ARMILLION_INLINE void smov_byte(M& m, Flag sf, Unsigned<4> index, V rn, XDestination rd) {
  by_width(sf, [&]<class T> { m.write(rd, static_cast<T>(m.read(rn).template get<std::int8_t>(index))); });
}

template <class M>
ARMILLION_INLINE void smov_halfword(M& m, Flag sf, Unsigned<3> index, V rn, XDestination rd) {
  by_width(sf, [&]<class T> { m.write(rd, static_cast<T>(m.read(rn).template get<std::int16_t>(index))); });
}

template <class M>
ARMILLION_INLINE void smov_word(M& m, Unsigned<2> index, V rn, XDestination rd) {
  m.write(rd, static_cast<std::uint64_t>(m.read(rn).template get<std::int32_t>(index)));
}

template <class M>
ARMILLION_INLINE void umov_byte(M& m, Unsigned<4> index, V rn, XDestination rd) {
  m.write(rd, std::uint32_t{m.read(rn).template get<std::uint8_t>(index)});
}

template <class M>
ARMILLION_INLINE void umov_halfword(M& m, Unsigned<3> index, V rn, XDestination rd) {
  m.write(rd, std::uint32_t{m.read(rn).template get<std::uint16_t>(index)});
}

template <class M>
ARMILLION_INLINE void umov_word(M& m, Unsigned<2> index, V rn, XDestination rd) {
  m.write(rd, m.read(rn).template get<std::uint32_t>(index));
}

template <class M>
ARMILLION_INLINE void umov_doubleword(M& m, Unsigned<1> index, V rn, XDestination rd) {
  m.write(rd, m.read(rn).template get<std::uint64_t>(index));
}

// To one element; the others stay.

template <class T, class M>
ARMILLION_INLINE void insert_element(M& m, V rd, unsigned index, T value) {
  Vector result = m.read(rd);
  result.set<T>(index, value);
  m.write(rd, result);
}

template <class M>
ARMILLION_INLINE void ins_general_byte(M& m, Unsigned<4> index, X rn, V rd) {
  insert_element(m, rd, index, static_cast<std::uint8_t>(m.template read<std::uint32_t>(rn)));
}

template <class M>
ARMILLION_INLINE void ins_general_halfword(M& m, Unsigned<3> index, X rn, V rd) {
  insert_element(m, rd, index, static_cast<std::uint16_t>(m.template read<std::uint32_t>(rn)));
}

template <class M>
ARMILLION_INLINE void ins_general_word(M& m, Unsigned<2> index, X rn, V rd) {
  insert_element(m, rd, index, m.template read<std::uint32_t>(rn));
}

template <class M>
ARMILLION_INLINE void ins_general_doubleword(M& m, Unsigned<1> index, X rn, V rd) {
  insert_element(m, rd, index, m.template read<std::uint64_t>(rn));
}

template <class M>
ARMILLION_INLINE void ins_element_byte(M& m, Unsigned<4> to, Unsigned<4> from, V rn, V rd) {
  insert_element(m, rd, to, m.read(rn).template get<std::uint8_t>(from));
}

template <class M>
ARMILLION_INLINE void ins_element_halfword(M& m, Unsigned<3> to, Unsigned<3> from, V rn, V rd) {
  insert_element(m, rd, to, m.read(rn).template get<std::uint16_t>(from));
}

template <class M>
ARMILLION_INLINE void ins_element_word(M& m, Unsigned<2> to, Unsigned<2> from, V rn, V rd) {
  insert_element(m, rd, to, m.read(rn).template get<std::uint32_t>(from));
}

template <class M>
ARMILLION_INLINE void ins_element_doubleword(M& m, Unsigned<1> to, Unsigned<1> from, V rn, V rd) {
  insert_element(m, rd, to, m.read(rn).template get<std::uint64_t>(from));
}

}  // namespace armillion::isa::semantics
