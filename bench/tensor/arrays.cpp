#include "tensor/arrays.hpp"

#include <cstdint>
#include <numeric>
#include <vector>

#include "armillion/ops.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/batch_arrays.hpp"
#include "engine/tensor/decode.hpp"
#include "engine/tensor/kernels.hpp"
#include "guest/address_space.hpp"
#include "tensor/timing.hpp"

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
