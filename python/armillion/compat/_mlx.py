"""The MLX kernel's class."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, SupportsIndex

import numpy as np

from armillion._core import disassemble
from armillion._types import BytesLike
from armillion.compat._common import (
    DEFAULT_MEMORY_BYTES,
    INSTRUCTION_BYTES,
    REGISTER_COUNT,
    STACK_POINTER,
    ExecutionResult,
    SingleMachine,
    StopReason,
    understand,
)

REGISTERS_PER_LINE = 4


class MLXKernelCPU(SingleMachine):
    """One machine, stepped by ``execute``. Register 31 is XZR for ``get_register`` and ``set_register``."""

    def __init__(self, memory_size: int = DEFAULT_MEMORY_BYTES, *, device: str = "cpu") -> None:
        super().__init__(memory_size, device)
        self.total_instructions = 0
        self.total_syscalls = 0

    @property
    def pc(self) -> int:
        return self._machine.pc

    def get_register(self, reg: int) -> int:
        """X0 to X30, with a sign; 0 for number 31."""
        return 0 if reg == STACK_POINTER else super().get_register(reg)

    def set_register(self, reg: int, value: int) -> None:
        """Writes to number 31 have no effect."""
        if reg != STACK_POINTER:
            super().set_register(reg, value)

    def load_program(self, program: BytesLike | Iterable[SupportsIndex], address: int = 0) -> None:
        """Writes bytes, or a list of instruction words, to memory; pc stays where it is."""
        pc = self._machine.pc
        self._machine.load_program(program, address)
        self._machine.pc = pc

    def clear_memory(self) -> None:
        """Zeros everywhere."""
        self._machine.write_memory(0, np.zeros(self.memory_size, dtype=np.uint8))

    def execute(self, max_cycles: int = 100_000) -> ExecutionResult:
        """Runs until HLT, SVC or so many instructions."""
        stop = understand(self._machine, self._machine.execute(max_cycles))
        self.total_instructions += stop.cycles
        self.total_syscalls += stop.reason == StopReason.SYSCALL
        return ExecutionResult(stop.cycles, stop.elapsed_seconds, stop.reason, self.pc)

    def execute_until_halt(
        self, max_total_cycles: int = 10_000_000, cycles_per_batch: int = 100_000
    ) -> ExecutionResult:
        """Runs in batches until HLT or so many instructions; passes over each SVC."""
        start = time.perf_counter()
        total_cycles = 0
        reason = StopReason.MAX_CYCLES
        while total_cycles < max_total_cycles:
            result = self.execute(min(cycles_per_batch, max_total_cycles - total_cycles))
            total_cycles += result.cycles
            if result.stop_reason == StopReason.HALT:
                reason = StopReason.HALT
                break
            if result.stop_reason == StopReason.SYSCALL:
                self.set_pc(self.pc + INSTRUCTION_BYTES)
        return ExecutionResult(total_cycles, time.perf_counter() - start, reason, self.pc)

    def reset(self) -> None:
        """Registers, pc, flags and counts to 0; memory stays."""
        self.set_registers_numpy(np.zeros(REGISTER_COUNT, dtype=np.int64))
        self.set_flags(False, False, False, False)
        self.set_pc(0)
        self.total_instructions = 0
        self.total_syscalls = 0

    def get_state(self) -> dict[str, Any]:
        """Registers, pc, flags and counts, as plain lists and numbers. Memory is not part of it."""
        return {
            "registers": self.get_registers_numpy().tolist(),
            "pc": self.pc,
            "flags": [float(flag) for flag in self.get_flags()],
            "total_instructions": self.total_instructions,
            "total_syscalls": self.total_syscalls,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """What ``get_state`` gave, or part of it."""
        if "registers" in state:
            self.set_registers_numpy(np.array(state["registers"], dtype=np.int64))
        if "pc" in state:
            self.set_pc(state["pc"])
        if "flags" in state:
            n, z, c, v = (flag > 0.5 for flag in state["flags"])
            self.set_flags(n, z, c, v)
        self.total_instructions = state.get("total_instructions", self.total_instructions)
        self.total_syscalls = state.get("total_syscalls", self.total_syscalls)

    def dump_registers(self) -> str:
        """All registers as lines of text."""
        names = [f"X{number}" for number in range(STACK_POINTER)] + ["SP"]
        cells = [
            f"{name:3}=0x{value & (2**64 - 1):016X}"
            for name, value in zip(names, self.get_registers_numpy().tolist(), strict=True)
        ]
        lines = ["  ".join(cells[i : i + REGISTERS_PER_LINE]) for i in range(0, REGISTER_COUNT, REGISTERS_PER_LINE)]
        n, z, c, v = map(int, self.get_flags())
        return "\n".join([f"PC:  0x{self.pc:016X}", "", *lines, "", f"Flags: N={n} Z={z} C={c} V={v}"])

    def disassemble_at(self, address: int, count: int = 10) -> str:
        """A line for each instruction: address, word and, unlike before, its text."""
        code = self.read_memory(address, count * INSTRUCTION_BYTES)
        code = code[: len(code) // INSTRUCTION_BYTES * INSTRUCTION_BYTES]
        words = np.frombuffer(code, dtype="<u4").tolist()
        texts = disassemble(code, address)
        return "\n".join(
            f"0x{address + INSTRUCTION_BYTES * i:08X}:  {word:08X}  {text}"
            for i, (word, text) in enumerate(zip(words, texts, strict=True))
        )


def create_cpu(memory_size: int = DEFAULT_MEMORY_BYTES) -> MLXKernelCPU:
    """Another name for the class."""
    return MLXKernelCPU(memory_size)
