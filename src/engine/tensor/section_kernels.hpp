// Instantiates the kernels of one section of the instruction table. Included by the file that CMake makes for each
// section (section_kernels.cpp.in), after the section's semantics and with A64_SECTION defined as its file.
#include <cstdint>
#include <utility>

#include "engine/tensor/array_machine.hpp"
#include "engine/tensor/kernels.hpp"
#include "engine/tensor/lane_machine.hpp"
#include "isa/operations.hpp"
#include "isa/predecode.hpp"

namespace armillion::engine::tensor {

template <class Row, std::uint32_t VARIANT>
void execute_lanes(Lanes<BatchMemory>& lanes, const std::uint32_t* order, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t lane = order[i];
    LaneMachine<BatchMemory> machine(lanes, lane);
    isa::Binding<Row>::template execute<VARIANT>(
        machine,
        isa::MicroOp{.handler = 0, .registers = {0, 1, 2, 3}, .extra = 0, .immediate = lanes.ops[lane].immediate});
    if (!machine.finish() && lane < lanes.stop) [[unlikely]]
      lanes.stop = lane;
  }
}

// The arrays' addresses stand in a copy, where stores to the arrays cannot change them.
template <class Row, std::uint32_t VARIANT>
ArrayUse execute_array(const ArrayOperands& shared_operands, std::uint64_t count) {
  const ArrayOperands operands = shared_operands;
  ArrayUse use{.writes = 0xff};
  for (std::uint64_t i = 0; i < count; ++i) {
    ArrayMachine machine(operands, i);
    isa::Binding<Row>::template execute<VARIANT>(
        machine, isa::MicroOp{.handler = 0, .registers = {0, 1, 2, 3}, .extra = 0, .immediate = operands.immediate});
    const ArrayUse once = machine.use();
    use.reads |= once.reads;
    use.writes &= once.writes;
    use.is_possible &= once.is_possible;
  }
  return use;
}

template <class Row, std::uint32_t VARIANT>
void probe(ProbeMachine& machine, const isa::MicroOp& op) {
  isa::Binding<Row>::template execute<VARIANT>(machine, op);
}

template <class Row, std::uint32_t... VARIANT>
void install(Operation* table, std::integer_sequence<std::uint32_t, VARIANT...>) {
  static constexpr Operation OPERATIONS[] = {
      {&execute_lanes<Row, VARIANT>, &execute_array<Row, VARIANT>, &probe<Row, VARIANT>}...};
  for (const Operation& operation : OPERATIONS)
    table[isa::first_handler(Row::OPCODE) + (&operation - OPERATIONS)] = operation;
}

template <class Row>
void install(Operation* table) {
  install<Row>(table, std::make_integer_sequence<std::uint32_t, isa::Binding<Row>::VARIANT_COUNT>{});
}

}  // namespace armillion::engine::tensor
