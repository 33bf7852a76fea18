#include "engine/tensor/device/tensor_device.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <thread>
#include <utility>

#include "armillion/error.hpp"
#include "engine/tensor/device/device_memory.hpp"
#include "engine/tensor/device/shared.hpp"

namespace armillion::engine::tensor {

namespace {

using gpu::DeviceAddress;
using guest::PAGE_MASK;
using guest::PAGE_SIZE;

constexpr std::size_t FIRST_DECODED_PLACES = std::size_t{1} << 14;
// How many instructions are executed singly in a row before the device is asked again.
constexpr int MOST_STEPS = 256;
// How long the host spins for the device before it naps between looks.
constexpr std::chrono::microseconds SPIN{50};
constexpr std::chrono::microseconds NAP{20};

template <class T>
T* at(DeviceAddress address) {
  return reinterpret_cast<T*>(address);  // NOLINT(performance-no-int-to-ptr): it is the device that uses it
}

// Gives out parts of a range of device memory, or counts what they need where it begins at 0.
class Parts {
 public:
  explicit Parts(DeviceAddress start) : next_(start) {}

  template <class T>
  T* take(std::size_t count) {
    next_ = (next_ + alignof(T) - 1) / alignof(T) * alignof(T);
    T* part = at<T>(next_);
    next_ += count * sizeof(T);
    return part;
  }
  DeviceAddress end() const { return next_; }

 private:
  DeviceAddress next_;
};

// Those of batches of `run.batch` lanes.
void place_arrays(Parts& parts, DeviceRun& run) {
  const std::size_t count = run.batch;
  Lanes<DeviceMemory>& lanes = run.lanes;
  lanes.ops = parts.take<BatchOp>(count);
  lanes.operands = parts.take<Operand>(count * REGISTER_PLACES);
  lanes.accesses = parts.take<AccessRecord>(count);
  lanes.values = parts.take<std::uint64_t>(FIRST_LANE_VALUE + count * REGISTER_PLACES);
  lanes.pc = parts.take<std::uint64_t>(count);
  lanes.next_pc = parts.take<std::uint64_t>(count);
  lanes.flags = parts.take<std::uint32_t>(count + 1);
  lanes.flags_source = parts.take<std::uint32_t>(count);
  lanes.memory = parts.take<DeviceMemory>(1);
  run.segments = parts.take<Segment>(count);
  run.predictions = parts.take<DevicePredictions>(1);
  for (int copy = 0; copy < 2; ++copy) {
    run.sum_addends[copy] = parts.take<std::uint64_t>(count);
    run.sum_ids[copy] = parts.take<ValueId>(count);
  }
  run.is_ordered = parts.take<bool>(count);
  run.pending = parts.take<PendingLane>(count);
  run.granules = parts.take<StoredGranule>(stored_granules(run.batch));
  run.writer_words = nullptr;
  if (run.batch > LARGEST_SHARED_BATCH) {
    run.writer_words = parts.take<std::uint32_t>(std::size_t{lane_words(run.batch)} * WRITER_SETS);
  }
}

}  // namespace

TensorDevice::TensorDevice(std::unique_ptr<gpu::Backend> backend, Interpreter& interpreter, guest::AddressSpace& memory,
                           std::uint32_t batch)
    : backend_(std::move(backend)), interpreter_(interpreter), memory_(memory), decoded_(FIRST_DECODED_PLACES) {
  run_.batch = batch;
  run_.window = batch;
  allocate_arrays();
}

void TensorDevice::allocate_arrays() {
  DeviceRun counted{};
  counted.batch = run_.batch;
  Parts sizes(0);
  place_arrays(sizes, counted);
  arrays_ = backend_->allocate(sizes.end());
  Parts parts(arrays_->address());
  place_arrays(parts, run_);
  run_memory_ = backend_->allocate(sizeof(DeviceRun));
  call_ = backend_->allocate_mapped(sizeof(std::uint32_t));
  run_.call = at<const std::uint32_t>(call_->device());
}

TensorStatistics TensorDevice::statistics() const {
  TensorStatistics result;
  result.batches = run_.batches;
  result.waves = run_.waves;
  result.gathered = run_.gathered;
  result.wrong_guesses = run_.wrong_guesses;
  result.branches_both_ways = run_.branches_both_ways;
  result.conflicts = run_.conflicts;
  result.instructions_in_batches = instructions_in_batches_;
  result.instructions_single = instructions_single_;
  return result;
}

// Decoded words.

void TensorDevice::insert(std::uint32_t word) {
  auto mask = static_cast<std::uint32_t>(decoded_.size() - 1);
  std::uint32_t place = place_of(word, mask);
  while (decoded_[place].is_there != 0) {
    if (decoded_[place].word == word) return;
    place = (place + 1) & mask;
  }
  decoded_[place] = {decoder_.decode(word), word, 1};
  decoded_changed_ = true;
  if (++decoded_count_ * 2 <= decoded_.size()) return;
  const std::vector<DecodedWord> old = std::exchange(decoded_, std::vector<DecodedWord>(decoded_.size() * 2));
  decoded_count_ = 0;
  for (const DecodedWord& decoded : old) {
    if (decoded.is_there != 0) insert(decoded.word);
  }
}

void TensorDevice::decode_page(std::uint64_t page_address) {
  const std::byte* bytes = memory_.page_for_reading(page_address);
  for (std::uint64_t offset = 0; offset < PAGE_SIZE; offset += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes + offset, sizeof word);
    insert(word);
  }
}

void TensorDevice::upload_decoded() {
  if (!decoded_changed_) return;
  const auto bytes = std::as_bytes(std::span(decoded_));
  if (decoded_memory_ == nullptr || decoded_memory_->size_bytes() < bytes.size()) {
    decoded_memory_.reset();
    decoded_memory_ = backend_->allocate(bytes.size());
  }
  backend_->write(decoded_memory_->address(), bytes);
  run_.decoded = at<const DecodedWord>(decoded_memory_->address());
  run_.decoded_mask = static_cast<std::uint32_t>(decoded_.size() - 1);
  decoded_changed_ = false;
}

// Memory.

void TensorDevice::upload() {
  std::vector<RegionCopy> regions;
  for (const auto& [start, region] : memory_.regions()) regions.push_back({start, region.end, region.permissions});
  if (guest_bytes_ == nullptr || regions != regions_) {
    regions_ = std::move(regions);
    load();
  } else {
    memory_.visit_changes(synced_, [&](std::uint64_t address, const guest::Frame* frame) {
      upload_page(address, frame == nullptr ? nullptr : frame->bytes);
    });
  }
  synced_ = memory_.snapshot();
  upload_decoded();
}

// All of memory, with room for it.
void TensorDevice::load() {
  std::uint64_t bytes = 0;
  for (const RegionCopy& region : regions_) bytes += region.end - region.start;
  guest_bytes_.reset();
  dirty_.reset();
  guest_bytes_ = backend_->allocate(bytes);
  dirty_ = backend_->allocate(bytes / PAGE_SIZE);
  std::vector<DeviceRegion> regions;
  std::uint64_t offset = 0;
  for (const RegionCopy& region : regions_) {
    regions.push_back({region.start, region.end, at<std::uint8_t>(guest_bytes_->address() + offset),
                       at<std::uint8_t>(dirty_->address() + offset / PAGE_SIZE),
                       static_cast<std::uint32_t>(region.permissions), 0});
    offset += region.end - region.start;
  }
  regions_memory_ = backend_->allocate(regions.size() * sizeof(DeviceRegion));
  backend_->write(regions_memory_->address(), std::as_bytes(std::span(regions)));
  run_.regions = at<const DeviceRegion>(regions_memory_->address());
  run_.region_count = static_cast<std::uint32_t>(regions.size());
  memory_.visit_pages([&](std::uint64_t address, const guest::Frame& frame) {
    upload_page(address, frame.bytes);
    if (!memory_.find_obstacle(address, PAGE_SIZE, Permissions::EXECUTE)) decode_page(address);
  });
}

void TensorDevice::upload_page(std::uint64_t address, const std::byte* bytes) {
  static constexpr std::byte ZEROS[PAGE_SIZE] = {};
  std::uint64_t offset = 0;
  for (const RegionCopy& region : regions_) {
    if (address >= region.start && address < region.end) {
      backend_->write(guest_bytes_->address() + offset + (address - region.start),
                      std::span(bytes == nullptr ? ZEROS : bytes, PAGE_SIZE));
      return;
    }
    offset += region.end - region.start;
  }
}

// The pages that the device has written.
void TensorDevice::download() {
  std::vector<std::byte> dirty(dirty_->size_bytes());
  backend_->read(dirty, dirty_->address());
  if (std::ranges::all_of(dirty, [](std::byte byte) { return byte == std::byte{0}; })) return;
  std::vector<std::byte> page(PAGE_SIZE);
  std::uint64_t offset = 0;
  for (const RegionCopy& region : regions_) {
    for (std::uint64_t address = region.start; address < region.end; address += PAGE_SIZE, offset += PAGE_SIZE) {
      if (dirty[offset / PAGE_SIZE] == std::byte{0}) continue;
      backend_->read(page, guest_bytes_->address() + offset);
      memory_.write_in_page(address, page);
    }
  }
  std::ranges::fill(dirty, std::byte{0});
  backend_->write(dirty_->address(), dirty);
  // Pages may have other frames now than those of which the interpreter knows.
  interpreter_.forget_translations();
  synced_ = memory_.snapshot();
}

// Running.

void TensorDevice::launch(std::uint64_t limit, const Interpreter::Poll& poll) {
  State& state = interpreter_.state();
  std::memcpy(run_.registers, &state, sizeof run_.registers);
  run_.pc = state.pc;
  run_.tpidr_el0 = state.tpidr_el0;
  run_.flags = pack_flags(state.n, state.z, state.c, state.v);
  run_.limit = limit;
  run_.retired = 0;
  run_.stop = DeviceStop::NONE;
  auto* call = reinterpret_cast<std::uint32_t*>(call_->host());
  store_relaxed(call, 0u);
  backend_->write(run_memory_->address(), gpu::bytes_of(run_));
  backend_->launch_tensor(gpu::TensorKernel::RUN, 1, std::min(std::max(run_.batch, 32u), LARGEST_TEAM),
                          run_memory_->address());
  const auto start = std::chrono::steady_clock::now();
  while (!backend_->is_idle()) {
    if (std::chrono::steady_clock::now() - start < SPIN) {
      std::this_thread::yield();
      continue;
    }
    std::this_thread::sleep_for(NAP);
    // Whatever the host wants, the run loop asks again.
    if (called_ == StopReason::RUNNING) called_ = poll();
    if (called_ != StopReason::RUNNING) store_relaxed(call, 1u);
  }
  backend_->read(std::as_writable_bytes(std::span(&run_, 1)), run_memory_->address());
  if (run_.stop == DeviceStop::NONE) {
    throw Error(ErrorCode::UNAVAILABLE, "the tensor engine's program did not run on " + name());
  }
  std::memcpy(&state, run_.registers, isa::ZERO_SLOT * sizeof(std::uint64_t));
  state.pc = run_.pc;
  state.n = static_cast<std::uint8_t>(run_.flags);
  state.z = static_cast<std::uint8_t>(run_.flags >> 8);
  state.c = static_cast<std::uint8_t>(run_.flags >> 16);
  state.v = static_cast<std::uint8_t>(run_.flags >> 24);
  download();
}

// At least one instruction by the interpreter, and then all that follow and that a batch cannot hold.
Interpreter::Outcome TensorDevice::step(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                                        const Interpreter::Poll& poll) {
  Interpreter::Outcome total;
  for (int i = 0; i < MOST_STEPS && total.retired < limit; ++i) {
    const Interpreter::Outcome outcome = interpreter_.run(1, retired, start, poll);
    const std::uint64_t before = total.retired;
    total = outcome;
    total.retired += before;
    instructions_single_ += outcome.retired;
    if (outcome.reason != StopReason::INSTRUCTION_LIMIT) return total;
    start = Interpreter::Start::BEHIND_CALL;
    const auto word = memory_.read_value<std::uint32_t>(interpreter_.state().pc, Permissions::EXECUTE);
    if (!word || decoder_.decode(*word).is_batchable) break;
  }
  total.reason = StopReason::RUNNING;
  return total;
}

Interpreter::Outcome TensorDevice::run(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                                       const Interpreter::Poll& poll) {
  if (interpreter_.is_observed() || interpreter_.has_breakpoints()) {
    const Interpreter::Outcome outcome = interpreter_.run(limit, retired, start, poll);
    instructions_single_ += outcome.retired;
    return outcome;
  }
  Interpreter::Outcome outcome;
  while (true) {
    if (outcome.retired == limit) {
      outcome.reason = StopReason::INSTRUCTION_LIMIT;
      return outcome;
    }
    if (outcome.reason = poll(); outcome.reason != StopReason::RUNNING) return outcome;
    upload();
    called_ = StopReason::RUNNING;
    launch(limit - outcome.retired, poll);
    outcome.retired += run_.retired;
    retired += run_.retired;
    instructions_in_batches_ += run_.retired;
    if (called_ != StopReason::RUNNING) {
      outcome.reason = called_;
      return outcome;
    }
    if (run_.stop == DeviceStop::DONE) continue;
    if (run_.stop == DeviceStop::UNKNOWN_WORD) {
      decode_page(interpreter_.state().pc & PAGE_MASK);
      continue;
    }
    const std::uint64_t before = outcome.retired;
    outcome = step(limit - before, retired, Interpreter::Start::BEHIND_CALL, poll);
    outcome.retired += before;
    if (outcome.reason != StopReason::RUNNING) return outcome;
  }
}

}  // namespace armillion::engine::tensor
