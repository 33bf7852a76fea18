#include "engine/tensor/kernels.hpp"

#include "engine/tensor/branch_sides.hpp"
#include "isa/predecode.hpp"

namespace armillion::engine::tensor {

#define ARMILLION_SECTION(NAME) void install_##NAME(Operation* table);
#include "engine/tensor/sections.inc"
#undef ARMILLION_SECTION

std::span<const Operation> operations() {
  struct Table {
    Operation operations[isa::ROW_HANDLER_COUNT];
    Table() : operations() {
#define ARMILLION_SECTION(NAME) install_##NAME(operations);
#include "engine/tensor/sections.inc"
#undef ARMILLION_SECTION
    }
  };
  static const Table TABLE;
  return TABLE.operations;
}

void execute_lanes(Lanes<BatchMemory>& lanes, std::span<const std::uint32_t> order,
                   std::span<const std::uint32_t> waves, bool has_sides) {
  const auto table = operations();
  std::size_t first = 0;
  while (first < order.size()) {
    const std::uint32_t wave = waves[order[first]];
    const std::uint16_t kernel = lanes.ops[order[first]].kernel;
    std::size_t end = first + 1;
    while (end < order.size() && lanes.ops[order[end]].kernel == kernel && waves[order[end]] == wave) ++end;
    std::size_t wanted = end;
    while (wanted > first && order[wanted - 1] >= lanes.stop) --wanted;
    if (wanted > first) table[kernel].kernel(lanes, &order[first], static_cast<std::uint32_t>(wanted - first));
    for (std::size_t i = first; has_sides && i < wanted; ++i) select_side(lanes, order[i]);
    first = end;
  }
}

}  // namespace armillion::engine::tensor
