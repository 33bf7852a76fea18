"""Runs AArch64 programs, on the CPU and on GPUs, exactly and deterministically.

>>> import armillion
>>> machine = armillion.Machine()
>>> machine.load_program([0x91000400, 0xD4400000])  # add x0, x0, #1; hlt #0
>>> machine.x[0] = 41
>>> machine.execute().stop_reason.name, machine.x[0]
('HALT', 42)

`Machine` is a bare machine, `Process` one with Linux, `Fleet` many of either; `armillion.ops` has vector kernels over
numpy arrays, and `armillion.compat` classes with an earlier emulator's names.
"""

from armillion import errors, ops
from armillion._core import (
    Access,
    DeviceInfo,
    FaultKind,
    FleetProgress,
    FleetResult,
    InstructionInfo,
    Machine,
    MemoryAccess,
    MemoryFault,
    Permissions,
    ProcessResult,
    ProcessSnapshot,
    Progress,
    RunResult,
    Snapshot,
    State,
    StopReason,
    Symbol,
    SystemCallInfo,
    TensorStatistics,
    devices,
    disassemble,
    instruction_name,
    instruction_table,
    system_calls,
    why_no_gpu,
)
from armillion._core import version as __version__
from armillion._fleet import CallComparison, CallDifference, CallResult, Fleet
from armillion._lanes import Lane, LaneResults
from armillion._process import Process
from armillion.errors import (
    BadAddressError,
    BadProgramError,
    Error,
    FileUnreadableError,
    InvalidArgumentError,
    OutOfMemoryError,
    UnavailableError,
)

__all__ = [
    "Access",
    "BadAddressError",
    "BadProgramError",
    "CallComparison",
    "CallDifference",
    "CallResult",
    "DeviceInfo",
    "Error",
    "FaultKind",
    "FileUnreadableError",
    "Fleet",
    "FleetProgress",
    "FleetResult",
    "InstructionInfo",
    "InvalidArgumentError",
    "Lane",
    "LaneResults",
    "Machine",
    "MemoryAccess",
    "MemoryFault",
    "OutOfMemoryError",
    "Permissions",
    "Process",
    "ProcessResult",
    "ProcessSnapshot",
    "Progress",
    "RunResult",
    "Snapshot",
    "State",
    "StopReason",
    "Symbol",
    "SystemCallInfo",
    "TensorStatistics",
    "UnavailableError",
    "__version__",
    "devices",
    "disassemble",
    "errors",
    "instruction_name",
    "instruction_table",
    "ops",
    "system_calls",
    "why_no_gpu",
]
