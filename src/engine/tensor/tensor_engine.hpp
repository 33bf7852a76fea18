#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "armillion/tensor.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/batch_memory.hpp"
#include "engine/tensor/code_walk.hpp"
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
  TensorEngine(Interpreter& interpreter, guest::AddressSpace& memory, std::uint32_t batch);

  /// As `Interpreter::run`.
  Interpreter::Outcome run(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                           const Interpreter::Poll& poll);

  TensorStatistics statistics() const;

 private:
  std::uint32_t run_batch(std::uint64_t limit, Interpreter::Start start);
  void execute_waves(std::uint32_t count);
  std::uint32_t find_cut(std::uint32_t count);
  std::uint32_t find_code_write(std::uint32_t count) const;
  void commit(std::uint32_t count, std::uint32_t done);

  Interpreter& interpreter_;
  /// Most instructions of a batch, and of the next one: batches that are mostly cut are gathered shorter.
  std::uint32_t batch_;
  std::uint32_t window_;
  BatchMemory batch_memory_;
  CodeWalk walk_;
  Renamer renamer_;
  WaveOrder order_;
  // What `lanes_` points to.
  std::vector<std::uint64_t> pc_;
  std::vector<BatchOp> ops_;
  std::vector<Operand> operands_;
  std::vector<std::uint32_t> flags_source_;
  std::vector<std::uint64_t> values_;
  std::vector<std::uint32_t> flags_;
  std::vector<std::uint64_t> next_pc_;
  std::vector<AccessRecord> accesses_;
  Lanes<BatchMemory> lanes_;
  TensorStatistics statistics_;
};

}  // namespace armillion::engine::tensor
