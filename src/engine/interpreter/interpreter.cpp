#include "engine/interpreter/interpreter.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "armillion/error.hpp"
#include "engine/address_tag.hpp"
#include "engine/interpreter/dispatch.hpp"
#include "isa/decoder.hpp"

namespace armillion::engine {

namespace {

// How many instructions run between two polls: less than 20 ms even of the slowest.
constexpr std::int64_t SLICE_INSTRUCTIONS = 1 << 16;
// The same where a hook of the host is called at each of them.
constexpr std::int64_t HOOKED_SLICE_INSTRUCTIONS = PAGE_INSTRUCTIONS + 64;

Permissions permission_for(Access access) {
  switch (access) {
    case Access::READ: return Permissions::READ;
    case Access::WRITE: return Permissions::WRITE;
    case Access::EXECUTE: return Permissions::EXECUTE;
  }
  return Permissions::NONE;
}

bool is_branch(isa::Opcode opcode) {
  switch (opcode) {
#define A64(NAME_, ...) case isa::Opcode::NAME_:
#include "isa/encodings/branches.inc"
#undef A64
    return true;
    default: return false;
  }
}

StopReason reason_of(Exit exit) {
  switch (exit) {
    case Exit::SYSCALL: return StopReason::SYSCALL;
    case Exit::HALT: return StopReason::HALT;
    case Exit::BREAKPOINT_INSTRUCTION:
    case Exit::BREAKPOINT: return StopReason::BREAKPOINT;
    case Exit::WATCHPOINT: return StopReason::WATCHPOINT;
    case Exit::UNDEFINED: return StopReason::UNDEFINED_INSTRUCTION;
    case Exit::FAULT: return StopReason::MEMORY_FAULT;
    case Exit::BUDGET:
    case Exit::FIND_PAGE:
    case Exit::EXCEPTION: break;
  }
  return StopReason::RUNNING;
}

// Whether two ranges, neither of them empty, have a byte in common. Either may wrap around.
bool overlap(std::uint64_t first, std::uint64_t first_size, std::uint64_t second, std::uint64_t second_size) {
  return first - second < second_size || second - first < first_size;
}

// True while it lives.
class Mark {
 public:
  explicit Mark(bool& flag) : flag_(flag) { flag_ = true; }
  ~Mark() { flag_ = false; }
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

 private:
  bool& flag_;
};

}  // namespace

ARMILLION_COLD_PRESERVING AccessOutcome slow_load(Context& context, const MicroOp* op, std::uint64_t address,
                                                  std::uint32_t size) {
  return context.interpreter->access(op, address, size, Access::READ);
}

ARMILLION_COLD_PRESERVING AccessOutcome slow_store(Context& context, const MicroOp* op, std::uint64_t address,
                                                   std::uint32_t size) {
  return context.interpreter->access(op, address, size, Access::WRITE);
}

Interpreter::Interpreter(guest::AddressSpace& memory)
    : memory_(memory), code_(memory), context_(std::make_unique<Context>()) {
  context_->interpreter = this;
  context_->handlers = handler_table();
  memory_.set_code_observer(this);
}

Interpreter::~Interpreter() { memory_.set_code_observer(nullptr); }

void Interpreter::on_code_written(std::uint64_t address, std::uint64_t size, std::uint64_t old_serial) {
  code_.invalidate(address, size, old_serial);
}

void Interpreter::flush_translations() {
  for (const std::uint16_t index : used_tlb_entries_) {
    context_->read_tlb[index] = {};
    context_->write_tlb[index] = {};
  }
  used_tlb_entries_.clear();
  for (const std::uint16_t index : used_code_tlb_entries_) context_->code_tlb[index] = {};
  used_code_tlb_entries_.clear();
}

bool Interpreter::flush_if_remapped() {
  if (generation_ == memory_.generation()) return false;
  generation_ = memory_.generation();
  flush_translations();
  return true;
}

// Makes the page of `pc` the executing one. False where `pc` cannot be executed; the context's fault says why.
bool Interpreter::enter_page(std::uint64_t pc) {
  Context& context = *context_;
  const std::uint64_t page_address = pc & guest::PAGE_MASK;
  const std::uint64_t index = page_address / PAGE_BYTES % CODE_TLB_ENTRIES;
  CodeTlbEntry& entry = context.code_tlb[index];
  if (entry.tag != page_address || pc % 4 != 0) {
    if (pc % 4 != 0) {
      context.fault = {pc, 4, Access::EXECUTE, FaultKind::ALIGNMENT};
      return false;
    }
    if (const auto obstacle = memory_.find_obstacle(pc, 4, Permissions::EXECUTE)) {
      context.fault = {pc, 4, Access::EXECUTE, obstacle->kind};
      return false;
    }
    if (code_.is_full()) {
      flush_translations();
      code_.clear();
    }
    if (entry.tag == EMPTY_TAG) used_code_tlb_entries_.push_back(static_cast<std::uint16_t>(index));
    entry = {page_address, code_.page(page_address).ops};
    // From now on writes to this page must be seen.
    TlbEntry& write_entry = context.write_tlb[page_address / PAGE_BYTES % TLB_ENTRIES];
    if (write_entry.tag == page_address) write_entry = {};
  }
  context.page_address = page_address;
  context.page_ops = entry.ops;
  return true;
}

void Interpreter::decode_at(const MicroOp* op) {
  DecodedPage& page = code_.page(context_->page_address);
  code_.decode(page, page.index_of(op), Breakpoints::KEEP);
}

void Interpreter::run_handlers(const MicroOp* op, const HandlerEntry* table, std::int64_t budget,
                               std::uint64_t retired) {
  Context& context = *context_;
  context.retired_plus_budget = retired + static_cast<std::uint64_t>(budget);
  context.exit = Exit::BUDGET;
  handler_table()[op->handler].function(&context, op, table, op, budget);
  if (context.exit == Exit::FIND_PAGE) {
    context.state.pc = without_tag(context.branch_target);
  } else {
    context.state.pc = context.page_address + static_cast<std::uint64_t>(context.exit_op - context.page_ops) * 4;
  }
}

// Runs the instruction at PC, whose page was entered.
void Interpreter::single_step(std::uint64_t retired, Breakpoints breakpoints) {
  Context& context = *context_;
  DecodedPage& page = code_.page(context.page_address);
  const std::uint64_t index = context.state.pc % PAGE_BYTES / 4;
  MicroOp& op = page.ops[index];
  if (op.handler == DECODE_OP || (op.handler == BREAKPOINT_OP && breakpoints == Breakpoints::IGNORE)) {
    code_.decode(page, index, breakpoints);
  }
  run_handlers(&op, step_table(), 1, retired);
  // The operation may be in place of a breakpoint.
  if (breakpoints == Breakpoints::IGNORE) op.handler = DECODE_OP;
}

bool Interpreter::at_block_end() const {
  const auto word = memory_.read_value<std::uint32_t>(context_->state.pc);
  return word && is_branch(isa::decode(*word));
}

void Interpreter::call_hooks(bool block_starts) {
  if (block_starts && block_hook_) block_hook_(context_->state.pc);
  if (instruction_hook_) instruction_hook_(context_->state.pc);
}

Interpreter::Outcome Interpreter::run(std::uint64_t limit, std::uint64_t& retired, Start start, const Poll& poll) {
  if (is_running_) throw Error(ErrorCode::INVALID_ARGUMENT, "a hook cannot run the machine that called it");
  const Mark mark(is_running_);
  Context& context = *context_;
  Outcome outcome;
  std::int64_t slice = 0;
  bool first = start == Start::BY_HOST;
  bool block_starts = first;
  while (true) {
    if (outcome.retired == limit) {
      outcome.reason = StopReason::INSTRUCTION_LIMIT;
      break;
    }
    const bool has_instruction_hooks = block_hook_ || instruction_hook_;
    if (slice < PAGE_INSTRUCTIONS) {
      if (outcome.reason = poll(); outcome.reason != StopReason::RUNNING) break;
      slice = has_instruction_hooks || memory_hook_ ? HOOKED_SLICE_INSTRUCTIONS : SLICE_INSTRUCTIONS;
    }
    flush_if_remapped();
    if (!enter_page(context.state.pc)) {
      outcome.reason = StopReason::MEMORY_FAULT;
      outcome.fault = context.fault;
      break;
    }
    const bool through_breakpoint = first && code_.has_breakpoints();
    first = false;
    std::int64_t budget = 1;
    if (has_instruction_hooks) {
      if (!through_breakpoint && code_.has_breakpoint(context.state.pc)) {
        outcome.reason = StopReason::BREAKPOINT;
        break;
      }
      call_hooks(block_starts);
      flush_if_remapped();
      if (!enter_page(context.state.pc)) continue;  // a hook changed the mapping or PC: look again
      block_starts = block_hook_ && at_block_end();
      single_step(retired, through_breakpoint ? Breakpoints::IGNORE : Breakpoints::KEEP);
    } else if (through_breakpoint) {
      single_step(retired, Breakpoints::IGNORE);
    } else {
      const std::uint64_t remaining = limit - outcome.retired;
      budget = remaining < static_cast<std::uint64_t>(slice) ? static_cast<std::int64_t>(remaining) : slice;
      const MicroOp* op = context.page_ops + context.state.pc % PAGE_BYTES / 4;
      // The handlers look at the budget at taken branches and page ends only: enough while no straight run can use it
      // up.
      const HandlerEntry* table = budget < PAGE_INSTRUCTIONS ? counting_table() : handler_table();
      run_handlers(op, table, budget, retired);
    }
    const std::int64_t count = budget - context.exit_budget;
    retired += static_cast<std::uint64_t>(count);
    outcome.retired += static_cast<std::uint64_t>(count);
    slice -= count;
    if (context.exit == Exit::BUDGET || context.exit == Exit::FIND_PAGE) continue;
    if (context.exit == Exit::EXCEPTION) std::rethrow_exception(std::exchange(exception_, nullptr));
    outcome.reason = reason_of(context.exit);
    switch (context.exit) {
      case Exit::HALT: context.state.pc -= 4; [[fallthrough]];
      case Exit::SYSCALL:
      case Exit::BREAKPOINT_INSTRUCTION: outcome.immediate = context.immediate; break;
      case Exit::FAULT:
      case Exit::WATCHPOINT: outcome.fault = context.fault; break;
      default: break;
    }
    break;
  }
  return outcome;
}

// The handlers are no frames that an exception could pass: what the hook throws, or the host that has no memory left,
// waits until they have returned.
AccessOutcome Interpreter::access(const MicroOp* op, std::uint64_t address, std::uint32_t size, Access access) {
  try {
    return access_guarded(op, address, size, access);
  } catch (...) {
    exception_ = std::current_exception();
    context_->exit = Exit::EXCEPTION;
    return AccessOutcome::FAILED;
  }
}

AccessOutcome Interpreter::access_guarded(const MicroOp* op, std::uint64_t tagged_address, std::uint32_t size,
                                          Access access) {
  Context& context = *context_;
  const std::uint64_t address = without_tag(tagged_address);
  bool is_remapped = false;
  if (memory_hook_) {
    context.state.pc = context.page_address + static_cast<std::uint64_t>(op - context.page_ops) * 4;
    memory_hook_({context.state.pc, address, size, access});
    is_remapped = flush_if_remapped();
  }
  if (const auto obstacle = memory_.find_obstacle(address, size, permission_for(access))) {
    context.fault = {obstacle->address, size, access, obstacle->kind};
    context.exit = Exit::FAULT;
    return AccessOutcome::FAILED;
  }
  if (access == Access::READ) {
    read_bytes(address, size);
  } else {
    write_bytes(address, std::span(context_->transfer, size));
  }
  if (is_watched(address, size, access)) {
    context.fault = {address, size, access, FaultKind::PERMISSION};
    context.exit = Exit::WATCHPOINT;
    return AccessOutcome::DONE_AND_STOP;
  }
  // The page that is executing may be another one now: the loop enters it again.
  if (is_remapped) return AccessOutcome::DONE_AND_STOP;
  if (address == tagged_address && !memory_hook_) cache_translation(address & guest::PAGE_MASK, access);
  return AccessOutcome::DONE;
}

bool Interpreter::load_quietly(std::uint64_t address, void* destination, std::uint32_t size) {
  const TlbEntry& entry = context_->read_tlb[address / PAGE_BYTES % TLB_ENTRIES];
  if (((address + (size - 1)) & ~(PAGE_BYTES - 1)) == entry.tag) [[likely]] {
    const std::uint64_t host = address + entry.addend;
    std::memcpy(destination, reinterpret_cast<const void*>(host), size);  // NOLINT(performance-no-int-to-ptr)
    return true;
  }
  if (memory_.find_obstacle(address, size, Permissions::READ)) return false;
  read_bytes(address, size);
  std::memcpy(destination, context_->transfer, size);
  cache_translation(address & guest::PAGE_MASK, Access::READ);
  return true;
}

bool Interpreter::may_store(std::uint64_t address, std::uint32_t size) const {
  const TlbEntry& entry = context_->write_tlb[address / PAGE_BYTES % TLB_ENTRIES];
  return ((address + (size - 1)) & ~(PAGE_BYTES - 1)) == entry.tag ||
         !memory_.find_obstacle(address, size, Permissions::WRITE);
}

void Interpreter::prepare_store(std::uint64_t address, std::uint64_t size) {
  const std::uint64_t last = (address + (size - 1)) & guest::PAGE_MASK;
  for (std::uint64_t page = address & guest::PAGE_MASK; page <= last; page += PAGE_BYTES) {
    if (context_->write_tlb[page / PAGE_BYTES % TLB_ENTRIES].tag == page) continue;
    // A write, of what is there already, makes the page's frame this machine's own.
    const std::byte first = *memory_.page_for_reading(page);
    write_in_page(page, {&first, 1});
    cache_translation(page, Access::WRITE);
  }
}

void Interpreter::store_quietly(std::uint64_t address, const void* source, std::uint32_t size) {
  const TlbEntry& entry = context_->write_tlb[address / PAGE_BYTES % TLB_ENTRIES];
  if (((address + (size - 1)) & ~(PAGE_BYTES - 1)) == entry.tag) [[likely]] {
    const std::uint64_t host = address + entry.addend;
    std::memcpy(reinterpret_cast<void*>(host), source, size);  // NOLINT(performance-no-int-to-ptr)
    return;
  }
  write_bytes(address, {static_cast<const std::byte*>(source), size});
  cache_translation(address & guest::PAGE_MASK, Access::WRITE);
}

void Interpreter::store_quietly(std::uint64_t address, std::span<const std::byte> source) {
  write_bytes(address, source);
}

void Interpreter::read_bytes(std::uint64_t address, std::uint32_t size) {
  const auto in_first = static_cast<std::uint32_t>(std::min<std::uint64_t>(size, PAGE_BYTES - address % PAGE_BYTES));
  const std::uint64_t page = address & guest::PAGE_MASK;
  std::memcpy(context_->transfer, memory_.page_for_reading(page) + address % PAGE_BYTES, in_first);
  if (in_first < size) {
    std::memcpy(context_->transfer + in_first, memory_.page_for_reading(page + PAGE_BYTES), size - in_first);
  }
}

void Interpreter::write_bytes(std::uint64_t address, std::span<const std::byte> source) {
  while (!source.empty()) {
    const std::uint64_t count = std::min<std::uint64_t>(source.size(), PAGE_BYTES - address % PAGE_BYTES);
    write_in_page(address, source.first(count));
    source = source.subspan(count);
    address += count;
  }
}

void Interpreter::write_in_page(std::uint64_t address, std::span<const std::byte> source) {
  const guest::Frame& frame = memory_.write_in_page(address, source);
  // The page's frame may be a new one.
  const std::uint64_t page = address & guest::PAGE_MASK;
  TlbEntry& read_entry = context_->read_tlb[page / PAGE_BYTES % TLB_ENTRIES];
  if (read_entry.tag == page) read_entry.addend = reinterpret_cast<std::uint64_t>(frame.bytes) - page;
}

void Interpreter::cache_translation(std::uint64_t page_address, Access access) {
  if (is_page_watched(page_address)) return;
  const guest::Frame& frame = memory_.frame_at(page_address);
  if (access == Access::READ) {
    set_tlb_entry(context_->read_tlb, page_address, frame.bytes);
  } else if (frame.code_serial.load(std::memory_order_acquire) == 0) {
    // The access was a write, so the frame is this machine's own.
    set_tlb_entry(context_->write_tlb, page_address, frame.bytes);
  }
}

void Interpreter::set_tlb_entry(TlbEntry* tlb, std::uint64_t page_address, const std::byte* bytes) {
  const std::uint64_t index = page_address / PAGE_BYTES % TLB_ENTRIES;
  if (tlb[index].tag == EMPTY_TAG) used_tlb_entries_.push_back(static_cast<std::uint16_t>(index));
  tlb[index] = {page_address, reinterpret_cast<std::uint64_t>(bytes) - page_address};
}

bool Interpreter::is_watched(std::uint64_t address, std::uint64_t size, Access access) const {
  return std::ranges::any_of(watchpoints_, [&](const Watchpoint& watchpoint) {
    return watchpoint.access == access && overlap(address, size, watchpoint.address, watchpoint.size);
  });
}

bool Interpreter::is_page_watched(std::uint64_t page_address) const {
  return std::ranges::any_of(watchpoints_, [&](const Watchpoint& watchpoint) {
    return overlap(page_address, PAGE_BYTES, watchpoint.address, watchpoint.size);
  });
}

void Interpreter::add_breakpoint(std::uint64_t address) {
  if (address % 4 != 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a breakpoint's address must be a multiple of 4");
  }
  code_.add_breakpoint(address);
}

void Interpreter::add_watchpoint(const Watchpoint& watchpoint) {
  if (watchpoint.size == 0 || watchpoint.access == Access::EXECUTE) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                "a watchpoint is for at least one byte that is read or written; for executing, use a breakpoint");
  }
  watchpoints_.push_back(watchpoint);
  flush_translations();
}

void Interpreter::remove_watchpoint(const Watchpoint& watchpoint) {
  if (const auto found = std::ranges::find(watchpoints_, watchpoint); found != watchpoints_.end()) {
    watchpoints_.erase(found);
  }
}

void Interpreter::set_memory_hook(std::function<void(const MemoryAccess&)> hook) {
  memory_hook_.set(std::move(hook));
  flush_translations();
}

}  // namespace armillion::engine
