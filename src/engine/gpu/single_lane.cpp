#include "engine/gpu/single_lane.hpp"

#include <algorithm>
#include <cstring>

#include "engine/gpu/device_image.hpp"
#include "engine/gpu/lane_memory.hpp"
#include "engine/gpu/served_calls.hpp"

namespace armillion::engine::gpu {

namespace {

using guest::PAGE_SIZE;

// Pages between two that are wanted which cost less to read along than a second trip does.
constexpr std::uint32_t GAP_PAGES = 16;
// What goes at once, so that the host needs no more room.
constexpr std::uint32_t PAGES_AT_ONCE = 4096;
// Entries of the hash that cost as much one by one as the whole of it.
constexpr std::size_t FEW_ENTRIES = 16;

template <class T>
void download(Backend& backend, std::span<T> values, DeviceAddress source) {
  backend.read(std::as_writable_bytes(values), source);
}

void fill_page(std::byte* destination, const std::byte* source) {
  if (source == nullptr) {
    std::memset(destination, 0, PAGE_SIZE);
  } else {
    std::memcpy(destination, source, PAGE_SIZE);
  }
}

}  // namespace

SingleLane::SingleLane(Backend& backend, std::uint64_t frame_bytes, std::uint64_t frame_limit_bytes)
    : lanes_(backend, LaneArrayOptions{.lanes = 1,
                                       .is_interleaved = false,
                                       .frame_bytes = frame_bytes,
                                       .frame_limit_bytes = frame_limit_bytes}) {}

void SingleLane::load(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints) {
  lanes_.load(memory, state, 0, breakpoints);
  counters_ = {};
  units_.clear();
  for (std::size_t slot = 0; slot < lanes_.image_page_keys_.size(); ++slot) {
    const std::uint64_t page = lanes_.image_page_keys_[slot];
    if (page != EMPTY_KEY) units_.emplace(page, lanes_.image_page_numbers_[slot]);
  }
  page_of_frame_.clear();
  keys_.assign(std::uint64_t{lanes_.launch_.store.key_mask} + 1, EMPTY_KEY);
  frames_.assign(keys_.size(), 0);
}

// The code.

void SingleLane::set_breakpoints(std::span<const std::uint64_t> breakpoints) {
  Backend& backend = lanes_.backend();
  lanes_.breakpoints_ = backend.allocate(std::max<std::uint64_t>(breakpoints.size_bytes(), 16));
  backend.write(lanes_.breakpoints_->address(), std::as_bytes(breakpoints));
  lanes_.launch_.image.breakpoints = lanes_.breakpoints_->address();
  lanes_.launch_.image.breakpoint_count = static_cast<std::uint32_t>(breakpoints.size());
}

const CodeRegion* SingleLane::find_code(std::uint64_t address) const {
  const auto& regions = lanes_.decoded_regions_;
  const auto behind = std::ranges::upper_bound(regions, address, {}, &CodeRegion::start);
  if (behind == regions.begin() || address >= std::prev(behind)->end) return nullptr;
  return &*std::prev(behind);
}

void SingleLane::decode_again(std::uint64_t page_address, const std::byte* bytes,
                              std::span<const std::uint64_t> breakpoints) {
  const CodeRegion* const region = find_code(page_address);
  if (region == nullptr) return;
  const auto ops = decode_page(page_address, bytes, breakpoints);
  const std::uint64_t index = region->first_index + (page_address - region->start) / 4;
  lanes_.backend().write(lanes_.launch_.image.ops + index * sizeof(MicroOp), std::as_bytes(std::span(ops)));
}

// Running.

void SingleLane::launch(std::uint64_t instructions) {
  LaneBlock block;
  lanes_.launch_.launch_instructions = instructions;
  lanes_.launch_.processes = 0;
  if (process) {
    lanes_.serve_calls(*process);
    set_clocks(lanes_.launch_);
    block.process = *process;
  }
  lanes_.log_place_ = 0;
  block.launch = lanes_.launch_;
  block.counters = counters_;
  block.control = control;
  block.state = state;
  lanes_.backend().write(lanes_.block_->address(), bytes_of(block));
  auto* mailbox = reinterpret_cast<Mailbox*>(lanes_.mailbox_->host());
  __atomic_store_n(&mailbox->cancel, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&mailbox->progress, control.retired, __ATOMIC_RELAXED);
  lanes_.backend().launch(Kernel::RUN, 1, lanes_.block_->address());
}

void SingleLane::fetch() {
  LaneBlock block;
  const auto bytes = std::as_writable_bytes(std::span(&block, 1)).subspan(offsetof(LaneBlock, counters));
  lanes_.backend().read(bytes, lanes_.block_->address() + offsetof(LaneBlock, counters));
  counters_ = block.counters;
  counters_.frames_used = std::min(counters_.frames_used, lanes_.launch_.store.capacity);
  control = block.control;
  state = block.state;
  if (process) process = block.process;
}

void SingleLane::drain_writes(const std::function<void(std::uint32_t, std::span<const std::byte>)>& visit) {
  if (!process) return;
  lanes_.drain_writes([&visit](std::uint64_t, std::uint32_t descriptor, std::span<const std::byte> bytes) {
    visit(descriptor, bytes);
  });
}

// The frames that the lane has made since the host last looked: which pages they are.
void SingleLane::learn_new_frames() {
  const auto known = static_cast<std::uint32_t>(page_of_frame_.size());
  if (counters_.frames_used == known) return;
  const FrameStore& store = lanes_.launch_.store;
  std::vector<std::uint32_t> slots(counters_.frames_used - known);
  download(lanes_.backend(), std::span(slots), store.slots + known * sizeof(std::uint32_t));
  if (slots.size() > FEW_ENTRIES) download(lanes_.backend(), std::span(keys_), store.keys);
  for (const std::uint32_t slot : slots) {
    if (slots.size() <= FEW_ENTRIES) {
      download(lanes_.backend(), std::span(&keys_[slot], 1), store.keys + slot * sizeof(std::uint64_t));
    }
    const auto frame = static_cast<std::uint32_t>(page_of_frame_.size());
    frames_[slot] = frame;
    units_[keys_[slot]] = store.first_unit + frame;
    page_of_frame_.push_back(keys_[slot]);
  }
}

void SingleLane::visit_dirty_pages(const std::function<void(std::uint64_t address, const std::byte* bytes)>& visit) {
  if (counters_.dirty_count == 0) return;
  learn_new_frames();
  std::vector<std::uint32_t> dirty(counters_.dirty_count);
  download(lanes_.backend(), std::span(dirty), lanes_.launch_.store.dirty_frames);
  std::ranges::sort(dirty);
  for (std::size_t i = 0; i < dirty.size();) {
    std::size_t end = i + 1;
    while (end < dirty.size() && dirty[end] - dirty[end - 1] <= GAP_PAGES && dirty[end] - dirty[i] < PAGES_AT_ONCE) {
      ++end;
    }
    transfer_.resize(std::uint64_t{dirty[end - 1] - dirty[i] + 1} * PAGE_SIZE);
    lanes_.backend().read(transfer_, place_of(lanes_.launch_.store.first_unit + dirty[i]));
    for (; i < end; ++i) {
      visit(page_of_frame_[dirty[i]] * PAGE_SIZE,
            transfer_.data() + transfer_.size() - std::uint64_t{dirty[end - 1] - dirty[i] + 1} * PAGE_SIZE);
    }
  }
  // The next launch writes the counters, in order behind this.
  lanes_.backend().launch(Kernel::CLEAN, 1, lanes_.block_->address());
  counters_.dirty_count = 0;
}

// Memory.

// Writes pages whose places follow one another.
void SingleLane::write_run(std::uint32_t first_unit, std::span<const Page> pages) {
  transfer_.resize(pages.size() * PAGE_SIZE);
  for (std::size_t i = 0; i < pages.size(); ++i) fill_page(transfer_.data() + i * PAGE_SIZE, pages[i].bytes);
  lanes_.backend().write(place_of(first_unit), transfer_);
}

bool SingleLane::write_pages(std::span<const Page> pages) {
  std::vector<Page> new_pages;
  for (std::size_t i = 0; i < pages.size();) {
    const auto first = units_.find(pages[i].address / PAGE_SIZE);
    if (first == units_.end()) {
      // What has no place reads as zeros.
      if (pages[i].bytes != nullptr) new_pages.push_back(pages[i]);
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < pages.size() && end - i < PAGES_AT_ONCE) {
      const auto next = units_.find(pages[end].address / PAGE_SIZE);
      if (next == units_.end() || next->second - first->second != end - i) break;
      ++end;
    }
    write_run(first->second, pages.subspan(i, end - i));
    i = end;
  }
  return new_pages.empty() || place_new_pages(new_pages);
}

// Gives pages frames, as the lane does when it writes to one.
bool SingleLane::place_new_pages(std::span<const Page> pages) {
  const FrameStore& store = lanes_.launch_.store;
  const std::uint32_t first = counters_.frames_used;
  if (pages.size() > store.capacity - first) return false;
  for (std::size_t i = 0; i < pages.size(); i += PAGES_AT_ONCE) {
    write_run(store.first_unit + first + static_cast<std::uint32_t>(i),
              pages.subspan(i, std::min<std::size_t>(PAGES_AT_ONCE, pages.size() - i)));
  }
  Backend& backend = lanes_.backend();
  std::vector<std::uint32_t> slots;
  for (const Page& page : pages) {
    const std::uint64_t key = frame_key(0, page.address / PAGE_SIZE);
    const std::uint32_t slot = free_slot(keys_, key);
    if (slot == NO_SLOT) break;
    const std::uint32_t frame = counters_.frames_used++;
    keys_[slot] = key;
    frames_[slot] = frame;
    if (pages.size() <= FEW_ENTRIES) {
      backend.write(store.keys + slot * sizeof(std::uint64_t), bytes_of(keys_[slot]));
      backend.write(store.frames + slot * sizeof(std::uint32_t), bytes_of(frames_[slot]));
    }
    units_[key] = store.first_unit + frame;
    page_of_frame_.push_back(key);
    slots.push_back(slot);
  }
  if (!slots.empty()) {
    backend.write(store.slots + first * sizeof(std::uint32_t), std::as_bytes(std::span(slots)));
  }
  if (pages.size() > FEW_ENTRIES) {
    backend.write(store.keys, std::as_bytes(std::span(keys_)));
    backend.write(store.frames, std::as_bytes(std::span(frames_)));
  }
  return slots.size() == pages.size();
}

bool SingleLane::add_frames(std::uint64_t bytes) {
  lanes_.set_counters(counters_);
  if (!lanes_.add_frames(bytes)) return false;
  keys_.resize(std::uint64_t{lanes_.launch_.store.key_mask} + 1);
  frames_.resize(keys_.size());
  download(lanes_.backend(), std::span(keys_), lanes_.launch_.store.keys);
  download(lanes_.backend(), std::span(frames_), lanes_.launch_.store.frames);
  return true;
}

}  // namespace armillion::engine::gpu
