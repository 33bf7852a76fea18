"""Arrays of other libraries, by the DLPack standard (https://dmlc.github.io/dlpack/latest/python_spec.html)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillion.errors import InvalidArgumentError

__all__ = ["DLPACK_VERSION", "Device", "Operand", "SupportsDLPack", "Tensor", "as_array", "capsule_of", "device_of"]

DLPACK_VERSION = (1, 0)
"""The latest version of the standard whose capsules are read."""


class Device(IntEnum):
    """Kinds of memory that are known here (DLDeviceType)."""

    CPU = 1
    CUDA = 2
    CUDA_HOST = 3
    CUDA_MANAGED = 13


HOST_DEVICES = (Device.CPU, Device.CUDA_HOST)
GPU_DEVICES = (Device.CUDA, Device.CUDA_MANAGED)


@runtime_checkable
class SupportsDLPack(Protocol):
    """What can be handed on: arrays of numpy, torch, cupy and others, and buffers."""

    def __dlpack__(self) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...


class Tensor(SupportsDLPack, Protocol):
    """Another library's array, which has elements, as a buffer has not."""

    def __getitem__(self, key: Any, /) -> Any: ...


Operand: TypeAlias = ArrayLike | Tensor
"""What calls take in place of a numpy array."""


def device_of(tensor: SupportsDLPack) -> tuple[int, int]:
    """The kind of memory that it is in, and the number of the device."""
    kind, number = tensor.__dlpack_device__()
    return int(kind), int(number)


def _name_of(device: tuple[int, int]) -> str:
    kind, number = device
    return f"cuda:{number}" if kind in GPU_DEVICES else f"a device of DLPack's kind {kind}"


def capsule_of(tensor: Any, stream: int | None = None) -> object:
    """Its capsule, versioned where it knows of versions. ``stream`` is the GPU's stream that is going to use it."""
    arguments = {} if stream is None else {"stream": stream}
    try:
        return tensor.__dlpack__(max_version=DLPACK_VERSION, **arguments)
    except TypeError:
        # From before there were versions.
        return tensor.__dlpack__(**arguments)


def as_array(values: Any) -> NDArray[Any]:
    """Values as a numpy array: of another library's array in the host's memory, the array itself.

    :raises InvalidArgumentError: for arrays on a device: copying them is left to the caller.
    """
    if isinstance(values, (np.ndarray, np.generic)) or not isinstance(values, SupportsDLPack):
        return np.asarray(values)
    device = device_of(values)
    if device[0] not in HOST_DEVICES:
        raise InvalidArgumentError(
            f"an array of the host is needed, and one on {_name_of(device)} was given: copy it to the host first, or "
            "make a buffer of it (armillion.ops.Buffer.from_dlpack)"
        )
    tensor: Any = values
    array: NDArray[Any] = np.from_dlpack(tensor)
    return array
