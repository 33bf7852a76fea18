#include "fleet/device_lanes.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

#include "engine/gpu/lane_array.hpp"
#include "engine/gpu/memory_regions.hpp"
#include "engine/gpu/served_calls.hpp"
#include "engine/state_hash.hpp"
#include "fleet/device_processes.hpp"
#include "guest/address_space.hpp"

namespace armillion::fleet {

namespace {

using engine::gpu::Backend;
using engine::gpu::find_region;
using engine::gpu::lane_process;
using engine::gpu::LaneArray;
using engine::gpu::LaneControl;
using engine::gpu::LaneProcess;
using engine::gpu::MemoryRegion;
using engine::gpu::Summary;
using Clock = std::chrono::steady_clock;

constexpr double NO_TIMEOUT = std::numeric_limits<double>::infinity();

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Pages that a lane gets memory to write from the start. Most programs write a few pages of stack and data.
constexpr std::uint64_t PAGES_PER_LANE = 4;

// A launch shall be short enough that lanes that loop for ever do not keep others from running, and so long that
// launches cost nothing.
constexpr std::uint64_t FIRST_LAUNCH_INSTRUCTIONS = 1 << 20;
// Launches are also short where all lanes stop soon, which says nothing of how long they would run.
constexpr std::uint64_t MOST_LAUNCH_INSTRUCTIONS = std::uint64_t{1} << 40;
// The host naps while a launch runs, for a fraction of what has passed.
constexpr std::chrono::microseconds SHORTEST_NAP{20};
constexpr std::chrono::microseconds LONGEST_NAP{1000};
constexpr double SHORT_LAUNCH_SECONDS = 0.2;
constexpr double LONG_LAUNCH_SECONDS = 1.0;

std::uint64_t frame_limit_bytes(const Backend& backend, const FleetOptions& options) {
  return options.memory_limit_bytes != 0 ? options.memory_limit_bytes : backend.free_memory_bytes() / 4 * 3;
}

engine::gpu::LaneArrayOptions lane_options(const Backend& backend, const FleetOptions& options) {
  const std::uint64_t lanes = (options.lanes + backend.warp_lanes() - 1) / backend.warp_lanes() * backend.warp_lanes();
  const std::uint64_t limit = frame_limit_bytes(backend, options);
  engine::gpu::LaneArrayOptions result;
  result.lanes = options.lanes;
  // Addresses for all that the limit may be raised to; they cost nothing.
  result.frame_limit_bytes = std::max(limit, backend.free_memory_bytes());
  const std::uint64_t suitable = lanes * PAGES_PER_LANE * guest::PAGE_SIZE;
  result.frame_bytes = std::min(options.memory_bytes != 0 ? options.memory_bytes : suitable, limit);
  return result;
}

// The mappings of a lane whose list has these, with what it has added to its heap.
std::vector<MemoryRegion> with_heap(std::span<const MemoryRegion> listed, const LaneProcess& process) {
  const std::uint64_t end = guest::page_align_up(process.break_end);
  if (process.break_listed >= end) return {listed.begin(), listed.end()};
  return engine::gpu::with_region(listed,
                                  {process.break_listed, end, static_cast<std::uint32_t>(Permissions::READ_WRITE), 0});
}

class DeviceLanes final : public LaneEngine {
 public:
  DeviceLanes(std::unique_ptr<Backend> backend, LaneSource source, const FleetOptions& options)
      : backend_(std::move(backend)),
        source_(std::move(source)),
        host_(source_),
        frame_limit_bytes_(frame_limit_bytes(*backend_, options)),
        lanes_(*backend_, lane_options(*backend_, options)) {
    become_start();
    if (!host_.can_run_elsewhere()) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  "a process that has threads, a timer or a pending signal has its lanes on the device 'cpu' only");
    }
    const guest::AddressSpace& memory = host_.machine().address_space();
    memory.visit_pages([this](std::uint64_t address, const guest::Frame&) { start_pages_.push_back(address); });
    if (source_.is_process()) lanes_.serve_calls(lane_process(host_.delegate_calls()));
    lanes_.load(host_.machine().address_space(), source_.state(), source_.retired_instructions(),
                source_.breakpoints());
    lanes_.reset(UNLIMITED);
    if (source_.is_process()) {
      processes_ =
          std::make_unique<DeviceProcesses>(lanes_, source_, options.threads, start_pages_, [this] { return grow(); });
    }
  }

  std::string device() const override { return backend_->name(); }

  State state(std::uint64_t lane) override {
    settle();
    return is_on_host(lane) ? become(lane).state() : lanes_.state(lane);
  }
  void set_state(std::uint64_t lane, const State& state) override {
    settle();
    if (is_on_host(lane)) {
      become(lane).state() = state;
      keep(lane);
      processes_->of(lane).result.stop_reason = StopReason::RUNNING;
    } else {
      lanes_.set_state(lane, state);
      set_stop(lane, StopReason::RUNNING);
    }
  }

  std::vector<std::uint64_t> registers(RegisterFile file, unsigned number) override {
    settle();
    std::vector<std::uint64_t> values(lanes_.lane_count());
    lanes_.get_cells(cell_of(file, number), values);
    for_lanes_on_host(0, values.size(), [&](std::uint64_t lane) {
      const Machine& machine = become(lane);
      values[lane] = file == RegisterFile::GENERAL ? machine.x(number) : machine.vector(number).low;
    });
    return values;
  }
  void set_registers(RegisterFile file, unsigned number, std::span<const std::uint64_t> values) override {
    settle();
    write_registers(file, number, CallArgument(CallArgument::Kind::INTEGER, values));
    for_lanes_on_host(0, values.size(), [&](std::uint64_t lane) {
      set_register(become(lane), file, number, values[lane]);
      keep(lane);
    });
  }

  void read_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                   std::span<std::byte> bytes) override {
    settle();
    const std::uint64_t size = bytes.size() / count;
    const std::vector<std::uint8_t> done = lanes_.read_memory(first, count, address, size, bytes);
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool is_done = is_on_host(first + i)
                               ? become(first + i).address_space().read(address, bytes.subspan(i * size, size))
                               : done[i] != 0;
      if (!is_done) throw_bad_address(first + i, address, size);
    }
  }
  void write_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                    std::span<const std::byte> bytes) override {
    settle();
    const std::uint64_t size = bytes.size() / count;
    // What is not mapped is an error; where frames are missing, more of them mend it.
    bool any_on_device = false;
    for (std::uint64_t lane = first; lane < first + count; ++lane) any_on_device |= !is_on_host(lane);
    if (size > 0 && any_on_device) check_writable(first, count, address, size);
    for_lanes_on_host(first, count, [&](std::uint64_t lane) {
      if (!become(lane).address_space().write(address, bytes.subspan((lane - first) * size, size))) {
        throw_bad_address(lane, address, size);
      }
      keep(lane);
    });
    while (any_on_device) {
      const std::vector<std::uint8_t> done = lanes_.write_memory(first, count, address, size, bytes);
      bool all_done = true;
      for (std::uint64_t i = 0; i < count; ++i) all_done &= done[i] != 0 || is_on_host(first + i);
      if (all_done) return;
      if (!grow()) throw_out_of_memory();
    }
  }

  void set_instruction_limit(std::uint64_t lane, std::uint64_t instructions) override {
    settle();
    if (is_on_host(lane)) processes_->of(lane).instructions_left = instructions;
    LaneControl control = lanes_.control(lane);
    control.instructions_left = instructions;
    lanes_.set_control(lane, control);
  }

  LaneResult result(std::uint64_t lane) override {
    if (!call_results_.empty()) return call_results_[lane];
    return result_of(lane, lanes_.control(lane), lanes_.state(lane).pc);
  }
  std::vector<LaneResult> results() override {
    if (!call_results_.empty()) return call_results_;
    std::vector<LaneResult> results;
    results.reserve(lanes_.lane_count());
    std::vector<std::uint64_t> pcs(lanes_.lane_count());
    lanes_.get_cells(engine::gpu::PC_CELL, pcs);
    const std::vector<LaneControl> controls = lanes_.controls();
    for (std::size_t i = 0; i < controls.size(); ++i) results.push_back(result_of(i, controls[i], pcs[i]));
    return results;
  }

  std::vector<Hash128> state_hashes(std::uint64_t first, std::uint64_t count) override {
    settle();
    // A hash of memory is a sum over its pages: a lane's differs from the start's by the pages that it wrote, and by
    // its mappings.
    const guest::AddressSpace& memory = become_start().address_space();
    std::vector<LaneProcess> processes;
    if (source_.is_process()) processes = lanes_.processes(first, count);
    std::map<Mappings, StartOfHash> starts;
    std::vector<const StartOfHash*> starts_of_lanes(count);
    std::vector<Hash128> hashes(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const LaneProcess process = processes.empty() ? LaneProcess{} : processes[i];
      const auto [place, is_new] =
          starts.try_emplace({process.region_list, process.break_listed, guest::page_align_up(process.break_end)});
      if (is_new) place->second = start_of_hash(memory, process);
      starts_of_lanes[i] = &place->second;
      hashes[i] = place->second.hash;
    }
    lanes_.visit_dirty_pages(first, count, [&](const LaneArray::DirtyPage& page) {
      if (page.lane < first || page.lane - first >= count) return;
      if (find_region(starts_of_lanes[page.lane - first]->regions, page.address) == nullptr) return;
      Hash128& hash = hashes[page.lane - first];
      hash = guest::subtract(hash, guest::hash_of_page(page.address, memory.frame_at(page.address).bytes));
      hash = guest::add(hash, guest::hash_of_page(page.address, page.bytes));
    });
    const std::vector<State> states = lanes_.states(first, count);
    for (std::uint64_t i = 0; i < count; ++i) {
      hashes[i] = engine::state_hash(states[i], hashes[i]);
      if (source_.is_process()) hashes[i] = process_state_hash(hashes[i]);
    }
    for_lanes_on_host(first, count, [&](std::uint64_t lane) {
      become(lane);
      hashes[lane - first] = host_.state_hash();
    });
    return hashes;
  }

  FleetResult run(const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    settle();
    call_results_.clear();
    return run_lanes(options, cancelled);
  }

  CallResult call(const Call& call, const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    CallResult outcome;
    static_cast<FleetResult&>(outcome) = run_call(call, options, cancelled);
    outcome.values = registers(register_file(call.result), 0);
    needs_reset_ = true;
    return outcome;
  }

  CallComparison compare(const Call& first, std::uint64_t second_address, std::uint64_t mask,
                         const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    CallComparison comparison;
    const std::uint32_t cell = cell_of(register_file(first.result), 0);
    CallOutcomes one;
    comparison.first = run_call(first, options, cancelled);
    const bool is_plain = has_returned_on_device(comparison.first);
    if (is_plain) {
      lanes_.keep_cells(cell);
    } else {
      one = outcomes(first.result);
    }
    comparison.second =
        run_call({second_address, first.arguments, first.result}, options_after(options, comparison.first), cancelled);
    if (is_plain && has_returned_on_device(comparison.second)) {
      if (const auto differences = lanes_.compare_cells(cell, mask)) {
        for (const auto& [lane, was, is] : *differences) {
          comparison.differences.push_back({lane, {StopReason::RETURNED, was}, {StopReason::RETURNED, is}});
        }
        needs_reset_ = true;
        return comparison;
      }
    }
    if (is_plain) {
      one.values.resize(lanes_.lane_count());
      lanes_.get_kept_cells(one.values);
    }
    comparison.differences = differences_between(one, outcomes(first.result), mask);
    needs_reset_ = true;
    return comparison;
  }

  void reset() override {
    call_results_.clear();
    lanes_.reset(UNLIMITED);
    needs_reset_ = false;
    if (processes_ != nullptr) processes_->forget();
  }
  void reset(std::uint64_t lane) override {
    settle();
    retired_by_reset_ += lanes_.control(lane).retired - source_.retired_instructions();
    lanes_.reset_lanes(std::span(&lane, 1), UNLIMITED);
    if (processes_ != nullptr) processes_->forget(lane);
  }

  void set_standard_input(std::uint64_t lane, std::string bytes) override {
    settle();
    processes_->of(lane).streams.new_input = std::make_shared<const std::string>(std::move(bytes));
  }
  void set_arguments(std::uint64_t lane, const std::vector<std::string>& arguments) override {
    reset(lane);
    ProcessLane& process = processes_->of(lane);
    const guest::MemorySnapshot start = become_start().address_space().snapshot();
    process.moment = std::make_unique<LaneMoment>(host_.start_with(source_, arguments));
    write_pages(changed_pages(lane, host_.machine().address_space(), start));
    lanes_.set_state(lane, host_.machine().state());
  }
  std::string captured_output(std::uint64_t lane, int descriptor) override {
    return processes_->output(lane, descriptor);
  }
  void add_memory(std::uint64_t bytes) override {
    frame_limit_bytes_ = bytes > UNLIMITED - frame_limit_bytes_ ? UNLIMITED : frame_limit_bytes_ + bytes;
  }

 private:
  static RegisterFile register_file(CallArgument::Kind kind) {
    return kind == CallArgument::Kind::INTEGER ? RegisterFile::GENERAL : RegisterFile::VECTOR;
  }
  static std::uint32_t cell_of(RegisterFile file, unsigned number) {
    return file == RegisterFile::GENERAL ? number : engine::gpu::VECTOR_CELLS + number * 2;
  }

  // Makes the call in all lanes and leaves them as it left them.
  FleetResult run_call(const Call& call, const FleetRunOptions& options, std::atomic<bool>& cancelled) {
    reset();
    unsigned general = 0;
    unsigned vector = 0;
    for (const CallArgument& argument : call.arguments) {
      const RegisterFile file = register_file(argument.kind());
      write_registers(file, file == RegisterFile::GENERAL ? general++ : vector++, argument);
    }
    lanes_.set_cells_counting(cell_of(RegisterFile::GENERAL, LINK_REGISTER), RETURN_ADDRESS, 0);
    lanes_.set_cells_counting(engine::gpu::PC_CELL, call.address, 0);
    lanes_.set_return_address(RETURN_ADDRESS);
    in_call_ = true;
    const auto end_call = [this] {
      lanes_.set_return_address(engine::gpu::NO_ADDRESS);
      in_call_ = false;
    };
    try {
      const FleetResult outcome = run_lanes(options, cancelled);
      end_call();
      return outcome;
    } catch (...) {
      end_call();
      needs_reset_ = true;
      throw;
    }
  }
  bool has_returned_on_device(const FleetResult& result) const {
    return (processes_ == nullptr || processes_->count_on_host() == 0) &&
           result.stopped_by(StopReason::RETURNED) == lanes_.lane_count();
  }
  // What the call that has just run came to.
  CallOutcomes outcomes(CallArgument::Kind kind) { return {registers(register_file(kind), 0), results()}; }

  // After a call lanes are what they were, but for their results, until somebody looks.
  void settle() {
    if (!needs_reset_) return;
    std::vector<LaneResult> kept = results();
    reset();
    call_results_ = std::move(kept);
  }

  void write_registers(RegisterFile file, unsigned number, const CallArgument& argument) {
    const std::uint32_t cell = cell_of(file, number);
    if (argument.is_counting()) {
      lanes_.set_cells_counting(cell, argument.first(), 1);
    } else {
      lanes_.set_cells(cell, argument.values());
    }
    if (file == RegisterFile::VECTOR) lanes_.set_cells_counting(cell + 1, 0, 0);
  }

  void set_stop(std::uint64_t lane, StopReason reason) {
    LaneControl control = lanes_.control(lane);
    control.stop = static_cast<std::uint8_t>(reason);
    lanes_.set_control(lane, control);
  }

  LaneResult result_of(std::uint64_t lane, const LaneControl& control, std::uint64_t pc) const {
    if (is_on_host(lane)) return processes_->of(lane).result;
    LaneResult result;
    result.instructions = control.retired - source_.retired_instructions();
    result.stop_reason = static_cast<StopReason>(control.stop);
    result.pc = pc;
    const bool has_immediate = result.stop_reason == StopReason::SYSCALL || result.stop_reason == StopReason::HALT ||
                               result.stop_reason == StopReason::BREAKPOINT;
    if (has_immediate) result.immediate = control.immediate;
    if (result.stop_reason == StopReason::MEMORY_FAULT) result.fault = control.fault;
    if (result.stop_reason == StopReason::EXITED && control.finality == engine::gpu::EXITED_BY_ITSELF) {
      result.exit_code = static_cast<int>(control.immediate);
    } else if (result.stop_reason == StopReason::EXITED) {
      result.exit_code = processes_->of(lane).result.exit_code;
      result.signal = processes_->of(lane).result.signal;
    }
    return result;
  }

  [[noreturn]] void throw_out_of_memory() const {
    throw Error(ErrorCode::OUT_OF_MEMORY, device() + " has no memory left for pages that lanes write: their limit is " +
                                              std::to_string(frame_limit_bytes_) + " bytes");
  }

  bool is_on_host(std::uint64_t lane) const { return processes_ != nullptr && processes_->is_on_host(lane); }
  template <class Visit>
  void for_lanes_on_host(std::uint64_t first, std::uint64_t count, const Visit& visit) {
    if (processes_ != nullptr) processes_->for_lanes_on_host(first, count, visit);
  }

  // The calling thread's machine, as all lanes start.
  Machine& become_start() {
    LaneStreams streams;
    host_.restore(source_.start(), streams);
    return host_.machine();
  }
  // And as the host has the lane.
  Machine& become(std::uint64_t lane) {
    LaneStreams streams;
    host_.restore(*processes_->of(lane).moment, streams);
    return host_.machine();
  }
  void keep(std::uint64_t lane) {
    LaneStreams streams;
    *processes_->of(lane).moment = host_.save(streams);
    processes_->of(lane).result.pc = host_.machine().pc();
  }

  void write_pages(const std::vector<LaneArray::PageWrite>& pages) {
    while (true) {
      const std::vector<std::uint8_t> done = lanes_.write_pages(pages);
      if (std::ranges::all_of(done, [](std::uint8_t is_done) { return is_done != 0; })) return;
      if (!grow()) throw_out_of_memory();
    }
  }

  // What tells the mappings of lanes apart: their list, and what they have added to their heap.
  using Mappings = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;

  // The hash of a lane's memory if it had written nothing, and its mappings.
  struct StartOfHash {
    std::vector<MemoryRegion> regions;
    Hash128 hash;
  };

  StartOfHash start_of_hash(const guest::AddressSpace& memory, const LaneProcess& process) const {
    StartOfHash start{with_heap(lanes_.regions_of(process.region_list), process), {}};
    for (const MemoryRegion& region : start.regions) {
      const auto permissions = static_cast<Permissions>(region.permissions);
      start.hash = guest::add(start.hash, guest::hash_of_region(region.start, region.end, permissions));
    }
    for (const std::uint64_t address : start_pages_) {
      if (find_region(start.regions, address) == nullptr) continue;
      start.hash = guest::add(start.hash, guest::hash_of_page(address, memory.frame_at(address).bytes));
    }
    return start;
  }

  // What the host writes for lanes on the device has to be mapped, and not code that all lanes share for good.
  void check_writable(std::uint64_t first, std::uint64_t count, std::uint64_t address, std::uint64_t size) {
    if (!source_.is_process()) {
      check_writable(first, lanes_.regions_of(engine::gpu::IMAGE_REGIONS), address, size);
      return;
    }
    const std::vector<LaneProcess> processes = lanes_.processes(first, count);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (is_on_host(first + i)) continue;
      check_writable(first + i, with_heap(lanes_.regions_of(processes[i].region_list), processes[i]), address, size);
    }
  }
  void check_writable(std::uint64_t lane, std::span<const MemoryRegion> regions, std::uint64_t address,
                      std::uint64_t size) const {
    if (size > UNLIMITED - address) throw_bad_address(lane, address, size);
    for (std::uint64_t at = address; at < address + size;) {
      const MemoryRegion* region = find_region(regions, at);
      if (region == nullptr) throw_bad_address(lane, address, size);
      const auto permissions = static_cast<Permissions>(region->permissions);
      if (allows(permissions, Permissions::EXECUTE) && !allows(permissions, Permissions::WRITE)) {
        throw Error(ErrorCode::INVALID_ARGUMENT,
                    "lanes on " + backend_->name() +
                        " share code that they cannot write: the host cannot change it for some of "
                        "them; change it before the fleet is made, or use the device 'cpu'");
      }
      at = region->end;
    }
  }

  // More memory for pages that lanes write. False where the limit is reached.
  bool grow() {
    const std::uint64_t now = lanes_.frame_capacity() * lanes_.frame_size_bytes();
    if (now >= frame_limit_bytes_) return false;
    std::uint64_t more = std::min(now, frame_limit_bytes_ - now);
    for (; more >= lanes_.frame_size_bytes(); more /= 2) {
      if (lanes_.add_frames(more)) return true;
    }
    return false;
  }

  FleetResult run_lanes(const FleetRunOptions& options, std::atomic<bool>& cancelled) {
    const Clock::time_point start = Clock::now();
    next_report_ = start + PROGRESS_PERIOD;
    retired_by_reset_ = 0;
    Summary summary = lanes_.summarize();
    const std::uint64_t retired_before = summary.retired;
    lanes_.resume(options.instruction_limit,
                  {StopReason::SYSCALL, StopReason::INSTRUCTION_LIMIT, StopReason::BREAKPOINT, StopReason::TIMEOUT,
                   StopReason::CANCELLED, StopReason::OUT_OF_MEMORY});
    std::vector<std::uint8_t> reported;
    if (options.on_stop) reported = stopped_lanes();
    std::uint64_t instructions = FIRST_LAUNCH_INSTRUCTIONS;
    std::uint64_t retired_on_host = 0;
    for_lanes_on_host(0, lanes_.lane_count(), [&](std::uint64_t lane) {
      ProcessLane& process = processes_->of(lane);
      if (!is_resumable(process.result.stop_reason)) return;
      process.run_left = options.instruction_limit;
      process.result.stop_reason = StopReason::RUNNING;
    });
    std::optional<StopReason> end;
    while (true) {
      const Clock::time_point launch_start = Clock::now();
      if (processes_ != nullptr) processes_->keep_output();
      lanes_.launch(instructions);
      end = wait_for_launch(options, cancelled, start, summary.retired + retired_by_reset_ - retired_before);
      if (processes_ != nullptr) processes_->keep_output();
      summary = lanes_.summarize();
      if (summary.stops[static_cast<std::size_t>(StopReason::OUT_OF_MEMORY)] > 0 && grow()) {
        lanes_.revive_out_of_memory();
        summary = lanes_.summarize();
      }
      bool host_runs = false;
      if (processes_ != nullptr) {
        // Also where the run ends: a call that was made has to be served.
        const bool serves = DeviceProcesses::wants_kernel(summary);
        if (serves) processes_->serve_stops();
        if (!end) {
          const double left = options.timeout_seconds > 0 ? options.timeout_seconds - seconds_since(start) : NO_TIMEOUT;
          host_runs = processes_->run_on_host(in_call_, left, cancelled, retired_on_host);
        }
        if (serves || host_runs) summary = lanes_.summarize();
      }
      if (options.on_stop && !end && report_stops(options, reported)) summary = lanes_.summarize();
      if (end || (summary.stops[static_cast<std::size_t>(StopReason::RUNNING)] == 0 && !host_runs)) break;
      const double seconds = seconds_since(launch_start);
      if (seconds < SHORT_LAUNCH_SECONDS && instructions < MOST_LAUNCH_INSTRUCTIONS) instructions *= 4;
      if (seconds > LONG_LAUNCH_SECONDS && instructions > FIRST_LAUNCH_INSTRUCTIONS) instructions /= 2;
    }
    if (end) {
      lanes_.stop(*end);
      summary = lanes_.summarize();
    }
    for_lanes_on_host(0, lanes_.lane_count(), [&](std::uint64_t lane) {
      StopReason& reason = processes_->of(lane).result.stop_reason;
      if (reason == StopReason::RUNNING) reason = end.value_or(StopReason::CANCELLED);
      --summary.stops[static_cast<std::size_t>(DeviceProcesses::AWAY)];
      ++summary.stops[static_cast<std::size_t>(reason)];
    });
    FleetResult result;
    std::ranges::copy(summary.stops, result.stops.begin());
    result.instructions = summary.retired + retired_by_reset_ - retired_before + retired_on_host;
    result.elapsed_seconds = seconds_since(start);
    return result;
  }

  // Waits for the launch, or makes it end: then why.
  std::optional<StopReason> wait_for_launch(const FleetRunOptions& options, std::atomic<bool>& cancelled,
                                            Clock::time_point start, std::uint64_t instructions) {
    std::optional<StopReason> end;
    const Clock::time_point launched = Clock::now();
    while (!lanes_.is_idle()) {
      std::this_thread::sleep_for(
          std::clamp<Clock::duration>((Clock::now() - launched) / 8, SHORTEST_NAP, LONGEST_NAP));
      if (!end && cancelled.load(std::memory_order_relaxed)) {
        end = StopReason::CANCELLED;
        lanes_.interrupt();
      } else if (!end && options.timeout_seconds > 0 && seconds_since(start) >= options.timeout_seconds) {
        end = StopReason::TIMEOUT;
        lanes_.interrupt();
      } else if (!end && seconds_since(launched) >= 2 * LONG_LAUNCH_SECONDS) {
        // Others may wait for what only the host can do.
        lanes_.interrupt();
      }
      if (!options.on_progress || Clock::now() < next_report_) continue;
      next_report_ = Clock::now() + PROGRESS_PERIOD;
      try {
        options.on_progress({lanes_.lane_count(), lanes_.stopped_lanes(), instructions, seconds_since(start)});
      } catch (...) {
        lanes_.interrupt();
        lanes_.wait();
        throw;
      }
    }
    if (!end && cancelled.load(std::memory_order_relaxed)) end = StopReason::CANCELLED;
    if (!end && options.timeout_seconds > 0 && seconds_since(start) >= options.timeout_seconds) {
      end = StopReason::TIMEOUT;
    }
    return end;
  }

  std::vector<std::uint8_t> stopped_lanes() {
    std::vector<std::uint8_t> stopped;
    stopped.reserve(lanes_.lane_count());
    for (const LaneControl& control : lanes_.controls()) {
      const bool is_away = is_on_host(stopped.size());
      const auto reason =
          is_away ? processes_->of(stopped.size()).result.stop_reason : static_cast<StopReason>(control.stop);
      stopped.push_back(reason != StopReason::RUNNING ? 1 : 0);
    }
    return stopped;
  }

  // Tells of lanes that stopped since `reported`. True where some of them go on.
  bool report_stops(const FleetRunOptions& options, std::vector<std::uint8_t>& reported) {
    bool goes_on = false;
    const std::vector<std::uint8_t> stopped = stopped_lanes();
    for (std::uint64_t lane = 0; lane < stopped.size(); ++lane) {
      if (stopped[lane] == 0 || reported[lane] != 0) continue;
      if (options.on_stop(lane)) {
        goes_on = true;
        if (is_on_host(lane)) {
          processes_->of(lane).result.stop_reason = StopReason::RUNNING;
          processes_->of(lane).run_left = options.instruction_limit;
          continue;
        }
        LaneControl control = lanes_.control(lane);
        control.stop = static_cast<std::uint8_t>(StopReason::RUNNING);
        control.run_left = options.instruction_limit;
        control.passes_breakpoint = 1;
        control.finality = engine::gpu::NOT_FINAL;
        lanes_.set_control(lane, control);
      } else {
        reported[lane] = 1;
        // It may have been reset meanwhile, to run another time.
        if (lanes_.control(lane).stop == static_cast<std::uint8_t>(StopReason::RUNNING)) {
          set_stop(lane, StopReason::CANCELLED);
        }
      }
    }
    return goes_on;
  }

  std::unique_ptr<Backend> backend_;
  LaneSource source_;
  // The calling thread's.
  LaneHost host_;
  std::uint64_t frame_limit_bytes_;
  LaneArray lanes_;
  bool needs_reset_ = false;
  // Of a call, once its lanes have been reset.
  std::vector<LaneResult> call_results_;
  // What lanes had retired that were reset in the current run.
  std::uint64_t retired_by_reset_ = 0;
  Clock::time_point next_report_;
  // Whether lanes run a function that the host called.
  bool in_call_ = false;
  // The pages that all lanes start with.
  std::vector<std::uint64_t> start_pages_;
  // Where lanes are processes.
  std::unique_ptr<DeviceProcesses> processes_;
};

}  // namespace

std::unique_ptr<LaneEngine> make_device_lanes(std::unique_ptr<Backend> backend, LaneSource source,
                                              const FleetOptions& options) {
  return std::make_unique<DeviceLanes>(std::move(backend), std::move(source), options);
}

}  // namespace armillion::fleet
