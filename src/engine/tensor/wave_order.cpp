#include "engine/tensor/wave_order.hpp"

#include "isa/predecode.hpp"

namespace armillion::engine::tensor {

namespace {

// One pass of a radix sort: `from` into `to`, stable, by `key`, which is less than `keys`.
template <class Key>
void counting_sort(std::span<const std::uint32_t> from, std::uint32_t* to, std::uint32_t keys,
                   std::vector<std::uint32_t>& starts, const Key& key) {
  starts.assign(keys + 1, 0);
  for (const std::uint32_t lane : from) ++starts[key(lane) + 1];
  for (std::uint32_t i = 1; i <= keys; ++i) starts[i] += starts[i - 1];
  for (const std::uint32_t lane : from) to[starts[key(lane)]++] = lane;
}

}  // namespace

WaveOrder::WaveOrder(std::uint32_t most_lanes)
    : order_(most_lanes), by_kernel_(most_lanes), numbers_(most_lanes), kernel_numbers_(isa::ROW_HANDLER_COUNT) {}

std::uint32_t WaveOrder::number_of(std::uint16_t kernel) {
  Number& number = kernel_numbers_[kernel];
  if (number.batch != batch_) number = {batch_, kernels_++};
  return number.number;
}

void WaveOrder::sort(std::span<const BatchOp> ops, std::span<const std::uint32_t> waves, std::uint32_t last_wave) {
  count_ = static_cast<std::uint32_t>(ops.size());
  ++batch_;
  kernels_ = 0;
  for (std::uint32_t lane = 0; lane < count_; ++lane) {
    numbers_[lane] = static_cast<std::uint16_t>(number_of(ops[lane].kernel));
    order_[lane] = lane;
  }
  const std::span<std::uint32_t> order(order_.data(), count_);
  const std::span<std::uint32_t> by_kernel(by_kernel_.data(), count_);
  counting_sort(order, by_kernel.data(), kernels_, starts_, [&](std::uint32_t lane) { return numbers_[lane]; });
  counting_sort(by_kernel, order.data(), last_wave, starts_, [&](std::uint32_t lane) { return waves[lane] - 1; });
}

}  // namespace armillion::engine::tensor
