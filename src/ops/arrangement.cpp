#include "armillion/ops/arrangement.hpp"

#include <algorithm>

#include "ops/checks.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops::detail {
namespace {

template <Comparison COMPARISON, class T>
const CompareKernels<T>& compare_kernels() {
  return kernels<T>().compare[static_cast<std::size_t>(COMPARISON)];
}

void require_indices(const char* operation, std::span<const std::uint32_t> indices, std::size_t size) {
  std::uint32_t largest = 0;
  for (const std::uint32_t index : indices) largest = std::max(largest, index);
  if (!indices.empty() && largest >= size) throw_invalid(operation, "an index is not less than the array's size");
}

/// What sums of a prefix are kept in. Unsigned integers wrap.
template <class T>
using PrefixTotal = std::conditional_t<std::is_integral_v<T>, std::uint32_t, double>;

}  // namespace

template <Comparison COMPARISON, class T>
void CompareForms<COMPARISON, T>::operator()(std::span<const T> a, std::span<const T> b,
                                             std::span<std::uint8_t> mask) const {
  require_size("comparison", mask.size(), a.size());
  require_size("comparison", mask.size(), b.size());
  require_disjoint("comparison", a, mask);
  require_disjoint("comparison", b, mask);
  compare_kernels<COMPARISON, T>().arrays(a.data(), b.data(), mask.data(), mask.size());
}

template <Comparison COMPARISON, class T>
void CompareForms<COMPARISON, T>::operator()(std::span<const T> a, T b, std::span<std::uint8_t> mask) const {
  require_size("comparison", mask.size(), a.size());
  require_disjoint("comparison", a, mask);
  compare_kernels<COMPARISON, T>().array_scalar(a.data(), b, mask.data(), mask.size());
}

template <class T>
void WhereForms<T>::operator()(std::span<const std::uint8_t> mask, std::span<const T> a, std::span<const T> b,
                               std::span<T> result) const {
  require_size("where", result.size(), mask.size());
  require_size("where", result.size(), a.size());
  require_size("where", result.size(), b.size());
  require_disjoint("where", mask, result);
  require_same_or_disjoint("where", a, result);
  require_same_or_disjoint("where", b, result);
  kernels<T>().where(mask.data(), a.data(), b.data(), result.data(), result.size());
}

template <class T>
void FillForms<T>::operator()(T value, std::span<T> result) const {
  std::ranges::fill(result, value);
}

template <class T>
void FillForms<T>::operator()(T value, Strided<T> result) const {
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = value;
}

template <class T>
void CopyForms<T>::operator()(std::span<const T> source, std::span<T> result) const {
  require_size("copy", result.size(), source.size());
  require_same_or_disjoint("copy", source, result);
  if (source.data() != result.data()) std::ranges::copy(source, result.begin());
}

template <class T>
void CopyForms<T>::operator()(Strided<const T> source, Strided<T> result) const {
  require_size("copy", result.size(), source.size());
  require_same_or_disjoint("copy", source, result);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = source[i];
}

template <class T>
void GatherForms<T>::operator()(std::span<const T> source, std::span<const std::uint32_t> indices,
                                std::span<T> result) const {
  require_size("gather", result.size(), indices.size());
  require_disjoint("gather", source, result);
  require_disjoint("gather", indices, result);
  require_indices("gather", indices, source.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = source[indices[i]];
}

template <class T>
void ScatterForms<T>::operator()(std::span<const T> source, std::span<const std::uint32_t> indices,
                                 std::span<T> result) const {
  require_size("scatter", source.size(), indices.size());
  require_disjoint("scatter", source, result);
  require_disjoint("scatter", indices, result);
  require_indices("scatter", indices, result.size());
  for (std::size_t i = 0; i < source.size(); ++i) result[indices[i]] = source[i];
}

template <class T>
void PrefixSumForms<T>::operator()(std::span<const T> x, std::span<T> result) const {
  require_size("prefix_sum", result.size(), x.size());
  require_same_or_disjoint("prefix_sum", x, result);
  PrefixTotal<T> total = 0;
  for (std::size_t i = 0; i < result.size(); ++i) {
    total += static_cast<PrefixTotal<T>>(x[i]);
    result[i] = static_cast<T>(total);
  }
}

// The forms that arrangement.hpp has objects for.

using enum Comparison;

template struct CompareForms<EQUAL, float>;
template struct CompareForms<EQUAL, double>;
template struct CompareForms<EQUAL, std::int32_t>;
template struct CompareForms<NOT_EQUAL, float>;
template struct CompareForms<NOT_EQUAL, double>;
template struct CompareForms<NOT_EQUAL, std::int32_t>;
template struct CompareForms<LESS, float>;
template struct CompareForms<LESS, double>;
template struct CompareForms<LESS, std::int32_t>;
template struct CompareForms<LESS_EQUAL, float>;
template struct CompareForms<LESS_EQUAL, double>;
template struct CompareForms<LESS_EQUAL, std::int32_t>;
template struct CompareForms<GREATER, float>;
template struct CompareForms<GREATER, double>;
template struct CompareForms<GREATER, std::int32_t>;
template struct CompareForms<GREATER_EQUAL, float>;
template struct CompareForms<GREATER_EQUAL, double>;
template struct CompareForms<GREATER_EQUAL, std::int32_t>;

template struct WhereForms<float>;
template struct WhereForms<double>;
template struct WhereForms<std::int32_t>;
template struct FillForms<float>;
template struct FillForms<double>;
template struct FillForms<std::int32_t>;
template struct CopyForms<float>;
template struct CopyForms<double>;
template struct CopyForms<std::int32_t>;
template struct GatherForms<float>;
template struct GatherForms<double>;
template struct GatherForms<std::int32_t>;
template struct ScatterForms<float>;
template struct ScatterForms<double>;
template struct ScatterForms<std::int32_t>;
template struct PrefixSumForms<float>;
template struct PrefixSumForms<double>;
template struct PrefixSumForms<std::int32_t>;

}  // namespace armillion::ops::detail
