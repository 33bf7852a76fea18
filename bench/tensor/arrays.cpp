#include "tensor/arrays.hpp"

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/ops.hpp"
#include "cli/bench/timing.hpp"
#include "engine/gpu/device_choice.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/batch_arrays.hpp"
#include "engine/tensor/decode.hpp"
#include "engine/tensor/device/array_addition.hpp"
#include "engine/tensor/kernels.hpp"
#include "guest/address_space.hpp"

namespace armillion::bench {

double kernel_operations_per_second(std::size_t count, unsigned repetitions, double seconds) {
  using namespace engine::tensor;
  constexpr std::uint32_t ADD_X2_X0_X1 = 0x8b01'0002;
  guest::AddressSpace memory(4096);
  engine::Interpreter interpreter(memory);
  const auto lanes_count = static_cast<std::uint32_t>(count);
  BatchMemory batch_memory(interpreter, lanes_count);
  BatchArrays arrays(lanes_count, batch_memory);
  Lanes<BatchMemory>& lanes = arrays.lanes();
  const BatchOp op = make_batch_op(ADD_X2_X0_X1);
  for (std::uint32_t lane = 0; lane < lanes_count; ++lane) {
    lanes.pc[lane] = lane * 4;
    lanes.ops[lane] = op;
    for (unsigned place = 0; place < 2; ++place) {
      lanes.operands[lane * REGISTER_PLACES + place] = {.id = value_of(lane, place)};
      lanes.values[value_of(lane, place)] = lane * 0x9e37'79b9'7f4a'7c15ull + place;
    }
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  const Kernel kernel = operations()[op.kernel].kernel;
  lanes.stop = lanes_count;
  return median_rate(repetitions, seconds, [&] {
    kernel(lanes, order.data(), lanes_count);
    return count;
  });
}

double device_operations_per_second(const std::string& device, std::size_t count, unsigned repetitions,
                                    double seconds) {
  using engine::tensor::ArrayAddition;
  constexpr int LAUNCHES = 100;
  constexpr std::uint32_t THREADS = 256;
  const auto backend = engine::gpu::open_device(device);
  std::vector<std::uint64_t> a(count);
  std::vector<std::uint64_t> b(count);
  for (std::size_t i = 0; i < count; ++i) {
    a[i] = i * 0x9e37'79b9'7f4a'7c15ull;
    b[i] = i * 0xd134'2543'de82'ef95ull;
  }
  const std::uint64_t bytes = count * sizeof(std::uint64_t);
  const auto memory = backend->allocate(3 * bytes + sizeof(ArrayAddition));
  const std::uint64_t start = memory->address();
  backend->write(start, std::as_bytes(std::span(a)));
  backend->write(start + bytes, std::as_bytes(std::span(b)));
  const ArrayAddition addition{
      reinterpret_cast<const std::uint64_t*>(start), reinterpret_cast<const std::uint64_t*>(start + bytes),
      reinterpret_cast<std::uint64_t*>(start + 2 * bytes), static_cast<std::uint32_t>(count), 0};
  backend->write(start + 3 * bytes, engine::gpu::bytes_of(addition));
  const auto blocks = static_cast<std::uint32_t>((count + THREADS - 1) / THREADS);
  const double rate = median_rate(repetitions, seconds, [&] {
    for (int i = 0; i < LAUNCHES; ++i) {
      backend->launch_tensor(engine::gpu::TensorKernel::ADD_ARRAYS, blocks, THREADS, start + 3 * bytes);
    }
    backend->wait();
    return LAUNCHES * count;
  });
  std::vector<std::uint64_t> sums(count);
  backend->read(std::as_writable_bytes(std::span(sums)), start + 2 * bytes);
  for (std::size_t i = 0; i < count; ++i) {
    if (sums[i] != a[i] + b[i]) throw Error(ErrorCode::UNAVAILABLE, "the device adds arrays wrongly");
  }
  return rate;
}

double ops_operations_per_second(std::size_t count, unsigned repetitions, double seconds) {
  std::vector<std::int32_t> a(count);
  std::vector<std::int32_t> b(count);
  std::vector<std::int32_t> sum(count);
  std::uint32_t random = 1;
  for (std::size_t i = 0; i < count; ++i) {
    random = random * 1'664'525 + 1'013'904'223;
    a[i] = static_cast<std::int32_t>(random >> 2);
    b[i] = static_cast<std::int32_t>(random >> 3);
  }
  return median_rate(repetitions, seconds, [&] {
    ops::add(a, b, sum);
    return count;
  });
}

}  // namespace armillion::bench
