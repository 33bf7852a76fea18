// The entry points of the device's program, which is compiled to PTX and embedded in the library. Names and order are
// those of `Kernel` in backend.hpp.
#include "engine/gpu/lane_kernels.hpp"

namespace armillion::engine::gpu {

namespace {

// One block is one warp. Bytes, because objects in shared memory cannot be constructed.
alignas(WarpShared) ARMILLION_SHARED unsigned char shared_bytes[sizeof(WarpShared)];

ARMILLION_INLINE ARMILLION_SHARED WarpShared* shared() {
  return reinterpret_cast<ARMILLION_SHARED WarpShared*>(&shared_bytes[0]);
}

ARMILLION_INLINE Thread this_thread() {
  const auto warp = static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_ctaid_x());
  const auto lane = static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_tid_x());
  const auto warps = static_cast<std::uint64_t>(__nvvm_read_ptx_sreg_nctaid_x());
  return {warp, lane, std::uint64_t{warp} * WARP_LANES + lane, warps * WARP_LANES};
}

ARMILLION_INLINE const ARMILLION_GLOBAL Launch* launch_at(DeviceAddress address) {
  return target::global<const Launch>(address);
}

}  // namespace

#define ARMILLION_KERNEL extern "C" __attribute__((nvptx_kernel)) void

ARMILLION_KERNEL armillion_run(DeviceAddress launch) {
  const Thread thread = this_thread();
  prepare_warp(shared(), thread.warp, thread.lane, WARP_LANES);
  target::synchronize(~0u);
  run_kernel(launch_at(launch), shared(), thread);
}

ARMILLION_KERNEL armillion_reset_memory(DeviceAddress launch) { reset_memory_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_reset_state(DeviceAddress launch) { reset_state_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_copy_guest_memory(DeviceAddress launch) {
  const Thread thread = this_thread();
  prepare_warp(shared(), thread.warp, thread.lane, WARP_LANES);
  target::synchronize(~0u);
  copy_guest_memory_kernel(launch_at(launch), shared(), thread);
}

ARMILLION_KERNEL armillion_clean(DeviceAddress launch) { clean_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_reset_lanes(DeviceAddress launch) { reset_lanes_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_write_pages(DeviceAddress launch) {
  const Thread thread = this_thread();
  prepare_warp(shared(), thread.warp, thread.lane, WARP_LANES);
  target::synchronize(~0u);
  write_pages_kernel(launch_at(launch), shared(), thread);
}

ARMILLION_KERNEL armillion_copy_cells(DeviceAddress launch) { copy_cells_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_resume(DeviceAddress launch) { resume_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_stop(DeviceAddress launch) { stop_kernel(launch_at(launch), this_thread()); }

ARMILLION_KERNEL armillion_summarize(DeviceAddress launch) { summarize_kernel(launch_at(launch), this_thread()); }

}  // namespace armillion::engine::gpu
