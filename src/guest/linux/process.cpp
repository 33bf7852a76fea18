#include "armillion/process.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/gpu/device_machine.hpp"
#include "guest/linux/initial_stack.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/loader.hpp"

namespace armillion {

namespace {

using guest::ElfImage;
using guest::page_align_up;
using guest::PAGE_SIZE;

// The kernel's layout of 48-bit addresses without randomisation.
constexpr std::uint64_t STACK_TOP = 0xffff'ffff'f000;
constexpr std::uint64_t STACK_GAP = 0x800'0000;
constexpr std::uint64_t POSITION_INDEPENDENT_BASE = 0xaaaa'aaaa'a000;
constexpr std::uint64_t LEAST_STACK_BYTES = 16 * PAGE_SIZE;
constexpr std::uint64_t MOST_STACK_BYTES = std::uint64_t{1} << 40;

// mov x8, #139 (rt_sigreturn); svc #0. Unwinders know signal frames by these two instructions.
constexpr std::array<std::uint32_t, 2> SIGNAL_RETURN_CODE{0xd280'1168, 0xd400'0001};

std::vector<std::byte> read_interpreter(const guest::kernel::NameSpace& names, const std::string& path,
                                        const std::string& program, std::uint64_t limit_bytes) {
  const auto location = names.resolve(names.root(), path, guest::kernel::FinalLink::FOLLOW);
  if (!location || !location->exists() || location->host == nullptr || location->directory != nullptr) {
    throw Error(ErrorCode::FILE_UNREADABLE,
                fmt::format("{} is dynamically linked and needs {}, which the guest does not see; name the folder that "
                            "holds it as the sysroot",
                            program, path));
  }
  return guest::read_program_file(fmt::format("/proc/self/fd/{}", location->host->number()), limit_bytes);
}

void refuse_zero_byte(const std::string& text) {
  if (const auto position = text.find('\0'); position != std::string::npos) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("the argument or variable '{}...' holds a zero byte, which would end it for the program",
                            text.substr(0, position)));
  }
}

std::uint64_t stack_bytes_of(const ProcessOptions& options) {
  const std::uint64_t bytes = std::max(page_align_up(options.stack_bytes), LEAST_STACK_BYTES);
  if (options.stack_bytes > MOST_STACK_BYTES || bytes > options.memory_limit_bytes) {
    throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("a stack of {} bytes does not fit into the memory limit of {}",
                                                         options.stack_bytes, options.memory_limit_bytes));
  }
  return bytes;
}

}  // namespace

struct ProcessSnapshot::Data {
  Snapshot machine;
  guest::kernel::KernelState kernel;
  std::array<std::size_t, 3> captured_sizes{};
};

ProcessSnapshot::ProcessSnapshot() = default;
ProcessSnapshot::ProcessSnapshot(const ProcessSnapshot&) = default;
ProcessSnapshot::ProcessSnapshot(ProcessSnapshot&&) noexcept = default;
ProcessSnapshot& ProcessSnapshot::operator=(const ProcessSnapshot&) = default;
ProcessSnapshot& ProcessSnapshot::operator=(ProcessSnapshot&&) noexcept = default;
ProcessSnapshot::~ProcessSnapshot() = default;

struct Process::Implementation {
  explicit Implementation(const ProcessOptions& options)
      : machine({.memory_bytes = 0,
                 .memory_limit_bytes = options.memory_limit_bytes,
                 .device = options.device,
                 .engine = options.engine,
                 .tensor_batch = options.tensor_batch,
                 .tensor_loops = options.tensor_loops}),
        kernel(machine, options) {
    const std::string& path = options.program;
    program = options.program_bytes.empty() ? guest::read_program_file(path, options.memory_limit_bytes)
                                            : options.program_bytes;
    load(path);
    if (machine.device_machine() != nullptr) serve_calls_on_device();
  }

  // A device serves calls while the kernel runs the machine, unless the kernel has to be in between.
  void serve_calls_on_device() {
    service.begin = [this]() -> std::optional<engine::gpu::LaneProcess> {
      if (!kernel.is_uninterrupted() || kernel.options.on_system_call) return std::nullopt;
      guest::kernel::Delegation delegation = guest::kernel::delegate_calls(kernel);
      // The run is over then in any case.
      delegation.may_exit = false;
      return engine::gpu::lane_process(delegation);
    };
    service.settle = [this](const engine::gpu::LaneProcess& process) {
      guest::kernel::settle_calls(kernel, engine::gpu::served_calls(process));
    };
    service.settle_output = [this](std::uint32_t descriptor, std::span<const std::byte> bytes) {
      guest::kernel::settle_output(kernel, static_cast<std::int32_t>(descriptor), bytes);
    };
    kernel.execute = [this](const RunOptions& slice) {
      engine::gpu::DeviceMachine& device = *machine.device_machine();
      struct Serving {
        engine::gpu::DeviceMachine& device;
        ~Serving() { device.serve_calls(nullptr); }
      } const serving{device};
      device.serve_calls(&service);
      return machine.execute(slice);
    };
  }

  void load(const std::string& path) {
    const std::string name = path.empty() ? "program" : path;
    const ElfImage image = guest::read_elf(program, name);
    if (image.kind == ElfImage::Kind::POSITION_INDEPENDENT) bias = POSITION_INDEPENDENT_BASE & ~(image.alignment - 1);
    guest::AddressSpace& memory = machine.address_space();
    guest::map_segments(memory, image, program, bias, name);
    entry = image.entry + bias;

    const std::uint64_t stack_bytes = stack_bytes_of(kernel.options);
    const std::uint64_t stack_bottom = STACK_TOP - stack_bytes;
    if (!memory.is_free(stack_bottom - STACK_GAP, stack_bytes + STACK_GAP)) {
      throw Error(ErrorCode::BAD_PROGRAM, fmt::format("{}: it wants the addresses where its stack lies", name));
    }
    memory.map(stack_bottom, stack_bytes, image.stack_permissions);
    guest::kernel::MemoryMap& mappings = kernel.mappings;
    mappings.mapping_top = stack_bottom - STACK_GAP;
    mappings.break_start = mappings.break_end = page_align_up(image.first_address() + image.span_bytes() + bias);

    kernel.signal_return_address = mappings.mapping_top - PAGE_SIZE;
    memory.map(kernel.signal_return_address, PAGE_SIZE, Permissions::READ_EXECUTE);
    memory.write(kernel.signal_return_address, std::as_bytes(std::span(SIGNAL_RETURN_CODE)));

    std::uint64_t interpreter_base = 0;
    machine.set_pc(entry);
    if (!image.interpreter.empty()) interpreter_base = load_interpreter(image.interpreter, name);
    for (const auto& [start, region] : memory.regions()) mappings.charged.add(start, region.end);

    machine.state().sp = guest::kernel::write_initial_stack(memory, STACK_TOP, stack_bytes,
                                                            program_start(image, path, interpreter_base));
  }

  // The program interpreter goes where its mmap would put it; the program starts there.
  std::uint64_t load_interpreter(const std::string& interpreter_path, const std::string& program_name) {
    const auto file = read_interpreter(kernel.names, interpreter_path, program_name, kernel.options.memory_limit_bytes);
    const ElfImage image = guest::read_elf(file, interpreter_path);
    std::uint64_t base = 0;
    if (image.kind == ElfImage::Kind::POSITION_INDEPENDENT) {
      const std::uint64_t slack = image.alignment - PAGE_SIZE;
      const auto found = machine.address_space().find_free(
          image.span_bytes() + slack, guest::kernel::MemoryMap::LOWEST_ADDRESS, kernel.mappings.mapping_top);
      if (!found) throw Error(ErrorCode::OUT_OF_MEMORY, "no free addresses for the program interpreter");
      base = (*found - image.first_address() + slack) & ~(image.alignment - 1);
    }
    guest::map_segments(machine.address_space(), image, file, base, interpreter_path);
    machine.set_pc(image.entry + base);
    return base;
  }

  guest::kernel::ProgramStart program_start(const ElfImage& image, const std::string& path,
                                            std::uint64_t interpreter_base) {
    const ProcessOptions& options = kernel.options;
    guest::kernel::ProgramStart start;
    start.arguments.push_back(options.program_name.empty() ? path : options.program_name);
    start.arguments.insert(start.arguments.end(), options.arguments.begin(), options.arguments.end());
    start.environment = options.environment;
    for (const auto* texts : {&start.arguments, &start.environment}) {
      for (const std::string& text : *texts) refuse_zero_byte(text);
    }
    start.path = path;
    start.entry = entry;
    start.program_headers_address = image.program_headers_address == 0 ? 0 : image.program_headers_address + bias;
    start.program_header_count = image.program_header_count;
    start.interpreter_base = interpreter_base;
    kernel.random.fill(start.random_bytes);

    kernel.program_file = program;
    kernel.names.set_executable_path(path.starts_with('/') ? path : '/' + path);
    for (const std::string& argument : start.arguments)
      kernel.command_line.append(argument.c_str(), argument.size() + 1);
    const std::string base_name = path.substr(path.rfind('/') + 1).substr(0, kernel.thread_name.size() - 1);
    std::ranges::copy(base_name, kernel.thread_name.begin());
    return start;
  }

  Machine machine;
  guest::kernel::Kernel kernel;
  engine::gpu::CallService service;
  std::vector<std::byte> program;
  std::uint64_t bias = 0;
  std::uint64_t entry = 0;
  std::optional<SymbolTable> symbols;
};

Process::Process(const ProcessOptions& options) : implementation_(std::make_unique<Implementation>(options)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

ProcessResult Process::run(const RunOptions& options) { return implementation_->kernel.run(options); }
void Process::cancel() noexcept { implementation_->kernel.cancel(); }

Machine& Process::machine() { return implementation_->machine; }
const Machine& Process::machine() const { return implementation_->machine; }

const SymbolTable& Process::symbols() const {
  Implementation& self = *implementation_;
  if (!self.symbols) self.symbols = guest::read_symbols(self.program, self.bias);
  return *self.symbols;
}

std::uint64_t Process::entry_point() const { return implementation_->entry; }
std::uint64_t Process::retired_instructions() const { return implementation_->machine.retired_instructions(); }

std::vector<Process::ThreadView> Process::threads() const {
  std::vector<ThreadView> result;
  const auto& kernel = implementation_->kernel;
  result.reserve(kernel.threads.size());
  for (const auto& [id, thread] : kernel.threads) {
    result.push_back({id, id == kernel.current_thread ? implementation_->machine.state() : thread.state});
  }
  return result;
}

int Process::current_thread() const { return implementation_->kernel.current_thread; }

const std::string& Process::captured_output(int descriptor) const {
  if (descriptor != 1 && descriptor != 2) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "only descriptors 1 and 2 can be captured");
  }
  return implementation_->kernel.captured_outputs[descriptor]->text;
}

ProcessSnapshot Process::snapshot() {
  Implementation& self = *implementation_;
  auto data = std::make_shared<ProcessSnapshot::Data>();
  data->machine = self.machine.snapshot();
  data->kernel = self.kernel.copy();
  for (std::size_t i : {1u, 2u}) data->captured_sizes[i] = self.kernel.captured_outputs[i]->text.size();
  ProcessSnapshot snapshot;
  snapshot.data_ = std::move(data);
  return snapshot;
}

void Process::restore(const ProcessSnapshot& snapshot) {
  if (snapshot.data_ == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "the snapshot is empty: take one first");
  Implementation& self = *implementation_;
  self.machine.restore(snapshot.data_->machine);
  static_cast<guest::kernel::KernelState&>(self.kernel) = snapshot.data_->kernel.copy();
  for (std::size_t i : {1u, 2u}) {
    std::string& text = self.kernel.captured_outputs[i]->text;
    text.resize(std::min(text.size(), snapshot.data_->captured_sizes[i]));
  }
}

guest::kernel::Kernel& Process::kernel() { return implementation_->kernel; }

Hash128 Process::state_hash() const {
  const Hash128 machine = implementation_->machine.state_hash();
  XXH3_state_t hash;
  XXH3_128bits_reset(&hash);
  XXH3_128bits_update(&hash, &machine, sizeof machine);
  for (const ThreadView& thread : threads()) {
    if (thread.id == current_thread()) continue;
    XXH3_128bits_update(&hash, &thread.id, sizeof thread.id);
    XXH3_128bits_update(&hash, &thread.state, sizeof thread.state);
  }
  const XXH128_hash_t digest = XXH3_128bits_digest(&hash);
  return {digest.low64, digest.high64};
}

}  // namespace armillion
