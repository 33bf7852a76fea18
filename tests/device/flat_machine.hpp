#pragma once

#include <cstdint>

#include "armillion/state.hpp"
#include "armillion/stop_reason.hpp"
#include "isa/machine_concept.hpp"

namespace armillion::test {

/// A machine over flat memory that needs nothing but the language: what a device kernel could use as it is.
struct FlatMachine {
  State* state;
  unsigned char* memory;
  std::uint64_t memory_bytes;
  std::uint64_t next_pc;
  StopReason stop;

  ARMILLION_INLINE std::uint64_t* registers() { return reinterpret_cast<std::uint64_t*>(state); }

  template <class T>
  ARMILLION_INLINE T read(isa::X x) {
    return static_cast<T>(registers()[x.slot]);
  }
  template <class T>
  ARMILLION_INLINE T read(isa::XOrSp x) {
    return static_cast<T>(registers()[x.slot]);
  }
  ARMILLION_INLINE void write(isa::XDestination d, std::uint64_t value) { registers()[d.slot] = value; }
  ARMILLION_INLINE void write(isa::XOrSp d, std::uint64_t value) { registers()[d.slot] = value; }
  ARMILLION_INLINE isa::Vector read(isa::V v) {
    return isa::Vector::from_parts(state->vectors[v.slot].low, state->vectors[v.slot].high);
  }
  ARMILLION_INLINE void write(isa::V v, isa::Vector value) { state->vectors[v.slot] = {value.low(), value.high()}; }
  ARMILLION_INLINE isa::Flags flags() { return {state->n, state->z, state->c, state->v}; }
  ARMILLION_INLINE void set_flags(isa::Flags flags) {
    state->n = flags.n;
    state->z = flags.z;
    state->c = flags.c;
    state->v = flags.v;
  }
  ARMILLION_INLINE std::uint32_t fpcr() { return state->fpcr; }
  ARMILLION_INLINE std::uint32_t fpsr() { return state->fpsr; }
  ARMILLION_INLINE void set_fpcr(std::uint32_t value) { state->fpcr = value; }
  ARMILLION_INLINE void set_fpsr(std::uint32_t value) { state->fpsr = value; }
  ARMILLION_INLINE void raise(std::uint32_t bits) { state->fpsr |= bits; }

  ARMILLION_INLINE bool is_inside(std::uint64_t address, std::uint64_t size) {
    if (address <= memory_bytes && size <= memory_bytes - address) return true;
    stop = StopReason::MEMORY_FAULT;
    return false;
  }
  template <class T>
  ARMILLION_INLINE isa::Loaded<T> load(std::uint64_t address) {
    isa::Loaded<T> loaded{};
    if (!is_inside(address, sizeof(T))) return loaded;
    __builtin_memcpy(&loaded.value, memory + address, sizeof(T));
    loaded.ok = true;
    return loaded;
  }
  template <class T>
  ARMILLION_INLINE bool store(std::uint64_t address, T value) {
    if (!is_inside(address, sizeof(T))) return false;
    __builtin_memcpy(memory + address, &value, sizeof(T));
    return true;
  }
  ARMILLION_INLINE void alignment_fault(std::uint64_t, std::uint32_t, Access) { stop = StopReason::MEMORY_FAULT; }
  ARMILLION_INLINE void set_exclusive(std::uint64_t address, std::uint32_t size) {
    state->exclusive_address = address;
    state->exclusive_size = size;
  }
  ARMILLION_INLINE bool exclusive_matches(std::uint64_t address, std::uint32_t size) {
    return state->exclusive_size == size && state->exclusive_address == address;
  }
  ARMILLION_INLINE std::uint64_t pc() { return state->pc; }
  ARMILLION_INLINE void branch(std::uint64_t target) { next_pc = target; }
  ARMILLION_INLINE void branch_relative(std::int64_t offset) { next_pc = pc() + static_cast<std::uint64_t>(offset); }
  ARMILLION_INLINE void supervisor_call(std::uint32_t) { stop = StopReason::SYSCALL; }
  ARMILLION_INLINE void halt(std::uint32_t) { stop = StopReason::HALT; }
  ARMILLION_INLINE void breakpoint(std::uint32_t) { stop = StopReason::BREAKPOINT; }
  ARMILLION_INLINE void undefined() { stop = StopReason::UNDEFINED_INSTRUCTION; }
  ARMILLION_INLINE std::uint64_t tpidr_el0() { return state->tpidr_el0; }
  ARMILLION_INLINE void set_tpidr_el0(std::uint64_t value) { state->tpidr_el0 = value; }
  ARMILLION_INLINE std::uint64_t virtual_counter() { return 0; }
  ARMILLION_INLINE void invalidate_instructions(std::uint64_t) {}
};

static_assert(isa::Machine<FlatMachine>);

}  // namespace armillion::test
