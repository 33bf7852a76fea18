"""The Metal kernels' classes for one machine: at once, in batches, in the background."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import SupportsIndex

import numpy as np

from armillion._core import StopReason as MachineStop
from armillion._types import BytesLike
from armillion.compat._common import (
    DEFAULT_MEMORY_BYTES,
    REGISTER_COUNT,
    ExecutionResult,
    SingleMachine,
    Stop,
    StopReason,
    as_bytes,
    understand,
)
from armillion.errors import InvalidArgumentError


class Signal(IntEnum):
    """How a run in batches ended."""

    RUNNING = 0
    HALT = 1
    SYSCALL = 2
    CHECKPOINT = 3


class _MetalMachine(SingleMachine):
    """What the Metal classes share. A list that is loaded or written has the values of bytes."""

    def __init__(self, memory_size: int = DEFAULT_MEMORY_BYTES, *, device: str = "cpu") -> None:
        super().__init__(memory_size, device)
        self._total_instructions = 0

    @property
    def total_instructions(self) -> int:
        """Of all runs since the last reset."""
        return self._total_instructions

    def load_program(self, program: BytesLike | Iterable[SupportsIndex], address: int = 0) -> None:
        """Writes bytes, or a list of their values, to memory; pc stays where it is."""
        self._machine.write_memory(address, as_bytes(program))

    def read_memory_64(self, address: int) -> int:
        """The 64 bits at an address, without a sign."""
        return int.from_bytes(self._machine.read_memory(address, 8), "little")

    def reset(self) -> None:
        """Registers, pc, flags and the count to 0; memory stays."""
        self.set_registers_numpy(np.zeros(REGISTER_COUNT, dtype=np.int64))
        self.set_flags(False, False, False, False)
        self.set_pc(0)
        self._total_instructions = 0


class MetalCPU(_MetalMachine):
    """One machine, stepped by ``execute``."""

    def execute(self, max_cycles: int = 100_000) -> ExecutionResult:
        """Runs until HLT, SVC or so many instructions."""
        stop = understand(self._machine, self._machine.execute(max_cycles))
        self._total_instructions += stop.cycles
        return ExecutionResult(stop.cycles, stop.elapsed_seconds, stop.reason, self._machine.pc)


@dataclass(frozen=True)
class ContinuousResult:
    """What a run in batches did."""

    total_cycles: int
    batch_count: int
    signal: Signal
    elapsed_seconds: float
    final_pc: int

    @property
    def signal_name(self) -> str:
        return self.signal.name

    @property
    def ips(self) -> float:
        return self.total_cycles / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0


class ContinuousMetalCPU(_MetalMachine):
    """One machine, run in batches without Python between them."""

    def __init__(
        self,
        memory_size: int = DEFAULT_MEMORY_BYTES,
        cycles_per_batch: int = 10_000_000,
        *,
        device: str = "cpu",
    ) -> None:
        super().__init__(memory_size, device=device)
        if cycles_per_batch < 1:
            raise InvalidArgumentError("a batch has at least one instruction")
        self.cycles_per_batch = cycles_per_batch

    def execute_continuous(self, max_batches: int = 1000, timeout_seconds: float = 60.0) -> ContinuousResult:
        """Runs batch after batch until HLT, SVC, the last batch or the timeout; the last two signal CHECKPOINT."""
        result = self._machine.execute_continuous(
            batch_instructions=self.cycles_per_batch, max_batches=max_batches, timeout_seconds=timeout_seconds
        )
        stop = understand(self._machine, result)
        # A batch that was begun counts, also where it did not get far.
        return self._result(stop, -(-result.instructions // self.cycles_per_batch))

    def execute_mega(self, total_cycles: int = 100_000_000) -> ContinuousResult:
        """Runs until HLT, SVC or all of these instructions, as one batch."""
        stop = understand(self._machine, self._machine.execute_mega(total_cycles))
        return self._result(stop, 1)

    def _result(self, stop: Stop, batch_count: int) -> ContinuousResult:
        self._total_instructions += stop.cycles
        return ContinuousResult(
            total_cycles=stop.cycles,
            batch_count=batch_count,
            signal=Signal.CHECKPOINT if stop.reason == StopReason.MAX_CYCLES else Signal(int(stop.reason)),
            elapsed_seconds=stop.elapsed_seconds,
            final_pc=self._machine.pc,
        )


@dataclass(frozen=True)
class AsyncStatus:
    """How far a run in the background is."""

    is_running: bool
    cycles_executed: int
    signal: int
    """A StopReason's number; 4 where the run was cancelled, which the earlier emulator could not do."""
    elapsed_seconds: float

    @property
    def signal_name(self) -> str:
        """RUNNING, HALT, SYSCALL, MAX_CYCLES or CANCELLED."""
        return "CANCELLED" if self.signal == CANCELLED_SIGNAL else StopReason(self.signal).name

    @property
    def ips(self) -> float:
        return self.cycles_executed / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0


CANCELLED_SIGNAL = 4


class AsyncMetalCPU(_MetalMachine):
    """One machine that runs in the background. While it does, only the methods below may be called."""

    def __init__(self, memory_size: int = DEFAULT_MEMORY_BYTES, *, device: str = "cpu") -> None:
        super().__init__(memory_size, device=device)
        self._start_time: float | None = None
        self._final: AsyncStatus | None = None

    def start(self, max_cycles: int) -> None:
        """Begins a run and returns at once."""
        self._machine.start(max_cycles)
        self._final = None
        self._start_time = time.perf_counter()

    def is_running(self) -> bool:
        return self._machine.is_running

    def poll(self) -> AsyncStatus:
        """How far the run is, without waiting for anything. Before the first run: 0 instructions, RUNNING."""
        if self._final is not None:
            return self._final
        if self._start_time is None:
            return AsyncStatus(False, 0, StopReason.RUNNING, 0.0)
        progress = self._machine.poll()
        if not progress.is_running:
            return self.wait()
        elapsed_seconds = time.perf_counter() - self._start_time
        return AsyncStatus(True, progress.instructions, StopReason.RUNNING, elapsed_seconds)

    def wait(self) -> AsyncStatus:
        """Waits for the end of the run."""
        if self._final is not None:
            return self._final
        result = self._machine.wait()
        if result.stop_reason == MachineStop.CANCELLED:
            self._final = AsyncStatus(False, result.instructions, CANCELLED_SIGNAL, result.elapsed_seconds)
        else:
            stop = understand(self._machine, result)
            self._final = AsyncStatus(False, stop.cycles, stop.reason, stop.elapsed_seconds)
        self._total_instructions += self._final.cycles_executed
        return self._final

    def cancel(self) -> AsyncStatus:
        """Stops the run, and returns how far it came. ``start`` goes on from there."""
        if self._machine.is_running:
            self._machine.cancel()
        return self.poll() if self._start_time is None else self.wait()
