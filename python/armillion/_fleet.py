"""Many machines or processes that start from one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray
from typing_extensions import Self

from armillion import _core, _display
from armillion._core import FleetProgress, FleetResult, Machine, StopReason
from armillion._dlpack import Operand, SupportsDLPack, as_array
from armillion._lanes import U64, Lane, LaneResults, lane_results
from armillion._process import Process
from armillion._types import BytesLike
from armillion.errors import InvalidArgumentError

__all__ = ["CallComparison", "CallDifference", "CallResult", "Fleet"]


class _Registers:
    """Registers of one number in all lanes: read and assigned as arrays with an element a lane."""

    def __init__(self, fleet: Fleet, is_float: bool) -> None:
        self._fleet = fleet
        self._is_float = is_float

    def __getitem__(self, number: int) -> NDArray[Any]:
        if self._is_float:
            return self._fleet.vector_low_halves(number).view(np.float64)
        return self._fleet.general_registers(number)

    def __setitem__(self, number: int, values: Operand) -> None:
        if self._is_float:
            floats = as_array(values).astype(np.float64, copy=False)
            self._fleet.set_vector_low_halves(number, self._for_lanes(floats).view(np.uint64))
        else:
            self._fleet.set_general_registers(number, self._for_lanes(_as_registers(as_array(values))))

    def _for_lanes(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(np.broadcast_to(values, (len(self._fleet),)))


@dataclass(frozen=True)
class CallResult:
    """What a call in every lane returned."""

    values: NDArray[Any]
    """The returned values; they count where the lane has returned."""
    run: FleetResult

    @property
    def all_returned(self) -> bool:
        return self.run.stopped_by(StopReason.RETURNED) == len(self.values)


@dataclass(frozen=True)
class CallDifference:
    """A lane in which two functions did not come to the same. Values are None where the lane did not return."""

    lane: int
    first: np.generic | None
    second: np.generic | None
    first_stop: StopReason
    second_stop: StopReason


@dataclass(frozen=True)
class CallComparison:
    """What two functions came to in every lane."""

    first: FleetResult
    second: FleetResult
    differences: list[CallDifference]


def _as_registers(values: NDArray[Any]) -> U64:
    """Integers as registers hold them: extended by their sign."""
    if values.dtype.kind == "b":
        return values.astype(np.uint64)
    if values.dtype.kind == "u":
        return values.astype(np.uint64, copy=False)
    if values.dtype.kind == "i":
        return values.astype(np.int64, copy=False).view(np.uint64)
    raise InvalidArgumentError(f"general registers hold integers, not {values.dtype}")


def _argument(values: Operand | range, lanes: int) -> tuple[bool, U64 | None, int]:
    """One argument of a call as the extension module takes it."""
    if isinstance(values, range) and values.step == 1 and len(values) == lanes:
        return False, None, values.start % 2**64
    array = as_array(values)
    if array.shape not in ((), (lanes,)):
        raise InvalidArgumentError(f"an argument has one value, or one for each of the {lanes} lanes; {array.shape}")
    array = np.ascontiguousarray(np.broadcast_to(array, (lanes,)))
    if array.dtype == np.float32:
        return True, array.view(np.uint32).astype(np.uint64), 0
    if array.dtype == np.float64:
        return True, array.view(np.uint64), 0
    return False, _as_registers(array), 0


def _values(registers: U64, result: np.dtype[Any]) -> NDArray[Any]:
    """The low bits of registers as values of a type."""
    if result.kind not in "iufb" or result.itemsize > 8:
        raise InvalidArgumentError(
            f"a function returns an integer or a floating-point number of up to 64 bits: {result}"
        )
    if result.itemsize == 8:
        return registers.view(result)
    return registers.astype(f"u{result.itemsize}").view(result)


class Fleet(_core.Fleet):
    """Machines or processes that start from one moment of one of them, each in a lane of its own.

    They share what none of them has written, run independently of each other, and each ends exactly as it would alone,
    on any device. ``fleet[7]`` is lane 7, ``fleet.x[0]`` register X0 of all lanes.
    """

    def __init__(
        self,
        source: Machine | Process,
        lanes: int,
        *,
        device: str = "cpu",
        memory_bytes: int = 0,
        memory_limit_bytes: int = 0,
        threads: int = 0,
    ) -> None:
        """Lanes that are what ``source`` is now.

        :param device: "cpu" (all cores), "cuda" or "cuda:N", or "host-lanes".
        :param memory_bytes: of a GPU for pages that lanes write, at first; 0 for what suits the number of lanes.
        :param memory_limit_bytes: the same at most; 0 for three quarters of what is free.
        :param threads: of the CPU; 0 for one for each core.
        """
        super().__init__(
            source,
            lanes=lanes,
            device=device,
            memory_bytes=memory_bytes,
            memory_limit_bytes=memory_limit_bytes,
            threads=threads,
        )
        self._source = source

    @overload
    def __getitem__(self, number: int) -> Lane: ...
    @overload
    def __getitem__(self, number: slice) -> list[Lane]: ...
    def __getitem__(self, number: int | slice) -> Lane | list[Lane]:
        if isinstance(number, slice):
            return [Lane(self, i) for i in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(f"there is no lane {number}: the fleet has {len(self)}")
        return Lane(self, number % len(self))

    def __iter__(self) -> Iterator[Lane]:
        return (Lane(self, number) for number in range(len(self)))

    @property
    def x(self) -> _Registers:
        """``x[0]`` to ``x[30]``, and SP as ``x[31]``, of all lanes, uint64. May be assigned to."""
        return _Registers(self, is_float=False)

    @property
    def d(self) -> _Registers:
        """``d[0]`` to ``d[31]`` of all lanes, float64. May be assigned to."""
        return _Registers(self, is_float=True)

    def read_memory(self, address: int, size_bytes: int) -> NDArray[np.uint8]:
        """The same bytes of all lanes: shape (lanes, size_bytes)."""
        return self.read_memory_of_all(address, size_bytes)

    def write_memory(self, address: int, data: BytesLike | SupportsDLPack) -> None:
        """Writes to all lanes: a row of an array to each, or the same bytes to all."""
        if isinstance(data, SupportsDLPack):
            array = as_array(data)
        else:
            array = np.frombuffer(memoryview(data), dtype=np.uint8)
        if array.ndim < 2:
            row = np.ascontiguousarray(array).view(np.uint8).reshape(1, -1)
            rows = np.broadcast_to(row, (len(self), row.size))
        else:
            rows = np.ascontiguousarray(array).reshape(array.shape[0], -1).view(np.uint8)
            if array.shape[0] != len(self):
                raise InvalidArgumentError(f"{array.shape[0]} rows were given for {len(self)} lanes")
        self.write_memory_of_all(address, np.ascontiguousarray(rows))

    def run(
        self,
        instruction_limit: int | None = None,
        timeout_seconds: float | None = None,
        *,
        on_progress: Callable[[FleetProgress], object] | None = None,
        on_stop: Callable[[Lane], object] | None = None,
    ) -> FleetResult:
        """Runs all lanes that are not stopped for good until they stop.

        Other Python threads go on meanwhile. Ctrl-C, and whatever else a callback raises, stops the lanes; those that
        were stopped by it go on when the fleet is run again.

        :param instruction_limit: what each lane may retire in this run.
        :param on_progress: called a few times a second.
        :param on_stop: called for each lane that stopped. It may give the lane new input and return True to let it run
            again while the others go on.
        """
        stop = None if on_stop is None else (lambda number: on_stop(Lane(self, number)))
        return self.run_lanes(instruction_limit, timeout_seconds, on_progress, stop)

    def results(self) -> LaneResults:
        """What each lane did, without a copy of what the library has gathered."""
        return lane_results(self.raw_results())

    def reset(self) -> None:
        """All lanes back to the moment that they started from."""
        self.reset_all()

    def call(
        self,
        function: int | str,
        *arguments: Operand | range,
        result: DTypeLike = np.uint64,
        instruction_limit: int | None = None,
        timeout_seconds: float | None = None,
        on_progress: Callable[[FleetProgress], object] | None = None,
    ) -> CallResult:
        """Calls a function in every lane, by the procedure call standard (AAPCS64), and resets the lanes again.

        :param function: an address, or the name of a symbol of the process that the fleet was made from.
        :param arguments: up to 8 arrays of integers and 8 of float32 or float64, with a value for each lane, or one
            value for all; a range that counts is passed without an array.
        :param result: the type that the function returns.
        """
        returned = np.dtype(result)
        passed = [_argument(argument, len(self)) for argument in arguments]
        run, registers = self.call_lanes(
            self._address_of(function), passed, returned.kind == "f", instruction_limit, timeout_seconds, on_progress
        )
        return CallResult(_values(registers, returned), run)

    def compare_calls(
        self,
        first: int | str,
        second: int | str,
        *arguments: Operand | range,
        result: DTypeLike = np.uint64,
        instruction_limit: int | None = None,
        timeout_seconds: float | None = None,
        on_progress: Callable[[FleetProgress], object] | None = None,
    ) -> CallComparison:
        """Calls two functions in every lane, and tells in which lanes they did not come to the same, bit for bit."""
        returned = np.dtype(result)
        passed = [_argument(argument, len(self)) for argument in arguments]
        compared = self.compare_lanes(
            self._address_of(first),
            self._address_of(second),
            passed,
            returned.kind == "f",
            returned.itemsize * 8,
            instruction_limit,
            timeout_seconds,
            on_progress,
        )

        def value(outcome: _core.CallOutcome) -> np.generic | None:
            if outcome.stop_reason != StopReason.RETURNED:
                return None
            typed: np.generic = _values(np.array([outcome.value], dtype=np.uint64), returned)[0]
            return typed

        differences = [
            CallDifference(
                entry.lane,
                value(entry.first),
                value(entry.second),
                entry.first.stop_reason,
                entry.second.stop_reason,
            )
            for entry in compared.differences
        ]
        return CallComparison(compared.first, compared.second, differences)

    def _address_of(self, place: int | str) -> int:
        if isinstance(place, str):
            if not isinstance(self._source, Process):
                raise InvalidArgumentError(f"a bare machine has no symbols: give an address instead of {place!r}")
            return self._source.address_of(place)
        return place

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.is_closed:
            return "<armillion.Fleet, closed>"
        return f"<armillion.Fleet of {len(self)} lanes on {self.device}>"

    def _repr_html_(self) -> str:
        return _display.fleet(self)
