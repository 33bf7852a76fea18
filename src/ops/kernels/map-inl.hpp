// Loops over arrays, for the target that this is compiled for. See foreach_target.h of Highway.
#if defined(ARMILLION_OPS_MAP_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ARMILLION_OPS_MAP_INL_HPP
#undef ARMILLION_OPS_MAP_INL_HPP
#else
#define ARMILLION_OPS_MAP_INL_HPP
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <tuple>

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
};

template <class D>
struct Scalar {
  hn::Vec<D> value;

  Scalar(D d, hn::TFromD<D> scalar) : value(hn::Set(d, scalar)) {}
  HWY_INLINE hn::Vec<D> load(D, std::size_t) const { return value; }
  HWY_INLINE hn::Vec<D> load_few(D, std::size_t) const { return value; }
};

/// result[i] = function(operands[i]...). The result may be an operand: what the last vector is made of is read before
/// anything is written, as it may reach back into what the loop has done.
template <int UNROLL, class D, class Function, class... Operands>
HWY_INLINE void map(D d, hn::TFromD<D>* result, std::size_t size, Function function, Operands... operands) {
  using T = hn::TFromD<D>;
  const std::size_t lanes = hn::Lanes(d);
  if (size < lanes) {
    HWY_ALIGN T padded[hn::MaxLanes(d)];
    hn::Store(function(d, operands.load_few(d, size)...), d, padded);
    std::copy_n(padded, size, result);
    return;
  }
  const std::size_t last = size - lanes;
  const std::tuple last_operands(operands.load(d, last)...);
#pragma clang loop unroll_count(UNROLL)
  for (std::size_t i = 0; i < last; i += lanes) {
    hn::StoreU(function(d, operands.load(d, i)...), d, result + i);
  }
  const auto on_last = [&](auto... loaded) HWY_ATTR { hn::StoreU(function(d, loaded...), d, result + last); };
  std::apply(on_last, last_operands);
}

}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();

#endif
