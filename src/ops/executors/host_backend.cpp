// The executor `host`: the kernels, on memory of this process.
#include <algorithm>
#include <bit>
#include <new>

#include "armillion/error.hpp"
#include "armillion/ops/arrangement.hpp"
#include "armillion/ops/elementwise.hpp"
#include "armillion/ops/reductions.hpp"
#include "ops/executors/backend.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

/// Where a cache line begins, and the widest vector.
constexpr std::align_val_t ALIGNMENT{64};

/// An address here is a pointer's.
template <class T>
std::span<T> array_at(std::uint64_t address, std::size_t size) {
  return {std::bit_cast<T*>(address), size};
}

/// An elementwise call with its arrays and scalars.
template <class T>
class TypedCall {
 public:
  explicit TypedCall(const ElementwiseCall& call) : call_(call) {}

  void run() const {
    using enum ElementwiseKind;
    switch (call_.kind) {
      case COPY: return copy_or_fill();
      case ABS: return abs(array(0), result());
      case NEG: return neg(array(0), result());
      case RELU: return relu(array(0), result());
      case EXP: return of_floats(exp);
      case LOG: return of_floats(log);
      case SIGMOID: return of_floats(sigmoid);
      case TANH: return of_floats(tanh);
      case GELU: return of_floats(gelu);
      case ADD: return binary(add);
      case SUB: return binary(sub);
      case MUL: return binary(mul);
      case DIV: return divide();
      case MINIMUM: return binary(minimum);
      case MAXIMUM: return binary(maximum);
      case FMA: return multiply_and_add();
      case CLIP: return clip(array(0), scalar(1), scalar(2), result());
    }
  }

 private:
  bool is_array(std::size_t operand) const { return call_.operands[operand].kind == OperandKind::ARRAY; }
  std::span<const T> array(std::size_t operand) const {
    return array_at<const T>(call_.operands[operand].value, call_.size);
  }
  T scalar(std::size_t operand) const { return value_of<T>(call_.operands[operand].value); }
  std::span<T> result() const { return array_at<T>(call_.result, call_.size); }

  void copy_or_fill() const { is_array(0) ? copy(array(0), result()) : fill(scalar(0), result()); }

  template <class Function>
  void binary(const Function& function) const {
    if (!is_array(0)) return function(scalar(0), array(1), result());
    is_array(1) ? function(array(0), array(1), result()) : function(array(0), scalar(1), result());
  }

  // No integers have these.
  template <class Function>
  void of_floats(const Function& function) const {
    if constexpr (std::is_floating_point_v<T>) function(array(0), result());
  }
  void divide() const {
    if constexpr (std::is_floating_point_v<T>) binary(div);
  }
  void multiply_and_add() const {
    if constexpr (std::is_floating_point_v<T>) {
      is_array(1) ? fma(array(0), array(1), array(2), result()) : fma(array(0), scalar(1), array(2), result());
    }
  }

  const ElementwiseCall& call_;
};

template <class T>
std::uint64_t reduce(const ReductionCall& call) {
  using enum ReductionKind;
  const std::span<const T> x = array_at<const T>(call.arrays[0], call.size);
  switch (call.kind) {
    case SUM: return bits_of(kernels<T>().sum(x.data(), x.size()));
    case MIN: return bits_of(min(x));
    case MAX: return bits_of(max(x));
    case ARGMAX: return argmax(x);
    case DOT: return bits_of(kernels<T>().dot(x.data(), array_at<const T>(call.arrays[1], call.size).data(), x.size()));
  }
  return 0;
}

class HostBackend final : public detail::ExecutorBackend {
 public:
  std::string name() const override { return "host"; }

  std::uint64_t allocate(std::size_t size_bytes) override {
    void* const memory = ::operator new(size_bytes, ALIGNMENT, std::nothrow);
    if (memory == nullptr) {
      throw Error(ErrorCode::OUT_OF_MEMORY,
                  "there is no memory for a buffer of " + std::to_string(size_bytes) + " bytes");
    }
    std::memset(memory, 0, size_bytes);
    return std::bit_cast<std::uint64_t>(memory);
  }

  void release(std::uint64_t address, std::size_t /*size_bytes*/) noexcept override {
    ::operator delete(std::bit_cast<void*>(address), ALIGNMENT);
  }

  void upload(std::span<const std::byte> source, std::uint64_t address) override {
    std::ranges::copy(source, array_at<std::byte>(address, source.size()).begin());
  }

  void download(std::uint64_t address, std::span<std::byte> destination) const override {
    std::ranges::copy(array_at<const std::byte>(address, destination.size()), destination.begin());
  }

  void run(const ElementwiseCall& call) override {
    switch (call.type) {
      case ElementType::FLOAT32: return TypedCall<float>(call).run();
      case ElementType::FLOAT64: return TypedCall<double>(call).run();
      case ElementType::INT32: return TypedCall<std::int32_t>(call).run();
    }
  }

  std::uint64_t run(const ReductionCall& call) override {
    switch (call.type) {
      case ElementType::FLOAT32: return reduce<float>(call);
      case ElementType::FLOAT64: return reduce<double>(call);
      case ElementType::INT32: return reduce<std::int32_t>(call);
    }
    return 0;
  }
};

}  // namespace

std::unique_ptr<detail::ExecutorBackend> make_host_backend() { return std::make_unique<HostBackend>(); }

}  // namespace armillion::ops
