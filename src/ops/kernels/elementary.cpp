// Kernels of elementary functions, for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementary.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/kernels/elementary-inl.hpp"
#include "ops/kernels/highway_kernels.hpp"
#include "ops/kernels/map-inl.hpp"
#include "ops/kernels/target_index.hpp"

HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace {

/// The CPU has several vectors in flight at once without that.
constexpr int UNROLL = 1;

template <class T, class Function>
void unary(const T* x, T* result, std::size_t size) {
  const hn::ScalableTag<T> d;
  map<UNROLL>(d, result, size, Function{}, Array<decltype(d)>{x});
}

template <class T>
void set_for(KernelsFor<T>& kernels) {
  const auto unary_at = [&](UnaryOperation operation) -> auto& { return kernels.unary[std::size_t(operation)]; };
  unary_at(UnaryOperation::EXP) = unary<T, Exp>;
  unary_at(UnaryOperation::LOG) = unary<T, Log>;
  unary_at(UnaryOperation::SIGMOID) = unary<T, Sigmoid>;
  unary_at(UnaryOperation::TANH) = unary<T, Tanh>;
  unary_at(UnaryOperation::GELU) = unary<T, Gelu>;
}

void set_kernels(Kernels& kernels) {
  set_for(kernels.float32);
  set_for(kernels.float64);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace armillion::ops {

HWY_EXPORT(set_kernels);

void set_elementary_kernels(std::int64_t target, Kernels& kernels) {
  HWY_DISPATCH_TABLE(set_kernels)[target_index(target)](kernels);
}

}  // namespace armillion::ops
#endif
