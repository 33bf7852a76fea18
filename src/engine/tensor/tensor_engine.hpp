#pragma once

#include <cstdint>
#include <unordered_map>

#include "armillion/tensor.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/array_loop.hpp"
#include "engine/tensor/batch_arrays.hpp"
#include "engine/tensor/batch_memory.hpp"
#include "engine/tensor/code_walk.hpp"
#include "engine/tensor/counted_loop.hpp"
#include "engine/tensor/lanes.hpp"
#include "engine/tensor/renamer.hpp"
#include "engine/tensor/wave_order.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::tensor {

/// Executes a machine in batches of instructions: gathers them along the expected path, renames their operands,
/// executes them in waves of array operations, and commits what has turned out right. Whatever a batch cannot hold is
/// executed by the interpreter, one instruction at a time, so that the machine ends as it would there.
class TensorEngine {
 public:
  /// `interpreter` and `memory` are the machine's and outlive the engine; a batch has at most `batch` instructions.
  TensorEngine(Interpreter& interpreter, guest::AddressSpace& memory, std::uint32_t batch, LoopAcceleration loops);

  /// As `Interpreter::run`.
  Interpreter::Outcome run(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                           const Interpreter::Poll& poll);

  TensorStatistics statistics() const;

 private:
  /// A breakpoint may stand in any loop.
  bool accelerates_loops() const {
    return loop_acceleration_ == LoopAcceleration::ON && !interpreter_.has_breakpoints();
  }
  std::uint64_t accelerate_loop(std::uint64_t limit, std::uint64_t& retired);
  std::uint64_t execute_loop(const CountedLoop& loop, std::size_t size, std::uint64_t most, std::uint64_t& retired);
  std::uint32_t run_batch(std::uint64_t limit, Interpreter::Start start);
  std::uint32_t find_cut(std::uint32_t count);
  std::uint32_t find_code_write(std::uint32_t count) const;
  std::uint32_t commit(std::uint32_t count, std::uint32_t done);

  Interpreter& interpreter_;
  /// Most instructions of a batch, and of the next one: batches that are mostly cut are gathered shorter.
  std::uint32_t batch_;
  std::uint32_t window_;
  BatchMemory batch_memory_;
  CodeWalk walk_;
  Renamer renamer_;
  WaveOrder order_;
  BatchArrays arrays_;
  Lanes<BatchMemory>& lanes_;
  ArrayLoop array_loop_;
  LoopAcceleration loop_acceleration_;
  struct LoopHistory {
    /// How often it may come up before it is looked at again.
    std::uint32_t passes = 0;
    /// What that was the last time, where nothing could be done.
    std::uint32_t found_nothing = 0;
  };
  /// By address that is branched back to.
  std::unordered_map<std::uint64_t, LoopHistory> loops_;
  TensorStatistics statistics_;
};

}  // namespace armillion::engine::tensor
