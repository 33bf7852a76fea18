"""What armillion.ops takes and gives: arrays that the kernels can work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from armillion._dlpack import Operand, as_array
from armillion.errors import InvalidArgumentError

if TYPE_CHECKING:
    from armillion._executors import Buffer

Array = NDArray[Any]


def is_number(operand: object) -> bool:
    return isinstance(operand, (int, float, np.generic)) or (isinstance(operand, np.ndarray) and operand.ndim == 0)


def as_number(value: Any, like: np.dtype[Any]) -> float | int:
    """A number as the type of an array has it; integers stay exact."""
    if like.kind == "f":
        return float(value)
    if value != int(value) or not -(2**31) <= value < 2**31:
        raise InvalidArgumentError(f"{value} is not an integer of 32 bits, as the elements of the array are")
    return int(value)


def readable(array: Array) -> Array:
    """The array itself where the kernels can read it, else a contiguous copy."""
    if array.flags.c_contiguous or (array.ndim == 1 and array.strides[0] % array.itemsize == 0 and array.strides[0]):
        return array
    return np.ascontiguousarray(array)


def operand_of(operand: Operand) -> Array:
    """An array that the kernels can read, of one dimension with strides or contiguous."""
    return readable(as_array(operand))


def contiguous(operand: Operand) -> Array:
    return np.ascontiguousarray(as_array(operand))


def check_alike(first: Array | Buffer, *others: Array | Buffer) -> None:
    for other in others:
        if other.dtype != first.dtype:
            raise InvalidArgumentError(f"operands have different types, {first.dtype} and {other.dtype}: convert one")
        if other.shape != first.shape:
            raise InvalidArgumentError(f"operands have different shapes, {first.shape} and {other.shape}")


def result_for(out: Array | None, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    if out is None:
        return np.empty(shape, dtype=dtype)
    if not isinstance(out, np.ndarray) or out.dtype != dtype or out.shape != shape:
        raise InvalidArgumentError(f"out must be an array of shape {shape} and type {np.dtype(dtype)}")
    if not out.flags.writeable:
        raise InvalidArgumentError("out must be writable")
    return out


def laid_out_as(operand: Array, result: Array) -> Array:
    """An operand that can be read together with a result: both of one dimension, or both contiguous."""
    return operand if result.ndim == 1 else np.ascontiguousarray(operand)


def indices_of(indices: Operand) -> Array:
    given = as_array(indices)
    if given.dtype.kind not in "iu":
        raise InvalidArgumentError(f"indices are integers, not {given.dtype}")
    if given.size > 0 and (given.min() < 0 or given.max() >= 2**32):
        raise InvalidArgumentError("an index is below 0 or beyond 32 bits")
    return np.ascontiguousarray(given, dtype=np.uint32)


def matrix_of(operand: Operand) -> Array:
    """A matrix whose rows' elements lie next to each other; a copy where they do not."""
    array = as_array(operand)
    is_row_major = (
        array.ndim == 2 and array.strides[1] == array.itemsize and array.strides[0] >= array.shape[1] * array.itemsize
    )
    return array if is_row_major else np.ascontiguousarray(array)
