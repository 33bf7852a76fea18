#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>

#include "armillion/error.hpp"

namespace armillion::ops {

/// Elements at a fixed distance from each other, for instance a column of a matrix.
template <class T>
class Strided {
 public:
  /// `size` elements, the first at `data`, each `stride` elements behind the one before; the stride may be negative.
  /// Error(INVALID_ARGUMENT) for a stride of 0.
  Strided(T* data, std::size_t size, std::ptrdiff_t stride) : data_(data), size_(size), stride_(stride) {
    if (stride == 0) throw Error(ErrorCode::INVALID_ARGUMENT, "a strided view needs a stride other than 0");
  }
  /// All elements of a contiguous array.
  explicit Strided(std::span<T> elements) : data_(elements.data()), size_(elements.size()), stride_(1) {}
  /// A view that writes is also one that reads.
  template <class U>
    requires std::is_same_v<T, const U>
  Strided(const Strided<U>& other) : data_(other.data()), size_(other.size()), stride_(other.stride()) {}

  /// The first element.
  T* data() const { return data_; }
  /// How many elements there are.
  std::size_t size() const { return size_; }
  /// Elements from one to the next.
  std::ptrdiff_t stride() const { return stride_; }
  /// The element of this number, which there must be.
  T& operator[](std::size_t index) const { return data_[static_cast<std::ptrdiff_t>(index) * stride_]; }

 private:
  T* data_;
  std::size_t size_;
  std::ptrdiff_t stride_;
};

template <std::ranges::contiguous_range Elements>
Strided(Elements&&) -> Strided<std::remove_reference_t<std::ranges::range_reference_t<Elements>>>;

/// A matrix in row-major order: the elements of a row are next to each other.
template <class T>
class MatrixView {
 public:
  /// A matrix whose rows lie one behind the other. Error(INVALID_ARGUMENT) where there are not `rows * columns`
  /// elements.
  MatrixView(std::span<T> elements, std::size_t rows, std::size_t columns)
      : MatrixView(elements, rows, columns, columns) {
    if (elements.size() != rows * columns) {
      throw Error(ErrorCode::INVALID_ARGUMENT, "a matrix of " + std::to_string(rows) + " rows and " +
                                                   std::to_string(columns) + " columns does not have " +
                                                   std::to_string(elements.size()) + " elements");
    }
  }
  /// Part of a wider matrix: rows begin `row_stride` elements apart. Error(INVALID_ARGUMENT) where rows would overlap
  /// or `elements` ends before the last row does.
  MatrixView(std::span<T> elements, std::size_t rows, std::size_t columns, std::size_t row_stride)
      : data_(elements.data()), rows_(rows), columns_(columns), row_stride_(row_stride) {
    if (row_stride < columns) throw Error(ErrorCode::INVALID_ARGUMENT, "a matrix's rows overlap");
    if (rows > 0 && columns > 0 && (elements.size() < columns || (elements.size() - columns) / row_stride < rows - 1)) {
      throw Error(ErrorCode::INVALID_ARGUMENT, "a matrix's elements end before its last row");
    }
  }
  /// A view that writes is also one that reads.
  template <class U>
    requires std::is_same_v<T, const U>
  MatrixView(const MatrixView<U>& other)
      : data_(other.data()), rows_(other.rows()), columns_(other.columns()), row_stride_(other.row_stride()) {}

  /// The first element of the first row.
  T* data() const { return data_; }
  /// How many rows there are.
  std::size_t rows() const { return rows_; }
  /// How many elements a row has.
  std::size_t columns() const { return columns_; }
  /// Elements from the start of a row to the start of the next.
  std::size_t row_stride() const { return row_stride_; }
  /// The elements of a row, which there must be.
  std::span<T> row(std::size_t index) const { return {data_ + index * row_stride_, columns_}; }
  /// Rows `first` to `first + count - 1`, which there must be.
  MatrixView row_range(std::size_t first, std::size_t count) const {
    MatrixView part = *this;
    part.data_ += first * row_stride_;
    part.rows_ = count;
    return part;
  }
  /// From the first element to behind the last, in memory.
  std::span<T> extent() const {
    if (rows_ == 0 || columns_ == 0) return {};
    return {data_, (rows_ - 1) * row_stride_ + columns_};
  }

 private:
  T* data_;
  std::size_t rows_;
  std::size_t columns_;
  std::size_t row_stride_;
};

template <std::ranges::contiguous_range Elements, class... Sizes>
MatrixView(Elements&&, Sizes...) -> MatrixView<std::remove_reference_t<std::ranges::range_reference_t<Elements>>>;

}  // namespace armillion::ops
