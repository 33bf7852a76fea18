#include "engine/gpu/lane_array.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <string>

#include "armillion/error.hpp"
#include "engine/gpu/device_image.hpp"
#include "engine/gpu/lane_memory.hpp"
#include "engine/gpu/memory_regions.hpp"
#include "engine/gpu/served_calls.hpp"
#include "isa/decoder.hpp"

namespace armillion::engine::gpu {

namespace {

constexpr std::uint32_t SUMMARY_WARPS = 1024;

// How much lanes can write in one launch before the host has to do it for them.
constexpr std::uint64_t LOG_BYTES_OF_LANE = 256;
constexpr std::uint64_t LEAST_LOG_BYTES = std::uint64_t{1} << 20;
constexpr std::uint64_t MOST_LOG_BYTES = std::uint64_t{64} << 20;

// What a copy of guest memory takes at once.
constexpr std::uint64_t COPY_BYTES_AT_ONCE = std::uint64_t{256} << 20;

std::uint64_t slots_for(std::uint64_t frames) {
  return std::max<std::uint64_t>(std::bit_ceil(frames * SLOTS_PER_FRAME), LEAST_SLOTS);
}

// Frames with the numbers 0 and up in a new store.
struct PlacedFrames {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> slots;
};

// As many slots as it takes, `slots` at least.
PlacedFrames place_frames(std::span<const std::uint64_t> keys_of_frames, std::uint64_t slots) {
  while (true) {
    PlacedFrames placed{.keys = std::vector<std::uint64_t>(slots, EMPTY_KEY), .slots = {}};
    for (const std::uint64_t key : keys_of_frames) {
      const std::uint32_t slot = free_slot(placed.keys, key);
      if (slot == NO_SLOT) break;
      placed.keys[slot] = key;
      placed.slots.push_back(slot);
    }
    if (placed.slots.size() == keys_of_frames.size()) return placed;
    slots *= 2;
  }
}

}  // namespace

std::uint32_t free_slot(std::span<const std::uint64_t> keys, std::uint64_t key) {
  for (std::uint32_t line = 0; line < KEY_LINES; ++line) {
    const std::uint32_t first = line_of_key(key, line, static_cast<std::uint32_t>(keys.size() - 1));
    for (std::uint32_t slot = first; slot < first + LINE_SLOTS; ++slot) {
      if (keys[slot] == EMPTY_KEY) return slot;
    }
  }
  return NO_SLOT;
}

LaneArray::LaneArray(Backend& backend, const LaneArrayOptions& options) : backend_(backend), options_(options) {
  if (options.lanes == 0) throw Error(ErrorCode::INVALID_ARGUMENT, "there must be at least one lane");
  if (options.lanes > std::uint64_t{1} << 28) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "a device takes at most 268435456 lanes at once");
  }
  launch_.lane_count = options.lanes;
  launch_.store.cell_shift =
      options.is_interleaved ? static_cast<std::uint32_t>(std::countr_zero(backend.warp_lanes())) : 0;
  const std::uint64_t states_offset = offsetof(LaneBlock, control) + launch_.lane_count * sizeof(LaneControl);
  const std::uint64_t states_bytes = std::uint64_t{warp_count()} * warp_lanes() * sizeof(State);
  // Behind a single lane's state a LaneBlock has padding, which is written along with it.
  block_ = backend.allocate(std::max<std::uint64_t>(states_offset + states_bytes, sizeof(LaneBlock)));
  mailbox_ = backend.allocate_mapped(sizeof(Mailbox));
  const isa::Buckets buckets = isa::decoder_buckets();
  decoder_starts_ = upload(buckets.starts);
  decoder_opcodes_ = upload(buckets.opcodes);
  launch_.return_address = NO_ADDRESS;
  launch_.states = block_->address() + states_offset;
  launch_.controls = block_->address() + offsetof(LaneBlock, control);
  launch_.mailbox = mailbox_->device();
  launch_.frames_used = block_->address() + offsetof(LaneBlock, counters.frames_used);
  launch_.store.dirty_count = block_->address() + offsetof(LaneBlock, counters.dirty_count);
  launch_.image.decoder_starts = decoder_starts_->address();
  launch_.image.decoder_opcodes = decoder_opcodes_->address();
}

LaneArray::~LaneArray() {
  try {
    interrupt();
    backend_.wait();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
    // The device is lost; there is nothing left to wait for.
  }
}

std::uint32_t LaneArray::warp_count() const {
  return static_cast<std::uint32_t>((launch_.lane_count + warp_lanes() - 1) / warp_lanes());
}

template <class T>
std::unique_ptr<DeviceMemory> LaneArray::upload(std::span<const T> values) {
  auto memory = backend_.allocate(std::max<std::uint64_t>(values.size_bytes(), 16));
  if (!values.empty()) backend_.write(memory->address(), std::as_bytes(values));
  return memory;
}

template <class T>
void LaneArray::download(std::span<T> values, DeviceAddress source) {
  if (!values.empty()) backend_.read(std::as_writable_bytes(values), source);
}

void LaneArray::upload_launch() { backend_.write(block_->address(), bytes_of(launch_)); }

void LaneArray::set_counters(const LaneCounters& counters) { backend_.write(launch_.frames_used, bytes_of(counters)); }

void LaneArray::start(Kernel kernel) { start(kernel, warp_count()); }

void LaneArray::start(Kernel kernel, std::uint32_t warps) {
  upload_launch();
  backend_.launch(kernel, warps, block_->address());
}

// The memory that finds frames, for `capacity` of them.
void LaneArray::make_store(std::uint64_t capacity, std::uint64_t slots) {
  if (slots > std::uint64_t{1} << 31) throw Error(ErrorCode::OUT_OF_MEMORY, "a device takes at most 2^29 frames");
  keys_ = backend_.allocate(slots * sizeof(std::uint64_t));
  numbers_ = backend_.allocate(slots * sizeof(std::uint32_t));
  slots_ = backend_.allocate(capacity * sizeof(std::uint32_t));
  dirty_frames_ = backend_.allocate(capacity * sizeof(std::uint32_t));
  const std::vector<std::uint64_t> empty(std::min<std::uint64_t>(slots, 1 << 20), EMPTY_KEY);
  for (std::uint64_t i = 0; i < slots; i += empty.size()) {
    backend_.write(keys_->address() + i * sizeof(std::uint64_t), std::as_bytes(std::span(empty)));
  }
  launch_.store.keys = keys_->address();
  launch_.store.frames = numbers_->address();
  launch_.store.slots = slots_->address();
  launch_.store.dirty_frames = dirty_frames_->address();
  launch_.store.key_mask = static_cast<std::uint32_t>(slots - 1);
  launch_.store.capacity = static_cast<std::uint32_t>(capacity);
}

void LaneArray::load(const guest::AddressSpace& memory, const State& state, std::uint64_t retired,
                     std::span<const std::uint64_t> breakpoints) {
  const DevicePages pages = device_pages(memory);
  image_units_ = pages.frames.size() / guest::PAGE_SIZE;
  const std::uint64_t frames = std::max<std::uint64_t>(1, options_.frame_bytes / frame_size_bytes());
  const std::uint64_t frame_limit = std::max(frames, options_.frame_limit_bytes / frame_size_bytes());
  frames_.reset();
  frames_ = backend_.reserve(pages.frames.size() + frames * frame_size_bytes(),
                             pages.frames.size() + frame_limit * frame_size_bytes());
  backend_.write(frames_->address(), pages.frames);
  page_keys_ = upload(std::span(pages.keys));
  page_frames_ = upload(std::span(pages.numbers));
  image_state_ = upload(std::span(&state, 1));
  make_store(frames, slots_for(frames));
  launch_.frame_memory = frames_->address();
  launch_.store.first_unit = static_cast<std::uint32_t>(image_units_);
  launch_.image.page_keys = page_keys_->address();
  launch_.image.page_frames = page_frames_->address();
  launch_.image.page_mask = static_cast<std::uint32_t>(pages.keys.size() - 1);
  launch_.image.state = image_state_->address();
  launch_.initial_retired = retired;
  image_page_keys_ = pages.keys;
  image_page_numbers_ = pages.numbers;
  reload_code(memory, breakpoints);
  set_counters({});
  reset(0);
}

void LaneArray::reload_regions(const guest::AddressSpace& memory) {
  const std::vector<MemoryRegion> regions = device_regions(memory);
  const std::uint64_t room = regions_ == nullptr ? 0 : regions_->size_bytes();
  if (std::span(regions).size_bytes() > room) {
    // Room for a few more: programs map and unmap all the time.
    backend_.wait();
    regions_ = backend_.allocate((regions.size() + 32) * 2 * sizeof(MemoryRegion));
  }
  if (!regions.empty()) backend_.write(regions_->address(), std::as_bytes(std::span(regions)));
  image_regions_ = regions;
  launch_.image.regions = regions_ == nullptr ? 0 : regions_->address();
  launch_.image.region_count = static_cast<std::uint32_t>(regions.size());
}

void LaneArray::reload_code(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints) {
  const DecodedCode code = decode_code(memory, breakpoints);
  backend_.wait();
  reload_regions(memory);
  code_regions_ = upload(std::span(code.regions));
  ops_ = upload(std::span(code.ops));
  breakpoints_ = upload(breakpoints);
  launch_.image.code_regions = code_regions_->address();
  launch_.image.code_region_count = static_cast<std::uint32_t>(code.regions.size());
  launch_.image.ops = ops_->address();
  launch_.image.breakpoints = breakpoints_->address();
  launch_.image.breakpoint_count = static_cast<std::uint32_t>(breakpoints.size());
  decoded_regions_ = code.regions;
}

void LaneArray::reset(std::uint64_t instruction_limit) {
  launch_.initial_limit = instruction_limit;
  start(Kernel::RESET_MEMORY);
  start(Kernel::RESET_STATE);
  set_counters({});
  // Nobody has any of them any more.
  region_lists_.clear();
  listed_regions_.clear();
  list_numbers_.clear();
}

void LaneArray::reset_lanes(std::span<const std::uint64_t> lanes, std::uint64_t instruction_limit) {
  if (lane_masks_ == nullptr) lane_masks_ = backend_.allocate(std::uint64_t{warp_count()} * sizeof(std::uint32_t));
  std::vector<std::uint32_t> masks(warp_count());
  for (const std::uint64_t lane : lanes) masks[lane / warp_lanes()] |= 1u << lane % warp_lanes();
  backend_.write(lane_masks_->address(), std::as_bytes(std::span(masks)));
  launch_.lane_masks = lane_masks_->address();
  launch_.initial_limit = instruction_limit;
  start(Kernel::RESET_LANES);
}

std::vector<State> LaneArray::states(std::uint64_t first, std::uint64_t count) {
  std::vector<State> result(count);
  if (count == 0) return result;
  const std::uint64_t lanes = warp_lanes();
  const std::uint64_t first_warp = first / lanes;
  const std::uint64_t last_warp = (first + count - 1) / lanes;
  std::vector<std::uint64_t> cells((last_warp - first_warp + 1) * STATE_CELLS * lanes);
  download(std::span(cells), launch_.states + first_warp * STATE_CELLS * lanes * CELL_BYTES);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t lane = first + i;
    std::uint64_t words[STATE_CELLS];
    for (std::uint64_t cell = 0; cell < STATE_CELLS; ++cell) {
      words[cell] = cells[((lane / lanes - first_warp) * STATE_CELLS + cell) * lanes + lane % lanes];
    }
    std::memcpy(&result[i], words, sizeof words);
  }
  return result;
}

void LaneArray::set_states(std::uint64_t first, std::span<const State> states) {
  if (states.empty()) return;
  const std::uint64_t lanes = warp_lanes();
  const std::uint64_t first_warp = first / lanes;
  const std::uint64_t last_warp = (first + states.size() - 1) / lanes;
  std::vector<std::uint64_t> cells((last_warp - first_warp + 1) * STATE_CELLS * lanes);
  const DeviceAddress place = launch_.states + first_warp * STATE_CELLS * lanes * CELL_BYTES;
  download(std::span(cells), place);
  for (std::uint64_t i = 0; i < states.size(); ++i) {
    const std::uint64_t lane = first + i;
    std::uint64_t words[STATE_CELLS];
    std::memcpy(words, &states[i], sizeof words);
    for (std::uint64_t cell = 0; cell < STATE_CELLS; ++cell) {
      cells[((lane / lanes - first_warp) * STATE_CELLS + cell) * lanes + lane % lanes] = words[cell];
    }
  }
  backend_.write(place, std::as_bytes(std::span(cells)));
}

State LaneArray::state(std::uint64_t lane) { return states(lane, 1).front(); }
void LaneArray::set_state(std::uint64_t lane, const State& state) { set_states(lane, std::span(&state, 1)); }

std::vector<LaneControl> LaneArray::controls() {
  std::vector<LaneControl> result(launch_.lane_count);
  download(std::span(result), launch_.controls);
  return result;
}

void LaneArray::set_controls(std::span<const LaneControl> controls) {
  backend_.write(launch_.controls, std::as_bytes(controls));
}

LaneControl LaneArray::control(std::uint64_t lane) {
  LaneControl result{};
  download(std::span(&result, 1), launch_.controls + lane * sizeof(LaneControl));
  return result;
}

void LaneArray::set_control(std::uint64_t lane, const LaneControl& control) {
  backend_.write(launch_.controls + lane * sizeof(LaneControl), bytes_of(control));
}

DeviceAddress LaneArray::copy_buffer(std::uint64_t bytes) {
  if (copy_buffer_ == nullptr || copy_buffer_->size_bytes() < bytes) {
    copy_buffer_.reset();
    copy_buffer_ = backend_.allocate(std::max<std::uint64_t>(bytes, guest::PAGE_SIZE));
  }
  return copy_buffer_->address();
}

void LaneArray::copy_cells(CellCopy copy, std::uint32_t cell) {
  launch_.copy_first_lane = 0;
  launch_.copy_lanes = launch_.lane_count;
  launch_.cell_copy = copy;
  launch_.cell = cell;
  start(Kernel::COPY_CELLS);
}

void LaneArray::set_cells(std::uint32_t cell, std::span<const std::uint64_t> values) {
  launch_.copy_buffer = copy_buffer(values.size_bytes());
  backend_.write(launch_.copy_buffer, std::as_bytes(values));
  copy_cells(CellCopy::SET, cell);
}

void LaneArray::set_cells_counting(std::uint32_t cell, std::uint64_t first, std::uint64_t step) {
  launch_.cell_first = first;
  launch_.cell_step = step;
  copy_cells(CellCopy::COUNT, cell);
}

void LaneArray::get_cells(std::uint32_t cell, std::span<std::uint64_t> values) {
  launch_.copy_buffer = copy_buffer(values.size_bytes());
  copy_cells(CellCopy::GET, cell);
  download(values, launch_.copy_buffer);
}

void LaneArray::keep_cells(std::uint32_t cell) {
  if (kept_cells_ == nullptr) kept_cells_ = backend_.allocate(lane_count() * sizeof(std::uint64_t));
  launch_.copy_buffer = kept_cells_->address();
  copy_cells(CellCopy::GET, cell);
}

void LaneArray::get_kept_cells(std::span<std::uint64_t> values) { download(values, kept_cells_->address()); }

std::optional<std::vector<CellDifference>> LaneArray::compare_cells(std::uint32_t cell, std::uint64_t mask) {
  if (differences_ == nullptr) differences_ = backend_.allocate(sizeof(CellDifferences));
  std::uint64_t count = 0;
  backend_.write(differences_->address(), bytes_of(count));
  launch_.copy_buffer = kept_cells_->address();
  launch_.cell_differences = differences_->address();
  launch_.cell_mask = mask;
  copy_cells(CellCopy::COMPARE, cell);
  download(std::span(&count, 1), differences_->address());
  if (count > MOST_CELL_DIFFERENCES) return std::nullopt;
  std::vector<CellDifference> differences(count);
  download(std::span(differences), differences_->address() + offsetof(CellDifferences, list));
  std::ranges::sort(differences, {}, &CellDifference::lane);
  return differences;
}

// Prepares a copy of these lanes' memory in `launch_`.
void LaneArray::copy_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address, std::uint64_t size) {
  if (copy_done_ == nullptr || copy_done_->size_bytes() < count) {
    copy_done_ = backend_.allocate(std::max<std::uint64_t>(count, 64));
  }
  launch_.copy_address = address;
  launch_.copy_bytes = size;
  launch_.copy_first_lane = first;
  launch_.copy_lanes = count;
  launch_.copy_buffer = copy_buffer(count * size);
  launch_.copy_done = copy_done_->address();
}

std::vector<std::uint8_t> LaneArray::read_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                                                 std::uint64_t size, std::span<std::byte> bytes) {
  std::vector<std::uint8_t> done(count, 1);
  if (size == 0) return done;
  const std::uint64_t at_once = std::max<std::uint64_t>(1, COPY_BYTES_AT_ONCE / size);
  for (std::uint64_t i = 0; i < count; i += at_once) {
    const std::uint64_t lanes = std::min(at_once, count - i);
    copy_memory(first + i, lanes, address, size);
    launch_.copy_to_guest = 0;
    start(Kernel::COPY_GUEST_MEMORY);
    download(bytes.subspan(i * size, lanes * size), copy_buffer_->address());
    download(std::span(done).subspan(i, lanes), copy_done_->address());
  }
  return done;
}

std::vector<std::uint8_t> LaneArray::write_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                                                  std::uint64_t size, std::span<const std::byte> bytes) {
  std::vector<std::uint8_t> done(count, 1);
  if (size == 0) return done;
  const std::uint64_t at_once = std::max<std::uint64_t>(1, COPY_BYTES_AT_ONCE / size);
  for (std::uint64_t i = 0; i < count; i += at_once) {
    const std::uint64_t lanes = std::min(at_once, count - i);
    copy_memory(first + i, lanes, address, size);
    backend_.write(copy_buffer_->address(), bytes.subspan(i * size, lanes * size));
    launch_.copy_to_guest = 1;
    start(Kernel::COPY_GUEST_MEMORY);
    download(std::span(done).subspan(i, lanes), copy_done_->address());
  }
  return done;
}

std::vector<std::uint8_t> LaneArray::write_pages(std::span<const PageWrite> pages) {
  std::vector<std::uint8_t> done(pages.size());
  const auto make_room = [this](std::unique_ptr<DeviceMemory>& memory, std::uint64_t bytes) {
    if (memory == nullptr || memory->size_bytes() < bytes) {
      memory.reset();
      memory = backend_.allocate(bytes);
    }
    return memory->address();
  };
  const std::uint64_t at_once = COPY_BYTES_AT_ONCE / guest::PAGE_SIZE;
  for (std::uint64_t first = 0; first < pages.size(); first += at_once) {
    const auto part = pages.subspan(first, std::min<std::uint64_t>(at_once, pages.size() - first));
    std::vector<std::uint32_t> starts(launch_.lane_count + 1);
    std::vector<std::uint64_t> addresses;
    std::vector<std::byte> bytes(part.size() * guest::PAGE_SIZE);
    for (std::size_t i = 0; i < part.size(); ++i) {
      ++starts[part[i].lane + 1];
      addresses.push_back(part[i].address);
      std::memcpy(bytes.data() + i * guest::PAGE_SIZE, part[i].bytes, guest::PAGE_SIZE);
    }
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    launch_.page_starts = make_room(page_starts_, std::span(starts).size_bytes());
    launch_.page_addresses = make_room(page_addresses_, std::span(addresses).size_bytes());
    launch_.page_bytes = make_room(page_bytes_, bytes.size());
    launch_.pages_written = make_room(pages_written_, part.size());
    backend_.write(launch_.page_starts, std::as_bytes(std::span(starts)));
    backend_.write(launch_.page_addresses, std::as_bytes(std::span(addresses)));
    backend_.write(launch_.page_bytes, bytes);
    start(Kernel::WRITE_PAGES);
    download(std::span(done).subspan(first, part.size()), launch_.pages_written);
  }
  return done;
}

void LaneArray::visit_dirty_frames(
    std::uint64_t first_warp, std::uint64_t last_warp,
    const std::function<void(std::uint32_t warp, std::uint64_t address, const std::byte*)>& visit) {
  std::uint32_t count = 0;
  download(std::span(&count, 1), launch_.store.dirty_count);
  if (count == 0) return;
  std::vector<std::uint32_t> dirty(count);
  download(std::span(dirty), launch_.store.dirty_frames);
  std::ranges::sort(dirty);
  std::vector<std::uint32_t> slots(dirty.back() + 1 - dirty.front());
  download(std::span(slots), launch_.store.slots + dirty.front() * sizeof(std::uint32_t));
  // One by one they would take a trip each.
  std::vector<std::uint64_t> keys(std::uint64_t{launch_.store.key_mask} + 1);
  download(std::span(keys), launch_.store.keys);
  const auto key_of = [&](std::uint32_t frame) { return keys[slots[frame - dirty.front()]]; };
  std::vector<std::uint32_t> wanted;
  for (const std::uint32_t frame : dirty) {
    const std::uint64_t warp = key_of(frame) >> 36;
    if (first_warp <= warp && warp <= last_warp) wanted.push_back(frame);
  }
  std::vector<std::byte> bytes;
  // Frames that follow one another come in one piece.
  const std::uint64_t most = std::max<std::uint64_t>(1, (std::uint64_t{64} << 20) / frame_size_bytes());
  for (std::size_t i = 0; i < wanted.size();) {
    std::size_t end = i + 1;
    while (end < wanted.size() && end - i < most && wanted[end] == wanted[end - 1] + 1) ++end;
    bytes.resize((end - i) * frame_size_bytes());
    download(std::span(bytes), launch_.frame_memory + (image_units_ << 12) + wanted[i] * frame_size_bytes());
    for (std::size_t k = i; k < end; ++k) {
      const std::uint64_t key = key_of(wanted[k]);
      visit(static_cast<std::uint32_t>(key >> 36), (key & FRAME_KEY_PAGE) * guest::PAGE_SIZE,
            bytes.data() + (k - i) * frame_size_bytes());
    }
    i = end;
  }
}

void LaneArray::clean() {
  start(Kernel::CLEAN);
  const std::uint32_t zero = 0;
  backend_.write(launch_.store.dirty_count, bytes_of(zero));
}

// Processes.

void LaneArray::serve_calls(const LaneProcess& initial) {
  if (call_log_ == nullptr) {
    if (launch_.lane_count > 1) processes_ = backend_.allocate(launch_.lane_count * sizeof(LaneProcess));
    const std::uint64_t log_bytes = std::clamp(launch_.lane_count * LOG_BYTES_OF_LANE, LEAST_LOG_BYTES, MOST_LOG_BYTES);
    call_log_ = backend_.allocate_mapped(log_bytes);
    launch_.call_log = call_log_->device();
    launch_.call_log_bytes = log_bytes;
  }
  launch_.processes = processes_ != nullptr ? processes_->address() : block_->address() + offsetof(LaneBlock, process);
  launch_.initial_process = initial;
}

std::vector<LaneProcess> LaneArray::processes(std::uint64_t first, std::uint64_t count) {
  std::vector<LaneProcess> result(count);
  download(std::span(result), launch_.processes + first * sizeof(LaneProcess));
  return result;
}

void LaneArray::set_processes(std::uint64_t first, std::span<const LaneProcess> processes) {
  if (processes.empty()) return;
  upload_region_lists();
  backend_.write(launch_.processes + first * sizeof(LaneProcess), std::as_bytes(processes));
}

std::uint32_t LaneArray::region_list(std::span<const MemoryRegion> regions) {
  const auto bytes = std::as_bytes(regions);
  const std::string key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto image_bytes = std::as_bytes(std::span(image_regions_));
  if (std::ranges::equal(bytes, image_bytes)) return IMAGE_REGIONS;
  const auto [place, is_new] = list_numbers_.try_emplace(key, static_cast<std::uint32_t>(region_lists_.size() + 1));
  if (is_new) {
    region_lists_.push_back(
        {static_cast<std::uint32_t>(listed_regions_.size()), static_cast<std::uint32_t>(regions.size())});
    listed_regions_.insert(listed_regions_.end(), regions.begin(), regions.end());
    are_lists_uploaded_ = false;
  }
  return place->second;
}

std::span<const MemoryRegion> LaneArray::regions_of(std::uint32_t list) const {
  if (list == IMAGE_REGIONS) return image_regions_;
  const RegionList& entry = region_lists_[list - 1];
  return std::span(listed_regions_).subspan(entry.first, entry.count);
}

void LaneArray::upload_region_lists() {
  if (are_lists_uploaded_) return;
  backend_.wait();
  region_lists_memory_ = upload(std::span<const RegionList>(region_lists_));
  listed_regions_memory_ = upload(std::span<const MemoryRegion>(listed_regions_));
  launch_.region_lists = region_lists_memory_->address();
  launch_.listed_regions = listed_regions_memory_->address();
  are_lists_uploaded_ = true;
}

void LaneArray::drain_writes(
    const std::function<void(std::uint64_t, std::uint32_t, std::span<const std::byte>)>& visit) {
  if (call_log_ == nullptr) return;
  while (log_place_ + sizeof(LoggedWrite) <= launch_.call_log_bytes) {
    std::byte* const record = call_log_->host() + log_place_;
    if (__atomic_load_n(reinterpret_cast<std::uint64_t*>(record), __ATOMIC_ACQUIRE) == 0) break;
    LoggedWrite write{};
    std::memcpy(&write, record, sizeof write);
    const std::uint64_t record_bytes = sizeof write + (write.bytes + 7) / 8 * 8;
    log_place_ += record_bytes;
    if (write.descriptor != SKIPPED_WRITE) {
      visit(write.lane, write.descriptor, std::span(record + sizeof write, write.bytes));
    }
    // The next launch finds nothing here.
    std::memset(record, 0, record_bytes);
  }
}

void LaneArray::resume(std::uint64_t instructions, std::initializer_list<StopReason> reasons) {
  launch_.run_limit = instructions;
  launch_.resumable = 1u << static_cast<unsigned>(StopReason::RUNNING);
  for (const StopReason reason : reasons) launch_.resumable |= 1u << static_cast<unsigned>(reason);
  start(Kernel::RESUME);
}

void LaneArray::stop(StopReason reason) {
  launch_.stop = static_cast<std::uint32_t>(reason);
  start(Kernel::STOP);
}

Summary LaneArray::summarize() {
  Summary summary{};
  if (summary_ == nullptr) summary_ = backend_.allocate(sizeof summary);
  backend_.write(summary_->address(), bytes_of(summary));
  launch_.summary = summary_->address();
  // Each thread counts several lanes before it adds to what all share.
  start(Kernel::SUMMARIZE, std::min(warp_count(), SUMMARY_WARPS));
  download(std::span(&summary, 1), summary_->address());
  return summary;
}

void LaneArray::launch(std::uint64_t instructions) {
  auto* mailbox = reinterpret_cast<Mailbox*>(mailbox_->host());
  __atomic_store_n(&mailbox->cancel, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&mailbox->stopped_lanes, 0, __ATOMIC_RELAXED);
  log_place_ = 0;
  launch_.launch_instructions = instructions;
  if (launch_.processes != 0) set_clocks(launch_);
  start(Kernel::RUN);
}

void LaneArray::interrupt() {
  __atomic_store_n(&reinterpret_cast<Mailbox*>(mailbox_->host())->cancel, 1, __ATOMIC_RELEASE);
}

std::uint64_t LaneArray::progress() const {
  return __atomic_load_n(&reinterpret_cast<Mailbox*>(mailbox_->host())->progress, __ATOMIC_ACQUIRE);
}

std::uint64_t LaneArray::stopped_lanes() const {
  return __atomic_load_n(&reinterpret_cast<Mailbox*>(mailbox_->host())->stopped_lanes, __ATOMIC_RELAXED);
}

std::uint32_t LaneArray::frames_used() {
  std::uint32_t used = 0;
  download(std::span(&used, 1), launch_.frames_used);
  return std::min(used, launch_.store.capacity);
}

bool LaneArray::add_frames(std::uint64_t bytes) {
  const std::uint64_t capacity = launch_.store.capacity + std::max<std::uint64_t>(1, bytes / frame_size_bytes());
  const std::uint32_t used = frames_used();
  const std::uint64_t old_slots = std::uint64_t{launch_.store.key_mask} + 1;
  if (!frames_->grow((image_units_ << 12) + capacity * frame_size_bytes())) return false;
  std::vector<std::uint32_t> slots(used);
  std::vector<std::uint64_t> keys(old_slots);
  std::vector<std::uint32_t> numbers(old_slots);
  std::uint32_t dirty_count = 0;
  download(std::span(slots), launch_.store.slots);
  download(std::span(keys), launch_.store.keys);
  download(std::span(numbers), launch_.store.frames);
  download(std::span(&dirty_count, 1), launch_.store.dirty_count);
  std::vector<std::uint32_t> dirty(dirty_count);
  download(std::span(dirty), launch_.store.dirty_frames);
  std::vector<std::uint64_t> keys_of_frames(used);
  for (std::uint32_t frame = 0; frame < used; ++frame) keys_of_frames[frame] = keys[slots[frame]];
  // Where frames were left, a key found its lines full.
  const bool had_room = used < launch_.store.capacity;
  const PlacedFrames placed =
      place_frames(keys_of_frames, std::max(slots_for(capacity), had_room ? 2 * old_slots : old_slots));
  // The old memory stays until the new one is there: where the device has none left, nothing has changed.
  auto old_keys = std::move(keys_);
  auto old_numbers = std::move(numbers_);
  auto old_slots_memory = std::move(slots_);
  auto old_dirty = std::move(dirty_frames_);
  const FrameStore old_store = launch_.store;
  try {
    make_store(capacity, placed.keys.size());
  } catch (const Error& error) {
    keys_ = std::move(old_keys);
    numbers_ = std::move(old_numbers);
    slots_ = std::move(old_slots_memory);
    dirty_frames_ = std::move(old_dirty);
    launch_.store = old_store;
    if (error.code() != ErrorCode::OUT_OF_MEMORY) throw;
    return false;
  }
  std::vector<std::uint32_t> new_numbers(placed.keys.size());
  for (std::uint32_t frame = 0; frame < used; ++frame) new_numbers[placed.slots[frame]] = numbers[slots[frame]];
  backend_.write(launch_.store.keys, std::as_bytes(std::span(placed.keys)));
  backend_.write(launch_.store.frames, std::as_bytes(std::span(new_numbers)));
  if (used > 0) backend_.write(launch_.store.slots, std::as_bytes(std::span(placed.slots)));
  if (!dirty.empty()) backend_.write(launch_.store.dirty_frames, std::as_bytes(std::span(dirty)));
  set_counters({used, dirty_count});
  return true;
}

void LaneArray::revive_out_of_memory() {
  std::vector<LaneControl> all = controls();
  for (LaneControl& control : all) {
    if (control.stop == static_cast<std::uint8_t>(StopReason::OUT_OF_MEMORY)) {
      control.stop = static_cast<std::uint8_t>(StopReason::RUNNING);
    }
  }
  set_controls(all);
}

}  // namespace armillion::engine::gpu
