// The entry points of the program that GPUs run for vector kernels. It is compiled to PTX and embedded in the library.
#include "ops/executors/gpu/kernels.hpp"

namespace armillion::ops::gpu {
namespace {

// Its size is the launch's. (Bytes, because objects in shared memory cannot be constructed.)
extern "C" ARMILLION_SHARED unsigned char armillion_ops_shared[] __attribute__((aligned(16)));

class DeviceBlock {
 public:
  ARMILLION_INLINE std::uint64_t index() const { return static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_ctaid_x()); }
  ARMILLION_INLINE std::uint64_t count() const { return static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_nctaid_x()); }

  template <class Body>
  ARMILLION_INLINE void for_each_thread(const Body& body) const {
    body(static_cast<std::uint32_t>(__nvvm_read_ptx_sreg_tid_x()));
  }
  ARMILLION_INLINE void synchronize() const { __syncthreads(); }

  template <class T>
  ARMILLION_INLINE ARMILLION_SHARED T* shared() const {
    return reinterpret_cast<ARMILLION_SHARED T*>(&armillion_ops_shared[0]);
  }

  template <class T>
  class PerThread {
   public:
    ARMILLION_INLINE T& operator[](std::uint32_t) { return value_; }

   private:
    T value_;
  };
};

}  // namespace

// The parentheses around a function keep the commas of its template arguments together.
#define ARMILLION_WITHOUT_PARENTHESES(...) __VA_ARGS__
#define ARMILLION_OPS_KERNEL(NAME, FUNCTION, ARGUMENTS)                                     \
  extern "C" __attribute__((nvptx_kernel)) void armillion_ops_##NAME(ARGUMENTS arguments) { \
    ARMILLION_WITHOUT_PARENTHESES FUNCTION(DeviceBlock(), arguments);                       \
  }
#include "ops/executors/gpu/kernels.inc"

}  // namespace armillion::ops::gpu
