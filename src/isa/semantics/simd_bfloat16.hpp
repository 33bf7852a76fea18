#pragma once

#include <cstdint>

#include "isa/floating_point/bfloat16.hpp"
#include "isa/floating_point_vector.hpp"
#include "isa/semantics/common.hpp"
#include "isa/semantics/vector.hpp"

// SIMD BFloat16. A lane of 32 bits holds two such numbers, the bottom and the top one.
namespace armillion::isa::semantics {

namespace vector {

enum class Place : std::uint8_t { BOTTOM, TOP };

/// The bfloat16 numbers at one place of all lanes, as the single-precision numbers of the same value.
template <Place PLACE>
ARMILLION_INLINE Vector bfloat16_lanes(Vector a) {
  return map<std::uint32_t>(a,
                            [](std::uint32_t pair) { return PLACE == Place::BOTTOM ? pair << 16 : pair & 0xffff0000; });
}

/// d = d + a * b for the numbers of a at PLACE, rounded once, as in single precision.
template <Place PLACE, class M>
ARMILLION_INLINE void bfloat16_multiply_add(M& m, Vector b, V a, V d) {
  const Vector factor = bfloat16_lanes<PLACE>(m.read(a));
  m.write(d, fp::vector::apply<std::uint32_t>(m, true, fp::vector::MultiplyAdd{}, m.read(d), factor, b));
}

/// The number with index h:l:k of a register that only four bits name, in every lane in single precision.
template <class M>
ARMILLION_INLINE Vector bfloat16_element(M& m, Flag l, Flag k, Unsigned<4> b, Flag h) {
  const std::uint32_t index = h.value << 2 | l.value << 1 | k.value;
  const std::uint32_t element = m.read(V::from_field(b)).template get<std::uint16_t>(index);
  return broadcast<std::uint32_t>(element << 16);
}

}  // namespace vector

template <class M>
ARMILLION_INLINE void bfdot_vector(M& m, Flag q, V b, V a, V d) {
  m.write(d, clip(map<std::uint32_t>(m.read(d), m.read(a), m.read(b), fp::exact::bfloat16_dot_add), q));
}

template <class M>
ARMILLION_INLINE void bfdot_by_element(M& m, Flag q, Flag l, V b, Flag h, V a, V d) {
  const Vector pairs = broadcast(m.read(b).template get<std::uint32_t>(h.value << 1 | l.value));
  m.write(d, clip(map<std::uint32_t>(m.read(d), m.read(a), pairs, fp::exact::bfloat16_dot_add), q));
}

/// d = d + a * b, where a is a 2 x 4 matrix of bfloat16, b the transpose of a 4 x 2 matrix and d a 2 x 2 matrix of
/// single precision, all stored row by row (shared/functions, BFMatMulAdd).
template <class M>
ARMILLION_INLINE void bfmmla_vector(M& m, V b, V a, V d) {
  const auto rows = m.read(a).template lanes<std::uint32_t>();
  const auto columns = m.read(b).template lanes<std::uint32_t>();
  auto result = m.read(d).template lanes<std::uint32_t>();
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row = i / 2 * 2;
    const unsigned column = i % 2 * 2;
    const std::uint32_t lower = fp::exact::bfloat16_dot_add(result[i], rows[row], columns[column]);
    result[i] = fp::exact::bfloat16_dot_add(lower, rows[row + 1], columns[column + 1]);
  }
  m.write(d, Vector::from<std::uint32_t>(result));
}

template <class M>
ARMILLION_INLINE void bfmlalb_vector(M& m, V b, V a, V d) {
  vector::bfloat16_multiply_add<vector::Place::BOTTOM>(m, vector::bfloat16_lanes<vector::Place::BOTTOM>(m.read(b)), a,
                                                       d);
}

template <class M>
ARMILLION_INLINE void bfmlalt_vector(M& m, V b, V a, V d) {
  vector::bfloat16_multiply_add<vector::Place::TOP>(m, vector::bfloat16_lanes<vector::Place::TOP>(m.read(b)), a, d);
}

template <class M>
ARMILLION_INLINE void bfmlalb_by_element(M& m, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  vector::bfloat16_multiply_add<vector::Place::BOTTOM>(m, vector::bfloat16_element(m, l, k, b, h), a, d);
}

template <class M>
ARMILLION_INLINE void bfmlalt_by_element(M& m, Flag l, Flag k, Unsigned<4> b, Flag h, V a, V d) {
  vector::bfloat16_multiply_add<vector::Place::TOP>(m, vector::bfloat16_element(m, l, k, b, h), a, d);
}

template <class M>
ARMILLION_INLINE void bfcvtn_vector(M& m, Flag q, V a, V d) {
  vector::write_half(m, q, d, fp::vector::narrow_to_bfloat16(m, m.read(a)));
}

}  // namespace armillion::isa::semantics
