"""Executors of the vector kernels, and the buffers that they run on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from armillion import _core
from armillion._core import ExecutorTimes
from armillion._dlpack import (
    GPU_DEVICES,
    HOST_DEVICES,
    Device,
    Operand,
    SupportsDLPack,
    as_array,
    capsule_of,
    device_of,
)
from armillion._operands import as_number
from armillion.errors import InvalidArgumentError

__all__ = ["Buffer", "Executor"]

ELEMENT_TYPES = tuple(np.dtype(name) for name in ("float32", "float64", "int32", "uint32", "uint8", "bool"))
KERNEL_TYPES = ELEMENT_TYPES[:3]


class Executor:
    """Where calls on buffers run: ``Executor.host()``, ``Executor.machine()`` or ``Executor.cuda()``.

    It lives as long as its buffers. An executor and all of its buffers are for one thread at a time; a second one gets
    an error.
    """

    __slots__ = ("__weakref__", "_core")

    def __init__(self, core: _core.Executor) -> None:
        self._core = core

    @classmethod
    def host(cls) -> Executor:
        """The kernels of ``target()`` on the calling thread; buffers are in this process's memory."""
        return cls(_core.Executor.host())

    @classmethod
    def machine(cls, device: str = "cpu", *, engine: str = "interpreter") -> Executor:
        """AArch64 loops on an emulated machine, which has the buffers in its memory.

        :param device: what the machine runs on, as ``Machine`` has it: "cpu", "cuda", "cuda:N" or "host-lanes".
        :param engine: how it executes instructions, as ``Machine`` has it.
        """
        return cls(_core.Executor.machine(device, engine))

    @classmethod
    def cuda(cls, device: str = "cuda") -> Executor:
        """Kernels on an NVIDIA GPU, and buffers in its memory. Calls have ended when they return.

        :param device: "cuda" for the first GPU, "cuda:N" for another, or "host-lanes", the GPU's code on the CPU.
        :raises UnavailableError: where there is no such GPU, saying what is missing.
        """
        return cls(_core.Executor.cuda(device))

    @property
    def name(self) -> str:
        """For instance "host", "machine on cpu" or "cuda:0"."""
        return self._core.name

    @property
    def retired_instructions(self) -> int:
        """AArch64 instructions that all calls on a machine have retired; 0 on executors without one."""
        return self._core.retired_instructions

    def start_timing(self) -> None:
        """Has ``times`` count from now on."""
        self._core.start_timing()

    @property
    def times(self) -> ExecutorTimes:
        """What was done since ``start_timing``. Only of GPUs: zeros on other executors."""
        return self._core.times

    def __repr__(self) -> str:
        return f"<armillion.ops.Executor {self.name}>"

    @property
    def _device(self) -> tuple[int, int] | None:
        """Its buffers' memory in DLPack's terms; None for a machine's."""
        kind = self._core.memory_kind
        if kind == _core.MemoryKind.MACHINE:
            return None
        return (Device.CUDA, self._core.gpu) if kind == _core.MemoryKind.GPU else (Device.CPU, 0)

    def _reaches(self, device: tuple[int, int]) -> bool:
        """Whether calls can work on memory of that device."""
        if self._device is None:
            return False
        if self._device[0] == Device.CPU:
            return device[0] in HOST_DEVICES
        return device[0] in GPU_DEVICES and device[1] == self._device[1]


class Buffer:
    """An array in an executor's memory, or in memory that another library shares with it.

    Elements are float32, float64 or int32; of masks bool or uint8, of indices uint32. They are next to each other, in
    the order of rows (C order).
    """

    __slots__ = ("__weakref__", "_dtype", "_elements", "_executor", "_shape")

    def __init__(self, executor: Executor, elements: Operand | SupportsDLPack, dtype: DTypeLike | None = None) -> None:
        """A copy of an array of the host: numpy's, one of another library by DLPack, or numbers in lists.

        :param dtype: what elements are converted to; they stay as they are where it is not said.
        """
        given = as_array(elements)
        array = np.asarray(given, dtype=_element_type(given.dtype if dtype is None else np.dtype(dtype)), order="C")
        self._hold(executor, _core.BufferElements.copy(executor._core, array), array.shape, array.dtype)

    @classmethod
    def zeros(cls, executor: Executor, shape: int | Sequence[int], dtype: DTypeLike = np.float32) -> Buffer:
        """As many zeros as a shape has."""
        dimensions = (shape,) if isinstance(shape, int) else tuple(shape)
        if any(size < 0 for size in dimensions):
            raise InvalidArgumentError(f"there is no shape {dimensions}")
        element = _element_type(np.dtype(dtype))
        elements = _core.BufferElements.zeros(executor._core, np.empty(0, element), math.prod(dimensions))
        return cls._of(executor, elements, dimensions, element)

    @classmethod
    def from_dlpack(cls, executor: Executor, tensor: SupportsDLPack, *, copy: bool | None = None) -> Buffer:
        """A tensor of another library: torch's, cupy's, numpy's, or whoever's has ``__dlpack__``.

        Where the executor can work on its memory, it is shared: what calls write is written to the tensor. So it is
        with tensors of the host and an executor whose buffers are in this process's memory, and with tensors of a GPU
        and the executor ``cuda`` of the same GPU, which waits for the work on the tensor that was begun before. Other
        tensors of the host are copied, and so are those of the host that are read-only or not contiguous.

        :param copy: True for a copy in any case, False for none.
        :raises BufferError: where ``copy`` is False and the memory cannot be shared.
        :raises InvalidArgumentError: where elements have another type, and for tensors of another device, or of a GPU
            that are not contiguous or do not begin at a multiple of 16 bytes.
        """
        device = device_of(tensor)
        is_on_host = device[0] in HOST_DEVICES
        why = f"the executor '{executor.name}' cannot work on its memory"
        if executor._reaches(device) and copy is not True:
            why = "it is read-only or not contiguous"
            try:
                if (shared := cls._borrow(executor, tensor, to_write=True)) is not None:
                    return shared
            except InvalidArgumentError as error:
                if not is_on_host:
                    raise
                why = str(error)
        if copy is False:
            raise BufferError(f"the tensor would have to be copied: {why}")
        if is_on_host:
            return cls(executor, tensor)
        if not executor._reaches(device):
            raise InvalidArgumentError(f"the tensor is neither in the host's memory nor in that of '{executor.name}'")
        if (shared := cls._borrow(executor, tensor, to_write=False)) is None:
            raise InvalidArgumentError("a tensor of a GPU must be contiguous")
        return shared.copy()

    @property
    def executor(self) -> Executor:
        """Where calls on it run."""
        return self._executor

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> int:
        """How many elements there are."""
        return self._elements.size

    @property
    def nbytes(self) -> int:
        return self.size * self._dtype.itemsize

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("a buffer of no dimensions has no length")
        return self._shape[0]

    def to_numpy(self) -> NDArray[Any]:
        """A copy as a numpy array."""
        array = np.empty(self._shape, self._dtype)
        self._elements.download(array)
        return array

    def upload(self, elements: Operand | SupportsDLPack) -> None:
        """Replaces all elements by those of an array of the same shape and type."""
        array = as_array(elements)
        if array.shape != self._shape or array.dtype != self._dtype:
            raise InvalidArgumentError(
                f"elements of shape {array.shape} and type {array.dtype} were given for a buffer of shape "
                f"{self._shape} and type {self._dtype}"
            )
        self._elements.upload(np.ascontiguousarray(array))

    def fill(self, value: float) -> None:
        """Makes all elements a number."""
        if self._dtype in KERNEL_TYPES:
            _core.buffer_fill(as_number(value, self._dtype), self._elements)
            return
        largest = 1 if self._dtype == np.bool_ else int(np.iinfo(self._dtype).max)
        if value != int(value) or not 0 <= value <= largest:
            raise InvalidArgumentError(f"{value} is no element of {self._dtype}")
        self.upload(np.full(self._shape, value, self._dtype))

    def copy(self) -> Buffer:
        """Another buffer of the executor with the same elements."""
        if self._dtype not in KERNEL_TYPES:
            return Buffer(self._executor, self.to_numpy())
        result = Buffer.zeros(self._executor, self._shape, self._dtype)
        _core.buffer_copy(self._elements, result._elements)
        return result

    def reshape(self, *shape: int) -> Buffer:
        """The same elements, in the same memory, with another shape."""
        if math.prod(shape) != self.size or any(size < 0 for size in shape):
            raise InvalidArgumentError(f"{self.size} elements have no shape {shape}")
        return Buffer._of(self._executor, self._elements, shape, self._dtype)

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """The elements for another library, which shares the memory and keeps it.

        All calls on them have ended, so that the consumer's stream need not wait for anything. A copy in the host's
        memory is made where ``dl_device`` asks for one.

        :raises BufferError: where it cannot be done, and for a machine's buffers, whose elements are in its memory.
        """
        device = self.__dlpack_device__()
        if stream is not None and device[0] == Device.CPU:
            raise BufferError("memory of the host has no streams")
        if dl_device is not None and tuple(dl_device) != device:
            if tuple(dl_device) != (Device.CPU, 0) or copy is False:
                raise BufferError(f"the elements are on DLPack's device {device}, not on {tuple(dl_device)}")
            return Buffer(Executor.host(), self.to_numpy()).__dlpack__(max_version=max_version)
        lent = self.copy() if copy else self
        tensor = lent._elements.lend(lent._shape, lent._dtype == np.bool_)
        return tensor.__dlpack__(max_version=max_version)

    def __dlpack_device__(self) -> tuple[int, int]:
        device = self._executor._device
        if device is None:
            raise BufferError(
                f"the elements are in the memory of an emulated machine ('{self._executor.name}'), which others cannot "
                "use: to_numpy() copies them"
            )
        return int(device[0]), device[1]

    def __repr__(self) -> str:
        return f"<armillion.ops.Buffer of {self._dtype}, shape {self._shape}, on {self._executor.name}>"

    def _hold(
        self, executor: Executor, elements: _core.BufferElements, shape: Sequence[int], dtype: np.dtype[Any]
    ) -> None:
        self._executor = executor
        self._elements = elements
        self._shape = tuple(shape)
        self._dtype = dtype

    @classmethod
    def _of(
        cls, executor: Executor, elements: _core.BufferElements, shape: Sequence[int], dtype: np.dtype[Any]
    ) -> Buffer:
        made = cls.__new__(cls)
        made._hold(executor, elements, shape, dtype)
        return made

    @classmethod
    def _borrow(cls, executor: Executor, tensor: SupportsDLPack, *, to_write: bool) -> Buffer | None:
        capsule = capsule_of(tensor, executor._core.stream or None)
        borrowed = _core.BufferElements.borrow(executor._core, capsule, to_write)
        if borrowed is None:
            return None
        elements, shape, name = borrowed
        return cls._of(executor, elements, shape, np.dtype(name))


def _element_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype not in ELEMENT_TYPES:
        names = ", ".join(map(str, ELEMENT_TYPES))
        raise InvalidArgumentError(f"the elements of a buffer are one of {names}, not {dtype}: say dtype= to convert")
    return dtype
