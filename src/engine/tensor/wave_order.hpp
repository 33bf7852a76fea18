#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tensor/batch_op.hpp"

namespace armillion::engine::tensor {

/// Lanes in the order in which they execute: wave after wave, within a wave by kernel, and within a kernel as the
/// program has them.
class WaveOrder {
 public:
  explicit WaveOrder(std::uint32_t most_lanes);

  /// `waves` and `ops` are by lane; waves are 1 to `last_wave`.
  void sort(std::span<const BatchOp> ops, std::span<const std::uint32_t> waves, std::uint32_t last_wave);

  std::span<const std::uint32_t> lanes() const { return {order_.data(), count_}; }

 private:
  /// Number of each kernel within this batch, in the order of its first lane.
  std::uint32_t number_of(std::uint16_t kernel);

  std::uint32_t count_ = 0;
  std::uint64_t batch_ = 0;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> by_kernel_;
  std::vector<std::uint16_t> numbers_;
  std::vector<std::uint32_t> starts_;
  struct Number {
    std::uint64_t batch = 0;
    std::uint16_t number = 0;
  };
  std::vector<Number> kernel_numbers_;
  std::uint16_t kernels_ = 0;
};

}  // namespace armillion::engine::tensor
