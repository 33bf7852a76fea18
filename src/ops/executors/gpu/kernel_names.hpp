#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "ops/executors/kinds.hpp"

// What kernels are called (kernels.inc).
namespace armillion::ops::gpu {

constexpr std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::FLOAT32: return "float32";
    case ElementType::FLOAT64: return "float64";
    case ElementType::INT32: return "int32";
  }
  return "";
}

constexpr std::string_view name_of(ElementwiseKind kind) {
  using enum ElementwiseKind;
  switch (kind) {
    case COPY: return "copy";
    case ABS: return "abs";
    case NEG: return "neg";
    case RELU: return "relu";
    case EXP: return "exp";
    case LOG: return "log";
    case SIGMOID: return "sigmoid";
    case TANH: return "tanh";
    case GELU: return "gelu";
    case ADD: return "add";
    case SUB: return "sub";
    case MUL: return "mul";
    case DIV: return "div";
    case MINIMUM: return "minimum";
    case MAXIMUM: return "maximum";
    case FMA: return "fma";
    case CLIP: return "clip";
  }
  return "";
}

constexpr std::string_view name_of(ComparisonKind kind) {
  using enum ComparisonKind;
  switch (kind) {
    case EQUAL: return "equal";
    case NOT_EQUAL: return "not_equal";
    case LESS: return "less";
    case LESS_EQUAL: return "less_equal";
    case GREATER: return "greater";
    case GREATER_EQUAL: return "greater_equal";
  }
  return "";
}

/// Of a kernel that moves bits: "gather_64".
inline std::string kernel_name_by_bits(std::string_view name, ElementType type) {
  return fmt::format("{}_{}", name, 8 * size_of(type));
}

/// "add_float32".
inline std::string kernel_name(std::string_view name, ElementType type) {
  return fmt::format("{}_{}", name, name_of(type));
}

}  // namespace armillion::ops::gpu
