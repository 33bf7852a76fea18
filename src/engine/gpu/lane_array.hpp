#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "armillion/state.hpp"
#include "engine/gpu/backend.hpp"
#include "engine/gpu/lane_layout.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::gpu {

struct LaneArrayOptions {
  std::uint64_t lanes = 1;
  /// Whether the lanes of a warp share their frames, interleaved. A single lane wants a warp of its own.
  bool is_interleaved = true;
  /// Bytes for the pages that lanes write, at first and at most; rounded up to whole frames.
  std::uint64_t frame_bytes = std::uint64_t{64} << 20;
  std::uint64_t frame_limit_bytes = std::uint64_t{1} << 36;
};

/// How many frames are in use, and how many of them were written since the host last took note.
struct LaneCounters {
  std::uint32_t frames_used = 0;
  std::uint32_t dirty_count = 0;
};

/// How the memory of an array begins. Where it has more than one lane, all controls come first, then all states.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): each part begins a line of the device's memory.
struct LaneBlock {
  Launch launch;
  LaneCounters counters;
  alignas(64) LaneProcess process;
  alignas(64) LaneControl control;
  State state;
};
static_assert(offsetof(LaneBlock, control) % 64 == 0);
static_assert(offsetof(LaneBlock, state) == offsetof(LaneBlock, control) + sizeof(LaneControl));

/// Where `key` can be entered into the keys of a frame store; NO_SLOT where its lines are full.
std::uint32_t free_slot(std::span<const std::uint64_t> keys, std::uint64_t key);

/// Machines on a device that start from one image. Everything here is in order: a call that needs a result waits for
/// what was launched before.
class LaneArray {
 public:
  LaneArray(Backend& backend, const LaneArrayOptions& options);
  ~LaneArray();
  LaneArray(const LaneArray&) = delete;
  LaneArray& operator=(const LaneArray&) = delete;

  Backend& backend() const { return backend_; }
  std::uint64_t lane_count() const { return launch_.lane_count; }

  // The image.

  /// Makes `memory` and `state` what all lanes start from, and resets them. `retired` is what their counters begin at.
  void load(const guest::AddressSpace& memory, const State& state, std::uint64_t retired,
            std::span<const std::uint64_t> breakpoints);
  /// Takes new permissions: for a single lane, whose pages are written by `write_memory`.
  void reload_regions(const guest::AddressSpace& memory);
  /// The same, and new code.
  void reload_code(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints);
  /// Back to the image, with `instruction_limit` for each lane.
  void reset(std::uint64_t instruction_limit);
  /// The same for some lanes.
  void reset_lanes(std::span<const std::uint64_t> lanes, std::uint64_t instruction_limit);

  // Lanes.

  State state(std::uint64_t lane);
  void set_state(std::uint64_t lane, const State& state);
  /// The states of lanes [first, first + count), and the same as a whole.
  std::vector<State> states(std::uint64_t first, std::uint64_t count);
  void set_states(std::uint64_t first, std::span<const State> states);
  std::vector<LaneControl> controls();
  void set_controls(std::span<const LaneControl> controls);
  LaneControl control(std::uint64_t lane);
  void set_control(std::uint64_t lane, const LaneControl& control);

  // One cell of the states of all lanes, see lane_layout.hpp.

  void set_cells(std::uint32_t cell, std::span<const std::uint64_t> values);
  /// Lane k gets `first + k * step`.
  void set_cells_counting(std::uint32_t cell, std::uint64_t first, std::uint64_t step);
  void get_cells(std::uint32_t cell, std::span<std::uint64_t> values);
  /// Keeps a copy of them on the device until the next call of this.
  void keep_cells(std::uint32_t cell);
  void get_kept_cells(std::span<std::uint64_t> values);
  /// The lanes whose cell is not what was kept, in the bits of `mask`, in ascending order; nothing where there are more
  /// than MOST_CELL_DIFFERENCES.
  std::optional<std::vector<CellDifference>> compare_cells(std::uint32_t cell, std::uint64_t mask);

  /// Copies [address, address + size) of `count` lanes from `first` on to or from `bytes`, which has `size` bytes of
  /// each. Whether it was all there, for each lane: mapped, and for writing, with frames left. What is before the first
  /// byte that is not there may have been copied.
  std::vector<std::uint8_t> read_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                                        std::uint64_t size, std::span<std::byte> bytes);
  std::vector<std::uint8_t> write_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                                         std::uint64_t size, std::span<const std::byte> bytes);

  /// A page of a lane, to be written whole.
  struct PageWrite {
    std::uint64_t lane;
    std::uint64_t address;
    std::byte bytes[guest::PAGE_SIZE];
  };
  /// Writes pages, those of one lane together, lanes in ascending order. Whether each was written: mapped, and with
  /// frames left.
  std::vector<std::uint8_t> write_pages(std::span<const PageWrite> pages);

  /// A page that a lane has written since the image was loaded or `clean` was called.
  struct DirtyPage {
    std::uint64_t lane;
    std::uint64_t address;
    std::byte bytes[guest::PAGE_SIZE];
  };
  /// Visits those of lanes [first, first + count), and more of the lanes' warps, those of one warp's frame together. A
  /// frame has pages of all lanes of its warp, whether they wrote or not.
  template <class Visit>
  void visit_dirty_pages(std::uint64_t first, std::uint64_t count, const Visit& visit);
  /// Takes note of what is written: those pages are not dirty any more.
  void clean();

  // Lanes that are Linux processes.

  /// Makes lanes serve calls; each begins as `initial` from the next reset on.
  void serve_calls(const LaneProcess& initial);
  std::vector<LaneProcess> processes(std::uint64_t first, std::uint64_t count);
  void set_processes(std::uint64_t first, std::span<const LaneProcess> processes);
  /// The number of a list of mappings, for LaneProcess::region_list; the same one for the same mappings.
  std::uint32_t region_list(std::span<const MemoryRegion> regions);
  /// The mappings of a list, and where nothing has been added the image's.
  std::span<const MemoryRegion> regions_of(std::uint32_t list) const;
  /// Calls `visit` with what lanes have written since the last call, in the order in which each of them wrote. Also
  /// while they run; between two launches it has to be called.
  void drain_writes(
      const std::function<void(std::uint64_t lane, std::uint32_t descriptor, std::span<const std::byte> bytes)>& visit);

  // Running.

  /// Begins a run in which each lane may retire `instructions`: lets those go on that stopped for one of `reasons`, and
  /// have something left of their own limit.
  void resume(std::uint64_t instructions, std::initializer_list<StopReason> reasons);
  /// Stops lanes that run, for `reason`.
  void stop(StopReason reason);
  /// Counts the lanes.
  Summary summarize();
  /// Lanes that come to this address have returned from a call.
  void set_return_address(std::uint64_t address) { launch_.return_address = address; }

  /// Lets every lane that runs retire up to `instructions` more. Returns at once.
  void launch(std::uint64_t instructions);
  bool is_idle() { return backend_.is_idle(); }
  void wait() { backend_.wait(); }
  /// Makes lanes come back soon; `launch` lets them go on.
  void interrupt();
  /// What lane 0 had retired when it last looked up, while it runs.
  std::uint64_t progress() const;
  /// How many lanes the current launch, or the last, had stopped by then.
  std::uint64_t stopped_lanes() const;

  std::uint32_t frames_used();
  std::uint32_t frame_capacity() const { return launch_.store.capacity; }
  std::uint64_t frame_size_bytes() const { return guest::PAGE_SIZE << launch_.store.cell_shift; }
  /// Makes room for more written pages. False where the device has no more.
  bool add_frames(std::uint64_t bytes);
  /// Lets lanes that ran out of memory go on.
  void revive_out_of_memory();

 private:
  /// Exchanges with the one lane of an array all that a launch needs and leaves at once.
  friend class SingleLane;

  std::uint32_t warp_lanes() const { return 1u << launch_.store.cell_shift; }
  std::uint32_t warp_count() const;
  void start(Kernel kernel);
  void start(Kernel kernel, std::uint32_t warps);
  void upload_launch();
  DeviceAddress copy_buffer(std::uint64_t bytes);
  void copy_cells(CellCopy copy, std::uint32_t cell);
  void set_counters(const LaneCounters& counters);
  void copy_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address, std::uint64_t size);
  void make_store(std::uint64_t capacity, std::uint64_t slots);
  void upload_region_lists();
  template <class T>
  std::unique_ptr<DeviceMemory> upload(std::span<const T> values);
  template <class T>
  void download(std::span<T> values, DeviceAddress source);
  void visit_dirty_frames(
      std::uint64_t first_warp, std::uint64_t last_warp,
      const std::function<void(std::uint32_t warp, std::uint64_t address, const std::byte*)>& visit);

  Backend& backend_;
  LaneArrayOptions options_;
  Launch launch_{};
  std::uint64_t image_units_ = 0;
  /// What the image has, as on the device: its pages, and where its code is decoded.
  std::vector<std::uint64_t> image_page_keys_;
  std::vector<std::uint32_t> image_page_numbers_;
  std::vector<CodeRegion> decoded_regions_;
  /// The launch, the counters, the controls and the states, one behind the other: see LaneBlock.
  std::unique_ptr<DeviceMemory> block_;
  std::unique_ptr<DeviceMemory> regions_, code_regions_, ops_, page_keys_, page_frames_, breakpoints_, image_state_;
  std::unique_ptr<DeviceMemory> decoder_starts_, decoder_opcodes_;
  std::unique_ptr<DeviceMemory> frames_, keys_, numbers_, slots_, dirty_frames_;
  std::unique_ptr<DeviceMemory> copy_buffer_, copy_done_, lane_masks_, summary_, kept_cells_, differences_;
  std::unique_ptr<DeviceMemory> page_starts_, page_addresses_, page_bytes_, pages_written_;
  std::unique_ptr<MappedMemory> mailbox_;
  /// Of processes. The lists' mappings follow one another in `listed_regions_`.
  std::unique_ptr<DeviceMemory> processes_, region_lists_memory_, listed_regions_memory_;
  std::unique_ptr<MappedMemory> call_log_;
  std::vector<MemoryRegion> image_regions_, listed_regions_;
  std::vector<RegionList> region_lists_;
  std::unordered_map<std::string, std::uint32_t> list_numbers_;
  bool are_lists_uploaded_ = true;
  /// Up to where the log of the current launch was read.
  std::uint64_t log_place_ = 0;
};

template <class Visit>
void LaneArray::visit_dirty_pages(std::uint64_t first, std::uint64_t count, const Visit& visit) {
  DirtyPage page{};
  visit_dirty_frames(first / warp_lanes(), (first + count - 1) / warp_lanes(),
                     [&](std::uint32_t warp, std::uint64_t address, const std::byte* frame) {
                       page.address = address;
                       for (std::uint32_t lane = 0; lane < warp_lanes(); ++lane) {
                         page.lane = std::uint64_t{warp} * warp_lanes() + lane;
                         if (page.lane >= lane_count()) break;
                         for (std::uint32_t cell = 0; cell < PAGE_CELLS; ++cell) {
                           std::memcpy(page.bytes + cell * CELL_BYTES,
                                       frame + (std::uint64_t{cell} * warp_lanes() + lane) * CELL_BYTES, CELL_BYTES);
                         }
                         visit(page);
                       }
                     });
}

}  // namespace armillion::engine::gpu
