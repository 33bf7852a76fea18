#pragma once

namespace armillion::engine {

/// Error(UNAVAILABLE) where this CPU lacks instructions that the interpreter was compiled for (`ARMILLION_X86_LEVEL`).
void require_host_cpu();

}  // namespace armillion::engine
