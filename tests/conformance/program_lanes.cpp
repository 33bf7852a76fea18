#include <algorithm>
#include <cstdio>
#include <utility>

#include "comparison.hpp"
#include "lane_tests.hpp"

namespace armillion::conformance {

namespace {

constexpr std::uint64_t MOST_PROGRAMS = 32;
/// A lane gets about this many states.
constexpr std::uint64_t LANES_OF_PROGRAM = 32;
/// Where the programs lie: behind their data, with room for what literal loads may read around them.
constexpr std::uint64_t PROGRAMS_ADDRESS = 0x100000;
constexpr std::uint64_t PROGRAM_STRIDE = 0x4000;
constexpr std::uint64_t FIRST_WORD = 0x1000;
constexpr std::uint64_t STRAIGHT_LIMIT = 10'000;
constexpr std::uint64_t BRANCHING_LIMIT = 2'000;

std::uint64_t entry_of(std::uint64_t program) { return PROGRAMS_ADDRESS + program * PROGRAM_STRIDE + FIRST_WORD; }

}  // namespace

ProgramLanes::ProgramLanes(std::uint64_t seed, std::string device)
    : random_(seed), device_(std::move(device)), generator_(seed, [](const RowUnderTest&) { return true; }) {}

void ProgramLanes::run(std::uint64_t lanes, LaneTally& tally) {
  const bool has_branches = batches_++ % 2 == 1;
  const std::uint64_t programs = std::clamp<std::uint64_t>(lanes / LANES_OF_PROGRAM, 1, MOST_PROGRAMS);
  Machine image({.memory_bytes = 0});
  image.map_memory(0, PROGRAM_MEMORY_BYTES, Permissions::READ_WRITE);
  image.map_memory(PROGRAMS_ADDRESS, programs * PROGRAM_STRIDE, Permissions::READ_EXECUTE);
  for (std::uint64_t i = 0; i < programs; ++i) {
    const Program program = generator_.make(has_branches ? ProgramShape::BRANCHING : ProgramShape::STRAIGHT_LINE);
    // They share their data.
    if (i == 0) {
      const std::vector<std::byte> memory = initial_memory(program);
      image.write_memory(PROGRAM_DATA_ADDRESS, std::span(memory).subspan(PROGRAM_DATA_ADDRESS));
    }
    image.write_memory(entry_of(i), std::as_bytes(std::span(ENTRY_WORDS)));
    image.write_memory(entry_of(i) + ENTRY_BYTES, std::as_bytes(std::span(program.words)));
  }
  std::vector<LaneBlock> blocks;
  for (std::uint64_t i = 0; i < lanes; ++i) {
    LaneBlock lane{};
    lane.state = random_state(random_);
    lane.entry = entry_of(i * programs / lanes);
    blocks.push_back(lane);
  }
  const std::uint64_t limit = has_branches ? BRANCHING_LIMIT : STRAIGHT_LIMIT;
  const Snapshot start = image.snapshot();
  LaneComparison comparison(std::move(image), device_, {{0, PROGRAM_MEMORY_BYTES}});
  const LaneOutcome outcome = comparison.run(blocks, limit);
  if (!outcome.reported.empty()) {
    Machine memory({.memory_bytes = 0});
    memory.restore(start);
    for (const LaneMismatch& mismatch : outcome.reported) {
      report(comparison, mismatch, blocks[mismatch.lane], limit, memory);
    }
  }
  tally.lanes += blocks.size();
  tally.instructions += outcome.instructions;
  tally.mismatches += outcome.mismatches;
}

// Finds the first instruction after which the two differ.
void ProgramLanes::report(LaneComparison& comparison, const LaneMismatch& mismatch, const LaneBlock& lane,
                          std::uint64_t limit, Machine& image) const {
  const std::uint64_t instructions = comparison.first_difference(lane, limit);
  const std::uint64_t pc = comparison.pc_after(lane, instructions - 1);
  const bool has_word = pc >= PROGRAMS_ADDRESS && pc % 4 == 0 && pc < PROGRAMS_ADDRESS + MOST_PROGRAMS * PROGRAM_STRIDE;
  const auto word = has_word ? image.read<std::uint32_t>(pc) : 0;
  std::printf(
      "MISMATCH of a program in lane %lu of batch %lu: it differs after %lu instructions, the last at %#lx: "
      "%08x %s\n%s",
      mismatch.lane, batches_, instructions, pc, word, disassemble(word).c_str(), mismatch.report.c_str());
}

}  // namespace armillion::conformance
