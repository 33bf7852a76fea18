#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "armillion/ops/arrangement.hpp"
#include "armillion/ops/elementwise.hpp"
#include "armillion/ops/reductions.hpp"

namespace armillion::ops {

using detail::BinaryOperation;
using detail::Comparison;
using detail::UnaryOperation;

constexpr std::size_t UNARY_OPERATIONS = static_cast<std::size_t>(UnaryOperation::GELU) + 1;
constexpr std::size_t BINARY_OPERATIONS = static_cast<std::size_t>(BinaryOperation::MAXIMUM) + 1;
constexpr std::size_t COMPARISONS = static_cast<std::size_t>(Comparison::GREATER_EQUAL) + 1;

/// What the order of sums is made of, see reductions.hpp.
constexpr std::size_t BLOCK = 4096;
template <class T>
constexpr std::size_t PARTIAL_SUMS = 256 / sizeof(T);

/// What totals are kept in.
template <class T>
using Total = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;

template <class T>
struct BinaryKernels {
  void (*arrays)(const T* a, const T* b, T* result, std::size_t size);
  void (*array_scalar)(const T* a, T b, T* result, std::size_t size);
  void (*scalar_array)(T a, const T* b, T* result, std::size_t size);
};

template <class T>
struct CompareKernels {
  void (*arrays)(const T* a, const T* b, std::uint8_t* mask, std::size_t size);
  void (*array_scalar)(const T* a, T b, std::uint8_t* mask, std::size_t size);
};

/// c = alpha a b + beta c for row-major matrices: for each element of `c`, from k = 0 up, c = (alpha a[k]) b[k] + c,
/// with one rounding where the target can, after c = beta c (0 where beta is 0).
template <class T>
struct MatrixProduct {
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  T alpha;
  const T* a;
  std::size_t a_stride;
  const T* b;
  std::size_t b_stride;
  T beta;
  T* c;
  std::size_t c_stride;
};

/// One target's functions for one type. Where an operation has none for a type it is null.
template <class T>
struct KernelsFor {
  // Elementwise. The result may be an operand.
  std::array<void (*)(const T* x, T* result, std::size_t size), UNARY_OPERATIONS> unary{};
  std::array<BinaryKernels<T>, BINARY_OPERATIONS> binary{};
  void (*fma)(const T* a, const T* b, const T* c, T* result, std::size_t size) = nullptr;
  void (*fma_scalar)(const T* a, T b, const T* c, T* result, std::size_t size) = nullptr;
  void (*clip)(const T* x, T low, T high, T* result, std::size_t size) = nullptr;
  std::array<CompareKernels<T>, COMPARISONS> compare{};
  void (*where)(const std::uint8_t* mask, const T* a, const T* b, T* result, std::size_t size) = nullptr;

  // Reductions.
  Total<T> (*sum)(const T* x, std::size_t size) = nullptr;
  Total<T> (*dot)(const T* a, const T* b, std::size_t size) = nullptr;
  /// Of at least one element.
  T (*min)(const T* x, std::size_t size) = nullptr;
  T (*max)(const T* x, std::size_t size) = nullptr;
  /// The index of the first element that equals `value`, or that is a NaN where it is one; `size` where there is none.
  std::size_t (*find)(const T* x, T value, std::size_t size) = nullptr;

  /// result[i] = e^(x[i] - max), which it returns the sum of. No element is more than `max`.
  Total<T> (*exp_below)(const T* x, T max, T* result, std::size_t size) = nullptr;
  void (*multiply_matrices)(const MatrixProduct<T>& product) = nullptr;
};

/// All functions of one target.
struct Kernels {
  const char* target;
  KernelsFor<float> float32;
  KernelsFor<double> float64;
  KernelsFor<std::int32_t> int32;

  template <class T>
  const KernelsFor<T>& of() const {
    if constexpr (std::is_same_v<T, float>) {
      return float32;
    } else if constexpr (std::is_same_v<T, double>) {
      return float64;
    } else {
      static_assert(std::is_same_v<T, std::int32_t>);
      return int32;
    }
  }
};

/// One element at a time, by the C library's functions: what every other target is tested against.
extern const Kernels SCALAR_KERNELS;

/// Those that this CPU can run, the widest first; the last are the scalar ones.
const std::vector<Kernels>& all_kernels();

/// Those of the target that calls use; null until they are first asked for.
extern std::atomic<const Kernels*> chosen_kernels;
/// Keeps registers, so that calls need not save theirs for the one time that this is called.
[[clang::preserve_most]] const Kernels& choose_kernels();

template <class T>
const KernelsFor<T>& kernels() {
  const Kernels* const chosen = chosen_kernels.load(std::memory_order_acquire);
  if (chosen == nullptr) [[unlikely]]
    return choose_kernels().of<T>();
  return chosen->of<T>();
}

}  // namespace armillion::ops
