#include "machine_holder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace armillion::python {

namespace {

// How often the end of a run in the background is looked for, in seconds.
constexpr double POLL_SECONDS = 0.002;

// The hooks that the calling thread is in, from the innermost outwards.
struct HookFrame {
  explicit HookFrame(const MachineHolder* holder);
  ~HookFrame();
  HookFrame(const HookFrame&) = delete;
  HookFrame& operator=(const HookFrame&) = delete;

  const MachineHolder* holder;
  HookFrame* outer;
};

thread_local HookFrame* innermost_hook = nullptr;

HookFrame::HookFrame(const MachineHolder* called) : holder(called), outer(innermost_hook) { innermost_hook = this; }
HookFrame::~HookFrame() { innermost_hook = outer; }

bool is_in_hook_of(const MachineHolder* holder) {
  for (const HookFrame* frame = innermost_hook; frame != nullptr; frame = frame->outer) {
    if (frame->holder == holder) return true;
  }
  return false;
}

// Those that have a machine of their own. All of it happens with the GIL held.
std::set<MachineHolder*>& owners() {
  static std::set<MachineHolder*> all;
  return all;
}

// Machines that are being destroyed on threads of their own.
std::atomic<int> machines_leaving = 0;

[[noreturn]] void raise(const nb::object& exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  nb::raise_python_error();
}

nb::object none_to_nothing(nb::object hook) { return hook.is_none() ? nb::object() : std::move(hook); }

}  // namespace

Process& SharedProcess::get() const {
  if (process == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "the process was closed");
  return *process;
}

MachineHolder::MachineHolder(const MachineOptions& options) : own_(std::make_unique<Machine>(options)) {
  owners().insert(this);
}

MachineHolder::MachineHolder(std::shared_ptr<SharedProcess> process) : process_(std::move(process)) {}

MachineHolder::~MachineHolder() {
  owners().erase(this);
  // A hook that is wanted now finds none.
  clear_hooks();
  if (own_ != nullptr && is_in_hook_of(this)) {
    // The hook had the last reference, and its thread's run cannot be waited for here. It must not come back.
    own_->set_syscall_hook({});
    ++machines_leaving;
    std::thread([machine = std::move(own_)]() mutable {
      machine.reset();
      --machines_leaving;
    }).detach();
    return;
  }
  const nb::gil_scoped_release released;
  own_.reset();
  process_.reset();
}

Machine& MachineHolder::get() const {
  if (process_ != nullptr) return process_->get().machine();
  if (own_ == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "the machine was closed");
  return *own_;
}

Machine& MachineHolder::idle() const {
  occupancy().check("machine");
  return get();
}

void MachineHolder::close() {
  occupancy().check("machine");
  if (process_ != nullptr) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "this machine is a process's: close the process");
  }
  if (occupancy().is_occupied() || is_in_hook_of(this)) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a machine cannot be closed in its own run");
  }
  clear_hooks();
  // Nobody finds it any more once the GIL is given back.
  std::unique_ptr<Machine> closed = std::move(own_);
  const nb::gil_scoped_release released;
  closed.reset();
}

template <class Call>
auto MachineHolder::call_in_run(const Call& call) {
  const HookFrame frame(this);
  try {
    return call();
  } catch (const nb::python_error& error) {
    raised_ = nb::borrow(error.value());
    throw HookRaised();
  }
}

void MachineHolder::raise_from_hook() { raise(std::exchange(raised_, nb::object())); }

template <class Run>
auto MachineHolder::run_with_hooks(const Run& run) {
  try {
    return run();
  } catch (const HookRaised&) {
    raise_from_hook();
  }
}

RunResult MachineHolder::execute(const RunOptions& options) {
  Machine& machine = idle();
  const Occupancy::Scope scope(occupancy());
  return run_with_hooks([&] {
    return run_in_slices(
        options, [&](const RunOptions& slice) { return machine.execute(slice); },
        [&](std::uint64_t pc) { return machine.has_breakpoint(pc); });
  });
}

RunResult MachineHolder::step() {
  Machine& machine = idle();
  const Occupancy::Scope scope(occupancy());
  return run_with_hooks([&] { return machine.step(); });
}

RunResult MachineHolder::execute_continuous(const ContinuousOptions& options) {
  Machine& machine = idle();
  if (options.batch_instructions == 0) return machine.execute_continuous(options);  // says what is wrong
  const Occupancy::Scope scope(occupancy());
  RunOptions limits{.timeout_seconds = options.timeout_seconds};
  if (__builtin_mul_overflow(options.batch_instructions, options.max_batches, &limits.instruction_limit)) {
    limits.instruction_limit = UNLIMITED;
  }
  return run_with_hooks([&] {
    return run_in_slices(
        limits,
        [&](const RunOptions& slice) {
          ContinuousOptions batches = options;
          batches.timeout_seconds = slice.timeout_seconds;
          batches.max_batches =
              slice.instruction_limit == UNLIMITED ? UNLIMITED : slice.instruction_limit / options.batch_instructions;
          // What a slice has left of a batch is finished first.
          const std::uint64_t rest =
              slice.instruction_limit == UNLIMITED ? 0 : slice.instruction_limit % options.batch_instructions;
          RunResult result;
          result.stop_reason = StopReason::INSTRUCTION_LIMIT;
          result.pc = machine.pc();
          if (rest > 0) {
            result = machine.execute(RunOptions{.instruction_limit = rest, .timeout_seconds = slice.timeout_seconds});
            if (result.stop_reason != StopReason::INSTRUCTION_LIMIT) return result;
          }
          if (batches.max_batches == 0) return result;
          RunResult last = machine.execute_continuous(batches);
          last.instructions += result.instructions;
          last.elapsed_seconds += result.elapsed_seconds;
          return last;
        },
        [&](std::uint64_t pc) { return machine.has_breakpoint(pc); });
  });
}

void MachineHolder::stop_background_run() {
  Machine& machine = get();
  machine.cancel();
  try {
    const nb::gil_scoped_release released;
    static_cast<void>(machine.wait());
  } catch (...) {  // NOLINT(bugprone-empty-catch): what a hook raised can still be waited for
  }
}

void MachineHolder::stop_all_background_runs() {
  std::vector<nb::object> running;
  for (MachineHolder* const holder : owners()) {
    if (!holder->is_closed() && holder->own_->is_running()) running.push_back(nb::find(*holder));
  }
  for (const nb::object& machine : running) {
    auto& holder = nb::cast<MachineHolder&>(machine);
    // A call that nobody serves ends a run at once; to a cancellation it comes later.
    holder.clear_hooks();
    holder.stop_background_run();
  }
  const nb::gil_scoped_release released;
  while (machines_leaving > 0) std::this_thread::sleep_for(std::chrono::duration<double>(POLL_SECONDS));
}

bool MachineHolder::wait_for_end(double timeout_seconds) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  while (get().is_running()) {
    double pause = POLL_SECONDS;
    if (timeout_seconds >= 0) {
      const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
      if (elapsed >= timeout_seconds) return false;
      pause = std::min(pause, timeout_seconds - elapsed);
    }
    {
      const nb::gil_scoped_release released;
      std::this_thread::sleep_for(std::chrono::duration<double>(pause));
    }
    if (PyErr_CheckSignals() != 0) {
      nb::python_error raised;
      stop_background_run();
      throw raised;
    }
  }
  return true;
}

RunResult MachineHolder::result_of_background_run() const {
  try {
    return get().wait();
  } catch (const HookRaised&) {
    raise(raised_);
  }
}

bool MachineHolder::is_syscall_served(std::uint32_t immediate) {
  const nb::gil_scoped_acquire acquired;
  const nb::object hook = hooks_.syscall;
  if (!hook.is_valid()) return false;
  return call_in_run([&] {
    const nb::object self = nb::find(*this);
    const nb::object answer = hook(self, immediate);
    const int is_true = PyObject_IsTrue(answer.ptr());
    if (is_true < 0) nb::raise_python_error();
    return is_true != 0;
  });
}

void MachineHolder::set_syscall_hook(nb::object hook) {
  Machine& machine = idle();
  if (hook.is_none()) {
    machine.set_syscall_hook({});
  } else {
    machine.set_syscall_hook([this](Machine&, std::uint32_t immediate) { return is_syscall_served(immediate); });
  }
  hooks_.syscall = none_to_nothing(std::move(hook));
}

void MachineHolder::set_memory_hook(nb::object hook) {
  Machine& machine = idle();
  if (hook.is_none()) {
    machine.set_memory_hook({});
  } else {
    machine.set_memory_hook([this](const MemoryAccess& access) {
      const nb::gil_scoped_acquire acquired;
      const nb::object called = hooks_.memory;
      if (called.is_valid()) call_in_run([&] { called(access); });
    });
  }
  hooks_.memory = none_to_nothing(std::move(hook));
}

void MachineHolder::set_block_hook(nb::object hook) {
  Machine& machine = idle();
  if (hook.is_none()) {
    machine.set_block_hook({});
  } else {
    machine.set_block_hook([this](std::uint64_t pc) {
      const nb::gil_scoped_acquire acquired;
      const nb::object called = hooks_.block;
      if (called.is_valid()) call_in_run([&] { called(pc); });
    });
  }
  hooks_.block = none_to_nothing(std::move(hook));
}

void MachineHolder::set_instruction_hook(nb::object hook) {
  Machine& machine = idle();
  if (hook.is_none()) {
    machine.set_instruction_hook({});
  } else {
    machine.set_instruction_hook([this](std::uint64_t pc) {
      const nb::gil_scoped_acquire acquired;
      const nb::object called = hooks_.instruction;
      if (called.is_valid()) call_in_run([&] { called(pc); });
    });
  }
  hooks_.instruction = none_to_nothing(std::move(hook));
}

int MachineHolder::traverse(visitproc visit, void* arg) const {
  for (const nb::object* object : {&hooks_.syscall, &hooks_.memory, &hooks_.block, &hooks_.instruction, &raised_}) {
    Py_VISIT(object->ptr());
  }
  return 0;
}

void MachineHolder::clear_hooks() {
  hooks_ = Hooks();
  raised_.reset();
}

}  // namespace armillion::python
