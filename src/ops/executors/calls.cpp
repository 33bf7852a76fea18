// The forms of functions that take buffers: they check arguments and hand a call to the executor.
#include "armillion/ops/executor.hpp"
#include "ops/checks.hpp"
#include "ops/executors/backend.hpp"
#include "ops/executors/buffer_checks.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops::detail {
namespace {

/// An operation as it is named in messages and as backends know it.
struct Named {
  const char* name;
  ElementwiseKind kind;
};

template <UnaryOperation OPERATION>
constexpr Named named() {
  if constexpr (OPERATION == UnaryOperation::ABS) return {"abs", ElementwiseKind::ABS};
  if constexpr (OPERATION == UnaryOperation::NEG) return {"neg", ElementwiseKind::NEG};
  if constexpr (OPERATION == UnaryOperation::RELU) return {"relu", ElementwiseKind::RELU};
  if constexpr (OPERATION == UnaryOperation::EXP) return {"exp", ElementwiseKind::EXP};
  if constexpr (OPERATION == UnaryOperation::LOG) return {"log", ElementwiseKind::LOG};
  if constexpr (OPERATION == UnaryOperation::SIGMOID) return {"sigmoid", ElementwiseKind::SIGMOID};
  if constexpr (OPERATION == UnaryOperation::TANH) return {"tanh", ElementwiseKind::TANH};
  if constexpr (OPERATION == UnaryOperation::GELU) return {"gelu", ElementwiseKind::GELU};
}

template <BinaryOperation OPERATION>
constexpr Named named() {
  if constexpr (OPERATION == BinaryOperation::ADD) return {"add", ElementwiseKind::ADD};
  if constexpr (OPERATION == BinaryOperation::SUB) return {"sub", ElementwiseKind::SUB};
  if constexpr (OPERATION == BinaryOperation::MUL) return {"mul", ElementwiseKind::MUL};
  if constexpr (OPERATION == BinaryOperation::DIV) return {"div", ElementwiseKind::DIV};
  if constexpr (OPERATION == BinaryOperation::MINIMUM) return {"minimum", ElementwiseKind::MINIMUM};
  if constexpr (OPERATION == BinaryOperation::MAXIMUM) return {"maximum", ElementwiseKind::MAXIMUM};
}

template <class T>
Operand operand_of(const Buffer<T>& x) {
  return {OperandKind::ARRAY, x.address()};
}

template <class T>
Operand operand_of(T x) {
  return {OperandKind::SCALAR, bits_of(x)};
}

template <class T, class... Operands>
void run(Named operation, Buffer<T>& result, const Operands&... operands) {
  ExecutorBackend& backend = backend_of(operation.name, result, operands...);
  (require_same_or_other(operation.name, operands, result), ...);
  backend.run(ElementwiseCall{.kind = operation.kind,
                              .type = ELEMENT_TYPE<T>,
                              .size = result.size(),
                              .result = result.address(),
                              .operands = {operand_of(operands)...}});
}

template <class T, class... Others>
std::uint64_t reduce(const char* name, ReductionKind kind, const Buffer<T>& x, const Others&... others) {
  return backend_of(name, x, others...)
      .run(ReductionCall{
          .kind = kind, .type = ELEMENT_TYPE<T>, .size = x.size(), .arrays = {x.address(), others.address()...}});
}

/// Of at least one element.
template <class Result, class T>
Result reduce_elements(const char* name, ReductionKind kind, const Buffer<T>& x) {
  backend_of(name, x);
  require_elements(name, x.size());
  return value_of<Result>(reduce(name, kind, x));
}

// These have the same order.
static_assert(static_cast<int>(Comparison::EQUAL) == static_cast<int>(ComparisonKind::EQUAL));
static_assert(static_cast<int>(Comparison::GREATER_EQUAL) == static_cast<int>(ComparisonKind::GREATER_EQUAL));

}  // namespace

template <UnaryOperation OPERATION, class T>
void UnaryBufferForms<OPERATION, T>::operator()(const Buffer<T>& x, Buffer<T>& result) const {
  run(named<OPERATION>(), result, x);
}

template <BinaryOperation OPERATION, class T>
void BinaryBufferForms<OPERATION, T>::operator()(const Buffer<T>& a, const Buffer<T>& b, Buffer<T>& result) const {
  run(named<OPERATION>(), result, a, b);
}

template <BinaryOperation OPERATION, class T>
void BinaryBufferForms<OPERATION, T>::operator()(const Buffer<T>& a, T b, Buffer<T>& result) const {
  run(named<OPERATION>(), result, a, b);
}

template <BinaryOperation OPERATION, class T>
void BinaryBufferForms<OPERATION, T>::operator()(T a, const Buffer<T>& b, Buffer<T>& result) const {
  run(named<OPERATION>(), result, a, b);
}

template <class T>
void FmaBufferForms<T>::operator()(const Buffer<T>& a, const Buffer<T>& b, const Buffer<T>& c,
                                   Buffer<T>& result) const {
  run({"fma", ElementwiseKind::FMA}, result, a, b, c);
}

template <class T>
void FmaBufferForms<T>::operator()(const Buffer<T>& a, T b, const Buffer<T>& c, Buffer<T>& result) const {
  run({"fma", ElementwiseKind::FMA}, result, a, b, c);
}

template <class T>
void ClipBufferForms<T>::operator()(const Buffer<T>& x, T low, T high, Buffer<T>& result) const {
  if (!(low <= high)) throw_invalid("clip", "the lower bound is not less than or equal to the upper one");
  run({"clip", ElementwiseKind::CLIP}, result, x, low, high);
}

template <class T>
void FillBufferForms<T>::operator()(T value, Buffer<T>& result) const {
  run({"fill", ElementwiseKind::COPY}, result, value);
}

template <class T>
void CopyBufferForms<T>::operator()(const Buffer<T>& source, Buffer<T>& result) const {
  run({"copy", ElementwiseKind::COPY}, result, source);
}

template <Comparison COMPARISON, class T>
void CompareBufferForms<COMPARISON, T>::operator()(const Buffer<T>& a, const Buffer<T>& b,
                                                   Buffer<std::uint8_t>& mask) const {
  ExecutorBackend& backend = backend_of("comparison", mask, a, b);
  require_other("comparison", a, mask);
  require_other("comparison", b, mask);
  backend.run(ComparisonCall{.kind = static_cast<ComparisonKind>(COMPARISON),
                             .type = ELEMENT_TYPE<T>,
                             .size = mask.size(),
                             .mask = mask.address(),
                             .a = a.address(),
                             .b = operand_of(b)});
}

template <Comparison COMPARISON, class T>
void CompareBufferForms<COMPARISON, T>::operator()(const Buffer<T>& a, T b, Buffer<std::uint8_t>& mask) const {
  ExecutorBackend& backend = backend_of("comparison", mask, a);
  require_other("comparison", a, mask);
  backend.run(ComparisonCall{.kind = static_cast<ComparisonKind>(COMPARISON),
                             .type = ELEMENT_TYPE<T>,
                             .size = mask.size(),
                             .mask = mask.address(),
                             .a = a.address(),
                             .b = operand_of(b)});
}

template <class T>
void WhereBufferForms<T>::operator()(const Buffer<std::uint8_t>& mask, const Buffer<T>& a, const Buffer<T>& b,
                                     Buffer<T>& result) const {
  ExecutorBackend& backend = backend_of("where", result, mask, a, b);
  require_other("where", mask, result);
  require_same_or_other("where", a, result);
  require_same_or_other("where", b, result);
  backend.run(WhereCall{.type = ELEMENT_TYPE<T>,
                        .size = result.size(),
                        .mask = mask.address(),
                        .a = a.address(),
                        .b = b.address(),
                        .result = result.address()});
}

template <class T>
void GatherBufferForms<T>::operator()(const Buffer<T>& source, const Buffer<std::uint32_t>& indices,
                                      Buffer<T>& result) const {
  ExecutorBackend& backend = backend_of("gather", result, indices);
  require_executor("gather", backend, source);
  require_other("gather", source, result);
  require_other("gather", indices, result);
  require_indices("gather", backend, indices, source.size());
  backend.run(GatherCall{.type = ELEMENT_TYPE<T>,
                         .size = result.size(),
                         .source = source.address(),
                         .row_stride = 0,
                         .indices = indices.address(),
                         .result = result.address()});
}

template <class T>
void ScatterBufferForms<T>::operator()(const Buffer<T>& source, const Buffer<std::uint32_t>& indices,
                                       Buffer<T>& result) const {
  ExecutorBackend& backend = backend_of("scatter", source, indices);
  require_executor("scatter", backend, result);
  require_other("scatter", source, result);
  require_other("scatter", indices, result);
  require_indices("scatter", backend, indices, result.size());
  backend.run(ScatterCall{.type = ELEMENT_TYPE<T>,
                          .size = source.size(),
                          .source = source.address(),
                          .indices = indices.address(),
                          .result = result.address(),
                          .result_size = result.size()});
}

template <class T>
void PrefixSumBufferForms<T>::operator()(const Buffer<T>& x, Buffer<T>& result) const {
  ExecutorBackend& backend = backend_of("prefix_sum", result, x);
  require_same_or_other("prefix_sum", x, result);
  backend.run(
      PrefixSumCall{.type = ELEMENT_TYPE<T>, .size = result.size(), .x = x.address(), .result = result.address()});
}

template <ReductionOperation OPERATION, class T>
Reduced<OPERATION, T> ReductionBufferForms<OPERATION, T>::operator()(const Buffer<T>& x) const {
  using enum ReductionOperation;
  if constexpr (OPERATION == SUM) {
    return static_cast<Sum<T>>(value_of<Total<T>>(reduce("sum", ReductionKind::SUM, x)));
  } else if constexpr (OPERATION == MEAN) {
    const auto total = reduce_elements<Total<T>>("mean", ReductionKind::SUM, x);
    return static_cast<Reduced<MEAN, T>>(static_cast<double>(total) / static_cast<double>(x.size()));
  } else if constexpr (OPERATION == MIN) {
    return reduce_elements<T>("min", ReductionKind::MIN, x);
  } else {
    return reduce_elements<T>("max", ReductionKind::MAX, x);
  }
}

template <class T>
std::size_t ArgmaxBufferForms<T>::operator()(const Buffer<T>& x) const {
  return reduce_elements<std::uint64_t>("argmax", ReductionKind::ARGMAX, x);
}

template <class T>
Sum<T> DotBufferForms<T>::operator()(const Buffer<T>& a, const Buffer<T>& b) const {
  return static_cast<Sum<T>>(value_of<Total<T>>(reduce("dot", ReductionKind::DOT, a, b)));
}

// The forms that the headers have objects for.

using enum UnaryOperation;
using enum BinaryOperation;

template struct UnaryBufferForms<ABS, float>;
template struct UnaryBufferForms<ABS, double>;
template struct UnaryBufferForms<ABS, std::int32_t>;
template struct UnaryBufferForms<NEG, float>;
template struct UnaryBufferForms<NEG, double>;
template struct UnaryBufferForms<NEG, std::int32_t>;
template struct UnaryBufferForms<RELU, float>;
template struct UnaryBufferForms<RELU, double>;
template struct UnaryBufferForms<RELU, std::int32_t>;
template struct UnaryBufferForms<EXP, float>;
template struct UnaryBufferForms<EXP, double>;
template struct UnaryBufferForms<LOG, float>;
template struct UnaryBufferForms<LOG, double>;
template struct UnaryBufferForms<SIGMOID, float>;
template struct UnaryBufferForms<SIGMOID, double>;
template struct UnaryBufferForms<TANH, float>;
template struct UnaryBufferForms<TANH, double>;
template struct UnaryBufferForms<GELU, float>;
template struct UnaryBufferForms<GELU, double>;

template struct BinaryBufferForms<ADD, float>;
template struct BinaryBufferForms<ADD, double>;
template struct BinaryBufferForms<ADD, std::int32_t>;
template struct BinaryBufferForms<SUB, float>;
template struct BinaryBufferForms<SUB, double>;
template struct BinaryBufferForms<SUB, std::int32_t>;
template struct BinaryBufferForms<MUL, float>;
template struct BinaryBufferForms<MUL, double>;
template struct BinaryBufferForms<MUL, std::int32_t>;
template struct BinaryBufferForms<DIV, float>;
template struct BinaryBufferForms<DIV, double>;
template struct BinaryBufferForms<MINIMUM, float>;
template struct BinaryBufferForms<MINIMUM, double>;
template struct BinaryBufferForms<MINIMUM, std::int32_t>;
template struct BinaryBufferForms<MAXIMUM, float>;
template struct BinaryBufferForms<MAXIMUM, double>;
template struct BinaryBufferForms<MAXIMUM, std::int32_t>;

template struct FmaBufferForms<float>;
template struct FmaBufferForms<double>;
template struct ClipBufferForms<float>;
template struct ClipBufferForms<double>;
template struct ClipBufferForms<std::int32_t>;
template struct FillBufferForms<float>;
template struct FillBufferForms<double>;
template struct FillBufferForms<std::int32_t>;
template struct CopyBufferForms<float>;
template struct CopyBufferForms<double>;
template struct CopyBufferForms<std::int32_t>;
template struct DotBufferForms<float>;
template struct DotBufferForms<double>;
template struct DotBufferForms<std::int32_t>;
template struct ArgmaxBufferForms<float>;
template struct ArgmaxBufferForms<double>;
template struct ArgmaxBufferForms<std::int32_t>;

template struct CompareBufferForms<Comparison::EQUAL, float>;
template struct CompareBufferForms<Comparison::EQUAL, double>;
template struct CompareBufferForms<Comparison::EQUAL, std::int32_t>;
template struct CompareBufferForms<Comparison::NOT_EQUAL, float>;
template struct CompareBufferForms<Comparison::NOT_EQUAL, double>;
template struct CompareBufferForms<Comparison::NOT_EQUAL, std::int32_t>;
template struct CompareBufferForms<Comparison::LESS, float>;
template struct CompareBufferForms<Comparison::LESS, double>;
template struct CompareBufferForms<Comparison::LESS, std::int32_t>;
template struct CompareBufferForms<Comparison::LESS_EQUAL, float>;
template struct CompareBufferForms<Comparison::LESS_EQUAL, double>;
template struct CompareBufferForms<Comparison::LESS_EQUAL, std::int32_t>;
template struct CompareBufferForms<Comparison::GREATER, float>;
template struct CompareBufferForms<Comparison::GREATER, double>;
template struct CompareBufferForms<Comparison::GREATER, std::int32_t>;
template struct CompareBufferForms<Comparison::GREATER_EQUAL, float>;
template struct CompareBufferForms<Comparison::GREATER_EQUAL, double>;
template struct CompareBufferForms<Comparison::GREATER_EQUAL, std::int32_t>;
template struct WhereBufferForms<float>;
template struct WhereBufferForms<double>;
template struct WhereBufferForms<std::int32_t>;
template struct GatherBufferForms<float>;
template struct GatherBufferForms<double>;
template struct GatherBufferForms<std::int32_t>;
template struct ScatterBufferForms<float>;
template struct ScatterBufferForms<double>;
template struct ScatterBufferForms<std::int32_t>;
template struct PrefixSumBufferForms<float>;
template struct PrefixSumBufferForms<double>;
template struct PrefixSumBufferForms<std::int32_t>;

template struct ReductionBufferForms<ReductionOperation::SUM, float>;
template struct ReductionBufferForms<ReductionOperation::SUM, double>;
template struct ReductionBufferForms<ReductionOperation::SUM, std::int32_t>;
template struct ReductionBufferForms<ReductionOperation::MEAN, float>;
template struct ReductionBufferForms<ReductionOperation::MEAN, double>;
template struct ReductionBufferForms<ReductionOperation::MEAN, std::int32_t>;
template struct ReductionBufferForms<ReductionOperation::MIN, float>;
template struct ReductionBufferForms<ReductionOperation::MIN, double>;
template struct ReductionBufferForms<ReductionOperation::MIN, std::int32_t>;
template struct ReductionBufferForms<ReductionOperation::MAX, float>;
template struct ReductionBufferForms<ReductionOperation::MAX, double>;
template struct ReductionBufferForms<ReductionOperation::MAX, std::int32_t>;

}  // namespace armillion::ops::detail
