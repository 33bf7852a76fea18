// Loops over arrays, for the target that this is compiled for. See foreach_target.h of Highway.
#if defined(ARMILLION_OPS_MAP_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ARMILLION_OPS_MAP_INL_HPP
#undef ARMILLION_OPS_MAP_INL_HPP
#else
#define ARMILLION_OPS_MAP_INL_HPP
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "ops/kernels/streaming.hpp"

HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first `count` elements of a vector, and zeros.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_few(D d, const T* data, std::size_t count) {
  HWY_ALIGN T padded[hn::MaxLanes(d)] = {};
  std::copy_n(data, count, padded);
  return hn::Load(d, padded);
}

// Where the operands of a map come from.

template <class D>
struct Array {
  const hn::TFromD<D>* data;

  HWY_INLINE hn::Vec<D> load(D d, std::size_t index) const { return hn::LoadU(d, data + index); }
  HWY_INLINE hn::Vec<D> load_few(D d, std::size_t count) const { return HWY_NAMESPACE::load_few(d, data, count); }
  HWY_INLINE bool is(const hn::TFromD<D>* other) const { return data == other; }
};

template <class D>
struct Scalar {
  hn::Vec<D> value;

  Scalar(D d, hn::TFromD<D> scalar) : value(hn::Set(d, scalar)) {}
  HWY_INLINE hn::Vec<D> load(D, std::size_t) const { return value; }
  HWY_INLINE hn::Vec<D> load_few(D, std::size_t) const { return value; }
  HWY_INLINE bool is(const hn::TFromD<D>*) const { return false; }
};

/// result[i] = function(operands[i]...) for at least a vector. The result may be an operand: what the last vector is
/// made of is read before anything is written, as it may reach back into what the loop has done.
template <int UNROLL, class D, class Function, class... Operands>
HWY_INLINE void map_vectors(D d, hn::TFromD<D>* result, std::size_t size, Function function, Operands... operands) {
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t last = size - lanes;
  const std::tuple last_operands(operands.load(d, last)...);
#pragma clang loop unroll_count(UNROLL)
  for (std::size_t i = 0; i < last; i += lanes) {
    hn::StoreU(function(d, operands.load(d, i)...), d, result + i);
  }
  const auto map_last = [&](auto... loaded) HWY_ATTR { hn::StoreU(function(d, loaded...), d, result + last); };
  std::apply(map_last, last_operands);
}

// What is rare is in functions of its own, for the sake of the registers that it would have the usual case save.

/// Of less than a vector.
template <class D, class Function, class... Operands>
HWY_NOINLINE void map_few(D d, hn::TFromD<D>* result, std::size_t size, Function function, Operands... operands) {
  HWY_ALIGN hn::TFromD<D> padded[hn::MaxLanes(d)];
  hn::Store(function(d, operands.load_few(d, size)...), d, padded);
  std::copy_n(padded, size, result);
}

/// Of arrays that are too large for caches: writes past them, unless the result is an operand and so in a cache.
template <class D, class Function, class... Operands>
HWY_NOINLINE void map_large(D d, hn::TFromD<D>* result, std::size_t size, Function function, Operands... operands) {
  if ((operands.is(result) || ...)) return map_vectors<1>(d, result, size, function, operands...);
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t vector_bytes = lanes * sizeof(*result);
  const std::size_t misaligned_bytes = reinterpret_cast<std::uintptr_t>(result) % vector_bytes;
  const std::size_t last = size - lanes;
  hn::StoreU(function(d, operands.load(d, 0)...), d, result);
  for (std::size_t i = (vector_bytes - misaligned_bytes) / sizeof(*result); i <= last; i += lanes) {
    hn::Stream(function(d, operands.load(d, i)...), d, result + i);
  }
  hn::StoreU(function(d, operands.load(d, last)...), d, result + last);
  hwy::FlushStream();
}

/// result[i] = function(operands[i]...). The result may be an operand.
template <int UNROLL, class D, class Function, class... Operands>
HWY_INLINE void map(D d, hn::TFromD<D>* result, std::size_t size, Function function, Operands... operands) {
  constexpr std::size_t LARGE = STREAMED_FROM_BYTES / sizeof(*result) / (1 + sizeof...(Operands));
  if (size < hn::Lanes(d)) return map_few(d, result, size, function, operands...);
  if (size > LARGE) return map_large(d, result, size, function, operands...);
  map_vectors<UNROLL>(d, result, size, function, operands...);
}

}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();

#endif
