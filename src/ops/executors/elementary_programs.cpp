#include "ops/executors/elementary_programs.hpp"

#include <stdexcept>

#include "ops/executors/emitted_vectors.hpp"

namespace armillion::ops {
namespace {

template <class T>
V emit_function(ElementwiseKind kind, V x) {
  using enum ElementwiseKind;
  namespace vectors = hwy::emitted;
  constexpr vectors::Kind<T> KIND;
  const vectors::Vector<T> argument(x);
  switch (kind) {
    case EXP: return emitted::Exp{}(KIND, argument).v();
    case LOG: return emitted::Log{}(KIND, argument).v();
    case SIGMOID: return emitted::Sigmoid{}(KIND, argument).v();
    case TANH: return emitted::Tanh{}(KIND, argument).v();
    case GELU: return emitted::Gelu{}(KIND, argument).v();
    default: throw std::logic_error("this is no elementary function");
  }
}

}  // namespace

V emit_elementary(Assembler& code, ElementwiseKind kind, ElementType type, V x) {
  hwy::emitted::Emitter emitter(code);
  return type == ElementType::FLOAT64 ? emit_function<double>(kind, x) : emit_function<float>(kind, x);
}

}  // namespace armillion::ops
