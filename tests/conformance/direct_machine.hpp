#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "armillion/state.hpp"
#include "armillion/stop_reason.hpp"
#include "guest/protocol.h"
#include "isa/machine_concept.hpp"

namespace armillion::conformance {

/// Why an instruction did not simply go on to the next one.
enum class Outcome : std::uint8_t {
  COMPLETED,
  BRANCHED,
  MEMORY_FAULT,
  UNDEFINED,
  SUPERVISOR_CALL,
  HALT,
  BREAKPOINT,
};

/// The simplest machine that semantic functions run on: one instruction at a time over a State and the test window of
/// the guest protocol. What the window does not contain faults.
class DirectMachine {
 public:
  explicit DirectMachine(const State& state) : state_(state), pc_(state.pc) {
    state_.pc = 0;
    for (std::uint64_t i = 0; i < WINDOW_READ_ONLY_BYTES; ++i) {
      const std::uint64_t offset = WINDOW_WRITABLE_BYTES + i;
      memory_[offset] = std::byte{read_only_byte(WINDOW_ADDRESS + offset)};
    }
  }

  /// Starts over with another state; memory stays as it is.
  void reset(const State& state) {
    state_ = state;
    pc_ = state.pc;
    outcome_ = Outcome::COMPLETED;
    access_size_ = 0;
    exclusive_test_size_ = 0;
  }

  /// The state with `pc` being where execution goes on: at the instruction itself after a fault.
  State state() const {
    State result = state_;
    const bool branched = outcome_ == Outcome::BRANCHED;
    result.pc = branched ? target_ : outcome_ == Outcome::COMPLETED ? pc_ + 4 : pc_;
    return result;
  }

  Outcome outcome() const { return outcome_; }
  const MemoryFault& fault() const { return fault_; }

  /// The last access of memory, as the instruction computed its address; size 0 where there was none.
  std::uint64_t access_address() const { return access_address_; }
  std::uint32_t access_size() const { return access_size_; }
  /// The range whose exclusive reservation the instruction asked about; size 0 where it did not.
  std::uint64_t exclusive_test_address() const { return exclusive_test_address_; }
  std::uint32_t exclusive_test_size() const { return exclusive_test_size_; }

  /// The bytes of the window that may be written.
  std::byte* memory() { return memory_; }

  // What machine_concept.hpp asks for.

  template <class T>
  T read(isa::X x) const {
    return static_cast<T>(*register_at(x.slot));
  }
  template <class T>
  T read(isa::XOrSp x) const {
    return static_cast<T>(*register_at(x.slot));
  }
  // A template, because `unsigned long` and `unsigned long long` both have 64 bits.
  template <std::unsigned_integral T>
    requires(sizeof(T) == 4 || sizeof(T) == 8)
  void write(isa::XDestination d, T value) {
    *register_at(d.slot) = value;
  }
  template <std::unsigned_integral T>
    requires(sizeof(T) == 4 || sizeof(T) == 8)
  void write(isa::XOrSp d, T value) {
    *register_at(d.slot) = value;
  }

  isa::Vector read(isa::V v) const {
    return isa::Vector::from_parts(state_.vectors[v.slot].low, state_.vectors[v.slot].high);
  }
  void write(isa::V v, isa::Vector value) { state_.vectors[v.slot] = {value.low(), value.high()}; }

  isa::Flags flags() const { return {state_.n, state_.z, state_.c, state_.v}; }
  void set_flags(isa::Flags flags) {
    state_.n = flags.n;
    state_.z = flags.z;
    state_.c = flags.c;
    state_.v = flags.v;
  }

  std::uint32_t fpcr() const { return state_.fpcr; }
  std::uint32_t fpsr() const { return state_.fpsr; }
  void set_fpcr(std::uint32_t value) { state_.fpcr = value; }
  void set_fpsr(std::uint32_t value) { state_.fpsr = value; }
  void raise(std::uint32_t bits) { state_.fpsr |= bits; }

  template <class T>
  isa::Loaded<T> load(std::uint64_t address) {
    isa::Loaded<T> result{};
    if (!may_access(address, sizeof(T), Access::READ)) return result;
    std::memcpy(&result.value, memory_ + (untagged(address) - WINDOW_ADDRESS), sizeof(T));
    result.ok = true;
    return result;
  }
  template <class T>
  bool store(std::uint64_t address, const T& value) {
    if (!may_access(address, sizeof(T), Access::WRITE)) return false;
    std::memcpy(memory_ + (untagged(address) - WINDOW_ADDRESS), &value, sizeof(T));
    return true;
  }
  void alignment_fault(std::uint64_t address, std::uint32_t size, Access access) {
    note_access(address, size);
    record_fault(untagged(address), size, access, FaultKind::ALIGNMENT);
  }

  void set_exclusive(std::uint64_t address, std::uint32_t size) {
    state_.exclusive_address = address;
    state_.exclusive_size = size;
  }
  bool exclusive_matches(std::uint64_t address, std::uint32_t size) {
    exclusive_test_address_ = address;
    exclusive_test_size_ = size;
    return state_.exclusive_size == size && untagged(state_.exclusive_address) == untagged(address);
  }

  std::uint64_t pc() const { return pc_; }
  void branch(std::uint64_t target) {
    target_ = untagged(target);
    outcome_ = Outcome::BRANCHED;
  }
  void branch_relative(std::int64_t offset) { branch(pc_ + static_cast<std::uint64_t>(offset)); }

  void supervisor_call(std::uint32_t) { outcome_ = Outcome::SUPERVISOR_CALL; }
  void halt(std::uint32_t) { outcome_ = Outcome::HALT; }
  void breakpoint(std::uint32_t) { outcome_ = Outcome::BREAKPOINT; }
  void undefined() { outcome_ = Outcome::UNDEFINED; }

  std::uint64_t tpidr_el0() const { return state_.tpidr_el0; }
  void set_tpidr_el0(std::uint64_t value) { state_.tpidr_el0 = value; }
  std::uint64_t virtual_counter() const { return 0; }
  void invalidate_instructions(std::uint64_t) {}

 private:
  // Top-byte-ignore as Linux sets it for user space (D8.8.1, AArch64.BranchAddr): bits 63:56 become copies of bit 55.
  static constexpr std::uint64_t untagged(std::uint64_t address) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(address << 8) >> 8);
  }

  std::uint64_t* register_at(isa::Slot slot) {
    static_assert(offsetof(State, pc) == isa::SINK_SLOT * sizeof(std::uint64_t));
    return reinterpret_cast<std::uint64_t*>(&state_) + slot;
  }
  const std::uint64_t* register_at(isa::Slot slot) const {
    return reinterpret_cast<const std::uint64_t*>(&state_) + slot;
  }

  void note_access(std::uint64_t address, std::uint32_t size) {
    access_address_ = address;
    access_size_ = size;
  }

  void record_fault(std::uint64_t address, std::uint32_t size, Access access, FaultKind kind) {
    fault_ = {address, size, access, kind};
    outcome_ = Outcome::MEMORY_FAULT;
  }

  bool may_access(std::uint64_t address, std::uint32_t size, Access access) {
    note_access(address, size);
    const std::uint64_t first = untagged(address);
    const std::uint64_t offset = first - WINDOW_ADDRESS;
    const std::uint64_t end = offset + size;
    constexpr std::uint64_t MAPPED = WINDOW_WRITABLE_BYTES + WINDOW_READ_ONLY_BYTES;
    const std::uint64_t allowed = access == Access::WRITE ? WINDOW_WRITABLE_BYTES : MAPPED;
    if (offset < allowed && end <= allowed) return true;
    const std::uint64_t obstacle = offset < allowed ? allowed : offset;
    record_fault(WINDOW_ADDRESS + obstacle, size, access,
                 obstacle < MAPPED ? FaultKind::PERMISSION : FaultKind::UNMAPPED);
    return false;
  }

  State state_;
  std::uint64_t pc_;
  std::uint64_t target_ = 0;
  Outcome outcome_ = Outcome::COMPLETED;
  MemoryFault fault_;
  std::uint64_t access_address_ = 0;
  std::uint32_t access_size_ = 0;
  std::uint64_t exclusive_test_address_ = 0;
  std::uint32_t exclusive_test_size_ = 0;
  alignas(64) std::byte memory_[WINDOW_WRITABLE_BYTES + WINDOW_READ_ONLY_BYTES] = {};
};

static_assert(isa::Machine<DirectMachine>);

}  // namespace armillion::conformance
