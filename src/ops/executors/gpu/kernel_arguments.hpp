#pragma once

#include <cstddef>
#include <cstdint>

// What the host and the kernels agree on: plain structs, passed by value, and the shapes of launches. An address is the
// device's, and each struct begins with one.
namespace armillion::ops::gpu {

/// An array, or one element that stands for it.
struct KernelOperand {
  /// The array's address, or the element's bits.
  std::uint64_t value;
  std::uint64_t is_array;
};

/// Elementwise functions, and comparisons, whose result is a mask of bytes.
struct ElementwiseArguments {
  std::uint64_t result;
  std::uint64_t size;
  KernelOperand operands[3];
};
inline constexpr std::uint32_t ELEMENTWISE_THREADS = 256;
/// Vectors of 16 bytes that a thread loads of each array before it stores any.
inline constexpr std::uint32_t ELEMENTWISE_VECTORS = 4;
inline constexpr std::uint32_t VECTOR_BYTES = 16;
/// Elements that a block of threads works on at a time.
constexpr std::uint32_t elementwise_chunk(std::size_t element_bytes) {
  return ELEMENTWISE_THREADS * ELEMENTWISE_VECTORS * VECTOR_BYTES / static_cast<std::uint32_t>(element_bytes);
}

/// What a block of an array is, see reductions.hpp.
inline constexpr std::uint32_t BLOCK_ELEMENTS = 4096;

/// Reductions of each of an array's blocks (see reductions.hpp) to one element of `results`.
struct ReductionArguments {
  std::uint64_t results;
  std::uint64_t size;
  /// Both for DOT.
  std::uint64_t arrays[2];
};
/// A team of 16 threads reduces a block of elements: together they load 256 bytes, one element for each partial sum.
inline constexpr std::uint32_t TEAM_THREADS = 16;
inline constexpr std::uint32_t TEAMS = 4;
inline constexpr std::uint32_t REDUCTION_THREADS = TEAMS * TEAM_THREADS;
/// What a team's partial results, at most 8 bytes for each of 4, take.
inline constexpr std::uint32_t REDUCTION_SHARED_BYTES = REDUCTION_THREADS * 4 * 8;

/// The first element that equals a value or is a NaN.
struct FindArguments {
  /// A word that becomes the smallest such index and what it was before.
  std::uint64_t found;
  std::uint64_t size;
  std::uint64_t array;
  /// The value's bits.
  std::uint64_t value;
};

}  // namespace armillion::ops::gpu
