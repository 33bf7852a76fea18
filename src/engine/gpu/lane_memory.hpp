#pragma once

#include <cstdint>

#include "engine/gpu/lane_layout.hpp"
#include "engine/gpu/target.hpp"
#include "isa/macros.hpp"

// A lane's memory: the image that all lanes share, and over it the frames that its warp has written. A frame belongs to
// a warp and holds the page of each of its lanes, interleaved in cells of eight bytes, so that lanes that access the
// same address touch neighbouring memory.
//
// The lanes of a warp share a small cache of translations. It only ever holds what is right for all of them: a page of
// the image until one of them writes to it, the warp's own frame from then on.
namespace armillion::engine::gpu {

inline constexpr std::uint32_t TLB_ENTRIES = 64;

/// Where a page is: in units of a page from the start of the frame memory, and whether it is in a frame of the warp's
/// own.
using PageUnit = std::uint32_t;
inline constexpr PageUnit UNIT_PRIVATE = 0x8000'0000;
/// No page: the access is not allowed, or other lanes of the warp look one up at the moment, and this one has to ask
/// again once it has met them.
inline constexpr PageUnit NO_UNIT = ~PageUnit{0};
inline constexpr PageUnit BUSY_UNIT = NO_UNIT - 1;
inline constexpr bool is_page(PageUnit unit) { return unit < BUSY_UNIT; }

/// A cached translation, one load of 16 bytes. A tag is the low half of the page's address, or NO_TAG where it may not
/// be accessed in that way.
struct alignas(16) TlbEntry {
  std::uint32_t read_tag;
  std::uint32_t write_tag;
  std::uint32_t address_high;
  PageUnit unit;
};
/// What no address is compared as, aligned or not: see `is_tagged`.
inline constexpr std::uint32_t NO_TAG = 0x800;

/// What the lanes of a warp share while a kernel runs.
struct WarpShared {
  std::uint64_t registers[REGISTER_CELLS][WARP_LANES];
  TlbEntry tlb[TLB_ENTRIES];
  /// A lane that looks up a page while others of the warp are elsewhere holds it.
  std::uint32_t lock;
  /// The lanes that run, a bit for each.
  std::uint32_t running;
  std::uint32_t warp;
  /// Of lanes that are processes: the list of mappings that all that run have, or MIXED_REGIONS or NOT_COMPARED, and up
  /// to where all of them have a heap.
  std::uint32_t region_list;
  std::uint64_t common_break;
};

/// What a lane must know to find its memory.
struct LaneMemory {
  const ARMILLION_GLOBAL Launch* launch;
  ARMILLION_SHARED WarpShared* shared;
  std::uint64_t frame_memory;
  std::uint32_t cell_shift;
  std::uint32_t lane;

  ARMILLION_INLINE std::uint32_t warp() const { return shared->warp; }
  /// Among all lanes.
  ARMILLION_INLINE std::uint64_t lane_index() const { return (std::uint64_t{warp()} << cell_shift) + lane; }
  ARMILLION_INLINE ARMILLION_GLOBAL LaneControl& control() const {
    return target::global<LaneControl>(launch->controls)[lane_index()];
  }

  ARMILLION_INLINE ARMILLION_SHARED TlbEntry* entry_place(std::uint64_t address) const {
    return &shared->tlb[static_cast<std::uint32_t>(address) / PAGE_BYTES % TLB_ENTRIES];
  }
  ARMILLION_INLINE TlbEntry entry_for(std::uint64_t address) const {
    using Words = std::uint32_t __attribute__((vector_size(16)));
    const Words words = *reinterpret_cast<const ARMILLION_SHARED Words*>(entry_place(address));
    return {words[0], words[1], words[2], words[3]};
  }
  ARMILLION_INLINE void set_entry(std::uint64_t address, const TlbEntry& entry) const {
    using Words = std::uint32_t __attribute__((vector_size(16)));
    *reinterpret_cast<ARMILLION_SHARED Words*>(entry_place(address)) =
        Words{entry.read_tag, entry.write_tag, entry.address_high, entry.unit};
  }
  /// Whether the entry serves a read, or a write, at an address that is a multiple of ALIGNMENT.
  template <std::uint32_t ALIGNMENT>
  ARMILLION_INLINE static bool may_read(const TlbEntry& entry, std::uint64_t address) {
    return is_tagged<ALIGNMENT>(entry.read_tag, entry, address);
  }
  template <std::uint32_t ALIGNMENT>
  ARMILLION_INLINE static bool may_write(const TlbEntry& entry, std::uint64_t address) {
    return is_tagged<ALIGNMENT>(entry.write_tag, entry, address);
  }

  ARMILLION_INLINE static bool is_private(PageUnit unit) { return (unit & UNIT_PRIVATE) != 0; }
  /// Where this lane's byte at `address` is. `address` lies in the page of `unit`.
  ARMILLION_INLINE std::uint64_t locate(PageUnit unit, std::uint64_t address) const {
    const std::uint32_t shift = is_private(unit) ? cell_shift : 0;
    const std::uint32_t column = is_private(unit) ? lane * CELL_BYTES : 0;
    const std::uint32_t offset = static_cast<std::uint32_t>(address) % PAGE_BYTES;
    return frame_memory + std::uint64_t{unit & ~UNIT_PRIVATE} * PAGE_BYTES +
           (((offset & ~(CELL_BYTES - 1)) << shift) + column + offset % CELL_BYTES);
  }
  /// Bytes between a cell and the next.
  ARMILLION_INLINE std::uint32_t cell_distance(PageUnit unit) const {
    return CELL_BYTES << (is_private(unit) ? cell_shift : 0);
  }

 private:
  template <std::uint32_t ALIGNMENT>
  ARMILLION_INLINE static bool is_tagged(std::uint32_t tag, const TlbEntry& entry, std::uint64_t address) {
    constexpr std::uint32_t PAGE_AND_ALIGNMENT = ~static_cast<std::uint32_t>(PAGE_BYTES - 1) | (ALIGNMENT - 1);
    static_assert((PAGE_AND_ALIGNMENT & NO_TAG) == 0);
    return (static_cast<std::uint32_t>(address) & PAGE_AND_ALIGNMENT) == tag &&
           static_cast<std::uint32_t>(address >> 32) == entry.address_high;
  }
};

/// An address without its tag, which is ignored where bit 55 is clear (TBI0; D8.8 and AArch64.BranchAddr).
ARMILLION_INLINE constexpr std::uint64_t without_tag(std::uint64_t address) {
  return (address >> 55 & 1) == 0 ? address & 0x00ff'ffff'ffff'ffffull : address;
}

inline constexpr std::uint32_t NOT_MAPPED = ~0u;

/// The permissions at `address`, or NOT_MAPPED.
ARMILLION_COLD inline std::uint32_t find_permissions(const ARMILLION_GLOBAL MemoryRegion* regions, std::uint32_t count,
                                                     std::uint64_t address) {
  std::uint32_t low = 0;
  std::uint32_t high = count;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (address < regions[middle].start) {
      high = middle;
    } else if (address >= regions[middle].end) {
      low = middle + 1;
    } else {
      return regions[middle].permissions;
    }
  }
  return NOT_MAPPED;
}

ARMILLION_INLINE constexpr std::uint64_t whole_pages(std::uint64_t address) {
  return (address + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/// Whether the address is in what the lane has added to its heap by itself.
ARMILLION_INLINE bool is_in_added_heap(const ARMILLION_GLOBAL LaneProcess& process, std::uint64_t address) {
  return process.break_listed <= address && address < whole_pages(process.break_end);
}

/// What the mappings of a lane allow at an address: permissions, or NOT_MAPPED.
ARMILLION_INLINE std::uint32_t mapped_for(const ARMILLION_GLOBAL Launch* launch, std::uint64_t lane,
                                          std::uint64_t address) {
  if (address >> 48 != 0) return NOT_MAPPED;
  const auto* regions = target::global<const MemoryRegion>(launch->image.regions);
  std::uint32_t count = launch->image.region_count;
  if (launch->processes != 0) {
    const ARMILLION_GLOBAL LaneProcess& process = target::global<const LaneProcess>(launch->processes)[lane];
    if (is_in_added_heap(process, address)) return static_cast<std::uint32_t>(Permissions::READ_WRITE);
    if (process.region_list != IMAGE_REGIONS) {
      const auto& list = target::global<const RegionList>(launch->region_lists)[process.region_list - 1];
      regions = target::global<const MemoryRegion>(launch->listed_regions) + list.first;
      count = list.count;
    }
  }
  return find_permissions(regions, count, address);
}

/// Calls `visit` with the numbers of the lanes of the warp that run.
template <class Visit>
ARMILLION_INLINE void for_running_lanes(const LaneMemory& memory, const Visit& visit) {
  const std::uint64_t first = std::uint64_t{memory.warp()} << memory.cell_shift;
  const std::uint64_t behind = first + (1u << memory.cell_shift);
  const std::uint64_t end = behind < memory.launch->lane_count ? behind : memory.launch->lane_count;
  const auto* controls = target::global<const LaneControl>(memory.launch->controls);
  for (std::uint64_t lane = first; lane < end; ++lane) {
    if (controls[lane].stop == static_cast<std::uint8_t>(StopReason::RUNNING)) visit(lane);
  }
}

/// Notes what the mappings of the warp's lanes that run have in common, while no other lane does. Mappings that lanes
/// add meanwhile may be missed: what they have in common is more, then.
ARMILLION_COLD inline void compare_mappings(LaneMemory memory) {
  const auto* processes = target::global<const LaneProcess>(memory.launch->processes);
  std::uint32_t list = MIXED_REGIONS;
  std::uint64_t common_break = ~std::uint64_t{0};
  bool is_first = true;
  for_running_lanes(memory, [&](std::uint64_t lane) {
    if (is_first) list = processes[lane].region_list;
    if (list != processes[lane].region_list) list = MIXED_REGIONS;
    is_first = false;
    const std::uint64_t heap_end = whole_pages(processes[lane].break_end);
    if (heap_end < common_break) common_break = heap_end;
  });
  memory.shared->common_break = common_break;
  memory.shared->region_list = list;
}

/// What the mappings of all lanes of the warp that run allow at an address where those of this one allow `own`: the TLB
/// serves all of them. While no other lane looks up a page.
ARMILLION_INLINE std::uint32_t allowed_for_all(const LaneMemory& memory, std::uint64_t address, std::uint32_t own) {
  const ARMILLION_GLOBAL Launch* launch = memory.launch;
  if (launch->processes == 0) return own;
  const ARMILLION_GLOBAL LaneProcess& process =
      target::global<const LaneProcess>(launch->processes)[memory.lane_index()];
  if (memory.shared->region_list == NOT_COMPARED) compare_mappings(memory);
  const bool is_common = !is_in_added_heap(process, address) || address < memory.shared->common_break;
  if (is_common && memory.shared->region_list == process.region_list) return own;
  for_running_lanes(memory, [&](std::uint64_t lane) {
    const std::uint32_t allowed = mapped_for(launch, lane, address);
    own &= allowed == NOT_MAPPED ? 0 : allowed;
  });
  return own;
}

ARMILLION_INLINE constexpr std::uint32_t hash_of_key(std::uint64_t key) {
  return static_cast<std::uint32_t>(key * 0x9e37'79b9'7f4a'7c15ull >> 32);
}

/// The key of a page of a warp. Page numbers have 36 bits.
ARMILLION_INLINE constexpr std::uint64_t frame_key(std::uint32_t warp, std::uint64_t page) {
  return std::uint64_t{warp} << 36 | page;
}
inline constexpr std::uint64_t FRAME_KEY_PAGE = (1ull << 36) - 1;

/// Where the image has the page, in units of a page; the zero frame, which is the first, where it has none.
ARMILLION_INLINE std::uint32_t image_unit(const ARMILLION_GLOBAL Image& image, std::uint64_t page) {
  const auto* keys = target::global<const std::uint64_t>(image.page_keys);
  for (std::uint32_t slot = hash_of_key(page) & image.page_mask;; slot = (slot + 1) & image.page_mask) {
    if (keys[slot] == page) return target::global<const std::uint32_t>(image.page_frames)[slot];
    if (keys[slot] == EMPTY_KEY) return 0;
  }
}

inline constexpr std::uint32_t NO_SLOT = ~0u;

/// A key of the frame store stands in one of two lines of slots. Their number is fixed, so that looking for one takes
/// no loop on the device: see `translate`.
inline constexpr std::uint32_t LINE_SLOTS = 8;
inline constexpr std::uint32_t KEY_LINES = 2;
/// How many slots a store has for each frame, at least: both lines of a key are hardly ever full.
inline constexpr std::uint32_t SLOTS_PER_FRAME = 4;
inline constexpr std::uint32_t LEAST_SLOTS = KEY_LINES * LINE_SLOTS;

/// The first slot of a key's line.
ARMILLION_INLINE constexpr std::uint32_t line_of_key(std::uint64_t key, std::uint32_t line, std::uint32_t mask) {
  const std::uint32_t hash = line == 0 ? hash_of_key(key) : hash_of_key(key ^ key >> 31 ^ 0x5bd1'e995'9d2c'5680ull);
  return hash & mask & ~(LINE_SLOTS - 1);
}

/// Where `key` stands in the frame store, or NO_SLOT.
ARMILLION_INLINE std::uint32_t find_slot(const ARMILLION_GLOBAL FrameStore& store, std::uint64_t key) {
  const auto* keys = target::global<const std::uint64_t>(store.keys);
#pragma clang loop unroll(full)
  for (std::uint32_t line = 0; line < KEY_LINES; ++line) {
    const std::uint32_t first = line_of_key(key, line, store.key_mask);
    std::uint32_t found = NO_SLOT;
#pragma clang loop unroll(full)
    for (std::uint32_t i = 0; i < LINE_SLOTS; ++i) {
      if (target::load_shared_word(&keys[first + i]) == key) found = first + i;
    }
    if (found != NO_SLOT) return found;
  }
  return NO_SLOT;
}

/// Gives `key` a free slot, or NO_SLOT where its lines are full.
ARMILLION_INLINE std::uint32_t claim_slot(const ARMILLION_GLOBAL FrameStore& store, std::uint64_t key) {
  auto* keys = target::global<std::uint64_t>(store.keys);
#pragma clang loop unroll(full)
  for (std::uint32_t line = 0; line < KEY_LINES; ++line) {
    const std::uint32_t first = line_of_key(key, line, store.key_mask);
#pragma clang loop unroll(full)
    for (std::uint32_t i = 0; i < LINE_SLOTS; ++i) {
      if (target::compare_exchange(&keys[first + i], EMPTY_KEY, key)) return first + i;
    }
  }
  return NO_SLOT;
}

/// A frame's number has this bit in the hash once it was written since the host last took note of it.
inline constexpr std::uint32_t FRAME_DIRTY = 0x8000'0000;

ARMILLION_INLINE std::uint32_t frame_unit(const ARMILLION_GLOBAL FrameStore& store, std::uint32_t frame) {
  return store.first_unit + ((frame & ~FRAME_DIRTY) << store.cell_shift);
}

/// Who wants a page, and for what. The host's accesses need no permission.
enum class Reach : std::uint32_t { READ, WRITE, EXECUTE, HOST_READ, HOST_WRITE };

ARMILLION_INLINE constexpr bool is_write(Reach reach) { return reach == Reach::WRITE || reach == Reach::HOST_WRITE; }
ARMILLION_INLINE constexpr Permissions wanted_by(Reach reach) {
  switch (reach) {
    case Reach::READ: return Permissions::READ;
    case Reach::WRITE: return Permissions::WRITE;
    case Reach::EXECUTE: return Permissions::EXECUTE;
    default: return Permissions::NONE;
  }
}

/// What a look-up found: where the page is, or why it is not accessible.
struct Lookup {
  enum class Status : std::uint32_t { FOUND, UNMAPPED, PERMISSION, NO_FRAME_LEFT, BUSY };
  Status status;
  /// The page as it is now.
  std::uint32_t unit;
  /// A new frame of the warp for it, which is to be filled; NO_SLOT for none.
  std::uint32_t new_frame;
  /// How the TLB may serve it: Permissions.
  std::uint32_t cached_for;
};

/// Notes that `frame`, the value at `slot` of the hash, is about to be written.
ARMILLION_INLINE void mark_dirty(const ARMILLION_GLOBAL FrameStore& store, std::uint32_t slot, std::uint32_t frame) {
  target::global<std::uint32_t>(store.frames)[slot] = frame | FRAME_DIRTY;
  const std::uint32_t place = target::fetch_add(target::global<std::uint32_t>(store.dirty_count), 1u);
  target::global<std::uint32_t>(store.dirty_frames)[place] = frame;
}

/// Enters a frame for the page of this key, which only lanes of the key's warp look for. Its number, or NO_SLOT where
/// there is no room.
ARMILLION_INLINE std::uint32_t add_frame(const LaneMemory& memory, std::uint64_t key) {
  const ARMILLION_GLOBAL FrameStore& store = memory.launch->store;
  const std::uint32_t slot = claim_slot(store, key);
  if (slot == NO_SLOT) return NO_SLOT;
  auto* used = target::global<std::uint32_t>(memory.launch->frames_used);
  const std::uint32_t frame = target::fetch_add(used, 1u);
  if (frame >= store.capacity) {
    target::fetch_add(used, ~0u);
    target::store_shared_word(&target::global<std::uint64_t>(store.keys)[slot], EMPTY_KEY);
    return NO_SLOT;
  }
  target::global<std::uint32_t>(store.slots)[frame] = slot;
  mark_dirty(store, slot, frame);
  return frame;
}

/// Finds a page for an access that the lane's mappings allow, which are `own` there, while no other lane of the warp
/// does.
ARMILLION_INLINE Lookup look_up(const LaneMemory& memory, std::uint64_t page, Reach reach, std::uint32_t own) {
  const ARMILLION_GLOBAL Image& image = memory.launch->image;
  const ARMILLION_GLOBAL FrameStore& store = memory.launch->store;
  Lookup result{Lookup::Status::FOUND, 0, NO_SLOT, 0};
  const auto permissions = static_cast<Permissions>(allowed_for_all(memory, page * PAGE_BYTES, own));
  const auto cache_for = [&result, permissions](Permissions access) {
    if (allows(permissions, access)) result.cached_for |= static_cast<std::uint32_t>(access);
  };
  cache_for(Permissions::READ);
  const std::uint64_t key = frame_key(memory.warp(), page);
  if (const std::uint32_t slot = find_slot(store, key); slot != NO_SLOT) {
    const std::uint32_t frame = target::load_shared_word(&target::global<const std::uint32_t>(store.frames)[slot]);
    result.unit = frame_unit(store, frame) | UNIT_PRIVATE;
    const bool is_dirty = (frame & FRAME_DIRTY) != 0;
    if (is_write(reach) && !is_dirty) mark_dirty(store, slot, frame);
    if (is_write(reach) || is_dirty) cache_for(Permissions::WRITE);
    return result;
  }
  result.unit = image_unit(image, page);
  if (!is_write(reach)) return result;
  result.new_frame = add_frame(memory, key);
  if (result.new_frame == NO_SLOT) {
    result.status = Lookup::Status::NO_FRAME_LEFT;
  } else {
    cache_for(Permissions::WRITE);
  }
  return result;
}

/// Copies the page at `unit` of the image for all lanes of the warp into `frame`; the lanes of `mask` share the work.
ARMILLION_INLINE void fill_frame(const LaneMemory& memory, std::uint32_t unit, std::uint32_t frame,
                                 std::uint32_t mask) {
  const auto* source = target::global<const std::uint64_t>(memory.frame_memory + std::uint64_t{unit} * PAGE_BYTES);
  auto* destination = target::global<std::uint64_t>(
      memory.frame_memory + std::uint64_t{frame_unit(memory.launch->store, frame)} * PAGE_BYTES);
  const auto sharers = static_cast<std::uint32_t>(__builtin_popcount(mask));
  const auto first = static_cast<std::uint32_t>(__builtin_popcount(mask & ((1u << memory.lane) - 1)));
  const std::uint32_t count = PAGE_CELLS << memory.cell_shift;
#pragma clang loop unroll_count(8)
  for (std::uint32_t i = first; i < count; i += sharers) destination[i] = source[i >> memory.cell_shift];
}

/// The same by this lane alone, in the widest stores there are.
ARMILLION_INLINE void fill_frame_alone(const LaneMemory& memory, std::uint32_t unit, std::uint32_t frame) {
  if (memory.cell_shift == 0) {
    fill_frame(memory, unit, frame, 1u << memory.lane);
    return;
  }
  using Pair = std::uint64_t __attribute__((vector_size(16)));
  const auto* source = target::global<const std::uint64_t>(memory.frame_memory + std::uint64_t{unit} * PAGE_BYTES);
  auto* destination =
      target::global<Pair>(memory.frame_memory + std::uint64_t{frame_unit(memory.launch->store, frame)} * PAGE_BYTES);
#pragma clang loop unroll_count(4)
  for (std::uint32_t cell = 0; cell < PAGE_CELLS; ++cell) {
    const Pair pair{source[cell], source[cell]};
#pragma clang loop unroll(full)
    for (std::uint32_t i = 0; i < WARP_LANES / 2; ++i) destination[cell * (WARP_LANES / 2) + i] = pair;
  }
}

ARMILLION_INLINE std::uint64_t broadcast(std::uint32_t mask, std::uint64_t value, std::uint32_t lane) {
  const std::uint32_t low = target::broadcast(mask, static_cast<std::uint32_t>(value), lane);
  const std::uint32_t high = target::broadcast(mask, static_cast<std::uint32_t>(value >> 32), lane);
  return std::uint64_t{high} << 32 | low;
}

/// Keeps what a look-up found in the TLB.
ARMILLION_INLINE void keep(const LaneMemory& memory, std::uint64_t page, const Lookup& found, PageUnit unit) {
  const std::uint64_t address = page * PAGE_BYTES;
  const auto tag_for = [&found, address](Permissions access) {
    return allows(static_cast<Permissions>(found.cached_for), access) ? static_cast<std::uint32_t>(address) : NO_TAG;
  };
  memory.set_entry(address, {tag_for(Permissions::READ), tag_for(Permissions::WRITE),
                             static_cast<std::uint32_t>(address >> 32), unit});
}

/// A page, or why there is none.
struct Found {
  Lookup::Status status;
  PageUnit unit;
};

/// Finds pages for all lanes of the warp that run, which are here together, also those for which no page is accessible.
/// Lanes that want the same page are served at once.
ARMILLION_INLINE Found find_together(const LaneMemory& memory, std::uint64_t page, Reach reach, std::uint32_t own,
                                     Lookup::Status access, std::uint32_t mask) {
  Found result{access, NO_UNIT};
  const bool may_access = access == Lookup::Status::FOUND;
  for (std::uint32_t todo = target::ballot(mask, may_access); todo != 0;) {
    const auto leader = static_cast<std::uint32_t>(__builtin_ctz(todo));
    const std::uint64_t leader_page = broadcast(mask, page, leader);
    const auto leader_reach = static_cast<Reach>(target::broadcast(mask, static_cast<std::uint32_t>(reach), leader));
    const bool leads = memory.lane == leader;
    Lookup found{};
    if (leads) found = look_up(memory, leader_page, leader_reach, own);
    found.status =
        static_cast<Lookup::Status>(target::broadcast(mask, static_cast<std::uint32_t>(found.status), leader));
    found.unit = target::broadcast(mask, found.unit, leader);
    found.new_frame = target::broadcast(mask, found.new_frame, leader);
    PageUnit unit = found.unit;
    if (found.status == Lookup::Status::FOUND && found.new_frame != NO_SLOT) {
      fill_frame(memory, found.unit, found.new_frame, mask);
      unit = frame_unit(memory.launch->store, found.new_frame) | UNIT_PRIVATE;
    }
    target::fence_warp();
    target::synchronize(mask);
    if (leads && found.status == Lookup::Status::FOUND) keep(memory, leader_page, found, unit);
    target::fence_warp();
    const bool served = may_access && page == leader_page && reach == leader_reach;
    if (served) result = {found.status, unit};
    todo &= ~target::ballot(mask, served);
  }
  return result;
}

/// Finds a page for this lane alone, while others of its warp may be anywhere, also here. They are not waited for, as a
/// warp has no order in which its paths make progress: BUSY where one of them looks up a page.
ARMILLION_INLINE Found find_alone(const LaneMemory& memory, std::uint64_t page, Reach reach, std::uint32_t own) {
  if (target::exchange(&memory.shared->lock, 1) != 0) return {Lookup::Status::BUSY, BUSY_UNIT};
  target::fence_warp();
  const Lookup found = look_up(memory, page, reach, own);
  PageUnit unit = found.unit;
  if (found.status == Lookup::Status::FOUND) {
    if (found.new_frame != NO_SLOT) {
      fill_frame_alone(memory, found.unit, found.new_frame);
      unit = frame_unit(memory.launch->store, found.new_frame) | UNIT_PRIVATE;
      target::fence_warp();
    }
    keep(memory, page, found, unit);
  }
  target::fence_warp();
  target::exchange(&memory.shared->lock, 0);
  return {found.status, unit};
}

/// Finds the page of `address`, which has no tag, for an access of `size` bytes in that page, and keeps what it found
/// in the TLB. NO_UNIT where the access is not allowed: the lane's control says why, unless the host made it. BUSY_UNIT
/// where another lane of the warp is looking up a page, and this one has to ask again.
///
/// Lanes share the work only where all that run are here, and functions have no loops around volatile loads or
/// exchanges but for the one that all lanes are in: docs/architecture.md, "Lanes that part", says what went wrong
/// otherwise.
ARMILLION_COLD inline PageUnit translate(LaneMemory memory, std::uint64_t address, std::uint32_t size, Reach reach) {
  const std::uint64_t page = address / PAGE_BYTES;
  const std::uint32_t mask = target::active_lanes(memory.lane);
  const std::uint32_t own = mapped_for(memory.launch, memory.lane_index(), address);
  auto access = Lookup::Status::FOUND;
  if (own == NOT_MAPPED) {
    access = Lookup::Status::UNMAPPED;
  } else if (!allows(static_cast<Permissions>(own), wanted_by(reach))) {
    access = Lookup::Status::PERMISSION;
  }
  Found found{access, NO_UNIT};
  if (mask == memory.shared->running) {
    found = find_together(memory, page, reach, own, access, mask);
  } else if (access == Lookup::Status::FOUND) {
    found = find_alone(memory, page, reach, own);
  }
  if (found.status == Lookup::Status::FOUND || found.status == Lookup::Status::BUSY) return found.unit;
  if (reach != Reach::HOST_READ && reach != Reach::HOST_WRITE) {
    ARMILLION_GLOBAL LaneControl& control = memory.control();
    const bool is_fault = found.status != Lookup::Status::NO_FRAME_LEFT;
    control.stop = static_cast<std::uint8_t>(is_fault ? StopReason::MEMORY_FAULT : StopReason::OUT_OF_MEMORY);
    control.fault.address = address;
    control.fault.size = size;
    control.fault.access = is_write(reach) ? Access::WRITE : reach == Reach::EXECUTE ? Access::EXECUTE : Access::READ;
    control.fault.kind = found.status == Lookup::Status::PERMISSION ? FaultKind::PERMISSION : FaultKind::UNMAPPED;
  }
  return NO_UNIT;
}

/// The pages of an access: one, or two where it crosses a page.
struct AccessPages {
  /// Bytes in the first page.
  std::uint32_t first_bytes;
  PageUnit first;
  PageUnit second;
};

/// Finds them. False where some byte is not accessible, and the lane's control names the first, or where others look up
/// pages: then the control knows of no stop.
ARMILLION_INLINE bool find_pages(const LaneMemory& memory, std::uint64_t address, std::uint32_t size, Reach reach,
                                 AccessPages& pages) {
  const auto left_in_page = static_cast<std::uint32_t>(PAGE_BYTES - address % PAGE_BYTES);
  pages.first_bytes = size < left_in_page ? size : left_in_page;
  const TlbEntry entry = memory.entry_for(address);
  const bool is_cached = is_write(reach) ? memory.may_write<1>(entry, address) : memory.may_read<1>(entry, address);
  pages.first = is_cached ? entry.unit : translate(memory, address, size, reach);
  if (!is_page(pages.first)) return false;
  if (pages.first_bytes == size) return true;
  pages.second = translate(memory, address + pages.first_bytes, size, reach);
  return is_page(pages.second);
}

ARMILLION_INLINE std::uint64_t locate_byte(const LaneMemory& memory, const AccessPages& pages, std::uint64_t address,
                                           std::uint32_t i) {
  return memory.locate(i < pages.first_bytes ? pages.first : pages.second, address + i);
}

/// Any load, at any address: what the loop's inline path cannot do. False after a fault. `bytes` has whole words.
ARMILLION_COLD inline bool load_bytes(LaneMemory memory, std::uint64_t tagged_address, std::uint32_t size,
                                      unsigned char* bytes) {
  const std::uint64_t address = without_tag(tagged_address);
  AccessPages pages{};
  if (!find_pages(memory, address, size, Reach::READ, pages)) return false;
  if ((address | size) % 4 == 0) {
    for (std::uint32_t i = 0; i < size; i += 4) {
      const auto word = *target::global<const std::uint32_t>(locate_byte(memory, pages, address, i));
      __builtin_memcpy(bytes + i, &word, sizeof word);
    }
    return true;
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    bytes[i] = *target::global<const unsigned char>(locate_byte(memory, pages, address, i));
  }
  return true;
}

/// The same for stores.
ARMILLION_COLD inline bool store_bytes(LaneMemory memory, std::uint64_t tagged_address, std::uint32_t size,
                                       const unsigned char* bytes) {
  const std::uint64_t address = without_tag(tagged_address);
  AccessPages pages{};
  if (!find_pages(memory, address, size, Reach::WRITE, pages)) return false;
  if ((address | size) % 4 == 0) {
    for (std::uint32_t i = 0; i < size; i += 4) {
      std::uint32_t word = 0;
      __builtin_memcpy(&word, bytes + i, sizeof word);
      *target::global<std::uint32_t>(locate_byte(memory, pages, address, i)) = word;
    }
    return true;
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    *target::global<unsigned char>(locate_byte(memory, pages, address, i)) = bytes[i];
  }
  return true;
}

}  // namespace armillion::engine::gpu
