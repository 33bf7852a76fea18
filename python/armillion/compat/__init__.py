"""Classes with the names, defaults and fields of an earlier AArch64 emulator for Metal, MLX and PyTorch, so that its
users' scripts run when they import from here:

    from armillion.compat import MLXKernelCPU, StopReason      # was: from mlx_kernel import ...
    from armillion.compat import ContinuousMetalCPU            # was: from kvrm_metal import ...
    from armillion.compat import TensorNativeCPU               # was: from neural_cpu_tensor_native import ...

They are thin over `armillion.Machine` and `armillion.Fleet`, and take a keyword that the earlier ones had not,
``device`` ("cpu" unless told otherwise: one machine alone is much faster there than on a GPU).

What is kept: a stop at SVC or HLT leaves pc at that instruction, which ``cycles`` does not count, so that scripts that
handle a call and then set pc to pc + 4 go on as before; a word of zeros halts; registers are signed, and number 31 is
the stack pointer, but where a method says otherwise.

What is different: every instruction does what the architecture says, where the earlier kernels skipped those they did
not know. What has no name there, an undefined instruction or a bad access, raises `UnexpectedStop`. Nothing is printed.
"""

from armillion.compat._common import ExecutionResult, StopReason, UnexpectedStop
from armillion.compat._metal import AsyncMetalCPU, AsyncStatus, ContinuousMetalCPU, ContinuousResult, MetalCPU, Signal
from armillion.compat._mlx import MLXKernelCPU, create_cpu
from armillion.compat._parallel import ParallelMetalCPU, ParallelResult
from armillion.compat._tensor import ExecutionStats, TensorNativeCPU

__all__ = [
    "AsyncMetalCPU",
    "AsyncStatus",
    "ContinuousMetalCPU",
    "ContinuousResult",
    "ExecutionResult",
    "ExecutionStats",
    "MLXKernelCPU",
    "MetalCPU",
    "ParallelMetalCPU",
    "ParallelResult",
    "Signal",
    "StopReason",
    "TensorNativeCPU",
    "UnexpectedStop",
    "create_cpu",
]
