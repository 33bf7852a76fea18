#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/macros.hpp"
#include "isa/operands.hpp"

namespace armillion::isa {

/// The condition flags, each 0 or 1.
struct Flags {
  std::uint8_t n;
  std::uint8_t z;
  std::uint8_t c;
  std::uint8_t v;
};

template <class T>
struct ResultAndFlags {
  T result;
  Flags flags;
};

/// a + b + carry and the flags of that sum (shared/functions, AddWithCarry). T is uint32_t or uint64_t.
template <class T>
ARMILLION_INLINE constexpr ResultAndFlags<T> add_with_carry(T a, T b, bool carry) {
  T partial = 0;
  T result = 0;
  const bool carry1 = __builtin_add_overflow(a, b, &partial);
  const bool carry2 = __builtin_add_overflow(partial, static_cast<T>(carry), &result);
  constexpr int SIGN = sizeof(T) * 8 - 1;
  const T overflow = static_cast<T>(~(a ^ b) & (a ^ result)) >> SIGN;
  return {result,
          {static_cast<std::uint8_t>(result >> SIGN), static_cast<std::uint8_t>(result == 0),
           static_cast<std::uint8_t>(carry1 | carry2), static_cast<std::uint8_t>(overflow)}};
}

/// a - b and the flags of that difference: AddWithCarry(a, NOT(b), 1), so that C means "no borrow".
template <class T>
ARMILLION_INLINE constexpr ResultAndFlags<T> subtract(T a, T b) {
  using SignedT = std::make_signed_t<T>;
  const T result = a - b;
  SignedT ignored = 0;
  const bool overflow = __builtin_sub_overflow(static_cast<SignedT>(a), static_cast<SignedT>(b), &ignored);
  return {result,
          {static_cast<std::uint8_t>(static_cast<SignedT>(result) < 0), static_cast<std::uint8_t>(a == b),
           static_cast<std::uint8_t>(a >= b), static_cast<std::uint8_t>(overflow)}};
}

/// The flags of a logical operation: N and Z of the result, C and V clear.
template <class T>
ARMILLION_INLINE constexpr Flags logical_flags(T result) {
  return {static_cast<std::uint8_t>(result >> (sizeof(T) * 8 - 1)), static_cast<std::uint8_t>(result == 0), 0, 0};
}

/// The flags from the four bits of an nzcv field.
ARMILLION_INLINE constexpr Flags flags_from_field(std::uint32_t nzcv) {
  return {static_cast<std::uint8_t>(nzcv >> 3 & 1), static_cast<std::uint8_t>(nzcv >> 2 & 1),
          static_cast<std::uint8_t>(nzcv >> 1 & 1), static_cast<std::uint8_t>(nzcv & 1)};
}

/// Whether `condition` holds for `flags` (shared/functions, ConditionHolds).
ARMILLION_INLINE constexpr bool condition_holds(Condition condition, Flags flags) {
  bool result = true;
  switch (condition.value >> 1) {
    case 0: result = flags.z; break;
    case 1: result = flags.c; break;
    case 2: result = flags.n; break;
    case 3: result = flags.v; break;
    case 4: result = flags.c && !flags.z; break;
    case 5: result = flags.n == flags.v; break;
    case 6: result = flags.n == flags.v && !flags.z; break;
    default: return true;
  }
  return (condition.value & 1) ? !result : result;
}

/// One of two values that are both at hand. Guests choose on data, so this asks for a conditional move and no branch.
template <class T>
ARMILLION_INLINE constexpr T select(bool chooses_first, T first, T second) {
  return __builtin_unpredictable(chooses_first) ? first : second;
}

}  // namespace armillion::isa
