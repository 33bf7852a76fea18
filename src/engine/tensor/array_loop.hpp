#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/array_machine.hpp"
#include "engine/tensor/counted_loop.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::tensor {

/// Executes counted loops over arrays: one instruction after the other, each for many iterations in one call of a
/// kernel. That gives what the iterations one after the other would have given where
/// - the address of each access is a sum, so that it is known for all iterations at once;
/// - all of the accesses are allowed, and none is to the loop's own code;
/// - no iteration stores where another one loads or stores, and what an iteration both loads and stores it loads first.
/// The first is a property of the loop, the others are shown for so many iterations at a time.
class ArrayLoop {
 public:
  ArrayLoop(Interpreter& interpreter, guest::AddressSpace& memory);

  /// The loop whose first instruction is at `pc`, which is what `execute_some` works on from then on. False where it is
  /// not one that can be executed so.
  bool enter(const CountedLoop& loop, std::uint64_t pc, std::size_t instructions);

  /// Executes fewer than `most` iterations, after which at least one more can be executed and accesses nothing that is
  /// not allowed. How many; 0 where it cannot be shown that so many are right. Registers and flags that are neither
  /// sums nor recurrences are what they were (`CountedLoop::skip`). Where memory runs out on the host, nothing has
  /// happened.
  std::uint64_t execute_some(std::uint64_t most);

 private:
  /// A load or store of the loop: at `offset` plus the sums times their factors.
  struct Access {
    std::uint32_t index;
    bool is_store;
    std::uint8_t address_places;
    std::uint32_t size;
    std::uint64_t offset;
    LoopSum terms[REGISTER_PLACES];
    std::uint64_t factors[REGISTER_PLACES];
    std::size_t term_count;
    // In the iterations to come: the first address, how far each next one is, and the bytes of all of them.
    std::uint64_t address;
    std::int64_t step;
    std::uint64_t low;
    std::uint64_t high;
    /// What they load or store, one element behind the other.
    std::vector<std::byte> elements;

    std::uint64_t unsigned_step() const { return static_cast<std::uint64_t>(step); }
    bool is_dense() const { return step == std::int64_t{size}; }
  };

  std::optional<Access> find_access(const LoopInstruction& instruction, std::uint64_t pc) const;
  bool place(Access& access, std::uint64_t count) const;
  bool is_independent(const Access& store, const Access& other) const;
  bool can_execute(std::uint64_t count);
  bool execute(std::uint64_t count);
  ArrayOperands operands_of(std::uint32_t index, std::uint64_t count);
  void prepare(Access& access, ArrayOperands& operands, std::uint64_t count);
  void commit(const Access& access, std::uint64_t count);
  std::uint64_t read_all(const Access& access, std::uint64_t count);
  std::span<std::byte> bytes_of(const Access& access, std::uint64_t count);
  std::uint64_t* results(std::uint32_t index, unsigned place);

  Interpreter& interpreter_;
  guest::AddressSpace& memory_;
  std::optional<CountedLoop> loop_;
  std::uint64_t pc_ = 0;
  std::uint64_t end_ = 0;
  std::vector<Access> accesses_;
  /// By instruction: which of the accesses is its own, or as many as there are.
  std::vector<std::size_t> access_of_;
  /// By instruction and place: an element of the iteration before, and those of the iterations to come.
  std::vector<std::uint64_t> results_;
  std::vector<std::uint64_t> sums_;
  std::vector<std::uint32_t> flags_;
  std::vector<std::byte> bytes_;
  /// Of what nobody uses.
  std::vector<std::uint64_t> zeros_;
  std::vector<std::uint64_t> sink_;
  std::vector<std::uint32_t> no_flags_;
};

}  // namespace armillion::engine::tensor
