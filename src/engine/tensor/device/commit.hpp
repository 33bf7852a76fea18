#pragma once

#include <cstdint>

#include "engine/tensor/device/device_memory.hpp"
#include "engine/tensor/device/gather.hpp"
#include "engine/tensor/device/shared.hpp"

namespace armillion::engine::tensor {

/// Finds how much of a batch that was executed stands, and makes it the machine's state.
class Commit {
 public:
  ARMILLION_INLINE Commit(DeviceRun* run, BatchShared* shared, Team team, DeviceMemory& memory, const Gather& gather)
      : run_(run), lanes_(run->lanes), shared_(shared), team_(team), memory_(memory), gather_(gather) {}

  /// How many lanes stand.
  ARMILLION_INLINE std::uint32_t commit() {
    const std::uint32_t done = find_cut();
    if (done > 0) {
      store(done);
      learn(done);
      write_back(done);
    }
    return done;
  }

 private:
  // Up to the first lane that stops the batch or the first load that should have seen an earlier store; through the
  // first branch that went elsewhere than expected, and the first store into the batch's own code.
  ARMILLION_INLINE std::uint32_t find_cut() {
    const std::uint32_t count = shared_->count;
    if (team_.is_first()) {
      shared_->conflict = LaneSet::NO_LANE;
      shared_->wrong_branch = LaneSet::NO_LANE;
      shared_->code_write = LaneSet::NO_LANE;
      shared_->stores_overlap = 0;
    }
    team_.barrier();
    const std::uint32_t stop = lanes_.stop < count ? lanes_.stop : count;
    team_.for_each(stop, [&](std::uint32_t lane) {
      const BatchOp& op = lanes_.ops[lane];
      if (op.flow != Flow::NEXT && lane + 1 < stop && lanes_.next_pc[lane] != lanes_.pc[lane + 1]) {
        lower_to(&shared_->wrong_branch, lane);
      }
      if (op.is_load() && !shared_->ordered.has(lane) && has_overlap_before(lane)) lower_to(&shared_->conflict, lane);
    });
    team_.barrier();
    std::uint32_t cut = stop;
    if (shared_->conflict < cut) cut = shared_->conflict;
    if (shared_->wrong_branch < cut) cut = shared_->wrong_branch + 1;
    team_.for_each(cut, [&](std::uint32_t lane) {
      if (!lanes_.ops[lane].is_store()) return;
      if (is_code(lanes_.accesses[lane])) lower_to(&shared_->code_write, lane);
      if (has_overlap_before(lane)) shared_->stores_overlap = 1;
    });
    team_.barrier();
    return shared_->code_write < cut ? shared_->code_write + 1 : cut;
  }

  ARMILLION_INLINE bool has_overlap_before(std::uint32_t lane) const {
    bool result = false;
    const AccessRecord& access = lanes_.accesses[lane];
    shared_->stores.visit_before(
        lane, [&](std::uint32_t earlier) { return !(result = overlaps(lanes_.accesses[earlier], access)); });
    return result;
  }

  ARMILLION_INLINE bool is_code(const AccessRecord& access) const {
    for (std::uint32_t i = 0; i < shared_->segment_count; ++i) {
      const Segment& segment = run_->segments[i];
      if (access.address < segment.start + std::uint64_t{segment.count} * 4 &&
          segment.start < access.address + access.size) {
        return true;
      }
    }
    return false;
  }

  // Stores that overlap are done one after the other.
  ARMILLION_INLINE void store(std::uint32_t done) {
    if (shared_->stores_overlap == 0) {
      team_.for_each(done, [&](std::uint32_t lane) {
        if (lanes_.ops[lane].is_store()) memory_.store(lanes_.accesses[lane]);
      });
      return;
    }
    if (!team_.is_first()) return;
    shared_->stores.visit_before(done, [&](std::uint32_t lane) {
      memory_.store(lanes_.accesses[lane]);
      return true;
    });
  }

  // Of the branches that went where they were expected to, those that share a counter went the same way: the order in
  // which they strengthen it does not matter.
  ARMILLION_INLINE void learn(std::uint32_t done) {
    DevicePredictions& predictions = *run_->predictions;
    const std::uint32_t last = done - 1;
    const std::uint64_t last_next = lanes_.next_pc[last];
    const BatchOp& last_op = lanes_.ops[last];
    const bool is_last_wrong = last_op.flow != Flow::NEXT && gather_.expected(lanes_.pc[last], last_op) != last_next;
    team_.barrier();
    team_.for_each(is_last_wrong ? last : done, [&](std::uint32_t lane) {
      if (lanes_.ops[lane].flow != Flow::CONDITIONAL) return;
      const bool is_taken = lanes_.next_pc[lane] != lanes_.pc[lane] + 4;
      predictions.directions[prediction_of(lanes_.pc[lane])] = is_taken ? STRONGLY_TAKEN : 0;
    });
    team_.barrier();
    if (!team_.is_first()) return;
    if (shared_->conflict == done) {
      predictions.ordered[prediction_of(lanes_.pc[done])] = 1;
      ++run_->conflicts;
    }
    if (!is_last_wrong) return;
    ++run_->wrong_guesses;
    const std::uint32_t index = prediction_of(lanes_.pc[last]);
    if (last_op.flow == Flow::CONDITIONAL) {
      const bool is_taken = last_next != lanes_.pc[last] + 4;
      predictions.directions[index] = static_cast<std::uint8_t>(predictions.directions[index] + (is_taken ? 1 : -1));
    } else {
      predictions.target_pc[index] = lanes_.pc[last];
      predictions.targets[index] = last_next;
    }
  }

  ARMILLION_INLINE void write_back(std::uint32_t done) {
    team_.for_each(SLOT_COUNT + 1, [&](std::uint32_t slot) {
      if (slot >= isa::ZERO_SLOT && slot != FLAGS_SLOT) return;
      const std::uint32_t writer = shared_->writers[slot].last_before(done);
      if (writer == LaneSet::NO_LANE) return;
      if (slot == FLAGS_SLOT) {
        run_->flags = lanes_.flags[writer + 1];
        return;
      }
      const BatchOp& op = lanes_.ops[writer];
      unsigned place = 0;
      while ((op.writes & place_bit(place)) == 0 || op.slots[place] != slot) ++place;
      run_->registers[slot] = lanes_.values[value_of(writer, place)];
    });
    if (team_.is_first()) run_->pc = lanes_.next_pc[done - 1];
  }

  static constexpr std::uint8_t STRONGLY_TAKEN = 3;

  DeviceRun* run_;
  Lanes<DeviceMemory>& lanes_;
  BatchShared* shared_;
  Team team_;
  DeviceMemory& memory_;
  const Gather& gather_;
};

}  // namespace armillion::engine::tensor
