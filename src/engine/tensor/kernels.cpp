#include "engine/tensor/kernels.hpp"

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

}  // namespace armillion::engine::tensor
