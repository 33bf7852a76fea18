"""armillion.Fleet: on the CPU, and with a GPU's code on the CPU."""

from __future__ import annotations

import pathlib
import threading
import time

import numpy as np
import pytest

import armillion
from armillion import Fleet, FleetProgress, Lane, Machine, Process, StopReason
from assembler import ENDLESS, SUM, assemble
from conftest import DEVICES, interrupted_after

LANES = 40


@pytest.fixture(params=DEVICES)
def fleet(request: pytest.FixtureRequest, machine: Machine) -> Fleet:
    machine.load_program(assemble(SUM))
    return Fleet(machine, LANES, device=request.param)


def test_each_lane_runs_with_its_own_registers(fleet: Fleet) -> None:
    counts = np.arange(1, LANES + 1, dtype=np.uint64)
    fleet.x[0] = counts
    result = fleet.run()
    assert result.stops == {StopReason.HALT: LANES} and result.stopped_by(StopReason.HALT) == LANES
    assert np.array_equal(fleet.x[1], counts * (counts + np.uint64(1)) // np.uint64(2))
    results = fleet.results()
    assert np.array_equal(results.instructions, 3 * counts + np.uint64(2))
    assert result.instructions == results.instructions.sum() and result.ips > 0
    assert results.stops == result.stops and len(results) == LANES
    assert (results.stop_reason == StopReason.HALT).all() and (results.pc == 16).all()
    assert f"halt={LANES}" in repr(results) and f"halt={LANES}" in repr(result)


def test_lanes_end_as_machines_do_alone(fleet: Fleet, machine: Machine) -> None:
    fleet.x[0] = np.arange(1, LANES + 1)
    fleet.run()
    hashes = fleet.state_hashes()
    for lane in (0, 7, LANES - 1):
        with Machine() as alone:
            alone.load_program(assemble(SUM))
            alone.x[0] = lane + 1
            alone.execute()
            assert alone.state_hash() == hashes[lane] == fleet[lane].state_hash()


def test_lanes_are_a_sequence(fleet: Fleet) -> None:
    assert len(fleet) == LANES and [lane.number for lane in fleet] == list(range(LANES))
    assert fleet[-1].number == LANES - 1 and [lane.number for lane in fleet[2:8:3]] == [2, 5]
    with pytest.raises(IndexError):
        fleet[LANES]
    assert repr(fleet[3]) == "<lane 3: running, 0 instructions, pc=0x0>"
    assert repr(fleet) == f"<armillion.Fleet of {LANES} lanes on {fleet.device}>"


def test_registers_take_numbers_and_arrays_of_any_integer(fleet: Fleet) -> None:
    fleet.x[3] = -1
    assert (fleet.x[3] == np.uint64(2**64 - 1)).all()
    fleet.x[3] = np.full(LANES, -5, np.int8)
    assert (fleet.x[3] == np.uint64(2**64 - 5)).all()
    fleet.x[3] = np.full(LANES, 200, np.uint8)
    assert (fleet.x[3] == 200).all()
    fleet.d[2] = np.linspace(0, 1, LANES)
    assert np.array_equal(fleet.d[2], np.linspace(0, 1, LANES))
    with pytest.raises(armillion.InvalidArgumentError, match="integers"):
        fleet.x[0] = 0.5
    with pytest.raises(ValueError):
        fleet.x[0] = np.zeros(LANES + 1, int)
    with pytest.raises(armillion.InvalidArgumentError, match="register number 40"):
        fleet.x[40]


def test_memory_is_an_array_with_a_row_a_lane(fleet: Fleet) -> None:
    rows = np.arange(LANES * 4, dtype=np.uint32).reshape(LANES, 4)
    fleet.write_memory(0x1000, rows)
    assert np.array_equal(fleet.read_memory(0x1000, 16).view(np.uint32), rows)
    fleet.write_memory(0x2000, b"same")
    assert all(row.tobytes() == b"same" for row in fleet.read_memory(0x2000, 4))
    fleet[5].write_memory(0x2000, b"S")
    assert fleet[5].read_memory(0x2000, 4) == b"Same" and fleet[6].read_memory(0x2000, 4) == b"same"
    with pytest.raises(armillion.BadAddressError, match="lane 0"):
        fleet.read_memory(1 << 40, 8)
    with pytest.raises(armillion.InvalidArgumentError, match="2 rows were given"):
        fleet.write_memory(0, np.zeros((2, 4)))


def test_lanes_have_limits_states_and_resets(fleet: Fleet) -> None:
    fleet.x[0] = 100
    fleet[3].set_instruction_limit(10)
    assert fleet.run(50).stops == {StopReason.INSTRUCTION_LIMIT: LANES}
    instructions = fleet.results().instructions
    assert instructions[3] == 10 and instructions[4] == 50
    assert fleet.run().stops == {StopReason.HALT: LANES - 1, StopReason.INSTRUCTION_LIMIT: 1}
    state = fleet[4].state
    assert state.x[1] == 5050
    state.pc, state.x[0] = 0, 4
    fleet[4].state = state
    fleet.run()
    assert fleet[4].state.x[1] == 10
    fleet[4].reset()
    assert fleet[4].stop_reason == StopReason.RUNNING and fleet[5].stop_reason == StopReason.HALT
    fleet.reset()
    assert fleet.results().stops == {StopReason.RUNNING: LANES}


def test_a_lane_that_stopped_is_given_new_input_while_others_run(fleet: Fleet) -> None:
    left = 3 * LANES
    sums: list[int] = []

    def feed(lane: Lane) -> bool:
        nonlocal left
        state = lane.state
        sums.append(int(state.x[1]))
        if left == 0:
            return False
        left -= 1
        state.pc, state.x[0] = 0, 2
        lane.state = state
        return True

    fleet.x[0] = 1
    fleet.run(on_stop=feed)
    assert sums.count(1) == LANES and sums.count(3) == 3 * LANES


@pytest.mark.parametrize("device", DEVICES)
class TestInterruption:
    def test_by_control_c_leaves_lanes_that_go_on(self, machine: Machine, device: str) -> None:
        machine.load_program(assemble(ENDLESS))
        fleet = Fleet(machine, 3, device=device)
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.2):
            fleet.run()
        before = fleet.results().instructions
        assert (before > 0).any()
        assert fleet.run(100).stops == {StopReason.INSTRUCTION_LIMIT: 3}
        assert np.array_equal(fleet.results().instructions, before + np.uint64(100))

    def test_by_what_a_callback_raises(self, machine: Machine, device: str) -> None:
        machine.load_program(assemble(ENDLESS))
        fleet = Fleet(machine, 2, device=device)

        def fail(progress: FleetProgress) -> None:
            assert progress.lanes == 2
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fleet.run(on_progress=fail)
        assert fleet.run(10).stops == {StopReason.INSTRUCTION_LIMIT: 2}

    def test_by_another_thread_and_by_time(self, machine: Machine, device: str) -> None:
        machine.load_program(assemble(ENDLESS))
        fleet = Fleet(machine, 2, device=device)
        errors: list[str] = []

        def disturb() -> None:
            time.sleep(0.1)
            try:
                fleet.results()
            except armillion.InvalidArgumentError as error:
                errors.append(str(error))
            fleet.cancel()

        thread = threading.Thread(target=disturb)
        thread.start()
        assert fleet.run().stops == {StopReason.CANCELLED: 2}
        thread.join()
        assert errors == ["the fleet is in use on another thread"]
        assert fleet.run(timeout_seconds=0.1).stops == {StopReason.TIMEOUT: 2}


@pytest.mark.parametrize("device", DEVICES)
class TestCalls:
    def test_pass_and_return_integers_and_floats(self, machine: Machine, device: str) -> None:
        code = assemble("add w0, w0, w1\n ret\n fmul s0, s0, s1\n ret\n fmov d0, x0\n fadd d0, d0, d1\n ret")
        machine.load_program(code)
        fleet = Fleet(machine, 8, device=device)
        a, b = np.arange(8, dtype=np.int32) - 4, np.full(8, -1, np.int32)
        called = fleet.call(0, a, b, result=np.int32)
        assert called.all_returned and called.values.dtype == np.int32 and np.array_equal(called.values, a + b)
        assert called.run.stops == {StopReason.RETURNED: 8} and called.run.instructions == 16
        floats = np.linspace(-1, 1, 8, dtype=np.float32)
        assert np.array_equal(fleet.call(8, floats, np.float32(3), result="f4").values, floats * np.float32(3))
        assert np.array_equal(fleet.call(0, range(5, 13), 1, result="u8").values, np.arange(6, 14, dtype=np.uint64))
        with pytest.raises(armillion.InvalidArgumentError, match="one for each of the 8 lanes"):
            fleet.call(0, np.zeros(3, np.int32))
        with pytest.raises(armillion.InvalidArgumentError, match="has no symbols"):
            fleet.call("main", a)

    def test_that_do_not_return_say_so(self, machine: Machine, device: str) -> None:
        machine.load_program(assemble("cbz x0, stop\n ret\nstop: hlt #0"))
        fleet = Fleet(machine, 4, device=device)
        called = fleet.call(0, range(4))
        assert not called.all_returned
        assert called.run.stops == {StopReason.HALT: 1, StopReason.RETURNED: 3}
        assert fleet.results().stop_reason.tolist() == [StopReason.HALT] + 3 * [StopReason.RETURNED]

    def test_compare_two_functions_of_a_process(self, programs: pathlib.Path, device: str) -> None:
        process = Process(programs / "rounding")
        process.run_to("main")
        inputs = np.array([0.49999997, -0.49999997, 0.5, 1.5, -2.25, 7], np.float32)
        fleet = Fleet(process, len(inputs), device=device)
        compared = fleet.compare_calls("round_fast", "round_exact", inputs, result=np.float32)
        found = [(entry.lane, str(entry.first), str(entry.second)) for entry in compared.differences]
        assert found == [(0, "1.0", "0.0"), (1, "-1.0", "-0.0")]
        assert compared.first.stops == compared.second.stops == {StopReason.RETURNED: 6}
        values = fleet.call("round_exact", inputs, result=np.float32).values
        assert values.tolist() == [0, -0.0, 1, 2, -2, 7]


@pytest.mark.parametrize("device", DEVICES)
def test_lanes_of_a_process_have_inputs_and_outputs_of_their_own(programs: pathlib.Path, device: str) -> None:
    fleet = Fleet(Process(programs / "hello", clock="virtual"), 3, device=device)
    for lane in fleet:
        lane.set_arguments([f"number{lane.number}"])
    assert fleet.run().stops == {StopReason.EXITED: 3}
    for lane in fleet:
        assert f"number{lane.number}".encode() in lane.stdout and lane.stderr == b""
        assert lane.result["exit_code"] == 0
    counted = Fleet(Process(programs / "word_count", ["/dev/stdin"], clock="virtual"), 2, device=device)
    counted[0].set_stdin(b"one two three")
    counted[1].set_stdin(b"one")
    counted.run()
    assert counted[0].stdout != counted[1].stdout


def test_a_fleet_is_closed_and_shown(machine: Machine) -> None:
    with Fleet(machine, 2) as fleet:
        fleet.run(1)
        assert "Fleet of 2 lanes on cpu" in fleet._repr_html_()
    assert repr(fleet) == "<armillion.Fleet, closed>" and "closed" in fleet._repr_html_()
    with pytest.raises(armillion.InvalidArgumentError, match="closed"):
        fleet.run()
    with pytest.raises(armillion.InvalidArgumentError, match="at least one lane"):
        Fleet(machine, 0)


def test_results_keep_their_memory(machine: Machine) -> None:
    with Fleet(machine, 1000) as fleet:
        fleet.run(7)
        instructions = fleet.results().instructions
    assert (instructions == 7).all() or (instructions < 7).all()
