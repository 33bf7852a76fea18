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

}  // namespace

// Takes an instruction of the body into account. False where it is not of the kind that such a loop consists of.
bool CountedLoop::follow(const BatchOp& op) {
  constexpr std::uint8_t REGISTERS = place_bit(REGISTER_PLACES) - 1;
  if (!op.is_batchable || op.flow != Flow::NEXT || op.is_load() || op.is_store()) return false;
  if ((op.reads & place_bit(FLAGS_PLACE)) != 0) return false;
  const bool writes_flags = (op.writes & place_bit(FLAGS_PLACE)) != 0;
  if ((op.writes & REGISTERS) == 0) return op.writes == 0;
  if (op.sum_place == BatchOp::NO_PLACE || (op.writes & REGISTERS) != place_bit(op.sum_place)) return false;
  Sum sum{.slot = isa::ZERO_SLOT};
  if (op.sum_source != BatchOp::NO_PLACE) sum = registers_[op.slots[op.sum_source]];
  // A sum of 64 bits of what was cut to 32 is not one sum.
  if (sum.is_word && !op.is_word_sum) return false;
  sum.is_word = op.is_word_sum;
  sum.addend += op.delta;
  registers_[op.slots[op.sum_place]] = sum;
  if (writes_flags) flags_ = sum;
  return true;
}

// Whether the register that the sum begins with becomes itself plus a constant in an iteration, or stays.
bool CountedLoop::is_recurrent(const Sum& sum) const { return registers_[sum.slot].slot == sum.slot; }

bool CountedLoop::set_tested(const BatchOp& branch) {
  if (branch.kernel == BRANCH_NOT_EQUAL) {
    if (!flags_) return false;
    tested_ = *flags_;
  } else if (branch.kernel == CBNZ_WORD || branch.kernel == CBNZ_DOUBLEWORD) {
    // CBNZ has one register operand.
    tested_ = registers_[branch.slots[0]];
    tested_.is_word |= branch.kernel == CBNZ_WORD;
  } else {
    return false;
  }
  // The register's own sum may be cut to 32 bits only where the test looks at no more.
  return tested_.is_word || !registers_[tested_.slot].is_word;
}

std::optional<CountedLoop> CountedLoop::recognise(std::span<const BatchOp> body) {
  if (body.empty()) return std::nullopt;
  const BatchOp& branch = body.back();
  if (branch.flow != Flow::CONDITIONAL || branch.delta != 0 - (body.size() - 1) * 4) return std::nullopt;
  CountedLoop loop;
  for (unsigned slot = 0; slot < SLOT_COUNT; ++slot) loop.registers_[slot] = {.slot = static_cast<isa::Slot>(slot)};
  for (const BatchOp& op : body.first(body.size() - 1)) {
    if (!loop.follow(op)) return std::nullopt;
  }
  loop.registers_[isa::SINK_SLOT] = {.slot = isa::SINK_SLOT};
  const auto is_recurrent = [&](const Sum& sum) { return loop.is_recurrent(sum); };
  if (!std::ranges::all_of(loop.registers_, is_recurrent)) return std::nullopt;
  if (loop.flags_ && !loop.is_recurrent(*loop.flags_)) return std::nullopt;
  if (!loop.set_tested(branch) || !loop.is_recurrent(loop.tested_)) return std::nullopt;
  return loop;
}

std::optional<std::uint64_t> CountedLoop::iterations(const State& state) const {
  const auto* registers = reinterpret_cast<const std::uint64_t*>(&state);
  const auto before = steps_to_zero(registers[tested_.slot] + tested_.addend, registers_[tested_.slot].addend,
                                    tested_.is_word ? 32 : 64);
  // All 2^64 of them are as good as never.
  if (!before || *before == ~std::uint64_t{0}) return std::nullopt;
  return *before + 1;
}

void CountedLoop::skip(std::uint64_t count, State& state) const {
  if (count == 0) return;
  auto* registers = reinterpret_cast<std::uint64_t*>(&state);
  for (unsigned slot = 0; slot < isa::ZERO_SLOT; ++slot) {
    const Sum& sum = registers_[slot];
    if (sum.slot != slot) continue;
    registers[slot] += count * sum.addend;
    if (sum.is_word) registers[slot] &= LOW_32_BITS;
  }
}

}  // namespace armillion::engine::tensor
