#pragma once

#include <cstddef>
#include <cstdint>

namespace armillion {

/// One 128-bit SIMD and floating-point register.
struct alignas(16) VectorRegister {
  /// Bits 63 to 0.
  std::uint64_t low = 0;
  /// Bits 127 to 64.
  std::uint64_t high = 0;

  friend bool operator==(const VectorRegister&, const VectorRegister&) = default;
};

/// Everything that user-level code can see of a processor element, as one plain struct with the same layout
/// on every host and device: copied, compared and hashed as bytes.
struct State {
  /// X0 to X30.
  std::uint64_t x[31] = {};
  /// The stack pointer.
  std::uint64_t sp = 0;
  /// Always 0: what register number 31 reads as where it means ZR. It stands here so that an engine can index
  /// X, SP and ZR alike (see `isa/operands.hpp`).
  std::uint64_t zero = 0;
  /// The address of the next instruction. While an engine runs, this word also takes what the guest writes to ZR; it is
  /// the PC whenever the host looks.
  std::uint64_t pc = 0;
  /// Condition flag Negative, 0 or 1.
  std::uint8_t n = 0;
  /// Condition flag Zero, 0 or 1.
  std::uint8_t z = 0;
  /// Condition flag Carry, 0 or 1.
  std::uint8_t c = 0;
  /// Condition flag Overflow, 0 or 1.
  std::uint8_t v = 0;
  /// How floating-point instructions round and treat NaNs and subnormal numbers.
  std::uint32_t fpcr = 0;
  /// Cumulative floating-point exceptions, and saturation (QC).
  std::uint32_t fpsr = 0;
  /// Size in bytes of the access that the local exclusive monitor holds, 0 where it is open.
  std::uint32_t exclusive_size = 0;
  /// Where that access is.
  std::uint64_t exclusive_address = 0;
  /// The thread pointer.
  std::uint64_t tpidr_el0 = 0;
  /// V0 to V31.
  VectorRegister vectors[32] = {};

  /// The condition flags as the NZCV system register shows them: N in bit 31, Z in 30, C in 29, V in 28.
  constexpr std::uint32_t nzcv() const {
    return std::uint32_t{n} << 31 | std::uint32_t{z} << 30 | std::uint32_t{c} << 29 | std::uint32_t{v} << 28;
  }
  /// Sets the flags from such a word; all other bits are ignored.
  constexpr void set_nzcv(std::uint32_t value) {
    n = static_cast<std::uint8_t>(value >> 31 & 1);
    z = static_cast<std::uint8_t>(value >> 30 & 1);
    c = static_cast<std::uint8_t>(value >> 29 & 1);
    v = static_cast<std::uint8_t>(value >> 28 & 1);
  }

  friend bool operator==(const State&, const State&) = default;
};

static_assert(sizeof(State) == 816);
static_assert(offsetof(State, sp) == 31 * 8 && offsetof(State, zero) == 32 * 8 && offsetof(State, pc) == 33 * 8);
static_assert(offsetof(State, vectors) == 304);

}  // namespace armillion
