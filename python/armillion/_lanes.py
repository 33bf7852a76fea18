"""The lanes of a fleet, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from armillion import _core
from armillion._core import State, StopReason
from armillion._dlpack import SupportsDLPack, as_array
from armillion._types import BytesLike

__all__ = ["Lane", "LaneResults", "U64", "lane_results"]

U64 = NDArray[np.uint64]

_RESULT_TYPE = np.dtype(
    {
        "names": list(_core.LANE_RESULT_FIELDS),
        "formats": [layout for layout, _ in _core.LANE_RESULT_FIELDS.values()],
        "offsets": [offset for _, offset in _core.LANE_RESULT_FIELDS.values()],
    }
)


class LaneResults:
    """What each lane did and why it stopped: an array a field, with an element for each lane."""

    def __init__(self, array: NDArray[np.void]) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    @property
    def array(self) -> NDArray[np.void]:
        """All fields as one structured array."""
        return self._array

    @property
    def instructions(self) -> U64:
        """Instructions retired since the fleet was made or the lane was reset."""
        return self._array["instructions"]

    @property
    def stop_reason(self) -> NDArray[np.uint8]:
        """Numbers of StopReason; RUNNING where a lane has not stopped since it was made or reset."""
        return self._array["stop_reason"]

    @property
    def pc(self) -> U64:
        """Where the lane would go on."""
        return self._array["pc"]

    @property
    def immediate(self) -> NDArray[np.uint32]:
        """Of the SVC, HLT or BRK that stopped the lane; else 0."""
        return self._array["immediate"]

    @property
    def fault_address(self) -> U64:
        """First byte of the access that made the lane stop with MEMORY_FAULT."""
        return self._array["fault_address"]

    @property
    def exit_code(self) -> NDArray[np.int32]:
        """Counts only where the lane's process has exited."""
        return self._array["exit_code"]

    @property
    def signal(self) -> NDArray[np.int32]:
        """Number of the signal that ended the lane's process; 0 for none."""
        return self._array["signal"]

    @property
    def stops(self) -> dict[StopReason, int]:
        """How many lanes are stopped for each reason."""
        numbers, counts = np.unique(self.stop_reason, return_counts=True)
        return {StopReason(int(number)): int(count) for number, count in zip(numbers, counts, strict=True)}

    def __repr__(self) -> str:
        stops = ", ".join(f"{reason.name.lower()}={count}" for reason, count in self.stops.items())
        return f"LaneResults({len(self)} lanes: {stops})"


def lane_results(rows: NDArray[np.uint8]) -> LaneResults:
    """Results from the library's structs, a row a lane; they share the memory."""
    return LaneResults(rows.view(_RESULT_TYPE)[:, 0])


def as_bytes_like(data: BytesLike | SupportsDLPack) -> BytesLike:
    """What has bytes: a buffer as it is, another library's array as one of numpy."""
    if isinstance(data, SupportsDLPack) and not isinstance(data, np.ndarray):
        return np.ascontiguousarray(as_array(data))
    return data


class Lane:
    """One lane of a fleet, between runs."""

    def __init__(self, fleet: _core.Fleet, number: int) -> None:
        self._fleet = fleet
        self._number = number

    @property
    def number(self) -> int:
        return self._number

    @property
    def state(self) -> State:
        """A copy of all registers. Assign a state to have its registers; a lane that was stopped then runs again."""
        return self._fleet.lane_state(self._number)

    @state.setter
    def state(self, state: State) -> None:
        self._fleet.set_lane_state(self._number, state)

    @property
    def result(self) -> np.void:
        """What the lane did: a record with the fields of LaneResults."""
        record: np.void = lane_results(self._fleet.raw_results()).array[self._number]
        return record

    @property
    def stop_reason(self) -> StopReason:
        return StopReason(int(self.result["stop_reason"]))

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        return self._fleet.read_lane_memory(self._number, address, size_bytes)

    def write_memory(self, address: int, data: BytesLike | SupportsDLPack) -> None:
        self._fleet.write_lane_memory(self._number, address, as_bytes_like(data))

    def set_instruction_limit(self, instructions: int | None) -> None:
        """How many instructions the lane may retire from now on; None for no limit."""
        self._fleet.set_instruction_limit(self._number, instructions)

    def set_stdin(self, data: bytes) -> None:
        """What a process's lane reads from its standard input."""
        self._fleet.set_standard_input(self._number, data)

    def set_arguments(self, arguments: Sequence[str]) -> None:
        """``argv[1]`` and up of a lane of a process that has not started; puts it back to its start."""
        self._fleet.set_arguments(self._number, list(arguments))

    @property
    def stdout(self) -> bytes:
        """What the lane has written to standard output since it was made or reset."""
        return self._fleet.captured_output(self._number, 1)

    @property
    def stderr(self) -> bytes:
        return self._fleet.captured_output(self._number, 2)

    def state_hash(self) -> str:
        """The hash that the lane's machine or process would give alone."""
        return self._fleet.lane_hash(self._number)

    def reset(self) -> None:
        """Back to the moment that the fleet started from."""
        self._fleet.reset_lane(self._number)

    def __repr__(self) -> str:
        result = self.result
        reason = StopReason(int(result["stop_reason"])).name.lower()
        return f"<lane {self._number}: {reason}, {result['instructions']} instructions, pc={int(result['pc']):#x}>"
