#include "tensor/phases.hpp"

#include "armillion/machine.hpp"
#include "cli/bench/timing.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/batch_arrays.hpp"
#include "engine/tensor/code_walk.hpp"
#include "engine/tensor/kernels.hpp"
#include "engine/tensor/renamer.hpp"
#include "engine/tensor/tensor_engine.hpp"
#include "engine/tensor/wave_order.hpp"
#include "guest/address_space.hpp"

namespace armillion::bench {

using namespace engine::tensor;

PhaseTimes measure_phases(std::span<const std::uint32_t> words, std::uint32_t batch, unsigned repetitions,
                          double seconds) {
  constexpr std::uint64_t MEMORY_BYTES = 4 * 1024 * 1024;
  guest::AddressSpace memory(MEMORY_BYTES);
  memory.map(0, MEMORY_BYTES, Permissions::ALL);
  memory.write(0, std::as_bytes(words));
  engine::Interpreter interpreter(memory);
  BatchMemory batch_memory(interpreter, batch);
  BatchArrays arrays(batch, batch_memory);
  Lanes<BatchMemory>& lanes = arrays.lanes();
  CodeWalk walk(memory);
  Renamer renamer(batch);
  WaveOrder order(batch);
  State& state = interpreter.state();
  // Guesses are learnt by the engine in a run before: here each branch backwards is learnt to be taken.
  std::uint32_t count = 0;
  for (int round = 0; round < 64; ++round) {
    count = walk.gather(lanes, state.pc, batch, {}, {});
    for (const std::uint32_t lane : walk.branch_lanes()) {
      walk.predictor().learn(lanes.pc[lane], lanes.ops[lane], lanes.pc[lane] + lanes.ops[lane].delta, true);
    }
  }
  interpreter.prepare_quiet_accesses();
  const auto gather = [&] { return count = walk.gather(lanes, state.pc, batch, {}, {}); };
  const auto rename = [&] {
    batch_memory.begin();
    renamer.rename(lanes, count, state);
    return count;
  };
  const auto sort = [&] {
    order.sort({lanes.ops, count}, {renamer.waves().data(), count}, renamer.last_wave());
    return count;
  };
  const auto execute = [&] {
    lanes.stop = count;
    execute_lanes(lanes, order.lanes(), renamer.waves(), !walk.side_lanes().empty());
    return count;
  };
  PhaseTimes times;
  times.gather = 1 / median_rate(repetitions, seconds, gather);
  times.rename = 1 / median_rate(repetitions, seconds, rename);
  times.order = 1 / median_rate(repetitions, seconds, sort);
  times.execute = 1 / median_rate(repetitions, seconds, execute);
  return times;
}

}  // namespace armillion::bench
