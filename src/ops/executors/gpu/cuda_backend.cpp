// The executor `cuda`: kernels on a device, which has the buffers in its memory.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "armillion/error.hpp"
#include "engine/gpu/device_choice.hpp"
#include "ops/executors/backend.hpp"
#include "ops/executors/gpu/device.hpp"
#include "ops/executors/gpu/kernel_arguments.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

using gpu::Device;
using gpu::KernelOperand;

constexpr std::string_view HOST_DEVICE = "host-lanes";

static_assert(BLOCK == gpu::BLOCK_ELEMENTS);

/// Where arrays may begin, so that kernels load vectors.
constexpr std::uint64_t ALIGNMENT = 256;

/// Blocks of threads that a launch has at most; kernels go on where there is more to do.
constexpr std::uint64_t MAX_BLOCKS = std::numeric_limits<std::int32_t>::max();

constexpr std::uint64_t divide_up(std::uint64_t number, std::uint64_t divisor) {
  return number / divisor + (number % divisor != 0 ? 1 : 0);
}

// What kernels' names are made of.

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

std::string kernel_name(std::string_view name, ElementType type) { return fmt::format("{}_{}", name, name_of(type)); }

KernelOperand kernel_operand(const Operand& operand) {
  return {operand.value, operand.kind == OperandKind::ARRAY ? 1U : 0U};
}

gpu::Launch elementwise_launch(std::string kernel, ElementType type, std::size_t size) {
  const std::uint64_t chunks = divide_up(size, gpu::elementwise_chunk(size_of(type)));
  return {std::move(kernel), std::min(chunks, MAX_BLOCKS), gpu::ELEMENTWISE_THREADS};
}

/// Memory of a device for what calls leave there between two kernels. It grows as calls need it.
class Scratch {
 public:
  explicit Scratch(Device& device) : device_(device) {}
  ~Scratch() {
    if (size_bytes_ > 0) device_.release(address_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// So many bytes, which hold anything; earlier ones are gone.
  std::uint64_t take(std::size_t size_bytes) {
    if (size_bytes > size_bytes_) {
      const std::uint64_t larger = device_.allocate(size_bytes);
      if (size_bytes_ > 0) device_.release(address_);
      address_ = larger;
      size_bytes_ = size_bytes;
    }
    return address_;
  }

 private:
  Device& device_;
  std::uint64_t address_ = 0;
  std::size_t size_bytes_ = 0;
};

class CudaBackend final : public detail::ExecutorBackend {
 public:
  explicit CudaBackend(std::unique_ptr<Device> device) : device_(std::move(device)) {}

  std::string name() const override {
    return device_->name() == HOST_DEVICE ? fmt::format("cuda on {}", HOST_DEVICE) : device_->name();
  }
  void wait() override { device_->wait(); }
  void start_timing() override { device_->start_timing(); }
  ExecutorTimes times() const override { return device_->times(); }

  std::uint64_t allocate(std::size_t size_bytes) override {
    const std::uint64_t address = device_->allocate(size_bytes);
    device_->fill(address, std::byte{0}, size_bytes);
    return address;
  }
  void release(std::uint64_t address, std::size_t /*size_bytes*/) noexcept override { device_->release(address); }
  void upload(std::span<const std::byte> source, std::uint64_t address) override { device_->write(address, source); }
  void download(std::uint64_t address, std::span<std::byte> destination) const override {
    device_->read(destination, address);
  }

  void run(const ElementwiseCall& call) override {
    if (call.size == 0) return;
    gpu::ElementwiseArguments arguments{.result = call.result, .size = call.size, .operands = {}};
    for (std::size_t i = 0; i < call.operands.size(); ++i) arguments.operands[i] = kernel_operand(call.operands[i]);
    device_->launch(elementwise_launch(kernel_name(name_of(call.kind), call.type), call.type, call.size), &arguments);
  }

  std::uint64_t run(const ReductionCall& call) override {
    using enum ReductionKind;
    switch (call.kind) {
      case SUM: return total_of_blocks("block_sums", call);
      case DOT: return total_of_blocks("block_dots", call);
      case MIN: return extreme("block_minima", call);
      case MAX: return extreme("block_maxima", call);
      case ARGMAX: return find(extreme("block_maxima", call), call);
    }
    return 0;
  }

 private:
  /// Reduces blocks of arrays to an element of `results` each.
  void reduce_blocks(std::string_view kernel, ElementType type, std::size_t size, std::array<std::uint64_t, 2> arrays,
                     std::uint64_t results) {
    const gpu::ReductionArguments arguments{.results = results, .size = size, .arrays = {arrays[0], arrays[1]}};
    device_->launch({.kernel = kernel_name(kernel, type),
                     .blocks = std::min(divide_up(divide_up(size, BLOCK), gpu::TEAMS), MAX_BLOCKS),
                     .block_threads = gpu::REDUCTION_THREADS,
                     .shared_bytes = gpu::REDUCTION_SHARED_BYTES},
                    &arguments);
  }

  /// The sums of blocks, added one after the other by the host: their order is that of sums.
  std::uint64_t total_of_blocks(std::string_view kernel, const ReductionCall& call) {
    return call.type == ElementType::INT32 ? bits_of(total_of_blocks<std::uint64_t>(kernel, call))
                                           : bits_of(total_of_blocks<double>(kernel, call));
  }

  template <class Total>
  Total total_of_blocks(std::string_view kernel, const ReductionCall& call) {
    std::vector<Total> totals(divide_up(call.size, BLOCK));
    if (!totals.empty()) {
      const std::uint64_t results = scratch_.take(totals.size() * sizeof(Total));
      reduce_blocks(kernel, call.type, call.size, call.arrays, results);
      device_->read(std::as_writable_bytes(std::span(totals)), results);
    }
    Total sum = 0;
    for (const Total total : totals) sum += total;
    return sum;
  }

  /// The bits of the smallest or largest element: blocks' extremes are reduced as the elements were, until there is
  /// one.
  std::uint64_t extreme(std::string_view kernel, const ReductionCall& call) {
    const std::size_t element_bytes = size_of(call.type);
    std::size_t size = divide_up(call.size, BLOCK);
    // The second step writes behind what the first one wrote, the third where the first did, and so on.
    const std::uint64_t first_bytes = divide_up(size * element_bytes, ALIGNMENT) * ALIGNMENT;
    const std::uint64_t first = scratch_.take(first_bytes + divide_up(size, BLOCK) * element_bytes);
    std::array<std::uint64_t, 2> results{first, first + first_bytes};
    reduce_blocks(kernel, call.type, call.size, call.arrays, results[0]);
    while (size > 1) {
      reduce_blocks(kernel, call.type, size, {results[0], 0}, results[1]);
      std::swap(results[0], results[1]);
      size = divide_up(size, BLOCK);
    }
    std::uint64_t bits = 0;
    device_->read(std::as_writable_bytes(std::span(&bits, 1)).first(element_bytes), results[0]);
    return bits;
  }

  std::uint64_t find(std::uint64_t value_bits, const ReductionCall& call) {
    std::uint64_t index = call.size;
    const std::uint64_t found = scratch_.take(sizeof index);
    device_->fill(found, std::byte{0xff}, sizeof index);
    const gpu::FindArguments arguments{.found = found, .size = call.size, .array = call.arrays[0], .value = value_bits};
    device_->launch(elementwise_launch(kernel_name("find", call.type), call.type, call.size), &arguments);
    device_->read(std::as_writable_bytes(std::span(&index, 1)), found);
    return index;
  }

  std::unique_ptr<Device> device_;
  Scratch scratch_{*device_};
};

std::unique_ptr<Device> open_device(const std::string& name) {
  if (name == HOST_DEVICE) return gpu::make_host_device();
  if (const auto index = engine::gpu::gpu_index(name)) return gpu::open_cuda_device(*index);
  throw Error(
      ErrorCode::INVALID_ARGUMENT,
      fmt::format("there is no device '{}' for kernels; there are 'cuda' for the first GPU, 'cuda:0' and up, and "
                  "'{}', a GPU's code on the CPU",
                  name, HOST_DEVICE));
}

}  // namespace

std::unique_ptr<detail::ExecutorBackend> make_cuda_backend(const std::string& device) {
  return std::make_unique<CudaBackend>(open_device(device));
}

}  // namespace armillion::ops
