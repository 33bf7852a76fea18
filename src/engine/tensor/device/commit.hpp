#pragma once

#include <cstdint>

#include "engine/tensor/device/device_memory.hpp"
#include "engine/tensor/device/gather.hpp"
#include "engine/tensor/device/shared.hpp"
#include "engine/tensor/device/stored_bytes.hpp"

namespace armillion::engine::tensor {

/// Finds how much of a batch that was executed stands, and makes it the machine's state.
class Commit {
 public:
  ARMILLION_INLINE Commit(DeviceRun* run, BatchShared* shared, Team team, DeviceMemory memory, const Gather& gather,
                          WriterSets writers)
      : run_(run),
        lanes_(run->lanes),
        shared_(shared),
        team_(team),
        memory_(memory),
        gather_(gather),
        writers_(writers) {}

  /// How many lanes stand.
  ARMILLION_INLINE std::uint32_t commit() {
    const std::uint32_t done = find_cut();
    if (done > 0) {
      count_sides(done);
      store(done);
      learn(done);
      write_back(done);
    }
    return done;
  }

 private:
  ARMILLION_INLINE StoredBytes stored() const { return {run_->granules, &shared_->stored}; }

  // Up to the first lane that stops the batch or the first load that should have seen an earlier store; through the
  // first branch that went elsewhere than expected, and the first store into the batch's own code.
  ARMILLION_INLINE std::uint32_t find_cut() {
    const std::uint32_t stop = lanes_.stop;
    const bool has_stores = shared_->store_count != 0;
    if (team_.is_first()) {
      shared_->conflict = NO_LANE;
      shared_->wrong_branch = NO_LANE;
      shared_->code_write = NO_LANE;
      shared_->overlap = NO_LANE;
      shared_->skipped = 0;
      shared_->both_ways = 0;
      if (has_stores) stored().begin(shared_->store_count);
    }
    team_.barrier();
    team_.for_each(stop, [&](std::uint32_t lane) {
      const BatchOp& op = lanes_.ops[lane];
      if (op.flow != Flow::NEXT && lane + 1 < stop && lanes_.next_pc[lane] != lanes_.pc[lane + 1] && op.guard == 0 &&
          !goes_both_ways(lanes_, lane, shared_->count)) {
        lower_to(&shared_->wrong_branch, lane);
      }
      if (op.is_store()) stored().add<StoredBytes::Keep::FIRST>(lane, lanes_.accesses[lane]);
    });
    team_.barrier();
    const std::uint32_t end = shared_->wrong_branch < stop ? shared_->wrong_branch + 1 : stop;
    if (!has_stores) return end;
    team_.for_each(end, [&](std::uint32_t lane) { check_access(lane); });
    team_.barrier();
    const std::uint32_t cut = shared_->conflict < end ? shared_->conflict : end;
    return shared_->code_write < cut ? shared_->code_write + 1 : cut;
  }

  ARMILLION_INLINE void check_access(std::uint32_t lane) const {
    const BatchOp& op = lanes_.ops[lane];
    if (!op.is_load() && !op.is_store()) return;
    const AccessRecord& access = lanes_.accesses[lane];
    if (stored().is_stored_before(lane, access)) {
      if (op.is_load() && !run_->is_ordered[lane]) lower_to(&shared_->conflict, lane);
      if (op.is_store()) lower_to(&shared_->overlap, lane);
    }
    if (op.is_store() && is_code(access)) lower_to(&shared_->code_write, lane);
  }

  ARMILLION_INLINE bool is_code(const AccessRecord& access) const {
    if (access.address >= shared_->code_end || access.address + access.size <= shared_->code_start) return false;
    for (std::uint32_t i = 0; i < shared_->segment_count; ++i) {
      const Segment& segment = run_->segments[i];
      if (access.address < segment.start + std::uint64_t{segment.count} * 4 &&
          segment.start < access.address + access.size) {
        return true;
      }
    }
    return false;
  }

  // Of stores that overlap, each stores those bytes that no later one does.
  ARMILLION_INLINE void store(std::uint32_t done) {
    if (shared_->store_count == 0) return;
    if (shared_->overlap >= done) {
      visit_stores(done, [&](std::uint32_t, const AccessRecord& access) {
        memory_.store(access, [](std::uint64_t) { return true; });
      });
      return;
    }
    if (team_.is_first()) stored().begin(shared_->store_count);
    team_.barrier();
    visit_stores(done, [&](std::uint32_t lane, const AccessRecord& access) {
      stored().add<StoredBytes::Keep::LAST>(lane, access);
    });
    team_.barrier();
    visit_stores(done, [&](std::uint32_t lane, const AccessRecord& access) {
      memory_.store(access, [&](std::uint64_t address) { return stored().last_store(address) == lane + 1; });
    });
  }

  template <class Visit>
  ARMILLION_INLINE void visit_stores(std::uint32_t done, Visit visit) const {
    team_.for_each(done, [&](std::uint32_t lane) {
      if (lanes_.ops[lane].is_store()) visit(lane, lanes_.accesses[lane]);
    });
  }

  ARMILLION_INLINE void count_sides(std::uint32_t done) const {
    if (shared_->side_count == 0) return;
    std::uint32_t skipped = 0;
    std::uint32_t both_ways = 0;
    team_.for_each(done, [&](std::uint32_t lane) {
      if (!is_on_path(lanes_, lane)) ++skipped;
      if (goes_both_ways(lanes_, lane, shared_->count)) ++both_ways;
    });
    if (skipped != 0) add_to(&shared_->skipped, skipped);
    if (both_ways != 0) add_to(&shared_->both_ways, both_ways);
  }

  // Of the branches that went where they were expected to, those that share a counter went the same way: the order in
  // which they strengthen it does not matter.
  ARMILLION_INLINE void learn(std::uint32_t done) {
    DevicePredictions& predictions = *run_->predictions;
    const std::uint32_t last = done - 1;
    const std::uint64_t last_next = lanes_.next_pc[last];
    const BatchOp& last_op = lanes_.ops[last];
    const bool is_last_wrong = last_op.flow != Flow::NEXT && gather_.expected(lanes_.pc[last], last_op) != last_next &&
                               !goes_both_ways(lanes_, last, shared_->count);
    team_.barrier();
    team_.for_each(is_last_wrong ? last : done, [&](std::uint32_t lane) {
      if (lanes_.ops[lane].flow != Flow::CONDITIONAL || goes_both_ways(lanes_, lane, shared_->count)) return;
      const bool is_taken = lanes_.next_pc[lane] != lanes_.pc[lane] + 4;
      store_relaxed(&predictions.directions[prediction_of(lanes_.pc[lane])],
                    is_taken ? STRONGLY_TAKEN : std::uint8_t{0});
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
      std::uint8_t& doubts = predictions.doubts[index];
      if (doubts < Gather::IN_DOUBT) {
        const bool is_recent = run_->batches - predictions.wrong_at[index] < SHORT_SUCCESSION;
        doubts = static_cast<std::uint8_t>(is_recent ? doubts + 1 : 1);
        predictions.wrong_at[index] = run_->batches;
      }
    } else {
      predictions.target_pc[index] = lanes_.pc[last];
      predictions.targets[index] = last_next;
    }
  }

  ARMILLION_INLINE void write_back(std::uint32_t done) {
    team_.for_each(SLOT_COUNT + 1, [&](std::uint32_t slot) {
      if (slot >= isa::ZERO_SLOT && slot != FLAGS_SLOT) return;
      const std::uint32_t writer = writers_[slot].last_before(done);
      if (writer == NO_LANE) return;
      if (slot == FLAGS_SLOT) {
        run_->flags = lanes_.flags[writer + 1];
        return;
      }
      const BatchOp& op = lanes_.ops[writer];
      unsigned place = 0;
      while ((op.writes & place_bit(place)) == 0 || op.slots[place] != slot) ++place;
      run_->registers[slot] = lanes_.values[value_of(writer, place)];
    });
    if (team_.is_first()) run_->pc = next_pc_behind(lanes_, done);
  }

  static constexpr std::uint8_t STRONGLY_TAKEN = 3;
  /// In batches.
  static constexpr std::uint64_t SHORT_SUCCESSION = 32;

  DeviceRun* run_;
  Lanes<DeviceMemory>& lanes_;
  BatchShared* shared_;
  Team team_;
  DeviceMemory memory_;
  const Gather& gather_;
  WriterSets writers_;
};

}  // namespace armillion::engine::tensor
