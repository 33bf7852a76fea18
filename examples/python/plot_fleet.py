"""Draws what a fleet finds: how long the Collatz sequences of the first numbers are, a number a lane.

    python examples/python/plot_fleet.py collatz.png [LANES [DEVICE]]

It needs matplotlib. The parts marked with %% are cells for those editors that know them.
"""

# %% A program: X1 counts the steps from X0 to 1, halving even numbers and taking 3n + 1 of odd ones.
from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np

import armillion

COLLATZ = [
    0xD2800001,  #       mov  x1, #0
    0xF100041F,  # loop: cmp  x0, #1
    0x54000100,  #       b.eq done
    0x91000421,  #       add  x1, x1, #1
    0x37000060,  #       tbnz w0, #0, odd
    0xD341FC00,  #       lsr  x0, x0, #1
    0x17FFFFFB,  #       b    loop
    0x8B000400,  # odd:  add  x0, x0, x0, lsl #1
    0x91000400,  #       add  x0, x0, #1
    0x17FFFFF8,  #       b    loop
    0xD4400000,  # done: hlt  #0
]

path = sys.argv[1] if len(sys.argv) > 1 else "collatz.png"
lanes = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
device = sys.argv[3] if len(sys.argv) > 3 else "cpu"

# %% Run it: a machine for each number.
machine = armillion.Machine(memory_bytes=4096)
machine.load_program(COLLATZ)
fleet = armillion.Fleet(machine, lanes, device=device)
fleet.x[0] = np.arange(1, lanes + 1)
result = fleet.run()
steps = fleet.x[1]
instructions = fleet.results().instructions
print(f"{lanes} lanes: {result}")
print(f"the longest sequence begins with {int(steps.argmax()) + 1}: {int(steps.max())} steps")

# %% Draw it.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
left.plot(np.arange(1, lanes + 1), steps, ".", markersize=1, color="tab:blue")
left.set_xlabel("first number")
left.set_ylabel("steps to 1")
left.set_title("Collatz sequences, a lane each")
right.hist(instructions, bins=60, color="tab:orange")
right.set_xlabel("instructions of a lane")
right.set_ylabel("lanes")
right.set_title(f"{result.ips / 1e6:,.0f} million instructions a second on {fleet.device}")
figure.savefig(path, dpi=120)
print(f"{path} is written")
