#include "engine/tensor/code_walk.hpp"

#include <algorithm>
#include <cstring>

#include "engine/tensor/branch_sides.hpp"

namespace armillion::engine::tensor {

// Batches rarely see more than a few pages.
std::uint32_t CodeWalk::find_page(std::uint64_t address) const {
  std::uint32_t index = 0;
  while (index < pages_.size() && pages_[index].address != address) ++index;
  return index;
}

// nullptr where the page cannot be executed.
CodeWalk::Page* CodeWalk::enter_page(std::uint64_t address) {
  const std::uint32_t index = find_page(address);
  if (index < pages_.size()) return &pages_[index];
  if (memory_.find_obstacle(address, guest::PAGE_SIZE, Permissions::EXECUTE)) return nullptr;
  pages_.push_back({address, memory_.page_for_reading(address), {}});
  return &pages_.back();
}

std::uint32_t CodeWalk::word_at(const Page& page, std::uint64_t pc) {
  std::uint32_t word = 0;
  std::memcpy(&word, page.bytes + pc % guest::PAGE_SIZE, sizeof word);
  return word;
}

void CodeWalk::gather_one(Lanes<BatchMemory>& lanes, std::uint32_t lane, Page& page, std::uint64_t pc,
                          const BatchOp& op) {
  const std::uint64_t index = pc % guest::PAGE_SIZE / 4;
  page.gathered[index / 64] |= std::uint64_t{1} << index % 64;
  lanes.pc[lane] = pc;
  lanes.ops[lane] = op;
}

// Gathers both sides of the branch in the lane before `lane`, whose page they must be on, as far as `most` lanes allow.
// Returns how many lanes; 0 where that cannot be done.
std::uint32_t CodeWalk::gather_sides(Lanes<BatchMemory>& lanes, std::uint32_t lane, std::uint32_t most, Page& page) {
  const std::uint64_t pc = lanes.pc[lane - 1];
  const auto op_at = [&](std::uint64_t address) -> const BatchOp* {
    return (address & guest::PAGE_MASK) == page.address ? &decoder_.decode(word_at(page, address)) : nullptr;
  };
  // The decoder may change what it gave a reference to: the branch is the lane's own.
  const BranchSides sides = find_sides(pc, lanes.ops[lane - 1], op_at);
  const std::uint32_t count = std::min(sides.instructions(), most - lane);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t address = pc + 4 + std::uint64_t{i} * 4;
    gather_one(lanes, lane + i, page, address, on_side(*op_at(address), i + 1, i >= sides.next));
    side_lanes_.push_back(lane + i);
  }
  return count;
}

std::uint32_t CodeWalk::gather(Lanes<BatchMemory>& lanes, std::uint64_t pc, std::uint32_t most,
                               const StopsBefore& stops_before, const EndsAt& ends_at) {
  predictor_.begin();
  pages_.clear();
  branch_lanes_.clear();
  side_lanes_.clear();
  Page* page = nullptr;
  std::uint32_t lane = 0;
  while (lane < most && pc % 4 == 0) {
    const std::uint64_t page_address = pc & guest::PAGE_MASK;
    if (page == nullptr || page->address != page_address) {
      page = enter_page(page_address);
      if (page == nullptr) break;
    }
    const BatchOp& op = decoder_.decode(word_at(*page, pc));
    if (!op.is_batchable || (stops_before && stops_before(pc))) break;
    gather_one(lanes, lane++, *page, pc, op);
    if (op.flow == Flow::NEXT) {
      pc += 4;
      continue;
    }
    branch_lanes_.push_back(lane - 1);
    // Execution may have to stop on a side.
    if (op.flow == Flow::CONDITIONAL && predictor_.is_in_doubt(pc) && !stops_before) {
      if (const std::uint32_t sides = gather_sides(lanes, lane, most, *page); sides > 0) {
        lane += sides;
        pc = lanes.pc[lane - 1] + 4;
        continue;
      }
    }
    // Not `op`: the decoder may have put another word there.
    const auto next = predictor_.guess(pc, lanes.ops[lane - 1]);
    if (!next || (ends_at && *next < pc && ends_at(*next))) break;
    pc = *next;
  }
  return lane;
}

std::vector<BatchOp> CodeWalk::straight_run(std::uint64_t pc, std::size_t most) {
  std::vector<BatchOp> run;
  while (run.size() < most && pc % 4 == 0) {
    const auto word = memory_.read_value<std::uint32_t>(pc, Permissions::EXECUTE);
    if (!word) break;
    run.push_back(decoder_.decode(*word));
    if (run.back().flow != Flow::NEXT || !run.back().is_batchable) break;
    pc += 4;
  }
  return run;
}

bool CodeWalk::holds_code(std::uint64_t address, std::uint32_t size) const {
  for (std::uint64_t word = address / 4; word <= (address + size - 1) / 4; ++word) {
    const std::uint32_t index = find_page(word * 4 & guest::PAGE_MASK);
    if (index == pages_.size()) continue;
    const std::uint64_t in_page = word % PAGE_WORDS;
    if ((pages_[index].gathered[in_page / 64] >> in_page % 64 & 1) != 0) return true;
  }
  return false;
}

}  // namespace armillion::engine::tensor
