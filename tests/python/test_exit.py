"""A script that has used everything ends without a word: nothing is left that the binding would complain about."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

SCRIPT = """
import sys
import numpy as np
import armillion
from armillion.compat import AsyncMetalCPU

def fail(*arguments):
    raise ZeroDivisionError

machine = armillion.Machine()
machine.load_program([0xD4000021, 0xD4400000])  # svc #1; hlt #0
machine.set_syscall_hook(lambda caller, immediate: caller is machine)
machine.execute()
machine.pc = 0
machine.set_syscall_hook(fail)
machine.start()
try:
    machine.wait()
except ZeroDivisionError as error:
    kept = error
registers, array, snapshot = machine.x, machine.state.x, machine.snapshot()

process = armillion.Process(sys.argv[1], stdout=fail, on_system_call=lambda line: process)
try:
    process.run()
except ZeroDivisionError:
    pass
of_process = process.machine
of_process.set_block_hook(fail)
try:
    process.run()
except ZeroDivisionError:
    pass

fleet = armillion.Fleet(machine, 3)
try:
    fleet.run(on_stop=fail)
except ZeroDivisionError:
    pass
results = fleet.results().instructions
try:
    machine.read_memory(1 << 50, 1)
except armillion.Error as error:
    bad_address = error

forgotten = armillion.Machine()
forgotten.load_program([0x14000000])
forgotten.start()
calls_for_ever = armillion.Machine()
calls_for_ever.load_program([0xD4000021, 0x17FFFFFF])
calls_for_ever.set_syscall_hook(lambda caller, immediate: True)
calls_for_ever.start()
cpu = AsyncMetalCPU()
cpu.write_memory(0, np.array([0x14000000], np.uint32))
cpu.start(10**15)
print("the end")
"""


def test_of_a_script_is_silent(programs: pathlib.Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(programs / "hello")],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "the end\n", "")
