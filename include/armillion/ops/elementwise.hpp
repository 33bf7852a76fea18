#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "armillion/ops/thread_pool.hpp"
#include "armillion/ops/views.hpp"

namespace armillion::ops {

// An executor's memory, see executor.hpp. The functions that take it are in the library of executors.
template <class T>
class Buffer;

namespace detail {

enum class UnaryOperation : std::uint8_t { ABS, NEG, RELU, EXP, LOG, SIGMOID, TANH, GELU };
enum class BinaryOperation : std::uint8_t { ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM };

/// The forms of an operation with one operand, for one type.
template <UnaryOperation OPERATION, class T>
struct UnaryForms {
  void operator()(std::span<const T> x, std::span<T> result) const;
  void operator()(ThreadPool& pool, std::span<const T> x, std::span<T> result) const;
  void operator()(Strided<const T> x, Strided<T> result) const;
};

/// The forms of an operation with two operands, for one type. A scalar stands for an array of equal elements.
template <BinaryOperation OPERATION, class T>
struct BinaryForms {
  void operator()(std::span<const T> a, std::span<const T> b, std::span<T> result) const { on_arrays(a, b, result); }
  void operator()(std::span<const T> a, T b, std::span<T> result) const;
  void operator()(T a, std::span<const T> b, std::span<T> result) const;
  void operator()(ThreadPool& pool, std::span<const T> a, std::span<const T> b, std::span<T> result) const;
  void operator()(Strided<const T> a, Strided<const T> b, Strided<T> result) const;

 private:
  /// Three spans fill the registers for arguments; with an object one would go through memory, for 10 ns.
  static void on_arrays(std::span<const T> a, std::span<const T> b, std::span<T> result);
};

template <class T>
struct FmaForms {
  void operator()(std::span<const T> a, std::span<const T> b, std::span<const T> c, std::span<T> result) const;
  void operator()(std::span<const T> a, T b, std::span<const T> c, std::span<T> result) const;
  void operator()(ThreadPool& pool, std::span<const T> a, std::span<const T> b, std::span<const T> c,
                  std::span<T> result) const;
  void operator()(Strided<const T> a, Strided<const T> b, Strided<const T> c, Strided<T> result) const;
};

template <class T>
struct ClipForms {
  void operator()(std::span<const T> x, T low, T high, std::span<T> result) const;
  void operator()(ThreadPool& pool, std::span<const T> x, T low, T high, std::span<T> result) const;
  void operator()(Strided<const T> x, T low, T high, Strided<T> result) const;
};

// The forms for buffers.

template <UnaryOperation OPERATION, class T>
struct UnaryBufferForms {
  void operator()(const Buffer<T>& x, Buffer<T>& result) const;
};

template <BinaryOperation OPERATION, class T>
struct BinaryBufferForms {
  void operator()(const Buffer<T>& a, const Buffer<T>& b, Buffer<T>& result) const;
  void operator()(const Buffer<T>& a, T b, Buffer<T>& result) const;
  void operator()(T a, const Buffer<T>& b, Buffer<T>& result) const;
};

template <class T>
struct FmaBufferForms {
  void operator()(const Buffer<T>& a, const Buffer<T>& b, const Buffer<T>& c, Buffer<T>& result) const;
  void operator()(const Buffer<T>& a, T b, const Buffer<T>& c, Buffer<T>& result) const;
};

template <class T>
struct ClipBufferForms {
  void operator()(const Buffer<T>& x, T low, T high, Buffer<T>& result) const;
};

// A function object has the forms of each of its types: overloads that spans convert to.

template <UnaryOperation OPERATION, class... Types>
struct Unary : UnaryForms<OPERATION, Types>..., UnaryBufferForms<OPERATION, Types>... {
  using UnaryForms<OPERATION, Types>::operator()...;
  using UnaryBufferForms<OPERATION, Types>::operator()...;
};

template <BinaryOperation OPERATION, class... Types>
struct Binary : BinaryForms<OPERATION, Types>..., BinaryBufferForms<OPERATION, Types>... {
  using BinaryForms<OPERATION, Types>::operator()...;
  using BinaryBufferForms<OPERATION, Types>::operator()...;
};

template <class... Types>
struct Fma : FmaForms<Types>..., FmaBufferForms<Types>... {
  using FmaForms<Types>::operator()...;
  using FmaBufferForms<Types>::operator()...;
};

template <class... Types>
struct Clip : ClipForms<Types>..., ClipBufferForms<Types>... {
  using ClipForms<Types>::operator()...;
  using ClipBufferForms<Types>::operator()...;
};

}  // namespace detail

// Each of these is called with arrays, with strided views, or with a thread pool and arrays; those with two operands
// also with a scalar in place of one of them:
//
//   add(a, b, result);    add(a, 2.0F, result);    add(2.0F, b, result);    add(pool, a, b, result);
//   add(Strided(...), Strided(...), Strided(...));
//
// All of them also with an executor's buffers in place of arrays, without a pool (executor.hpp).
//
// All arrays have the same length. Views that share memory must be the same view, or have the same stride and no
// element in common.

/// result[i] = a[i] + b[i]. Correctly rounded; integers wrap.
inline constexpr detail::Binary<detail::BinaryOperation::ADD, float, double, std::int32_t> add;
/// result[i] = a[i] - b[i]. Correctly rounded; integers wrap.
inline constexpr detail::Binary<detail::BinaryOperation::SUB, float, double, std::int32_t> sub;
/// result[i] = a[i] * b[i]. Correctly rounded; integers wrap.
inline constexpr detail::Binary<detail::BinaryOperation::MUL, float, double, std::int32_t> mul;
/// result[i] = a[i] / b[i]. Correctly rounded; x / 0 is an infinity, 0 / 0 a NaN.
inline constexpr detail::Binary<detail::BinaryOperation::DIV, float, double> div;
/// The smaller of a[i] and b[i], a NaN where one of them is; -0 is smaller than 0 (IEEE 754-2019, minimum).
inline constexpr detail::Binary<detail::BinaryOperation::MINIMUM, float, double, std::int32_t> minimum;
/// The larger of a[i] and b[i], a NaN where one of them is; 0 is larger than -0 (IEEE 754-2019, maximum).
inline constexpr detail::Binary<detail::BinaryOperation::MAXIMUM, float, double, std::int32_t> maximum;
/// result[i] = a[i] * b[i] + c[i], rounded once on every target; slow where the CPU has no such instruction (SSE4). `b`
/// may be a scalar.
inline constexpr detail::Fma<float, double> fma;
/// result[i] = x[i], but `low` where it is less and `high` where it is more; a NaN stays one. Error(INVALID_ARGUMENT)
/// unless low <= high.
inline constexpr detail::Clip<float, double, std::int32_t> clip;

/// result[i] = |x[i]|: clears the sign, of NaNs too. The smallest integer stays as it is.
inline constexpr detail::Unary<detail::UnaryOperation::ABS, float, double, std::int32_t> abs;
/// result[i] = -x[i]: flips the sign, of NaNs and zeros too. The smallest integer stays as it is.
inline constexpr detail::Unary<detail::UnaryOperation::NEG, float, double, std::int32_t> neg;
/// result[i] = x[i] where that is more than 0, else 0 (never -0); a NaN stays one.
inline constexpr detail::Unary<detail::UnaryOperation::RELU, float, double, std::int32_t> relu;

// At most 4 units in the last place from the exact value, for every argument, subnormal results included.

/// e^x[i]. Infinity where that overflows, 0 where it underflows.
inline constexpr detail::Unary<detail::UnaryOperation::EXP, float, double> exp;
/// The natural logarithm. -infinity for zeros, a NaN for what is less.
inline constexpr detail::Unary<detail::UnaryOperation::LOG, float, double> log;
/// 1 / (1 + e^-x[i]).
inline constexpr detail::Unary<detail::UnaryOperation::SIGMOID, float, double> sigmoid;
/// The hyperbolic tangent. Keeps the sign of zeros.
inline constexpr detail::Unary<detail::UnaryOperation::TANH, float, double> tanh;

/// x[i] * (1 + erf(x[i] / sqrt 2)) / 2 (Hendrycks and Gimpel, "Gaussian Error Linear Units"), the exact form. At most 8
/// units in the last place from the exact value where that is a normal number; -0 for -infinity.
inline constexpr detail::Unary<detail::UnaryOperation::GELU, float, double> gelu;

}  // namespace armillion::ops
