#pragma once

#include <cstdint>
#include <cstring>

#include "engine/interpreter/context.hpp"
#include "engine/interpreter/memory_access.hpp"
#include "isa/flags.hpp"
#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"
#include "isa/operands.hpp"
#include "isa/vector.hpp"

namespace armillion::engine {

/// How the instruction that ran hands over.
enum class Next : std::uint8_t { SEQUENTIAL, BRANCH_RELATIVE, BRANCH, LEAVE_BEFORE, LEAVE_AFTER };

/// The machine that the interpreter's handlers give to the semantic functions. It lives in registers: after inlining,
/// `next` is a constant on every path of most instructions.
class InterpreterMachine {
 public:
  ARMILLION_INLINE InterpreterMachine(Context& context, const MicroOp* op, const MicroOp* run_start,
                                      std::int64_t budget)
      : context_(context), op_(op), run_start_(run_start), budget_(budget) {}

  template <class T>
  ARMILLION_INLINE T read(isa::X source) {
    return static_cast<T>(registers()[source.slot]);
  }
  template <class T>
  ARMILLION_INLINE T read(isa::XOrSp source) {
    return static_cast<T>(registers()[source.slot]);
  }
  ARMILLION_INLINE void write(isa::XDestination destination, std::uint64_t value) {
    registers()[destination.slot] = value;
  }
  ARMILLION_INLINE void write(isa::XOrSp destination, std::uint64_t value) { registers()[destination.slot] = value; }

  ARMILLION_INLINE isa::Vector read(isa::V source) {
    isa::Vector value;
    std::memcpy(&value, &context_.state.vectors[source.slot], sizeof value);
    return value;
  }
  ARMILLION_INLINE void write(isa::V destination, isa::Vector value) {
    std::memcpy(&context_.state.vectors[destination.slot], &value, sizeof value);
  }

  ARMILLION_INLINE isa::Flags flags() const {
    const State& state = context_.state;
    return {state.n, state.z, state.c, state.v};
  }
  ARMILLION_INLINE void set_flags(isa::Flags flags) {
    State& state = context_.state;
    state.n = flags.n;
    state.z = flags.z;
    state.c = flags.c;
    state.v = flags.v;
  }

  ARMILLION_INLINE std::uint32_t fpcr() const { return context_.state.fpcr; }
  ARMILLION_INLINE std::uint32_t fpsr() const { return context_.state.fpsr; }
  ARMILLION_INLINE void set_fpcr(std::uint32_t value) { context_.state.fpcr = value; }
  ARMILLION_INLINE void set_fpsr(std::uint32_t value) { context_.state.fpsr = value; }
  ARMILLION_INLINE void raise(std::uint32_t bits) { context_.state.fpsr |= bits; }

  template <class T>
  ARMILLION_INLINE isa::Loaded<T> load(std::uint64_t address) {
    static_assert(sizeof(T) <= sizeof context_.transfer);
    T value;
    const TlbEntry& entry = context_.read_tlb[address / PAGE_BYTES % TLB_ENTRIES];
    // The entry is that of the first byte's page, so this compares both the first byte's page and the last byte's.
    if (((address + (sizeof(T) - 1)) & ~(PAGE_BYTES - 1)) == entry.tag) [[likely]] {
      std::memcpy(&value, reinterpret_cast<const void*>(address + entry.addend), sizeof value);
      return {true, value};
    }
    const AccessOutcome outcome = slow_load(context_, op_, address, sizeof(T));
    std::memcpy(&value, context_.transfer, sizeof value);
    if (outcome != AccessOutcome::DONE) [[unlikely]] {
      next_ = outcome == AccessOutcome::FAILED ? Next::LEAVE_BEFORE : Next::LEAVE_AFTER;
      return {outcome != AccessOutcome::FAILED, value};
    }
    return {true, value};
  }

  template <class T>
  ARMILLION_INLINE bool store(std::uint64_t address, T value) {
    static_assert(sizeof(T) <= sizeof context_.transfer);
    const TlbEntry& entry = context_.write_tlb[address / PAGE_BYTES % TLB_ENTRIES];
    if (((address + (sizeof(T) - 1)) & ~(PAGE_BYTES - 1)) == entry.tag) [[likely]] {
      std::memcpy(reinterpret_cast<void*>(address + entry.addend), &value, sizeof value);
      return true;
    }
    std::memcpy(context_.transfer, &value, sizeof value);
    const AccessOutcome outcome = slow_store(context_, op_, address, sizeof(T));
    if (outcome != AccessOutcome::DONE) [[unlikely]] {
      next_ = outcome == AccessOutcome::FAILED ? Next::LEAVE_BEFORE : Next::LEAVE_AFTER;
    }
    return outcome != AccessOutcome::FAILED;
  }

  ARMILLION_INLINE void alignment_fault(std::uint64_t address, std::uint32_t size, Access access) {
    context_.fault = {address, size, access, FaultKind::ALIGNMENT};
    leave_before(Exit::FAULT);
  }

  ARMILLION_INLINE void set_exclusive(std::uint64_t address, std::uint32_t size) {
    context_.state.exclusive_address = address;
    context_.state.exclusive_size = size;
  }
  ARMILLION_INLINE bool exclusive_matches(std::uint64_t address, std::uint32_t size) const {
    // The top byte of an address does not tell two locations apart.
    return context_.state.exclusive_size == size && (context_.state.exclusive_address ^ address) << 8 == 0;
  }

  ARMILLION_INLINE std::uint64_t pc() const {
    return context_.page_address + static_cast<std::uint64_t>(op_ - context_.page_ops) * 4;
  }
  ARMILLION_INLINE void branch(std::uint64_t target) {
    target_ = target;
    next_ = Next::BRANCH;
  }
  ARMILLION_INLINE void branch_relative(std::int64_t offset) {
    target_ = static_cast<std::uint64_t>(offset);
    next_ = Next::BRANCH_RELATIVE;
  }

  ARMILLION_INLINE void supervisor_call(std::uint32_t immediate) { leave_after(Exit::SYSCALL, immediate); }
  ARMILLION_INLINE void halt(std::uint32_t immediate) { leave_after(Exit::HALT, immediate); }
  ARMILLION_INLINE void breakpoint(std::uint32_t immediate) {
    context_.immediate = immediate;
    leave_before(Exit::BREAKPOINT_INSTRUCTION);
  }
  ARMILLION_INLINE void undefined() { leave_before(Exit::UNDEFINED); }

  ARMILLION_INLINE std::uint64_t tpidr_el0() const { return context_.state.tpidr_el0; }
  ARMILLION_INLINE void set_tpidr_el0(std::uint64_t value) { context_.state.tpidr_el0 = value; }
  /// Instructions retired before this one.
  ARMILLION_INLINE std::uint64_t virtual_counter() const {
    return context_.retired_plus_budget - static_cast<std::uint64_t>(budget_) +
           static_cast<std::uint64_t>(op_ - run_start_);
  }
  /// Nothing to do: a write to decoded code already made it be decoded afresh.
  ARMILLION_INLINE void invalidate_instructions(std::uint64_t) {}

  ARMILLION_INLINE Next next() const { return next_; }
  /// Of a branch: its target, or its offset where it is relative.
  ARMILLION_INLINE std::uint64_t target() const { return target_; }

 private:
  ARMILLION_INLINE std::uint64_t* registers() { return reinterpret_cast<std::uint64_t*>(&context_); }

  ARMILLION_INLINE void leave_before(Exit exit) {
    context_.exit = exit;
    next_ = Next::LEAVE_BEFORE;
  }
  ARMILLION_INLINE void leave_after(Exit exit, std::uint32_t immediate) {
    context_.exit = exit;
    context_.immediate = immediate;
    next_ = Next::LEAVE_AFTER;
  }

  Context& context_;
  const MicroOp* op_;
  const MicroOp* run_start_;
  std::int64_t budget_;
  std::uint64_t target_ = 0;
  Next next_ = Next::SEQUENTIAL;
};

static_assert(isa::Machine<InterpreterMachine>);

}  // namespace armillion::engine
