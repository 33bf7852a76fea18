#include "guest/address_space.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "armillion/error.hpp"

namespace armillion::guest {

// The page table is a persistent radix tree: four levels of nine bits, every node and frame reference-counted. A
// snapshot is one more reference to the root; a write copies the shared part of the path to its page. Copying a node
// costs a thousand times what a store costs, so restoring the snapshot that a tree came from keeps the tree's own nodes
// and only undoes their changes.
struct PageNode {
  static constexpr unsigned CHILDREN = 512;
  std::atomic<std::uint32_t> references{1};
  // Which children may differ from those of the node that this one was copied from.
  std::array<std::uint64_t, CHILDREN / 64> changed{};
  // Nodes, or frames in a node of level 0.
  std::array<void*, CHILDREN> children{};

  // The child, which is about to change.
  void*& changing(std::uint64_t index) {
    changed[index / 64] |= 1ull << index % 64;
    return children[index];
  }
};

namespace {

constexpr int TOP_LEVEL = 3;
constexpr unsigned PAGE_BITS = 12;

unsigned child_index(std::uint64_t address, int level) {
  return static_cast<unsigned>(address >> (PAGE_BITS + 9 * static_cast<unsigned>(level))) & (PageNode::CHILDREN - 1);
}

// What every page that was never written reads as. Its count never falls to zero.
Frame& zero_frame() {
  static Frame frame{};
  return frame;
}

void release(Frame* frame) {
  if (frame->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete frame;
}

void release_child(void* child, int level);

void release(PageNode* node, int level) {
  if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  for (void* child : node->children) release_child(child, level);
  delete node;
}

// Children of a node of `level`: frames, or nodes of the level below.
void retain_child(void* child, int level) {
  if (child == nullptr) return;
  auto& references = level == 0 ? static_cast<Frame*>(child)->references : static_cast<PageNode*>(child)->references;
  references.fetch_add(1, std::memory_order_relaxed);
}

void release_child(void* child, int level) {
  if (child == nullptr) return;
  if (level == 0) {
    release(static_cast<Frame*>(child));
  } else {
    release(static_cast<PageNode*>(child), level - 1);
  }
}

PageNode* copy_of(const PageNode& node, int level) {
  auto* copy = new PageNode;
  copy->children = node.children;
  for (void* child : copy->children) retain_child(child, level);
  return copy;
}

bool is_owned(const PageNode& node) { return node.references.load(std::memory_order_acquire) == 1; }

// The slot's node, made this tree's own; made if there was none.
PageNode& own_node(PageNode*& slot, int level) {
  if (slot == nullptr) {
    slot = new PageNode;
    slot->changed.fill(~0ull);  // it is no copy: nothing is known of what was here before
  } else if (!is_owned(*slot)) {
    PageNode* copy = copy_of(*slot, level);
    release(slot, level);
    slot = copy;
  }
  return *slot;
}

PageNode*& as_node(void*& slot) { return reinterpret_cast<PageNode*&>(slot); }

using SpareFrames = std::vector<std::unique_ptr<Frame>>;

// As many as a short run writes; more would be the memory of other machines.
constexpr std::size_t MAX_SPARE_FRAMES = 256;

void release_or_keep(Frame* frame, SpareFrames& spare_frames) {
  if (spare_frames.size() < MAX_SPARE_FRAMES && frame->references.load(std::memory_order_acquire) == 1) {
    spare_frames.emplace_back(frame);
  } else {
    release(frame);
  }
}

// Makes the tree below `slot` equal to `original` again, which it was at some time and then changed.
void undo_changes(PageNode*& slot, PageNode* original, int level, SpareFrames& spare_frames) {
  if (slot == original) return;
  if (slot == nullptr || original == nullptr || !is_owned(*slot)) {
    retain_child(original, level + 1);
    release_child(slot, level + 1);
    slot = original;
    return;
  }
  for (std::size_t word = 0; word < slot->changed.size(); ++word) {
    for (std::uint64_t bits = std::exchange(slot->changed[word], 0); bits != 0; bits &= bits - 1) {
      const std::size_t index = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      void*& child = slot->children[index];
      void* wanted = original->children[index];
      if (level > 0) {
        undo_changes(as_node(child), static_cast<PageNode*>(wanted), level - 1, spare_frames);
      } else if (child != wanted) {
        retain_child(wanted, level);
        if (child != nullptr) release_or_keep(static_cast<Frame*>(child), spare_frames);
        child = wanted;
      }
    }
  }
}

std::string hexadecimal(std::uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// Bytes of [address, address + size) in the page of `address`.
std::uint64_t bytes_in_page(std::uint64_t address, std::uint64_t size) {
  return std::min(size, PAGE_SIZE - (address & ~PAGE_MASK));
}

bool is_zero(const std::byte* page) {
  return page[0] == std::byte{0} && std::memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

// Drops the pages of [start, end) below `slot`, whose first address is `base`.
void drop_range(PageNode*& slot, int level, std::uint64_t base, std::uint64_t start, std::uint64_t end) {
  if (slot == nullptr) return;
  const std::uint64_t child_bytes = 1ull << (PAGE_BITS + 9 * static_cast<unsigned>(level));
  if (start <= base && base + child_bytes * PageNode::CHILDREN <= end) {
    release(slot, level);
    slot = nullptr;
    return;
  }
  PageNode& node = own_node(slot, level);
  const std::uint64_t first = start <= base ? 0 : (start - base) / child_bytes;
  const std::uint64_t last = std::min<std::uint64_t>(PageNode::CHILDREN - 1, (end - 1 - base) / child_bytes);
  for (std::uint64_t i = first; i <= last; ++i) {
    if (node.children[i] == nullptr) continue;
    void*& child = node.changing(i);
    if (level == 0) {
      release_child(std::exchange(child, nullptr), level);
    } else {
      drop_range(as_node(child), level - 1, base + i * child_bytes, start, end);
    }
  }
  // Empty nodes go too: a guest that maps and unmaps ever new addresses must not use up the host's memory.
  if (std::ranges::all_of(node.children, [](const void* child) { return child == nullptr; })) {
    release(std::exchange(slot, nullptr), level);
  }
}

// Calls `visit(address, frame)` for every frame of [start, end) below `node`, whose first address is `base`, in address
// order.
template <class Visit>
void visit_frames(const PageNode* node, int level, std::uint64_t base, std::uint64_t start, std::uint64_t end,
                  const Visit& visit) {
  if (node == nullptr) return;
  const std::uint64_t child_bytes = 1ull << (PAGE_BITS + 9 * static_cast<unsigned>(level));
  for (std::uint64_t i = 0; i < PageNode::CHILDREN; ++i) {
    void* child = node->children[i];
    const std::uint64_t address = base + i * child_bytes;
    if (child == nullptr || address + child_bytes <= start || end <= address) continue;
    if (level == 0) {
      visit(address, *static_cast<Frame*>(child));
    } else {
      visit_frames(static_cast<const PageNode*>(child), level - 1, address, start, end, visit);
    }
  }
}

// Calls `visit(address, frame)` for every child of level 0 that differs between two trees; `frame` is that of `now`.
// What they share is the same in both, as a shared node or frame never changes.
template <class Visit>
void visit_differences(const PageNode* before, const PageNode* now, int level, std::uint64_t base, const Visit& visit) {
  if (before == now) return;
  const std::uint64_t child_bytes = 1ull << (PAGE_BITS + 9 * static_cast<unsigned>(level));
  for (std::uint64_t i = 0; i < PageNode::CHILDREN; ++i) {
    const void* old_child = before == nullptr ? nullptr : before->children[i];
    const void* new_child = now == nullptr ? nullptr : now->children[i];
    if (old_child == new_child) continue;
    const std::uint64_t address = base + i * child_bytes;
    if (level == 0) {
      visit(address, static_cast<const Frame*>(new_child));
    } else {
      visit_differences(static_cast<const PageNode*>(old_child), static_cast<const PageNode*>(new_child), level - 1,
                        address, visit);
    }
  }
}

}  // namespace

FrameReference::FrameReference(Frame& frame) : frame_(&frame) {
  frame.references.fetch_add(1, std::memory_order_relaxed);
}

FrameReference::FrameReference(const FrameReference& other) : FrameReference(*other.frame_) {}

FrameReference::FrameReference(FrameReference&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}

FrameReference& FrameReference::operator=(FrameReference other) noexcept {
  std::swap(frame_, other.frame_);
  return *this;
}

FrameReference::~FrameReference() {
  if (frame_ != nullptr) release(frame_);
}

PageTableReference::PageTableReference(const PageTableReference& other) : node_(other.node_) {
  if (node_ != nullptr) node_->references.fetch_add(1, std::memory_order_relaxed);
}

PageTableReference::PageTableReference(PageTableReference&& other) noexcept
    : node_(std::exchange(other.node_, nullptr)) {}

PageTableReference& PageTableReference::operator=(PageTableReference other) noexcept {
  std::swap(node_, other.node_);
  return *this;
}

PageTableReference::~PageTableReference() {
  if (node_ != nullptr) release(node_, TOP_LEVEL);
}

AddressSpace::AddressSpace(std::uint64_t memory_limit_bytes)
    : memory_limit_bytes_(memory_limit_bytes), regions_(std::make_shared<RegionMap>()) {}

AddressSpace::~AddressSpace() = default;

void AddressSpace::check_range(std::uint64_t address, std::uint64_t size) const {
  if ((address | size) % PAGE_SIZE != 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the range at " + hexadecimal(address) + " of " + hexadecimal(size) +
                                                 " bytes does not start and end on a multiple of 4096");
  }
  if (address > ADDRESS_LIMIT || size > ADDRESS_LIMIT - address) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "the range at " + hexadecimal(address) + " of " + hexadecimal(size) +
                                                 " bytes does not fit into 48-bit addresses");
  }
}

RegionMap& AddressSpace::mutable_regions() {
  if (std::exchange(regions_are_shared_, false)) regions_ = std::make_shared<RegionMap>(*regions_);
  return *regions_;
}

std::uint64_t AddressSpace::writable_bytes_in(std::uint64_t start, std::uint64_t end) const {
  std::uint64_t bytes = 0;
  auto region = regions_->upper_bound(start);
  if (region != regions_->begin()) --region;
  for (; region != regions_->end() && region->first < end; ++region) {
    const std::uint64_t low = std::max(start, region->first);
    const std::uint64_t high = std::min(end, region->second.end);
    if (low < high && allows(region->second.permissions, Permissions::WRITE)) bytes += high - low;
  }
  return bytes;
}

// Sets the permissions of [start, end), or unmaps it, and keeps regions maximal.
void AddressSpace::set_region(std::uint64_t start, std::uint64_t end, std::optional<Permissions> permissions) {
  if (start == end) return;
  writable_bytes_ -= writable_bytes_in(start, end);
  RegionMap& regions = mutable_regions();
  auto region = regions.upper_bound(start);
  if (region != regions.begin()) --region;
  while (region != regions.end() && region->first < end) {
    const std::uint64_t region_start = region->first;
    const Region old = region->second;
    if (old.end <= start) {
      ++region;
      continue;
    }
    region = regions.erase(region);
    if (region_start < start) regions.emplace(region_start, Region{start, old.permissions});
    if (old.end > end) regions.emplace(end, Region{old.end, old.permissions});
  }
  if (!permissions) return;
  if (allows(*permissions, Permissions::WRITE)) writable_bytes_ += end - start;
  auto placed = regions.emplace(start, Region{end, *permissions}).first;
  if (auto next = std::next(placed);
      next != regions.end() && next->first == end && next->second.permissions == *permissions) {
    placed->second.end = next->second.end;
    regions.erase(next);
  }
  if (placed != regions.begin()) {
    auto previous = std::prev(placed);
    if (previous->second.end == start && previous->second.permissions == *permissions) {
      previous->second.end = placed->second.end;
      regions.erase(placed);
    }
  }
}

void AddressSpace::drop_pages(std::uint64_t start, std::uint64_t end) {
  if (start != end) drop_range(root_.node_, TOP_LEVEL, 0, start, end);
}

namespace {

[[noreturn]] void throw_out_of_memory(std::uint64_t size, std::uint64_t limit) {
  throw Error(ErrorCode::OUT_OF_MEMORY, "mapping " + std::to_string(size) +
                                            " more writable bytes would pass the limit of " + std::to_string(limit) +
                                            " bytes; raise the memory limit");
}

}  // namespace

void AddressSpace::map(std::uint64_t address, std::uint64_t size, Permissions permissions) {
  check_range(address, size);
  const std::uint64_t replaced = writable_bytes_in(address, address + size);
  if (allows(permissions, Permissions::WRITE) && size > memory_limit_bytes_ - (writable_bytes_ - replaced)) {
    throw_out_of_memory(size, memory_limit_bytes_);
  }
  drop_pages(address, address + size);
  set_region(address, address + size, permissions);
  ++generation_;
}

void AddressSpace::unmap(std::uint64_t address, std::uint64_t size) {
  check_range(address, size);
  drop_pages(address, address + size);
  set_region(address, address + size, std::nullopt);
  ++generation_;
}

bool AddressSpace::protect(std::uint64_t address, std::uint64_t size, Permissions permissions) {
  check_range(address, size);
  if (find_obstacle(address, size, Permissions::NONE)) return false;
  const std::uint64_t replaced = writable_bytes_in(address, address + size);
  if (allows(permissions, Permissions::WRITE) && size > memory_limit_bytes_ - (writable_bytes_ - replaced)) {
    throw_out_of_memory(size, memory_limit_bytes_);
  }
  set_region(address, address + size, permissions);
  ++generation_;
  return true;
}

void AddressSpace::move(std::uint64_t from, std::uint64_t to, std::uint64_t size) {
  check_range(from, size);
  check_range(to, size);
  const auto region = region_at(from);
  if (!region || region->end - from < size || (from < to + size && to < from + size)) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "only one region can be moved, and not onto itself");
  }
  drop_pages(to, to + size);
  set_region(to, to + size, std::nullopt);
  std::vector<std::pair<std::uint64_t, Frame*>> frames;
  visit_frames(root_.get(), TOP_LEVEL, 0, from, from + size,
               [&](std::uint64_t page_address, Frame& frame) { frames.emplace_back(page_address, &frame); });
  for (const auto& [page_address, frame] : frames) {
    retain_child(frame, 0);
    own_frame_slot(to + (page_address - from)) = frame;
  }
  const Permissions permissions = region->permissions;
  drop_pages(from, from + size);
  set_region(from, from + size, std::nullopt);
  set_region(to, to + size, permissions);
  ++generation_;
}

bool AddressSpace::is_free(std::uint64_t address, std::uint64_t size) const {
  if (size == 0) return true;
  auto region = regions_->upper_bound(address);
  if (region != regions_->end() && region->first < address + size) return false;
  return region == regions_->begin() || std::prev(region)->second.end <= address;
}

std::optional<std::uint64_t> AddressSpace::find_free(std::uint64_t size, std::uint64_t low, std::uint64_t high) const {
  if (size == 0 || high < low || size > high - low) return std::nullopt;
  std::uint64_t top = high;
  for (auto region = regions_->lower_bound(high); region != regions_->begin();) {
    --region;
    if (region->second.end <= top) {
      if (top - std::max(region->second.end, low) >= size && region->second.end < top) return top - size;
    }
    top = std::min(top, region->first);
    if (top < low || top - low < size) return std::nullopt;
  }
  return top - size;
}

std::optional<AddressSpace::RegionView> AddressSpace::region_at(std::uint64_t address) const {
  auto region = regions_->upper_bound(address);
  if (region == regions_->begin()) return std::nullopt;
  --region;
  if (address >= region->second.end) return std::nullopt;
  return RegionView{region->first, region->second.end, region->second.permissions};
}

std::optional<AddressSpace::Obstacle> AddressSpace::find_obstacle(std::uint64_t address, std::uint64_t size,
                                                                  Permissions wanted) const {
  while (size > 0) {
    const auto region = region_at(address);
    if (!region) return Obstacle{address, FaultKind::UNMAPPED};
    if (!allows(region->permissions, wanted)) return Obstacle{address, FaultKind::PERMISSION};
    const std::uint64_t covered = std::min(size, region->end - address);
    address += covered;
    size -= covered;
  }
  return std::nullopt;
}

Frame* AddressSpace::find_frame(std::uint64_t page_address) const {
  const PageNode* node = root_.get();
  for (int level = TOP_LEVEL; level > 0 && node != nullptr; --level) {
    node = static_cast<const PageNode*>(node->children[child_index(page_address, level)]);
  }
  return node == nullptr ? nullptr : static_cast<Frame*>(node->children[child_index(page_address, 0)]);
}

const std::byte* AddressSpace::page_for_reading(std::uint64_t page_address) const {
  return frame_at(page_address).bytes;
}

Frame& AddressSpace::frame_at(std::uint64_t page_address) const {
  Frame* frame = find_frame(page_address);
  return frame == nullptr ? zero_frame() : *frame;
}

FrameReference AddressSpace::keep_frame(std::uint64_t page_address) {
  ++generation_;  // the frame is shared now: a cached writable translation of it is void
  return FrameReference(frame_at(page_address));
}

void AddressSpace::visit_pages(const std::function<void(std::uint64_t address, const Frame& frame)>& visit) const {
  visit_frames(root_.get(), TOP_LEVEL, 0, 0, ADDRESS_LIMIT, visit);
}

void AddressSpace::visit_changes(const MemorySnapshot& before,
                                 const std::function<void(std::uint64_t address, const Frame* frame)>& visit) const {
  visit_differences(before.root_.get(), root_.get(), TOP_LEVEL, 0, visit);
}

// The page's place in the table, with the path to it made this space's own.
Frame*& AddressSpace::own_frame_slot(std::uint64_t page_address) {
  PageNode* node = &own_node(root_.node_, TOP_LEVEL);
  for (int level = TOP_LEVEL; level > 0; --level) {
    node = &own_node(as_node(node->changing(child_index(page_address, level))), level - 1);
  }
  return reinterpret_cast<Frame*&>(node->changing(child_index(page_address, 0)));
}

Frame* AddressSpace::copy_of(const Frame& frame) {
  Frame* copy = nullptr;
  if (spare_frames_.empty()) {
    copy = new Frame;
  } else {
    copy = spare_frames_.back().release();
    spare_frames_.pop_back();
    copy->code_serial.store(0, std::memory_order_relaxed);
  }
  std::memcpy(copy->bytes, frame.bytes, PAGE_SIZE);
  return copy;
}

Frame& AddressSpace::write_in_page(std::uint64_t address, std::span<const std::byte> source) {
  Frame*& slot = own_frame_slot(address & PAGE_MASK);
  std::uint64_t old_serial = 0;
  if (slot != nullptr && slot->references.load(std::memory_order_acquire) == 1) {
    // Only now: another owner may have executed it until a moment ago.
    old_serial = slot->code_serial.load(std::memory_order_acquire);
  } else {
    const Frame& original = slot != nullptr ? *slot : zero_frame();
    old_serial = original.code_serial.load(std::memory_order_acquire);
    Frame* copy = copy_of(original);
    release_child(slot, 0);
    slot = copy;
  }
  Frame& frame = *slot;
  std::memcpy(frame.bytes + (address & ~PAGE_MASK), source.data(), source.size());
  if (old_serial != 0) {
    frame.code_serial.store(0, std::memory_order_release);
    if (observer_ != nullptr) observer_->on_code_written(address, source.size(), old_serial);
  }
  return frame;
}

std::uint64_t AddressSpace::mark_as_code(Frame& frame) {
  // A guest that keeps data beside its code uses up a serial with every store: each space takes many at once, so that
  // the machines of many threads do not fight for one counter.
  constexpr std::uint64_t BLOCK = 1 << 20;
  static std::atomic<std::uint64_t> last_block{0};
  std::uint64_t serial = frame.code_serial.load(std::memory_order_acquire);
  if (serial == 0) {
    if (next_code_serial_ % BLOCK == 0) {
      next_code_serial_ = (last_block.fetch_add(1, std::memory_order_relaxed) + 1) * BLOCK;
    }
    const std::uint64_t fresh = next_code_serial_++;
    if (frame.code_serial.compare_exchange_strong(serial, fresh, std::memory_order_acq_rel)) serial = fresh;
  }
  return serial;
}

bool AddressSpace::read(std::uint64_t address, std::span<std::byte> destination, Permissions wanted) const {
  if (destination.empty()) return true;
  if (address >= ADDRESS_LIMIT || destination.size() > ADDRESS_LIMIT - address ||
      find_obstacle(address, destination.size(), wanted)) {
    return false;
  }
  while (!destination.empty()) {
    const std::uint64_t count = bytes_in_page(address, destination.size());
    std::memcpy(destination.data(), page_for_reading(address & PAGE_MASK) + (address & ~PAGE_MASK), count);
    destination = destination.subspan(count);
    address += count;
  }
  return true;
}

bool AddressSpace::write(std::uint64_t address, std::span<const std::byte> source, Permissions wanted) {
  if (source.empty()) return true;
  if (address >= ADDRESS_LIMIT || source.size() > ADDRESS_LIMIT - address ||
      find_obstacle(address, source.size(), wanted)) {
    return false;
  }
  while (!source.empty()) {
    const std::uint64_t count = bytes_in_page(address, source.size());
    const Frame* before = &frame_at(address & PAGE_MASK);
    if (&write_in_page(address, source.first(count)) != before) ++generation_;
    source = source.subspan(count);
    address += count;
  }
  return true;
}

std::optional<std::string> AddressSpace::read_string(std::uint64_t address, std::size_t limit) const {
  std::string text;
  while (address < ADDRESS_LIMIT) {
    if (find_obstacle(address, 1, Permissions::READ)) return std::nullopt;
    const std::uint64_t count = bytes_in_page(address, PAGE_SIZE);
    const auto* bytes = reinterpret_cast<const char*>(page_for_reading(address & PAGE_MASK) + (address & ~PAGE_MASK));
    const auto* terminator = static_cast<const char*>(std::memchr(bytes, 0, count));
    text.append(bytes, terminator != nullptr ? static_cast<std::size_t>(terminator - bytes) : count);
    if (text.size() > limit) return std::nullopt;
    if (terminator != nullptr) return text;
    address += count;
  }
  return std::nullopt;
}

MemorySnapshot AddressSpace::snapshot() {
  static std::atomic<std::uint64_t> last_number{0};
  ++generation_;  // every frame is shared now: cached writable translations are void
  regions_are_shared_ = true;
  last_snapshot_ = last_number.fetch_add(1, std::memory_order_relaxed) + 1;
  MemorySnapshot result;
  result.root_ = root_;
  result.regions_ = regions_;
  result.writable_bytes_ = writable_bytes_;
  result.number_ = last_snapshot_;
  return result;
}

void AddressSpace::restore(const MemorySnapshot& snapshot) {
  if (snapshot.writable_bytes_ > memory_limit_bytes_) {
    throw Error(ErrorCode::OUT_OF_MEMORY, "the snapshot has " + std::to_string(snapshot.writable_bytes_) +
                                              " writable bytes, more than the limit of " +
                                              std::to_string(memory_limit_bytes_) + " bytes; raise the memory limit");
  }
  if (snapshot.number_ == last_snapshot_) {
    undo_changes(root_.node_, snapshot.root_.node_, TOP_LEVEL, spare_frames_);
  } else {
    root_ = snapshot.root_;
  }
  // Where they are the same already, counting references would only be a word that all threads of a fleet write.
  if (regions_ != snapshot.regions_) {
    regions_ = snapshot.regions_ ? snapshot.regions_ : std::make_shared<RegionMap>();
  }
  regions_are_shared_ = true;
  writable_bytes_ = snapshot.writable_bytes_;
  last_snapshot_ = snapshot.number_;
  ++generation_;
}

Hash128 add(Hash128 a, Hash128 b) {
  Hash128 sum = a;
  sum.high += b.high + static_cast<std::uint64_t>(__builtin_add_overflow(sum.low, b.low, &sum.low));
  return sum;
}

Hash128 subtract(Hash128 a, Hash128 b) {
  Hash128 difference = a;
  difference.high -=
      b.high + static_cast<std::uint64_t>(__builtin_sub_overflow(difference.low, b.low, &difference.low));
  return difference;
}

Hash128 hash_of_page(std::uint64_t address, const std::byte* bytes) {
  if (is_zero(bytes)) return {};
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, PAGE_SIZE, address);
  return {hash.low64, hash.high64};
}

Hash128 hash_of_region(std::uint64_t start, std::uint64_t end, Permissions permissions) {
  const std::uint64_t words[] = {start, end, static_cast<std::uint64_t>(permissions)};
  const XXH128_hash_t hash = XXH3_128bits(words, sizeof words);
  return {hash.low64, hash.high64};
}

Hash128 AddressSpace::hash() const {
  Hash128 sum;
  for (const auto& [start, region] : *regions_) sum = add(sum, hash_of_region(start, region.end, region.permissions));
  visit_frames(root_.get(), TOP_LEVEL, 0, 0, ADDRESS_LIMIT,
               [&](std::uint64_t address, const Frame& frame) { sum = add(sum, hash_of_page(address, frame.bytes)); });
  return sum;
}

}  // namespace armillion::guest
