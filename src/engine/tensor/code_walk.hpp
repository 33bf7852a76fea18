#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/tensor/batch_memory.hpp"
#include "engine/tensor/branch_predictor.hpp"
#include "engine/tensor/decode.hpp"
#include "engine/tensor/lanes.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::tensor {

/// Gathers the instructions of a batch: those that execution will come to if all branches go where they are expected
/// to.
class CodeWalk {
 public:
  explicit CodeWalk(guest::AddressSpace& memory) : memory_(memory) {}

  /// Whether execution must stop before the instruction at `pc`; empty where there are no such addresses.
  using StopsBefore = std::function<bool(std::uint64_t pc)>;

  /// Whether a batch should end behind a branch back to `pc`, as something is to be done there; empty for never.
  using EndsAt = std::function<bool(std::uint64_t pc)>;

  /// Fills `pc` and `ops` of the first lanes with what execution from `pc` comes to, and returns how many lanes: at
  /// most `most`, and up to, without it, the first instruction that no batch may hold. Each word is read as it is in
  /// memory now. Of a branch that cannot be guessed well both sides are gathered where they are short.
  std::uint32_t gather(Lanes<BatchMemory>& lanes, std::uint64_t pc, std::uint32_t most, const StopsBefore& stops_before,
                       const EndsAt& ends_at);

  /// The lanes with branches, in their order, but for those on sides of others.
  const std::vector<std::uint32_t>& branch_lanes() const { return branch_lanes_; }
  /// The lanes on sides of branches, in their order.
  const std::vector<std::uint32_t>& side_lanes() const { return side_lanes_; }
  /// Whether the bytes [address, address + size) are part of an instruction that was gathered.
  bool holds_code(std::uint64_t address, std::uint32_t size) const;

  BranchPredictor& predictor() { return predictor_; }

  /// The instructions from `pc` through the first branch, at most `most`; all that can be executed.
  std::vector<BatchOp> straight_run(std::uint64_t pc, std::size_t most);

 private:
  static constexpr std::uint64_t PAGE_WORDS = guest::PAGE_SIZE / 4;

  struct Page {
    std::uint64_t address;
    const std::byte* bytes;
    /// Words that were gathered.
    std::uint64_t gathered[PAGE_WORDS / 64];
  };

  std::uint32_t find_page(std::uint64_t address) const;
  Page* enter_page(std::uint64_t address);
  static std::uint32_t word_at(const Page& page, std::uint64_t pc);
  static void gather_one(Lanes<BatchMemory>& lanes, std::uint32_t lane, Page& page, std::uint64_t pc,
                         const BatchOp& op);
  std::uint32_t gather_sides(Lanes<BatchMemory>& lanes, std::uint32_t lane, std::uint32_t most, Page& page);

  guest::AddressSpace& memory_;
  BatchDecoder decoder_;
  BranchPredictor predictor_;
  std::vector<Page> pages_;
  std::vector<std::uint32_t> branch_lanes_;
  std::vector<std::uint32_t> side_lanes_;
};

}  // namespace armillion::engine::tensor
