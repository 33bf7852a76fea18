#pragma once

#include <cstdint>
#include <vector>

#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/lanes.hpp"
#include "engine/tensor/store_overlay.hpp"

namespace armillion::engine::tensor {

/// Memory as a batch sees it. Stores wait in their lanes until the batch is committed. A load reads what was in memory
/// at the batch's start; that no earlier store of the batch would have changed it is found out afterwards, by address
/// (`settle`): the batch is then cut before the load. Loads that this has happened to are ordered from then on: they
/// wait for all earlier accesses of their batch and see what those have stored.
class BatchMemory {
 public:
  BatchMemory(Interpreter& interpreter, std::uint32_t most_lanes);

  /// Begins a batch without accesses.
  void begin();
  /// Lane `lane`, at `pc`, will make an access. In the order of lanes. Whether it is an ordered load.
  bool add_access(std::uint32_t lane, std::uint64_t pc, bool is_load);
  const std::vector<std::uint32_t>& access_lanes() const { return lanes_; }

  // For `LaneMachine`.
  bool load(Lanes<BatchMemory>& lanes, std::uint32_t lane, void* destination, std::uint32_t size);
  bool may_store(std::uint64_t address, std::uint32_t size) { return interpreter_.may_store(address, size); }

  /// Takes the accesses of all lanes before `end` into account, which have executed: the first load that should have
  /// seen an earlier store stops the batch.
  void settle(Lanes<BatchMemory>& lanes, std::uint32_t end);
  /// How many batches were cut before such a load.
  std::uint64_t conflicts() const { return conflicts_; }

 private:
  static constexpr std::size_t PREDICTIONS = 4096;
  /// How often an ordered load must find nothing stored before it becomes an ordinary one again.
  static constexpr std::uint8_t PATIENCE = 64;

  static std::size_t index_of(std::uint64_t pc) { return pc / 4 % PREDICTIONS; }

  Interpreter& interpreter_;
  StoreOverlay overlay_;
  /// Those that access memory, in their order; the first `settled_` are in the overlay.
  std::vector<std::uint32_t> lanes_;
  std::size_t settled_ = 0;
  std::vector<bool> is_ordered_;
  /// By address of the instruction: 0 for an ordinary load.
  std::vector<std::uint8_t> ordered_;
  std::uint64_t conflicts_ = 0;
};

}  // namespace armillion::engine::tensor
