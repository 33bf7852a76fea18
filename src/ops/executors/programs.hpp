#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/executors/assembler.hpp"
#include "ops/executors/backend.hpp"

namespace armillion::ops {

// The AArch64 programs of the executor `machine`. Each is a loop over 128-bit vectors, and one over what is left, and
// ends with `hlt`. What it works on is in registers:

/// An elementwise program's result.
inline constexpr X RESULT{0};
/// Arrays that are read. The k-th operand is an array at the k-th of these addresses ...
inline constexpr std::array<X, 3> ARRAYS{{{1}, {2}, {3}}};
/// ... or a scalar, in all lanes of the k-th of these.
inline constexpr std::array<V, 3> SCALARS{{{1}, {2}, {3}}};
/// How much there is: elements, or what `reduction_count` says.
inline constexpr X COUNT{4};
/// What a reduction has found, in the low bits; MIN and MAX begin with what any element replaces, in all lanes.
inline constexpr V FOUND{31};

/// What an elementwise call's program depends on. Operands that the operation has not are arrays.
struct ElementwiseForm {
  ElementwiseKind kind;
  ElementType type;
  std::array<OperandKind, 3> operands{};

  friend auto operator<=>(const ElementwiseForm&, const ElementwiseForm&) = default;
};

/// For any operation but RELU, which is MAXIMUM of an array and 0.
std::vector<std::uint32_t> elementwise_program(const ElementwiseForm& form);

/// What reductions are made of. FIND moves the first of `ARRAYS` behind the first element that equals the second of
/// `SCALARS` or is a NaN; there must be one.
enum class ReductionStep : std::uint8_t { SUM, DOT, MIN, MAX, FIND };

/// SUM and DOT leave the total, a float64 or an integer of 64 bits, before it is rounded to the result's type. They
/// read the arrays up to the next multiple of `PADDING_BYTES`, where there must be zeros behind the last element.
std::vector<std::uint32_t> reduction_program(ReductionStep step, ElementType type);
inline constexpr std::size_t PADDING_BYTES = 256;

/// What a comparison's program depends on: it writes to RESULT, a byte for each of COUNT elements.
struct ComparisonForm {
  ComparisonKind kind;
  ElementType type;
  OperandKind second;

  friend auto operator<=>(const ComparisonForm&, const ComparisonForm&) = default;
};
std::vector<std::uint32_t> comparison_program(const ComparisonForm& form);

/// Loops over COUNT elements, one after the other. Arrays are in the order of the call's members: the mask and both
/// arrays of `where`, source and indices of `gather` and `scatter`.
enum class ArrangementStep : std::uint8_t { WHERE, GATHER, SCATTER, PREFIX_SUM, LARGEST_INDEX };
std::vector<std::uint32_t> arrangement_program(ArrangementStep step, ElementType type);
/// The stride of `gather`'s rows, in elements.
inline constexpr X ROW_STRIDE{3};
/// What LARGEST_INDEX finds.
inline constexpr X LARGEST{6};

/// c = alpha a b + beta c: RESULT is where c is, the first two of ARRAYS are a and b, and the first two of SCALARS
/// alpha and beta. COUNT is how many rows there are. Without `reads_result`, c = alpha a b.
struct ProductForm {
  ElementType type;
  bool reads_result;

  friend auto operator<=>(const ProductForm&, const ProductForm&) = default;
};
std::vector<std::uint32_t> product_program(const ProductForm& form);
inline constexpr X PRODUCT_DEPTH{5};
inline constexpr X PRODUCT_COLUMNS{6};
/// From one row of b to the next.
inline constexpr X PRODUCT_ROW_BYTES{7};

/// What `COUNT` is for so many elements.
std::uint64_t reduction_count(ReductionStep step, ElementType type, std::size_t size);

}  // namespace armillion::ops
