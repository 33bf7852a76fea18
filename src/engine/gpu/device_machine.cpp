#include "engine/gpu/device_machine.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "armillion/error.hpp"
#include "engine/gpu/device_image.hpp"
#include "engine/gpu/memory_regions.hpp"

namespace armillion::engine::gpu {

namespace {

using guest::PAGE_MASK;
using guest::PAGE_SIZE;

// A run that is over at once is waited for without a nap; naps are a fraction of what has passed, within these bounds.
constexpr std::chrono::microseconds SPIN{50};
constexpr std::chrono::microseconds SHORTEST_NAP{20};
constexpr std::chrono::microseconds LONGEST_NAP{500};

// A lane that can write code may come to run instructions that are not decoded, which is slow. It is looked after when
// it has run for this long, and then ever more rarely.
constexpr std::chrono::milliseconds FIRST_LOOK{20};
constexpr int LOOK_FACTOR = 4;

// Room for the pages that the lane writes, at first.
constexpr std::uint64_t LEAST_FRAME_BYTES = std::uint64_t{1} << 20;
constexpr std::uint64_t FIRST_FRAME_BYTES = std::uint64_t{64} << 20;

// Decoding more pages than this one by one is slower than decoding everything; and writing them, where they are more
// than the others.
constexpr std::size_t MANY_CODE_PAGES = 256;
constexpr std::size_t MANY_PAGES = 4096;

}  // namespace

DeviceMachine::DeviceMachine(std::unique_ptr<Backend> backend, guest::AddressSpace& memory, State& state)
    : backend_(std::move(backend)), memory_(memory), state_(state) {}

void DeviceMachine::add_breakpoint(std::uint64_t address) {
  const auto place = std::ranges::lower_bound(breakpoints_, address);
  if (place != breakpoints_.end() && *place == address) return;
  breakpoints_.insert(place, address);
  breakpoints_changed_ = true;
  changed_code_.push_back(address & PAGE_MASK);
}

void DeviceMachine::remove_breakpoint(std::uint64_t address) {
  if (std::erase(breakpoints_, address) == 0) return;
  breakpoints_changed_ = true;
  changed_code_.push_back(address & PAGE_MASK);
}

DeviceMachine::Outcome DeviceMachine::run(std::uint64_t limit, std::uint64_t& retired, Start start, const Poll& poll,
                                          std::uint64_t launch_instructions) {
  Outcome outcome;
  if (limit == 0) {
    outcome.reason = StopReason::INSTRUCTION_LIMIT;
    return outcome;
  }
  const std::uint64_t retired_before = retired;
  std::uint64_t settled = retired;
  std::chrono::milliseconds until_look = FIRST_LOOK;
  try {
    while (true) {
      if (outcome.reason = poll(); outcome.reason != StopReason::RUNNING) break;
      upload();
      lane_->state = state_;
      lane_->process = service_ != nullptr ? service_->begin() : std::nullopt;
      lane_->control = {};
      lane_->control.instructions_left = limit - outcome.retired;
      lane_->control.run_left = NO_LIMIT;
      lane_->control.retired = retired;
      const bool begins = start == Start::BY_HOST && outcome.retired == 0;
      lane_->control.passes_breakpoint = begins && std::ranges::binary_search(breakpoints_, state_.pc) ? 1 : 0;
      const auto look_at = may_come_to_unknown_code() ? Clock::now() + until_look : Clock::time_point::max();
      const StopReason called = run_lane(retired, poll, launch_instructions, look_at);
      download();
      settled = retired;
      outcome.retired = retired - retired_before;

      // A copy: making room may make another lane.
      const LaneControl control = lane_->control;
      outcome.reason = static_cast<StopReason>(control.stop);
      const bool goes_on = outcome.reason == StopReason::RUNNING ||
                           (outcome.reason == StopReason::OUT_OF_MEMORY && make_room(LEAST_FRAME_BYTES));
      if (goes_on) {
        outcome.reason = called;
      } else if (outcome.reason == StopReason::MEMORY_FAULT) {
        outcome.fault = control.fault;
      } else {
        outcome.immediate = control.immediate;
      }
      if (outcome.reason != StopReason::RUNNING) break;
      until_look *= LOOK_FACTOR;
    }
  } catch (...) {
    // Nothing is known of the device any more: the next run begins afresh with what the host has.
    retired = settled;
    lane_.reset();
    throw;
  }
  return outcome;
}

// Running.

// Launches the lane until it stops, the host wants it back, or it is time to look where it is. What the host wants.
StopReason DeviceMachine::run_lane(std::uint64_t& retired, const Poll& poll, std::uint64_t launch_instructions,
                                   Clock::time_point look_at) {
  while (true) {
    lane_->launch(launch_instructions);
    StopReason called = wait_for_lane(retired, poll, look_at);
    lane_->fetch();
    settle_output();
    retired = lane_->control.retired;
    if (lane_->control.stop != static_cast<std::uint8_t>(StopReason::RUNNING)) return called;
    if (called == StopReason::RUNNING) called = poll();
    if (called != StopReason::RUNNING || Clock::now() >= look_at) return called;
  }
}

StopReason DeviceMachine::wait_for_lane(std::uint64_t& retired, const Poll& poll, Clock::time_point look_at) {
  const Clock::time_point start = Clock::now();
  StopReason called = StopReason::RUNNING;
  while (!lane_->is_idle()) {
    const Clock::time_point now = Clock::now();
    const Clock::duration elapsed = now - start;
    if (elapsed > SPIN) {
      std::this_thread::sleep_for(std::clamp<Clock::duration>(elapsed / 8, SHORTEST_NAP, LONGEST_NAP));
    } else {
      std::this_thread::yield();
    }
    retired = std::max(retired, lane_->progress());
    settle_output();
    if (called == StopReason::RUNNING) called = poll();
    if (called != StopReason::RUNNING || now >= look_at) lane_->interrupt();
  }
  return called;
}

bool DeviceMachine::is_at_unknown_code() const {
  if (lane_->is_decoded(state_.pc)) return false;
  // Pages of zeros are not decoded and need not be.
  const auto word = memory_.read_value<std::uint32_t>(state_.pc, Permissions::EXECUTE);
  return word && *word != 0;
}

bool DeviceMachine::may_come_to_unknown_code() const {
  return !regions_that_allow(Permissions::WRITE_EXECUTE, regions_).empty() ||
         !are_equal(decoded_regions_, regions_that_allow(Permissions::EXECUTE, regions_));
}

// From the host to the device.

void DeviceMachine::upload() {
  if (lane_ == nullptr) load();
  upload_pages();
  upload_code();
}

void DeviceMachine::load() {
  if (frame_bytes_ == 0) frame_bytes_ = std::clamp(memory_.writable_bytes(), LEAST_FRAME_BYTES, FIRST_FRAME_BYTES);
  while (true) {
    // The old one's memory is free for the new one.
    lane_.reset();
    try {
      // Pages that the host writes need not be writable for the guest.
      lane_ = std::make_unique<SingleLane>(*backend_, frame_bytes_, memory_.memory_limit_bytes() + FIRST_FRAME_BYTES);
      lane_->state = state_;
      lane_->load(memory_, breakpoints_);
      break;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::OUT_OF_MEMORY || frame_bytes_ <= LEAST_FRAME_BYTES) throw;
      // With less room the lane only comes back for more sooner.
      frame_bytes_ = std::max(frame_bytes_ / 2, LEAST_FRAME_BYTES);
    }
  }
  regions_ = device_regions(memory_);
  decoded_regions_ = regions_that_allow(Permissions::EXECUTE, regions_);
  synced_ = memory_.snapshot();
  changed_code_.clear();
  breakpoints_changed_ = false;
}

void DeviceMachine::upload_pages() {
  std::vector<SingleLane::Page> pages;
  memory_.visit_changes(synced_, [&](std::uint64_t address, const guest::Frame* frame) {
    pages.push_back({address, frame == nullptr ? nullptr : frame->bytes});
  });
  if (pages.empty()) return;
  if (pages.size() > MANY_PAGES && pages.size() > lane_->page_count() / 2) {
    load();
    return;
  }
  while (!lane_->write_pages(pages)) {
    if (!make_room(pages.size() * PAGE_SIZE)) {
      throw Error(ErrorCode::OUT_OF_MEMORY,
                  name() + " has no memory left for what the host wrote into the machine's memory");
    }
  }
  for (const SingleLane::Page& page : pages) {
    if (lane_->is_decoded(page.address)) changed_code_.push_back(page.address);
  }
  synced_ = memory_.snapshot();
}

void DeviceMachine::upload_code() {
  std::vector<MemoryRegion> regions = device_regions(memory_);
  bool decodes_all = is_at_unknown_code() || changed_code_.size() > MANY_CODE_PAGES;
  if (!are_equal(regions, regions_)) {
    // How code is kept depends on whether the guest can write it.
    decodes_all |= !are_equal(regions_that_allow(Permissions::WRITE_EXECUTE, regions),
                              regions_that_allow(Permissions::WRITE_EXECUTE, regions_));
    regions_ = std::move(regions);
    if (!decodes_all) lane_->reload_regions(memory_);
  }
  if (decodes_all) {
    lane_->reload_code(memory_, breakpoints_);
    decoded_regions_ = regions_that_allow(Permissions::EXECUTE, regions_);
  } else {
    if (breakpoints_changed_) lane_->set_breakpoints(breakpoints_);
    std::ranges::sort(changed_code_);
    const auto repeated = std::ranges::unique(changed_code_);
    changed_code_.erase(repeated.begin(), repeated.end());
    for (const std::uint64_t address : changed_code_) {
      lane_->decode_again(address, memory_.frame_at(address).bytes, breakpoints_);
    }
  }
  changed_code_.clear();
  breakpoints_changed_ = false;
}

// And back.

void DeviceMachine::settle_output() {
  lane_->drain_writes([this](std::uint32_t descriptor, std::span<const std::byte> bytes) {
    service_->settle_output(descriptor, bytes);
  });
}

void DeviceMachine::download() {
  // The new pages of the heap have to be there.
  if (lane_->process) service_->settle(*lane_->process);
  bool wrote = false;
  lane_->visit_dirty_pages([&](std::uint64_t address, const std::byte* bytes) {
    memory_.write_in_page(address, {bytes, PAGE_SIZE});
    if (lane_->is_decoded(address)) changed_code_.push_back(address);
    wrote = true;
  });
  state_ = lane_->state;
  if (wrote) synced_ = memory_.snapshot();
}

// Makes room for pages that have no place yet, while the host has everything. False where there is none.
bool DeviceMachine::make_room(std::uint64_t bytes) {
  std::uint64_t pages = 0;
  memory_.visit_pages([&pages](std::uint64_t, const guest::Frame&) { ++pages; });
  // Places of pages that the guest has unmapped are not used again: where they are the most, beginning anew is better.
  const bool is_full_of_live_pages = lane_->page_count() <= 2 * pages;
  const std::uint64_t used_bytes = lane_->frames_used() * PAGE_SIZE;
  if (is_full_of_live_pages &&
      (lane_->add_frames(std::max(bytes, used_bytes)) || lane_->add_frames(bytes + LEAST_FRAME_BYTES))) {
    return true;
  }
  if (is_full_of_live_pages) frame_bytes_ = std::max(2 * frame_bytes_, bytes + LEAST_FRAME_BYTES);
  try {
    load();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::OUT_OF_MEMORY) throw;
    lane_.reset();
    return false;
  }
  return true;
}

}  // namespace armillion::engine::gpu
