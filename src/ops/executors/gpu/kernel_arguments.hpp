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

// What a block of an array is, see reductions.hpp. An array is a matrix of one row, each of whose rows has blocks of
// its own; a block of all rows has a number, in their order.
inline constexpr std::uint32_t BLOCK_ELEMENTS = 4096;

/// Reductions of each block to one element of `results`.
struct ReductionArguments {
  std::uint64_t results;
  std::uint64_t rows;
  std::uint64_t columns;
  /// Of two arrays for products.
  std::uint64_t arrays[2];
  /// Elements from the start of a row to that of the next: 0 for an array that all rows have.
  std::uint64_t row_strides[2];
  /// Of exponentials: where they are written, and each row's largest element.
  std::uint64_t exponentials;
  std::uint64_t largest;
};
/// A team of 16 threads reduces a block of elements: together they load 256 bytes, one element for each partial sum.
inline constexpr std::uint32_t TEAM_THREADS = 16;
inline constexpr std::uint32_t TEAMS = 4;
inline constexpr std::uint32_t REDUCTION_THREADS = TEAMS * TEAM_THREADS;
/// What teams' partial results, 8 bytes at most for each of 4 of a thread, take.
inline constexpr std::uint32_t REDUCTION_SHARED_BYTES = REDUCTION_THREADS * 4 * 8;

/// What becomes of the results of a row's blocks. A block of threads works on a row.
struct RowArguments {
  /// An element for each row.
  std::uint64_t results;
  std::uint64_t rows;
  std::uint64_t blocks_in_row;
  /// Of each block.
  std::uint64_t blocks;
  /// Of products: result = alpha product + beta result, where beta is not 0.
  double alpha;
  double beta;
};
inline constexpr std::uint32_t ROW_THREADS = 128;
/// Blocks' results that are read at a time, of 8 bytes at most.
inline constexpr std::uint32_t ROW_SHARED_BYTES = ROW_THREADS * 8;

/// Each row's elements, divided by the row's sum.
struct ScaleRowsArguments {
  std::uint64_t elements;
  std::uint64_t rows;
  std::uint64_t columns;
  /// In float64.
  std::uint64_t sums;
};

/// The first element that equals a value or is a NaN.
struct FindArguments {
  /// A word that becomes the smallest such index, or stays what it is.
  std::uint64_t found;
  std::uint64_t size;
  std::uint64_t array;
  /// The value's bits.
  std::uint64_t value;
};

/// result[i] = mask[i] != 0 ? a[i] : b[i].
struct WhereArguments {
  std::uint64_t result;
  std::uint64_t size;
  std::uint64_t mask;
  std::uint64_t a;
  std::uint64_t b;
};

/// The largest of some indices.
struct LargestIndexArguments {
  /// A word that becomes it, or stays what it is.
  std::uint64_t largest;
  std::uint64_t size;
  std::uint64_t indices;
};

/// result[i] = source[i * row_stride + indices[i]].
struct GatherArguments {
  std::uint64_t result;
  std::uint64_t size;
  std::uint64_t source;
  std::uint64_t row_stride;
  std::uint64_t indices;
};

/// result[indices[i]] = source[i], in two steps: first each element of the result is claimed by the last that is to be
/// there.
struct ScatterArguments {
  std::uint64_t result;
  std::uint64_t size;
  std::uint64_t source;
  std::uint64_t indices;
  /// For each element of the result, one more than the number of the source's: 0 at first.
  std::uint64_t claims;
};

/// Sums of a prefix: of chunks of an array, or, with what stands before each chunk, of elements.
struct PrefixSumArguments {
  /// An element for each chunk, or for each of the array's.
  std::uint64_t result;
  std::uint64_t size;
  std::uint64_t array;
  /// The prefix sums of chunks; 0 where there is but one.
  std::uint64_t chunks;
};
inline constexpr std::uint32_t PREFIX_THREADS = 256;
/// Elements that a thread adds up one after the other.
inline constexpr std::uint32_t PREFIX_RUN = 8;
inline constexpr std::uint32_t PREFIX_CHUNK = PREFIX_THREADS * PREFIX_RUN;
/// A chunk's elements or sums, of 8 bytes at most, and threads' sums, twice.
inline constexpr std::uint32_t PREFIX_SHARED_BYTES = (PREFIX_CHUNK + 2 * PREFIX_THREADS) * 8;

/// c = alpha a b + beta c, row-major; `c` is not read where beta is 0.
struct ProductArguments {
  std::uint64_t c;
  std::uint64_t a;
  std::uint64_t b;
  std::uint64_t rows;
  std::uint64_t columns;
  std::uint64_t depth;
  double alpha;
  double beta;
};
inline constexpr std::uint32_t PRODUCT_THREADS = 256;
/// Rows and columns of `c` that a block of threads works on. Small tiles are for products that have few large ones.
enum class TileSize : std::uint8_t { SMALL, LARGE };
constexpr std::uint32_t product_tile(TileSize size, std::size_t element_bytes) {
  const std::uint32_t large = element_bytes == 8 ? 64 : 128;
  return size == TileSize::LARGE ? large : large / 2;
}
/// Fewer large tiles than this leave multiprocessors idle.
inline constexpr std::uint64_t FEW_PRODUCT_TILES = 256;
/// How deep `a` and `b` are read at a time.
inline constexpr std::uint32_t PRODUCT_DEPTH = 8;
/// Elements behind each row of a slice of `a`, so that a warp, which stores columns of it, stores to all banks of
/// shared memory.
inline constexpr std::uint32_t PRODUCT_PADDING = 4;
/// A slice of both matrices.
constexpr std::uint32_t product_shared_bytes(TileSize size, std::size_t element_bytes) {
  return PRODUCT_DEPTH * (2 * product_tile(size, element_bytes) + PRODUCT_PADDING) *
         static_cast<std::uint32_t>(element_bytes);
}

}  // namespace armillion::ops::gpu
