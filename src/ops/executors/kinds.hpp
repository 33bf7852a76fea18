#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

// What calls are called, for all that executes them: freestanding, as code for GPUs includes it.
namespace armillion::ops {

enum class ElementType : std::uint8_t { FLOAT32, FLOAT64, INT32 };

constexpr std::size_t size_of(ElementType type) { return type == ElementType::FLOAT64 ? 8 : 4; }

template <class T>
constexpr ElementType ELEMENT_TYPE = std::is_same_v<T, float>    ? ElementType::FLOAT32
                                     : std::is_same_v<T, double> ? ElementType::FLOAT64
                                                                 : ElementType::INT32;

/// result[i] = f(operands of i). COPY has one operand and so has `fill`, where it is a scalar; CLIP has an array and
/// its two bounds.
enum class ElementwiseKind : std::uint8_t {
  COPY,
  ABS,
  NEG,
  RELU,
  EXP,
  LOG,
  SIGMOID,
  TANH,
  GELU,
  ADD,
  SUB,
  MUL,
  DIV,
  MINIMUM,
  MAXIMUM,
  FMA,
  CLIP
};

constexpr std::size_t operand_count(ElementwiseKind kind) {
  using enum ElementwiseKind;
  if (kind <= GELU) return 1;
  return kind <= MAXIMUM ? 2 : 3;
}

enum class ComparisonKind : std::uint8_t { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

/// Of one array, or of two for DOT.
enum class ReductionKind : std::uint8_t { SUM, MIN, MAX, ARGMAX, DOT };

}  // namespace armillion::ops
