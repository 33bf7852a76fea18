#pragma once

#include <cstdint>
#include <utility>

#include "engine/tensor/device/shared.hpp"

namespace armillion::engine::tensor {

/// Finds where operands come from, as `Renamer` does, for all lanes at once: the last writer of a register before a
/// lane is found in the register's set of writers, and chains of sums are followed by pointer jumping, which halves the
/// length of each chain in a step.
class Rename {
 public:
  ARMILLION_INLINE Rename(DeviceRun* run, BatchShared* shared, Team team, WriterSets writers)
      : run_(run), lanes_(run->lanes), shared_(shared), team_(team), writers_(writers) {}

  ARMILLION_INLINE void rename() {
    const std::uint32_t count = shared_->count;
    clear();
    team_.barrier();
    note_lanes(count);
    team_.barrier();
    team_.for_each(count, [&](std::uint32_t lane) { find_sources(lane); });
    team_.barrier();
    const std::uint32_t copy = follow_sums(count);
    team_.for_each(count, [&](std::uint32_t lane) { resolve_operands(lane, copy); });
    team_.barrier();
  }

 private:
  template <class Visit>
  ARMILLION_INLINE static void visit_places(std::uint8_t places, Visit visit) {
    for (unsigned bits = places & (place_bit(REGISTER_PLACES) - 1u); bits != 0; bits &= bits - 1) {
      visit(static_cast<unsigned>(__builtin_ctz(bits)));
    }
  }

  ARMILLION_INLINE void clear() {
    writers_.clear(shared_->count, team_);
    team_.for_each(lane_words(shared_->count), [&](std::uint32_t i) {
      shared_->done[0].words[i] = 0;
      shared_->done[1].words[i] = 0;
    });
    team_.for_each(isa::ZERO_SLOT + 1, [&](std::uint32_t slot) { lanes_.values[slot] = run_->registers[slot]; });
    if (team_.is_first()) {
      lanes_.flags[0] = run_->flags;
      lanes_.tpidr_el0 = run_->tpidr_el0;
      lanes_.stop = shared_->count;
      shared_->store_count = 0;
      shared_->ordered_count = 0;
      shared_->side_count = 0;
      shared_->rounds[0] = {.first_access = NO_LANE, .has_pending = 1};
      shared_->rounds[1] = {.first_access = NO_LANE, .has_pending = 0};
    }
  }

  // What each lane writes, and what it does to memory.
  ARMILLION_INLINE void note_lanes(std::uint32_t count) {
    std::uint32_t stores = 0;
    std::uint32_t ordered = 0;
    std::uint32_t sides = 0;
    std::uint32_t first_access = NO_LANE;
    team_.for_each(count, [&](std::uint32_t lane) {
      const BatchOp& op = lanes_.ops[lane];
      visit_places(op.writes, [&](unsigned place) { writers_[op.slots[place]].add(lane); });
      if ((op.writes & place_bit(FLAGS_PLACE)) != 0) writers_[FLAGS_SLOT].add(lane);
      const bool is_ordered = op.is_load() && run_->predictions->ordered[prediction_of(lanes_.pc[lane])] != 0;
      lanes_.accesses[lane].size = 0;
      run_->is_ordered[lane] = is_ordered;
      if (op.is_store()) ++stores;
      if (is_ordered) ++ordered;
      if (op.guard != 0) ++sides;
      if (first_access == NO_LANE && (op.is_load() || op.is_store())) first_access = lane;
    });
    if (stores != 0) add_to(&shared_->store_count, stores);
    if (ordered != 0) add_to(&shared_->ordered_count, ordered);
    if (sides != 0) add_to(&shared_->side_count, sides);
    if (first_access != NO_LANE) lower_to(&shared_->rounds[0].first_access, first_access);
  }

  ARMILLION_INLINE ValueId source_of(std::uint32_t lane, isa::Slot slot) const {
    const std::uint32_t writer = writers_[slot].last_before(lane);
    if (writer == NO_LANE) return slot;
    const BatchOp& op = lanes_.ops[writer];
    unsigned place = 0;
    while ((op.writes & place_bit(place)) == 0 || op.slots[place] != slot) ++place;
    return value_of(writer, place);
  }

  ARMILLION_INLINE void find_sources(std::uint32_t lane) {
    const BatchOp& op = lanes_.ops[lane];
    visit_places(op.reads, [&](unsigned place) {
      lanes_.operands[lane * REGISTER_PLACES + place] = {.id = source_of(lane, op.slots[place])};
    });
    if ((op.reads & place_bit(FLAGS_PLACE)) != 0) {
      const std::uint32_t writer = writers_[FLAGS_SLOT].last_before(lane);
      lanes_.flags_source[lane] = writer == NO_LANE ? 0 : writer + 1;
    }
    if (op.sum_place == BatchOp::NO_PLACE) return;
    run_->sum_ids[0][lane] = op.sum_source == BatchOp::NO_PLACE
                                 ? isa::ZERO_SLOT
                                 : lanes_.operands[lane * REGISTER_PLACES + op.sum_source].id;
    run_->sum_addends[0][lane] = op.delta;
  }

  // The lane whose sum the value is; NO_LANE where it is none.
  ARMILLION_INLINE std::uint32_t sum_at(ValueId id) const {
    if (id < FIRST_LANE_VALUE) return NO_LANE;
    const std::uint32_t lane = (id - FIRST_LANE_VALUE) / REGISTER_PLACES;
    return lanes_.ops[lane].sum_place == (id - FIRST_LANE_VALUE) % REGISTER_PLACES ? lane : NO_LANE;
  }

  // Returns the copy in which the results stand.
  ARMILLION_INLINE std::uint32_t follow_sums(std::uint32_t count) {
    std::uint32_t copy = 0;
    while (true) {
      if (team_.is_first()) shared_->sums_changed = 0;
      team_.barrier();
      team_.for_each(count, [&](std::uint32_t lane) {
        const BatchOp& op = lanes_.ops[lane];
        if (op.sum_place == BatchOp::NO_PLACE) return;
        ValueId id = run_->sum_ids[copy][lane];
        std::uint64_t addend = run_->sum_addends[copy][lane];
        const std::uint32_t before = sum_at(id);
        // A sum of 64 bits of what was cut to 32 is not one sum.
        if (before != NO_LANE && (op.is_word_sum || !lanes_.ops[before].is_word_sum)) {
          id = run_->sum_ids[copy][before];
          addend += run_->sum_addends[copy][before];
          store_relaxed(&shared_->sums_changed, 1u);
        }
        run_->sum_ids[1 - copy][lane] = id;
        run_->sum_addends[1 - copy][lane] = addend;
      });
      team_.barrier();
      copy = 1 - copy;
      const bool has_changed = shared_->sums_changed != 0;
      team_.barrier();
      if (!has_changed) return copy;
    }
  }

  ARMILLION_INLINE void resolve_operands(std::uint32_t lane, std::uint32_t copy) {
    visit_places(lanes_.ops[lane].reads, [&](unsigned place) {
      Operand& operand = lanes_.operands[lane * REGISTER_PLACES + place];
      const std::uint32_t sum = sum_at(operand.id);
      if (sum == NO_LANE) return;
      operand.id = run_->sum_ids[copy][sum] | (lanes_.ops[sum].is_word_sum ? LOW_WORD : 0);
      operand.addend = run_->sum_addends[copy][sum];
    });
  }

  DeviceRun* run_;
  Lanes<DeviceMemory>& lanes_;
  BatchShared* shared_;
  Team team_;
  WriterSets writers_;
};

}  // namespace armillion::engine::tensor
