"""How machines, processes and fleets look in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from armillion._core import Machine, Process
    from armillion._fleet import Fleet

REGISTERS_PER_ROW = 4


def _table(caption: str, rows: Iterable[Iterable[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table style="font-family: monospace"><caption>{html.escape(caption)}</caption>{body}</table>'


def _flags(nzcv: int) -> str:
    return "".join(name if nzcv >> (31 - bit) & 1 else name.lower() for bit, name in enumerate("NZCV"))


def machine(shown: Machine) -> str:
    """The registers of a machine that is not running."""
    caption = repr(shown)[1:-1]
    if "running" in caption or "closed" in caption:
        return _table(caption, [])
    cells = [f"x{number} {value:#x}" for number, value in enumerate(shown.x)] + [f"sp {shown.sp:#x}"]
    rows = [cells[i : i + REGISTERS_PER_ROW] for i in range(0, len(cells), REGISTERS_PER_ROW)]
    return _table(caption, [*rows, [f"pc {shown.pc:#x}", f"flags {_flags(shown.nzcv)}"]])


def process(shown: Process) -> str:
    """Where a process is, and its threads."""
    caption = repr(shown)[1:-1]
    if "running" in caption or "closed" in caption:
        return _table(caption, [])
    rows = [
        [f"thread {number}", f"pc {state.pc:#x}", shown.location(state.pc) or ""] for number, state in shown.threads
    ]
    return _table(caption, rows)


def fleet(shown: Fleet) -> str:
    """Why the lanes of a fleet stopped."""
    caption = repr(shown)[1:-1]
    if "closed" in caption:
        return _table(caption, [])
    return _table(caption, [[reason.name.lower(), str(count)] for reason, count in shown.results().stops.items()])
