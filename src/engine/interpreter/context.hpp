#pragma once

#include <cstddef>
#include <cstdint>

#include "armillion/state.hpp"
#include "armillion/stop_reason.hpp"
#include "isa/micro_op.hpp"
#include "isa/predecode.hpp"

namespace armillion::engine {

using isa::MicroOp;

class Interpreter;

inline constexpr std::uint64_t PAGE_BYTES = 4096;
/// Instructions in a page: the most that can retire between two places where the budget is checked.
inline constexpr std::int64_t PAGE_INSTRUCTIONS = 1024;

// The interpreter's own handlers, numbered after those of the table's rows.
/// The word is not an instruction.
inline constexpr std::uint16_t UNDEFINED_OP = isa::UNDEFINED_HANDLER;
/// The word was not decoded yet, or was written since.
inline constexpr std::uint16_t DECODE_OP = isa::ROW_HANDLER_COUNT + 1;
/// Stands behind the last instruction of a page.
inline constexpr std::uint16_t PAGE_END_OP = isa::ROW_HANDLER_COUNT + 2;
/// A breakpoint of the host.
inline constexpr std::uint16_t BREAKPOINT_OP = isa::ROW_HANDLER_COUNT + 3;
inline constexpr std::uint16_t HANDLER_COUNT = isa::ROW_HANDLER_COUNT + 4;

/// Tag of an entry that is empty. Comparisons mask offset bits away, but for an address's lowest two where it must be
/// aligned; so this equals none of them.
inline constexpr std::uint64_t EMPTY_TAG = ~std::uint64_t{0};

/// A cached translation of one page. `tag` is the page's address.
struct TlbEntry {
  std::uint64_t tag = EMPTY_TAG;
  /// Guest address plus this is the host address.
  std::uint64_t addend = 0;
};

/// Where a page's micro-operations are. `tag` as above.
struct CodeTlbEntry {
  std::uint64_t tag = EMPTY_TAG;
  const MicroOp* ops = nullptr;
};

inline constexpr std::uint64_t TLB_ENTRIES = 1024;
inline constexpr std::uint64_t CODE_TLB_ENTRIES = 256;

/// Why the handlers returned to the loop in `Interpreter::run`.
enum class Exit : std::uint8_t {
  /// Fewer than PAGE_INSTRUCTIONS remain of the budget, or one step was made.
  BUDGET,
  /// Execution goes on at `branch_target`, whose page is not in the code TLB.
  FIND_PAGE,
  SYSCALL,
  HALT,
  /// `BRK` was executed.
  BREAKPOINT_INSTRUCTION,
  /// A breakpoint of the host was reached.
  BREAKPOINT,
  WATCHPOINT,
  UNDEFINED,
  FAULT,
  /// A hook threw; the exception is kept by the interpreter.
  EXCEPTION,
};

struct HandlerEntry;

/// All that the handlers work on. The registers come first: an operand's slot is an index from the context's address.
struct Context {
  State state;

  /// The page that is executing.
  const MicroOp* page_ops = nullptr;
  std::uint64_t page_address = 0;
  /// Target of a branch out of the page, for `branch_far`.
  std::uint64_t branch_target = 0;

  // Written when the handlers return.
  const MicroOp* exit_op = nullptr;
  /// What remains of the budget.
  std::int64_t exit_budget = 0;
  Exit exit = Exit::BUDGET;
  /// Of SVC, HLT and BRK.
  std::uint32_t immediate = 0;
  MemoryFault fault;

  /// Retired instructions plus budget: constant while the handlers run, so that the count can be had at any time.
  std::uint64_t retired_plus_budget = 0;
  Interpreter* interpreter = nullptr;
  /// `handler_table()`.
  const HandlerEntry* handlers = nullptr;
  /// Data of an access on its slow path.
  alignas(16) std::byte transfer[64] = {};

  CodeTlbEntry code_tlb[CODE_TLB_ENTRIES];
  TlbEntry read_tlb[TLB_ENTRIES];
  TlbEntry write_tlb[TLB_ENTRIES];
};

static_assert(offsetof(Context, state) == 0);

// Handlers call each other in tail position with all of their state in registers; none of these survives a call, so
// that a handler saves nothing. AddressSanitizer's stack frames do not go with this convention.
#if __has_feature(address_sanitizer)
#define ARMILLION_HANDLER_CONVENTION
#else
#define ARMILLION_HANDLER_CONVENTION __attribute__((preserve_none))
#endif
#define ARMILLION_HANDLER [[gnu::noinline]] ARMILLION_HANDLER_CONVENTION void

/// `run_start` is the first operation since the last taken branch: `op - run_start` operations have retired that are
/// not yet taken off `budget`. `table` maps handler numbers to handlers.
using HandlerFunction = ARMILLION_HANDLER_CONVENTION void(Context* context, const MicroOp* op,
                                                          const HandlerEntry* table, const MicroOp* run_start,
                                                          std::int64_t budget);

struct HandlerEntry {
  HandlerFunction* function;
};

// Defined in dispatch.cpp. Each ends the instruction at `op` in its own way.
/// Goes on at `context->branch_target`; `op` is the branch.
HandlerFunction branch_far;
/// Returns to the loop with `op` still to be executed.
HandlerFunction leave_before;
/// Returns to the loop with `op` retired.
HandlerFunction leave_after;
/// Returns to the loop because the budget is low; `op` is still to be executed.
HandlerFunction leave_for_budget;

}  // namespace armillion::engine
