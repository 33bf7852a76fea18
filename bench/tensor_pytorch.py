#!/usr/bin/env python3
"""A straightforward batch loop of AArch64 instructions in PyTorch, to measure beside the tensor engine.

    bench/tensor_pytorch.py [--device cuda] [--seconds 2]

It does what a batch of an emulator in PyTorch does: gather the words, decode all fields at once, find the first instruction
that must end the batch, compute the candidates of each operation, select, scatter, and one synchronisation a batch. It knows
ADD and SUB (immediate), ADD (register), CBNZ and HLT. Reads after writes within a batch: chains of constant additions are
resolved by a prefix sum, what reads another result of its batch ends the batch before it, and so does a branch. The results
are compared with those of a plain interpreter; a difference is an error.
"""
import argparse
import time

import torch

ADD_IMMEDIATE, SUB_IMMEDIATE, ADD_REGISTER, CBNZ, HLT = 0x91, 0xD1, 0x8B, 0xB5, 0xD4
MASK = (1 << 64) - 1


def add_immediate(d, n, value):
    return 0x91000000 | value << 10 | n << 5 | d


def sub_immediate(d, n, value):
    return 0xD1000000 | value << 10 | n << 5 | d


def add_register(d, n, m):
    return 0x8B000000 | m << 16 | n << 5 | d


def cbnz(t, words):
    return 0xB5000000 | (words & 0x7FFFF) << 5 | t


def interpret(program, registers):
    """The meaning of a program, one instruction at a time: (registers, instructions)."""
    registers = list(registers)
    pc = count = 0
    while True:
        word = program[pc]
        count += 1
        operation = word >> 24
        if operation == HLT:
            return registers, count
        d, n, m, immediate = word & 31, word >> 5 & 31, word >> 16 & 31, word >> 10 & 0xFFF
        pc += 1
        if operation == ADD_IMMEDIATE:
            registers[d] = registers[n] + immediate & MASK
        elif operation == SUB_IMMEDIATE:
            registers[d] = registers[n] - immediate & MASK
        elif operation == ADD_REGISTER:
            registers[d] = registers[n] + registers[m] & MASK
        elif registers[d] != 0:
            offset = word >> 5 & 0x7FFFF
            pc += -1 + (offset - (1 << 19) if offset >> 18 else offset)


class Batches:
    def __init__(self, program, device, batch):
        self.words = torch.tensor(program + [HLT << 24] * batch, dtype=torch.int64, device=device)
        self.registers = torch.zeros(32, dtype=torch.int64, device=device)
        self.lanes = torch.arange(batch, device=device)
        self.pc = 0
        self.count = 0

    def step(self):
        """One batch. False at HLT."""
        words = self.words[self.pc + self.lanes]
        operation = words >> 24
        d, n, m = words & 31, words >> 5 & 31, words >> 16 & 31
        immediate = words >> 10 & 0xFFF
        is_add = operation == ADD_IMMEDIATE
        is_sub = operation == SUB_IMMEDIATE
        is_register = operation == ADD_REGISTER
        is_branch = operation == CBNZ
        is_halt = operation == HLT
        is_chain = (is_add | is_sub) & (d == n)

        # Which registers were written before each lane, and whether by anything but chains of additions.
        written = torch.nn.functional.one_hot(d, 32) * (is_add | is_sub | is_register).unsqueeze(1)
        before = written.cumsum(0) - written
        other = written * (~is_chain).unsqueeze(1)
        other_before = other.cumsum(0) - other
        reads_n = before.gather(1, n.unsqueeze(1)).squeeze(1) > 0
        reads_m = before.gather(1, m.unsqueeze(1)).squeeze(1) > 0
        reads_d = before.gather(1, d.unsqueeze(1)).squeeze(1) > 0
        after_other = other_before.gather(1, d.unsqueeze(1)).squeeze(1) > 0
        # A register that the batch has written is neither read nor written again, but for chains.
        depends = torch.where(is_chain, after_other, reads_d | (reads_n & ~is_branch) | (reads_m & is_register))
        stops = depends | is_halt
        ends_behind = is_branch & ~stops
        index = torch.where(stops, self.lanes, torch.where(ends_behind, self.lanes + 1, len(self.lanes)))
        length = index.min()

        # Candidates, selection, scatter.
        inside = self.lanes < length
        delta = torch.where(is_sub, -immediate, immediate)
        chain = torch.where(is_chain & inside, delta, 0)
        totals = torch.zeros_like(self.registers).scatter_add_(0, d, chain)
        plain = torch.where(is_register, self.registers[n] + self.registers[m], self.registers[n] + delta)
        is_plain = inside & (is_register | ((is_add | is_sub) & ~is_chain))
        last = torch.zeros(32, dtype=torch.int64, device=words.device)
        last.scatter_reduce_(0, d, torch.where(is_plain, self.lanes + 1, 0), "amax")
        registers = torch.where(last > 0, plain[(last - 1).clamp(min=0)], self.registers) + totals
        offset = words >> 5 & 0x7FFFF
        offset = torch.where(offset >= 1 << 18, offset - (1 << 19), offset)
        end = (length - 1).clamp(min=0)
        takes = is_branch[end] & (registers[d[end]] != 0) & (length > 0)
        next_pc = self.pc + length + torch.where(takes, offset[end] - 1, 0)
        self.registers = registers
        # The one synchronisation of the batch.
        done, next_pc, halted = torch.stack([length, next_pc, is_halt[0].long()]).tolist()
        self.count += done
        self.pc = next_pc
        if halted:
            self.count += 1
        return not halted


def measure(title, program, batch, device, seconds):
    expected, instructions = interpret(program, [0] * 32)
    runs = Batches(program, device, batch)
    while runs.step():
        pass
    actual = [value & MASK for value in runs.registers.tolist()]
    assert actual[:31] == expected[:31] and runs.count == instructions, f"{title}: the results differ"
    start = time.perf_counter()
    done = 0
    while time.perf_counter() - start < seconds:
        runs = Batches(program, device, batch)
        while runs.step() and time.perf_counter() - start < seconds:
            pass
        done += runs.count
    print(f"| {title} | {batch} | {done / (time.perf_counter() - start):,.0f} |", flush=True)


def measure_arrays(count, device, seconds):
    a = torch.randint(-(1 << 62), 1 << 62, (count,), device=device)
    b = torch.randint(-(1 << 62), 1 << 62, (count,), device=device)
    result = torch.empty_like(a)
    wait = torch.cuda.synchronize if device.startswith("cuda") else (lambda: None)
    for _ in range(10):
        torch.add(a, b, out=result)
    wait()
    start = time.perf_counter()
    calls = 0
    while time.perf_counter() - start < seconds:
        for _ in range(100):
            torch.add(a, b, out=result)
        wait()
        calls += 100
    print(f"| torch.add of 64-bit integers | {count} | {calls * count / (time.perf_counter() - start):,.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seconds", type=float, default=1.0, help="time of one measurement")
    options = parser.parse_args()
    print(f"PyTorch {torch.__version__} on "
          f"{torch.cuda.get_device_name(options.device) if options.device.startswith('cuda') else options.device}\n")
    print("| program | batch, or elements | instructions/s, or operations/s |\n|---|---:|---:|")
    straight = [add_immediate(0, 0, 1)] * 10_000 + [HLT << 24]
    loop = [add_immediate(0, 0, 1000), sub_immediate(0, 0, 1), cbnz(0, -1), HLT << 24]
    for batch in (1, 64, 128, 256, 512, 4096):
        measure("10,000 ADDs of a constant to one register", straight, batch, options.device, options.seconds)
    for batch in (1, 64, 512):
        measure("loop of SUB and CBNZ", loop, batch, options.device, options.seconds)
    for count in (64, 512, 4096, 65536, 1 << 20):
        measure_arrays(count, options.device, options.seconds)


if __name__ == "__main__":
    main()
