"""The PyTorch class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsIndex

from armillion._core import Machine, RunResult
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

ENGINES = ("interpreter", "tensor")


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
    """One machine whose runs end at HLT and behind the first SVC. After HLT it stays halted.

    With the engine "tensor" batches of instructions are executed as arrays, as they used to be; the "interpreter" is
    much faster. Both end in the same state.
    """

    def __init__(
        self, mem_size: int = DEFAULT_MEMORY_BYTES, *, device: str = "cpu", engine: str = "interpreter"
    ) -> None:
        """:raises UnavailableError: for an engine that this version does not have."""
        if engine not in ENGINES:
            raise UnavailableError(f"there is no engine {engine!r}: this version has {', '.join(map(repr, ENGINES))}")
        super().__init__(mem_size, device, engine)
        self.mem_size = mem_size
        self.engine = engine
        self._tensor_batch: int | None = None
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
        """The same in batches, which ``cycles`` counts. Stops exactly at the limit, which used to be passed by up to a
        batch.

        With the engine "tensor" a batch has so many instructions at most, and those are counted that there were; where
        that is another size than before, ``machine`` is a new one with the old one's state and memory. The interpreter
        has no batches: as many are counted as the instructions would fill.
        """
        if batch_size < 1:
            raise InvalidArgumentError("a batch has at least one instruction")
        if self.engine == "tensor":
            self._use_batches_of(batch_size)
        before = self._machine.tensor_statistics.batches
        stats = self._run(max_instructions)
        batches = self._machine.tensor_statistics.batches - before
        if self.engine != "tensor":
            batches = -(-stats.instructions_executed // batch_size)
        return ExecutionStats(stats.instructions_executed, batches, stats.time_seconds, stats.syscalls)

    def _use_batches_of(self, batch_size: int) -> None:
        if batch_size == self._tensor_batch:
            return
        machine = Machine(self.memory_size, device=self._machine.device, engine=self.engine, tensor_batch=batch_size)
        machine.restore(self._machine.snapshot())
        self._machine.close()
        self._machine, self._tensor_batch = machine, batch_size

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
