#include "engine/gpu/device_code.hpp"

// Kernels that do nothing, for the tests of what surrounds them. A real driver takes them as well.
namespace armillion::engine::gpu {

namespace {

constexpr const char* KERNELS = R"(
.version 6.0
.target sm_70
.address_size 64
.visible .entry armillion_run(.param .u64 launch) { ret; }
.visible .entry armillion_reset_memory(.param .u64 launch) { ret; }
.visible .entry armillion_reset_state(.param .u64 launch) { ret; }
.visible .entry armillion_copy_guest_memory(.param .u64 launch) { ret; }
.visible .entry armillion_clean(.param .u64 launch) { ret; }
.visible .entry armillion_reset_lanes(.param .u64 launch) { ret; }
.visible .entry armillion_write_pages(.param .u64 launch) { ret; }
.visible .entry armillion_copy_cells(.param .u64 launch) { ret; }
.visible .entry armillion_resume(.param .u64 launch) { ret; }
.visible .entry armillion_stop(.param .u64 launch) { ret; }
.visible .entry armillion_summarize(.param .u64 launch) { ret; }
)";

constexpr const char* TABLES = R"(
.version 6.0
.target sm_70
.address_size 64
.visible .global .align 4 .u32 armillion_table;
)";

constexpr const char* TENSOR_KERNEL = R"(
.version 6.0
.target sm_70
.address_size 64
.visible .entry armillion_tensor_run(.param .u64 run) { ret; }
.visible .entry armillion_tensor_add_arrays(.param .u64 addition) { ret; }
)";

}  // namespace

std::vector<std::string> device_code_ptx() { return {KERNELS, TABLES}; }
std::string_view device_code_version() { return "empty"; }
std::vector<std::string> tensor_code_ptx() { return {TENSOR_KERNEL, TABLES}; }
std::string_view tensor_code_version() { return "empty, of the tensor engine"; }

}  // namespace armillion::engine::gpu
