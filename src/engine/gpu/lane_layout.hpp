#pragma once

#include <cstddef>
#include <cstdint>

#include "armillion/permissions.hpp"
#include "armillion/state.hpp"
#include "armillion/stop_reason.hpp"
#include "isa/micro_op.hpp"
#include "isa/predecode.hpp"

// What host and device code must agree on: plain structs with the same layout on both sides. Addresses are numbers of
// 64 bits in the backend's memory.
namespace armillion::engine::gpu {

using isa::MicroOp;

/// An address in the memory of the device, see backend.hpp.
using DeviceAddress = std::uint64_t;

inline constexpr std::uint64_t PAGE_BYTES = 4096;
inline constexpr std::uint32_t PAGE_WORDS = 1024;
/// Lanes of a warp whose memory is interleaved: cell c of a frame is 8 bytes of each of them.
inline constexpr std::uint32_t WARP_LANES = 32;
inline constexpr std::uint32_t CELL_BYTES = 8;
inline constexpr std::uint32_t PAGE_CELLS = PAGE_BYTES / CELL_BYTES;

/// A lane's state is stored as cells, [warp][cell][lane].
inline constexpr std::uint32_t STATE_CELLS = sizeof(State) / CELL_BYTES;
static_assert(sizeof(State) % CELL_BYTES == 0);
/// General registers, SP, ZR and the sink come first; PC has the sink's place while the host looks.
inline constexpr std::uint32_t REGISTER_CELLS = 34;
inline constexpr std::uint32_t PC_CELL = offsetof(State, pc) / CELL_BYTES;
inline constexpr std::uint32_t FLAGS_AND_FPCR_CELL = offsetof(State, n) / CELL_BYTES;
inline constexpr std::uint32_t FPSR_AND_EXCLUSIVE_SIZE_CELL = offsetof(State, fpsr) / CELL_BYTES;
inline constexpr std::uint32_t EXCLUSIVE_ADDRESS_CELL = offsetof(State, exclusive_address) / CELL_BYTES;
inline constexpr std::uint32_t TPIDR_CELL = offsetof(State, tpidr_el0) / CELL_BYTES;
inline constexpr std::uint32_t VECTOR_CELLS = offsetof(State, vectors) / CELL_BYTES;
static_assert(offsetof(State, fpcr) == FLAGS_AND_FPCR_CELL * CELL_BYTES + 4);
static_assert(offsetof(State, exclusive_size) == FPSR_AND_EXCLUSIVE_SIZE_CELL * CELL_BYTES + 4);

// Micro-operations of the lanes' interpreter have in the low byte of `extra` which case of its switch they are: the
// place of their handler in hot_handlers.inc, or one of these.
#define ARMILLION_HOT(...) +1
inline constexpr std::uint16_t HOT_COUNT = 0
#include "engine/gpu/hot_handlers.inc"
    ;
#undef ARMILLION_HOT
/// Through the table of functions, by `handler`.
inline constexpr std::uint16_t COLD_CASE = HOT_COUNT;
/// No instruction: execution goes on at PC, wherever its operations are. Also stands behind each code region.
inline constexpr std::uint16_t FIND_CASE = HOT_COUNT + 1;
/// No instruction: the one at PC is fetched from the lane's own memory.
inline constexpr std::uint16_t FETCH_CASE = HOT_COUNT + 2;
/// The word is not an instruction.
inline constexpr std::uint16_t UNDEFINED_CASE = HOT_COUNT + 3;
inline constexpr std::uint16_t BREAKPOINT_CASE = HOT_COUNT + 4;
/// No instruction: the lane needs a new slice, see lane_loop.hpp.
inline constexpr std::uint16_t SLICE_CASE = HOT_COUNT + 5;
static_assert(SLICE_CASE < 256);

constexpr std::uint32_t case_of(std::uint16_t extra) { return extra & 0xff; }
/// The high byte: how many operations on the one stands that is most likely executed next.
constexpr std::int32_t distance_to_next(std::uint16_t extra) { return static_cast<std::int16_t>(extra) >> 8; }
constexpr std::uint16_t make_extra(std::uint16_t which, std::int8_t distance = 1) {
  return static_cast<std::uint16_t>(which | distance << 8);
}

/// The first two operations of every image: the ones that a lane is at when it is nowhere in the image's code.
inline constexpr std::uint32_t FETCH_INDEX = 0;
inline constexpr std::uint32_t FIND_INDEX = 1;
inline constexpr std::uint32_t FIRST_CODE_INDEX = 2;

/// A maximal range of mapped pages with the same permissions, in ascending order.
struct MemoryRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint32_t permissions;
  std::uint32_t reserved;
};

/// Decoded instructions of consecutive executable memory. Where the memory can be written, a region is one page.
struct CodeRegion {
  std::uint64_t start;
  std::uint64_t end;
  /// Of the operation at `start`; the others follow, then one of FIND_CASE.
  std::uint32_t first_index;
  std::uint32_t is_writable;
};

inline constexpr std::uint64_t EMPTY_KEY = ~std::uint64_t{0};

/// The snapshot that all lanes start from: read-only, shared.
struct Image {
  DeviceAddress regions;       // MemoryRegion[region_count]
  DeviceAddress code_regions;  // CodeRegion[code_region_count]
  DeviceAddress ops;           // MicroOp[]
  /// Open-addressed hash of the pages that are not zero: page numbers, and their frames in units of a page from the
  /// frame memory's start. Page numbers are EMPTY_KEY where free.
  DeviceAddress page_keys;        // uint64_t[page_mask + 1]
  DeviceAddress page_frames;      // uint32_t[page_mask + 1]
  DeviceAddress breakpoints;      // uint64_t[breakpoint_count], ascending
  DeviceAddress decoder_starts;   // uint32_t[4097]
  DeviceAddress decoder_opcodes;  // uint16_t[]
  DeviceAddress state;            // State
  std::uint32_t region_count;
  std::uint32_t code_region_count;
  std::uint32_t page_mask;
  std::uint32_t breakpoint_count;
};

/// Of the instructions that a lane may retire.
inline constexpr std::uint64_t NO_LIMIT = ~std::uint64_t{0};
inline constexpr std::uint64_t NO_ADDRESS = ~std::uint64_t{0};

/// What lanes have written: frames of one warp each, found by (warp, page) in an open-addressed hash.
struct FrameStore {
  DeviceAddress keys;    // uint64_t[key_mask + 1]
  DeviceAddress frames;  // uint32_t[key_mask + 1], the frame's number
  DeviceAddress slots;   // uint32_t[capacity]: where a frame's key is
  /// The frames that were written since the host last took note, in any order.
  DeviceAddress dirty_frames;  // uint32_t[capacity]
  DeviceAddress dirty_count;   // uint32_t
  /// Where frames begin in units of a page from the frame memory's start; a frame has 1 << cell_shift pages.
  std::uint32_t first_unit;
  std::uint32_t capacity;
  std::uint32_t key_mask;
  /// log2 of the lanes of a warp: 0 where it has one lane.
  std::uint32_t cell_shift;
};

/// Mappings that some lanes have in place of the image's: `count` of the launch's, from `first` on.
struct RegionList {
  std::uint32_t first;
  std::uint32_t count;
};

/// A lane's mappings as far as another list than the image's is concerned: the image's.
inline constexpr std::uint32_t IMAGE_REGIONS = 0;
/// What the lanes of a warp share where their lists are not the same, and where that is not known.
inline constexpr std::uint32_t MIXED_REGIONS = ~0u;
inline constexpr std::uint32_t NOT_COMPARED = MIXED_REGIONS - 1;

/// What a lane that is a Linux process has besides its machine: its mappings, and what it takes to serve its calls.
struct LaneProcess {
  /// IMAGE_REGIONS, or 1 and up for those of the launch's lists.
  std::uint32_t region_list;
  /// ServedCalls.
  std::uint32_t served;
  std::uint64_t break_start;
  /// The break, and how far up the lane may move it itself. What lies between the first, in whole pages, and the second
  /// is mapped besides what the list has.
  std::uint64_t break_listed;
  std::uint64_t break_end;
  std::uint64_t break_limit;
  /// Nanoseconds that the virtual clock is ahead of the count of instructions.
  std::uint64_t skipped_time;
  /// Where the clock is the host's: the latest steady time that the guest was told, behind which it does not fall.
  std::uint64_t steady_time;
  /// How many bytes descriptors 1 and 2 still take.
  std::uint64_t output_room[2];
};
static_assert(sizeof(LaneProcess) == 72);

/// Which calls lanes serve themselves, where they can.
enum ServedCalls : std::uint32_t { SERVES_BREAK = 1, SERVES_VIRTUAL_CLOCK = 2, SERVES_HOST_CLOCK = 4, SERVES_EXIT = 8 };

/// What a lane has written, in the launch's log of calls; its bytes follow, in whole words. Words of 8 bytes, of which
/// the device writes the first one last: it is 0 where nothing has been written yet.
struct LoggedWrite {
  std::uint32_t bytes;
  /// 1 or 2; SKIPPED_WRITE where a write was given up halfway.
  std::uint32_t descriptor;
  std::uint64_t lane;
};
inline constexpr std::uint32_t SKIPPED_WRITE = 3;

/// What one lane was given and how it came out.
struct LaneControl {
  /// How many instructions it may still retire, and how many it has since the last reset.
  std::uint64_t instructions_left;
  std::uint64_t retired;
  MemoryFault fault;
  std::uint32_t immediate;
  /// A StopReason. A lane runs while it is RUNNING.
  std::uint8_t stop;
  /// Not 0: the first instruction is executed even if it has a breakpoint.
  std::uint8_t passes_breakpoint;
  /// Whether it stopped for good, also where its reason would let the host's kernel make it go on.
  std::uint16_t finality;
  // While a kernel runs: what the launch still allows, and the instructions that the lane was granted at once.
  std::uint64_t launch_left;
  std::uint32_t slice;
  /// How often it has waited for other lanes of its warp since then.
  std::uint32_t waits;
  /// How many instructions it may still retire in this run, which may take several launches.
  std::uint64_t run_left;
};
static_assert(sizeof(LaneControl) == 64);

/// Of LaneControl::finality. A lane that exited by itself has its code in `immediate`.
enum Finality : std::uint16_t { NOT_FINAL = 0, FINAL = 1, EXITED_BY_ITSELF = 2 };

/// Words of mapped memory that host and device share while a kernel runs.
struct Mailbox {
  /// Not 0: lanes stop at the next look, to go on in a later launch.
  std::uint32_t cancel;
  std::uint32_t reserved;
  /// Instructions that lane 0 has retired, and how many lanes the launch has stopped, as of the last look.
  std::uint64_t progress;
  std::uint64_t stopped_lanes;
};

/// Lanes by stop reason, and the instructions that all lanes have retired since the last reset.
struct Summary {
  std::uint64_t stops[STOP_REASON_COUNT];
  std::uint64_t retired;
};

/// What COPY_CELLS does with a cell of the lanes' state.
enum class CellCopy : std::uint32_t {
  /// From the buffer, uint64_t[lane], to the lanes.
  SET,
  /// From the lanes to the buffer.
  GET,
  /// Lane k gets `cell_first + k * cell_step`.
  COUNT,
  /// Lanes whose cell and the buffer's differ in the bits of `cell_mask` are noted in `cell_differences`.
  COMPARE,
};

/// A lane whose cell is not what the buffer has.
struct CellDifference {
  std::uint64_t lane;
  std::uint64_t buffered;
  std::uint64_t now;
};

/// As many as there are, of which the first come first into the list.
inline constexpr std::uint64_t MOST_CELL_DIFFERENCES = 1 << 16;
struct CellDifferences {
  std::uint64_t count;
  CellDifference list[MOST_CELL_DIFFERENCES];
};

/// What a launch works on.
struct Launch {
  Image image;
  FrameStore store;
  /// Image frames, then the lanes' own.
  DeviceAddress frame_memory;
  DeviceAddress states;    // uint64_t[warps][STATE_CELLS][lanes of a warp]
  DeviceAddress controls;  // LaneControl[]
  DeviceAddress mailbox;   // Mailbox, mapped
  /// uint32_t: frames in use. May pass the capacity for a moment.
  DeviceAddress frames_used;
  std::uint64_t lane_count;
  /// No lane retires more than this in one launch.
  std::uint64_t launch_instructions;
  /// For COPY_GUEST_MEMORY: the guest's range, the lanes, the buffer [lane][byte], and whether all of a lane's range
  /// was there (uint8_t[lane]).
  std::uint64_t copy_address;
  std::uint64_t copy_bytes;
  std::uint64_t copy_first_lane;
  std::uint64_t copy_lanes;
  DeviceAddress copy_buffer;
  DeviceAddress copy_done;
  std::uint32_t copy_to_guest;
  std::uint32_t reserved;
  /// A look at the mailbox crosses the bus to the host, so one lane does it for all, every few milliseconds: when the
  /// next is due (target::nanoseconds), what the last saw in `Mailbox::cancel`, and what it told the host.
  std::uint64_t next_look;
  std::uint64_t stopped_lanes;
  std::uint32_t is_cancelled;
  std::uint32_t reserved2;
  /// The host's clocks just before the launch, in nanoseconds, and target::nanoseconds() at the first of these looks, 0
  /// before: what has passed since is added to them.
  std::uint64_t host_time_of_day;
  std::uint64_t host_steady_time;
  std::uint64_t first_look;
  /// A lane that comes to this address has returned from the call that the host made; no address without one.
  std::uint64_t return_address;
  /// For COPY_CELLS, which uses the copy's lanes and buffer too.
  std::uint64_t cell_first;
  std::uint64_t cell_step;
  std::uint64_t cell_mask;
  DeviceAddress cell_differences;
  CellCopy cell_copy;
  std::uint32_t cell;
  /// For RESET_LANES: which lanes, uint32_t[warp] with a bit for each.
  DeviceAddress lane_masks;
  /// For WRITE_PAGES: where the pages of each lane begin among all of them, uint32_t[lane_count + 1], their addresses,
  /// uint64_t[], their bytes, and whether each was written, uint8_t[].
  DeviceAddress page_starts;
  DeviceAddress page_addresses;
  DeviceAddress page_bytes;
  DeviceAddress pages_written;
  /// For SUMMARIZE: a Summary.
  DeviceAddress summary;
  /// For RESUME, the stop reasons that it ends, a bit for each, and what each lane may retire in the new run. For STOP,
  /// the reason.
  std::uint64_t run_limit;
  std::uint32_t resumable;
  std::uint32_t stop;
  /// For RESET_STATE: what each lane may retire, and what counts as retired already.
  std::uint64_t initial_limit;
  std::uint64_t initial_retired;
  /// Where lanes are processes: LaneProcess[], and what they begin as; RegionList[] and MemoryRegion[]; and the log of
  /// what they have written in this launch, mapped: how many bytes it has, and how many lanes have asked for.
  DeviceAddress processes;
  DeviceAddress region_lists;
  DeviceAddress listed_regions;
  DeviceAddress call_log;
  std::uint64_t call_log_bytes;
  std::uint64_t call_log_used;
  LaneProcess initial_process;
};

}  // namespace armillion::engine::gpu
