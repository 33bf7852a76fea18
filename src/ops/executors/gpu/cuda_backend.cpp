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
#include "ops/executors/gpu/kernel_names.hpp"
#include "ops/executors/gpu/scratch.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

using gpu::Device;
using gpu::kernel_name;
using gpu::kernel_name_by_bits;
using gpu::KernelOperand;
using gpu::name_of;

constexpr std::string_view HOST_DEVICE = "host-lanes";

static_assert(BLOCK == gpu::BLOCK_ELEMENTS);

/// Where arrays may begin, so that kernels load vectors.
constexpr std::uint64_t ALIGNMENT = 256;

/// Blocks of threads that a launch has at most; kernels go on where there is more to do.
constexpr std::uint64_t MAX_BLOCKS = std::numeric_limits<std::int32_t>::max();

constexpr std::uint64_t divide_up(std::uint64_t number, std::uint64_t divisor) {
  return number / divisor + (number % divisor != 0 ? 1 : 0);
}

KernelOperand kernel_operand(const Operand& operand) {
  return {operand.value, operand.kind == OperandKind::ARRAY ? 1U : 0U};
}

/// Of a kernel that goes through arrays chunk by chunk.
gpu::Launch elementwise_launch(std::string kernel, std::size_t element_bytes, std::size_t size) {
  const std::uint64_t chunks = divide_up(size, gpu::elementwise_chunk(element_bytes));
  return {std::move(kernel), std::min(chunks, MAX_BLOCKS), gpu::ELEMENTWISE_THREADS};
}

class CudaBackend final : public detail::ExecutorBackend {
 public:
  explicit CudaBackend(std::unique_ptr<Device> device) : device_(std::move(device)) {}

  std::string name() const override {
    return device_->name() == HOST_DEVICE ? fmt::format("cuda on {}", HOST_DEVICE) : device_->name();
  }
  ExecutorMemory memory() const override { return device_->memory(); }
  void wait() override { device_->wait(); }
  void start_timing() override { device_->start_timing(); }
  ExecutorTimes times() const override { return device_->times(); }

  std::uint64_t allocate(std::size_t size_bytes) override {
    const std::uint64_t address = device_->allocate(size_bytes);
    try {
      device_->fill(address, std::byte{0}, size_bytes);
    } catch (...) {
      device_->release(address);
      throw;
    }
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
    device_->launch(elementwise_launch(kernel_name(name_of(call.kind), call.type), size_of(call.type), call.size),
                    &arguments);
  }

  std::uint64_t run(const ReductionCall& call) override {
    using enum ReductionKind;
    switch (call.kind) {
      case SUM: return total_of_blocks("block_sums", call);
      case DOT: return total_of_blocks("block_dots", call);
      case MIN:
      case MAX: return extreme(call);
      case ARGMAX: return find(extreme(call), call);
    }
    return 0;
  }

  void run(const ComparisonCall& call) override {
    if (call.size == 0) return;
    const gpu::ElementwiseArguments arguments{
        .result = call.mask, .size = call.size, .operands = {{call.a, 1}, kernel_operand(call.b), {}}};
    device_->launch(elementwise_launch(kernel_name(name_of(call.kind), call.type), size_of(call.type), call.size),
                    &arguments);
  }

  void run(const WhereCall& call) override {
    if (call.size == 0) return;
    const gpu::WhereArguments arguments{
        .result = call.result, .size = call.size, .mask = call.mask, .a = call.a, .b = call.b};
    device_->launch(elementwise_launch(kernel_name_by_bits("where", call.type), size_of(call.type), call.size),
                    &arguments);
  }

  void run(const GatherCall& call) override {
    if (call.size == 0) return;
    const gpu::GatherArguments arguments{.result = call.result,
                                         .size = call.size,
                                         .source = call.source,
                                         .row_stride = call.row_stride,
                                         .indices = call.indices};
    device_->launch(elementwise_launch(kernel_name_by_bits("gather", call.type), size_of(call.type), call.size),
                    &arguments);
  }

  void run(const ScatterCall& call) override {
    if (call.size == 0) return;
    const std::size_t claims_bytes = call.result_size * sizeof(std::uint64_t);
    const std::uint64_t claims = scratch_.take(claims_bytes);
    device_->fill(claims, std::byte{0}, claims_bytes);
    const gpu::ScatterArguments arguments{
        .result = call.result, .size = call.size, .source = call.source, .indices = call.indices, .claims = claims};
    device_->launch(elementwise_launch("claim", sizeof(std::uint32_t), call.size), &arguments);
    device_->launch(elementwise_launch(kernel_name_by_bits("scatter", call.type), size_of(call.type), call.size),
                    &arguments);
  }

  std::uint32_t largest_index(std::uint64_t indices, std::size_t size) override {
    std::uint64_t index = 0;
    const std::uint64_t largest = scratch_.take(sizeof index);
    device_->fill(largest, std::byte{0}, sizeof index);
    const gpu::LargestIndexArguments arguments{.largest = largest, .size = size, .indices = indices};
    device_->launch(elementwise_launch("largest_index", sizeof(std::uint32_t), size), &arguments);
    device_->read(std::as_writable_bytes(std::span(&index, 1)), largest);
    return static_cast<std::uint32_t>(index);
  }

  void run(const PrefixSumCall& call) override {
    if (call.size == 0) return;
    // The sums of chunks have chunks, too, and so on: a level for each, the array's the first.
    const ElementType type_of_sums = call.type == ElementType::INT32 ? ElementType::INT32 : ElementType::FLOAT64;
    std::vector<std::size_t> sizes{call.size};
    std::size_t scratch_bytes = 0;
    std::vector<std::size_t> offsets{0};
    while (sizes.back() > gpu::PREFIX_CHUNK) {
      sizes.push_back(divide_up(sizes.back(), gpu::PREFIX_CHUNK));
      offsets.push_back(scratch_bytes);
      scratch_bytes += aligned(sizes.back() * size_of(type_of_sums));
    }
    const std::uint64_t scratch = scratch_bytes > 0 ? scratch_.take(scratch_bytes) : 0;
    const auto array_at = [&](std::size_t level) { return level == 0 ? call.x : scratch + offsets[level]; };
    const auto launch = [&](std::string_view kernel, std::size_t level, std::uint64_t result, std::uint64_t chunks) {
      const gpu::PrefixSumArguments arguments{
          .result = result, .size = sizes[level], .array = array_at(level), .chunks = chunks};
      device_->launch({.kernel = kernel_name(kernel, level == 0 ? call.type : type_of_sums),
                       .blocks = std::min(divide_up(sizes[level], gpu::PREFIX_CHUNK), MAX_BLOCKS),
                       .block_threads = gpu::PREFIX_THREADS,
                       .shared_bytes = gpu::PREFIX_SHARED_BYTES},
                      &arguments);
    };
    const std::size_t last = sizes.size() - 1;
    for (std::size_t level = 0; level < last; ++level) launch("chunk_sums", level, array_at(level + 1), 0);
    for (std::size_t level = last + 1; level-- > 0;) {
      launch("prefix_sums", level, level == 0 ? call.result : array_at(level), level == last ? 0 : array_at(level + 1));
    }
  }

  void run(const SoftmaxCall& call) override {
    const RowNumbers numbers = exponentials_of_rows(call);
    const gpu::ScaleRowsArguments arguments{
        .elements = call.result, .rows = call.rows, .columns = call.columns, .sums = numbers.sums};
    device_->launch({.kernel = kernel_name("scale_rows", call.type),
                     .blocks = std::min(call.rows * divide_up(call.columns, BLOCK), MAX_BLOCKS),
                     .block_threads = gpu::ELEMENTWISE_THREADS},
                    &arguments);
  }

  std::vector<detail::RowExponentials> exponentials(const SoftmaxCall& call) override {
    const RowNumbers numbers = exponentials_of_rows(call);
    std::vector<double> sums(call.rows);
    device_->read(std::as_writable_bytes(std::span(sums)), numbers.sums);
    return call.type == ElementType::FLOAT64 ? rows_of<double>(numbers.largest, sums)
                                             : rows_of<float>(numbers.largest, sums);
  }

  void run(const ProductCall& call) override {
    using gpu::TileSize;
    const std::size_t element_bytes = size_of(call.type);
    const auto tiles = [&](TileSize size) {
      const std::uint32_t tile = gpu::product_tile(size, element_bytes);
      return divide_up(call.rows, tile) * divide_up(call.columns, tile);
    };
    const bool is_small = tiles(TileSize::LARGE) < gpu::FEW_PRODUCT_TILES;
    const TileSize size = is_small ? TileSize::SMALL : TileSize::LARGE;
    const gpu::ProductArguments arguments{.c = call.c,
                                          .a = call.a,
                                          .b = call.b,
                                          .rows = call.rows,
                                          .columns = call.columns,
                                          .depth = call.depth,
                                          .alpha = call.alpha,
                                          .beta = call.beta};
    device_->launch({.kernel = kernel_name(is_small ? "small_products" : "large_products", call.type),
                     .blocks = std::min(tiles(size), MAX_BLOCKS),
                     .block_threads = gpu::PRODUCT_THREADS,
                     .shared_bytes = gpu::product_shared_bytes(size, element_bytes)},
                    &arguments);
  }

  void run(const VectorProductCall& call) override {
    const std::size_t blocks_in_row = divide_up(call.columns, BLOCK);
    const std::uint64_t blocks = scratch_.take(std::max<std::size_t>(call.rows * blocks_in_row, 1) * sizeof(double));
    if (call.columns > 0) {
      reduce_blocks("block_dots", call.type,
                    {.results = blocks,
                     .rows = call.rows,
                     .columns = call.columns,
                     .arrays = {call.a, call.x},
                     .row_strides = {call.columns, 0},
                     .exponentials = 0,
                     .largest = 0});
    }
    fold_rows(kernel_name("row_products", call.type), {.results = call.y,
                                                       .rows = call.rows,
                                                       .blocks_in_row = blocks_in_row,
                                                       .blocks = blocks,
                                                       .alpha = call.alpha,
                                                       .beta = call.beta});
  }

 private:
  static constexpr std::uint64_t aligned(std::uint64_t size_bytes) {
    return divide_up(size_bytes, ALIGNMENT) * ALIGNMENT;
  }

  /// Reduces each block of arrays to an element of the results.
  void reduce_blocks(std::string_view kernel, ElementType type, const gpu::ReductionArguments& arguments) {
    const std::uint64_t blocks = arguments.rows * divide_up(arguments.columns, BLOCK);
    device_->launch({.kernel = kernel_name(kernel, type),
                     .blocks = std::min(divide_up(blocks, gpu::TEAMS), MAX_BLOCKS),
                     .block_threads = gpu::REDUCTION_THREADS,
                     .shared_bytes = gpu::REDUCTION_SHARED_BYTES},
                    &arguments);
  }

  void reduce_blocks(std::string_view kernel, ElementType type, std::size_t size, std::array<std::uint64_t, 2> arrays,
                     std::uint64_t results) {
    reduce_blocks(kernel, type,
                  {.results = results,
                   .rows = 1,
                   .columns = size,
                   .arrays = {arrays[0], arrays[1]},
                   .row_strides = {0, 0},
                   .exponentials = 0,
                   .largest = 0});
  }

  /// Makes one element for each row of what its blocks have given.
  void fold_rows(std::string kernel, const gpu::RowArguments& arguments) {
    device_->launch({.kernel = std::move(kernel),
                     .blocks = std::min<std::uint64_t>(arguments.rows, MAX_BLOCKS),
                     .block_threads = gpu::ROW_THREADS,
                     .shared_bytes = gpu::ROW_SHARED_BYTES},
                    &arguments);
  }

  /// Where a softmax has what it knows of its rows: the largest elements, and the sums in float64.
  struct RowNumbers {
    std::uint64_t largest;
    std::uint64_t sums;
  };

  /// Writes the exponentials of rows to the result. What a row's only block gives is the row's.
  RowNumbers exponentials_of_rows(const SoftmaxCall& call) {
    const std::size_t blocks_in_row = divide_up(call.columns, BLOCK);
    const std::uint64_t rows_bytes = aligned(call.rows * sizeof(double));
    const std::uint64_t blocks_bytes = blocks_in_row > 1 ? aligned(call.rows * blocks_in_row * sizeof(double)) : 0;
    const std::uint64_t largest = scratch_.take(2 * rows_bytes + blocks_bytes);
    const RowNumbers numbers{.largest = largest, .sums = largest + rows_bytes};
    const std::uint64_t blocks = largest + 2 * rows_bytes;
    gpu::RowArguments of_rows{
        .results = largest, .rows = call.rows, .blocks_in_row = blocks_in_row, .blocks = blocks, .alpha = 1, .beta = 0};
    gpu::ReductionArguments of_blocks{.results = blocks_in_row > 1 ? blocks : largest,
                                      .rows = call.rows,
                                      .columns = call.columns,
                                      .arrays = {call.x, 0},
                                      .row_strides = {call.columns, 0},
                                      .exponentials = call.result,
                                      .largest = largest};
    reduce_blocks("block_maxima", call.type, of_blocks);
    if (blocks_in_row > 1) fold_rows(kernel_name("row_maxima", call.type), of_rows);
    of_blocks.results = blocks_in_row > 1 ? blocks : numbers.sums;
    reduce_blocks("block_exponentials", call.type, of_blocks);
    of_rows.results = numbers.sums;
    if (blocks_in_row > 1) fold_rows("row_sums", of_rows);
    return numbers;
  }

  template <class T>
  std::vector<detail::RowExponentials> rows_of(std::uint64_t largest_address, const std::vector<double>& sums) {
    std::vector<T> largest(sums.size());
    device_->read(std::as_writable_bytes(std::span(largest)), largest_address);
    std::vector<detail::RowExponentials> rows(sums.size());
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = {static_cast<double>(largest[row]), sums[row]};
    return rows;
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

  /// The bits of the smallest or largest element. Blocks' extremes are reduced as the elements were, until there are
  /// few enough for the host.
  std::uint64_t extreme(const ReductionCall& call) {
    switch (call.type) {
      case ElementType::FLOAT32: return bits_of(extreme<float>(call));
      case ElementType::FLOAT64: return bits_of(extreme<double>(call));
      case ElementType::INT32: return bits_of(extreme<std::int32_t>(call));
    }
    return 0;
  }

  template <class T>
  T extreme(const ReductionCall& call) {
    const bool is_minimum = call.kind == ReductionKind::MIN;
    const std::string_view kernel = is_minimum ? "block_minima" : "block_maxima";
    std::size_t size = divide_up(call.size, BLOCK);
    // The second step writes behind what the first one wrote, the third where the first did, and so on.
    const std::uint64_t first_bytes = aligned(size * sizeof(T));
    const std::uint64_t first = scratch_.take(first_bytes + divide_up(size, BLOCK) * sizeof(T));
    std::array<std::uint64_t, 2> results{first, first + first_bytes};
    reduce_blocks(kernel, call.type, call.size, call.arrays, results[0]);
    while (size > BLOCK) {
      reduce_blocks(kernel, call.type, size, {results[0], 0}, results[1]);
      std::swap(results[0], results[1]);
      size = divide_up(size, BLOCK);
    }
    std::vector<T> last(size);
    device_->read(std::as_writable_bytes(std::span(last)), results[0]);
    return is_minimum ? kernels<T>().min(last.data(), size) : kernels<T>().max(last.data(), size);
  }

  std::uint64_t find(std::uint64_t value_bits, const ReductionCall& call) {
    std::uint64_t index = call.size;
    const std::uint64_t found = scratch_.take(sizeof index);
    device_->fill(found, std::byte{0xff}, sizeof index);
    const gpu::FindArguments arguments{.found = found, .size = call.size, .array = call.arrays[0], .value = value_bits};
    device_->launch(elementwise_launch(kernel_name("find", call.type), size_of(call.type), call.size), &arguments);
    device_->read(std::as_writable_bytes(std::span(&index, 1)), found);
    return index;
  }

  std::unique_ptr<Device> device_;
  gpu::Scratch scratch_{*device_};
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
