#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/gpu/lane_array.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::gpu {

/// One lane that has memory for itself. Since nobody shares its image, the host writes any of its pages in place. A
/// trip to a GPU costs as much as thousands of instructions, so what a launch needs and leaves goes in one piece, and
/// the host knows without asking where each page is.
class SingleLane {
 public:
  /// `frame_bytes` is for the pages that the lane writes and that have nothing yet, at first and at most.
  SingleLane(Backend& backend, std::uint64_t frame_bytes, std::uint64_t frame_limit_bytes);

  /// What the lane starts the next launch with and, after `fetch`, what it ended with.
  State state;
  LaneControl control{};
  /// The same of a process whose calls the lane serves; nothing of others.
  std::optional<LaneProcess> process;

  // The image. `breakpoints` are in ascending order.

  /// Makes `memory` what the lane has. What the device had is forgotten.
  void load(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints);
  void reload_regions(const guest::AddressSpace& memory) { lanes_.reload_regions(memory); }
  void reload_code(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints) {
    lanes_.reload_code(memory, breakpoints);
  }
  void set_breakpoints(std::span<const std::uint64_t> breakpoints);
  /// Whether the instructions around `address` are decoded: if not, the lane fetches and decodes them one by one, which
  /// is slow.
  bool is_decoded(std::uint64_t address) const { return find_code(address) != nullptr; }
  /// Decodes the instructions of the page at `page_address` again where they are decoded.
  void decode_again(std::uint64_t page_address, const std::byte* bytes, std::span<const std::uint64_t> breakpoints);

  // Memory. Only between `visit_dirty_pages` and the next launch: the host's word is the last then.

  /// A page as it shall be; zeros where `bytes` is nullptr.
  struct Page {
    std::uint64_t address;
    const std::byte* bytes;
  };
  /// False, with some of them written, where too few frames are left for pages that were zeros before.
  bool write_pages(std::span<const Page> pages);
  /// Makes room for more pages. False where the limit or the device does not allow it.
  bool add_frames(std::uint64_t bytes);
  std::uint64_t frames_used() const { return counters_.frames_used; }
  /// How many pages have a place on the device, be they mapped or not.
  std::uint64_t page_count() const { return units_.size(); }

  // Running.

  /// Lets the lane retire up to `instructions` more, with `state` and `control`. Returns at once.
  void launch(std::uint64_t instructions);
  bool is_idle() { return lanes_.is_idle(); }
  /// Makes the lane come back soon.
  void interrupt() { lanes_.interrupt(); }
  /// What it had retired when it last looked up.
  std::uint64_t progress() const { return lanes_.progress(); }
  /// Waits, and takes `state`, `control` and `process` from the device.
  void fetch();
  /// Calls `visit` with what the lane has written since the last call; also while it runs. Between two launches it has
  /// to be called.
  void drain_writes(const std::function<void(std::uint32_t descriptor, std::span<const std::byte> bytes)>& visit);
  /// Visits the pages that the lane has written since the last call, after `fetch`.
  void visit_dirty_pages(const std::function<void(std::uint64_t address, const std::byte* bytes)>& visit);

 private:
  const CodeRegion* find_code(std::uint64_t address) const;
  DeviceAddress place_of(std::uint32_t unit) const { return lanes_.launch_.frame_memory + unit * guest::PAGE_SIZE; }
  void learn_new_frames();
  void write_run(std::uint32_t first_unit, std::span<const Page> pages);
  bool place_new_pages(std::span<const Page> pages);

  LaneArray lanes_;
  LaneCounters counters_;
  /// Where pages are, in units of a page from the start of the frame memory.
  std::unordered_map<std::uint64_t, std::uint32_t> units_;
  std::vector<std::uint64_t> page_of_frame_;
  /// The hash that finds frames, as on the device while no frame is dirty.
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> frames_;
  std::vector<std::byte> transfer_;
};

}  // namespace armillion::engine::gpu
