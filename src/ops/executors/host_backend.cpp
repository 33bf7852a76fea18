// The executor `host`: the kernels, on memory of this process.
#include <algorithm>
#include <bit>
#include <new>

#include "armillion/error.hpp"
#include "armillion/ops/arrangement.hpp"
#include "armillion/ops/elementwise.hpp"
#include "armillion/ops/linear_algebra.hpp"
#include "armillion/ops/reductions.hpp"
#include "armillion/ops/softmax.hpp"
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

/// What `call` makes of an element of the type.
template <class Call>
auto with_float_type(ElementType type, Call call) {
  return type == ElementType::FLOAT64 ? call(double{}) : call(float{});
}

template <class Call>
auto with_type(ElementType type, Call call) {
  return type == ElementType::INT32 ? call(std::int32_t{}) : with_float_type(type, call);
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

template <class T>
void compare(const ComparisonCall& call) {
  using enum ComparisonKind;
  const std::span<const T> a = array_at<const T>(call.a, call.size);
  const std::span<std::uint8_t> mask = array_at<std::uint8_t>(call.mask, call.size);
  const auto run = [&](const auto& comparison) {
    call.b.kind == OperandKind::ARRAY ? comparison(a, array_at<const T>(call.b.value, call.size), mask)
                                      : comparison(a, value_of<T>(call.b.value), mask);
  };
  switch (call.kind) {
    case EQUAL: return run(equal);
    case NOT_EQUAL: return run(not_equal);
    case LESS: return run(less);
    case LESS_EQUAL: return run(less_equal);
    case GREATER: return run(greater);
    case GREATER_EQUAL: return run(greater_equal);
  }
}

template <class T>
MatrixView<T> matrix_at(std::uint64_t address, std::size_t rows, std::size_t columns) {
  return {array_at<T>(address, rows * columns), rows, columns};
}

template <class T>
std::vector<detail::RowExponentials> exponentials_of_rows(const SoftmaxCall& call) {
  std::vector<detail::RowExponentials> rows;
  const auto x = matrix_at<const T>(call.x, call.rows, call.columns);
  const auto result = matrix_at<T>(call.result, call.rows, call.columns);
  for (std::size_t row = 0; row < call.rows; ++row) {
    const T largest = kernels<T>().max(x.row(row).data(), call.columns);
    const double sum = kernels<T>().exp_below(x.row(row).data(), largest, result.row(row).data(), call.columns);
    rows.push_back({static_cast<double>(largest), sum});
  }
  return rows;
}

class HostBackend final : public detail::ExecutorBackend {
 public:
  std::string name() const override { return "host"; }
  ExecutorMemory memory() const override { return {.kind = ExecutorMemory::Kind::HOST}; }

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
    with_type(call.type, [&]<class T>(T) { TypedCall<T>(call).run(); });
  }

  std::uint64_t run(const ReductionCall& call) override {
    return with_type(call.type, [&]<class T>(T) { return reduce<T>(call); });
  }

  void run(const ComparisonCall& call) override {
    with_type(call.type, [&]<class T>(T) { compare<T>(call); });
  }

  void run(const WhereCall& call) override {
    with_type(call.type, [&]<class T>(T) {
      where(array_at<const std::uint8_t>(call.mask, call.size), array_at<const T>(call.a, call.size),
            array_at<const T>(call.b, call.size), array_at<T>(call.result, call.size));
    });
  }

  void run(const GatherCall& call) override {
    const std::span<const std::uint32_t> indices = array_at<const std::uint32_t>(call.indices, call.size);
    with_type(call.type, [&]<class T>(T) {
      const T* const source = std::bit_cast<const T*>(call.source);
      T* const result = std::bit_cast<T*>(call.result);
      for (std::size_t i = 0; i < call.size; ++i) result[i] = source[i * call.row_stride + indices[i]];
    });
  }

  void run(const ScatterCall& call) override {
    with_type(call.type, [&]<class T>(T) {
      scatter(array_at<const T>(call.source, call.size), array_at<const std::uint32_t>(call.indices, call.size),
              array_at<T>(call.result, call.result_size));
    });
  }

  void run(const PrefixSumCall& call) override {
    with_type(call.type, [&]<class T>(T) {
      prefix_sum(array_at<const T>(call.x, call.size), array_at<T>(call.result, call.size));
    });
  }

  void run(const SoftmaxCall& call) override {
    with_float_type(call.type, [&]<class T>(T) {
      softmax(matrix_at<const T>(call.x, call.rows, call.columns), matrix_at<T>(call.result, call.rows, call.columns));
    });
  }

  void run(const ProductCall& call) override {
    with_float_type(call.type, [&]<class T>(T) {
      gemm(static_cast<T>(call.alpha), matrix_at<const T>(call.a, call.rows, call.depth),
           matrix_at<const T>(call.b, call.depth, call.columns), static_cast<T>(call.beta),
           matrix_at<T>(call.c, call.rows, call.columns));
    });
  }

  void run(const VectorProductCall& call) override {
    with_float_type(call.type, [&]<class T>(T) {
      gemv(static_cast<T>(call.alpha), matrix_at<const T>(call.a, call.rows, call.columns),
           array_at<const T>(call.x, call.columns), static_cast<T>(call.beta), array_at<T>(call.y, call.rows));
    });
  }

  std::uint32_t largest_index(std::uint64_t indices, std::size_t size) override {
    return std::ranges::max(array_at<const std::uint32_t>(indices, size));
  }

  std::vector<detail::RowExponentials> exponentials(const SoftmaxCall& call) override {
    return with_float_type(call.type, [&]<class T>(T) { return exponentials_of_rows<T>(call); });
  }
};

}  // namespace

std::unique_ptr<detail::ExecutorBackend> make_host_backend() { return std::make_unique<HostBackend>(); }

}  // namespace armillion::ops
