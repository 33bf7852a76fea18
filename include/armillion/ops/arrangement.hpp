#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "armillion/ops/views.hpp"

namespace armillion::ops {

// An executor's memory, see executor.hpp. The functions that take it are in the library of executors.
template <class T>
class Buffer;

namespace detail {

enum class Comparison : std::uint8_t { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

template <Comparison COMPARISON, class T>
struct CompareForms {
  void operator()(std::span<const T> a, std::span<const T> b, std::span<std::uint8_t> mask) const;
  void operator()(std::span<const T> a, T b, std::span<std::uint8_t> mask) const;
};

template <class T>
struct WhereForms {
  void operator()(std::span<const std::uint8_t> mask, std::span<const T> a, std::span<const T> b,
                  std::span<T> result) const;
};

template <class T>
struct FillForms {
  void operator()(T value, std::span<T> result) const;
  void operator()(T value, Strided<T> result) const;
};

template <class T>
struct CopyForms {
  void operator()(std::span<const T> source, std::span<T> result) const;
  void operator()(Strided<const T> source, Strided<T> result) const;
};

template <class T>
struct GatherForms {
  void operator()(std::span<const T> source, std::span<const std::uint32_t> indices, std::span<T> result) const;
};

template <class T>
struct ScatterForms {
  void operator()(std::span<const T> source, std::span<const std::uint32_t> indices, std::span<T> result) const;
};

template <class T>
struct PrefixSumForms {
  void operator()(std::span<const T> x, std::span<T> result) const;
};

// The forms for buffers.

template <Comparison COMPARISON, class T>
struct CompareBufferForms {
  void operator()(const Buffer<T>& a, const Buffer<T>& b, Buffer<std::uint8_t>& mask) const;
  void operator()(const Buffer<T>& a, T b, Buffer<std::uint8_t>& mask) const;
};

template <class T>
struct WhereBufferForms {
  void operator()(const Buffer<std::uint8_t>& mask, const Buffer<T>& a, const Buffer<T>& b, Buffer<T>& result) const;
};

template <class T>
struct GatherBufferForms {
  void operator()(const Buffer<T>& source, const Buffer<std::uint32_t>& indices, Buffer<T>& result) const;
};

template <class T>
struct ScatterBufferForms {
  void operator()(const Buffer<T>& source, const Buffer<std::uint32_t>& indices, Buffer<T>& result) const;
};

template <class T>
struct PrefixSumBufferForms {
  void operator()(const Buffer<T>& x, Buffer<T>& result) const;
};

template <class T>
struct FillBufferForms {
  void operator()(T value, Buffer<T>& result) const;
};

template <class T>
struct CopyBufferForms {
  void operator()(const Buffer<T>& source, Buffer<T>& result) const;
};

template <template <class> class Forms, template <class> class BufferForms, class... Types>
struct ForTypes : Forms<Types>..., BufferForms<Types>... {
  using Forms<Types>::operator()...;
  using BufferForms<Types>::operator()...;
};

template <Comparison COMPARISON, class... Types>
struct Compare : CompareForms<COMPARISON, Types>..., CompareBufferForms<COMPARISON, Types>... {
  using CompareForms<COMPARISON, Types>::operator()...;
  using CompareBufferForms<COMPARISON, Types>::operator()...;
};

}  // namespace detail

// All of these are called with arrays or with an executor's buffers (executor.hpp).

// Comparisons write 1 where they hold and 0 where they do not, into a mask that shares no memory with their operands.
// The second operand may be a scalar. With a NaN only `not_equal` holds; 0 and -0 are equal.

/// mask[i] = a[i] == b[i] ? 1 : 0.
inline constexpr detail::Compare<detail::Comparison::EQUAL, float, double, std::int32_t> equal;
/// mask[i] = a[i] != b[i] ? 1 : 0.
inline constexpr detail::Compare<detail::Comparison::NOT_EQUAL, float, double, std::int32_t> not_equal;
/// mask[i] = a[i] < b[i] ? 1 : 0.
inline constexpr detail::Compare<detail::Comparison::LESS, float, double, std::int32_t> less;
/// mask[i] = a[i] <= b[i] ? 1 : 0.
inline constexpr detail::Compare<detail::Comparison::LESS_EQUAL, float, double, std::int32_t> less_equal;
/// mask[i] = a[i] > b[i] ? 1 : 0.
inline constexpr detail::Compare<detail::Comparison::GREATER, float, double, std::int32_t> greater;
/// mask[i] = a[i] >= b[i] ? 1 : 0.
inline constexpr detail::Compare<detail::Comparison::GREATER_EQUAL, float, double, std::int32_t> greater_equal;

/// where(mask, a, b, result): result[i] = a[i] where mask[i] is not 0, else b[i]. Bits are copied as they are. The
/// result may be `a` or `b` itself, and shares no memory with the mask.
inline constexpr detail::ForTypes<detail::WhereForms, detail::WhereBufferForms, float, double, std::int32_t> where;
/// fill(value, result): each element becomes `value`.
inline constexpr detail::ForTypes<detail::FillForms, detail::FillBufferForms, float, double, std::int32_t> fill;
/// copy(source, result): copies bits, between arrays of equal length or strided views.
inline constexpr detail::ForTypes<detail::CopyForms, detail::CopyBufferForms, float, double, std::int32_t> copy;
/// gather(source, indices, result): result[i] = source[indices[i]]. Error(INVALID_ARGUMENT) where an index is not less
/// than the source's size. The result shares no memory with an argument.
inline constexpr detail::ForTypes<detail::GatherForms, detail::GatherBufferForms, float, double, std::int32_t> gather;
/// scatter(source, indices, result): result[indices[i]] = source[i], in order of i, so that of equal indices the last
/// one counts. Error(INVALID_ARGUMENT) where an index is not less than the result's size. The result shares no memory
/// with an argument.
inline constexpr detail::ForTypes<detail::ScatterForms, detail::ScatterBufferForms, float, double, std::int32_t>
    scatter;
/// prefix_sum(x, result): result[i] = x[0] + ... + x[i], added from left to right. Sums of floating-point numbers are
/// kept in float64 and rounded to the result's type for each element; those of integers wrap.
inline constexpr detail::ForTypes<detail::PrefixSumForms, detail::PrefixSumBufferForms, float, double, std::int32_t>
    prefix_sum;

}  // namespace armillion::ops
