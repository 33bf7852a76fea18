#include "armillion/ops/elementwise.hpp"

#include <array>
#include <utility>

#include "ops/checks.hpp"
#include "ops/kernels/kernels.hpp"
#include "ops/pieces.hpp"

namespace armillion::ops::detail {
namespace {

/// Elements of a piece for a thread pool: enough that handing it over costs nothing beside it.
constexpr std::size_t PIECE = 65536;

constexpr std::array<const char*, UNARY_OPERATIONS> UNARY_NAMES{"abs", "neg",     "relu", "exp",
                                                                "log", "sigmoid", "tanh", "gelu"};
constexpr std::array<const char*, BINARY_OPERATIONS> BINARY_NAMES{"add", "sub", "mul", "div", "minimum", "maximum"};

template <UnaryOperation OPERATION>
constexpr const char* NAME_OF_UNARY = UNARY_NAMES[static_cast<std::size_t>(OPERATION)];
template <BinaryOperation OPERATION>
constexpr const char* NAME_OF_BINARY = BINARY_NAMES[static_cast<std::size_t>(OPERATION)];

template <UnaryOperation OPERATION, class T>
auto unary_kernel() {
  return kernels<T>().unary[static_cast<std::size_t>(OPERATION)];
}

template <BinaryOperation OPERATION, class T>
const BinaryKernels<T>& binary_kernels() {
  return kernels<T>().binary[static_cast<std::size_t>(OPERATION)];
}

/// For spans, or for strided views.
template <class Result, class... Operands>
void require_fit(const char* operation, Result result, Operands... operands) {
  (require_size(operation, result.size(), operands.size()), ...);
  (require_same_or_disjoint(operation, operands, result), ...);
}

/// Runs `work(operands..., result, count)` on contiguous copies of parts of the views.
template <class T, class Work, class... Operands>
void run_strided(Strided<T> result, Work work, Operands... operands) {
  std::array<StridedBuffer<T>, sizeof...(Operands)> buffers;
  for_strided_blocks(result.size(), [&](std::size_t first, std::size_t count) {
    const auto run = [&]<std::size_t... INDEX>(std::index_sequence<INDEX...>) {
      work(read_elements(operands, first, count, buffers[INDEX])..., buffers[0].data(), count);
    };
    run(std::index_sequence_for<Operands...>{});
    write_elements(buffers[0], result, first, count);
  });
}

}  // namespace

template <UnaryOperation OPERATION, class T>
void UnaryForms<OPERATION, T>::operator()(std::span<const T> x, std::span<T> result) const {
  require_fit(NAME_OF_UNARY<OPERATION>, result, x);
  unary_kernel<OPERATION, T>()(x.data(), result.data(), result.size());
}

template <UnaryOperation OPERATION, class T>
void UnaryForms<OPERATION, T>::operator()(ThreadPool& pool, std::span<const T> x, std::span<T> result) const {
  require_fit(NAME_OF_UNARY<OPERATION>, result, x);
  const auto kernel = unary_kernel<OPERATION, T>();
  run_in_pieces(pool, result.size(), PIECE,
                [&](std::size_t first, std::size_t count) { kernel(x.data() + first, result.data() + first, count); });
}

template <UnaryOperation OPERATION, class T>
void UnaryForms<OPERATION, T>::operator()(Strided<const T> x, Strided<T> result) const {
  require_fit(NAME_OF_UNARY<OPERATION>, result, x);
  run_strided(result, unary_kernel<OPERATION, T>(), x);
}

template <BinaryOperation OPERATION, class T>
void BinaryForms<OPERATION, T>::on_arrays(std::span<const T> a, std::span<const T> b, std::span<T> result) {
  require_fit(NAME_OF_BINARY<OPERATION>, result, a, b);
  binary_kernels<OPERATION, T>().arrays(a.data(), b.data(), result.data(), result.size());
}

template <BinaryOperation OPERATION, class T>
void BinaryForms<OPERATION, T>::operator()(std::span<const T> a, T b, std::span<T> result) const {
  require_fit(NAME_OF_BINARY<OPERATION>, result, a);
  binary_kernels<OPERATION, T>().array_scalar(a.data(), b, result.data(), result.size());
}

template <BinaryOperation OPERATION, class T>
void BinaryForms<OPERATION, T>::operator()(T a, std::span<const T> b, std::span<T> result) const {
  require_fit(NAME_OF_BINARY<OPERATION>, result, b);
  binary_kernels<OPERATION, T>().scalar_array(a, b.data(), result.data(), result.size());
}

template <BinaryOperation OPERATION, class T>
void BinaryForms<OPERATION, T>::operator()(ThreadPool& pool, std::span<const T> a, std::span<const T> b,
                                           std::span<T> result) const {
  require_fit(NAME_OF_BINARY<OPERATION>, result, a, b);
  const auto kernel = binary_kernels<OPERATION, T>().arrays;
  run_in_pieces(pool, result.size(), PIECE, [&](std::size_t first, std::size_t count) {
    kernel(a.data() + first, b.data() + first, result.data() + first, count);
  });
}

template <BinaryOperation OPERATION, class T>
void BinaryForms<OPERATION, T>::operator()(Strided<const T> a, Strided<const T> b, Strided<T> result) const {
  require_fit(NAME_OF_BINARY<OPERATION>, result, a, b);
  run_strided(result, binary_kernels<OPERATION, T>().arrays, a, b);
}

template <class T>
void FmaForms<T>::operator()(std::span<const T> a, std::span<const T> b, std::span<const T> c,
                             std::span<T> result) const {
  require_fit("fma", result, a, b, c);
  kernels<T>().fma(a.data(), b.data(), c.data(), result.data(), result.size());
}

template <class T>
void FmaForms<T>::operator()(std::span<const T> a, T b, std::span<const T> c, std::span<T> result) const {
  require_fit("fma", result, a, c);
  kernels<T>().fma_scalar(a.data(), b, c.data(), result.data(), result.size());
}

template <class T>
void FmaForms<T>::operator()(ThreadPool& pool, std::span<const T> a, std::span<const T> b, std::span<const T> c,
                             std::span<T> result) const {
  require_fit("fma", result, a, b, c);
  const auto kernel = kernels<T>().fma;
  run_in_pieces(pool, result.size(), PIECE, [&](std::size_t first, std::size_t count) {
    kernel(a.data() + first, b.data() + first, c.data() + first, result.data() + first, count);
  });
}

template <class T>
void FmaForms<T>::operator()(Strided<const T> a, Strided<const T> b, Strided<const T> c, Strided<T> result) const {
  require_fit("fma", result, a, b, c);
  run_strided(result, kernels<T>().fma, a, b, c);
}

namespace {

template <class T>
void require_bounds(T low, T high) {
  if (!(low <= high)) throw_invalid("clip", "the lower bound is not less than or equal to the upper one");
}

}  // namespace

template <class T>
void ClipForms<T>::operator()(std::span<const T> x, T low, T high, std::span<T> result) const {
  require_bounds(low, high);
  require_fit("clip", result, x);
  kernels<T>().clip(x.data(), low, high, result.data(), result.size());
}

template <class T>
void ClipForms<T>::operator()(ThreadPool& pool, std::span<const T> x, T low, T high, std::span<T> result) const {
  require_bounds(low, high);
  require_fit("clip", result, x);
  const auto kernel = kernels<T>().clip;
  run_in_pieces(pool, result.size(), PIECE, [&](std::size_t first, std::size_t count) {
    kernel(x.data() + first, low, high, result.data() + first, count);
  });
}

template <class T>
void ClipForms<T>::operator()(Strided<const T> x, T low, T high, Strided<T> result) const {
  require_bounds(low, high);
  require_fit("clip", result, x);
  const auto kernel = kernels<T>().clip;
  run_strided(result, [&](const T* from, T* to, std::size_t count) { kernel(from, low, high, to, count); }, x);
}

// The forms that elementwise.hpp has objects for.

using enum UnaryOperation;
using enum BinaryOperation;

template struct UnaryForms<ABS, float>;
template struct UnaryForms<ABS, double>;
template struct UnaryForms<ABS, std::int32_t>;
template struct UnaryForms<NEG, float>;
template struct UnaryForms<NEG, double>;
template struct UnaryForms<NEG, std::int32_t>;
template struct UnaryForms<RELU, float>;
template struct UnaryForms<RELU, double>;
template struct UnaryForms<RELU, std::int32_t>;
template struct UnaryForms<EXP, float>;
template struct UnaryForms<EXP, double>;
template struct UnaryForms<LOG, float>;
template struct UnaryForms<LOG, double>;
template struct UnaryForms<SIGMOID, float>;
template struct UnaryForms<SIGMOID, double>;
template struct UnaryForms<TANH, float>;
template struct UnaryForms<TANH, double>;
template struct UnaryForms<GELU, float>;
template struct UnaryForms<GELU, double>;

template struct BinaryForms<ADD, float>;
template struct BinaryForms<ADD, double>;
template struct BinaryForms<ADD, std::int32_t>;
template struct BinaryForms<SUB, float>;
template struct BinaryForms<SUB, double>;
template struct BinaryForms<SUB, std::int32_t>;
template struct BinaryForms<MUL, float>;
template struct BinaryForms<MUL, double>;
template struct BinaryForms<MUL, std::int32_t>;
template struct BinaryForms<DIV, float>;
template struct BinaryForms<DIV, double>;
template struct BinaryForms<MINIMUM, float>;
template struct BinaryForms<MINIMUM, double>;
template struct BinaryForms<MINIMUM, std::int32_t>;
template struct BinaryForms<MAXIMUM, float>;
template struct BinaryForms<MAXIMUM, double>;
template struct BinaryForms<MAXIMUM, std::int32_t>;

template struct FmaForms<float>;
template struct FmaForms<double>;
template struct ClipForms<float>;
template struct ClipForms<double>;
template struct ClipForms<std::int32_t>;

}  // namespace armillion::ops::detail
