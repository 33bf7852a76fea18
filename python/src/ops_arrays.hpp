#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "armillion/error.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::python {

namespace nb = nanobind;

/// An array as Python gives it: of any type and shape, in the host's memory, without a copy.
using AnyArray = nb::ndarray<nb::device::cpu>;
using ConstArray = nb::ndarray<nb::ro, nb::device::cpu>;

/// Arrays from so many elements on are worked on without the GIL; giving it back and taking it costs about as much as
/// a short call.
inline constexpr std::size_t GIL_ELEMENTS = 16'384;

/// Gives the GIL back where that is worth it.
class MaybeReleaseGil {
 public:
  explicit MaybeReleaseGil(std::size_t elements) {
    if (elements >= GIL_ELEMENTS) released_.emplace();
  }

 private:
  std::optional<nb::gil_scoped_release> released_;
};

template <class A>
bool is_contiguous(const A& array) {
  if (array.size() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t i = array.ndim(); i-- > 0;) {
    if (array.shape(i) != 1 && array.stride(i) != expected) return false;
    expected *= static_cast<std::int64_t>(array.shape(i));
  }
  return true;
}

/// The elements of an array in one piece, whatever its shape. Error(INVALID_ARGUMENT) where they are not.
template <class T>
std::span<T> elements_of(const AnyArray& array) {
  if (!is_contiguous(array)) throw Error(ErrorCode::INVALID_ARGUMENT, "an array must be contiguous (C order)");
  return {static_cast<T*>(array.data()), array.size()};
}
template <class T>
std::span<const T> elements_of(const ConstArray& array) {
  if (!is_contiguous(array)) throw Error(ErrorCode::INVALID_ARGUMENT, "an array must be contiguous (C order)");
  return {static_cast<const T*>(array.data()), array.size()};
}

/// An array of one dimension, with its stride.
template <class T, class A>
ops::Strided<T> strided_of(const A& array) {
  if (array.ndim() != 1) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "an array must be contiguous (C order), or have one dimension");
  }
  // With less than two elements the stride does not matter, and may be 0.
  const std::int64_t stride = array.size() < 2 ? 1 : array.stride(0);
  return {static_cast<T*>(array.data()), array.size(), stride};
}

template <class T, class A>
ops::MatrixView<T> matrix_of(const A& array) {
  if (array.ndim() != 2) throw Error(ErrorCode::INVALID_ARGUMENT, "a matrix has two dimensions");
  const std::size_t rows = array.shape(0);
  const std::size_t columns = array.shape(1);
  if ((columns > 1 && array.stride(1) != 1) || (rows > 1 && array.stride(0) < static_cast<std::int64_t>(columns))) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the elements of a matrix's row must lie next to each other (C order)");
  }
  const std::size_t row_stride = rows > 1 ? static_cast<std::size_t>(array.stride(0)) : columns;
  const std::size_t extent = rows == 0 || columns == 0 ? 0 : (rows - 1) * row_stride + columns;
  return {std::span<T>(static_cast<T*>(array.data()), extent), rows, columns, row_stride};
}

/// Calls `work` with a null pointer to the element type, which is one of Types. Error(INVALID_ARGUMENT) for others.
template <class... Types, class Work>
void by_type(const nb::dlpack::dtype& type, const char* allowed, const Work& work) {
  const bool is_known = ((type == nb::dtype<Types>() && (work(static_cast<Types*>(nullptr)), true)) || ...);
  if (!is_known) throw Error(ErrorCode::INVALID_ARGUMENT, std::string("the elements must be ") + allowed);
}

}  // namespace armillion::python
