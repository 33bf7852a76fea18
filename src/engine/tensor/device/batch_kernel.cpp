// The entry points of the tensor engine's device program, which is compiled to PTX and embedded in the library.
#include "engine/tensor/device/array_addition.hpp"
#include "engine/tensor/device/batch_loop.hpp"

namespace armillion::engine::tensor {

namespace {

// Bytes, because objects in shared memory cannot be constructed.
alignas(BatchShared) __attribute__((address_space(3))) unsigned char shared_bytes[sizeof(BatchShared)];

}  // namespace

#define ARMILLION_KERNEL extern "C" __attribute__((nvptx_kernel)) void

/// One block.
ARMILLION_KERNEL armillion_tensor_run(std::uint64_t run) {
  const Team team{static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_tid_x()),
                  static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_ntid_x())};
  auto* shared = (BatchShared*)(&shared_bytes[0]);               // NOLINT: to a generic address
  run_batches(reinterpret_cast<DeviceRun*>(run), shared, team);  // NOLINT(performance-no-int-to-ptr)
}

/// The threads of all blocks.
ARMILLION_KERNEL armillion_tensor_add_arrays(std::uint64_t addition) {
  const auto thread = static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_tid_x());
  const auto threads = static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_ntid_x());
  const auto block = static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_ctaid_x());
  const auto blocks = static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_nctaid_x());
  add_arrays(*reinterpret_cast<const ArrayAddition*>(addition),  // NOLINT(performance-no-int-to-ptr)
             {.index = block * threads + thread, .size = blocks * threads});
}

}  // namespace armillion::engine::tensor
