#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "armillion/state.hpp"
#include "engine/tensor/batch_op.hpp"

namespace armillion::engine::tensor {

/// A loop whose every iteration adds the same constants to registers, and which ends when one of these sums is zero: so
/// the registers after any number of iterations, and the number of iterations, follow by arithmetic modulo 2^64 or
/// 2^32.
class CountedLoop {
 public:
  /// `body` is one iteration: straight on, then a conditional branch back to its first instruction. Nothing where it is
  /// not such a loop: where one of its instructions accesses memory or writes a register with anything but another one
  /// plus a constant, where a register is read at an iteration's start that an iteration makes from yet another one, or
  /// where the branch is not CBNZ, or B.NE behind ADDS or SUBS of a constant.
  static std::optional<CountedLoop> recognise(std::span<const BatchOp> body);

  /// How many iterations begin from here on, the current one included, until the branch is not taken. Nothing where it
  /// is always taken.
  std::optional<std::uint64_t> iterations(const State& state) const;

  /// Makes the registers that an iteration reads what they are `count` iterations later. The others, and the flags, are
  /// as after the last iteration that was really executed: the next one writes them before anything reads them.
  void skip(std::uint64_t count, State& state) const;

 private:
  /// A register at some point of an iteration: the one at `slot` at the iteration's start plus `addend`.
  struct Sum {
    isa::Slot slot = 0;
    bool is_word = false;
    std::uint64_t addend = 0;
  };

  CountedLoop() = default;
  bool follow(const BatchOp& op);
  bool is_recurrent(const Sum& sum) const;
  bool set_tested(const BatchOp& branch);

  Sum registers_[SLOT_COUNT];
  /// What ADDS or SUBS has left in the flags.
  std::optional<Sum> flags_;
  /// What is zero when the loop ends.
  Sum tested_;
};

}  // namespace armillion::engine::tensor
