"""armillion.Process, on the example programs."""

from __future__ import annotations

import gc
import pathlib
import signal
import weakref

import numpy as np
import pytest

import armillion
from armillion import Process, StopReason
from conftest import interrupted_after


def test_a_program_prints_and_exits(programs: pathlib.Path, device: str) -> None:
    with Process(programs / "hello", ["world"], device=device) as process:
        result = process.run()
        assert result.stop_reason == StopReason.EXITED and result.exit_code == 0 and result.signal == 0
        assert b"world" in process.stdout and process.stderr == b""
        assert process.retired_instructions == result.instructions
        assert "exit_code=0" in repr(result)


def test_runs_are_the_same_with_a_virtual_clock(programs: pathlib.Path, device: str) -> None:
    ends = []
    for where, engine in [("cpu", "interpreter"), (device, "interpreter"), (device, "tensor")]:
        process = Process(programs / "primes", ["1000"], clock="virtual", seed=7, device=where, engine=engine)
        result = process.run()
        ends.append((result.instructions, process.state_hash(), process.stdout))
        assert process.machine.engine == engine
    assert ends[0] == ends[1] == ends[2]


def test_an_instruction_limit_stops_exactly_there(programs: pathlib.Path, device: str) -> None:
    process = Process(programs / "primes", ["1000"], clock="virtual", device=device)
    assert process.run(instruction_limit=1000).instructions == 1000
    process.step()
    assert process.retired_instructions == 1001
    assert process.run().exit_code == 0


def test_output_goes_where_it_is_wanted(programs: pathlib.Path) -> None:
    parts: list[bytes] = []
    process = Process(programs / "hello", ["there"], stdout=parts.append)
    process.run()
    assert b"there" in b"".join(parts)
    captured = Process(programs / "hello", ["there"])
    captured.run()
    assert captured.stdout == b"".join(parts)


def test_what_a_callback_raises_stops_the_run(programs: pathlib.Path) -> None:
    def fail(written: bytes) -> None:
        raise ZeroDivisionError("written")

    process = Process(programs / "hello", stdout=fail)
    with pytest.raises(ZeroDivisionError, match="written"):
        process.run()
    assert process.run().stop_reason == StopReason.EXITED


def test_system_calls_are_told(programs: pathlib.Path) -> None:
    lines: list[str] = []
    Process(programs / "hello", on_system_call=lines.append).run()
    assert any(line.startswith("write(1") or line.startswith("writev(1") for line in lines)
    assert any(line.startswith("exit_group(0") for line in lines)


def test_folders_are_granted_by_name(programs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "poem.txt").write_text("so much depends\nupon\n")
    refused = Process(programs / "word_count", ["/data/poem.txt"])
    assert refused.run().exit_code == 1
    granted = Process(programs / "word_count", ["/data/poem.txt"], directories={"/data": tmp_path})
    assert granted.run().exit_code == 0 and b"4" in granted.stdout
    with pytest.raises(armillion.FileUnreadableError):
        Process(programs / "hello", directories={"/data": tmp_path / "missing"})


def test_bytes_are_a_program_too(programs: pathlib.Path) -> None:
    process = Process("anything", program_bytes=(programs / "hello").read_bytes(), program_name="hello")
    assert process.run().exit_code == 0
    array = np.fromfile(programs / "hello", np.uint8)
    assert Process("anything", program_bytes=array).run().exit_code == 0


def test_what_is_no_program_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(armillion.FileUnreadableError, match="No such file"):
        Process(tmp_path / "missing")
    (tmp_path / "text").write_text("text")
    with pytest.raises(armillion.BadProgramError, match="not an ELF file"):
        Process(tmp_path / "text")
    with pytest.raises(armillion.InvalidArgumentError, match="clock is one of"):
        Process(tmp_path / "text", clock="sundial")  # type: ignore[arg-type]


def test_symbols_are_found_by_name_and_by_address(programs: pathlib.Path) -> None:
    process = Process(programs / "rounding")
    symbol = process.find_symbol("round_fast")
    assert symbol is not None and symbol.is_function and symbol.size > 0
    assert process.location(symbol.address + 4) == "round_fast+0x4"
    assert process.find_symbol("no such") is None and process.location(0) is None
    assert symbol.name in [entry.name for entry in process.symbols]
    with pytest.raises(armillion.InvalidArgumentError, match="no symbol 'nothing'"):
        process.run_to("nothing")


def test_a_process_is_run_to_a_place_and_looked_at(programs: pathlib.Path, device: str) -> None:
    process = Process(programs / "hello", ["a", "b"], device=device)
    result = process.run_to("main")
    machine = process.machine
    assert machine is process.machine and machine.pc == result.pc == process.address_of("main")
    assert machine.x[0] == 3, "argc"
    assert process.threads[0][1] == machine.state and process.threads[0][0] == process.current_thread
    assert machine.breakpoints == []
    assert process.run().exit_code == 0
    with pytest.raises(armillion.InvalidArgumentError, match="did not reach main"):
        process.run_to("main")


def test_hooks_of_its_machine_see_it_run(programs: pathlib.Path) -> None:
    process = Process(programs / "hello", clock="virtual")
    blocks: list[int] = []
    process.machine.set_block_hook(blocks.append)
    assert process.run().exit_code == 0
    assert process.entry_point in blocks and process.address_of("main") in blocks

    def fail(pc: int) -> None:
        if pc == watched.address_of("main"):
            raise ZeroDivisionError("at main")

    watched = Process(programs / "hello", clock="virtual")
    watched.machine.set_block_hook(fail)
    with pytest.raises(ZeroDivisionError, match="at main"):
        watched.run()
    watched.machine.set_block_hook(None)
    assert watched.run().exit_code == 0 and watched.state_hash() == process.state_hash()


def test_snapshots_bring_output_back_too(programs: pathlib.Path, device: str) -> None:
    process = Process(programs / "hello", ["x"], clock="virtual", device=device)
    process.run_to("main")
    start = process.snapshot()
    first = process.run()
    output, end = process.stdout, process.state_hash()
    process.restore(start)
    assert process.stdout == b""
    assert process.run().instructions == first.instructions
    assert (process.stdout, process.state_hash()) == (output, end)


def test_control_c_leaves_a_process_that_goes_on(programs: pathlib.Path) -> None:
    process = Process(programs / "primes", ["3000000"])
    with pytest.raises(KeyboardInterrupt), interrupted_after(0.05):
        # Again and again, until the interruption comes.
        while True:
            process.run(timeout_seconds=0.01)
    result = process.run()
    assert result.stop_reason == StopReason.EXITED and b"216816 primes" in process.stdout


def test_a_fatal_signal_is_a_result(programs: pathlib.Path) -> None:
    process = Process(programs / "hello", stop_at_fault=True)
    process.run_to("main")
    process.machine.pc = 0
    result = process.run()
    assert result.stop_reason == StopReason.MEMORY_FAULT and result.signal == signal.SIGSEGV
    result = process.run()
    assert result.stop_reason == StopReason.EXITED and result.exit_code == 128 + signal.SIGSEGV


class TestLife:
    def test_of_the_machine_may_be_longer(self, programs: pathlib.Path) -> None:
        machine = Process(programs / "hello").machine
        gc.collect()
        assert machine.step().instructions == 1
        with pytest.raises(armillion.InvalidArgumentError, match="close the process"):
            machine.close()

    def test_ends_with_the_block(self, programs: pathlib.Path) -> None:
        with Process(programs / "hello") as process:
            machine = process.machine
        assert repr(process) == "<armillion.Process, closed>" and repr(machine) == "<armillion.Machine, closed>"
        for use in (process.run, machine.step):
            with pytest.raises(armillion.InvalidArgumentError, match="closed"):
                use()

    def test_of_a_process_whose_callback_holds_it_ends(self, programs: pathlib.Path) -> None:
        def make() -> weakref.ref[Process]:
            process = Process(programs / "hello", stdout=lambda written: process)
            return weakref.ref(process)

        gone = make()
        gc.collect()
        assert gone() is None

    def test_is_shown(self, programs: pathlib.Path) -> None:
        process = Process(programs / "hello")
        assert "armillion.Process on cpu, pc=0x" in repr(process)
        process.run_to("main")
        assert "<td>main</td>" in process._repr_html_()
