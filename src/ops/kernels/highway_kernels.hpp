#pragma once

#include <cstdint>

#include "ops/kernels/kernels.hpp"

namespace armillion::ops {

// Each puts the kernels of one group, compiled for `target` (a bit of Highway's HWY_TARGETS), in the place of what is
// in `kernels`. What has no instruction for it there, for instance the fused multiplication on SSE4, stays as it is.

void set_elementwise_kernels(std::int64_t target, Kernels& kernels);
void set_elementary_kernels(std::int64_t target, Kernels& kernels);
void set_reduction_kernels(std::int64_t target, Kernels& kernels);
void set_matrix_kernels(std::int64_t target, Kernels& kernels);

}  // namespace armillion::ops
