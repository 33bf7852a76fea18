// Kernels of elementwise arithmetic, comparison and selection, for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/kernels/extremes-inl.hpp"
#include "ops/kernels/highway_kernels.hpp"
#include "ops/kernels/map-inl.hpp"
#include "ops/kernels/target_index.hpp"

HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace {

constexpr int UNROLL = 4;

struct Absolute {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Abs(x);
  }
};

struct Negate {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Neg(x);
  }
};

struct Relu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V zero = hn::Zero(d);
    if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
      return hn::IfThenElse(hn::Le(x, zero), zero, x);
    } else {
      return hn::Max(x, zero);
    }
  }
};

struct Add {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};

struct Subtract {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Sub(a, b);
  }
};

struct Multiply {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Mul(a, b);
  }
};

struct Divide {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Div(a, b);
  }
};

struct MultiplyAdd {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b, V c) const {
    return hn::MulAdd(a, b, c);
  }
};

struct Clip {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x, V low, V high) const {
    const V not_less = hn::IfThenElse(hn::Lt(x, low), low, x);
    return hn::IfThenElse(hn::Gt(x, high), high, not_less);
  }
};

template <class T, class Function>
void unary(const T* x, T* result, std::size_t size) {
  const hn::ScalableTag<T> d;
  map<UNROLL>(d, result, size, Function{}, Array<decltype(d)>{x});
}

template <class T, class Function>
void arrays(const T* a, const T* b, T* result, std::size_t size) {
  using D = hn::ScalableTag<T>;
  map<UNROLL>(D(), result, size, Function{}, Array<D>{a}, Array<D>{b});
}

template <class T, class Function>
void array_scalar(const T* a, T b, T* result, std::size_t size) {
  using D = hn::ScalableTag<T>;
  map<UNROLL>(D(), result, size, Function{}, Array<D>{a}, Scalar<D>{D(), b});
}

template <class T, class Function>
void scalar_array(T a, const T* b, T* result, std::size_t size) {
  using D = hn::ScalableTag<T>;
  map<UNROLL>(D(), result, size, Function{}, Scalar<D>{D(), a}, Array<D>{b});
}

template <class T, class Function>
constexpr BinaryKernels<T> BINARY{arrays<T, Function>, array_scalar<T, Function>, scalar_array<T, Function>};

template <class T>
void fma(const T* a, const T* b, const T* c, T* result, std::size_t size) {
  using D = hn::ScalableTag<T>;
  map<UNROLL>(D(), result, size, MultiplyAdd{}, Array<D>{a}, Array<D>{b}, Array<D>{c});
}

template <class T>
void fma_scalar(const T* a, T b, const T* c, T* result, std::size_t size) {
  using D = hn::ScalableTag<T>;
  map<UNROLL>(D(), result, size, MultiplyAdd{}, Array<D>{a}, Scalar<D>{D(), b}, Array<D>{c});
}

template <class T>
void clip(const T* x, T low, T high, T* result, std::size_t size) {
  using D = hn::ScalableTag<T>;
  map<UNROLL>(D(), result, size, Clip{}, Array<D>{x}, Scalar<D>{D(), low}, Scalar<D>{D(), high});
}

// Masks are bytes: the compiler's vectors of mixed widths are better than any written with one width in mind.

template <Comparison COMPARISON, class T>
HWY_INLINE bool holds(T a, T b) {
  using enum Comparison;
  if constexpr (COMPARISON == EQUAL) return a == b;
  if constexpr (COMPARISON == NOT_EQUAL) return a != b;
  if constexpr (COMPARISON == LESS) return a < b;
  if constexpr (COMPARISON == LESS_EQUAL) return a <= b;
  if constexpr (COMPARISON == GREATER) return a > b;
  if constexpr (COMPARISON == GREATER_EQUAL) return a >= b;
}

template <Comparison COMPARISON, class T>
void compare_arrays(const T* a, const T* b, std::uint8_t* HWY_RESTRICT mask, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) mask[i] = holds<COMPARISON>(a[i], b[i]) ? 1 : 0;
}

template <Comparison COMPARISON, class T>
void compare_array_scalar(const T* a, T b, std::uint8_t* HWY_RESTRICT mask, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) mask[i] = holds<COMPARISON>(a[i], b) ? 1 : 0;
}

template <Comparison COMPARISON, class T>
constexpr CompareKernels<T> COMPARE{compare_arrays<COMPARISON, T>, compare_array_scalar<COMPARISON, T>};

template <class T>
void where(const std::uint8_t* HWY_RESTRICT mask, const T* a, const T* b, T* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const T yes = a[i];
    const T no = b[i];
    result[i] = mask[i] != 0 ? yes : no;
  }
}

template <class T>
void set_for(KernelsFor<T>& kernels) {
  const auto unary_at = [&](UnaryOperation operation) -> auto& { return kernels.unary[std::size_t(operation)]; };
  const auto binary_at = [&](BinaryOperation operation) -> auto& { return kernels.binary[std::size_t(operation)]; };
  unary_at(UnaryOperation::ABS) = unary<T, Absolute>;
  unary_at(UnaryOperation::NEG) = unary<T, Negate>;
  unary_at(UnaryOperation::RELU) = unary<T, Relu>;
  binary_at(BinaryOperation::ADD) = BINARY<T, Add>;
  binary_at(BinaryOperation::SUB) = BINARY<T, Subtract>;
  binary_at(BinaryOperation::MUL) = BINARY<T, Multiply>;
  binary_at(BinaryOperation::MINIMUM) = BINARY<T, Minimum>;
  binary_at(BinaryOperation::MAXIMUM) = BINARY<T, Maximum>;
  if constexpr (std::is_floating_point_v<T>) {
    binary_at(BinaryOperation::DIV) = BINARY<T, Divide>;
#if HWY_NATIVE_FMA
    kernels.fma = fma<T>;
    kernels.fma_scalar = fma_scalar<T>;
#endif
  }
  kernels.clip = clip<T>;
  using enum Comparison;
  kernels.compare = {COMPARE<EQUAL, T>,      COMPARE<NOT_EQUAL, T>, COMPARE<LESS, T>,
                     COMPARE<LESS_EQUAL, T>, COMPARE<GREATER, T>,   COMPARE<GREATER_EQUAL, T>};
  kernels.where = where<T>;
}

void set_kernels(Kernels& kernels) {
  set_for(kernels.float32);
  set_for(kernels.float64);
  set_for(kernels.int32);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace armillion::ops
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace armillion::ops {

HWY_EXPORT(set_kernels);

void set_elementwise_kernels(std::int64_t target, Kernels& kernels) {
  HWY_DISPATCH_TABLE(set_kernels)[target_index(target)](kernels);
}

}  // namespace armillion::ops
#endif
