"""A Linux program, with the choices that Python users make by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from typing_extensions import Self

from armillion import _core, _display
from armillion._core import ProcessResult, ProcessSnapshot
from armillion._types import BytesLike
from armillion.errors import InvalidArgumentError

__all__ = ["Process", "ProcessResult", "ProcessSnapshot"]

Output = Literal["capture", "inherit"] | Callable[[bytes], object]

CAPTURE_LIMIT_BYTES = 64 * 1024 * 1024
MEMORY_LIMIT_BYTES = 4 * 1024 * 1024 * 1024
TENSOR_BATCH = 512
STACK_BYTES = 8 * 1024 * 1024


def _choice(name: str, given: str, choices: Sequence[str]) -> str:
    if given not in choices:
        raise InvalidArgumentError(f"{name} is one of {', '.join(map(repr, choices))}, not {given!r}")
    return given


def _output(name: str, given: Output) -> object:
    if callable(given):
        return given
    return True if _choice(name, given, ["capture", "inherit"]) == "capture" else None


class Process(_core.Process):
    """An AArch64 Linux program: a machine together with a Linux kernel's view of it.

    By default the program has its three standard streams, of which output and error are captured, and nothing else
    of the host. Threads of the guest take turns in a fixed order, so that with ``clock="virtual"`` the same program
    with the same input executes the same instructions in every run.
    """

    def __init__(
        self,
        program: str | os.PathLike[str],
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
        program_bytes: BytesLike | None = None,
        program_name: str = "",
        sysroot: str | os.PathLike[str] = "",
        directories: Mapping[str, str | os.PathLike[str]] | None = None,
        writable_directories: Mapping[str, str | os.PathLike[str]] | None = None,
        working_directory: str = "/",
        clock: Literal["real", "virtual"] = "real",
        random: Literal["seeded", "host"] = "seeded",
        seed: int = 0,
        device: str = "cpu",
        engine: str = "interpreter",
        tensor_batch: int = TENSOR_BATCH,
        accelerate_loops: bool = False,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        stack_bytes: int = STACK_BYTES,
        stdin: bytes | Literal["inherit"] = b"",
        stdout: Output = "capture",
        stderr: Output = "capture",
        capture_limit_bytes: int = CAPTURE_LIMIT_BYTES,
        stop_at_fault: bool = False,
        on_system_call: Callable[[str], object] | None = None,
        on_unsupported_system_call: Callable[[int, str], object] | None = None,
    ) -> None:
        """Loads the program.

        :param program: a path on the host; only a name where ``program_bytes`` has the file's bytes.
        :param arguments: ``argv[1]`` and up.
        :param environment: nothing is inherited from the host.
        :param program_name: ``argv[0]``; empty for ``program``.
        :param sysroot: a folder of the host with the program interpreter and libraries of dynamically linked programs.
        :param directories: folders that the guest may read, {path in the guest: path on the host}.
        :param writable_directories: the same for folders that it may also write to.
        :param clock: "virtual" counts a nanosecond an instruction, so that runs are alike.
        :param random: where getrandom and the like come from; "seeded" starts from ``seed``.
        :param device: where instructions run; system calls are served on the host.
        :param engine: how they run, with ``tensor_batch`` and ``accelerate_loops``: see ``Machine``.
        :param stdin: the bytes that standard input has, or "inherit" for the host's.
        :param stdout: "capture" (see ``stdout``), "inherit", or what is called with bytes as they are written.
        :param capture_limit_bytes: writes beyond it fail with ENOSPC.
        :param stop_at_fault: stop before an instruction that would end the process by a signal.
        :param on_system_call: called with a line for each system call, like strace's.
        :param on_unsupported_system_call: called with number and name when the guest first makes it; it got ENOSYS.
        :raises FileUnreadableError, BadProgramError: where the program or a folder cannot be used.
        :raises UnavailableError: for a device that cannot be used.
        """
        granted = [(os.fspath(host), guest, False) for guest, host in (directories or {}).items()]
        granted += [(os.fspath(host), guest, True) for guest, host in (writable_directories or {}).items()]
        if isinstance(stdin, str):
            _choice("stdin", stdin, ["inherit"])
        super().__init__(
            os.fspath(program),
            arguments=list(arguments),
            environment=[f"{name}={value}" for name, value in (environment or {}).items()],
            program_bytes=program_bytes,
            program_name=program_name,
            sysroot=os.fspath(sysroot),
            directories=granted,
            working_directory=working_directory,
            virtual_clock=_choice("clock", clock, ["real", "virtual"]) == "virtual",
            host_randomness=_choice("random", random, ["seeded", "host"]) == "host",
            seed=seed,
            device=device,
            engine=engine,
            tensor_batch=tensor_batch,
            accelerate_loops=accelerate_loops,
            memory_limit_bytes=memory_limit_bytes,
            stack_bytes=stack_bytes,
            standard_input=None if isinstance(stdin, str) else bytes(stdin),
            standard_output=_output("stdout", stdout),
            standard_error=_output("stderr", stderr),
            capture_limit_bytes=capture_limit_bytes,
            stop_at_fault=stop_at_fault,
            on_system_call=on_system_call,
            on_unsupported_system_call=on_unsupported_system_call,
        )

    @property
    def stdout(self) -> bytes:
        """What was written so far to standard output, where it is captured."""
        return self.captured_output(1)

    @property
    def stderr(self) -> bytes:
        """What was written so far to standard error, where it is captured."""
        return self.captured_output(2)

    def run_to(self, place: int | str, *, timeout_seconds: float | None = None) -> ProcessResult:
        """Runs to an address, or to where a symbol is: the start of ``main``, for instance.

        :raises InvalidArgumentError: where there is no such symbol, or the process does not get there.
        """
        address = self.address_of(place)
        had_breakpoint = address in self.machine.breakpoints
        self.machine.add_breakpoint(address)
        try:
            result = self.run(timeout_seconds=timeout_seconds)
        finally:
            if not had_breakpoint:
                self.machine.remove_breakpoint(address)
        if result.stop_reason != _core.StopReason.BREAKPOINT or result.pc != address:
            raise InvalidArgumentError(f"the process did not reach {place}: {result!r}")
        return result

    def address_of(self, place: int | str) -> int:
        """The address of a symbol; an address as it is.

        :raises InvalidArgumentError: where there is no such symbol.
        """
        if not isinstance(place, str):
            return place
        symbol = self.find_symbol(place)
        if symbol is None:
            raise InvalidArgumentError(f"the program has no symbol {place!r}")
        return symbol.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _repr_html_(self) -> str:
        return _display.process(self)
