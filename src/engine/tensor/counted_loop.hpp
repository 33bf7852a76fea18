#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "armillion/state.hpp"
#include "engine/tensor/batch_op.hpp"

namespace armillion::engine::tensor {

/// A register at an iteration's start plus a constant, modulo 2^64, or modulo 2^32 where `is_word`.
struct LoopSum {
  isa::Slot slot = 0;
  bool is_word = false;
  std::uint64_t addend = 0;
  friend bool operator==(const LoopSum&, const LoopSum&) = default;
};

/// A value in an iteration of a loop: a sum, or what an instruction has written at `place`.
struct LoopValue {
  static constexpr std::uint32_t NONE = ~0u;
  LoopSum sum = {};
  /// Its number in the body; in `CountedLoop::instructions`, its index there.
  std::uint32_t instruction = NONE;
  std::uint8_t place = 0;

  bool is_sum() const { return instruction == NONE; }
};

/// An instruction of a loop whose results are not all sums, or that accesses memory.
struct LoopInstruction {
  BatchOp op;
  /// In the body.
  std::uint32_t number = 0;
  /// By place, of those that it reads.
  LoopValue sources[REGISTER_PLACES] = {};
  /// The index of the instruction whose flags it reads; NONE where it reads none.
  std::uint32_t flags_source = LoopValue::NONE;
  /// In a recurrence: the places, as bits, that read what the instruction itself has written at `carried_to` an
  /// iteration before.
  std::uint8_t carried_places = 0;
  std::uint8_t carried_to = BatchOp::NO_PLACE;
  /// The places, as bits, at which it writes a register with anything but a sum.
  std::uint8_t value_places = 0;
};

/// A loop of which it is known beforehand how often it is repeated: each iteration adds the same constants to some
/// registers, and it ends when one of these, or the difference of two, is zero. So these registers after any number of
/// iterations, and the number of iterations, follow by arithmetic modulo 2^64 or 2^32. All else that an iteration
/// computes is in `instructions`: it follows from the registers, from memory and, in a recurrence, from the result of
/// the same instruction in the iteration before.
class CountedLoop {
 public:
  /// `body` is one iteration: straight on, then a conditional branch back to its first instruction. Nothing where it is
  /// not such a loop: where a batch may not hold one of its instructions, where a register that is read at an
  /// iteration's start is made by an iteration from anything but itself, where flags of the iteration before are read,
  /// or where the branch is not CBNZ, or B.NE behind ADDS or SUBS of a constant or SUBS of two registers.
  static std::optional<CountedLoop> recognise(std::span<const BatchOp> body);

  const std::vector<LoopInstruction>& instructions() const { return instructions_; }

  /// How many iterations begin from here on, the current one included, until the branch is not taken. Nothing where it
  /// is always taken.
  std::optional<std::uint64_t> iterations(const State& state) const;

  /// What the sum is in the current iteration, and how much it grows in each, before it is cut.
  std::uint64_t evaluate(const LoopSum& sum, const State& state) const;
  std::uint64_t step(const LoopSum& sum) const { return registers_[sum.slot].sum.addend; }
  /// What it is in the current iteration and in those that follow.
  void fill(const LoopSum& sum, const State& state, std::span<std::uint64_t> values) const;
  /// Whether the sum may be anything but what it is now plus its growth, modulo 2^64, as 32 bits of it are left only.
  bool is_cut(const LoopSum& sum) const { return (sum.is_word && step(sum) != 0) || registers_[sum.slot].sum.is_word; }
  /// Whether registers that each iteration cuts to 32 bits have no more than these now: the first iteration would find
  /// what no other one does.
  bool begins_with_words(const State& state) const;

  /// Makes the registers that are sums what they are `count` iterations later. The others, and the flags, are as after
  /// the last iteration that was really executed: the next one writes them before anything reads them, but for those
  /// of recurrences.
  void skip(std::uint64_t count, State& state) const;

 private:
  CountedLoop() = default;
  bool follow(const BatchOp& op, std::uint32_t number);
  void follow_flags(const BatchOp& op, const LoopInstruction& instruction, const LoopSum* sum);
  bool is_recurrent(isa::Slot slot) const;
  bool set_tested(const BatchOp& branch);
  void drop_closed();
  bool find_recurrences();

  /// At an iteration's end, once the body has been followed.
  LoopValue registers_[SLOT_COUNT];
  std::vector<LoopInstruction> instructions_;
  /// What the flags are of: whose result, as a difference of sums where that is one.
  struct Difference {
    LoopSum minuend;
    LoopSum subtrahend{.slot = isa::ZERO_SLOT};
    bool is_word = false;
  };
  std::optional<Difference> flags_;
  std::uint32_t flags_writer_ = LoopValue::NONE;
  /// What is zero when the loop ends.
  Difference tested_;
};

}  // namespace armillion::engine::tensor
