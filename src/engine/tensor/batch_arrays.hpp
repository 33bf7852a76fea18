#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/tensor/batch_memory.hpp"
#include "engine/tensor/lanes.hpp"

namespace armillion::engine::tensor {

/// The memory of the arrays of batches of at most `most_lanes`.
class BatchArrays {
 public:
  BatchArrays(std::uint32_t most_lanes, BatchMemory& memory)
      : pc_(most_lanes),
        ops_(most_lanes),
        operands_(std::size_t{most_lanes} * REGISTER_PLACES),
        flags_source_(most_lanes),
        values_(FIRST_LANE_VALUE + std::size_t{most_lanes} * REGISTER_PLACES),
        flags_(std::size_t{most_lanes} + 1),
        next_pc_(most_lanes),
        accesses_(most_lanes),
        lanes_{.pc = pc_.data(),
               .ops = ops_.data(),
               .operands = operands_.data(),
               .flags_source = flags_source_.data(),
               .values = values_.data(),
               .flags = flags_.data(),
               .next_pc = next_pc_.data(),
               .accesses = accesses_.data(),
               .tpidr_el0 = 0,
               .stop = 0,
               .memory = &memory} {}

  Lanes<BatchMemory>& lanes() { return lanes_; }

 private:
  std::vector<std::uint64_t> pc_;
  std::vector<BatchOp> ops_;
  std::vector<Operand> operands_;
  std::vector<std::uint32_t> flags_source_;
  std::vector<std::uint64_t> values_;
  std::vector<std::uint32_t> flags_;
  std::vector<std::uint64_t> next_pc_;
  std::vector<AccessRecord> accesses_;
  Lanes<BatchMemory> lanes_;
};

}  // namespace armillion::engine::tensor
