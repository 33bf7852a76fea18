#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

namespace armillion::ops {

enum class ElementType : std::uint8_t { FLOAT32, FLOAT64, INT32 };

constexpr std::size_t size_of(ElementType type) { return type == ElementType::FLOAT64 ? 8 : 4; }

template <class T>
constexpr ElementType ELEMENT_TYPE = std::is_same_v<T, float>    ? ElementType::FLOAT32
                                     : std::is_same_v<T, double> ? ElementType::FLOAT64
                                                                 : ElementType::INT32;

/// result[i] = f(operands of i). COPY has one operand and so has `fill`, where it is a scalar; CLIP has an array and
/// its two bounds.
enum class ElementwiseKind : std::uint8_t { COPY, ABS, NEG, RELU, ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM, FMA, CLIP };

constexpr std::size_t operand_count(ElementwiseKind kind) {
  using enum ElementwiseKind;
  if (kind <= RELU) return 1;
  return kind <= MAXIMUM ? 2 : 3;
}

enum class ReductionKind : std::uint8_t { SUM, MEAN, MIN, MAX, ARGMAX, DOT };

enum class OperandKind : std::uint8_t { ARRAY, SCALAR };

/// An array of the call's size in the executor's memory, or one element that stands for it.
struct Operand {
  OperandKind kind = OperandKind::ARRAY;
  /// The array's address, or the element's bits.
  std::uint64_t value = 0;
};

/// A call whose arguments have been checked.
struct ElementwiseCall {
  ElementwiseKind kind;
  ElementType type;
  std::size_t size;
  /// The result's address, which may be an operand's.
  std::uint64_t result;
  std::array<Operand, 3> operands;
};

/// A call whose arguments have been checked: only SUM and DOT may have no elements.
struct ReductionCall {
  ReductionKind kind;
  ElementType type;
  std::size_t size;
  /// The array's address; those of both for DOT.
  std::array<std::uint64_t, 2> arrays;
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

/// What an executor is made of: memory, and the calls on it. An address is the backend's own, never 0.
class ExecutorBackend {
 public:
  virtual ~ExecutorBackend() = default;

  /// See `Executor`.
  virtual std::string name() const = 0;
  virtual std::uint64_t retired_instructions() const = 0;

  /// Zeros. Error(OUT_OF_MEMORY).
  virtual std::uint64_t allocate(std::size_t size_bytes) = 0;
  virtual void release(std::uint64_t address, std::size_t size_bytes) noexcept = 0;
  virtual void upload(std::span<const std::byte> source, std::uint64_t address) = 0;
  virtual void download(std::uint64_t address, std::span<std::byte> destination) const = 0;

  virtual void run(const ElementwiseCall& call) = 0;
  /// The bits of what the operation of this name in reductions.hpp returns for the type; of a std::uint64_t for ARGMAX.
  virtual std::uint64_t run(const ReductionCall& call) = 0;
};

}  // namespace detail

std::unique_ptr<detail::ExecutorBackend> make_host_backend();
/// Error as `Machine` has for a device.
std::unique_ptr<detail::ExecutorBackend> make_machine_backend(const std::string& device);

}  // namespace armillion::ops
