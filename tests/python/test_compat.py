"""armillion.compat: how the earlier emulator's users write their scripts, and what they rely on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

import armillion
from armillion import compat
from armillion.compat import (
    AsyncMetalCPU,
    ContinuousMetalCPU,
    MetalCPU,
    MLXKernelCPU,
    ParallelMetalCPU,
    Signal,
    StopReason,
    TensorNativeCPU,
    UnexpectedStop,
)
from assembler import ENDLESS, assemble
from conftest import DEVICES

# Counts X0 up to 1000.
COUNT = """
        movz  x0, #0
        movz  x1, #1000
loop:   add   x0, x0, #1
        subs  x1, x1, #1
        cbnz  x1, loop
        hlt   #0
"""
COUNT_CYCLES = 2 + 3 * 1000

# Asks for the call in X8 = 93 twice.
CALLS = "movz x8, #93\n svc #0\n add x0, x0, #1\n svc #0\n hlt #0"

# Loops with stores that later loads have to see, and branches that go both ways.
STORES = """
        movz  x1, #200
        movz  x2, #0x4000
loop:   str   x1, [x2]
        ldr   x3, [x2], #8
        add   x0, x0, x3
        tbz   x1, #1, even
        eor   x4, x4, x0
even:   subs  x1, x1, #1
        b.ne  loop
        hlt   #0
"""

FOREVER = "loop: add x0, x0, #1\n b loop"


def words(text: str) -> list[int]:
    code: list[int] = np.frombuffer(assemble(text), np.uint32).tolist()
    return code


@pytest.mark.parametrize("device", DEVICES)
class TestMLXKernelCPU:
    def test_the_usual_script(self, device: str) -> None:
        cpu = MLXKernelCPU(memory_size=4 * 1024 * 1024, device=device)
        cpu.load_program(words(COUNT), address=0)
        cpu.set_pc(0)
        result = cpu.execute(max_cycles=100000)
        assert result.cycles == COUNT_CYCLES
        assert result.stop_reason == StopReason.HALT and int(result.stop_reason) == 1
        assert result.stop_reason_name == "HALT"
        assert result.final_pc == cpu.pc == 5 * 4
        assert result.elapsed_seconds > 0 and result.ips == result.cycles / result.elapsed_seconds
        assert cpu.get_register(0) == 1000
        assert cpu.total_instructions == COUNT_CYCLES

    def test_a_script_that_serves_calls_itself(self, device: str) -> None:
        cpu = MLXKernelCPU(device=device)
        cpu.load_program(assemble(CALLS), address=0x10000)
        cpu.set_pc(0x10000)
        calls = []
        while True:
            result = cpu.execute()
            if result.stop_reason != StopReason.SYSCALL:
                break
            calls.append((cpu.get_register(8), cpu.pc))
            cpu.set_register(0, 41)
            cpu.set_pc(cpu.pc + 4)
        assert calls == [(93, 0x10004), (93, 0x1000C)] and cpu.total_syscalls == 2
        assert result.stop_reason == StopReason.HALT and cpu.get_register(0) == 41
        # A call that is not passed over is met again.
        cpu.set_pc(0x10004)
        assert [cpu.execute().stop_reason for _ in range(2)] == [StopReason.SYSCALL] * 2

    def test_batches_until_halt(self, device: str) -> None:
        cpu = compat.create_cpu() if device == "cpu" else MLXKernelCPU(device=device)
        cpu.load_program(words(CALLS))
        result = cpu.execute_until_halt(max_total_cycles=10_000, cycles_per_batch=100)
        assert (result.stop_reason, cpu.get_register(0), result.cycles) == (StopReason.HALT, 1, 2)
        cpu.load_program(words(FOREVER))
        cpu.reset()
        result = cpu.execute_until_halt(max_total_cycles=1000, cycles_per_batch=300)
        assert (result.stop_reason, result.cycles) == (StopReason.MAX_CYCLES, 1000)

    def test_limits_are_exact(self, device: str) -> None:
        cpu = MLXKernelCPU(device=device)
        cpu.load_program(words(COUNT))
        result = cpu.execute(max_cycles=COUNT_CYCLES)
        assert (result.stop_reason_name, int(result.stop_reason)) == ("MAX_CYCLES", 3)
        result = cpu.execute(max_cycles=1)
        assert (result.stop_reason, result.cycles) == (StopReason.HALT, 0)


class TestStateOfMLXKernelCPU:
    def test_registers(self) -> None:
        cpu = MLXKernelCPU()
        cpu.set_register(3, -5)
        assert cpu.get_register(3) == -5
        cpu.set_register(31, 7)
        assert cpu.get_register(31) == 0
        registers = cpu.get_registers_numpy()
        assert registers.dtype == np.int64 and registers.shape == (32,) and registers[3] == -5
        cpu.set_registers_numpy(np.arange(32))
        assert cpu.get_register(30) == 30 and cpu.machine.sp == 31
        with pytest.raises(armillion.InvalidArgumentError):
            cpu.set_registers_numpy(np.arange(31))

    def test_flags(self) -> None:
        cpu = MLXKernelCPU()
        assert cpu.get_flags() == (False, False, False, False)
        cpu.set_flags(True, False, True, False)
        assert cpu.get_flags() == (True, False, True, False)

    def test_memory(self) -> None:
        cpu = MLXKernelCPU(memory_size=8192)
        cpu.write_memory(100, b"hello")
        assert cpu.read_memory(100, 5) == b"hello" and cpu.read_memory(8190, 100) == b"\0\0"
        cpu.clear_memory()
        assert cpu.read_memory(100, 5) == bytes(5)
        with pytest.raises(armillion.BadAddressError):
            cpu.write_memory(8190, b"too long")

    def test_as_a_dictionary(self) -> None:
        cpu = MLXKernelCPU()
        cpu.load_program(words(COUNT))
        cpu.execute(max_cycles=500)
        state = cpu.get_state()
        assert set(state) == {"registers", "pc", "flags", "total_instructions", "total_syscalls"}
        cpu.execute()
        cpu.set_state(state)
        assert cpu.get_state() == state and cpu.total_instructions == 500
        assert cpu.execute().cycles == COUNT_CYCLES - 500
        cpu.reset()
        assert cpu.pc == 0 and cpu.get_register(0) == 0 and cpu.total_instructions == 0

    def test_as_text(self) -> None:
        cpu = MLXKernelCPU()
        cpu.load_program(words(COUNT))
        cpu.set_register(2, -1)
        cpu.set_flags(False, True, False, False)
        text = cpu.dump_registers()
        assert text.startswith("PC:  0x0000000000000000\n") and "X2 =0xFFFFFFFFFFFFFFFF" in text
        assert text.endswith("Flags: N=0 Z=1 C=0 V=0")
        lines = cpu.disassemble_at(8, count=2).splitlines()
        assert lines == ["0x00000008:  91000400  add x0, x0, #0x1", "0x0000000C:  F1000421  subs x1, x1, #0x1"]
        assert cpu.disassemble_at(cpu.memory_size - 4, count=10).count("\n") == 0

    def test_a_word_of_zeros_halts_and_what_is_no_instruction_raises(self) -> None:
        cpu = MLXKernelCPU()
        cpu.load_program(words("mov x0, #1") + [0])
        result = cpu.execute()
        assert (result.stop_reason, result.cycles, result.final_pc) == (StopReason.HALT, 1, 4)
        cpu.load_program(words("udf #1"))
        cpu.set_pc(0)
        with pytest.raises(UnexpectedStop, match="undefined_instruction at pc 0x0") as raised:
            cpu.execute()
        assert raised.value.result.stop_reason == armillion.StopReason.UNDEFINED_INSTRUCTION
        cpu.load_program(words("ldr x0, [x1]"))
        cpu.set_register(1, 1 << 40)
        with pytest.raises(UnexpectedStop, match="memory_fault"):
            cpu.execute()


@pytest.mark.parametrize("device", DEVICES)
class TestMetalCPU:
    def test_the_usual_script(self, device: str) -> None:
        program = assemble(COUNT)
        cpu = MetalCPU(device=device)
        cpu.load_program(list(program), 0)
        cpu.set_pc(0)
        cpu.set_register(0, 0)
        result = cpu.execute(max_cycles=100000)
        assert (result.cycles, result.stop_reason, result.stop_reason_name) == (COUNT_CYCLES, 1, "HALT")
        assert (cpu.get_register(0), cpu.get_pc(), cpu.total_instructions) == (1000, 20, COUNT_CYCLES)

    def test_memory_and_registers(self, device: str) -> None:
        cpu = MetalCPU(memory_size=8192, device=device)
        cpu.write_memory(8, [1, 2, 3])
        assert bytes(cpu.read_memory(8, 3)) == b"\1\2\3" and cpu.read_memory_64(8) == 0x030201
        cpu.set_register(31, 0x100)
        assert cpu.get_register(31) == 0x100 and cpu.machine.sp == 0x100
        cpu.reset()
        assert cpu.get_register(31) == 0 and cpu.read_memory_64(8) == 0x030201
        with pytest.raises(armillion.InvalidArgumentError, match="values of bytes"):
            cpu.load_program(words(COUNT), 0)


@pytest.mark.parametrize("device", DEVICES)
class TestContinuousMetalCPU:
    def make(self, program: str, device: str, batch: int = 10_000_000) -> ContinuousMetalCPU:
        cpu = ContinuousMetalCPU(memory_size=4 * 1024 * 1024, cycles_per_batch=batch, device=device)
        cpu.load_program(list(assemble(program)), address=0)
        cpu.set_pc(0)
        return cpu

    def test_the_usual_script(self, device: str) -> None:
        cpu = self.make(COUNT, device)
        result = cpu.execute_continuous(max_batches=10, timeout_seconds=60.0)
        assert (result.total_cycles, result.batch_count) == (COUNT_CYCLES, 1)
        assert (result.signal, result.signal_name) == (Signal.HALT, "HALT")
        assert result.final_pc == 20 and result.ips == result.total_cycles / result.elapsed_seconds

    def test_all_batches_are_a_checkpoint(self, device: str) -> None:
        cpu = self.make(FOREVER, device, batch=1000)
        result = cpu.execute_continuous(max_batches=5)
        assert (result.total_cycles, result.batch_count, result.signal_name) == (5000, 5, "CHECKPOINT")
        result = cpu.execute_mega(total_cycles=12_345)
        assert (result.total_cycles, result.batch_count, result.signal_name) == (12_345, 1, "CHECKPOINT")
        assert cpu.get_register(0) == (5000 + 12_346) // 2

    def test_a_call_is_left_to_the_script(self, device: str) -> None:
        cpu = self.make(CALLS, device)
        result = cpu.execute_continuous()
        assert (result.signal_name, result.final_pc, cpu.get_pc()) == ("SYSCALL", 4, 4)
        cpu.set_pc(cpu.get_pc() + 4)
        assert cpu.execute_mega().signal_name == "SYSCALL"

    def test_the_timeout_is_a_checkpoint(self, device: str) -> None:
        result = self.make(ENDLESS, device).execute_continuous(max_batches=10**9, timeout_seconds=0.1)
        assert result.signal_name == "CHECKPOINT" and 0.1 <= result.elapsed_seconds < 5


@pytest.mark.parametrize("device", DEVICES)
class TestAsyncMetalCPU:
    def make(self, program: str, device: str) -> AsyncMetalCPU:
        cpu = AsyncMetalCPU(memory_size=4 * 1024 * 1024, device=device)
        cpu.load_program(assemble(program), address=0)
        cpu.set_pc(0)
        return cpu

    def test_the_usual_script(self, device: str) -> None:
        cpu = self.make(FOREVER, device)
        cpu.start(max_cycles=2_000_000)
        seen = []
        while cpu.is_running():
            status = cpu.poll()
            seen.append(status.cycles_executed)
            time.sleep(0.001)
        result = cpu.wait()
        assert not result.is_running and result.cycles_executed == 2_000_000
        assert (result.signal, result.signal_name) == (3, "MAX_CYCLES")
        assert result.ips > 0 and result.elapsed_seconds > 0
        assert seen == sorted(seen) and cpu.poll() == result == cpu.wait()

    def test_halts_and_calls_are_told(self, device: str) -> None:
        cpu = self.make(COUNT, device)
        cpu.start(10**9)
        assert (cpu.wait().signal_name, cpu.get_register(0)) == ("HALT", 1000)
        cpu = self.make(CALLS, device)
        cpu.start(10**9)
        assert (cpu.wait().signal_name, cpu.get_pc()) == ("SYSCALL", 4)

    def test_a_run_can_be_cancelled_and_gone_on_with(self, device: str) -> None:
        cpu = self.make(FOREVER, device)
        assert (cpu.poll().signal_name, cpu.cancel().is_running) == ("RUNNING", False)
        cpu.start(10**15)
        time.sleep(0.05)
        with pytest.raises(armillion.InvalidArgumentError):
            cpu.get_register(0)
        status = cpu.cancel()
        assert status.signal_name == "CANCELLED" and not cpu.is_running()
        assert cpu.get_register(0) in (status.cycles_executed // 2, (status.cycles_executed + 1) // 2)
        cpu.start(100)
        assert (cpu.wait().signal_name, cpu.total_instructions) == ("MAX_CYCLES", status.cycles_executed + 100)


@pytest.mark.parametrize("device", DEVICES)
class TestParallelMetalCPU:
    def test_the_usual_script(self, device: str) -> None:
        cpu = ParallelMetalCPU(num_lanes=32, device=device)
        cpu.load_program(list(assemble(FOREVER)), address=0)
        cpu.set_pc_all(0)
        result = cpu.execute(10_000)
        assert result.total_cycles == 320_000 and result.num_lanes == cpu.get_num_lanes() == 32
        assert result.avg_ips() == result.total_cycles / result.elapsed_seconds
        assert result.lane_efficiency() == 1.0 and result.min_cycles() == result.max_cycles() == 10_000
        assert set(result.stop_reasons) == {StopReason.MAX_CYCLES}
        assert cpu.get_lane_registers(7)[0] == 5000

    def test_lanes_have_their_own_registers_and_pc(self, device: str) -> None:
        cpu = ParallelMetalCPU(num_lanes=3, memory_size=65536, device=device)
        cpu.load_program(assemble("loop: subs x0, x0, #1\n b.ne loop\n hlt #0\n mov x0, sp\n svc #0"), 0x1000)
        for lane in range(3):
            cpu.set_registers_lane(lane, [10 * (lane + 1)] + [0] * 30 + [-16])
        cpu.set_pc_all(0x1000)
        cpu.set_pc_lane(2, 0x100C)
        result = cpu.execute(1000)
        assert result.cycles_per_lane == [20, 40, 1]
        assert result.stop_reasons == [StopReason.HALT, StopReason.HALT, StopReason.SYSCALL]
        assert result.pcs_per_lane == [0x1008, 0x1008, 0x1010]
        assert result.lane_efficiency() == 1 / 40
        assert cpu.get_lane_registers(2)[0] == -16 and cpu.get_lane_registers(0)[31] == -16
        # A lane that halted runs again from where it is put.
        cpu.set_registers_lane(0, [1])
        cpu.set_pc_lane(0, 0x1000)
        assert cpu.execute(1000).cycles_per_lane == [2, 0, 0]

    def test_memory_is_a_lane_s_own(self, device: str) -> None:
        cpu = ParallelMetalCPU(num_lanes=2, memory_size=65536, device=device)
        cpu.load_program(assemble("str x0, [x1]\n hlt #0"), 0)
        cpu.write_memory(0x800, b"before")
        for lane in range(2):
            cpu.set_registers_lane(lane, [lane + 1, 0x400])
        cpu.execute(10)
        assert [cpu.read_memory(0x400, 1, lane) for lane in range(2)] == [b"\1", b"\2"]
        cpu.write_memory(0x800, b"after!")
        assert [cpu.read_memory(0x800, 6, lane) for lane in range(2)] == [b"after!"] * 2

    def test_stops_without_a_name_are_told_in_other_words(self, device: str) -> None:
        cpu = ParallelMetalCPU(num_lanes=2, memory_size=65536, device=device)
        cpu.load_program(assemble("udf #5"), 0x100)
        cpu.set_pc_lane(0, 0x100)
        result = cpu.execute(10)
        assert result.stop_reasons == [-1, StopReason.HALT]
        assert result.lane_stops == [armillion.StopReason.UNDEFINED_INSTRUCTION] * 2
        with pytest.raises(armillion.InvalidArgumentError):
            cpu.set_pc_lane(2, 0)


# Where the tensor engine runs, too.
ENGINES = [("cpu", "interpreter"), ("cpu", "tensor"), ("host-lanes", "interpreter"), ("host-lanes", "tensor")]
ENGINES_OF_GPUS = [pytest.param("cuda", engine, marks=pytest.mark.gpu) for engine in ("interpreter", "tensor")]


@pytest.mark.parametrize(("device", "engine"), [*ENGINES, *ENGINES_OF_GPUS])
class TestTensorNativeCPU:
    def make(self, program: str, device: str, engine: str) -> TensorNativeCPU:
        cpu = TensorNativeCPU(mem_size=65536, device=device, engine=engine)
        cpu.load_program(words(program))
        return cpu

    def test_steps(self, device: str, engine: str) -> None:
        cpu = self.make("mov x0, #1\n svc #0\n hlt #0", device, engine)
        assert cpu.step() == (True, False) and cpu.pc == 4
        assert cpu.step() == (True, True) and cpu.pc == 4, "the call is left to the caller"
        cpu.pc = 8
        assert cpu.step() == (False, False) and cpu.halted and cpu.pc == 8
        assert cpu.step() == (False, False)
        assert (cpu.inst_count, cpu.syscall_count) == (1, 1)

    @pytest.mark.parametrize("run", [TensorNativeCPU.run, TensorNativeCPU.run_zero_sync])
    def test_runs(self, device: str, engine: str, run: Callable[..., compat.ExecutionStats]) -> None:
        cpu = self.make(COUNT, device, engine)
        stats = run(cpu, max_instructions=1000)
        assert (stats.instructions_executed, cpu.halted) == (1000, False)
        stats = run(cpu)
        assert (stats.instructions_executed, cpu.halted, cpu.get_register(0)) == (COUNT_CYCLES - 1000, True, 1000)
        assert stats.ips == stats.instructions_executed / stats.time_seconds
        assert run(cpu).instructions_executed == 0
        cpu = self.make(CALLS, device, engine)
        stats = run(cpu)
        assert (stats.instructions_executed, stats.syscalls, cpu.pc) == (1, 1, 8)

    def test_ends_as_the_interpreter_on_the_cpu_does(self, device: str, engine: str) -> None:
        cpu, other = self.make(STORES, device, engine), self.make(STORES, "cpu", "interpreter")
        stops = []
        for runner in (cpu, other):
            stats = [
                runner.run(max_instructions=100),
                runner.run_zero_sync(max_instructions=300, batch_size=7),
                runner.run_zero_sync(max_instructions=10_000, batch_size=256),
            ]
            stops.append([(each.instructions_executed, each.syscalls) for each in stats])
            assert runner.halted
        assert stops[0] == stops[1]
        assert cpu.machine.state_hash() == other.machine.state_hash()
        assert cpu.machine.retired_instructions == other.machine.retired_instructions


def test_engines_that_are_not_there_are_refused() -> None:
    with pytest.raises(armillion.UnavailableError, match="'interpreter', 'tensor'"):
        TensorNativeCPU(engine="abacus")


def test_the_interpreter_counts_the_batches_that_instructions_would_fill() -> None:
    cpu = TensorNativeCPU()
    cpu.load_program(words(COUNT))
    assert cpu.run_zero_sync(max_instructions=1000, batch_size=64).cycles == 16


class TestBatchesOfTheTensorEngine:
    # One instruction that all others depend on, and no branch.
    STRAIGHT = "\n".join(["add x0, x0, #1"] * 1000) + "\n hlt #0"

    def make(self) -> TensorNativeCPU:
        cpu = TensorNativeCPU(engine="tensor")
        cpu.load_program(words(self.STRAIGHT))
        return cpu

    def test_are_of_the_size_that_is_asked_for_and_counted(self) -> None:
        counts = {}
        for size in (1, 10, 100, 500):
            cpu = self.make()
            stats = cpu.run_zero_sync(max_instructions=1000, batch_size=size)
            counts[size] = stats.cycles
            statistics = cpu.machine.tensor_statistics
            assert statistics.batches == stats.cycles and statistics.instructions_in_batches == 1000
            assert cpu.get_register(0) == stats.instructions_executed == 1000
        # The first batches are shorter than they may be, so that there are more than would be filled.
        assert counts[1] == 1000 and 100 <= counts[10] < 200 and 10 <= counts[100] < 30 and 2 <= counts[500] < 20

    def test_of_another_size_go_on_where_the_machine_is(self) -> None:
        cpu = self.make()
        cpu.set_register(5, -7)
        cpu.run_zero_sync(max_instructions=300, batch_size=10)
        before = cpu.machine
        cpu.run_zero_sync(max_instructions=200, batch_size=10)
        assert cpu.machine is before
        stats = cpu.run_zero_sync(max_instructions=100, batch_size=100)
        assert cpu.machine is not before and stats.instructions_executed == 100
        assert (cpu.get_register(0), cpu.get_register(5), cpu.pc) == (600, -7, 2400)
        assert cpu.machine.retired_instructions == 600

    def test_have_a_size_that_there_is(self) -> None:
        cpu = self.make()
        cpu.run(max_instructions=10)
        for size in (0, 65_537):
            with pytest.raises(armillion.InvalidArgumentError, match="batch"):
                cpu.run_zero_sync(batch_size=size)
        assert cpu.run().instructions_executed == 990
