#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "armillion/machine.hpp"
#include "engine/hook.hpp"
#include "engine/interpreter/code_cache.hpp"
#include "engine/interpreter/context.hpp"
#include "engine/interpreter/memory_access.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine {

/// Executes one machine on the calling thread: predecoded micro-operations, threaded dispatch.
class Interpreter final : private guest::CodeObserver {
 public:
  explicit Interpreter(guest::AddressSpace& memory);
  ~Interpreter() override;

  State& state() { return context_->state; }
  const State& state() const { return context_->state; }

  struct Outcome {
    StopReason reason = StopReason::RUNNING;
    std::uint64_t retired = 0;
    std::uint32_t immediate = 0;
    MemoryFault fault;
  };

  /// Who lets a run begin: the host, or a call that a hook served in the middle of the host's run.
  enum class Start : std::uint8_t { BY_HOST, BEHIND_CALL };

  /// Whether the run should stop early, and with which reason; RUNNING to go on. Asked every fraction of a millisecond.
  using Poll = std::function<StopReason()>;

  /// Runs until a stop or until `limit` instructions have retired. `retired` is the machine's count, which the virtual
  /// counter shows; it is kept up to date here, so that it is right also after a hook has thrown. A breakpoint at PC is
  /// passed over where the host starts the run. Error(INVALID_ARGUMENT) in a hook.
  Outcome run(std::uint64_t limit, std::uint64_t& retired, Start start, const Poll& poll);

  void add_breakpoint(std::uint64_t address);
  void remove_breakpoint(std::uint64_t address) { code_.remove_breakpoint(address); }
  bool has_breakpoint(std::uint64_t address) const { return code_.has_breakpoint(address); }
  bool has_breakpoints() const { return code_.has_breakpoints(); }
  std::vector<std::uint64_t> breakpoints() const { return code_.breakpoints(); }

  struct Watchpoint {
    std::uint64_t address;
    std::uint64_t size;
    Access access;
    friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
  };
  void add_watchpoint(const Watchpoint& watchpoint);
  void remove_watchpoint(const Watchpoint& watchpoint);

  void set_memory_hook(std::function<void(const MemoryAccess&)> hook);
  void set_block_hook(std::function<void(std::uint64_t)> hook) { block_hook_.set(std::move(hook)); }
  void set_instruction_hook(std::function<void(std::uint64_t)> hook) { instruction_hook_.set(std::move(hook)); }

  // For another engine that executes some of the machine's instructions, between two runs. Accesses keep to the same
  // cached translations; hooks and watchpoints do not see them, and nothing is recorded where one is not allowed.

  /// Whether there are hooks or watchpoints.
  bool is_observed() const { return memory_hook_ || block_hook_ || instruction_hook_ || !watchpoints_.empty(); }
  /// To be called before the first of the accesses below since something else may have changed mappings.
  void prepare_quiet_accesses() { flush_if_remapped(); }
  /// To be called where pages were written by anybody else between two runs.
  void forget_translations() { flush_translations(); }
  /// Up to 64 bytes at an address without tag. False, with nothing done, where the guest must not read all of them.
  bool load_quietly(std::uint64_t address, void* destination, std::uint32_t size);
  bool may_store(std::uint64_t address, std::uint32_t size) const;
  /// Takes what the host needs for storing bytes that may be stored: doing so does not fail afterwards. Throws where
  /// the host has no memory left, with nothing changed.
  void prepare_store(std::uint64_t address, std::uint64_t size);
  /// Up to 64 bytes that may be stored.
  void store_quietly(std::uint64_t address, const void* source, std::uint32_t size);
  /// Any number of bytes that may be stored.
  void store_quietly(std::uint64_t address, std::span<const std::byte> source);

  // For the handlers.
  void decode_at(const MicroOp* op);
  AccessOutcome access(const MicroOp* op, std::uint64_t address, std::uint32_t size, Access access);

 private:
  void on_code_written(std::uint64_t address, std::uint64_t size, std::uint64_t old_serial) override;

  bool enter_page(std::uint64_t pc);
  void flush_translations();
  bool flush_if_remapped();
  void run_handlers(const MicroOp* op, const HandlerEntry* table, std::int64_t budget, std::uint64_t retired);
  void single_step(std::uint64_t retired, Breakpoints breakpoints);
  AccessOutcome access_guarded(const MicroOp* op, std::uint64_t address, std::uint32_t size, Access access);
  void call_hooks(bool block_starts);
  bool at_block_end() const;
  void read_bytes(std::uint64_t address, std::uint32_t size);
  void write_bytes(std::uint64_t address, std::span<const std::byte> source);
  void write_in_page(std::uint64_t address, std::span<const std::byte> source);
  void cache_translation(std::uint64_t page_address, Access access);
  void set_tlb_entry(TlbEntry* tlb, std::uint64_t page_address, const std::byte* bytes);
  bool is_watched(std::uint64_t address, std::uint64_t size, Access access) const;
  bool is_page_watched(std::uint64_t page_address) const;

  guest::AddressSpace& memory_;
  CodeCache code_;
  std::unique_ptr<Context> context_;
  /// The address space's generation that the cached translations belong to.
  std::uint64_t generation_ = 0;
  /// Where the read and write TLBs hold something, and the code TLB: runs between two snapshots are often so short that
  /// clearing all of the TLBs would cost as much as they do.
  std::vector<std::uint16_t> used_tlb_entries_;
  std::vector<std::uint16_t> used_code_tlb_entries_;
  std::vector<Watchpoint> watchpoints_;
  Hook<void(const MemoryAccess&)> memory_hook_;
  Hook<void(std::uint64_t)> block_hook_;
  Hook<void(std::uint64_t)> instruction_hook_;
  std::exception_ptr exception_;
  bool is_running_ = false;
};

}  // namespace armillion::engine
