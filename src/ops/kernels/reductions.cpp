// Kernels of reductions, for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/reductions.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/kernels/elementary-inl.hpp"
#include "ops/kernels/extremes-inl.hpp"
#include "ops/kernels/highway_kernels.hpp"
#include "ops/kernels/map-inl.hpp"
#include "ops/kernels/target_index.hpp"

HWY_BEFORE_NAMESPACE();
namespace armillion::ops {
namespace HWY_NAMESPACE {
namespace {

/// Adds a vector's upper half to its lower half until one element is left.
template <class D, class V>
HWY_INLINE hn::TFromD<D> add_halves(D d, V v) {
  if constexpr (hn::MaxLanes(d) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return add_halves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The sum of a block of at most BLOCK terms, in the order that reductions.hpp has. `terms.fold(d, sums, i)` adds terms
/// i, i + 1, ... to a vector of partial sums, `terms.fold_few(d, sums, i, count)` only `count` of them.
template <class D, class Terms>
HWY_INLINE hn::TFromD<D> sum_of_block(D d, std::size_t size, Terms terms) {
  constexpr std::size_t LANES = hn::MaxLanes(d);
  constexpr std::size_t WIDTH = PARTIAL_SUMS<hn::TFromD<D>>;
  constexpr std::size_t VECTORS = WIDTH / LANES;
  hn::Vec<D> partial[VECTORS];
  for (auto& sums : partial) sums = hn::Zero(d);
  std::size_t i = 0;
  for (; i + WIDTH <= size; i += WIDTH) {
    for (std::size_t k = 0; k < VECTORS; ++k) partial[k] = terms.fold(d, partial[k], i + k * LANES);
  }
  for (std::size_t k = 0; k < VECTORS && i < size; ++k, i += LANES) {
    partial[k] = i + LANES <= size ? terms.fold(d, partial[k], i) : terms.fold_few(d, partial[k], i, size - i);
  }
  for (std::size_t half = VECTORS / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) partial[k] = hn::Add(partial[k], partial[k + half]);
  }
  return add_halves(d, partial[0]);
}

/// The sum of all terms, block by block. A zero is never -0.
template <class D, class Terms>
HWY_INLINE double sum_of_blocks(D d, std::size_t size, Terms terms) {
  double total = 0;
  for (std::size_t block = 0; block < size; block += BLOCK) {
    total += sum_of_block(d, std::min(BLOCK, size - block), terms);
    terms.advance(BLOCK);
  }
  return total;
}

template <class T>
struct Elements {
  const T* x;

  template <class D, class V>
  HWY_INLINE V fold(D d, V sums, std::size_t i) const {
    return hn::Add(sums, hn::LoadU(d, x + i));
  }
  template <class D, class V>
  HWY_INLINE V fold_few(D d, V sums, std::size_t i, std::size_t count) const {
    return hn::Add(sums, load_few(d, x + i, count));
  }
  HWY_INLINE void advance(std::size_t count) { x += count; }
};

template <class T>
struct Products {
  const T* a;
  const T* b;

  template <class D, class V>
  HWY_INLINE V fold(D d, V sums, std::size_t i) const {
    return hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sums);
  }
  template <class D, class V>
  HWY_INLINE V fold_few(D d, V sums, std::size_t i, std::size_t count) const {
    return hn::MulAdd(load_few(d, a + i, count), load_few(d, b + i, count), sums);
  }
  HWY_INLINE void advance(std::size_t count) {
    a += count;
    b += count;
  }
};

/// Exponentials that are also written.
template <class T>
struct Exponentials {
  const T* x;
  T max;
  T* result;

  template <class D, class V>
  HWY_INLINE V fold(D d, V sums, std::size_t i) const {
    const V e = exp_of_minus(d, hn::Sub(hn::Set(d, max), hn::LoadU(d, x + i)));
    hn::StoreU(e, d, result + i);
    return hn::Add(sums, e);
  }
  template <class D, class V>
  HWY_INLINE V fold_few(D d, V sums, std::size_t i, std::size_t count) const {
    const V e = exp_of_minus(d, hn::Sub(hn::Set(d, max), load_few(d, x + i, count)));
    HWY_ALIGN T padded[hn::MaxLanes(d)];
    hn::Store(e, d, padded);
    std::copy_n(padded, count, result + i);
    return hn::Add(sums, load_few(d, padded, count));
  }
  HWY_INLINE void advance(std::size_t count) {
    x += count;
    result += count;
  }
};

template <class T>
Total<T> sum(const T* x, std::size_t size) {
  return sum_of_blocks(hn::ScalableTag<T>(), size, Elements<T>{x});
}

template <class T>
Total<T> dot(const T* a, const T* b, std::size_t size) {
  return sum_of_blocks(hn::ScalableTag<T>(), size, Products<T>{a, b});
}

template <class T>
Total<T> exp_below(const T* x, T max, T* result, std::size_t size) {
  return sum_of_blocks(hn::ScalableTag<T>(), size, Exponentials<T>{x, max, result});
}

// Integers have no order to keep: the compiler's vectors do.

std::int64_t integer_sum(const std::int32_t* x, std::size_t size) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < size; ++i) total += x[i];
  return total;
}

std::int64_t integer_dot(const std::int32_t* a, const std::int32_t* b, std::size_t size) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < size; ++i) total += static_cast<std::uint64_t>(std::int64_t{a[i]} * b[i]);
  return static_cast<std::int64_t>(total);
}

/// Vectors that are folded side by side.
constexpr std::size_t FOLD_VECTORS = 4;

/// The extreme of a vector's first elements.
template <class Extreme, class T>
T extreme_of_few(const T* x, std::size_t size) {
  const hn::CappedTag<T, 1> one;
  auto result = hn::Set(one, x[0]);
  for (std::size_t i = 1; i < size; ++i) result = Extreme{}(one, result, hn::Set(one, x[i]));
  return hn::GetLane(result);
}

/// The minimum or maximum, by a function of two vectors.
template <class Extreme, class T>
T extreme(const T* x, std::size_t size) {
  const hn::ScalableTag<T> d;
  const Extreme function;
  const std::size_t lanes = hn::Lanes(d);
  if (size < lanes) return extreme_of_few<Extreme>(x, size);
  const auto last = hn::LoadU(d, x + size - lanes);
  hn::Vec<decltype(d)> found[FOLD_VECTORS] = {last, last, last, last};
  std::size_t i = 0;
  for (; i + FOLD_VECTORS * lanes <= size; i += FOLD_VECTORS * lanes) {
    for (std::size_t k = 0; k < FOLD_VECTORS; ++k) {
      found[k] = function(d, found[k], hn::LoadU(d, x + i + k * lanes));
    }
  }
  for (; i + lanes <= size; i += lanes) found[0] = function(d, found[0], hn::LoadU(d, x + i));
  HWY_ALIGN T left[hn::MaxLanes(d)];
  hn::Store(function(d, function(d, found[0], found[1]), function(d, found[2], found[3])), d, left);
  return extreme_of_few<Extreme>(left, lanes);
}

/// The same of floating-point numbers, by a cheaper function that knows neither NaNs nor the signs of zeros. Where
/// there may be a NaN, which a sum of all elements does not lose, or where the extreme is a zero, it is done again with
/// care.
template <class Extreme, class Quick, class T>
T quick_extreme(const T* x, std::size_t size) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  if (size < FOLD_VECTORS * lanes) return extreme<Extreme>(x, size);
  const Quick quick;
  hn::Vec<decltype(d)> found[FOLD_VECTORS];
  hn::Vec<decltype(d)> sums[FOLD_VECTORS];
  const std::size_t last = size - FOLD_VECTORS * lanes;
  for (std::size_t k = 0; k < FOLD_VECTORS; ++k) found[k] = sums[k] = hn::LoadU(d, x + last + k * lanes);
  for (std::size_t i = 0; i < last; i += FOLD_VECTORS * lanes) {
    for (std::size_t k = 0; k < FOLD_VECTORS; ++k) {
      const auto next = hn::LoadU(d, x + i + k * lanes);
      found[k] = quick(d, found[k], next);
      sums[k] = hn::Add(sums[k], next);
    }
  }
  HWY_ALIGN T left[hn::MaxLanes(d)];
  hn::Store(quick(d, quick(d, found[0], found[1]), quick(d, found[2], found[3])), d, left);
  const T result = extreme_of_few<Quick>(left, lanes);
  const auto sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
  const bool is_sure = result != 0 && hn::AllFalse(d, hn::IsNaN(sum));
  return is_sure ? result : extreme<Extreme>(x, size);
}

struct QuickMinimum {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::IfThenElse(hn::Lt(b, a), b, a);
  }
};

struct QuickMaximum {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::IfThenElse(hn::Gt(b, a), b, a);
  }
};

/// Whether each element is `value`, or a NaN where that is one.
template <class D, class V>
HWY_INLINE hn::Mask<D> is_same(D, V x, V value) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::Or(hn::Eq(x, value), hn::And(hn::IsNaN(x), hn::IsNaN(value)));
  } else {
    return hn::Eq(x, value);
  }
}

template <class T>
std::size_t find(const T* x, T value, std::size_t size) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, value);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const std::intptr_t place = hn::FindFirstTrue(d, is_same(d, hn::LoadU(d, x + i), wanted));
    if (place >= 0) return i + static_cast<std::size_t>(place);
  }
  const hn::CappedTag<T, 1> one;
  while (i < size && hn::AllFalse(one, is_same(one, hn::Set(one, x[i]), hn::Set(one, value)))) ++i;
  return i;
}

template <class T>
void set_for(KernelsFor<T>& kernels) {
  if constexpr (std::is_floating_point_v<T>) {
    kernels.sum = sum<T>;
    kernels.dot = dot<T>;
    kernels.exp_below = exp_below<T>;
    kernels.min = quick_extreme<Minimum, QuickMinimum, T>;
    kernels.max = quick_extreme<Maximum, QuickMaximum, T>;
  } else {
    kernels.sum = integer_sum;
    kernels.dot = integer_dot;
    kernels.min = extreme<Minimum, T>;
    kernels.max = extreme<Maximum, T>;
  }
  kernels.find = find<T>;
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

void set_reduction_kernels(std::int64_t target, Kernels& kernels) {
  HWY_DISPATCH_TABLE(set_kernels)[target_index(target)](kernels);
}

}  // namespace armillion::ops
#endif
