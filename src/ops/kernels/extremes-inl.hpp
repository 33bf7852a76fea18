// The smaller and the larger of two vectors, for the target that this is compiled for. See foreach_target.h of Highway.
#if defined(ARMILLION_OPS_EXTREMES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ARMILLION_OPS_EXTREMES_INL_HPP
#undef ARMILLION_OPS_EXTREMES_INL_HPP
#else
#define ARMILLION_OPS_EXTREMES_INL_HPP
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The minimum of IEEE 754-2019. `a < b ? a : b` is b where they are equal zeros or one is a NaN; of both orders, OR
/// keeps a set sign and a NaN.
struct Minimum {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
      return hn::Or(hn::IfThenElse(hn::Lt(a, b), a, b), hn::IfThenElse(hn::Lt(b, a), b, a));
    } else {
      return hn::Min(a, b);
    }
  }
};

/// The maximum of IEEE 754-2019.
struct Maximum {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
      return hn::Neg(Minimum{}(d, hn::Neg(a), hn::Neg(b)));
    } else {
      return hn::Max(a, b);
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();

#endif
