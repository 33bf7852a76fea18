#include "lane_comparison.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>

#include "armillion/error.hpp"
#include "test_generator.hpp"
#include "text.hpp"

namespace armillion::conformance {

namespace {

static_assert(offsetof(LaneBlock, reservation) == 800 && offsetof(LaneBlock, block) == 840);

constexpr unsigned char LOADER[] = {
#embed "load_lane.bin"
};

constexpr std::uint64_t LOADER_ADDRESS = 0x60000000;
constexpr std::uint64_t LANE_BLOCK_ADDRESS = 0x60001000;
constexpr std::uint64_t PAGE_BYTES = 4096;
static_assert(sizeof LOADER <= PAGE_BYTES && sizeof(LaneBlock) <= PAGE_BYTES);

constexpr std::size_t REPORTED_LANES = 20;
/// Lanes that a thread takes at once.
constexpr std::size_t LANES_AT_ONCE = 64;

Machine make_machine() { return Machine({.memory_bytes = 0}); }

/// What the lane's registers must be once it is loaded.
State loaded_state(const LaneBlock& lane) {
  State state = to_state(lane.state);
  state.pc = lane.entry + ENTRY_BYTES;
  if (lane.reservation != 0) {
    state.exclusive_address = lane.exclusive_address;
    state.exclusive_size = 1u << (lane.reservation - 1);
  }
  return state;
}

class StateDifferences {
 public:
  std::string find(const State& expected, const State& actual) {
    for (int i = 0; i < 31; ++i) compare(text("X%d", i), expected.x[i], actual.x[i]);
    compare("SP", expected.sp, actual.sp);
    compare("ZR", expected.zero, actual.zero);
    compare("PC", expected.pc, actual.pc);
    compare("NZCV", expected.nzcv(), actual.nzcv());
    compare("FPCR", expected.fpcr, actual.fpcr);
    compare("FPSR", expected.fpsr, actual.fpsr);
    compare("the reserved size", expected.exclusive_size, actual.exclusive_size);
    compare("the reserved address", expected.exclusive_address, actual.exclusive_address);
    compare("TPIDR_EL0", expected.tpidr_el0, actual.tpidr_el0);
    for (int i = 0; i < 32; ++i) {
      compare(text("V%d, low half", i), expected.vectors[i].low, actual.vectors[i].low);
      compare(text("V%d, high half", i), expected.vectors[i].high, actual.vectors[i].high);
    }
    return std::move(lines_);
  }

 private:
  void compare(const std::string& what, std::uint64_t expected, std::uint64_t actual) {
    if (expected != actual) {
      lines_ += text("    %s: expected %#lx, got %#lx\n", what.c_str(), expected, actual);
    }
  }

  std::string lines_;
};

}  // namespace

/// How a lane ended.
struct LaneComparison::End {
  std::uint64_t instructions = 0;
  StopReason stop_reason = StopReason::RUNNING;
  std::uint64_t pc = 0;
  std::uint32_t immediate = 0;
  MemoryFault fault;
  Hash128 hash;

  template <class Result>
  static End from(const Result& result) {
    return {.instructions = result.instructions,
            .stop_reason = result.stop_reason,
            .pc = result.pc,
            .immediate = result.immediate,
            .fault = result.fault,
            .hash = {}};
  }

  bool operator==(const End& other) const {
    if (instructions != other.instructions || stop_reason != other.stop_reason || pc != other.pc ||
        immediate != other.immediate || hash != other.hash) {
      return false;
    }
    return stop_reason != StopReason::MEMORY_FAULT ||
           (fault.address == other.fault.address && fault.size == other.fault.size &&
            fault.access == other.fault.access && fault.kind == other.fault.kind);
  }

  std::string to_string() const {
    std::string line = text("%s at %#lx after %lu instructions, immediate %#x, hash %s", name_of(stop_reason), pc,
                            instructions, immediate, hash.to_string().c_str());
    if (stop_reason == StopReason::MEMORY_FAULT) {
      line += text(", fault at %#lx, size %u, access %d, kind %d", fault.address, fault.size,
                   static_cast<int>(fault.access), static_cast<int>(fault.kind));
    }
    return line;
  }
};

LaneComparison::LaneComparison(Machine image, std::string device, std::vector<MemoryRange> ranges)
    : image_(std::move(image)), device_(std::move(device)), ranges_(std::move(ranges)) {
  image_.map_memory(LOADER_ADDRESS, PAGE_BYTES, Permissions::READ_EXECUTE);
  image_.write_memory(LOADER_ADDRESS, std::as_bytes(std::span(LOADER)));
  image_.map_memory(LANE_BLOCK_ADDRESS, PAGE_BYTES, Permissions::READ_WRITE);
  image_.set_pc(LOADER_ADDRESS);
  image_.set_x(0, LANE_BLOCK_ADDRESS);
  start_ = image_.snapshot();
}

void LaneComparison::start_alone(Machine& machine, const LaneBlock& lane) const {
  machine.restore(start_);
  machine.write(LANE_BLOCK_ADDRESS, lane);
  const RunResult loaded = machine.execute();
  // The loader is made of instructions under test too, so it is held against what it has to do.
  if (loaded.stop_reason != StopReason::SYSCALL || machine.state() != loaded_state(lane)) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                "the CPU does not load a lane's registers: " + End::from(loaded).to_string() + "\n" +
                    StateDifferences().find(loaded_state(lane), machine.state()));
  }
}

LaneComparison::End LaneComparison::end_alone(Machine& machine, const LaneBlock& lane,
                                              std::uint64_t instruction_limit) const {
  start_alone(machine, lane);
  End end = End::from(machine.execute(instruction_limit));
  end.hash = machine.state_hash();
  return end;
}

std::vector<LaneComparison::End> LaneComparison::ends_alone(std::span<const LaneBlock> lanes,
                                                            std::uint64_t instruction_limit) const {
  std::vector<End> ends(lanes.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&] {
      Machine machine = make_machine();
      for (std::size_t first = next.fetch_add(LANES_AT_ONCE); first < lanes.size();
           first = next.fetch_add(LANES_AT_ONCE)) {
        const std::size_t end = std::min(first + LANES_AT_ONCE, lanes.size());
        for (std::size_t lane = first; lane < end; ++lane) {
          ends[lane] = end_alone(machine, lanes[lane], instruction_limit);
        }
      }
    });
  }
  threads.clear();
  return ends;
}

LaneOutcome LaneComparison::run(std::span<const LaneBlock> lanes, std::uint64_t instruction_limit) {
  LaneOutcome outcome;
  if (lanes.empty()) return outcome;
  const std::vector<End> expected = ends_alone(lanes, instruction_limit);

  Fleet fleet(image_, {.lanes = lanes.size(), .device = device_});
  fleet.write_memory_of_all(LANE_BLOCK_ADDRESS, std::as_bytes(lanes));
  fleet.run();
  const std::vector<LaneResult> loaded = fleet.results();
  outcome.instructions = fleet.run({.instruction_limit = instruction_limit}).instructions;
  const std::vector<LaneResult> ended = fleet.results();
  const std::vector<Hash128> hashes = fleet.state_hashes();

  Machine machine = make_machine();
  for (std::uint64_t lane = 0; lane < lanes.size(); ++lane) {
    End actual = End::from(ended[lane]);
    actual.instructions -= loaded[lane].instructions;
    actual.hash = hashes[lane];
    if (actual == expected[lane]) continue;
    if (++outcome.mismatches > REPORTED_LANES) continue;
    end_alone(machine, lanes[lane], instruction_limit);
    outcome.reported.push_back({lane, report(fleet, lane, expected[lane], actual, machine)});
  }
  return outcome;
}

std::string LaneComparison::report(const Fleet& fleet, std::uint64_t lane, const End& expected, const End& actual,
                                   Machine& machine) const {
  std::string lines = text("    expected %s\n", expected.to_string().c_str());
  lines += text("    got %s\n", actual.to_string().c_str());
  lines += StateDifferences().find(machine.state(), fleet.state(lane));
  for (const MemoryRange& range : ranges_) {
    std::vector<std::byte> ours(range.size);
    std::vector<std::byte> theirs(range.size);
    machine.read_memory(range.address, theirs);
    fleet.read_memory(lane, range.address, ours);
    const auto [in_theirs, in_ours] = std::ranges::mismatch(theirs, ours);
    if (in_ours == ours.end()) continue;
    lines += text("    memory at %#lx: expected %02x, got %02x\n",
                  range.address + static_cast<std::uint64_t>(in_ours - ours.begin()), static_cast<unsigned>(*in_theirs),
                  static_cast<unsigned>(*in_ours));
  }
  return lines;
}

std::uint64_t LaneComparison::first_difference(const LaneBlock& lane, std::uint64_t instruction_limit) {
  std::uint64_t same = 0;
  std::uint64_t different = instruction_limit;
  while (different - same > 1) {
    const std::uint64_t middle = (same + different) / 2;
    (run(std::span(&lane, 1), middle).mismatches == 0 ? same : different) = middle;
  }
  return different;
}

std::uint64_t LaneComparison::pc_after(const LaneBlock& lane, std::uint64_t instructions) {
  Machine machine = make_machine();
  return end_alone(machine, lane, instructions).pc;
}

}  // namespace armillion::conformance
