#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

/// Integers wrap: arithmetic on them is unsigned.
template <class T>
using Arithmetic = std::conditional_t<std::is_integral_v<T>, std::uint32_t, T>;

template <class T>
bool is_nan(T x) {
  return x != x;  // NOLINT(misc-redundant-expression)
}

template <class T>
T smaller(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return std::signbit(a) ? a : b;
  }
  return a < b ? a : b;
}

template <class T>
T larger(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return std::signbit(a) ? b : a;
  }
  return a > b ? a : b;
}

/// A type in which an expression of the C library's functions has little error for a T.
template <class T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
T sigmoid_of(T x) {
  const Wider<T> e = std::exp(-std::abs(static_cast<Wider<T>>(x)));
  return static_cast<T>((x < 0 ? e : 1) / (1 + e));
}

template <class T>
T gelu_of(T x) {
  constexpr T UNDERFLOW_BELOW = -40;  // of both types, and what an infinity must not be multiplied by
  if (x < UNDERFLOW_BELOW) return T{-0.0};
  const Wider<T> wide = x;
  return static_cast<T>(wide * std::erfc(-wide / std::sqrt(Wider<T>{2})) / 2);
}

template <UnaryOperation OPERATION, class T>
T apply(T x) {
  using enum UnaryOperation;
  if constexpr (OPERATION == ABS) {
    if constexpr (std::is_integral_v<T>) return x < 0 ? static_cast<T>(-static_cast<std::uint32_t>(x)) : x;
    return std::abs(x);
  } else if constexpr (OPERATION == NEG) {
    return static_cast<T>(-static_cast<Arithmetic<T>>(x));
  } else if constexpr (OPERATION == RELU) {
    return x > 0 || is_nan(x) ? x : T{0};
  } else if constexpr (OPERATION == EXP) {
    return static_cast<T>(std::exp(static_cast<Wider<T>>(x)));
  } else if constexpr (OPERATION == LOG) {
    return static_cast<T>(std::log(static_cast<Wider<T>>(x)));
  } else if constexpr (OPERATION == SIGMOID) {
    return sigmoid_of(x);
  } else if constexpr (OPERATION == TANH) {
    return static_cast<T>(std::tanh(static_cast<Wider<T>>(x)));
  } else {
    static_assert(OPERATION == GELU);
    return gelu_of(x);
  }
}

template <BinaryOperation OPERATION, class T>
T apply(T a, T b) {
  using enum BinaryOperation;
  const auto x = static_cast<Arithmetic<T>>(a);
  const auto y = static_cast<Arithmetic<T>>(b);
  if constexpr (OPERATION == ADD) {
    return static_cast<T>(x + y);
  } else if constexpr (OPERATION == SUB) {
    return static_cast<T>(x - y);
  } else if constexpr (OPERATION == MUL) {
    return static_cast<T>(x * y);
  } else if constexpr (OPERATION == DIV) {
    return x / y;
  } else if constexpr (OPERATION == MINIMUM) {
    return smaller(a, b);
  } else {
    static_assert(OPERATION == MAXIMUM);
    return larger(a, b);
  }
}

template <Comparison COMPARISON, class T>
bool holds(T a, T b) {
  using enum Comparison;
  if constexpr (COMPARISON == EQUAL) return a == b;
  if constexpr (COMPARISON == NOT_EQUAL) return a != b;
  if constexpr (COMPARISON == LESS) return a < b;
  if constexpr (COMPARISON == LESS_EQUAL) return a <= b;
  if constexpr (COMPARISON == GREATER) return a > b;
  if constexpr (COMPARISON == GREATER_EQUAL) return a >= b;
}

template <UnaryOperation OPERATION, class T>
void unary(const T* x, T* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = apply<OPERATION>(x[i]);
}

template <BinaryOperation OPERATION, class T>
constexpr BinaryKernels<T> BINARY{
    .arrays =
        [](const T* a, const T* b, T* result, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) result[i] = apply<OPERATION>(a[i], b[i]);
        },
    .array_scalar =
        [](const T* a, T b, T* result, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) result[i] = apply<OPERATION>(a[i], b);
        },
    .scalar_array =
        [](T a, const T* b, T* result, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) result[i] = apply<OPERATION>(a, b[i]);
        },
};

template <Comparison COMPARISON, class T>
constexpr CompareKernels<T> COMPARE{
    .arrays =
        [](const T* a, const T* b, std::uint8_t* mask, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) mask[i] = holds<COMPARISON>(a[i], b[i]);
        },
    .array_scalar =
        [](const T* a, T b, std::uint8_t* mask, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) mask[i] = holds<COMPARISON>(a[i], b);
        },
};

template <class T>
void fma(const T* a, const T* b, const T* c, T* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = std::fma(a[i], b[i], c[i]);
}

template <class T>
void fma_scalar(const T* a, T b, const T* c, T* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = std::fma(a[i], b, c[i]);
}

template <class T>
void clip(const T* x, T low, T high, T* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

template <class T>
void where(const std::uint8_t* mask, const T* a, const T* b, T* result, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) result[i] = mask[i] != 0 ? a[i] : b[i];
}

/// Adds terms up in the order of sums. `fold(partial, i)` adds term i to a partial sum.
template <class T, class Fold>
double sum_in_order(std::size_t size, Fold fold) {
  double total = 0;
  for (std::size_t block = 0; block < size; block += BLOCK) {
    std::array<T, PARTIAL_SUMS<T>> partial{};
    const std::size_t end = std::min(size, block + BLOCK);
    for (std::size_t i = block; i < end; ++i) {
      T& sum = partial[(i - block) % PARTIAL_SUMS<T>];
      sum = fold(sum, i);
    }
    for (std::size_t half = PARTIAL_SUMS<T> / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) partial[i] += partial[i + half];
    }
    total += partial[0];
  }
  return total;
}

template <class T>
Total<T> sum(const T* x, std::size_t size) {
  if constexpr (std::is_integral_v<T>) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < size; ++i) total += x[i];
    return total;
  } else {
    return sum_in_order<T>(size, [&](T partial, std::size_t i) { return partial + x[i]; });
  }
}

template <class T>
Total<T> dot(const T* a, const T* b, std::size_t size) {
  if constexpr (std::is_integral_v<T>) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < size; ++i) total += static_cast<std::uint64_t>(std::int64_t{a[i]} * b[i]);
    return static_cast<std::int64_t>(total);
  } else {
    return sum_in_order<T>(size, [&](T partial, std::size_t i) { return std::fma(a[i], b[i], partial); });
  }
}

template <class T>
T min(const T* x, std::size_t size) {
  T result = x[0];
  for (std::size_t i = 1; i < size; ++i) result = smaller(result, x[i]);
  return result;
}

template <class T>
T max(const T* x, std::size_t size) {
  T result = x[0];
  for (std::size_t i = 1; i < size; ++i) result = larger(result, x[i]);
  return result;
}

template <class T>
std::size_t find(const T* x, T value, std::size_t size) {
  const auto is_it = [value](T element) { return is_nan(value) ? is_nan(element) : element == value; };
  return static_cast<std::size_t>(std::find_if(x, x + size, is_it) - x);
}

template <class T>
double exp_below(const T* x, T max, T* result, std::size_t size) {
  return sum_in_order<T>(size, [&](T partial, std::size_t i) {
    result[i] = apply<UnaryOperation::EXP>(x[i] - max);
    return partial + result[i];
  });
}

template <class T>
void multiply_matrices(const MatrixProduct<T>& p) {
  for (std::size_t row = 0; row < p.rows; ++row) {
    for (std::size_t column = 0; column < p.columns; ++column) {
      T& c = p.c[row * p.c_stride + column];
      T sum = p.beta == 0 ? 0 : p.beta * c;
      for (std::size_t k = 0; k < p.depth; ++k) {
        sum = std::fma(p.alpha * p.a[row * p.a_stride + k], p.b[k * p.b_stride + column], sum);
      }
      c = sum;
    }
  }
}

template <class T>
constexpr std::array<CompareKernels<T>, COMPARISONS> COMPARE_ALL{
    COMPARE<Comparison::EQUAL, T>,      COMPARE<Comparison::NOT_EQUAL, T>, COMPARE<Comparison::LESS, T>,
    COMPARE<Comparison::LESS_EQUAL, T>, COMPARE<Comparison::GREATER, T>,   COMPARE<Comparison::GREATER_EQUAL, T>};

template <class T>
constexpr KernelsFor<T> FLOATING_POINT{
    .unary = {unary<UnaryOperation::ABS, T>, unary<UnaryOperation::NEG, T>, unary<UnaryOperation::RELU, T>,
              unary<UnaryOperation::EXP, T>, unary<UnaryOperation::LOG, T>, unary<UnaryOperation::SIGMOID, T>,
              unary<UnaryOperation::TANH, T>, unary<UnaryOperation::GELU, T>},
    .binary = {BINARY<BinaryOperation::ADD, T>, BINARY<BinaryOperation::SUB, T>, BINARY<BinaryOperation::MUL, T>,
               BINARY<BinaryOperation::DIV, T>, BINARY<BinaryOperation::MINIMUM, T>,
               BINARY<BinaryOperation::MAXIMUM, T>},
    .fma = fma<T>,
    .fma_scalar = fma_scalar<T>,
    .clip = clip<T>,
    .compare = COMPARE_ALL<T>,
    .where = where<T>,
    .sum = sum<T>,
    .dot = dot<T>,
    .min = min<T>,
    .max = max<T>,
    .find = find<T>,
    .exp_below = exp_below<T>,
    .multiply_matrices = multiply_matrices<T>,
};

template <class T>
constexpr KernelsFor<T> INTEGER{
    .unary = {unary<UnaryOperation::ABS, T>, unary<UnaryOperation::NEG, T>, unary<UnaryOperation::RELU, T>},
    .binary = {BINARY<BinaryOperation::ADD, T>, BINARY<BinaryOperation::SUB, T>, BINARY<BinaryOperation::MUL, T>,
               BinaryKernels<T>{}, BINARY<BinaryOperation::MINIMUM, T>, BINARY<BinaryOperation::MAXIMUM, T>},
    .clip = clip<T>,
    .compare = COMPARE_ALL<T>,
    .where = where<T>,
    .sum = sum<T>,
    .dot = dot<T>,
    .min = min<T>,
    .max = max<T>,
    .find = find<T>,
};

}  // namespace

const Kernels SCALAR_KERNELS{
    .target = "scalar",
    .float32 = FLOATING_POINT<float>,
    .float64 = FLOATING_POINT<double>,
    .int32 = INTEGER<std::int32_t>,
};

}  // namespace armillion::ops
