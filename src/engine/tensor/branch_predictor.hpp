#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/tensor/batch_op.hpp"

namespace armillion::engine::tensor {

/// Guesses where branches go, so that a batch can be gathered past them. A guess costs nothing but time where it is
/// wrong. Directions come from two-bit counters by address and recent history (McFarling, "Combining Branch
/// Predictors", 1993), targets from the last time, those of returns from the calls before.
class BranchPredictor {
 public:
  BranchPredictor()
      : counters_(COUNTERS, WEAKLY_NOT_TAKEN),
        full_counters_(COUNTERS, WEAKLY_NOT_TAKEN),
        targets_(TARGETS),
        doubts_(DOUBTS) {}

  /// Begins a batch: guesses follow from what was really executed.
  void begin() { guessed_ = actual_; }

  /// Where the branch at `pc` goes, and takes it that it does so. Nothing where no guess can be made.
  std::optional<std::uint64_t> guess(std::uint64_t pc, const BatchOp& op) {
    std::uint64_t target = pc + 4;
    switch (op.flow) {
      case Flow::NEXT: break;
      case Flow::JUMP: target = pc + op.delta; break;
      case Flow::CONDITIONAL: {
        const bool is_taken = counters_[counter_index(pc, guessed_.history)] >= WEAKLY_TAKEN;
        guessed_.note_direction(is_taken);
        if (is_taken) target = pc + op.delta;
        break;
      }
      case Flow::RETURN:
        if (guessed_.depth > 0) {
          target = guessed_.pop();
          break;
        }
        [[fallthrough]];
      case Flow::INDIRECT: {
        const Target& last = targets_[pc / 4 % TARGETS];
        if (last.pc != pc) return std::nullopt;
        target = last.target;
        break;
      }
    }
    if (op.is_call) guessed_.push(pc + 4);
    return target;
  }

  /// Whether guesses of the conditional branch at `pc` are, or would be, wrong so often that it is cheaper to execute
  /// both of its sides, if they are short. Other branches are then guessed without regard to where it goes.
  bool is_in_doubt(std::uint64_t pc) const { return doubts_[pc / 4 % DOUBTS] >= IN_DOUBT; }

  /// The branch at `pc` was executed and went to `next`, guessed or with both sides in the batch. In the order of
  /// execution.
  void learn(std::uint64_t pc, const BatchOp& op, std::uint64_t next, bool was_guessed) {
    if (op.flow == Flow::CONDITIONAL) {
      const bool is_taken = next != pc + 4;
      // A branch that is not guessed is missing from the history that guesses follow from: with it, guesses might be
      // right again.
      const bool was_known = train(counters_[counter_index(pc, actual_.history)], is_taken);
      const bool was_known_by_all = train(full_counters_[counter_index(pc, full_history_)], is_taken);
      std::uint8_t& doubt = doubts_[pc / 4 % DOUBTS];
      if (!was_known && !was_known_by_all) {
        doubt = static_cast<std::uint8_t>(std::min(doubt + DOUBT_OF_A_WRONG_GUESS, MOST_DOUBT));
      } else if (doubt > 0) {
        --doubt;
      }
      full_history_ = with_direction(full_history_, is_taken);
      if (was_guessed) actual_.note_direction(is_taken);
    }
    if (op.flow == Flow::RETURN && actual_.depth > 0) actual_.pop();
    if (op.flow == Flow::RETURN || op.flow == Flow::INDIRECT) targets_[pc / 4 % TARGETS] = {pc, next};
    if (op.is_call) actual_.push(pc + 4);
  }

 private:
  static constexpr int HISTORY_BITS = 12;
  static constexpr std::size_t COUNTERS = std::size_t{1} << 14;
  static constexpr std::size_t TARGETS = 1024;
  static constexpr std::uint32_t CALLS = 16;
  // A branch is in doubt where more than one guess in 17 is wrong.
  static constexpr std::size_t DOUBTS = 4096;
  static constexpr int DOUBT_OF_A_WRONG_GUESS = 16;
  static constexpr int IN_DOUBT = 48;
  static constexpr int MOST_DOUBT = 128;
  static constexpr std::uint8_t WEAKLY_NOT_TAKEN = 1;
  static constexpr std::uint8_t WEAKLY_TAKEN = 2;
  static constexpr std::uint8_t STRONGLY_TAKEN = 3;

  static std::uint32_t with_direction(std::uint32_t history, bool is_taken) {
    return (history << 1 | (is_taken ? 1 : 0)) & ((1u << HISTORY_BITS) - 1);
  }

  // Whether the counter knew.
  static bool train(std::uint8_t& counter, bool is_taken) {
    const bool was_known = is_taken == (counter >= WEAKLY_TAKEN);
    if (is_taken && counter < STRONGLY_TAKEN) ++counter;
    if (!is_taken && counter > 0) --counter;
    return was_known;
  }

  // What guesses follow from besides the tables.
  struct Past {
    std::uint32_t history = 0;
    std::uint32_t depth = 0;
    std::uint64_t return_addresses[CALLS] = {};

    void note_direction(bool is_taken) { history = with_direction(history, is_taken); }
    void push(std::uint64_t address) { return_addresses[depth++ % CALLS] = address; }
    std::uint64_t pop() { return return_addresses[--depth % CALLS]; }
  };
  struct Target {
    std::uint64_t pc = ~std::uint64_t{0};
    std::uint64_t target = 0;
  };

  static std::size_t counter_index(std::uint64_t pc, std::uint32_t history) {
    return (pc / 4 ^ pc >> 16 ^ std::uint64_t{history} << 2) % COUNTERS;
  }

  std::vector<std::uint8_t> counters_;
  /// As if all branches were guessed.
  std::vector<std::uint8_t> full_counters_;
  std::uint32_t full_history_ = 0;
  std::vector<Target> targets_;
  std::vector<std::uint8_t> doubts_;
  Past actual_;
  Past guessed_;
};

}  // namespace armillion::engine::tensor
