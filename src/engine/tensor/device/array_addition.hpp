#pragma once

#include <cstdint>

#include "engine/tensor/device/team.hpp"

namespace armillion::engine::tensor {

/// result[i] = a[i] + b[i]; addresses of the device's memory.
struct ArrayAddition {
  const std::uint64_t* a;
  const std::uint64_t* b;
  std::uint64_t* result;
  std::uint32_t count;
  std::uint32_t unused;
};

ARMILLION_INLINE void add_arrays(const ArrayAddition& addition, Team team) {
  team.for_each(addition.count, [&](std::uint32_t i) { addition.result[i] = addition.a[i] + addition.b[i]; });
}

}  // namespace armillion::engine::tensor
