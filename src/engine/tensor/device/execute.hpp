#pragma once

#include <cstdint>

#include "engine/tensor/branch_sides.hpp"
#include "engine/tensor/device/lane_functions.hpp"
#include "engine/tensor/device/shared.hpp"
#include "engine/tensor/device/stored_bytes.hpp"

namespace armillion::engine::tensor {

/// Executes the lanes of a batch in waves: in each round those whose operands are there. A thread has a list of its
/// lanes, and in the list, for each, one that it waits for.
///
/// An ordered load executes when it is the first access that has not; so there is one in a round at most. What the
/// stores before it have stored is noted by all threads when its turn comes.
class Execute {
 public:
  ARMILLION_INLINE Execute(DeviceRun* run, BatchShared* shared, Team team)
      : run_(run), lanes_(run->lanes), shared_(shared), team_(team) {}

  /// How many waves there were.
  ARMILLION_INLINE std::uint32_t execute() {
    const bool has_ordered = shared_->ordered_count != 0;
    length_ = 0;
    team_.for_each(shared_->count, [&](std::uint32_t lane) {
      const BatchOp& op = lanes_.ops[lane];
      std::uint32_t kind = 0;
      if (op.is_load() || op.is_store()) kind |= PendingLane::IS_ACCESS;
      if (has_ordered && run_->is_ordered[lane]) kind |= PendingLane::IS_ORDERED;
      run_->pending[lane] = {.source = NO_LANE, .lane_and_kind = lane | kind};
      ++length_;
    });
    if (has_ordered) {
      if (team_.is_first()) stored().begin(shared_->store_count);
      team_.barrier();
    }
    std::uint32_t noted = 0;
    for (std::uint32_t round = 0;; ++round) {
      const RoundEnd& before = shared_->rounds[round % 3];
      if (before.has_pending == 0) return round;
      if (team_.is_first()) shared_->rounds[(round + 2) % 3] = {.first_access = NO_LANE, .has_pending = 0};
      if (has_ordered) noted = note_stores(noted, before.first_access);
      execute_round(round, before.first_access, has_ordered);
      team_.barrier();
    }
  }

 private:
  ARMILLION_INLINE StoredBytes stored() const { return {run_->granules, &shared_->stored}; }

  // Number `i` of this thread's list, which has the places of its lanes.
  ARMILLION_INLINE std::uint32_t list_place(std::uint32_t i) const { return i * team_.size + team_.index; }

  // Where the first access is an ordered load: what is stored by lanes from `noted` up to it. Returns up to where it is
  // noted now. All of these lanes have executed.
  ARMILLION_INLINE std::uint32_t note_stores(std::uint32_t noted, std::uint32_t access) const {
    if (access == NO_LANE || noted == access || !run_->is_ordered[access]) return noted;
    team_.for_each(access - noted, [&](std::uint32_t i) {
      const std::uint32_t lane = noted + i;
      if (lanes_.ops[lane].is_store()) stored().add<StoredBytes::Keep::LAST>(lane, lanes_.accesses[lane]);
    });
    team_.barrier();
    return access;
  }

  // What is done changes between rounds only, so that waves are the same whatever the order of threads. So a lane that
  // executes is done in the next round, and added then to what the one behind that sees.
  ARMILLION_INLINE void execute_round(std::uint32_t round, std::uint32_t access, bool has_ordered) {
    const LaneBits& done = shared_->done[round % 2];
    LaneBits& next = shared_->done[(round + 1) % 2];
    PendingLane* list = run_->pending;
    RoundEnd& end = shared_->rounds[(round + 1) % 3];
    std::uint32_t kept = 0;
    std::uint32_t first_access = NO_LANE;
    bool has_pending = false;
    for (std::uint32_t i = 0; i < length_; ++i) {
      PendingLane pending = list[list_place(i)];
      const std::uint32_t lane = pending.lane();
      if (done.has(lane)) {
        next.add(lane);
        continue;
      }
      const std::uint32_t waited_for = pending.source;
      if (waited_for == NO_LANE || done.has(waited_for)) pending.source = missing_source(lane, done);
      if (kept != i || pending.source != waited_for) list[list_place(kept)] = pending;
      ++kept;
      if (pending.source == NO_LANE && (!pending.is_ordered() || lane == access)) {
        execute(lane);
        next.add(lane);
      } else {
        has_pending = true;
        if (pending.is_access() && lane < first_access) first_access = lane;
      }
    }
    length_ = kept;
    if (has_pending) store_relaxed(&end.has_pending, 1u);
    if (has_ordered && first_access < load_relaxed(&end.first_access)) lower_to(&end.first_access, first_access);
  }

  // A lane that could not be executed has accessed nothing.
  ARMILLION_INLINE void execute(std::uint32_t lane) const {
    if (execute_lane(lanes_, lane)) {
      if (shared_->side_count != 0) select_side(lanes_, lane);
      return;
    }
    lower_to(&lanes_.stop, lane);
    lanes_.accesses[lane].size = 0;
  }

  // A lane whose result is not there yet and that `lane` reads; NO_LANE where all are there.
  ARMILLION_INLINE std::uint32_t missing_source(std::uint32_t lane, const LaneBits& done) const {
    const BatchOp& op = lanes_.ops[lane];
    if (op.guard != 0 && !done.has(lane - op.guard_distance())) return lane - op.guard_distance();
    for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
      if ((op.reads & place_bit(place)) == 0) continue;
      const ValueId id = lanes_.operands[lane * REGISTER_PLACES + place].id & ~LOW_WORD;
      if (id < FIRST_LANE_VALUE) continue;
      const std::uint32_t source = (id - FIRST_LANE_VALUE) / REGISTER_PLACES;
      if (!done.has(source)) return source;
    }
    if ((op.reads & place_bit(FLAGS_PLACE)) == 0) return NO_LANE;
    const std::uint32_t source = lanes_.flags_source[lane];
    return source == 0 || done.has(source - 1) ? NO_LANE : source - 1;
  }

  const DeviceRun* run_;
  Lanes<DeviceMemory>& lanes_;
  BatchShared* shared_;
  Team team_;
  /// Of this thread's list.
  std::uint32_t length_ = 0;
};

}  // namespace armillion::engine::tensor
