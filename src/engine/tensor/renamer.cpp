#include "engine/tensor/renamer.hpp"

#include <algorithm>
#include <cstring>

namespace armillion::engine::tensor {

namespace {

// X0 to X30, SP and ZR.
constexpr unsigned REGISTERS = isa::ZERO_SLOT + 1;

void set_packed_flags(State& state, std::uint32_t packed) {
  state.n = static_cast<std::uint8_t>(packed);
  state.z = static_cast<std::uint8_t>(packed >> 8);
  state.c = static_cast<std::uint8_t>(packed >> 16);
  state.v = static_cast<std::uint8_t>(packed >> 24);
}

// Calls `visit(place)` for each register place among `places`.
template <class Visit>
void visit_places(std::uint8_t places, Visit visit) {
  for (unsigned bits = places & (place_bit(REGISTER_PLACES) - 1u); bits != 0; bits &= bits - 1) {
    visit(static_cast<unsigned>(__builtin_ctz(bits)));
  }
}

}  // namespace

void Renamer::rename_writes(Lanes<BatchMemory>& lanes, std::uint32_t lane, std::uint32_t wave) {
  const BatchOp& op = lanes.ops[lane];
  // Read before anything is written: the sum may be of a register that the same lane writes.
  Operand sum{.id = isa::ZERO_SLOT};
  if (op.sum_source != BatchOp::NO_PLACE) sum = lanes.operands[lane * REGISTER_PLACES + op.sum_source];
  visit_places(op.writes, [&](unsigned place) {
    Operand& target = registers_[op.slots[place]];
    target = {.id = value_of(lane, place), .wave = wave};
    if (place != op.sum_place) return;
    // A sum of 64 bits of what was cut to 32 is not one sum.
    if (!op.is_word_sum && (sum.id & LOW_WORD) != 0) return;
    target = {.id = op.is_word_sum ? sum.id | LOW_WORD : sum.id, .wave = sum.wave, .addend = sum.addend + op.delta};
  });
  if ((op.writes & place_bit(FLAGS_PLACE)) != 0) {
    flags_source_ = lane + 1;
    flags_wave_ = wave;
  }
}

void Renamer::rename(Lanes<BatchMemory>& lanes, std::uint32_t count, const State& state) {
  std::memcpy(lanes.values, &state, REGISTERS * sizeof(std::uint64_t));
  lanes.flags[0] = pack_flags(state.n, state.z, state.c, state.v);
  for (unsigned slot = 0; slot < SLOT_COUNT; ++slot) registers_[slot] = {.id = slot};
  flags_source_ = 0;
  flags_wave_ = 0;
  last_wave_ = 0;
  // The last wave that has an access of an earlier lane.
  std::uint32_t access_wave = 0;
  for (std::uint32_t lane = 0; lane < count; ++lane) {
    const BatchOp& op = lanes.ops[lane];
    std::uint32_t ready = 0;
    visit_places(op.reads, [&](unsigned place) {
      const Operand& operand = registers_[op.slots[place]];
      lanes.operands[lane * REGISTER_PLACES + place] = operand;
      ready = std::max(ready, operand.wave);
    });
    if ((op.reads & place_bit(FLAGS_PLACE)) != 0) {
      lanes.flags_source[lane] = flags_source_;
      ready = std::max(ready, flags_wave_);
    }
    if (op.guard != 0) ready = std::max(ready, waves_[lane - op.guard_distance()]);
    if (op.is_load() || op.is_store()) {
      if (lanes.memory->add_access(lane, lanes.pc[lane], op.is_load())) ready = std::max(ready, access_wave);
      access_wave = std::max(access_wave, ready + 1);
    }
    waves_[lane] = ready + 1;
    last_wave_ = std::max(last_wave_, ready + 1);
    rename_writes(lanes, lane, ready + 1);
  }
}

void Renamer::write_back(const Lanes<BatchMemory>& lanes, std::uint32_t count, std::uint32_t done, State& state) const {
  auto* registers = reinterpret_cast<std::uint64_t*>(&state);
  if (done == count) {
    std::uint64_t values[isa::ZERO_SLOT];
    for (unsigned slot = 0; slot < isa::ZERO_SLOT; ++slot) {
      values[slot] = value_of_operand(lanes, registers_[slot]);
    }
    std::memcpy(registers, values, sizeof values);
    set_packed_flags(state, lanes.flags[flags_source_]);
    return;
  }
  for (std::uint32_t lane = 0; lane < done; ++lane) {
    const BatchOp& op = lanes.ops[lane];
    visit_places(op.writes, [&](unsigned place) {
      if (op.slots[place] < isa::ZERO_SLOT) registers[op.slots[place]] = lanes.values[value_of(lane, place)];
    });
    if ((op.writes & place_bit(FLAGS_PLACE)) != 0) set_packed_flags(state, lanes.flags[lane + 1]);
  }
}

}  // namespace armillion::engine::tensor
