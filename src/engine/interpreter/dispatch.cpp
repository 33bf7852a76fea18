#include "engine/interpreter/dispatch.hpp"

#include <memory>

#include "engine/interpreter/interpreter.hpp"

namespace armillion::engine {

#define ARMILLION_SECTION(NAME) void install_##NAME(HandlerEntry* table);
#include "engine/interpreter/sections.inc"
#undef ARMILLION_SECTION

namespace {

constexpr std::uint64_t PAGE_OFFSET_MASK = PAGE_BYTES - 1;

// Goes on at `context->branch_target`; all that retired before is already taken off the budget.
[[gnu::always_inline]] inline bool enter_target_page(Context* context, const MicroOp*& op) {
  const std::uint64_t target = context->branch_target;
  const CodeTlbEntry& entry = context->code_tlb[target / PAGE_BYTES % CODE_TLB_ENTRIES];
  // The low two bits stay in the comparison: a target that is not aligned matches no entry.
  if ((target & ~(PAGE_OFFSET_MASK & ~3ull)) != entry.tag) return false;
  context->page_ops = entry.ops;
  context->page_address = entry.tag;
  op = entry.ops + (target & PAGE_OFFSET_MASK) / 4;
  return true;
}

[[gnu::always_inline]] inline void leave(Context* context, const MicroOp* op, std::int64_t budget, Exit exit) {
  context->exit_op = op;
  context->exit_budget = budget;
  context->exit = exit;
}

ARMILLION_HANDLER leave_to_find_page(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp*,
                                     std::int64_t budget) {
  leave(context, op, budget, Exit::FIND_PAGE);
}

ARMILLION_HANDLER handle_page_end(Context* context, const MicroOp* op, const HandlerEntry* table,
                                  const MicroOp* run_start, std::int64_t budget) {
  budget -= op - run_start;
  context->branch_target = context->page_address + PAGE_BYTES;
  if (!enter_target_page(context, op)) {
    [[clang::musttail]] return leave_to_find_page(context, op, table, op, budget);
  }
  if (budget < PAGE_INSTRUCTIONS) {
    [[clang::musttail]] return leave_for_budget(context, op, table, op, budget);
  }
  [[clang::musttail]] return table[op->handler].function(context, op, table, op, budget);
}

ARMILLION_HANDLER handle_decode(Context* context, const MicroOp* op, const HandlerEntry* table,
                                const MicroOp* run_start, std::int64_t budget) {
  context->interpreter->decode_at(op);
  [[clang::musttail]] return table[op->handler].function(context, op, table, run_start, budget);
}

ARMILLION_HANDLER handle_undefined(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp* run_start,
                                   std::int64_t budget) {
  leave(context, op, budget - (op - run_start), Exit::UNDEFINED);
}

ARMILLION_HANDLER handle_breakpoint(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp* run_start,
                                    std::int64_t budget) {
  leave(context, op, budget - (op - run_start), Exit::BREAKPOINT);
}

ARMILLION_HANDLER handle_step_end(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp* run_start,
                                  std::int64_t budget) {
  leave(context, op, budget - (op - run_start), Exit::BUDGET);
}

ARMILLION_HANDLER handle_counted(Context* context, const MicroOp* op, const HandlerEntry* table,
                                 const MicroOp* run_start, std::int64_t budget) {
  if (op - run_start >= budget) {
    [[clang::musttail]] return handle_step_end(context, op, table, run_start, budget);
  }
  [[clang::musttail]] return context->handlers[op->handler].function(context, op, table, run_start, budget);
}

struct Tables {
  HandlerEntry handlers[HANDLER_COUNT];
  HandlerEntry steps[HANDLER_COUNT];
  HandlerEntry counted[HANDLER_COUNT];

  Tables() {
#define ARMILLION_SECTION(NAME) install_##NAME(handlers);
#include "engine/interpreter/sections.inc"
#undef ARMILLION_SECTION
    handlers[UNDEFINED_OP] = {&handle_undefined};
    handlers[DECODE_OP] = {&handle_decode};
    handlers[PAGE_END_OP] = {&handle_page_end};
    handlers[BREAKPOINT_OP] = {&handle_breakpoint};
    for (HandlerEntry& step : steps) step = {&handle_step_end};
    for (HandlerEntry& entry : counted) entry = {&handle_counted};
  }
};

const Tables& tables() {
  static const Tables INSTANCE;
  return INSTANCE;
}

}  // namespace

ARMILLION_HANDLER branch_far(Context* context, const MicroOp* op, const HandlerEntry* table, const MicroOp* run_start,
                             std::int64_t budget) {
  budget -= op - run_start + 1;
  if (!enter_target_page(context, op)) [[unlikely]] {
    [[clang::musttail]] return leave_to_find_page(context, op, table, op, budget);
  }
  if (budget < PAGE_INSTRUCTIONS) [[unlikely]] {
    [[clang::musttail]] return leave_for_budget(context, op, table, op, budget);
  }
  [[clang::musttail]] return table[op->handler].function(context, op, table, op, budget);
}

ARMILLION_HANDLER leave_before(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp* run_start,
                               std::int64_t budget) {
  leave(context, op, budget - (op - run_start), context->exit);
}

ARMILLION_HANDLER leave_after(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp* run_start,
                              std::int64_t budget) {
  leave(context, op + 1, budget - (op + 1 - run_start), context->exit);
}

ARMILLION_HANDLER leave_for_budget(Context* context, const MicroOp* op, const HandlerEntry*, const MicroOp*,
                                   std::int64_t budget) {
  leave(context, op, budget, Exit::BUDGET);
}

const HandlerEntry* handler_table() { return tables().handlers; }

const HandlerEntry* step_table() { return tables().steps; }

const HandlerEntry* counting_table() { return tables().counted; }

}  // namespace armillion::engine
