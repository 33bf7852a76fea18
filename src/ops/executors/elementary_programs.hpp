#pragma once

#include "ops/executors/assembler.hpp"
#include "ops/executors/kinds.hpp"

namespace armillion::ops {

/// Writes instructions that compute an elementary function of the floating-point numbers in all lanes of `x`, with the
/// bits of vector kernels that have a fused multiplication. Returns the vector with the result. Registers from V4 on
/// are used.
V emit_elementary(Assembler& code, ElementwiseKind kind, ElementType type, V x);

}  // namespace armillion::ops
