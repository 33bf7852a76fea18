#include "fleet/device_lanes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "engine/gpu/lane_array.hpp"
#include "engine/state_hash.hpp"
#include "guest/address_space.hpp"

namespace armillion::fleet {

namespace {

using engine::gpu::Backend;
using engine::gpu::LaneArray;
using engine::gpu::LaneControl;
using engine::gpu::Summary;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Pages that a lane gets memory to write from the start. Most programs write a few pages of stack and data.
constexpr std::uint64_t PAGES_PER_LANE = 4;

// A launch shall be short enough that lanes that loop for ever do not keep others from running, and so long that
// launches cost nothing.
constexpr std::uint64_t FIRST_LAUNCH_INSTRUCTIONS = 1 << 20;
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

class DeviceLanes final : public LaneEngine {
 public:
  DeviceLanes(std::unique_ptr<Backend> backend, Machine& machine, const FleetOptions& options)
      : backend_(std::move(backend)),
        start_(machine.snapshot()),
        retired_at_start_(machine.retired_instructions()),
        scratch_({.memory_bytes = 0, .memory_limit_bytes = machine.address_space().memory_limit_bytes()}),
        frame_limit_bytes_(frame_limit_bytes(*backend_, options)),
        lanes_(*backend_, lane_options(*backend_, options)) {
    scratch_.restore(start_);
    const std::vector<std::uint64_t> breakpoints = machine.breakpoints();
    lanes_.load(machine.address_space(), machine.state(), retired_at_start_, breakpoints);
    lanes_.reset(UNLIMITED);
  }

  std::string device() const override { return backend_->name(); }

  State state(std::uint64_t lane) override {
    settle();
    return lanes_.state(lane);
  }
  void set_state(std::uint64_t lane, const State& state) override {
    settle();
    lanes_.set_state(lane, state);
    set_stop(lane, StopReason::RUNNING);
  }

  std::vector<std::uint64_t> registers(RegisterFile file, unsigned number) override {
    settle();
    std::vector<std::uint64_t> values(lanes_.lane_count());
    lanes_.get_cells(cell_of(file, number), values);
    return values;
  }
  void set_registers(RegisterFile file, unsigned number, std::span<const std::uint64_t> values) override {
    settle();
    write_registers(file, number, CallArgument(CallArgument::Kind::INTEGER, values));
  }

  void read_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                   std::span<std::byte> bytes) override {
    settle();
    const std::uint64_t size = bytes.size() / count;
    check_done(lanes_.read_memory(first, count, address, size, bytes), first, address, size);
  }
  void write_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                    std::span<const std::byte> bytes) override {
    settle();
    const std::uint64_t size = bytes.size() / count;
    // What is not mapped is an error; where frames are missing, more of them mend it.
    if (size > 0 && scratch_.address_space().find_obstacle(address, size, Permissions::NONE)) {
      throw_bad_address(first, address, size);
    }
    while (true) {
      const std::vector<std::uint8_t> done = lanes_.write_memory(first, count, address, size, bytes);
      if (std::ranges::all_of(done, [](std::uint8_t is_done) { return is_done != 0; })) return;
      if (!grow()) {
        throw Error(ErrorCode::OUT_OF_MEMORY, device() +
                                                  " has no memory left for pages that lanes write: their limit is " +
                                                  std::to_string(frame_limit_bytes_) + " bytes");
      }
    }
  }

  void set_instruction_limit(std::uint64_t lane, std::uint64_t instructions) override {
    settle();
    LaneControl control = lanes_.control(lane);
    control.instructions_left = instructions;
    lanes_.set_control(lane, control);
  }

  LaneResult result(std::uint64_t lane) override { return result_of(lanes_.control(lane), lanes_.state(lane).pc); }
  std::vector<LaneResult> results() override {
    std::vector<LaneResult> results;
    results.reserve(lanes_.lane_count());
    std::vector<std::uint64_t> pcs(lanes_.lane_count());
    lanes_.get_cells(engine::gpu::PC_CELL, pcs);
    const std::vector<LaneControl> controls = lanes_.controls();
    for (std::size_t i = 0; i < controls.size(); ++i) results.push_back(result_of(controls[i], pcs[i]));
    return results;
  }

  std::vector<Hash128> state_hashes(std::uint64_t first, std::uint64_t count) override {
    settle();
    // A hash of memory is a sum over its pages: a lane's differs from the start's by the pages that it wrote.
    const guest::AddressSpace& memory = scratch_.address_space();
    std::vector<Hash128> hashes(count, memory.hash());
    lanes_.visit_dirty_pages([&](const LaneArray::DirtyPage& page) {
      if (page.lane < first || page.lane - first >= count) return;
      Hash128& hash = hashes[page.lane - first];
      hash = guest::subtract(hash, guest::hash_of_page(page.address, memory.page_for_reading(page.address)));
      hash = guest::add(hash, guest::hash_of_page(page.address, page.bytes));
    });
    const std::vector<State> states = lanes_.states(first, count);
    for (std::uint64_t i = 0; i < count; ++i) hashes[i] = engine::state_hash(states[i], hashes[i]);
    return hashes;
  }

  FleetResult run(const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    settle();
    return run_lanes(options, cancelled);
  }

  CallResult call(const Call& call, const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    lanes_.reset(UNLIMITED);
    needs_reset_ = false;
    unsigned general = 0;
    unsigned vector = 0;
    for (const CallArgument& argument : call.arguments) {
      const bool is_integer = argument.kind() == CallArgument::Kind::INTEGER;
      write_registers(is_integer ? RegisterFile::GENERAL : RegisterFile::VECTOR, is_integer ? general++ : vector++,
                      argument);
    }
    lanes_.set_cells_counting(cell_of(RegisterFile::GENERAL, LINK_REGISTER), RETURN_ADDRESS, 0);
    lanes_.set_cells_counting(engine::gpu::PC_CELL, call.address, 0);
    lanes_.set_return_address(RETURN_ADDRESS);
    CallResult outcome;
    static_cast<FleetResult&>(outcome) = run_lanes(options, cancelled);
    lanes_.set_return_address(engine::gpu::NO_ADDRESS);
    needs_reset_ = true;
    outcome.values.resize(lanes_.lane_count());
    const RegisterFile file = call.result == CallArgument::Kind::INTEGER ? RegisterFile::GENERAL : RegisterFile::VECTOR;
    lanes_.get_cells(cell_of(file, 0), outcome.values);
    return outcome;
  }

  void reset() override {
    lanes_.reset(UNLIMITED);
    needs_reset_ = false;
  }
  void reset(std::uint64_t lane) override {
    settle();
    lanes_.reset_lanes(std::span(&lane, 1), UNLIMITED);
  }
  void add_memory(std::uint64_t bytes) override { frame_limit_bytes_ += bytes; }

 private:
  static std::uint32_t cell_of(RegisterFile file, unsigned number) {
    return file == RegisterFile::GENERAL ? number : engine::gpu::VECTOR_CELLS + number * 2;
  }

  // After a call lanes are what they were, but for their results, until somebody looks.
  void settle() {
    if (std::exchange(needs_reset_, false)) lanes_.reset(UNLIMITED);
  }

  void write_registers(RegisterFile file, unsigned number, const CallArgument& argument) {
    const std::uint32_t cell = cell_of(file, number);
    if (argument.values().empty()) {
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

  LaneResult result_of(const LaneControl& control, std::uint64_t pc) const {
    LaneResult result;
    result.instructions = control.retired - retired_at_start_;
    result.stop_reason = static_cast<StopReason>(control.stop);
    result.pc = pc;
    const bool has_immediate = result.stop_reason == StopReason::SYSCALL || result.stop_reason == StopReason::HALT ||
                               result.stop_reason == StopReason::BREAKPOINT;
    if (has_immediate) result.immediate = control.immediate;
    if (result.stop_reason == StopReason::MEMORY_FAULT) result.fault = control.fault;
    return result;
  }

  static void check_done(const std::vector<std::uint8_t>& done, std::uint64_t first, std::uint64_t address,
                         std::uint64_t size) {
    for (std::size_t i = 0; i < done.size(); ++i) {
      if (done[i] == 0) throw_bad_address(first + i, address, size);
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
    Summary summary = lanes_.summarize();
    const std::uint64_t retired_before = summary.retired;
    lanes_.resume(options.instruction_limit,
                  {StopReason::SYSCALL, StopReason::INSTRUCTION_LIMIT, StopReason::BREAKPOINT, StopReason::TIMEOUT,
                   StopReason::CANCELLED, StopReason::OUT_OF_MEMORY});
    std::vector<std::uint8_t> reported;
    if (options.on_stop) reported = stopped_lanes();
    std::uint64_t instructions = FIRST_LAUNCH_INSTRUCTIONS;
    std::optional<StopReason> end;
    while (true) {
      const Clock::time_point launch_start = Clock::now();
      lanes_.launch(instructions);
      end = wait_for_launch(options, cancelled, start, summary.retired - retired_before);
      summary = lanes_.summarize();
      if (summary.stops[static_cast<std::size_t>(StopReason::OUT_OF_MEMORY)] > 0 && grow()) {
        lanes_.revive_out_of_memory();
        summary = lanes_.summarize();
      }
      if (options.on_stop && !end && report_stops(options, reported)) summary = lanes_.summarize();
      if (end || summary.stops[static_cast<std::size_t>(StopReason::RUNNING)] == 0) break;
      const double seconds = seconds_since(launch_start);
      if (seconds < SHORT_LAUNCH_SECONDS && instructions < UNLIMITED / 4) instructions *= 4;
      if (seconds > LONG_LAUNCH_SECONDS && instructions > FIRST_LAUNCH_INSTRUCTIONS) instructions /= 2;
    }
    if (end) {
      lanes_.stop(*end);
      summary = lanes_.summarize();
    }
    cancelled.store(false, std::memory_order_relaxed);
    FleetResult result;
    std::ranges::copy(summary.stops, result.stops.begin());
    result.instructions = summary.retired - retired_before;
    result.elapsed_seconds = seconds_since(start);
    return result;
  }

  // Waits for the launch, or makes it end: then why.
  std::optional<StopReason> wait_for_launch(const FleetRunOptions& options, std::atomic<bool>& cancelled,
                                            Clock::time_point start, std::uint64_t instructions) {
    std::optional<StopReason> end;
    auto next_report = Clock::now() + PROGRESS_PERIOD;
    auto pause = std::chrono::microseconds(10);
    while (!lanes_.is_idle()) {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::microseconds(1000));
      if (!end && cancelled.load(std::memory_order_relaxed)) {
        end = StopReason::CANCELLED;
        lanes_.interrupt();
      } else if (!end && options.timeout_seconds > 0 && seconds_since(start) >= options.timeout_seconds) {
        end = StopReason::TIMEOUT;
        lanes_.interrupt();
      }
      if (options.on_progress && Clock::now() >= next_report) {
        next_report = Clock::now() + PROGRESS_PERIOD;
        options.on_progress({lanes_.lane_count(), lanes_.stopped_lanes(), instructions, seconds_since(start)});
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
      stopped.push_back(control.stop != static_cast<std::uint8_t>(StopReason::RUNNING) ? 1 : 0);
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
        LaneControl control = lanes_.control(lane);
        control.stop = static_cast<std::uint8_t>(StopReason::RUNNING);
        control.run_left = options.instruction_limit;
        lanes_.set_control(lane, control);
        goes_on = true;
      } else {
        reported[lane] = 1;
      }
    }
    return goes_on;
  }

  std::unique_ptr<Backend> backend_;
  Snapshot start_;
  std::uint64_t retired_at_start_;
  // On the host what all lanes start from.
  Machine scratch_;
  std::uint64_t frame_limit_bytes_;
  LaneArray lanes_;
  bool needs_reset_ = false;
};

}  // namespace

std::unique_ptr<LaneEngine> make_device_lanes(std::unique_ptr<Backend> backend, Machine& machine,
                                              const FleetOptions& options) {
  return std::make_unique<DeviceLanes>(std::move(backend), machine, options);
}

}  // namespace armillion::fleet
