"""The PyTorch class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsIndex

from armillion._core import RunResult
from armillion._types import BytesLike
from armillion.compat._common import (
    DEFAULT_MEMORY_BYTES,
    INSTRUCTION_BYTES,
    SingleMachine,
    Stop,
    StopReason,
    understand,
)
from armillion.errors import InvalidArgumentError, UnavailableError

ENGINES = ("interpreter",)


@dataclass(frozen=True)
class ExecutionStats:
    """What a run did. Branches are not counted here: their fields are None."""

    instructions_executed: int
    cycles: int
    time_seconds: float
    syscalls: int
    branches_taken: int | None = None
    branches_not_taken: int | None = None

    @property
    def ips(self) -> float:
        return self.instructions_executed / self.time_seconds if self.time_seconds > 0 else 0.0


class TensorNativeCPU(SingleMachine):
    """One machine whose runs end at HLT and behind the first SVC. After HLT it stays halted."""

    def __init__(
        self, mem_size: int = DEFAULT_MEMORY_BYTES, *, device: str = "cpu", engine: str = "interpreter"
    ) -> None:
        """:raises UnavailableError: for an engine that this version does not have."""
        if engine not in ENGINES:
            raise UnavailableError(f"there is no engine {engine!r}: this version has {', '.join(map(repr, ENGINES))}")
        super().__init__(mem_size, device)
        self.mem_size = mem_size
        self.engine = engine
        self.halted = False
        self.inst_count = 0
        self.syscall_count = 0

    @property
    def pc(self) -> int:
        return self._machine.pc

    @pc.setter
    def pc(self, value: SupportsIndex) -> None:
        self._machine.pc = value

    def load_program(self, program: BytesLike | Iterable[SupportsIndex], address: int = 0) -> None:
        """Writes bytes, or a list of instruction words, to memory, sets pc to it, and ends a halt."""
        self._machine.load_program(program, address)
        self.halted = False

    def step(self) -> tuple[bool, bool]:
        """One instruction: whether the machine can go on, and whether pc is at an SVC, which is left to the caller."""
        if self.halted:
            return False, False
        stop = self._understand(self._machine.step())
        return stop.reason != StopReason.HALT, stop.reason == StopReason.SYSCALL

    def run(self, max_instructions: int = 1_000_000) -> ExecutionStats:
        """Runs until HLT, behind the first SVC, or so many instructions."""
        return self._run(max_instructions)

    def run_zero_sync(self, max_instructions: int = 1_000_000, batch_size: int = 64) -> ExecutionStats:
        """The same; ``cycles`` are batches. Stops exactly at the limit, which used to be passed by up to a batch."""
        if batch_size < 1:
            raise InvalidArgumentError("a batch has at least one instruction")
        stats = self._run(max_instructions)
        batches = -(-stats.instructions_executed // batch_size)
        return ExecutionStats(stats.instructions_executed, batches, stats.time_seconds, stats.syscalls)

    def _run(self, max_instructions: int) -> ExecutionStats:
        self.inst_count = 0
        self.syscall_count = 0
        if self.halted:
            return ExecutionStats(0, 0, 0.0, 0)
        stop = self._understand(self._machine.execute(max_instructions))
        if stop.reason == StopReason.SYSCALL:
            self._machine.pc += INSTRUCTION_BYTES
        return ExecutionStats(self.inst_count, self.inst_count, stop.elapsed_seconds, self.syscall_count)

    def _understand(self, result: RunResult) -> Stop:
        stop = understand(self._machine, result)
        self.inst_count += stop.cycles
        self.syscall_count += stop.reason == StopReason.SYSCALL
        self.halted = stop.reason == StopReason.HALT
        return stop
