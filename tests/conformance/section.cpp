// The rows of one section of the instruction table as `RowUnderTest`s. Compiled once a section, with
//   A64_SECTION            its file of encodings, for instance "isa/encodings/branches.inc"
//   A64_SECTION_SEMANTICS  its semantic functions, for instance "isa/semantics/branches.hpp"
//   A64_SECTION_NAME       its name, for instance "branches"
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include A64_SECTION_SEMANTICS
#include "isa/operations.hpp"
#include "row_under_test.hpp"

namespace armillion::conformance {
namespace {

using Execute = void (*)(DirectMachine&, const isa::MicroOp&);

template <class P>
constexpr OperandKind kind_of() {
  if constexpr (std::is_same_v<P, isa::V>) return OperandKind::VECTOR_REGISTER;
  if constexpr (std::is_same_v<P, isa::XOrSp>) return OperandKind::GENERAL_REGISTER_OR_SP;
  if constexpr (isa::RegisterOperand<P>) return OperandKind::GENERAL_REGISTER;
  return OperandKind::IMMEDIATE;
}

template <class Operation, class Parameters = typename isa::Binding<Operation>::Parameters>
struct Tables;

template <class Operation, class... P>
struct Tables<Operation, isa::ParameterList<P...>> {
  using Binding = isa::Binding<Operation>;

  static constexpr auto OPERANDS = [] {
    std::array<OperandUnderTest, sizeof...(P)> operands{};
    int i = 0;
    ((operands[static_cast<std::size_t>(i)] = {Binding::PATTERN.letter(i), kind_of<P>()}, ++i), ...);
    return operands;
  }();

  template <std::uint32_t VARIANT>
  static void execute(DirectMachine& machine, const isa::MicroOp& op) {
    Binding::template execute<VARIANT>(machine, op);
  }

  static constexpr auto EXECUTE = []<std::uint32_t... VARIANT>(std::integer_sequence<std::uint32_t, VARIANT...>) {
    return std::array<Execute, sizeof...(VARIANT)>{&execute<VARIANT>...};
  }(std::make_integer_sequence<std::uint32_t, Binding::VARIANT_COUNT>{});
};

template <class Operation>
constexpr RowUnderTest row_under_test() {
  using Row = typename Operation::Row;
  using Binding = isa::Binding<Operation>;
  return {
      .name = Row::NAME,
      .pattern = Row::PATTERN.text,
      .mask = Row::PATTERN.mask(),
      .value = Row::PATTERN.value(),
      .static_bits = Binding::STATIC_BITS,
      .feature = Row::FEATURE,
      .priority = Row::priority(),
      .operands = Tables<Operation>::OPERANDS,
      .accepts = [](std::uint32_t word) { return Row::accepts(word); },
      .variant_of = [](std::uint32_t word) { return Binding::variant_of(word); },
      .pack = [](std::uint32_t word, isa::MicroOp& op) { Binding::pack(word, op); },
      .execute = Tables<Operation>::EXECUTE,
  };
}

#define A64(NAME, ...) row_under_test<isa::operations::NAME>(),
const std::vector<RowUnderTest> ROWS = {
#include A64_SECTION
};
#undef A64

const SectionRegistration REGISTRATION({A64_SECTION_NAME, ROWS});

}  // namespace
}  // namespace armillion::conformance
