#include "armillion/machine.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "engine/hook.hpp"
#include "engine/host_cpu.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/state_hash.hpp"
#include "guest/address_space.hpp"

namespace armillion {

struct Snapshot::Data {
  State state;
  guest::MemorySnapshot memory;
  std::uint64_t retired_instructions = 0;
};

Snapshot::Snapshot() = default;
Snapshot::Snapshot(const Snapshot&) = default;
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(const Snapshot&) = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

struct Machine::Implementation {
  explicit Implementation(const MachineOptions& options) : memory(options.memory_limit_bytes), interpreter(memory) {
    engine::require_host_cpu();
    if (options.memory_bytes > guest::ADDRESS_LIMIT) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  "memory_bytes is " + std::to_string(options.memory_bytes) + "; a machine has at most 2^48 bytes");
    }
    if (options.memory_bytes > 0) memory.map(0, guest::page_align_up(options.memory_bytes), Permissions::ALL);
  }

  guest::AddressSpace memory;
  engine::Interpreter interpreter;
  std::uint64_t retired_instructions = 0;
  std::atomic<bool> cancelled{false};
  engine::Hook<bool(Machine&, std::uint32_t)> syscall_hook;
};

namespace {

using Clock = std::chrono::steady_clock;

void check_register(unsigned number) {
  if (number > 31) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "there is no register number " + std::to_string(number) + "; use 0 to 31");
  }
}

[[noreturn]] void throw_bad_address(std::uint64_t address, std::size_t size) {
  char text[96];
  std::snprintf(text, sizeof text, "the %zu bytes at 0x%llx are not all mapped", size,
                static_cast<unsigned long long>(address));
  throw Error(ErrorCode::BAD_ADDRESS, text);
}

}  // namespace

Machine::Machine(const MachineOptions& options) : implementation_(std::make_unique<Implementation>(options)) {}
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;
Machine::~Machine() = default;

void Machine::load_program(std::span<const std::uint32_t> words, std::uint64_t address) {
  load_program(std::as_bytes(words), address);
}

void Machine::load_program(std::span<const std::byte> bytes, std::uint64_t address) {
  if (address % 4 != 0) throw Error(ErrorCode::INVALID_ARGUMENT, "a program's address must be a multiple of 4");
  write_memory(address, bytes);
  set_pc(address);
}

std::uint64_t Machine::x(unsigned number) const {
  check_register(number);
  return number == 31 ? state().sp : state().x[number];
}

void Machine::set_x(unsigned number, std::uint64_t value) {
  check_register(number);
  (number == 31 ? state().sp : state().x[number]) = value;
}

VectorRegister Machine::vector(unsigned number) const {
  check_register(number);
  return state().vectors[number];
}

void Machine::set_vector(unsigned number, VectorRegister value) {
  check_register(number);
  state().vectors[number] = value;
}

State& Machine::state() { return implementation_->interpreter.state(); }
const State& Machine::state() const { return std::as_const(implementation_->interpreter).state(); }

void Machine::read_memory(std::uint64_t address, std::span<std::byte> destination) const {
  if (!implementation_->memory.read(address, destination)) throw_bad_address(address, destination.size());
}

void Machine::write_memory(std::uint64_t address, std::span<const std::byte> source) {
  if (!implementation_->memory.write(address, source)) throw_bad_address(address, source.size());
}

void Machine::map_memory(std::uint64_t address, std::uint64_t size_bytes, Permissions permissions) {
  implementation_->memory.map(address, size_bytes, permissions);
}

void Machine::unmap_memory(std::uint64_t address, std::uint64_t size_bytes) {
  implementation_->memory.unmap(address, size_bytes);
}

void Machine::protect_memory(std::uint64_t address, std::uint64_t size_bytes, Permissions permissions) {
  if (!implementation_->memory.protect(address, size_bytes, permissions)) throw_bad_address(address, size_bytes);
}

RunResult Machine::execute(const RunOptions& options) {
  Implementation& self = *implementation_;
  const Clock::time_point start = Clock::now();
  const auto timeout = std::chrono::duration<double>(options.timeout_seconds);
  const engine::Interpreter::Poll poll = [&]() -> StopReason {
    if (self.cancelled.exchange(false, std::memory_order_relaxed)) return StopReason::CANCELLED;
    if (options.timeout_seconds > 0 && Clock::now() - start >= timeout) return StopReason::TIMEOUT;
    return StopReason::RUNNING;
  };

  RunResult result;
  auto how = engine::Interpreter::Start::BY_HOST;
  while (true) {
    const auto outcome =
        self.interpreter.run(options.instruction_limit - result.instructions, self.retired_instructions, how, poll);
    result.instructions += outcome.retired;
    result.stop_reason = outcome.reason;
    result.immediate = outcome.immediate;
    result.fault = outcome.fault;
    const bool served =
        outcome.reason == StopReason::SYSCALL && self.syscall_hook && self.syscall_hook(*this, outcome.immediate);
    if (!served) break;
    how = engine::Interpreter::Start::BEHIND_CALL;
  }
  result.pc = pc();
  result.elapsed_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

RunResult Machine::execute(std::uint64_t instruction_limit) {
  return execute(RunOptions{.instruction_limit = instruction_limit});
}

RunResult Machine::step() { return execute(1); }

void Machine::cancel() noexcept { implementation_->cancelled.store(true, std::memory_order_relaxed); }

std::uint64_t Machine::retired_instructions() const { return implementation_->retired_instructions; }

Snapshot Machine::snapshot() {
  Implementation& self = *implementation_;
  Snapshot result;
  result.data_ = std::make_shared<const Snapshot::Data>(
      Snapshot::Data{state(), self.memory.snapshot(), self.retired_instructions});
  return result;
}

void Machine::restore(const Snapshot& snapshot) {
  if (snapshot.data_ == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "the snapshot is empty: take one first");
  Implementation& self = *implementation_;
  self.memory.restore(snapshot.data_->memory);
  state() = snapshot.data_->state;
  self.retired_instructions = snapshot.data_->retired_instructions;
}

Hash128 Machine::state_hash() const { return engine::state_hash(state(), implementation_->memory.hash()); }

void Machine::add_breakpoint(std::uint64_t address) { implementation_->interpreter.add_breakpoint(address); }
void Machine::remove_breakpoint(std::uint64_t address) { implementation_->interpreter.remove_breakpoint(address); }
bool Machine::has_breakpoint(std::uint64_t address) const {
  return implementation_->interpreter.has_breakpoint(address);
}

std::vector<std::uint64_t> Machine::breakpoints() const { return implementation_->interpreter.breakpoints(); }

void Machine::add_watchpoint(std::uint64_t address, std::uint64_t size_bytes, Access access) {
  implementation_->interpreter.add_watchpoint({address, size_bytes, access});
}

void Machine::remove_watchpoint(std::uint64_t address, std::uint64_t size_bytes, Access access) {
  implementation_->interpreter.remove_watchpoint({address, size_bytes, access});
}

void Machine::set_memory_hook(std::function<void(const MemoryAccess&)> hook) {
  implementation_->interpreter.set_memory_hook(std::move(hook));
}
void Machine::set_block_hook(std::function<void(std::uint64_t pc)> hook) {
  implementation_->interpreter.set_block_hook(std::move(hook));
}
void Machine::set_syscall_hook(std::function<bool(Machine&, std::uint32_t)> hook) {
  implementation_->syscall_hook.set(std::move(hook));
}
void Machine::set_instruction_hook(std::function<void(std::uint64_t pc)> hook) {
  implementation_->interpreter.set_instruction_hook(std::move(hook));
}

guest::AddressSpace& Machine::address_space() { return implementation_->memory; }
const guest::AddressSpace& Machine::address_space() const { return implementation_->memory; }

}  // namespace armillion
