#pragma once

#include <cstdint>

namespace armillion::isa {

/// An instruction decoded once, for every engine: which handler runs it, and its operands. 16 bytes, read as one load.
struct alignas(16) MicroOp {
  /// Number of the (row, values of its static fields) pair; see `predecode.hpp`.
  std::uint16_t handler;
  /// Register operands in the order of the row's fields.
  std::uint8_t registers[4];
  /// For the engine's own use.
  std::uint16_t extra;
  /// The other operands, the first in the lowest bits.
  std::uint64_t immediate;
};

static_assert(sizeof(MicroOp) == 16);

}  // namespace armillion::isa
