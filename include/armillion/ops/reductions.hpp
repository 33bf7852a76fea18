#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "armillion/ops/thread_pool.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::ops {

// An executor's memory, see executor.hpp. The functions that take it are in the library of executors.
template <class T>
class Buffer;

namespace detail {

enum class ReductionOperation : std::uint8_t { SUM, MEAN, MIN, MAX };

/// What elements of a type add up to.
template <class T>
using Sum = std::conditional_t<std::is_integral_v<T>, std::int64_t, T>;

template <ReductionOperation OPERATION, class T>
using Reduced =
    std::conditional_t<OPERATION == ReductionOperation::SUM, Sum<T>,
                       std::conditional_t<OPERATION == ReductionOperation::MEAN && std::is_integral_v<T>, double, T>>;

/// The forms of a reduction of one array, for one type.
template <ReductionOperation OPERATION, class T>
struct ReductionForms {
  Reduced<OPERATION, T> operator()(std::span<const T> x) const;
  Reduced<OPERATION, T> operator()(ThreadPool& pool, std::span<const T> x) const;
  Reduced<OPERATION, T> operator()(Strided<const T> x) const;
};

template <class T>
struct DotForms {
  Sum<T> operator()(std::span<const T> a, std::span<const T> b) const;
  Sum<T> operator()(ThreadPool& pool, std::span<const T> a, std::span<const T> b) const;
  Sum<T> operator()(Strided<const T> a, Strided<const T> b) const;
};

template <class T>
struct ArgmaxForms {
  std::size_t operator()(std::span<const T> x) const;
  std::size_t operator()(Strided<const T> x) const;
};

// The forms for buffers.

template <ReductionOperation OPERATION, class T>
struct ReductionBufferForms {
  Reduced<OPERATION, T> operator()(const Buffer<T>& x) const;
};

template <class T>
struct DotBufferForms {
  Sum<T> operator()(const Buffer<T>& a, const Buffer<T>& b) const;
};

template <class T>
struct ArgmaxBufferForms {
  std::size_t operator()(const Buffer<T>& x) const;
};

template <ReductionOperation OPERATION, class... Types>
struct Reduction : ReductionForms<OPERATION, Types>..., ReductionBufferForms<OPERATION, Types>... {
  using ReductionForms<OPERATION, Types>::operator()...;
  using ReductionBufferForms<OPERATION, Types>::operator()...;
};

template <class... Types>
struct Dot : DotForms<Types>..., DotBufferForms<Types>... {
  using DotForms<Types>::operator()...;
  using DotBufferForms<Types>::operator()...;
};

template <class... Types>
struct Argmax : ArgmaxForms<Types>..., ArgmaxBufferForms<Types>... {
  using ArgmaxForms<Types>::operator()...;
  using ArgmaxBufferForms<Types>::operator()...;
};

}  // namespace detail

// Sums of floating-point numbers have one order, on every target and with any pool:
//
// 1. The array is cut into blocks of 4,096 elements, the last may have fewer.
// 2. A block has 64 partial sums (float32) or 32 (float64), all 0 at first. Element i of the block is added to partial
// sum
//    i mod 64 (or 32), in order of i.
// 3. The upper half of the partial sums is added to the lower half, element by element, until one is left: the block's
//    sum.
// 4. The blocks' sums are added one after the other in float64, from 0, and the total is rounded to the result's type.
//
// So with u = 2^-24 (float32) a sum differs from the exact one by at most 71 u times the sum of the magnitudes,
// whatever the size; with u = 2^-53 (float64), by (135 + blocks) u times it. Sums of integers are exact.

/// x[0] + ... + x[n - 1], 0 for none. A zero is never -0. Sums of int32 are int64.
inline constexpr detail::Reduction<detail::ReductionOperation::SUM, float, double, std::int32_t> sum;
/// The sum divided by the number of elements, rounded once more; the mean of int32 is float64. Error(INVALID_ARGUMENT)
/// for none.
inline constexpr detail::Reduction<detail::ReductionOperation::MEAN, float, double, std::int32_t> mean;
/// The smallest element, a NaN where there is one; -0 is smaller than 0. Error(INVALID_ARGUMENT) for none.
inline constexpr detail::Reduction<detail::ReductionOperation::MIN, float, double, std::int32_t> min;
/// The largest element, a NaN where there is one; 0 is larger than -0. Error(INVALID_ARGUMENT) for none.
inline constexpr detail::Reduction<detail::ReductionOperation::MAX, float, double, std::int32_t> max;
/// The index of the first of the largest elements, or of the first NaN; 0 and -0 are equal. Error(INVALID_ARGUMENT) for
/// none.
inline constexpr detail::Argmax<float, double, std::int32_t> argmax;
/// a[0] * b[0] + ... + a[n - 1] * b[n - 1], 0 for none, in the order above. A product and its addition are rounded
/// together where the CPU has such an instruction, with the bounds above in products for elements; on SSE4, which has
/// not, they are 72 u and (136 + blocks) u. Products that underflow add at most the smallest normal number each. int32
/// gives int64, which wraps.
inline constexpr detail::Dot<float, double, std::int32_t> dot;

}  // namespace armillion::ops
