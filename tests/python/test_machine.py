"""armillion.Machine."""

from __future__ import annotations

import gc
from typing import SupportsIndex

import numpy as np
import pytest

import armillion
from armillion import Access, FaultKind, Machine, Permissions, StopReason
from assembler import SUM, assemble


def test_a_program_runs_to_its_halt(machine_there: Machine, device: str) -> None:
    machine = machine_there
    assert machine.device.startswith(device) and machine.engine == "interpreter"
    machine.load_program(assemble(SUM))
    machine.x[0] = 100
    result = machine.execute()
    assert result.stop_reason == StopReason.HALT
    assert machine.x[1] == 5050
    assert result.instructions == 1 + 3 * 100 + 1
    assert result.pc == machine.pc == 16
    assert machine.retired_instructions == result.instructions
    assert result.ips > 0 and result.fault is None


@pytest.mark.parametrize("as_program", [bytes, bytearray, memoryview, lambda code: np.frombuffer(code, np.uint32)])
def test_a_program_is_taken_in_any_form(machine: Machine, as_program: type[bytes]) -> None:
    machine.load_program(as_program(assemble(SUM)), address=0x1000)
    assert machine.pc == 0x1000
    machine.x[0] = 3
    assert machine.execute().stop_reason == StopReason.HALT and machine.x[1] == 6


def test_a_list_of_words_is_a_program(machine: Machine) -> None:
    words = np.frombuffer(assemble(SUM), np.uint32)
    for program in (words.tolist(), tuple(words), iter(words.tolist())):
        machine.load_program(program)
        machine.x[0] = 4
        machine.execute()
        assert machine.x[1] == 10


def test_what_is_no_program_is_refused(machine: Machine) -> None:
    with pytest.raises(armillion.InvalidArgumentError, match="32-bit words"):
        machine.load_program(np.zeros(4, np.int64))
    for word in (-1, 2**32):
        with pytest.raises(OverflowError, match=str(word)):
            machine.load_program([word])
    with pytest.raises(TypeError):
        machine.load_program(["nop"])  # type: ignore[list-item]
    with pytest.raises(armillion.BadAddressError):
        machine.load_program(assemble(SUM), address=1 << 40)


def test_an_instruction_limit_stops_exactly_there_and_the_run_goes_on(machine_there: Machine) -> None:
    machine = machine_there
    machine.load_program(assemble(SUM))
    machine.x[0] = 100
    result = machine.execute(instruction_limit=50)
    assert result.stop_reason == StopReason.INSTRUCTION_LIMIT and result.instructions == 50
    assert machine.execute().instructions == 302 - 50
    assert machine.x[1] == 5050


def test_a_step_is_one_instruction(machine_there: Machine) -> None:
    machine = machine_there
    machine.load_program(assemble("mov x0, #5\n mov x1, #6\n hlt #0"))
    machine.step()
    assert (machine.x[0], machine.x[1], machine.pc) == (5, 0, 4)


class TestRegisters:
    def test_take_every_number_that_fits_into_64_bits(self, machine: Machine) -> None:
        values: list[tuple[SupportsIndex, int]] = [
            (0, 0),
            (2**64 - 1, 2**64 - 1),
            (-1, 2**64 - 1),
            (-(2**63), 2**63),
            (np.uint64(2**63), 2**63),
        ]
        for given, read in values:
            machine.x[3] = given
            assert machine.x[3] == read
        for value in (2**64, -(2**63) - 1):
            with pytest.raises(OverflowError):
                machine.x[3] = value
        assert machine.x[3] == 2**63, "nothing may change with an error"
        with pytest.raises(TypeError):
            machine.x[3] = 1.5  # type: ignore[call-overload]

    def test_are_a_sequence(self, machine: Machine) -> None:
        machine.x[:3] = [1, 2, 3]
        assert machine.x[:4] == [1, 2, 3, 0]
        machine.x[-1] = 9
        assert machine.x[30] == 9
        assert len(machine.x) == 31 and len(list(machine.x)) == 31
        assert machine.x[28::2] == [0, 9]
        with pytest.raises(IndexError):
            machine.x[31]
        with pytest.raises(armillion.InvalidArgumentError, match="2 values were given for 3 registers"):
            machine.x[:3] = [1, 2]

    def test_of_vectors_are_seen_as_integers_and_as_numbers(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.v[2] = (1 << 127) | 5
        assert machine.v[2] == (1 << 127) | 5
        machine.d[2] = -1.5
        assert machine.d[2] == -1.5 and machine.v[2] == int(np.float64(-1.5).view(np.uint64))
        machine.s[2] = 0.1
        assert machine.s[2] == float(np.float32(0.1))
        machine.load_program(assemble("fadd d0, d1, d2\n hlt #0"))
        machine.d[1:3] = [0.25, 0.5]
        machine.execute()
        assert machine.d[0] == 0.75

    def test_outlive_the_name_of_their_machine(self) -> None:
        registers = Machine().x
        gc.collect()
        registers[0] = 5
        assert registers[0] == 5

    def test_stack_pointer_flags_and_pc(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.sp = 0x8000
        machine.nzcv = 0x60000000
        machine.load_program(assemble("mov x0, sp\n cset x1, eq\n cset x2, mi\n hlt #0"))
        machine.execute()
        assert machine.x[:3] == [0x8000, 1, 0]


class TestState:
    def test_is_a_copy_with_arrays_over_its_own_memory(self, machine: Machine) -> None:
        machine.x[5] = 7
        state = machine.state
        state.x[5] = 8
        state.v[1] = [1, 2]
        assert machine.x[5] == 7
        machine.state = state
        assert machine.x[5] == 8 and machine.v[1] == (2 << 64) | 1

    def test_arrays_keep_their_state_alive(self, machine: Machine) -> None:
        machine.x[30] = 5
        array = machine.state.x
        gc.collect()
        assert array[30] == 5 and array.dtype == np.uint64 and array.shape == (31,)

    def test_compares_by_value(self, machine: Machine) -> None:
        one, other = machine.state, machine.state
        assert one == other and one.copy() == one and one != 5
        other.sp = 1
        assert one != other


class TestMemory:
    def test_is_read_and_written_as_buffers(self, machine: Machine) -> None:
        array = np.arange(1000, dtype=np.float32)
        machine.write_memory(0x100, array)
        assert machine.read_memory(0x100, 4000) == array.tobytes()
        back = np.empty(1000, np.float32)
        machine.read_into(0x100, back)
        assert np.array_equal(back, array)
        part = bytearray(8)
        machine.read_into(0x100 + 4, memoryview(part)[4:])
        assert part == bytes(4) + np.float32(1).tobytes()

    def test_takes_no_buffers_with_gaps_and_no_constant_ones(self, machine: Machine) -> None:
        with pytest.raises((BufferError, ValueError)):
            machine.write_memory(0, np.zeros((4, 4))[:, ::2])
        with pytest.raises(BufferError):
            machine.read_into(0, b"constant")
        with pytest.raises(TypeError):
            machine.write_memory(0, "text")  # type: ignore[arg-type]

    def test_beyond_what_is_mapped_is_an_error(self, machine: Machine) -> None:
        with pytest.raises(armillion.BadAddressError) as error:
            machine.read_memory(4 * 1024 * 1024 - 4, 8)
        assert isinstance(error.value, LookupError) and isinstance(error.value, armillion.Error)

    def test_can_be_mapped_and_protected(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.map_memory(1 << 32, 8192, Permissions.READ_WRITE)
        machine.write_memory(1 << 32, b"mapped")
        machine.protect_memory(1 << 32, 8192, Permissions.READ)
        machine.load_program(assemble("str x0, [x1, #8]\n hlt #0"))
        machine.x[1] = 1 << 32
        result = machine.execute()
        assert result.stop_reason == StopReason.MEMORY_FAULT and result.fault is not None
        assert (result.fault.address, result.fault.size) == ((1 << 32) + 8, 8)
        assert (result.fault.access, result.fault.kind) == (Access.WRITE, FaultKind.PERMISSION)
        machine.unmap_memory(1 << 32, 8192)
        with pytest.raises(armillion.BadAddressError):
            machine.read_memory(1 << 32, 1)
        with pytest.raises(armillion.InvalidArgumentError):
            machine.map_memory(100, 4096)


class TestSnapshots:
    def test_bring_state_and_memory_back(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.load_program(assemble("str x0, [x1]\n hlt #0"))
        machine.x[:2] = [5, 0x1000]
        start = machine.snapshot()
        before = machine.state_hash()
        machine.execute()
        assert machine.read_memory(0x1000, 1) == b"\5" and machine.state_hash() != before
        machine.restore(start)
        assert machine.read_memory(0x1000, 1) == b"\0" and machine.pc == 0 and machine.state_hash() == before

    def test_go_to_other_machines(self, machine: Machine, machine_there: Machine) -> None:
        machine.load_program(assemble(SUM))
        machine.x[0] = 3
        machine.execute(5)
        machine_there.restore(machine.snapshot())
        assert machine_there.x[0] == 2 and machine_there.state_hash() == machine.state_hash()
        machine_there.execute()
        machine.restore(machine_there.snapshot())
        assert machine.x[1] == 6 and machine.retired_instructions == 11


class TestLife:
    def test_ends_with_the_block(self) -> None:
        with Machine(memory_bytes=8192) as machine:
            machine.x[0] = 1
        assert repr(machine) == "<armillion.Machine, closed>"
        with pytest.raises(armillion.InvalidArgumentError, match="closed"):
            machine.x[0]
        machine.close()

    def test_is_shown(self, machine: Machine) -> None:
        machine.load_program(assemble(SUM), 0x100)
        machine.x[0] = 2
        assert repr(machine) == "<armillion.Machine on cpu, pc=0x100, 0 instructions retired>"
        assert repr(machine.execute()) == "RunResult(halt at pc 0x110, instructions=8)"
        page = machine._repr_html_()
        assert page.startswith("<table") and "x1 0x3" in page and "flags nZCv" in page and "pc 0x110" in page

    def test_needs_a_device_that_there_is(self) -> None:
        with pytest.raises(armillion.InvalidArgumentError, match="there is no device 'gpu'"):
            Machine(device="gpu")


def test_a_machine_on_a_device_ends_as_on_the_cpu(machine: Machine, machine_there: Machine, device: str) -> None:
    for runner in (machine, machine_there):
        runner.load_program(assemble(SUM))
        runner.x[0] = 1000
        runner.execute()
    assert machine_there.state_hash() == machine.state_hash()
    if device != "cpu":
        with pytest.raises(armillion.InvalidArgumentError, match="watchpoint"):
            machine_there.add_watchpoint(0, 8)


class TestTensorEngine:
    def test_ends_as_the_interpreter_and_tells_what_it_did(self, machine: Machine, device: str) -> None:
        with Machine(device=device, engine="tensor", tensor_batch=64) as other:
            for runner in (machine, other):
                runner.load_program(assemble(SUM))
                runner.x[0] = 1000
                runner.execute(2000)
                runner.execute()
            assert other.engine == "tensor" and "tensor engine, pc=" in repr(other)
            assert other.state_hash() == machine.state_hash()
            statistics = other.tensor_statistics
            retired = statistics.instructions_in_batches + statistics.instructions_single
            assert retired == other.retired_instructions == 3002 and statistics.instructions_accelerated == 0
            assert 3002 / 64 <= statistics.batches <= statistics.waves <= statistics.gathered
            assert statistics.wrong_guesses >= 0 and statistics.conflicts == 0
            assert f"batches={statistics.batches}, " in repr(statistics)

    def test_solves_loops_where_it_is_told_to(self) -> None:
        machine = Machine(engine="tensor", accelerate_loops=True)
        machine.load_program(assemble("loop: add x1, x1, #3\n sub x0, x0, #1\n cbnz x0, loop\n hlt #0"))
        machine.x[0] = 1_000_000
        assert machine.execute().instructions == 3_000_001
        assert machine.x[1] == 3_000_000 and machine.tensor_statistics.instructions_accelerated > 2_900_000

    def test_of_the_interpreter_is_told_nothing(self, machine: Machine) -> None:
        machine.load_program(assemble("hlt #0"))
        machine.execute()
        statistics = machine.tensor_statistics
        assert (statistics.batches, statistics.gathered, statistics.instructions_single) == (0, 0, 0)

    def test_has_batches_that_there_are(self) -> None:
        for batch in (0, 65_537):
            with pytest.raises(armillion.InvalidArgumentError, match="1 to 65536"):
                Machine(engine="tensor", tensor_batch=batch)
        with pytest.raises(armillion.InvalidArgumentError, match="'cpu' only"):
            Machine(device="host-lanes", engine="tensor", accelerate_loops=True)
        with pytest.raises(armillion.InvalidArgumentError, match="no engine 'steam'"):
            Machine(engine="steam")
