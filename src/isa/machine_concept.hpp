#pragma once

#include <concepts>
#include <cstdint>

#include "armillion/stop_reason.hpp"
#include "isa/flags.hpp"
#include "isa/macros.hpp"
#include "isa/operands.hpp"
#include "isa/vector.hpp"

// What a semantic function may ask of the machine that runs it. Each engine has its own machine type; the functions
// are templates over it. Nothing here allocates, throws or calls the host.
namespace armillion::isa {

/// A value that was read from memory, or nothing where the access faulted. After a fault the machine has recorded the
/// stop and the semantic function returns without having changed any state.
template <class T>
struct Loaded {
  bool ok;
  T value;

  ARMILLION_INLINE constexpr explicit operator bool() const { return ok; }
  ARMILLION_INLINE constexpr const T& operator*() const { return value; }
};

template <class M>
concept Machine = requires(M m, X x, XDestination d, XOrSp s, V v, Vector vector, Flags flags, std::uint64_t u64,
                           std::uint32_t u32, std::int64_t i64, Access access) {
  // General registers. `read<T>` gives the low bits; writing a uint32_t clears the upper half.
  { m.template read<std::uint64_t>(x) } -> std::same_as<std::uint64_t>;
  { m.template read<std::uint32_t>(x) } -> std::same_as<std::uint32_t>;
  { m.template read<std::uint64_t>(s) } -> std::same_as<std::uint64_t>;
  m.write(d, u64);
  m.write(d, u32);
  m.write(s, u64);

  // SIMD and floating-point registers, always all 128 bits.
  { m.read(v) } -> std::same_as<Vector>;
  m.write(v, vector);

  // The condition flags.
  { m.flags() } -> std::same_as<Flags>;
  m.set_flags(flags);

  // Floating-point control and status, and the cumulative exception bits that an operation adds to FPSR.
  { m.fpcr() } -> std::same_as<std::uint32_t>;
  { m.fpsr() } -> std::same_as<std::uint32_t>;
  m.set_fpcr(u32);
  m.set_fpsr(u32);
  m.raise(u32);

  // Memory: any trivially copyable T of up to 64 bytes, at any alignment, little-endian. Either all of an access
  // happens or none of it. An instruction makes at most one load and one store.
  { m.template load<std::uint64_t>(u64) } -> std::same_as<Loaded<std::uint64_t>>;
  { m.template store<std::uint64_t>(u64, u64) } -> std::same_as<bool>;
  // Stops with an alignment fault of such an access; the semantic function returns after it. `size` in bytes.
  m.alignment_fault(u64, u32, access);

  // The local exclusive monitor: `size` in bytes, 0 where it is open.
  m.set_exclusive(u64, u32);
  { m.exclusive_matches(u64, u32) } -> std::same_as<bool>;

  // Control. `pc` is the address of this instruction. A branch takes effect when the function returns.
  { m.pc() } -> std::same_as<std::uint64_t>;
  m.branch(u64);
  m.branch_relative(i64);

  // Stops: SVC, HLT and BRK with their immediates, and words or operations that are not defined at EL0.
  m.supervisor_call(u32);
  m.halt(u32);
  m.breakpoint(u32);
  m.undefined();

  // System registers that are more than a field of the state.
  { m.tpidr_el0() } -> std::same_as<std::uint64_t>;
  m.set_tpidr_el0(u64);
  { m.virtual_counter() } -> std::same_as<std::uint64_t>;

  // IC IVAU: code at this address may have changed.
  m.invalidate_instructions(u64);
};

}  // namespace armillion::isa
