#pragma once

#include <cstdint>

#include "engine/tensor/device/device_memory.hpp"
#include "engine/tensor/device/lane_functions.hpp"
#include "engine/tensor/device/shared.hpp"

namespace armillion::engine::tensor {

/// Executes the lanes of a batch in waves: in each round those whose operands are there.
class Execute {
 public:
  ARMILLION_INLINE Execute(DeviceRun* run, BatchShared* shared, Team team)
      : lanes_(run->lanes), shared_(shared), team_(team) {}

  /// How many waves there were.
  ARMILLION_INLINE std::uint32_t execute() {
    const std::uint32_t count = shared_->count;
    std::uint32_t waves = 0;
    while (true) {
      // What is done changes between rounds only, so that waves are the same whatever the order of threads.
      const LaneSet& done = shared_->done[waves % 2];
      LaneSet& next = shared_->done[(waves + 1) % 2];
      team_.for_each(count, [&](std::uint32_t lane) {
        if (done.has(lane)) {
          next.add(lane);
        } else if (is_ready(lane, done)) {
          if (!execute_lane(lanes_, lane)) lower_to(&lanes_.stop, lane);
          next.add(lane);
          add_to(&shared_->done_count, 1);
        }
      });
      ++waves;
      team_.barrier();
      const bool are_all_done = shared_->done_count == count;
      team_.barrier();
      if (are_all_done) return waves;
    }
  }

 private:
  ARMILLION_INLINE static bool is_there(ValueId id, const LaneSet& done) {
    id &= ~LOW_WORD;
    return id < FIRST_LANE_VALUE || done.has((id - FIRST_LANE_VALUE) / REGISTER_PLACES);
  }

  ARMILLION_INLINE bool is_ready(std::uint32_t lane, const LaneSet& done) const {
    const BatchOp& op = lanes_.ops[lane];
    for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
      if ((op.reads & place_bit(place)) != 0 && !is_there(lanes_.operands[lane * REGISTER_PLACES + place].id, done)) {
        return false;
      }
    }
    if ((op.reads & place_bit(FLAGS_PLACE)) != 0) {
      const std::uint32_t source = lanes_.flags_source[lane];
      if (source != 0 && !done.has(source - 1)) return false;
    }
    return !shared_->ordered.has(lane) || are_accesses_done(lane, done);
  }

  ARMILLION_INLINE bool are_accesses_done(std::uint32_t lane, const LaneSet& done) const {
    bool result = true;
    shared_->accesses.visit_before(lane, [&](std::uint32_t earlier) { return result = done.has(earlier); });
    return result;
  }

  Lanes<DeviceMemory>& lanes_;
  BatchShared* shared_;
  Team team_;
};

}  // namespace armillion::engine::tensor
