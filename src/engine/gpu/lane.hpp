#pragma once

#include <cstdint>

#include "engine/gpu/lane_calls.hpp"
#include "engine/gpu/lane_memory.hpp"
#include "isa/flags.hpp"
#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"
#include "isa/operands.hpp"
#include "isa/vector.hpp"

namespace armillion::engine::gpu {

namespace detail {
template <std::uint32_t BYTES>
struct WordOf;
template <>
struct WordOf<1> {
  using Type = std::uint8_t;
};
template <>
struct WordOf<2> {
  using Type = std::uint16_t;
};
template <>
struct WordOf<4> {
  using Type = std::uint32_t;
};
template <>
struct WordOf<8> {
  using Type = std::uint64_t;
};
}  // namespace detail

/// The unsigned integer of BYTES bytes.
template <std::uint32_t BYTES>
using Word = typename detail::WordOf<BYTES>::Type;

/// How the instruction that ran hands over.
enum class Next : std::uint32_t {
  /// It did nothing: what it needs is left to the function for the same instruction.
  COLD,
  SEQUENTIAL,
  /// The same, but its operation has to be read: it was not kept at hand.
  SEQUENTIAL_ANEW,
  BRANCH_RELATIVE,
  BRANCH,
  /// It did nothing, and has to be executed again: another lane of the warp was in its way.
  AGAIN,
  /// On to the next instruction, whose operation may be out of date.
  FIND,
  // The instruction did not retire; it did and PC stays there; it did.
  STOP_BEFORE,
  STOP_AT,
  STOP_AFTER,
};

/// What a lane works on: everything that is not in memory lives in registers while its interpreter runs.
struct Lane {
  LaneMemory memory;
  /// General registers of this lane: one every WARP_LANES words.
  ARMILLION_SHARED std::uint64_t* registers;
  /// Its state's cells: one every `1 << memory.cell_shift` words.
  ARMILLION_GLOBAL std::uint64_t* state;

  /// The operation to be executed, and those of the code region that it is in: a branch to another one of them stays in
  /// it. The first stands for the instruction at `code_start`.
  std::uint32_t index;
  std::uint32_t first_index;
  std::uint32_t index_count;
  std::uint64_t code_start;

  /// N, Z, C and V, a byte each.
  std::uint32_t flags;
  std::uint32_t fpcr;
  std::uint32_t fpsr;

  /// What remains of the instructions that were granted at once (`LaneControl::slice`).
  std::uint32_t remaining;

  /// Of a branch: its target, or its offset where it is relative.
  std::uint64_t target;

  ARMILLION_INLINE std::uint64_t pc() const { return code_start + std::uint64_t{index - first_index} * 4; }
  ARMILLION_INLINE ARMILLION_GLOBAL std::uint64_t& cell(std::uint32_t number) const {
    return state[std::uint64_t{number} << memory.cell_shift];
  }
  /// Makes PC `pc`, with the operation there still to be found.
  ARMILLION_INLINE void move_to(std::uint64_t pc) { enter(without_tag(pc), FIND_INDEX, FIND_INDEX, 0); }
  ARMILLION_INLINE void enter(std::uint64_t start, std::uint32_t at, std::uint32_t first, std::uint32_t count) {
    index = at;
    first_index = first;
    index_count = count;
    code_start = start;
  }
};

/// Where a semantic function is part of: the interpreter's loop, which has no memory access but the simplest, or a
/// function of its own, which is kept small. An access that the loop cannot do ends the semantic function as a fault
/// would, with no register changed, and the other one executes the instruction from its start.
enum class Place : std::uint8_t { LOOP, FUNCTION };

/// The machine that the semantic functions see.
template <Place PLACE>
class LaneMachine {
 public:
  ARMILLION_INLINE explicit LaneMachine(Lane& lane) : lane_(lane) {}

  template <class T>
  ARMILLION_INLINE T read(isa::X source) const {
    return static_cast<T>(lane_.registers[source.slot * WARP_LANES]);
  }
  template <class T>
  ARMILLION_INLINE T read(isa::XOrSp source) const {
    return static_cast<T>(lane_.registers[source.slot * WARP_LANES]);
  }
  ARMILLION_INLINE void write(isa::XDestination destination, std::uint64_t value) {
    lane_.registers[destination.slot * WARP_LANES] = value;
  }
  ARMILLION_INLINE void write(isa::XOrSp destination, std::uint64_t value) {
    lane_.registers[destination.slot * WARP_LANES] = value;
  }

  ARMILLION_INLINE isa::Vector read(isa::V source) const {
    const std::uint32_t cell = VECTOR_CELLS + source.slot * 2u;
    return isa::Vector::from_parts(lane_.cell(cell), lane_.cell(cell + 1));
  }
  ARMILLION_INLINE void write(isa::V destination, isa::Vector value) {
    const std::uint32_t cell = VECTOR_CELLS + destination.slot * 2u;
    lane_.cell(cell) = value.low();
    lane_.cell(cell + 1) = value.high();
  }

  ARMILLION_INLINE isa::Flags flags() const {
    return {static_cast<std::uint8_t>(lane_.flags & 1), static_cast<std::uint8_t>(lane_.flags >> 8 & 1),
            static_cast<std::uint8_t>(lane_.flags >> 16 & 1), static_cast<std::uint8_t>(lane_.flags >> 24 & 1)};
  }
  ARMILLION_INLINE void set_flags(isa::Flags flags) {
    lane_.flags = std::uint32_t{flags.n} | std::uint32_t{flags.z} << 8 | std::uint32_t{flags.c} << 16 |
                  std::uint32_t{flags.v} << 24;
  }

  ARMILLION_INLINE std::uint32_t fpcr() {
    // What computes with floating-point numbers may call functions.
    next_ = Next::SEQUENTIAL_ANEW;
    return lane_.fpcr;
  }
  ARMILLION_INLINE std::uint32_t fpsr() const { return lane_.fpsr; }
  ARMILLION_INLINE void set_fpcr(std::uint32_t value) { lane_.fpcr = value; }
  ARMILLION_INLINE void set_fpsr(std::uint32_t value) { lane_.fpsr = value; }
  ARMILLION_INLINE void raise(std::uint32_t bits) {
    lane_.fpsr |= bits;
    next_ = Next::SEQUENTIAL_ANEW;
  }

  template <class T>
  ARMILLION_INLINE isa::Loaded<T> load(std::uint64_t address) {
    T value;
    if constexpr (PLACE == Place::LOOP && is_served_inline<T>()) {
      const TlbEntry entry = lane_.memory.entry_for(address);
      if (LaneMemory::may_read<alignment<T>()>(entry, address) && ends_in_page<T>(address)) [[likely]] {
        const std::uint64_t place = lane_.memory.locate(entry.unit, address);
        if constexpr (sizeof(T) <= CELL_BYTES) {
          const auto word = *target::global<const Word<sizeof(T)>>(place);
          __builtin_memcpy(&value, &word, sizeof value);
        } else {
          std::uint64_t cells[sizeof(T) / CELL_BYTES];
          const std::uint32_t distance = lane_.memory.cell_distance(entry.unit);
#pragma clang loop unroll(full)
          for (std::uint32_t i = 0; i < sizeof(T) / CELL_BYTES; ++i) {
            cells[i] = *target::global<const std::uint64_t>(place + std::uint64_t{i} * distance);
          }
          __builtin_memcpy(&value, cells, sizeof value);
        }
        return {true, value};
      }
    }
    if constexpr (PLACE == Place::LOOP) {
      next_ = Next::COLD;
      return {false, T{}};
    } else {
      alignas(8) unsigned char bytes[sizeof(T)];
      const bool ok = load_bytes(lane_.memory, address, sizeof(T), bytes);
      __builtin_memcpy(&value, bytes, sizeof value);
      if (!ok) next_ = after_failure();
      return {ok, value};
    }
  }

  template <class T>
  ARMILLION_INLINE bool store(std::uint64_t address, T value) {
    if constexpr (PLACE == Place::LOOP && is_served_inline<T>()) {
      const TlbEntry entry = lane_.memory.entry_for(address);
      if (LaneMemory::may_write<alignment<T>()>(entry, address) && ends_in_page<T>(address) &&
          !is_in_code_page(address)) [[likely]] {
        const std::uint64_t place = lane_.memory.locate(entry.unit, address);
        if constexpr (sizeof(T) <= CELL_BYTES) {
          Word<sizeof(T)> word;
          __builtin_memcpy(&word, &value, sizeof value);
          *target::global<Word<sizeof(T)>>(place) = word;
        } else {
          std::uint64_t cells[sizeof(T) / CELL_BYTES];
          __builtin_memcpy(cells, &value, sizeof value);
          const std::uint32_t distance = lane_.memory.cell_distance(entry.unit);
#pragma clang loop unroll(full)
          for (std::uint32_t i = 0; i < sizeof(T) / CELL_BYTES; ++i) {
            *target::global<std::uint64_t>(place + std::uint64_t{i} * distance) = cells[i];
          }
        }
        return true;
      }
    }
    if constexpr (PLACE == Place::LOOP) {
      next_ = Next::COLD;
      return false;
    } else {
      alignas(8) unsigned char bytes[sizeof(T)];
      __builtin_memcpy(bytes, &value, sizeof value);
      const bool ok = store_bytes(lane_.memory, address, sizeof(T), bytes);
      if (!ok) {
        next_ = after_failure();
      } else if (is_in_code_page(address) || is_in_code_page(address + (sizeof(T) - 1))) {
        next_ = Next::FIND;
      }
      return ok;
    }
  }

  ARMILLION_INLINE void alignment_fault(std::uint64_t address, std::uint32_t size, Access access) {
    ARMILLION_GLOBAL LaneControl& control = lane_.memory.control();
    control.fault.address = address;
    control.fault.size = size;
    control.fault.access = access;
    control.fault.kind = FaultKind::ALIGNMENT;
    stop(StopReason::MEMORY_FAULT, Next::STOP_BEFORE);
  }

  ARMILLION_INLINE void set_exclusive(std::uint64_t address, std::uint32_t size) {
    lane_.cell(EXCLUSIVE_ADDRESS_CELL) = address;
    lane_.cell(FPSR_AND_EXCLUSIVE_SIZE_CELL) = std::uint64_t{size} << 32;
  }
  ARMILLION_INLINE bool exclusive_matches(std::uint64_t address, std::uint32_t size) const {
    // The top byte of an address does not tell two locations apart.
    return lane_.cell(FPSR_AND_EXCLUSIVE_SIZE_CELL) >> 32 == size &&
           (lane_.cell(EXCLUSIVE_ADDRESS_CELL) ^ address) << 8 == 0;
  }

  ARMILLION_INLINE std::uint64_t pc() const { return lane_.pc(); }
  ARMILLION_INLINE void branch(std::uint64_t target) {
    lane_.target = target;
    next_ = Next::BRANCH;
  }
  ARMILLION_INLINE void branch_relative(std::int64_t offset) {
    lane_.target = static_cast<std::uint64_t>(offset);
    next_ = Next::BRANCH_RELATIVE;
  }

  ARMILLION_INLINE void supervisor_call(std::uint32_t immediate) {
    if constexpr (PLACE == Place::LOOP) {
      next_ = Next::COLD;
    } else {
      switch (serve_call({lane_.memory, lane_.registers, virtual_counter()})) {
        // What it wrote may be code.
        case CallOutcome::SERVED: next_ = Next::FIND; break;
        case CallOutcome::EXITED: next_ = Next::STOP_AFTER; break;
        case CallOutcome::FOR_HOST: stop(StopReason::SYSCALL, Next::STOP_AFTER, immediate); break;
        case CallOutcome::AGAIN: next_ = after_failure(); break;
      }
    }
  }
  ARMILLION_INLINE void halt(std::uint32_t immediate) { stop(StopReason::HALT, Next::STOP_AT, immediate); }
  ARMILLION_INLINE void breakpoint(std::uint32_t immediate) {
    stop(StopReason::BREAKPOINT, Next::STOP_BEFORE, immediate);
  }
  ARMILLION_INLINE void undefined() { stop(StopReason::UNDEFINED_INSTRUCTION, Next::STOP_BEFORE); }

  ARMILLION_INLINE std::uint64_t tpidr_el0() const { return lane_.cell(TPIDR_CELL); }
  ARMILLION_INLINE void set_tpidr_el0(std::uint64_t value) { lane_.cell(TPIDR_CELL) = value; }
  /// Instructions retired before this one.
  ARMILLION_INLINE std::uint64_t virtual_counter() const {
    const ARMILLION_GLOBAL LaneControl& control = lane_.memory.control();
    return control.retired + (control.slice - lane_.remaining);
  }
  /// Nothing to do: a store that may have changed decoded code already made it be looked at.
  ARMILLION_INLINE void invalidate_instructions(std::uint64_t) {}

  ARMILLION_INLINE Next next() const { return next_; }

 private:
  /// Sizes that are a word or consist of whole cells.
  template <class T>
  static constexpr bool is_served_inline() {
    return sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) % CELL_BYTES == 0;
  }
  /// What an address must be a multiple of for an access to stay in one cell, or to consist of whole ones.
  template <class T>
  static constexpr std::uint32_t alignment() {
    return sizeof(T) < CELL_BYTES ? sizeof(T) : CELL_BYTES;
  }
  template <class T>
  ARMILLION_INLINE static bool ends_in_page(std::uint64_t address) {
    return sizeof(T) <= CELL_BYTES || address % PAGE_BYTES <= PAGE_BYTES - sizeof(T);
  }
  /// Whether the byte may be of the code that the lane is in, which is a single page where it can be written. Pages
  /// that are 2^44 bytes apart are not told apart: what seems to be code is only looked up again.
  ARMILLION_INLINE bool is_in_code_page(std::uint64_t address) const {
    return static_cast<std::uint32_t>(address / PAGE_BYTES) ==
           static_cast<std::uint32_t>(lane_.code_start / PAGE_BYTES);
  }

  ARMILLION_INLINE Next after_failure() const {
    const bool is_running = lane_.memory.control().stop == static_cast<std::uint8_t>(StopReason::RUNNING);
    return is_running ? Next::AGAIN : Next::STOP_BEFORE;
  }

  ARMILLION_INLINE void stop(StopReason reason, Next next, std::uint32_t immediate = 0) {
    ARMILLION_GLOBAL LaneControl& control = lane_.memory.control();
    control.stop = static_cast<std::uint8_t>(reason);
    control.immediate = immediate;
    next_ = next;
  }

  Lane& lane_;
  Next next_ = Next::SEQUENTIAL;
};

static_assert(isa::Machine<LaneMachine<Place::LOOP>> && isa::Machine<LaneMachine<Place::FUNCTION>>);

}  // namespace armillion::engine::gpu
