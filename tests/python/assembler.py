"""Programs in assembly, for the tests: no bare words."""

from __future__ import annotations

import functools
import pathlib
import subprocess
import tempfile

ASSEMBLER = "aarch64-linux-gnu-as"
OBJCOPY = "aarch64-linux-gnu-objcopy"


@functools.cache
def assemble(text: str) -> bytes:
    """The bytes of a program whose first instruction is at address 0."""
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(folder, "program")
        subprocess.run(
            [ASSEMBLER, "-march=armv8.2-a", "-o", f"{folder}/program.o", "-"], input=text.encode() + b"\n", check=True
        )
        subprocess.run([OBJCOPY, "-O", "binary", "-j", ".text", f"{folder}/program.o", str(binary)], check=True)
        return binary.read_bytes()


# X0 counts down to 0 from what it is at the start; X1 has the sum.
SUM = """
        mov   x1, #0
loop:   add   x1, x1, x0
        subs  x0, x0, #1
        b.ne  loop
        hlt   #0
"""

ENDLESS = "loop: b loop"
