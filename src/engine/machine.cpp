#include "armillion/machine.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "engine/gpu/device_choice.hpp"
#include "engine/gpu/device_machine.hpp"
#include "engine/hook.hpp"
#include "engine/host_cpu.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/state_hash.hpp"
#include "engine/tensor/device/tensor_device.hpp"
#include "engine/tensor/tensor_engine.hpp"
#include "engine/time_limit.hpp"
#include "engine/worker.hpp"
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
    auto backend = engine::gpu::open_device(options.device);
    if (options.engine == "tensor") {
      make_tensor_engine(options, std::move(backend));
    } else if (options.engine != "interpreter") {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  "there is no engine '" + options.engine + "'; there are 'interpreter' and 'tensor'");
    } else if (backend != nullptr) {
      device = std::make_unique<engine::gpu::DeviceMachine>(std::move(backend), memory, interpreter.state());
    }
    if (options.memory_bytes > 0) memory.map(0, guest::page_align_up(options.memory_bytes), Permissions::ALL);
  }
  ~Implementation() { is_ending.store(true, std::memory_order_relaxed); }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  void make_tensor_engine(const MachineOptions& options, std::unique_ptr<engine::gpu::Backend> backend);
  RunResult run(Machine& self, const RunOptions& options, std::uint64_t launch_instructions);
  RunResult run_untimed(Machine& self, const RunOptions& options, std::uint64_t launch_instructions);
  engine::Interpreter::Outcome run_engine(std::uint64_t limit, engine::Interpreter::Start start,
                                          const engine::Interpreter::Poll& poll, std::uint64_t launch_instructions);
  void run_in_background(const RunOptions& options);
  void require_cpu(const char* what) const;

  guest::AddressSpace memory;
  engine::Interpreter interpreter;
  /// What the machine runs on; nothing where that is the interpreter, which then only keeps state and breakpoints.
  std::unique_ptr<engine::gpu::DeviceMachine> device;
  /// What executes the instructions in its place; nothing where that is the interpreter itself.
  std::unique_ptr<engine::tensor::TensorEngine> tensor;
  std::unique_ptr<engine::tensor::TensorDevice> tensor_device;
  std::uint64_t retired_instructions = 0;
  std::atomic<bool> cancelled{false};
  std::atomic<bool> is_ending{false};
  engine::Hook<bool(Machine&, std::uint32_t)> syscall_hook;

  // The run that `start` began.
  std::uint64_t background_start = 0;
  std::atomic<std::uint64_t> background_instructions{0};
  RunResult background_result;
  std::exception_ptr background_exception;
  bool was_started = false;
  /// Goes first: its run uses all of the above.
  engine::Worker worker;
};

// The machine as a hook sees it that runs in the background, wherever the host may have moved its own.
class Machine::Borrowed {
 public:
  explicit Borrowed(Implementation& implementation) : machine(std::unique_ptr<Implementation>(&implementation)) {}
  ~Borrowed() { static_cast<void>(machine.implementation_.release()); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Machine machine;
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
Machine::Machine(std::unique_ptr<Implementation> implementation) noexcept
    : implementation_(std::move(implementation)) {}
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;
Machine::~Machine() = default;

// The implementation, for what must not be done while a run is going on in the background.
Machine::Implementation& Machine::idle() const {
  Implementation& self = *implementation_;
  if (self.worker.is_busy() && !self.worker.is_this_thread()) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the machine is running: wait for the run's end, or cancel it and wait");
  }
  return self;
}

std::string Machine::device() const {
  if (implementation_->tensor_device != nullptr) return implementation_->tensor_device->name();
  return implementation_->device == nullptr ? "cpu" : implementation_->device->name();
}

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

State& Machine::state() { return idle().interpreter.state(); }
const State& Machine::state() const { return idle().interpreter.state(); }

void Machine::read_memory(std::uint64_t address, std::span<std::byte> destination) const {
  if (!idle().memory.read(address, destination)) throw_bad_address(address, destination.size());
}

void Machine::write_memory(std::uint64_t address, std::span<const std::byte> source) {
  if (!idle().memory.write(address, source)) throw_bad_address(address, source.size());
}

void Machine::map_memory(std::uint64_t address, std::uint64_t size_bytes, Permissions permissions) {
  idle().memory.map(address, size_bytes, permissions);
}

void Machine::unmap_memory(std::uint64_t address, std::uint64_t size_bytes) {
  idle().memory.unmap(address, size_bytes);
}

void Machine::protect_memory(std::uint64_t address, std::uint64_t size_bytes, Permissions permissions) {
  if (!idle().memory.protect(address, size_bytes, permissions)) throw_bad_address(address, size_bytes);
}

void Machine::Implementation::make_tensor_engine(const MachineOptions& options,
                                                 std::unique_ptr<engine::gpu::Backend> backend) {
  if (options.tensor_batch < 1 || options.tensor_batch > LARGEST_BATCH) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a batch of " + std::to_string(options.tensor_batch) +
                                                 " instructions cannot be; it has 1 to " +
                                                 std::to_string(LARGEST_BATCH));
  }
  if (backend == nullptr) {
    tensor =
        std::make_unique<engine::tensor::TensorEngine>(interpreter, memory, options.tensor_batch, options.tensor_loops);
    return;
  }
  if (options.tensor_loops == LoopAcceleration::ON) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the tensor engine solves loops on the device 'cpu' only");
  }
  tensor_device =
      std::make_unique<engine::tensor::TensorDevice>(std::move(backend), interpreter, memory, options.tensor_batch);
}

engine::Interpreter::Outcome Machine::Implementation::run_engine(std::uint64_t limit, engine::Interpreter::Start start,
                                                                 const engine::Interpreter::Poll& poll,
                                                                 std::uint64_t launch_instructions) {
  if (device != nullptr) return device->run(limit, retired_instructions, start, poll, launch_instructions);
  if (tensor != nullptr) return tensor->run(limit, retired_instructions, start, poll);
  if (tensor_device != nullptr) return tensor_device->run(limit, retired_instructions, start, poll);
  return interpreter.run(limit, retired_instructions, start, poll);
}

RunResult Machine::Implementation::run(Machine& self, const RunOptions& options, std::uint64_t launch_instructions) {
  const Clock::time_point start = Clock::now();
  RunResult result = run_untimed(self, options, launch_instructions);
  result.elapsed_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

RunResult Machine::Implementation::run_untimed(Machine& self, const RunOptions& options,
                                               std::uint64_t launch_instructions) {
  engine::check_time_limit(options.timeout_seconds);
  const Clock::time_point start = options.timeout_seconds > 0 ? Clock::now() : Clock::time_point();
  const auto timeout = std::chrono::duration<double>(options.timeout_seconds);
  const bool is_in_background = worker.is_busy();
  // A device may stop by itself just as it is told to: the hook's run must not go on then.
  bool is_cancelled = false;
  const engine::Interpreter::Poll poll = [&]() -> StopReason {
    if (is_in_background && retired_instructions > background_start) {
      background_instructions.store(retired_instructions - background_start, std::memory_order_relaxed);
    }
    if (cancelled.load(std::memory_order_relaxed)) is_cancelled |= cancelled.exchange(false, std::memory_order_relaxed);
    is_cancelled |= is_ending.load(std::memory_order_relaxed);
    if (is_cancelled) return StopReason::CANCELLED;
    if (options.timeout_seconds > 0 && Clock::now() - start >= timeout) return StopReason::TIMEOUT;
    return StopReason::RUNNING;
  };

  RunResult result;
  auto how = engine::Interpreter::Start::BY_HOST;
  while (true) {
    const std::uint64_t limit = options.instruction_limit - result.instructions;
    const auto outcome = run_engine(limit, how, poll, launch_instructions);
    result.instructions += outcome.retired;
    result.stop_reason = outcome.reason;
    result.immediate = outcome.immediate;
    result.fault = outcome.fault;
    const bool served = outcome.reason == StopReason::SYSCALL && syscall_hook && syscall_hook(self, outcome.immediate);
    if (!served) break;
    how = engine::Interpreter::Start::BEHIND_CALL;
  }
  result.pc = interpreter.state().pc;
  return result;
}

RunResult Machine::execute(const RunOptions& options) { return idle().run(*this, options, UNLIMITED); }

RunResult Machine::execute_untimed(const RunOptions& options) { return idle().run_untimed(*this, options, UNLIMITED); }

RunResult Machine::execute(std::uint64_t instruction_limit) {
  return execute(RunOptions{.instruction_limit = instruction_limit});
}

RunResult Machine::execute_continuous(const ContinuousOptions& options) {
  if (options.batch_instructions == 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a batch must have at least one instruction");
  }
  std::uint64_t limit = 0;
  if (__builtin_mul_overflow(options.batch_instructions, options.max_batches, &limit)) limit = UNLIMITED;
  const RunOptions run_options{.instruction_limit = limit, .timeout_seconds = options.timeout_seconds};
  // The device's program looks at the host's word and the limit all the time, so that a batch of its own is one launch.
  const bool is_host = options.dispatch == Dispatch::HOST;
  return idle().run(*this, run_options, is_host ? options.batch_instructions : UNLIMITED);
}

RunResult Machine::execute_mega(std::uint64_t total_instructions) { return execute(total_instructions); }

RunResult Machine::step() { return execute(1); }

// Runs in the background.

void Machine::Implementation::run_in_background(const RunOptions& options) {
  try {
    Borrowed self(*this);
    background_result = run(self.machine, options, UNLIMITED);
    background_instructions.store(background_result.instructions, std::memory_order_relaxed);
  } catch (...) {
    background_exception = std::current_exception();
    background_instructions.store(retired_instructions - background_start, std::memory_order_relaxed);
  }
}

void Machine::start(const RunOptions& options) {
  Implementation& self = idle();
  engine::check_time_limit(options.timeout_seconds);
  if (self.worker.is_busy()) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a run in the background cannot start another of the same machine");
  }
  self.background_start = self.retired_instructions;
  self.background_instructions.store(0, std::memory_order_relaxed);
  self.background_exception = nullptr;
  self.worker.start([&self, options] { self.run_in_background(options); });
  self.was_started = true;
}

Progress Machine::poll() const noexcept {
  // In this order: where the run is over, the count is the final one.
  const bool is_running = this->is_running();
  return {is_running, implementation_->background_instructions.load(std::memory_order_relaxed)};
}

bool Machine::is_running() const noexcept { return implementation_->worker.is_busy(); }

RunResult Machine::wait() {
  Implementation& self = *implementation_;
  if (self.worker.is_this_thread()) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a run in the background cannot wait for itself");
  }
  if (!self.was_started) throw Error(ErrorCode::INVALID_ARGUMENT, "no run was started that could be waited for");
  self.worker.wait();
  if (self.background_exception != nullptr) std::rethrow_exception(self.background_exception);
  return self.background_result;
}

void Machine::cancel() noexcept { implementation_->cancelled.store(true, std::memory_order_relaxed); }

std::uint64_t Machine::retired_instructions() const { return idle().retired_instructions; }

std::string Machine::engine() const {
  const Implementation& self = idle();
  return self.tensor != nullptr || self.tensor_device != nullptr ? "tensor" : "interpreter";
}

TensorStatistics Machine::tensor_statistics() const {
  const Implementation& self = idle();
  if (self.tensor != nullptr) return self.tensor->statistics();
  return self.tensor_device != nullptr ? self.tensor_device->statistics() : TensorStatistics{};
}

void Machine::set_retired_instructions(std::uint64_t count) { idle().retired_instructions = count; }

Snapshot Machine::snapshot() {
  Implementation& self = idle();
  Snapshot result;
  result.data_ = std::make_shared<const Snapshot::Data>(
      Snapshot::Data{state(), self.memory.snapshot(), self.retired_instructions});
  return result;
}

void Machine::restore(const Snapshot& snapshot) {
  if (snapshot.data_ == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "the snapshot is empty: take one first");
  Implementation& self = idle();
  self.memory.restore(snapshot.data_->memory);
  state() = snapshot.data_->state;
  self.retired_instructions = snapshot.data_->retired_instructions;
}

Hash128 Machine::state_hash() const { return engine::state_hash(state(), idle().memory.hash()); }

// What only the interpreter can do.
void Machine::Implementation::require_cpu(const char* what) const {
  if (device == nullptr) return;
  throw Error(ErrorCode::INVALID_ARGUMENT,
              std::string(what) + " are there on the device 'cpu' only; this machine is on '" + device->name() + "'");
}

void Machine::add_breakpoint(std::uint64_t address) {
  Implementation& self = idle();
  self.interpreter.add_breakpoint(address);
  if (self.device != nullptr) self.device->add_breakpoint(address);
}
void Machine::remove_breakpoint(std::uint64_t address) {
  Implementation& self = idle();
  self.interpreter.remove_breakpoint(address);
  if (self.device != nullptr) self.device->remove_breakpoint(address);
}
bool Machine::has_breakpoint(std::uint64_t address) const { return idle().interpreter.has_breakpoint(address); }
std::vector<std::uint64_t> Machine::breakpoints() const { return idle().interpreter.breakpoints(); }

void Machine::add_watchpoint(std::uint64_t address, std::uint64_t size_bytes, Access access) {
  idle().require_cpu("watchpoints");
  idle().interpreter.add_watchpoint({address, size_bytes, access});
}

void Machine::remove_watchpoint(std::uint64_t address, std::uint64_t size_bytes, Access access) {
  idle().interpreter.remove_watchpoint({address, size_bytes, access});
}

void Machine::set_memory_hook(std::function<void(const MemoryAccess&)> hook) {
  if (hook) idle().require_cpu("memory hooks");
  idle().interpreter.set_memory_hook(std::move(hook));
}
void Machine::set_block_hook(std::function<void(std::uint64_t pc)> hook) {
  if (hook) idle().require_cpu("block hooks");
  idle().interpreter.set_block_hook(std::move(hook));
}
void Machine::set_syscall_hook(std::function<bool(Machine&, std::uint32_t)> hook) {
  idle().syscall_hook.set(std::move(hook));
}
void Machine::set_instruction_hook(std::function<void(std::uint64_t pc)> hook) {
  if (hook) idle().require_cpu("instruction hooks");
  idle().interpreter.set_instruction_hook(std::move(hook));
}

guest::AddressSpace& Machine::address_space() { return idle().memory; }
const guest::AddressSpace& Machine::address_space() const { return idle().memory; }
engine::gpu::DeviceMachine* Machine::device_machine() { return idle().device.get(); }

}  // namespace armillion
