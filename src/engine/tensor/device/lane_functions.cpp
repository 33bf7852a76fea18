// The table of functions behind `execute_lane`. Compiled for the device, as a part of its program that is linked to
// batch_kernel.cpp when it is loaded, and for the host.
#include "engine/tensor/device/lane_functions.hpp"

#include <utility>

#include "engine/tensor/lane_machine.hpp"
#include "isa/semantics/branches.hpp"
#include "isa/semantics/data_processing_immediate.hpp"
#include "isa/semantics/data_processing_register.hpp"
#include "isa/semantics/load_store_atomic.hpp"
#include "isa/semantics/load_store_exclusive.hpp"
#include "isa/semantics/load_store_pair.hpp"
#include "isa/semantics/load_store_register.hpp"
#include "isa/semantics/system.hpp"

// The sections of kernels.hpp.
#define A64_SECTION "engine/tensor/device/batch_sections.inc"
#include "isa/operations.hpp"
#include "isa/predecode.hpp"

namespace armillion::engine::tensor {

namespace {

using LaneFunction = bool(Lanes<DeviceMemory>& lanes, std::uint32_t lane);

template <class Row, std::uint32_t VARIANT>
[[gnu::noinline]] bool execute_one(Lanes<DeviceMemory>& lanes, std::uint32_t lane) {
  LaneMachine<DeviceMemory> machine(lanes, lane);
  isa::Binding<Row>::template execute<VARIANT>(
      machine,
      isa::MicroOp{.handler = 0, .registers = {0, 1, 2, 3}, .extra = 0, .immediate = lanes.ops[lane].immediate});
  return machine.finish();
}

struct Table {
  LaneFunction* functions[isa::ROW_HANDLER_COUNT];
};

template <class Row, std::uint32_t... VARIANT>
consteval void add_row(Table& table, std::integer_sequence<std::uint32_t, VARIANT...>) {
  ((table.functions[isa::first_handler(Row::OPCODE) + VARIANT] = &execute_one<Row, VARIANT>), ...);
}

template <class Row>
consteval void add_row(Table& table) {
  add_row<Row>(table, std::make_integer_sequence<std::uint32_t, isa::Binding<Row>::VARIANT_COUNT>{});
}

consteval Table make_table() {
  Table table{};
#define A64(NAME_, ...) add_row<isa::operations::NAME_>(table);
#include A64_SECTION
#undef A64
  return table;
}

constexpr Table TABLE = make_table();

}  // namespace

bool execute_lane(Lanes<DeviceMemory>& lanes, std::uint32_t lane) {
  return TABLE.functions[lanes.ops[lane].kernel](lanes, lane);
}

}  // namespace armillion::engine::tensor
