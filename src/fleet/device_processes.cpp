#include "fleet/device_processes.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/gpu/memory_regions.hpp"
#include "engine/gpu/served_calls.hpp"
#include "fleet/parallel.hpp"
#include "guest/address_space.hpp"

namespace armillion::fleet {

namespace {

using engine::gpu::are_equal;
using engine::gpu::device_regions;
using engine::gpu::find_region;
using engine::gpu::lane_process;
using engine::gpu::LaneArray;
using engine::gpu::LaneControl;
using engine::gpu::LaneProcess;
using engine::gpu::MemoryRegion;
using engine::gpu::Summary;
using Clock = std::chrono::steady_clock;

// Lanes whose system calls are served at once: the host keeps the pages that they have written meanwhile.
constexpr std::uint64_t LANES_SERVED_AT_ONCE = 4096;
// How long a lane that has left the device runs on the host before it is the others' turn.
constexpr double HOST_SLICE_SECONDS = 0.2;

// Whether the host's kernel has something to do for a lane that stopped so.
bool needs_kernel(StopReason reason) {
  return reason == StopReason::SYSCALL || reason == StopReason::MEMORY_FAULT ||
         reason == StopReason::UNDEFINED_INSTRUCTION || reason == StopReason::HALT || reason == StopReason::BREAKPOINT;
}

}  // namespace

// A lane that stopped on the device, and what the host made of it.
struct DeviceProcesses::Served {
  std::uint64_t lane = 0;
  LaneControl control{};
  State state;
  LaneProcess process{};
  // Its mappings afterwards.
  std::vector<MemoryRegion> regions;
  std::vector<LaneArray::DirtyPage> pages;
  std::vector<LaneArray::PageWrite> writes;
  ProcessResult outcome;
};

std::vector<LaneArray::PageWrite> changed_pages(std::uint64_t lane, const guest::AddressSpace& memory,
                                                const guest::MemorySnapshot& before) {
  std::vector<LaneArray::PageWrite> writes;
  memory.visit_changes(before, [&](std::uint64_t address, const guest::Frame* frame) {
    if (!memory.region_at(address)) return;
    LaneArray::PageWrite& write = writes.emplace_back();
    write.lane = lane;
    write.address = address;
    if (frame != nullptr) {
      std::memcpy(write.bytes, frame->bytes, sizeof write.bytes);
    } else {
      std::memset(write.bytes, 0, sizeof write.bytes);
    }
  });
  return writes;
}

DeviceProcesses::DeviceProcesses(LaneArray& lanes, const LaneSource& source, unsigned threads,
                                 std::span<const std::uint64_t> start_pages, std::function<bool()> grow)
    : array_(lanes),
      source_(source),
      threads_wanted_(threads),
      start_pages_(start_pages),
      grow_(std::move(grow)),
      shared_code_(engine::gpu::regions_that_allow(Permissions::EXECUTE, lanes.regions_of(engine::gpu::IMAGE_REGIONS))),
      lanes_(lanes.lane_count()) {}

ProcessLane& DeviceProcesses::of(std::uint64_t lane) {
  auto& process = lanes_[lane];
  knows_of_lanes_ = true;
  if (process == nullptr) process = std::make_unique<ProcessLane>();
  return *process;
}

std::string DeviceProcesses::output(std::uint64_t lane, int descriptor) const {
  const auto& process = lanes_[lane];
  return process == nullptr ? "" : process->streams.outputs[static_cast<std::size_t>(descriptor - 1)];
}

void DeviceProcesses::forget() {
  if (std::exchange(knows_of_lanes_, false)) {
    for (auto& process : lanes_) process.reset();
  }
  count_on_host_ = 0;
}

void DeviceProcesses::forget(std::uint64_t lane) {
  if (is_on_host(lane)) --count_on_host_;
  lanes_[lane].reset();
}

void DeviceProcesses::keep_output() {
  array_.drain_writes([this](std::uint64_t lane, std::uint32_t descriptor, std::span<const std::byte> bytes) {
    of(lane).streams.outputs[descriptor - 1].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
}

bool DeviceProcesses::wants_kernel(const Summary& summary) {
  for (std::size_t reason = 0; reason < STOP_REASON_COUNT; ++reason) {
    if (summary.stops[reason] != 0 && needs_kernel(static_cast<StopReason>(reason))) return true;
  }
  return false;
}

void DeviceProcesses::serve_stops() {
  std::vector<LaneControl> controls = array_.controls();
  std::vector<std::uint64_t> waiting;
  for (std::uint64_t lane = 0; lane < controls.size(); ++lane) {
    if (controls[lane].finality != engine::gpu::NOT_FINAL ||
        !needs_kernel(static_cast<StopReason>(controls[lane].stop)))
      continue;
    waiting.push_back(lane);
  }
  for (std::uint64_t first = 0; first < waiting.size(); first += LANES_SERVED_AT_ONCE) {
    serve(std::span(waiting).subspan(first, std::min(LANES_SERVED_AT_ONCE, waiting.size() - first)), controls);
  }
  if (!waiting.empty()) array_.set_controls(controls);
}

void DeviceProcesses::serve(std::span<const std::uint64_t> waiting, std::vector<LaneControl>& controls) {
  const std::uint64_t first = waiting.front();
  const std::uint64_t count = waiting.back() + 1 - first;
  std::vector<State> states = array_.states(first, count);
  std::vector<LaneProcess> processes = array_.processes(first, count);
  std::vector<Served> served(waiting.size());
  std::vector<std::int32_t> places(count, -1);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    served[i].lane = waiting[i];
    served[i].control = controls[waiting[i]];
    served[i].state = states[waiting[i] - first];
    served[i].process = processes[waiting[i] - first];
    places[waiting[i] - first] = static_cast<std::int32_t>(i);
    of(waiting[i]);
  }
  array_.visit_dirty_pages(first, count, [&](const LaneArray::DirtyPage& page) {
    if (page.lane < first || page.lane - first >= count || places[page.lane - first] < 0) return;
    served[static_cast<std::size_t>(places[page.lane - first])].pages.push_back(page);
  });
  on_hosts(served.size(), [&](LaneHost& host, std::uint64_t i) { serve_one(host, served[i]); }, [] {});
  std::vector<LaneArray::PageWrite> writes;
  for (Served& item : served) {
    controls[item.lane] = item.control;
    states[item.lane - first] = item.state;
    if (!lanes_[item.lane]->is_on_host) {
      item.process.region_list = array_.region_list(item.regions);
      processes[item.lane - first] = item.process;
    }
    writes.insert(writes.end(), item.writes.begin(), item.writes.end());
  }
  array_.set_states(first, states);
  array_.set_processes(first, processes);
  // A lane whose pages find no room on the device goes on on the host, which has all of it.
  std::vector<std::uint8_t> done = array_.write_pages(writes);
  const auto is_written = [](std::uint8_t is_done) { return is_done != 0; };
  while (!std::ranges::all_of(done, is_written) && grow_()) done = array_.write_pages(writes);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (is_written(done[i])) continue;
    const Served& item = served[static_cast<std::size_t>(places[writes[i].lane - first])];
    if (!lanes_[item.lane]->is_on_host) leave(item, controls[item.lane]);
  }
}

// The lane leaves the device: `moment` is all of it.
void DeviceProcesses::leave(const Served& item, LaneControl& control) {
  ProcessLane& process = *lanes_[item.lane];
  process.is_on_host = true;
  ++count_on_host_;
  process.instructions_left = control.instructions_left;
  process.run_left = control.run_left;
  process.result.instructions = control.retired - source_.retired_instructions();
  process.result.stop_reason = item.outcome.stop_reason;
  process.result.pc = item.state.pc;
  process.result.immediate = item.outcome.immediate;
  process.result.fault = item.outcome.fault;
  control.stop = static_cast<std::uint8_t>(AWAY);
}

void DeviceProcesses::serve_one(LaneHost& host, Served& item) {
  ProcessLane& process = *lanes_[item.lane];
  host.restore(process.moment != nullptr ? *process.moment : source_.start(), process.streams);
  Machine& machine = host.machine();
  guest::AddressSpace& memory = machine.address_space();
  RunResult stop;
  stop.instructions = item.control.retired - machine.retired_instructions();
  stop.stop_reason = static_cast<StopReason>(item.control.stop);
  stop.pc = item.state.pc;
  stop.immediate = item.control.immediate;
  stop.fault = item.control.fault;
  const std::uint64_t left = std::min(item.control.instructions_left, item.control.run_left);
  guest::MemorySnapshot before;
  std::vector<MemoryRegion> regions_before;
  const auto take_over = [&] {
    host.settle_calls(served_calls(item.process));
    regions_before = device_regions(memory);
    for (const LaneArray::DirtyPage& page : item.pages) {
      if (!memory.region_at(page.address)) continue;
      if (std::memcmp(memory.frame_at(page.address).bytes, page.bytes, sizeof page.bytes) == 0) continue;
      memory.write_in_page(page.address, page.bytes);
    }
    machine.state() = item.state;
    machine.set_retired_instructions(item.control.retired);
    before = memory.snapshot();
  };
  const std::uint64_t limit = left > UNLIMITED - stop.instructions ? UNLIMITED : left + stop.instructions;
  item.outcome = host.serve(stop, limit, take_over);
  item.state = machine.state();
  const bool has_ended = item.outcome.stop_reason == StopReason::EXITED;
  item.regions = device_regions(memory);
  process.has_unmapped |= !engine::gpu::contain_all_of(item.regions, regions_before);
  item.process = lane_process(host.delegate_calls());
  if (process.has_unmapped) item.process.break_limit = item.process.break_listed;
  const bool has_other_code =
      !are_equal(engine::gpu::regions_that_allow(Permissions::EXECUTE, item.regions), shared_code_);
  const bool leaves = has_other_code || (!has_ended && !host.can_run_elsewhere());
  process.result.exit_code = item.outcome.exit_code;
  process.result.signal = item.outcome.signal;
  if (leaves) {
    leave(item, item.control);
  } else {
    item.writes = changed_pages(item.lane, memory, before);
    add_new_pages(item, memory, regions_before);
    item.control.stop = static_cast<std::uint8_t>(item.outcome.stop_reason);
    item.control.immediate = item.outcome.immediate;
    item.control.fault = item.outcome.fault;
    item.control.finality =
        item.outcome.stop_reason == StopReason::RUNNING ? engine::gpu::NOT_FINAL : engine::gpu::FINAL;
  }
  process.moment = std::make_unique<LaneMoment>(host.save(process.streams));
}

// Memory that the lane has mapped anew may have other bytes on the device: those of the image, or what was there
// before.
void DeviceProcesses::add_new_pages(Served& item, const guest::AddressSpace& memory,
                                    std::span<const MemoryRegion> regions_before) const {
  if (are_equal(item.regions, regions_before)) return;
  const auto add = [&](std::uint64_t address) {
    if (find_region(regions_before, address) != nullptr || find_region(item.regions, address) == nullptr) return;
    LaneArray::PageWrite& write = item.writes.emplace_back();
    write.lane = item.lane;
    write.address = address;
    std::memcpy(write.bytes, memory.frame_at(address).bytes, sizeof write.bytes);
  };
  for (const LaneArray::DirtyPage& page : item.pages) add(page.address);
  for (const std::uint64_t address : start_pages_) add(address);
}

bool DeviceProcesses::run_on_host(bool in_call, double seconds_left, const std::atomic<bool>& cancelled,
                                  std::uint64_t& retired) {
  const Clock::time_point start = Clock::now();
  std::vector<std::uint64_t> running;
  for_lanes_on_host(0, lanes_.size(), [&](std::uint64_t lane) {
    if (lanes_[lane]->result.stop_reason == StopReason::RUNNING) running.push_back(lane);
  });
  if (running.empty()) return false;
  std::atomic<std::uint64_t> retired_now{0};
  std::atomic<bool> more{false};
  const auto run_one = [&](LaneHost& host, std::uint64_t i) {
    ProcessLane& process = *lanes_[running[i]];
    const std::chrono::duration<double> passed = Clock::now() - start;
    const double slice = std::min(HOST_SLICE_SECONDS, seconds_left - passed.count());
    if (cancelled.load(std::memory_order_relaxed) || slice <= 0) {
      more = true;
      return;
    }
    host.restore(*process.moment, process.streams);
    if (in_call) host.expect_return();
    const ProcessResult outcome = host.run(
        {.instruction_limit = std::min(process.instructions_left, process.run_left), .timeout_seconds = slice});
    *process.moment = host.save(process.streams);
    if (process.instructions_left != UNLIMITED) process.instructions_left -= outcome.instructions;
    if (process.run_left != UNLIMITED) process.run_left -= outcome.instructions;
    retired_now += outcome.instructions;
    add_run(process.result, outcome);
    if (outcome.stop_reason == StopReason::TIMEOUT || outcome.stop_reason == StopReason::CANCELLED) {
      process.result.stop_reason = StopReason::RUNNING;
      more = true;
    }
  };
  bool is_cancelled = false;
  on_hosts(running.size(), run_one, [&] {
    if (is_cancelled || !cancelled.load(std::memory_order_relaxed)) return;
    is_cancelled = true;
    for (const auto& host : hosts_) host->cancel();
  });
  // A kick that came after a host's last run must not meet its next one.
  if (is_cancelled) hosts_.clear();
  retired += retired_now;
  return more;
}

void DeviceProcesses::on_hosts(std::uint64_t count, const std::function<void(LaneHost&, std::uint64_t)>& work,
                               const std::function<void()>& wait) {
  const std::size_t threads = threads_for(count, threads_wanted_);
  while (hosts_.size() < threads) hosts_.push_back(std::make_unique<LaneHost>(source_));
  run_on_threads(
      threads, count,
      [&](std::size_t thread, std::uint64_t first, std::uint64_t end) {
        for (std::uint64_t i = first; i < end; ++i) work(*hosts_[thread], i);
      },
      wait);
}

}  // namespace armillion::fleet
