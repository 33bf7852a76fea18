#include "engine/tensor/batch_memory.hpp"

namespace armillion::engine::tensor {

BatchMemory::BatchMemory(Interpreter& interpreter, std::uint32_t most_lanes)
    : interpreter_(interpreter), overlay_(most_lanes), is_ordered_(most_lanes), ordered_(PREDICTIONS) {
  lanes_.reserve(most_lanes);
}

void BatchMemory::begin() {
  overlay_.clear();
  lanes_.clear();
  settled_ = 0;
}

bool BatchMemory::add_access(std::uint32_t lane, std::uint64_t pc, bool is_load) {
  lanes_.push_back(lane);
  is_ordered_[lane] = is_load && ordered_[index_of(pc)] != 0;
  return is_ordered_[lane];
}

bool BatchMemory::load(Lanes<BatchMemory>& lanes, std::uint32_t lane, void* destination, std::uint32_t size) {
  const std::uint64_t address = lanes.accesses[lane].address;
  if (!interpreter_.load_quietly(address, destination, size)) return false;
  if (!is_ordered_[lane]) return true;
  settle(lanes, lane);
  // Where an earlier lane has stopped the batch, this one does not count.
  if (lanes.stop <= lane) return true;
  std::uint8_t& prediction = ordered_[index_of(lanes.pc[lane])];
  if (overlay_.read(address, size, destination)) {
    prediction = PATIENCE;
  } else if (prediction > 0) {
    --prediction;
  }
  return true;
}

void BatchMemory::settle(Lanes<BatchMemory>& lanes, std::uint32_t end) {
  for (; settled_ < lanes_.size() && lanes_[settled_] < end; ++settled_) {
    const std::uint32_t lane = lanes_[settled_];
    if (lane >= lanes.stop) return;
    const AccessRecord& access = lanes.accesses[lane];
    const BatchOp& op = lanes.ops[lane];
    if (op.is_load() && !is_ordered_[lane] && overlay_.overlaps(access.address, access.size)) {
      lanes.stop = lane;
      ordered_[index_of(lanes.pc[lane])] = PATIENCE;
      ++conflicts_;
      return;
    }
    if (op.is_store()) overlay_.write(access.address, access.size, access.data);
  }
}

}  // namespace armillion::engine::tensor
