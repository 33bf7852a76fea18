#include "engine/tensor/counted_loop.hpp"

#include <algorithm>

#include "isa/predecode.hpp"

namespace armillion::engine::tensor {

namespace {

using isa::Opcode;

constexpr std::uint16_t CBNZ_WORD = isa::first_handler(Opcode::cbnz);
constexpr std::uint16_t CBNZ_DOUBLEWORD = CBNZ_WORD + 1;
// The variant is the condition.
constexpr std::uint16_t BRANCH_NOT_EQUAL = isa::first_handler(Opcode::b_conditional) + 1;
// The variant is the kind of shift, 0 for LSL, and the width.
constexpr std::uint16_t SUBS_WORD = isa::first_handler(Opcode::subs_shifted_register);
constexpr std::uint16_t SUBS_DOUBLEWORD = SUBS_WORD + 4;
// Their places, in the order of the fields.
constexpr unsigned SUBS_SUBTRAHEND = 0;
constexpr unsigned SUBS_MINUEND = 1;

constexpr std::uint64_t LOW_32_BITS = 0xffff'ffff;

// The multiplicative inverse modulo 2^64 of an odd number: each of Newton's steps doubles the bits that are right.
constexpr std::uint64_t inverse(std::uint64_t odd) {
  std::uint64_t result = odd;  // right modulo 2^3
  for (int i = 0; i < 5; ++i) result *= 2 - odd * result;
  return result;
}

// The least n with start + n * step = 0 modulo 2^bits.
std::optional<std::uint64_t> steps_to_zero(std::uint64_t start, std::uint64_t step, unsigned bits) {
  const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  start &= mask;
  step &= mask;
  if (start == 0) return 0;
  if (step == 0) return std::nullopt;
  const auto shift = static_cast<unsigned>(__builtin_ctzll(step));
  if ((start & ((std::uint64_t{1} << shift) - 1)) != 0) return std::nullopt;
  return (((0 - start) & mask) >> shift) * inverse(step >> shift) & mask >> shift;
}

const std::uint64_t* registers_of(const State& state) { return reinterpret_cast<const std::uint64_t*>(&state); }

bool writes_flags(const BatchOp& op) { return (op.writes & place_bit(FLAGS_PLACE)) != 0; }

}  // namespace

// Takes an instruction of the body into account. False where it is not of the kind that such a loop consists of.
bool CountedLoop::follow(const BatchOp& op, std::uint32_t number) {
  if (!op.is_batchable || op.flow != Flow::NEXT || (op.is_load() && op.is_store())) return false;
  LoopInstruction instruction{.op = op, .number = number};
  for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
    if ((op.reads & place_bit(place)) != 0) instruction.sources[place] = registers_[op.slots[place]];
  }
  if ((op.reads & place_bit(FLAGS_PLACE)) != 0) {
    if (flags_writer_ == LoopValue::NONE) return false;
    instruction.flags_source = flags_writer_;
  }
  // A sum of 64 bits of what was cut to 32 is not one sum.
  std::optional<LoopSum> sum;
  if (op.sum_place != BatchOp::NO_PLACE) {
    const LoopValue zero{.sum = {.slot = isa::ZERO_SLOT}};
    const LoopValue& source = op.sum_source == BatchOp::NO_PLACE ? zero : instruction.sources[op.sum_source];
    if (source.is_sum() && (op.is_word_sum || !source.sum.is_word)) {
      sum = {.slot = source.sum.slot, .is_word = op.is_word_sum, .addend = source.sum.addend + op.delta};
    }
  }
  for (std::uint8_t place = 0; place < REGISTER_PLACES; ++place) {
    if ((op.writes & place_bit(place)) == 0 || op.slots[place] == isa::SINK_SLOT) continue;
    const bool is_sum = sum && place == op.sum_place;
    registers_[op.slots[place]] = is_sum ? LoopValue{.sum = *sum} : LoopValue{.instruction = number, .place = place};
    if (!is_sum) instruction.value_places |= place_bit(place);
  }
  if (writes_flags(op)) {
    follow_flags(op, instruction, sum ? &*sum : nullptr);
    flags_writer_ = number;
  }
  instructions_.push_back(instruction);
  return true;
}

void CountedLoop::follow_flags(const BatchOp& op, const LoopInstruction& instruction, const LoopSum* sum) {
  flags_.reset();
  if (sum != nullptr) flags_ = {.minuend = *sum, .is_word = sum->is_word};
  if ((op.kernel != SUBS_WORD && op.kernel != SUBS_DOUBLEWORD) || op.immediate != 0) return;
  const LoopValue& minuend = instruction.sources[SUBS_MINUEND];
  const LoopValue& subtrahend = instruction.sources[SUBS_SUBTRAHEND];
  if (minuend.is_sum() && subtrahend.is_sum()) {
    flags_ = {.minuend = minuend.sum, .subtrahend = subtrahend.sum, .is_word = op.kernel == SUBS_WORD};
  }
}

// Whether the register becomes itself plus a constant in an iteration, or stays.
bool CountedLoop::is_recurrent(isa::Slot slot) const {
  return registers_[slot].is_sum() && registers_[slot].sum.slot == slot;
}

bool CountedLoop::set_tested(const BatchOp& branch) {
  if (branch.kernel == BRANCH_NOT_EQUAL) {
    if (!flags_) return false;
    tested_ = *flags_;
  } else if (branch.kernel == CBNZ_WORD || branch.kernel == CBNZ_DOUBLEWORD) {
    // CBNZ has one register operand.
    const LoopValue& value = registers_[branch.slots[0]];
    if (!value.is_sum()) return false;
    tested_.minuend = value.sum;
    tested_.is_word = value.sum.is_word || branch.kernel == CBNZ_WORD;
  } else {
    return false;
  }
  if (!is_recurrent(tested_.minuend.slot) || !is_recurrent(tested_.subtrahend.slot)) return false;
  // What grows may be cut to 32 bits only where the test looks at no more.
  return tested_.is_word || (!is_cut(tested_.minuend) && !is_cut(tested_.subtrahend));
}

// Leaves out what is known without executing it.
void CountedLoop::drop_closed() {
  std::vector<std::uint32_t> flags_read;
  flags_read.reserve(instructions_.size());
  for (const LoopInstruction& instruction : instructions_) flags_read.push_back(instruction.flags_source);
  std::erase_if(instructions_, [&](const LoopInstruction& instruction) {
    return !instruction.op.is_load() && !instruction.op.is_store() && instruction.value_places == 0 &&
           std::ranges::find(flags_read, instruction.number) == flags_read.end();
  });
  const auto to_index = [&](std::uint32_t& number) {
    if (number == LoopValue::NONE) return;
    const auto found = std::ranges::find(instructions_, number, &LoopInstruction::number);
    number = static_cast<std::uint32_t>(found - instructions_.begin());
  };
  for (LoopInstruction& instruction : instructions_) {
    to_index(instruction.flags_source);
    for (LoopValue& source : instruction.sources) to_index(source.instruction);
  }
}

// False where an instruction reads what another one has written an iteration before: they cannot be executed one after
// the other, each for many iterations at once.
bool CountedLoop::find_recurrences() {
  for (LoopInstruction& instruction : instructions_) {
    for (std::uint8_t place = 0; place < REGISTER_PLACES; ++place) {
      const LoopValue& source = instruction.sources[place];
      if ((instruction.op.reads & place_bit(place)) == 0 || !source.is_sum() || is_recurrent(source.sum.slot)) continue;
      const LoopValue& before = registers_[source.sum.slot];
      if (before.instruction != instruction.number || source.sum != LoopSum{.slot = source.sum.slot}) return false;
      // Two registers of one instruction would be two recurrences.
      if (instruction.carried_places != 0 && instruction.carried_to != before.place) return false;
      instruction.carried_places |= place_bit(place);
      instruction.carried_to = before.place;
    }
  }
  return true;
}

std::optional<CountedLoop> CountedLoop::recognise(std::span<const BatchOp> body) {
  if (body.empty()) return std::nullopt;
  const BatchOp& branch = body.back();
  if (branch.flow != Flow::CONDITIONAL || branch.delta != 0 - (body.size() - 1) * 4) return std::nullopt;
  CountedLoop loop;
  for (unsigned slot = 0; slot < SLOT_COUNT; ++slot) loop.registers_[slot].sum.slot = static_cast<isa::Slot>(slot);
  const std::span<const BatchOp> straight = body.first(body.size() - 1);
  for (const BatchOp& op : straight) {
    if (!loop.follow(op, static_cast<std::uint32_t>(&op - body.data()))) return std::nullopt;
  }
  const auto is_known = [&](const LoopValue& value) { return !value.is_sum() || loop.is_recurrent(value.sum.slot); };
  if (!std::ranges::all_of(loop.registers_, is_known) || !loop.set_tested(branch)) return std::nullopt;
  // Those, too, that are left out then: the last iteration executes all of them.
  if (!loop.find_recurrences()) return std::nullopt;
  loop.drop_closed();
  return loop;
}

std::uint64_t CountedLoop::evaluate(const LoopSum& sum, const State& state) const {
  const std::uint64_t value = registers_of(state)[sum.slot] + sum.addend;
  return sum.is_word ? value & LOW_32_BITS : value;
}

void CountedLoop::fill(const LoopSum& sum, const State& state, std::span<std::uint64_t> values) const {
  constexpr std::uint64_t ALL = ~std::uint64_t{0};
  const LoopSum& own = registers_[sum.slot].sum;
  const std::uint64_t own_mask = own.is_word ? LOW_32_BITS : ALL;
  const std::uint64_t mask = sum.is_word ? LOW_32_BITS : ALL;
  std::uint64_t value = registers_of(state)[sum.slot];
  for (std::uint64_t& result : values) {
    result = ((value & own_mask) + sum.addend) & mask;
    value += own.addend;
  }
}

bool CountedLoop::begins_with_words(const State& state) const {
  for (unsigned slot = 0; slot < isa::ZERO_SLOT; ++slot) {
    const LoopValue& value = registers_[slot];
    if (value.is_sum() && value.sum.slot == slot && value.sum.is_word && registers_of(state)[slot] > LOW_32_BITS) {
      return false;
    }
  }
  return true;
}

std::optional<std::uint64_t> CountedLoop::iterations(const State& state) const {
  const auto before = steps_to_zero(evaluate(tested_.minuend, state) - evaluate(tested_.subtrahend, state),
                                    step(tested_.minuend) - step(tested_.subtrahend), tested_.is_word ? 32 : 64);
  // All 2^64 of them are as good as never.
  if (!before || *before == ~std::uint64_t{0}) return std::nullopt;
  return *before + 1;
}

void CountedLoop::skip(std::uint64_t count, State& state) const {
  if (count == 0) return;
  auto* registers = reinterpret_cast<std::uint64_t*>(&state);
  for (unsigned slot = 0; slot < isa::ZERO_SLOT; ++slot) {
    if (!is_recurrent(static_cast<isa::Slot>(slot))) continue;
    const LoopSum& sum = registers_[slot].sum;
    registers[slot] += count * sum.addend;
    if (sum.is_word) registers[slot] &= LOW_32_BITS;
  }
}

}  // namespace armillion::engine::tensor
