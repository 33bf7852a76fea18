"""Armillion from Python in ten minutes: read it from top to bottom, and run it with the folder of the example programs.

cmake --build --preset release --target demo_programs
python examples/python/tutorial.py build/release/programs
"""

from __future__ import annotations

import pathlib
import sys

import numpy as np

import armillion
from armillion import Access, Fleet, Machine, MemoryAccess, Process, StopReason, ops

# X0 counts down, X1 sums up.
SUM = [
    0xD2800001,  #       mov  x1, #0
    0x8B000021,  # loop: add  x1, x1, x0
    0xF1000400,  #       subs x0, x0, #1
    0x54FFFFC1,  #       b.ne loop
    0xD4400000,  #       hlt  #0
]


def run_a_bare_machine() -> None:
    """A machine is registers and memory. It is given a program, and runs until something stops it."""
    with Machine() as machine:
        machine.load_program(SUM)
        machine.x[0] = 1000
        result = machine.execute()
        print(f"1. {result.stop_reason.name} after {result.instructions} instructions: x1 is {machine.x[1]}")

        # What a program does wrong is a reason to stop, with all that there is to know of it.
        machine.load_program([0xF9400001])  # ldr x1, [x0]
        machine.x[0] = 1 << 40
        print(f"   {machine.execute()}")

        # What you do wrong is an exception.
        try:
            machine.read_memory(1 << 40, 8)
        except armillion.Error as error:
            print(f"   {type(error).__name__}: {error}")


def watch_it() -> None:
    """Limits, breakpoints and hooks show what goes on inside."""
    with Machine() as machine:
        machine.load_program(SUM)
        machine.x[0] = 3
        machine.add_breakpoint(4)
        sums = []
        while machine.execute().stop_reason == StopReason.BREAKPOINT:
            sums.append(machine.x[1])
        print(f"2. sums at the breakpoint: {sums}")

        stores: list[str] = []

        def note(access: MemoryAccess) -> None:
            if access.access == Access.WRITE:
                stores.append(f"{access.size} bytes at {access.address:#x}")

        machine.load_program([0xF9000020, 0xD4400000])  # str x0, [x1]; hlt #0
        machine.x[:2] = [7, 0x2000]
        machine.set_memory_hook(note)
        machine.execute()
        print(f"   written: {stores}, now {machine.read_memory(0x2000, 8).hex()}")


def try_many_inputs() -> None:
    """A snapshot is taken at once; going back costs what was written since."""
    with Machine() as machine:
        machine.load_program(SUM)
        start = machine.snapshot()
        counts = []
        for value in range(1, 6):
            machine.restore(start)
            machine.x[0] = value
            counts.append(machine.execute().instructions)
        print(f"3. instructions for 1 to 5: {counts}")

        # The same, all at once: a lane for each input, on all cores or on a GPU.
        machine.restore(start)
        with Fleet(machine, lanes=5) as fleet:
            fleet.x[0] = np.arange(1, 6)
            fleet.run()
            print(f"   sums of the lanes: {fleet.x[1].tolist()}")


def run_a_linux_program(programs: pathlib.Path) -> None:
    """A process is a machine with Linux: arguments, files, output, exit code."""
    with Process(programs / "primes", ["10000"], clock="virtual") as process:
        result = process.run()
        first_line = process.stdout.decode().splitlines()[0]
        print(f"4. {result.stop_reason.name} with {result.exit_code}: {first_line}")


def compare_two_functions(programs: pathlib.Path) -> None:
    """A function of a compiled program is called with an input in each lane."""
    with Process(programs / "rounding") as process:
        process.run_to("main")
        # The 1,000 floats around a half.
        half = int(np.float32(0.5).view(np.uint32))
        floats = np.arange(half - 500, half + 500, dtype=np.uint32).view(np.float32)
        with Fleet(process, lanes=len(floats)) as fleet:
            compared = fleet.compare_calls("round_fast", "round_exact", floats, result=np.float32)
        for found in compared.differences:
            print(f"5. {floats[found.lane]}: {found.first} by round_fast, {found.second} by round_exact")


def calculate() -> None:
    """The vector kernels work on numpy arrays, in place where you like."""
    x = np.linspace(0, 1, 1001)
    ops.exp(x, out=x)
    print(f"6. the mean of e^x from 0 to 1 is {ops.mean(x):.4f}, e - 1 is {np.e - 1:.4f}")


def main() -> None:
    programs = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/programs")
    run_a_bare_machine()
    watch_it()
    try_many_inputs()
    run_a_linux_program(programs)
    compare_two_functions(programs)
    calculate()


if __name__ == "__main__":
    main()
