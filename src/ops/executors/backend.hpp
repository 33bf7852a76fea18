#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "armillion/ops/executor.hpp"
#include "ops/executors/kinds.hpp"

namespace armillion::ops {

enum class OperandKind : std::uint8_t { ARRAY, SCALAR };

/// An array of the call's size in the executor's memory, or one element that stands for it.
struct Operand {
  OperandKind kind = OperandKind::ARRAY;
  /// The array's address, or the element's bits.
  std::uint64_t value = 0;
};

// Calls whose arguments have been checked. Addresses are in the executor's memory.

struct ElementwiseCall {
  ElementwiseKind kind;
  ElementType type;
  std::size_t size;
  /// The result's address, which may be an operand's.
  std::uint64_t result;
  std::array<Operand, 3> operands;
};

/// Only SUM and DOT may have no elements.
struct ReductionCall {
  ReductionKind kind;
  ElementType type;
  std::size_t size;
  /// The array's address; those of both for DOT.
  std::array<std::uint64_t, 2> arrays;
};

/// mask[i] = a[i] is in that relation to b[i].
struct ComparisonCall {
  ComparisonKind kind;
  ElementType type;
  std::size_t size;
  std::uint64_t mask;
  std::uint64_t a;
  Operand b;
};

struct WhereCall {
  ElementType type;
  std::size_t size;
  std::uint64_t mask;
  std::uint64_t a;
  std::uint64_t b;
  /// May be `a` or `b`.
  std::uint64_t result;
};

/// result[i] = source[i * row_stride + indices[i]]; a row stride of 0 is what `gather` does.
struct GatherCall {
  ElementType type;
  std::size_t size;
  std::uint64_t source;
  std::size_t row_stride;
  std::uint64_t indices;
  std::uint64_t result;
};

/// result[indices[i]] = source[i].
struct ScatterCall {
  ElementType type;
  std::size_t size;
  std::uint64_t source;
  std::uint64_t indices;
  std::uint64_t result;
  std::size_t result_size;
};

struct PrefixSumCall {
  ElementType type;
  std::size_t size;
  std::uint64_t x;
  /// May be `x`.
  std::uint64_t result;
};

/// Of each row of a matrix with at least one column, of floating-point numbers.
struct SoftmaxCall {
  ElementType type;
  std::size_t rows;
  std::size_t columns;
  std::uint64_t x;
  /// May be `x`.
  std::uint64_t result;
};

/// c = alpha a b + beta c, of shapes (rows, depth), (depth, columns) and (rows, columns), none of them 0 but the depth.
/// With beta 0, `c` is not read. Where there is no BLAS the order is that of `MatrixProduct` (kernels.hpp).
struct ProductCall {
  ElementType type;
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  double alpha;
  std::uint64_t a;
  std::uint64_t b;
  double beta;
  std::uint64_t c;
};

/// y = alpha a x + beta y, of shapes (rows, columns), (columns) and (rows). With beta 0, `y` is not read. Without a
/// BLAS, an element of y is alpha times a `dot`, rounded to the type, plus beta times what it was.
struct VectorProductCall {
  ElementType type;
  std::size_t rows;
  std::size_t columns;
  double alpha;
  std::uint64_t a;
  std::uint64_t x;
  double beta;
  std::uint64_t y;
};

/// The low bits of a word as a value, and the other way round.
template <class T>
T value_of(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

template <class T>
std::uint64_t bits_of(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}

namespace detail {

/// What softmax has of a row: its largest element, and the sum of e^(x - that) before it is rounded.
struct RowExponentials {
  double largest;
  double sum;
};

/// What an executor is made of: memory, and the calls on it. An address is the backend's own, never 0.
class ExecutorBackend {
 public:
  virtual ~ExecutorBackend() = default;

  /// See `Executor`.
  virtual std::string name() const = 0;
  virtual ExecutorMemory memory() const = 0;
  virtual std::uint64_t retired_instructions() const { return 0; }
  virtual void wait() {}
  virtual void start_timing() {}
  virtual ExecutorTimes times() const { return {}; }

  /// Zeros. Error(OUT_OF_MEMORY).
  virtual std::uint64_t allocate(std::size_t size_bytes) = 0;
  virtual void release(std::uint64_t address, std::size_t size_bytes) noexcept = 0;
  virtual void upload(std::span<const std::byte> source, std::uint64_t address) = 0;
  virtual void download(std::uint64_t address, std::span<std::byte> destination) const = 0;

  virtual void run(const ElementwiseCall& call) = 0;
  /// SUM and DOT: the bits of the total, a float64 or an integer of 64 bits, before it is rounded to the result's type.
  /// MIN and MAX: of an element. ARGMAX: an index.
  virtual std::uint64_t run(const ReductionCall& call) = 0;
  virtual void run(const ComparisonCall& call) = 0;
  virtual void run(const WhereCall& call) = 0;
  virtual void run(const GatherCall& call) = 0;
  virtual void run(const ScatterCall& call) = 0;
  virtual void run(const PrefixSumCall& call) = 0;
  virtual void run(const SoftmaxCall& call) = 0;
  virtual void run(const ProductCall& call) = 0;
  virtual void run(const VectorProductCall& call) = 0;
  /// Of at least one 32-bit index.
  virtual std::uint32_t largest_index(std::uint64_t indices, std::size_t size) = 0;
  /// Of each row, while the exponentials become the result.
  virtual std::vector<RowExponentials> exponentials(const SoftmaxCall& call) = 0;
};

}  // namespace detail

std::unique_ptr<detail::ExecutorBackend> make_host_backend();
/// Error as `Machine` has for a device and an engine.
std::unique_ptr<detail::ExecutorBackend> make_machine_backend(const std::string& device, const std::string& engine);
/// Error as `Executor::cuda` has.
std::unique_ptr<detail::ExecutorBackend> make_cuda_backend(const std::string& device);

}  // namespace armillion::ops
