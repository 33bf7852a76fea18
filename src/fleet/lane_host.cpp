#include "fleet/lane_host.hpp"

#include <cstring>
#include <mutex>
#include <set>
#include <span>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "guest/linux/kernel.hpp"

namespace armillion::fleet {

namespace {

using guest::kernel::Kernel;

constexpr double LONGEST_CALL_SECONDS = 0.01;

// A process that lanes can be: its streams are its own, and its program is at hand.
ProcessOptions options_for_lanes(Process& process) {
  const Kernel& kernel = process.kernel();
  if (kernel.exit_status) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the process has ended: there is nothing that lanes could run");
  }
  ProcessOptions options = kernel.options;
  options.program_bytes.assign(kernel.program_file.begin(), kernel.program_file.end());
  if (options.standard_input.kind == InputStream::Kind::INHERIT) options.standard_input = InputStream::from_bytes("");
  for (OutputStream* stream : {&options.standard_output, &options.standard_error}) {
    const std::uint64_t limit = stream->capture_limit_bytes;
    *stream = OutputStream::capture();
    stream->capture_limit_bytes = limit;
  }
  // Lanes run on several threads at once.
  options.on_system_call = nullptr;
  if (options.on_unsupported_system_call) {
    options.on_unsupported_system_call = [tell = options.on_unsupported_system_call,
                                          mutex = std::make_shared<std::mutex>()](unsigned number,
                                                                                  std::string_view name) {
      const std::scoped_lock lock(*mutex);
      tell(number, name);
    };
  }
  return options;
}

}  // namespace

LaneSource::LaneSource(Machine& machine)
    : start_{machine.snapshot(), {}},
      machine_start_(start_.machine),
      state_(machine.state()),
      retired_instructions_(machine.retired_instructions()),
      memory_limit_bytes_(machine.address_space().memory_limit_bytes()),
      breakpoints_(machine.breakpoints()) {}

LaneSource::LaneSource(Process& process)
    : start_{{}, process.snapshot()},
      machine_start_(process.machine().snapshot()),
      state_(process.machine().state()),
      retired_instructions_(process.retired_instructions()),
      memory_limit_bytes_(process.machine().address_space().memory_limit_bytes()),
      breakpoints_(process.machine().breakpoints()),
      options_(options_for_lanes(process)) {}

const ProcessOptions& LaneSource::options() const {
  if (!options_) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "these lanes are bare machines: they have no streams and no arguments");
  }
  return *options_;
}

LaneMoment LaneHost::start_with(const LaneSource& source, const std::vector<std::string>& arguments) {
  ProcessOptions options = source.options();
  options.arguments = arguments;
  Process other(options);
  // Of the other process only what is different is kept.
  LaneStreams streams;
  restore(source.start(), streams);
  guest::AddressSpace& memory = machine().address_space();
  const guest::AddressSpace& other_memory = other.machine().address_space();
  std::set<std::uint64_t> pages;
  const auto note = [&pages](std::uint64_t address, const guest::Frame&) { pages.insert(address); };
  memory.visit_pages(note);
  other_memory.visit_pages(note);
  for (const std::uint64_t address : pages) {
    const std::byte* bytes = other_memory.frame_at(address).bytes;
    if (std::memcmp(memory.frame_at(address).bytes, bytes, guest::PAGE_SIZE) == 0) continue;
    memory.write_in_page(address, std::span(bytes, guest::PAGE_SIZE));
  }
  machine().state() = other.machine().state();
  process_->kernel().command_line = other.kernel().command_line;
  return save(streams);
}

LaneHost::LaneHost(const LaneSource& source) {
  if (source.is_process()) {
    process_ = std::make_unique<Process>(source.options());
  } else {
    machine_ =
        std::make_unique<Machine>(MachineOptions{.memory_bytes = 0, .memory_limit_bytes = source.memory_limit_bytes()});
  }
  for (const std::uint64_t address : source.breakpoints()) machine().add_breakpoint(address);
  if (process_ != nullptr) process_->kernel().execute = [this](const RunOptions& slice) { return execute(slice); };
}

LaneHost::~LaneHost() = default;

Machine& LaneHost::machine() { return process_ != nullptr ? process_->machine() : *machine_; }

RunResult LaneHost::execute(const RunOptions& options) {
  RunResult result = machine().execute_untimed(options);
  if (expects_return_ && result.stop_reason == StopReason::MEMORY_FAULT && result.fault.access == Access::EXECUTE &&
      result.fault.address == RETURN_ADDRESS) {
    result.stop_reason = StopReason::RETURNED;
    result.fault = {};
  }
  return result;
}

void LaneHost::restore(const LaneMoment& moment, LaneStreams& streams) {
  expects_return_ = false;
  if (process_ == nullptr) {
    machine_->restore(moment.machine);
    return;
  }
  process_->restore(moment.process);
  Kernel& kernel = process_->kernel();
  for (std::size_t i : {0, 1}) kernel.captured_outputs[i + 1]->text = std::move(streams.outputs[i]);
  kernel.adopt_standard_streams(std::exchange(streams.new_input, nullptr));
}

LaneMoment LaneHost::save(LaneStreams& streams) {
  if (process_ == nullptr) return {machine_->snapshot(), {}};
  Kernel& kernel = process_->kernel();
  for (std::size_t i : {0, 1}) streams.outputs[i] = std::exchange(kernel.captured_outputs[i + 1]->text, {});
  return {{}, process_->snapshot()};
}

Hash128 LaneHost::state_hash() const { return process_ != nullptr ? process_->state_hash() : machine_->state_hash(); }

void LaneHost::restore_machine(const LaneSource& source) {
  machine().restore(source.machine_start());
  expects_return_ = true;
}

ProcessResult LaneHost::run(const RunOptions& options, With with) {
  if (process_ != nullptr && with == With::KERNEL) return process_->run(options);
  ProcessResult result;
  static_cast<RunResult&>(result) = execute(options);
  return result;
}

void LaneHost::cancel() noexcept {
  if (process_ != nullptr) {
    process_->cancel();
  } else {
    machine_->cancel();
  }
}

ProcessResult LaneHost::serve(const RunResult& stop, std::uint64_t limit, const std::function<void()>& take_over) {
  Kernel& kernel = process_->kernel();
  int slices = 0;
  auto on_host = std::move(kernel.execute);
  // The first slice is what the lane has run elsewhere; before the second one the kernel is done with what it stopped
  // for.
  kernel.execute = [&](const RunOptions&) {
    RunResult result;
    if (slices++ == 0) {
      take_over();
      result = stop;
    } else {
      kernel.suspend();
      result.stop_reason = StopReason::CANCELLED;
    }
    return result;
  };
  ProcessResult result;
  try {
    // A call that waits for time or for the host does not keep others waiting: the lane goes on elsewhere.
    do {
      result = process_->run({.instruction_limit = limit, .timeout_seconds = LONGEST_CALL_SECONDS});
    } while (slices == 0 && result.stop_reason == StopReason::TIMEOUT);
  } catch (...) {
    kernel.execute = std::move(on_host);
    throw;
  }
  kernel.execute = std::move(on_host);
  const bool waits = result.stop_reason == StopReason::TIMEOUT;
  if (waits || (result.stop_reason == StopReason::CANCELLED && slices > 1)) result.stop_reason = StopReason::RUNNING;
  return result;
}

bool LaneHost::can_run_elsewhere() const { return process_ == nullptr || process_->kernel().is_uninterrupted(); }

guest::kernel::Delegation LaneHost::delegate_calls() const { return guest::kernel::delegate_calls(process_->kernel()); }

void LaneHost::settle_calls(const guest::kernel::ServedCalls& served) {
  guest::kernel::settle_calls(process_->kernel(), served);
}

void add_run(LaneResult& result, const ProcessResult& run) {
  result.instructions += run.instructions;
  result.stop_reason = run.stop_reason;
  result.pc = run.pc;
  result.immediate = run.immediate;
  result.fault = run.fault;
  result.exit_code = run.exit_code;
  result.signal = run.signal;
}

void set_register(Machine& machine, RegisterFile file, unsigned number, std::uint64_t value) {
  if (file == RegisterFile::GENERAL) {
    machine.set_x(number, value);
  } else {
    machine.set_vector(number, {value, 0});
  }
}

Hash128 process_state_hash(Hash128 machine) {
  const XXH128_hash_t digest = XXH3_128bits(&machine, sizeof machine);
  return {digest.low64, digest.high64};
}

}  // namespace armillion::fleet
