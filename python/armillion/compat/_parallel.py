"""The Metal kernel's class for many machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from armillion._core import Machine, State
from armillion._core import StopReason as MachineStop
from armillion._fleet import Fleet
from armillion._types import BytesLike
from armillion.compat._common import (
    DEFAULT_MEMORY_BYTES,
    INSTRUCTION_BYTES,
    STACK_POINTER,
    StopReason,
    as_bytes,
    signed,
)
from armillion.errors import InvalidArgumentError


@dataclass(frozen=True)
class ParallelResult:
    """What a run of all lanes did."""

    elapsed_seconds: float
    cycles_per_lane: list[int]
    pcs_per_lane: list[int]
    stop_reasons: list[int]
    """Numbers of StopReason. A lane that stopped for a reason without a name there has -1; see ``lane_stops``."""
    lane_stops: list[MachineStop]
    """The lanes' stops in Armillion's own terms."""

    @property
    def num_lanes(self) -> int:
        return len(self.cycles_per_lane)

    @property
    def total_cycles(self) -> int:
        return sum(self.cycles_per_lane)

    def avg_ips(self) -> float:
        """Instructions per second of all lanes together."""
        return self.total_cycles / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0

    def min_cycles(self) -> int:
        return min(self.cycles_per_lane)

    def max_cycles(self) -> int:
        return max(self.cycles_per_lane)

    def lane_efficiency(self) -> float:
        """The shortest lane's instructions by the longest's: 1 where all lanes ran as far."""
        return self.min_cycles() / self.max_cycles() if self.max_cycles() > 0 else 1.0


class ParallelMetalCPU:
    """Many machines that run the same program, each with its own registers and pc.

    Each lane has a memory of its own, which starts as what was loaded; the earlier emulator's lanes shared one.
    """

    def __init__(self, num_lanes: int = 32, memory_size: int = DEFAULT_MEMORY_BYTES, *, device: str = "cpu") -> None:
        self._machine = Machine(memory_size)
        self._num_lanes = num_lanes
        self._device = device
        self._states = [State() for _ in range(num_lanes)]
        # Made by the first run: until then what is written is written once, for all lanes.
        self._fleet: Fleet | None = None
        if num_lanes < 1:
            raise InvalidArgumentError("there is at least one lane")

    def get_num_lanes(self) -> int:
        return self._num_lanes

    def load_program(self, program: BytesLike | Iterable[SupportsIndex], address: int = 0) -> None:
        """Writes bytes, or a list of their values, to the memory of every lane."""
        self.write_memory(address, program)

    def write_memory(self, address: int, data: BytesLike | Iterable[SupportsIndex]) -> None:
        """The same."""
        if self._fleet is None:
            self._machine.write_memory(address, as_bytes(data))
        else:
            self._fleet.write_memory(address, as_bytes(data))

    def read_memory(self, address: int, size: int, lane_id: int = 0) -> bytes:
        """Bytes of one lane's memory."""
        self._check_lane(lane_id)
        if self._fleet is None:
            return self._machine.read_memory(address, size)
        return self._fleet[lane_id].read_memory(address, size)

    def set_pc_all(self, pc: int) -> None:
        for state in self._states:
            state.pc = pc

    def set_pc_lane(self, lane_id: int, pc: int) -> None:
        self._check_lane(lane_id)
        self._states[lane_id].pc = pc

    def set_registers_lane(self, lane_id: int, registers: Sequence[int]) -> None:
        """X0 and up, as many as are given; number 31 is the stack pointer."""
        self._check_lane(lane_id)
        state = self._states[lane_id]
        if len(registers) > STACK_POINTER + 1:
            raise InvalidArgumentError(f"there are 32 registers, not {len(registers)}")
        for number, value in enumerate(registers[:STACK_POINTER]):
            state.x[number] = value % 2**64
        if len(registers) > STACK_POINTER:
            state.sp = registers[STACK_POINTER]

    def get_lane_registers(self, lane_id: int) -> list[int]:
        """X0 to X30 and the stack pointer, with signs."""
        self._check_lane(lane_id)
        state = self._states[lane_id]
        return [signed(value) for value in [*state.x.tolist(), state.sp]]

    def execute(self, max_cycles: int = 100_000) -> ParallelResult:
        """Runs every lane from its pc until HLT, SVC or so many instructions."""
        if self._fleet is None:
            self._fleet = Fleet(self._machine, self._num_lanes, device=self._device)
        for lane, state in enumerate(self._states):
            self._fleet.set_lane_state(lane, state)
        before = self._fleet.results().instructions.astype(np.int64)
        run = self._fleet.run(max_cycles)
        results = self._fleet.results()
        cycles = results.instructions.astype(np.int64) - before
        self._states = [lane.state for lane in self._fleet]

        names = {
            MachineStop.HALT: StopReason.HALT,
            MachineStop.SYSCALL: StopReason.SYSCALL,
            MachineStop.INSTRUCTION_LIMIT: StopReason.MAX_CYCLES,
        }
        stops = [MachineStop(int(number)) for number in results.stop_reason]
        reasons = []
        for lane, stop in enumerate(stops):
            is_call_or_halt = stop in (MachineStop.HALT, MachineStop.SYSCALL)
            cycles[lane] -= is_call_or_halt
            if stop == MachineStop.SYSCALL:
                self._states[lane].pc -= INSTRUCTION_BYTES
            if stop == MachineStop.UNDEFINED_INSTRUCTION and self._is_word_of_zeros(lane):
                reasons.append(int(StopReason.HALT))
            else:
                reasons.append(int(names.get(stop, -1)))
        return ParallelResult(
            elapsed_seconds=run.elapsed_seconds,
            cycles_per_lane=cycles.tolist(),
            pcs_per_lane=[state.pc for state in self._states],
            stop_reasons=reasons,
            lane_stops=stops,
        )

    def _is_word_of_zeros(self, lane: int) -> bool:
        return self.read_memory(self._states[lane].pc, INSTRUCTION_BYTES, lane) == bytes(INSTRUCTION_BYTES)

    def _check_lane(self, lane_id: int) -> None:
        if not 0 <= lane_id < self._num_lanes:
            raise InvalidArgumentError(f"there is no lane {lane_id}: there are {self._num_lanes}")
