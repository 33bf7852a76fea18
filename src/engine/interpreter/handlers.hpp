// Instantiates the handlers of one section of the instruction table. Included by the file that CMake makes for each
// section (section_handlers.cpp.in), after the section's semantics and with A64_SECTION defined as its file.
#include <cstdint>
#include <utility>

#include "engine/interpreter/context.hpp"
#include "engine/interpreter/interpreter_machine.hpp"
#include "isa/operations.hpp"

namespace armillion::engine {

template <class Operation, std::uint32_t VARIANT>
ARMILLION_HANDLER handle(Context* context, const MicroOp* op, const HandlerEntry* table, const MicroOp* run_start,
                         std::int64_t budget) {
  InterpreterMachine machine(*context, op, run_start, budget);
  isa::Binding<Operation>::template execute<VARIANT>(machine, *op);
  // Comparisons and not a switch: where the outcome is not a constant, a switch would become an indirect jump.
  if (machine.next() == Next::SEQUENTIAL) [[likely]] {
    ++op;
    [[clang::musttail]] return table[op->handler].function(context, op, table, run_start, budget);
  }
  if (machine.next() == Next::BRANCH_RELATIVE) {
    // A micro-operation is four times as large as its instruction.
    const std::uint64_t offset = machine.target() * 4;
    const std::uint64_t position =
        reinterpret_cast<std::uint64_t>(op) - reinterpret_cast<std::uint64_t>(context->page_ops) + offset;
    if (position >= PAGE_BYTES * 4) [[unlikely]] {
      context->branch_target = machine.pc() + machine.target();
      [[clang::musttail]] return branch_far(context, op, table, run_start, budget);
    }
    budget -= op - run_start + 1;
    op = reinterpret_cast<const MicroOp*>(reinterpret_cast<std::uint64_t>(op) + offset);
    if (budget < PAGE_INSTRUCTIONS) [[unlikely]] {
      [[clang::musttail]] return leave_for_budget(context, op, table, op, budget);
    }
    [[clang::musttail]] return table[op->handler].function(context, op, table, op, budget);
  }
  if (machine.next() == Next::BRANCH) {
    context->branch_target = machine.target();
    [[clang::musttail]] return branch_far(context, op, table, run_start, budget);
  }
  if (machine.next() == Next::LEAVE_BEFORE) {
    [[clang::musttail]] return leave_before(context, op, table, run_start, budget);
  }
  [[clang::musttail]] return leave_after(context, op, table, run_start, budget);
}

template <class Operation, std::uint32_t... VARIANT>
void install(HandlerEntry* table, std::integer_sequence<std::uint32_t, VARIANT...>) {
  static constexpr HandlerEntry HANDLERS[] = {{&handle<Operation, VARIANT>}...};
  for (const HandlerEntry& handler : HANDLERS)
    table[isa::first_handler(Operation::OPCODE) + (&handler - HANDLERS)] = handler;
}

template <class Operation>
void install(HandlerEntry* table) {
  install<Operation>(table, std::make_integer_sequence<std::uint32_t, isa::Binding<Operation>::VARIANT_COUNT>{});
}

}  // namespace armillion::engine
