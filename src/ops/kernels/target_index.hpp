#pragma once

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

namespace armillion::ops {

/// The place of a target's function in the tables that HWY_EXPORT makes.
inline std::size_t target_index(std::int64_t target) {
  if constexpr ((HWY_TARGETS & (HWY_TARGETS - 1)) == 0) return 0;
  hwy::ChosenTarget chosen;
  chosen.Update(target);
  return chosen.GetIndex();
}

}  // namespace armillion::ops
