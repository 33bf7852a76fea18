"""How an armillion.Machine is run: interrupted, in the background, in batches, and with hooks."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

import armillion
from armillion import Access, Machine, MemoryAccess, StopReason
from assembler import ENDLESS, SUM, assemble
from conftest import interrupted_after


class TestInterruption:
    def test_by_control_c_leaves_a_machine_that_goes_on(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.load_program(assemble("loop: add x0, x0, #1\n b loop"))
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.2):
            machine.execute()
        retired, count = machine.retired_instructions, machine.x[0]
        assert retired > 0 and count in (retired // 2, (retired + 1) // 2)
        assert machine.execute(1000).instructions == 1000
        assert machine.retired_instructions == retired + 1000 and machine.x[0] == count + 500

    def test_by_a_timeout(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.load_program(assemble(ENDLESS))
        for seconds in (0.01, 0.2):
            result = machine.execute(timeout_seconds=seconds)
            assert result.stop_reason == StopReason.TIMEOUT
            assert seconds <= result.elapsed_seconds < seconds + 1
        with pytest.raises(armillion.InvalidArgumentError):
            machine.execute(timeout_seconds=0)

    def test_never_makes_a_breakpoint_missed(self, machine: Machine) -> None:
        # Long enough for several slices, each of which ends at one of two instructions.
        machine.load_program(assemble("loop: subs x0, x0, #1\n b.ne loop\n hlt #0"))
        machine.x[0] = 60_000_000
        machine.add_breakpoint(8)
        assert machine.breakpoints == [8]
        result = machine.execute()
        assert result.stop_reason == StopReason.BREAKPOINT and result.instructions == 120_000_000
        machine.remove_breakpoint(8)
        assert machine.execute().stop_reason == StopReason.HALT

    def test_other_threads_go_on_meanwhile(self, machine: Machine) -> None:
        machine.load_program(assemble(ENDLESS))
        ticks = 0
        done = threading.Event()

        def count() -> None:
            nonlocal ticks
            while not done.is_set():
                ticks += 1
                time.sleep(0.001)

        thread = threading.Thread(target=count)
        thread.start()
        machine.execute(timeout_seconds=0.5)
        done.set()
        thread.join()
        assert ticks > 20

    def test_use_by_a_second_thread_is_an_error_but_to_cancel(self, machine: Machine) -> None:
        machine.load_program(assemble(ENDLESS))
        messages = []

        def disturb() -> None:
            time.sleep(0.1)
            for use in (lambda: machine.x[0], lambda: machine.execute(1), lambda: machine.snapshot(), machine.close):
                try:
                    use()
                except armillion.InvalidArgumentError as error:
                    messages.append(str(error))
            messages.append(repr(machine))
            machine.cancel()

        thread = threading.Thread(target=disturb)
        thread.start()
        result = machine.execute()
        thread.join()
        assert result.stop_reason == StopReason.CANCELLED
        assert len(messages) == 5 and all("in use on another thread" in message for message in messages[:4])
        assert "running" in messages[4]


class TestBackground:
    def test_runs_are_polled_cancelled_and_waited_for(self, machine_there: Machine) -> None:
        machine = machine_there
        machine.load_program(assemble(ENDLESS))
        machine.start()
        assert machine.is_running and machine.poll().is_running
        with pytest.raises(TimeoutError):
            machine.wait(timeout_seconds=0.05)
        with pytest.raises(armillion.InvalidArgumentError, match="running"):
            machine.x[0] = 1
        machine.cancel()
        result = machine.wait()
        assert result.stop_reason == StopReason.CANCELLED and not machine.is_running
        assert machine.poll().instructions == result.instructions == machine.retired_instructions

    def test_control_c_while_waiting_stops_the_run(self, machine: Machine) -> None:
        machine.load_program(assemble(ENDLESS))
        machine.start()
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.1):
            machine.wait()
        assert not machine.is_running
        assert machine.execute(5).instructions == 5

    def test_a_hook_runs_on_the_other_thread(self, machine: Machine) -> None:
        machine.load_program(assemble("svc #3\n hlt #0"))
        threads: list[int] = []

        def serve(caller: Machine, immediate: int) -> bool:
            threads.append(threading.get_ident())
            caller.x[0] = immediate
            return True

        machine.set_syscall_hook(serve)
        machine.start()
        assert machine.wait().stop_reason == StopReason.HALT
        assert machine.x[0] == 3 and threads != [threading.get_ident()]

    @pytest.mark.parametrize("seconds_in_hook", [0, 0.001])
    def test_a_machine_that_is_forgotten_stops(self, seconds_in_hook: float) -> None:
        calls = 0

        def serve(caller: Machine, immediate: int) -> bool:
            nonlocal calls
            calls += 1
            # Mostly the machine is forgotten while its hook runs, which then has the last reference.
            time.sleep(seconds_in_hook)
            return True

        for _ in range(20):
            machine = Machine()
            machine.load_program(assemble("loop: svc #0\n b loop"))
            machine.set_syscall_hook(serve)
            machine.start()
            time.sleep(0.005)
            del machine
        time.sleep(0.05)
        gone = calls
        assert gone > 0
        time.sleep(0.05)
        assert calls == gone

    def test_what_a_hook_raises_is_raised_each_time_one_waits(self, machine: Machine) -> None:
        machine.load_program(assemble("svc #1\n hlt #0"))

        def fail(caller: Machine, immediate: int) -> bool:
            raise ZeroDivisionError("in the hook")

        machine.set_syscall_hook(fail)
        machine.start()
        for _ in range(3):
            with pytest.raises(ZeroDivisionError, match="in the hook"):
                machine.wait()
        machine.set_syscall_hook(None)
        machine.pc = 0
        assert machine.execute().stop_reason == StopReason.SYSCALL

    def test_a_hook_cannot_close_its_machine(self, machine: Machine) -> None:
        machine.load_program(assemble("svc #1\n hlt #0"))
        machine.set_syscall_hook(lambda caller, immediate: caller.close())
        machine.start()
        with pytest.raises(armillion.InvalidArgumentError, match="in its own run"):
            machine.wait()
        machine.pc = 0
        with pytest.raises(armillion.InvalidArgumentError, match="in its own run"):
            machine.execute()

    def test_waiting_without_a_run_is_an_error(self, machine: Machine) -> None:
        with pytest.raises(armillion.InvalidArgumentError):
            machine.wait()


class TestBatches:
    def test_end_with_the_last_one(self, machine: Machine) -> None:
        machine.load_program(assemble(ENDLESS))
        result = machine.execute_continuous(batch_instructions=1000, max_batches=7)
        assert result.stop_reason == StopReason.INSTRUCTION_LIMIT and result.instructions == 7000
        assert machine.execute_mega(12345).instructions == 12345

    def test_are_whole_over_many_slices(self, machine: Machine) -> None:
        machine.load_program(assemble(ENDLESS))
        result = machine.execute_continuous(batch_instructions=7_000_003, max_batches=20)
        assert result.instructions == 140_000_060

    def test_end_with_the_program_and_with_the_time(self, machine: Machine) -> None:
        machine.load_program(assemble(SUM))
        machine.x[0] = 1000
        assert machine.execute_continuous(batch_instructions=100).stop_reason == StopReason.HALT
        machine.load_program(assemble(ENDLESS))
        assert machine.execute_continuous(timeout_seconds=0.1).stop_reason == StopReason.TIMEOUT
        with pytest.raises(armillion.InvalidArgumentError):
            machine.execute_continuous(batch_instructions=0)


class TestHooks:
    def test_on_system_calls_serve_them(self, machine: Machine) -> None:
        machine.load_program(assemble("svc #7\n svc #8\n hlt #0"))
        served = []

        def serve(caller: Machine, immediate: int) -> bool:
            assert caller is machine
            served.append(immediate)
            caller.x[0] += immediate
            return immediate == 7

        machine.set_syscall_hook(serve)
        result = machine.execute()
        assert served == [7, 8] and machine.x[0] == 15
        assert result.stop_reason == StopReason.SYSCALL and result.immediate == 8
        machine.set_syscall_hook(None)
        assert machine.execute().stop_reason == StopReason.HALT

    def test_what_they_raise_reaches_the_caller(self, machine: Machine) -> None:
        machine.load_program(assemble("svc #1\n hlt #0"))

        def fail(caller: Machine, immediate: int) -> bool:
            raise ZeroDivisionError("in the hook")

        machine.set_syscall_hook(fail)
        with pytest.raises(ZeroDivisionError, match="in the hook"):
            machine.execute()
        machine.set_syscall_hook(None)
        machine.pc = 0
        assert machine.execute().stop_reason == StopReason.SYSCALL

    def test_on_memory_blocks_and_instructions(self, machine: Machine) -> None:
        machine.load_program(assemble("str x0, [x1]\n b next\n nop\nnext: hlt #0"))
        machine.x[1] = 0x2000
        accesses: list[tuple[int, int, int, Access]] = []

        def note(access: MemoryAccess) -> None:
            accesses.append((access.pc, access.address, access.size, access.access))

        blocks: list[int] = []
        instructions: list[int] = []
        machine.set_memory_hook(note)
        machine.set_block_hook(blocks.append)
        machine.set_instruction_hook(instructions.append)
        machine.execute()
        assert accesses == [(0, 0x2000, 8, Access.WRITE)]
        assert blocks == [0, 12] and instructions == [0, 4, 12]
        for remove in (machine.set_memory_hook, machine.set_block_hook, machine.set_instruction_hook):
            remove(None)
        machine.pc = 0
        machine.execute()
        assert len(accesses) == 1 and len(instructions) == 3

    def test_do_not_keep_a_machine_from_being_collected(self) -> None:
        def make() -> weakref.ref[Machine]:
            machine = Machine()
            machine.set_syscall_hook(lambda caller, immediate: machine.x[0] > 0)
            return weakref.ref(machine)

        gone = make()
        gc.collect()
        assert gone() is None

    def test_watchpoints_stop_behind_the_access(self, machine: Machine) -> None:
        machine.load_program(assemble("ldr x0, [x1]\n str x0, [x1]\n hlt #0"))
        machine.x[1] = 0x3000
        machine.add_watchpoint(0x3000, 8)
        result = machine.execute()
        assert result.stop_reason == StopReason.WATCHPOINT and result.pc == 8
        assert result.fault is not None and result.fault.address == 0x3000
        machine.remove_watchpoint(0x3000, 8)
        machine.pc = 0
        assert machine.execute().stop_reason == StopReason.HALT
