"""What the classes have in common: their words for stops, and registers, flags and memory of one machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from armillion._core import Machine, RunResult
from armillion._core import StopReason as MachineStop
from armillion._types import BytesLike
from armillion.errors import BadAddressError, Error, InvalidArgumentError

DEFAULT_MEMORY_BYTES = 4 * 1024 * 1024
STACK_POINTER = 31
REGISTER_COUNT = 32
INSTRUCTION_BYTES = 4


class StopReason(IntEnum):
    """Why execution stopped."""

    RUNNING = 0
    HALT = 1
    SYSCALL = 2
    MAX_CYCLES = 3

    @property
    def name_str(self) -> str:
        return self.name


class UnexpectedStop(Error):
    """The machine stopped for a reason that the earlier emulator had no name for; it is as it was at that stop."""

    def __init__(self, result: RunResult) -> None:
        super().__init__(f"the program stopped by {result!r}")
        self.result = result


@dataclass(frozen=True)
class ExecutionResult:
    """What a call of ``execute`` did."""

    cycles: int
    elapsed_seconds: float
    stop_reason: StopReason
    final_pc: int

    @property
    def stop_reason_name(self) -> str:
        return self.stop_reason.name

    @property
    def ips(self) -> float:
        """Instructions per second."""
        return self.cycles / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0


@dataclass(frozen=True)
class Stop:
    """A machine's result in the earlier emulator's terms."""

    reason: StopReason
    cycles: int
    elapsed_seconds: float


def signed(value: int) -> int:
    """A register's 64 bits as a number with a sign."""
    return value - 2**64 if value >> 63 else value


def is_word_of_zeros(machine: Machine) -> bool:
    """Whether the word at pc is 0, by which programs used to halt."""
    try:
        return machine.read_memory(machine.pc, INSTRUCTION_BYTES) == bytes(INSTRUCTION_BYTES)
    except BadAddressError:
        return False


def understand(machine: Machine, result: RunResult) -> Stop:
    """What a run came to; leaves pc at the SVC that stopped it.

    :raises UnexpectedStop: for stops that have no name.
    """
    if result.stop_reason == MachineStop.HALT:
        return Stop(StopReason.HALT, result.instructions - 1, result.elapsed_seconds)
    if result.stop_reason == MachineStop.SYSCALL:
        machine.pc = result.pc - INSTRUCTION_BYTES
        return Stop(StopReason.SYSCALL, result.instructions - 1, result.elapsed_seconds)
    if result.stop_reason in (MachineStop.INSTRUCTION_LIMIT, MachineStop.TIMEOUT):
        return Stop(StopReason.MAX_CYCLES, result.instructions, result.elapsed_seconds)
    if result.stop_reason == MachineStop.UNDEFINED_INSTRUCTION and is_word_of_zeros(machine):
        return Stop(StopReason.HALT, result.instructions, result.elapsed_seconds)
    raise UnexpectedStop(result)


class SingleMachine:
    """Registers, flags and memory of one machine, as all of the classes have them."""

    def __init__(self, memory_size: int, device: str, engine: str = "interpreter") -> None:
        self.memory_size = memory_size
        self._machine = Machine(memory_size, device=device, engine=engine)

    @property
    def machine(self) -> Machine:
        """The machine behind it, for what the earlier emulator did not have: snapshots, breakpoints, hooks."""
        return self._machine

    def set_pc(self, value: int) -> None:
        self._machine.pc = value

    def get_pc(self) -> int:
        return self._machine.pc

    def get_register(self, reg: int) -> int:
        """X0 to X30 and, as number 31, the stack pointer; with a sign."""
        return signed(self._machine.sp if reg == STACK_POINTER else self._machine.x[reg])

    def set_register(self, reg: int, value: int) -> None:
        if reg == STACK_POINTER:
            self._machine.sp = value
        else:
            self._machine.x[reg] = value

    def get_registers_numpy(self) -> NDArray[np.int64]:
        """X0 to X30 and the stack pointer: int64, shape (32,)."""
        state = self._machine.state
        return np.append(state.x, np.uint64(state.sp)).view(np.int64)

    def set_registers_numpy(self, values: NDArray[np.int64]) -> None:
        registers = np.asarray(values)
        if registers.shape != (REGISTER_COUNT,):
            raise InvalidArgumentError(f"there are {REGISTER_COUNT} registers, not {registers.shape}")
        state = self._machine.state
        bits = registers.astype(np.int64).view(np.uint64) if registers.dtype != np.uint64 else registers
        state.x[:] = bits[:STACK_POINTER]
        state.sp = int(bits[STACK_POINTER])
        self._machine.state = state

    def get_flags(self) -> tuple[bool, bool, bool, bool]:
        """N, Z, C and V."""
        nzcv = self._machine.nzcv
        return bool(nzcv >> 31 & 1), bool(nzcv >> 30 & 1), bool(nzcv >> 29 & 1), bool(nzcv >> 28 & 1)

    def set_flags(self, n: bool, z: bool, c: bool, v: bool) -> None:
        self._machine.nzcv = bool(n) << 31 | bool(z) << 30 | bool(c) << 29 | bool(v) << 28

    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of memory; what lies beyond its end is left out."""
        return self._machine.read_memory(address, max(0, min(size, self.memory_size - address)))

    def write_memory(self, address: int, data: BytesLike | Iterable[SupportsIndex]) -> None:
        """Writes bytes, or a list of their values."""
        self._machine.write_memory(address, as_bytes(data))


def as_bytes(data: BytesLike | Iterable[SupportsIndex]) -> BytesLike:
    """A buffer as it is; a list of byte values as bytes.

    :raises InvalidArgumentError: where a value is none of a byte.
    """
    if isinstance(data, (bytes, bytearray, memoryview, np.ndarray)):
        return data
    try:
        return bytes(data)
    except ValueError as error:
        raise InvalidArgumentError("a list here has the values of bytes, 0 to 255; give words as bytes") from error
