#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "armillion/hash.hpp"
#include "armillion/permissions.hpp"
#include "armillion/stop_reason.hpp"

namespace armillion::guest {

inline constexpr std::uint64_t PAGE_SIZE = 4096;
inline constexpr std::uint64_t PAGE_MASK = ~(PAGE_SIZE - 1);
/// User addresses have 48 bits; bits 63:56 of a data address are ignored (TBI0, as Linux sets it), the rest must be 0.
inline constexpr std::uint64_t ADDRESS_LIMIT = 1ull << 48;

/// `size` rounded up to whole pages.
constexpr std::uint64_t page_align_up(std::uint64_t size) { return (size + PAGE_SIZE - 1) & PAGE_MASK; }

/// 4 KiB of guest memory, shared by every address space and snapshot that refers to it; written only by a sole owner.
struct Frame {
  std::atomic<std::uint32_t> references{1};
  /// Not 0 once an engine holds decoded instructions of these very bytes: no other bytes ever have the same number, so
  /// a write sets it to 0. Such a frame is never written through a cached translation.
  std::atomic<std::uint64_t> code_serial{0};
  alignas(64) std::byte bytes[PAGE_SIZE];
};

/// Keeps a frame as it is: whoever writes to its page later writes to a copy.
class FrameReference {
 public:
  /// One more reference to `frame`.
  explicit FrameReference(Frame& frame);
  FrameReference(const FrameReference& other);
  FrameReference(FrameReference&& other) noexcept;
  FrameReference& operator=(FrameReference other) noexcept;
  ~FrameReference();

  const Frame& operator*() const { return *frame_; }

 private:
  Frame* frame_;
};

struct PageNode;

/// Owns a reference to the root of a page table.
class PageTableReference {
 public:
  PageTableReference() = default;
  explicit PageTableReference(PageNode* node) : node_(node) {}
  PageTableReference(const PageTableReference& other);
  PageTableReference(PageTableReference&& other) noexcept;
  PageTableReference& operator=(PageTableReference other) noexcept;
  ~PageTableReference();

  PageNode* get() const { return node_; }

 private:
  friend class AddressSpace;
  PageNode* node_ = nullptr;
};

/// A maximal range of pages with the same permissions.
struct Region {
  std::uint64_t end;
  Permissions permissions;
};

/// Regions by their first address.
using RegionMap = std::map<std::uint64_t, Region>;

/// The memory of an address space at one moment. Cheap to copy and to keep; may outlive the space and be restored into
/// another one, also on another thread.
class MemorySnapshot {
  friend class AddressSpace;
  PageTableReference root_;
  std::shared_ptr<RegionMap> regions_;
  std::uint64_t writable_bytes_ = 0;
  /// Tells all snapshots apart.
  std::uint64_t number_ = 0;
};

/// What a page adds to `AddressSpace::hash`, which is a sum, modulo 2^128: nothing where all of it is zero.
Hash128 hash_of_page(std::uint64_t address, const std::byte* bytes);
/// What a maximal region adds.
Hash128 hash_of_region(std::uint64_t start, std::uint64_t end, Permissions permissions);
Hash128 add(Hash128 a, Hash128 b);
Hash128 subtract(Hash128 a, Hash128 b);

/// Who must know when code may have changed: the engine that keeps decoded instructions.
class CodeObserver {
 public:
  virtual ~CodeObserver() = default;
  /// Bytes [address, address + size), within one page, were written, and the page had the code serial `old_serial`.
  virtual void on_code_written(std::uint64_t address, std::uint64_t size, std::uint64_t old_serial) = 0;
};

/// A guest's memory: 48-bit addresses, 4 KiB pages, permissions, copy-on-write snapshots. Pages are zero until written
/// and cost nothing until then. Not thread-safe; different spaces that share frames may be used on different threads.
class AddressSpace {
 public:
  /// `memory_limit_bytes` bounds the sum of all writable mappings.
  explicit AddressSpace(std::uint64_t memory_limit_bytes);
  ~AddressSpace();
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  std::uint64_t memory_limit_bytes() const { return memory_limit_bytes_; }
  /// Sum of the sizes of all writable mappings.
  std::uint64_t writable_bytes() const { return writable_bytes_; }

  // Mapping. Addresses and sizes are multiples of PAGE_SIZE, within ADDRESS_LIMIT; anything else is
  // Error(INVALID_ARGUMENT). `map` and `protect` throw Error(OUT_OF_MEMORY) where the limit would be passed.

  /// Maps zero pages, in place of whatever is mapped there.
  void map(std::uint64_t address, std::uint64_t size, Permissions permissions);
  /// Removes all mappings in the range; holes are fine.
  void unmap(std::uint64_t address, std::uint64_t size);
  /// Changes permissions. False, with nothing changed, where part of the range is not mapped.
  bool protect(std::uint64_t address, std::uint64_t size, Permissions permissions);
  /// Moves the pages of [from, from + size) with their contents to `to`, replacing what is mapped there; the ranges do
  /// not overlap and the source is one region (`region_at(from)` covers it).
  void move(std::uint64_t from, std::uint64_t to, std::uint64_t size);
  /// Whether mapping `size` more writable bytes would stay within the limit.
  bool fits(std::uint64_t size) const { return size <= memory_limit_bytes_ - writable_bytes_; }
  /// Whether no page of the range is mapped.
  bool is_free(std::uint64_t address, std::uint64_t size) const;
  /// The highest free range of `size` bytes within [low, high), or nothing.
  std::optional<std::uint64_t> find_free(std::uint64_t size, std::uint64_t low, std::uint64_t high) const;
  /// All regions in address order; adjacent ones differ in permissions.
  const RegionMap& regions() const { return *regions_; }
  /// The region that contains `address`: its start, end and permissions.
  struct RegionView {
    std::uint64_t start;
    std::uint64_t end;
    Permissions permissions;
  };
  std::optional<RegionView> region_at(std::uint64_t address) const;

  // Access by the host. `wanted` is what the page must allow (NONE: mapped is enough, as a debugger needs it). Either
  // everything is copied or nothing; false means that some byte is not accessible.
  bool read(std::uint64_t address, std::span<std::byte> destination, Permissions wanted = Permissions::NONE) const;
  bool write(std::uint64_t address, std::span<const std::byte> source, Permissions wanted = Permissions::NONE);
  /// The first byte of [address, address + size) that does not allow `wanted`, and why; nothing where all of it does.
  struct Obstacle {
    std::uint64_t address;
    FaultKind kind;
  };
  std::optional<Obstacle> find_obstacle(std::uint64_t address, std::uint64_t size, Permissions wanted) const;

  template <class T>
  std::optional<T> read_value(std::uint64_t address, Permissions wanted = Permissions::NONE) const {
    T value{};
    if (!read(address, std::as_writable_bytes(std::span(&value, 1)), wanted)) return std::nullopt;
    return value;
  }
  template <class T>
  bool write_value(std::uint64_t address, const T& value, Permissions wanted = Permissions::NONE) {
    return write(address, std::as_bytes(std::span(&value, 1)), wanted);
  }
  /// A zero-terminated string of at most `limit` bytes without the terminator; nothing where it is not readable or
  /// longer.
  std::optional<std::string> read_string(std::uint64_t address, std::size_t limit) const;

  // For engines: host addresses of pages. A pointer is valid until `generation` changes, or a page is written that
  // was shared (the writing engine sees that itself).
  const std::byte* page_for_reading(std::uint64_t page_address) const;
  /// The frame behind a mapped page for executing or inspecting; the shared zero frame if never written.
  Frame& frame_at(std::uint64_t page_address) const;
  /// Keeps the contents that a mapped page has now. The page has changed since where `frame_at` is another frame.
  FrameReference keep_frame(std::uint64_t page_address);
  /// Visits all pages that were ever written, in the order of their addresses.
  void visit_pages(const std::function<void(std::uint64_t address, const Frame& frame)>& visit) const;
  /// Visits all pages that are not what they were at `before`, in the order of their addresses. `frame` is nullptr for
  /// a page that was written then and reads as zeros now, or is not mapped any more. In proportion to what differs.
  void visit_changes(const MemorySnapshot& before,
                     const std::function<void(std::uint64_t address, const Frame* frame)>& visit) const;
  /// Writes bytes of one mapped page, whatever its permissions; tells the observer if they were code. The page's frame
  /// is this space's own then; it is returned.
  Frame& write_in_page(std::uint64_t address, std::span<const std::byte> source);
  /// Gives the frame a code serial if it has none, and returns it.
  std::uint64_t mark_as_code(Frame& frame);
  /// Changes whenever a translation that an engine may have cached became invalid.
  std::uint64_t generation() const { return generation_; }
  /// One observer at most; nullptr for none.
  void set_code_observer(CodeObserver* observer) { observer_ = observer; }

  /// O(1), plus copying on later writes.
  MemorySnapshot snapshot();
  /// In proportion to what was written since this snapshot was taken or restored, where no other one was since.
  /// Error(OUT_OF_MEMORY), with nothing changed, where it has more writable memory than this space may.
  void restore(const MemorySnapshot& snapshot);

  /// A hash of contents and permissions that does not depend on how the memory came to be: pages that were never
  /// written count as zeros.
  Hash128 hash() const;

 private:
  RegionMap& mutable_regions();
  void set_region(std::uint64_t start, std::uint64_t end, std::optional<Permissions> permissions);
  std::uint64_t writable_bytes_in(std::uint64_t start, std::uint64_t end) const;
  void check_range(std::uint64_t address, std::uint64_t size) const;
  void drop_pages(std::uint64_t start, std::uint64_t end);
  Frame* find_frame(std::uint64_t page_address) const;
  Frame*& own_frame_slot(std::uint64_t page_address);
  Frame* copy_of(const Frame& frame);

  std::uint64_t memory_limit_bytes_;
  std::uint64_t writable_bytes_ = 0;
  std::uint64_t generation_ = 1;
  PageTableReference root_;
  std::shared_ptr<RegionMap> regions_;
  /// Whether a snapshot has `regions_` too, or once had.
  bool regions_are_shared_ = false;
  /// The snapshot that was taken or restored last: changes of the page table are noted since then.
  std::uint64_t last_snapshot_ = 0;
  /// Frames that a restore has freed: the next run is likely to need as many.
  std::vector<std::unique_ptr<Frame>> spare_frames_;
  std::uint64_t next_code_serial_ = 0;
  CodeObserver* observer_ = nullptr;
};

}  // namespace armillion::guest
