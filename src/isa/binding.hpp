#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "isa/macros.hpp"
#include "isa/micro_op.hpp"
#include "isa/operands.hpp"
#include "isa/pattern.hpp"

// Binds a row of the table to its semantic function: parameter i of the function is field i of the pattern, in order
// of first appearance. A function that does not fit its row does not compile.
namespace armillion::isa {

template <class... Parameters>
struct ParameterList {
  static constexpr int COUNT = sizeof...(Parameters);
};

namespace detail {
template <class Machine, class... Parameters>
ParameterList<Parameters...> parameters_of(void (*)(Machine&, Parameters...));

struct AnyMachine {};
}  // namespace detail

/// `Operation` is one of the types that `operations.hpp` makes: it names a row and calls its semantic function.
template <class Operation>
struct Binding {
  using Row = typename Operation::Row;
  using Parameters = decltype(detail::parameters_of(Operation::template function<detail::AnyMachine>()));
  static constexpr Pattern PATTERN = Row::PATTERN;
  static constexpr std::uint32_t STATIC_BITS = PATTERN.static_bits();
  /// How many handlers the row has: one for each value of its static fields.
  static constexpr std::uint32_t VARIANT_COUNT = 1u << __builtin_popcount(STATIC_BITS);

  static_assert(Parameters::COUNT == PATTERN.field_count(),
                "the semantic function must take one parameter for each field of the row's pattern");

  static constexpr std::uint32_t variant_of(std::uint32_t word) { return gather_bits<STATIC_BITS>(word); }

  /// Writes the operands of `word` into `op`; its other members stay as they are.
  static constexpr void pack(std::uint32_t word, MicroOp& op) {
    op.immediate = 0;
    pack_all(word, op, Parameters{}, std::make_integer_sequence<int, Parameters::COUNT>{});
  }

  /// Runs the instruction on `machine`; VARIANT holds the values of the static fields.
  template <std::uint32_t VARIANT, class Machine>
  ARMILLION_INLINE static void execute(Machine& machine, const MicroOp& op) {
    execute_all<VARIANT>(machine, op, Parameters{}, std::make_integer_sequence<int, Parameters::COUNT>{});
  }

 private:
  template <int INDEX>
  static constexpr std::uint32_t FIELD_BITS = PATTERN.bits_of(PATTERN.letter(INDEX));

  template <int INDEX>
  static constexpr bool IS_STATIC = Pattern::is_upper(PATTERN.letter(INDEX));

  // Where operand INDEX stands: the register byte, or the first bit of the immediate.
  template <int INDEX, class... P>
  static constexpr int position(ParameterList<P...>) {
    int registers = 0;
    int bits = 0;
    int i = 0;
    bool is_register = false;
    (
        [&] {
          if (i == INDEX) is_register = RegisterOperand<P>;
          if (i < INDEX && !Pattern::is_upper(PATTERN.letter(i))) {
            if constexpr (RegisterOperand<P>) {
              ++registers;
            } else {
              bits += P::STORED_BITS;
            }
          }
          ++i;
        }(),
        ...);
    return is_register ? registers : bits;
  }

  template <int INDEX, class P>
  static constexpr void check() {
    static_assert(Operand<P>, "a parameter of a semantic function must be an operand type");
    static_assert(P::WIDTH == PATTERN.width_of(PATTERN.letter(INDEX)),
                  "the parameter is not as wide as the field of the row's pattern");
    if constexpr (!IS_STATIC<INDEX>) {
      if constexpr (RegisterOperand<P>) {
        static_assert(position<INDEX>(Parameters{}) < 4, "a micro-operation has room for four registers");
      } else {
        static_assert(position<INDEX>(Parameters{}) + P::STORED_BITS <= 64, "the immediates do not fit in 64 bits");
      }
    }
  }

  template <class... P, int... INDEX>
  static constexpr void pack_all(std::uint32_t word, MicroOp& op, ParameterList<P...>,
                                 std::integer_sequence<int, INDEX...>) {
    (pack_one<INDEX, P>(word, op), ...);
  }

  template <int INDEX, class P>
  static constexpr void pack_one(std::uint32_t word, MicroOp& op) {
    check<INDEX, P>();
    if constexpr (!IS_STATIC<INDEX>) {
      const P operand = P::from_field(gather_bits<FIELD_BITS<INDEX>>(word));
      constexpr int at = position<INDEX>(Parameters{});
      if constexpr (RegisterOperand<P>) {
        op.registers[at] = operand.slot;
      } else if constexpr (P::STORED_BITS == 64) {
        op.immediate = operand.value;
      } else if constexpr (P::SIGN_EXTENDED && is_last_immediate<INDEX>(Parameters{})) {
        op.immediate |= static_cast<std::uint64_t>(operand.value) << at;
      } else {
        op.immediate |= (static_cast<std::uint64_t>(operand.value) & ((1ull << P::STORED_BITS) - 1)) << at;
      }
    }
  }

  // The last immediate owns all the bits above it, so that reading it takes one shift.
  template <int INDEX, class... P>
  static constexpr bool is_last_immediate(ParameterList<P...>) {
    int i = 0;
    bool last = true;
    (
        [&] {
          if (i > INDEX && !RegisterOperand<P> && !Pattern::is_upper(PATTERN.letter(i))) last = false;
          ++i;
        }(),
        ...);
    return last;
  }

  template <std::uint32_t VARIANT, class Machine, class... P, int... INDEX>
  ARMILLION_INLINE static void execute_all(Machine& machine, const MicroOp& op, ParameterList<P...>,
                                           std::integer_sequence<int, INDEX...>) {
    Operation::execute(machine, unpack<VARIANT, INDEX, P>(op)...);
  }

  template <std::uint32_t VARIANT, int INDEX, class P>
  ARMILLION_INLINE static P unpack(const MicroOp& op) {
    if constexpr (IS_STATIC<INDEX>) {
      constexpr P operand = P::from_field(gather_bits<FIELD_BITS<INDEX>>(scatter_bits(VARIANT, STATIC_BITS)));
      return operand;
    } else {
      constexpr int at = position<INDEX>(Parameters{});
      if constexpr (RegisterOperand<P>) {
        return P{op.registers[at]};
      } else if constexpr (is_last_immediate<INDEX>(Parameters{})) {
        if constexpr (P::SIGN_EXTENDED) {
          return P{static_cast<std::int64_t>(op.immediate) >> at};
        } else {
          return P{static_cast<decltype(P::value)>(op.immediate >> at)};
        }
      } else {
        const std::uint64_t bits = op.immediate >> at & ((1ull << P::STORED_BITS) - 1);
        if constexpr (P::SIGN_EXTENDED) {
          return P{static_cast<std::int64_t>(bits << (64 - P::STORED_BITS)) >> (64 - P::STORED_BITS)};
        } else {
          return P{static_cast<decltype(P::value)>(bits)};
        }
      }
    }
  }
};

}  // namespace armillion::isa
