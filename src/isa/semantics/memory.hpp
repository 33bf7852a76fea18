#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "isa/semantics/common.hpp"

// What the sections of loads and stores share. The functions that access memory return false where the access faulted;
// nothing of the machine's state has changed then.
namespace armillion::isa::semantics {

/// Two neighbours in memory, which a pair instruction accesses at once.
template <class T>
struct Pair {
  T first;
  T second;
};

template <class T, class M>
ARMILLION_INLINE bool load_zero_extended(M& m, std::uint64_t address, XDestination t) {
  static_assert(std::is_unsigned_v<T>);
  const Loaded<T> loaded = m.template load<T>(address);
  if (!loaded) return false;
  m.write(t, static_cast<std::uint64_t>(*loaded));
  return true;
}

template <class T, class Register = std::uint64_t, class M>
ARMILLION_INLINE bool load_sign_extended(M& m, std::uint64_t address, XDestination t) {
  static_assert(std::is_signed_v<T>);
  const Loaded<T> loaded = m.template load<T>(address);
  if (!loaded) return false;
  m.write(t, static_cast<Register>(*loaded));
  return true;
}

/// The same for the instructions that extend to 32 bits, which clears the upper half, where `is_word` is set.
template <class T, class M>
ARMILLION_INLINE bool load_sign_extended(M& m, Flag is_word, std::uint64_t address, XDestination t) {
  return by_width(!is_word, [&]<class Register> { return load_sign_extended<T, Register>(m, address, t); });
}

template <class T, class M>
ARMILLION_INLINE bool store_low_bits(M& m, std::uint64_t address, X t) {
  return m.template store<T>(address, m.template read<T>(t));
}

/// Calls `body.template operator()<T>()` with T the type of a SIMD and floating-point register of 8 << size bits: an
/// unsigned integer, or Vector for 128 bits (size 4).
template <class Body>
ARMILLION_INLINE auto by_vector_register_size(std::uint32_t size, Body&& body) {
  switch (size) {
    case 0: [[clang::always_inline]] return body.template operator()<std::uint8_t>();
    case 1: [[clang::always_inline]] return body.template operator()<std::uint16_t>();
    case 2: [[clang::always_inline]] return body.template operator()<std::uint32_t>();
    case 3: [[clang::always_inline]] return body.template operator()<std::uint64_t>();
    case 4: [[clang::always_inline]] return body.template operator()<Vector>();
    default: std::unreachable();  // reserved
  }
}

/// The low bits of a vector register as a T, one of the types above.
template <class T>
ARMILLION_INLINE T low_part(Vector value) {
  if constexpr (std::same_as<T, Vector>) {
    return value;
  } else {
    return value.template get<T>(0);
  }
}

/// What a vector register holds after a T, one of the types above, was loaded into it.
template <class T>
ARMILLION_INLINE Vector zero_extended(T value) {
  if constexpr (std::same_as<T, Vector>) {
    return value;
  } else {
    return Vector::from_parts(value, 0);
  }
}

template <class T, class M>
ARMILLION_INLINE bool load_vector_register(M& m, std::uint64_t address, V t) {
  const Loaded<T> loaded = m.template load<T>(address);
  if (!loaded) return false;
  m.write(t, zero_extended(*loaded));
  return true;
}

template <class T, class M>
ARMILLION_INLINE bool store_vector_register(M& m, std::uint64_t address, V t) {
  return m.template store<T>(address, low_part<T>(m.read(t)));
}

template <class M>
ARMILLION_INLINE std::uint64_t address_at(M& m, XOrSp base, std::int64_t offset) {
  return m.template read<std::uint64_t>(base) + static_cast<std::uint64_t>(offset);
}

/// The addressing modes with write-back: `[n, #offset]!` where `pre_index` is set, `[n], #offset` where not. The base
/// register is written last: where it is also the register loaded, which the manual leaves open, write-back wins, as in
/// qemu. `access(address)` becomes part of the caller, so that what is constant there is constant in it.
template <class M, class Access>
ARMILLION_INLINE void indexed(M& m, Flag pre_index, XOrSp n, std::int64_t offset, Access access) {
  const std::uint64_t base = m.template read<std::uint64_t>(n);
  const std::uint64_t moved = base + static_cast<std::uint64_t>(offset);
  bool accessed = false;
  [[clang::always_inline]] accessed = access(pre_index ? moved : base);
  if (accessed) m.write(n, moved);
}

/// Exclusive, ordered and atomic accesses must be aligned to their size, as FEAT_LSE2 is not implemented (B2.8.2).
/// False after an alignment fault, which tells what the access would have done; an atomic one reads first.
template <class M>
ARMILLION_INLINE bool require_alignment(M& m, std::uint64_t address, std::uint32_t size, Access access) {
  if ((address & (size - 1)) == 0) [[likely]]
    return true;
  m.alignment_fault(address, size, access);
  return false;
}

}  // namespace armillion::isa::semantics
