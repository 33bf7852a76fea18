#include "engine/host_cpu.hpp"

#include "armillion/error.hpp"

namespace armillion::engine {

void require_host_cpu() {
#ifdef __x86_64__
  if (!__builtin_cpu_supports(ARMILLION_X86_LEVEL)) {
    throw Error(ErrorCode::UNAVAILABLE, "this build of Armillion needs a CPU of level " ARMILLION_X86_LEVEL
                                        "; for this machine, build it with -DARMILLION_X86_LEVEL=x86-64");
  }
#endif
}

}  // namespace armillion::engine
